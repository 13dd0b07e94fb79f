//! The differences between the operating systems. The module `ffi::sys` makes the system calls. Other
//! modules name a system only for functions and tests that other systems do not have.
//!
//! | what | Unix | Windows |
//! |---|---|---|
//! | descriptor of a socket | `OwnedFd`, `BorrowedFd` | `OwnedSocket`, `BorrowedSocket` |
//! | a call that does not wait | `MSG_DONTWAIT` | every socket is in non-blocking mode |
//! | waiting | `poll` | `WSAPoll`; for a `connect`, `select` |
//! | waking a thread that waits ([`Wake`]) | a Unix socket | a datagram socket on the loopback interface |
//! | closing in another thread ([`Shared`]) | the descriptor becomes one of `/dev/null` | the last call that uses the socket closes it |
//! | error numbers ([`errno`]) | `errno` | Winsock's, and `errno` for files |
//! | trusted certificates of the system | OpenSSL's files | also the stores `CA` and `ROOT` |
//!
//! A call of Winsock that does not wait needs a socket in non-blocking mode, so on Windows every `SslSocket` is in that
//! mode. Its handle is closed by the last call that uses it, so no call can use another file with the same number.
//! If the program has borrowed the handle, it stays open until the `SslSocket` is dropped, and `close` shuts the
//! connection down instead.

pub(crate) mod errno;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

pub(crate) use crate::ffi::sys::{
    ALWAYS_NONBLOCKING, FileState, Interest, is_inheritable, is_privileged,
};
