//! System calls that differ between the platforms. `crate::sys` builds on them.

#[cfg(windows)]
pub(crate) mod stores;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// The event that a thread waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Interest {
    Read,
    Write,
    /// The end of a `connect` in progress.
    Connect,
}
