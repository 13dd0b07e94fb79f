//! The differences between Unix and Windows. Elsewhere, only the Unix sockets of `fleet::redis` and
//! some tests depend on the system.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
