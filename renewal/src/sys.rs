//! The differences between Unix and Windows. Only the sockets of
//! `fleet::redis` and some tests name one elsewhere.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
