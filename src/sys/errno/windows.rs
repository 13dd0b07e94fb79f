//! Windows: Winsock's numbers for sockets, and the C library's `errno` for files, as in Python.
//!
//! The standard library has the system's numbers only. Winsock's are those from 10000 on. Python reports them
//! as they are, with the system's text. For files, Python calls the C library, which converts the system's
//! numbers to its own.

use std::io;

use windows_sys::Win32::Foundation as win;
use windows_sys::Win32::Networking::WinSock;

use crate::ffi::sys::c_text;

pub(crate) const EADDRNOTAVAIL: i32 = WinSock::WSAEADDRNOTAVAIL;
pub(crate) const EALREADY: i32 = WinSock::WSAEALREADY;
pub(crate) const ECONNABORTED: i32 = WinSock::WSAECONNABORTED;
pub(crate) const ECONNREFUSED: i32 = WinSock::WSAECONNREFUSED;
pub(crate) const ECONNRESET: i32 = WinSock::WSAECONNRESET;
pub(crate) const EINPROGRESS: i32 = WinSock::WSAEINPROGRESS;
pub(crate) const ENOTCONN: i32 = WinSock::WSAENOTCONN;
pub(crate) const ESHUTDOWN: i32 = WinSock::WSAESHUTDOWN;
pub(crate) const ETIMEDOUT: i32 = WinSock::WSAETIMEDOUT;
pub(crate) const EWOULDBLOCK: i32 = WinSock::WSAEWOULDBLOCK;

/// The error of a call on a closed socket. Python passes the handle -1 to Winsock.
pub(crate) const CLOSED: i32 = WinSock::WSAENOTSOCK;

/// The errors of a `connect` that the system continues.
pub(crate) const CONNECTING: &[i32] = &[WinSock::WSAEWOULDBLOCK];

/// The errors that mean that the peer has ended the connection.
pub(crate) const CUT: &[i32] = &[WinSock::WSAECONNRESET, WinSock::WSAECONNABORTED];

/// The errors of `accept` after which asyncio waits: no sockets or no memory are left.
#[cfg(feature = "tokio")]
pub(crate) const EXHAUSTED: &[i32] = &[
    WinSock::WSAEMFILE,
    WinSock::WSAENOBUFS,
    win::ERROR_NOT_ENOUGH_MEMORY as i32,
];

/// The errors of an address that the system does not have, or whose family it does not support.
#[cfg(feature = "tokio")]
pub(crate) const ABSENT: &[i32] = &[WinSock::WSAEADDRNOTAVAIL, WinSock::WSAEAFNOSUPPORT];

/// The errors of receiving from a socket that is not connected.
pub(crate) const UNCONNECTED: &[i32] = &[WinSock::WSAENOTCONN, WinSock::WSAEINVAL];

/// Whether the number is one of Winsock's.
fn is_winsock(number: i32) -> bool {
    (10_000..12_000).contains(&number)
}

/// Python's `e.errno` for a number of the system.
pub(crate) fn python(number: i32) -> i32 {
    use WinSock::{WSAEACCES, WSAEBADF, WSAEFAULT, WSAEINTR, WSAEINVAL, WSAEMFILE};

    // The lower half of an `HRESULT` of the facility "Win32".
    let number = match number as u32 >> 16 {
        0x8007 => number & 0xffff,
        _ => number,
    };
    match number {
        WSAEINTR | WSAEBADF | WSAEACCES | WSAEFAULT | WSAEINVAL | WSAEMFILE => number - 10_000,
        _ if is_winsock(number) => number,
        _ => of_file(number),
    }
}

/// The C library's number for an error of a file.
fn of_file(number: i32) -> i32 {
    match number as u32 {
        2 | 3 | 15 | 18 | 53 | 67 | 161 | 206 => libc::ENOENT,
        win::ERROR_TOO_MANY_OPEN_FILES => libc::EMFILE,
        5 | 16 | 19..=36 | 65 | 82 | 83 | 108 | 132 | 158 | 167 => libc::EACCES,
        6 | 114 | 130 => libc::EBADF,
        7..=9 | 1816 => libc::ENOMEM,
        win::ERROR_BAD_ENVIRONMENT => libc::E2BIG,
        11 | 188..=202 => libc::ENOEXEC,
        win::ERROR_NOT_SAME_DEVICE => libc::EXDEV,
        win::ERROR_FILE_EXISTS | win::ERROR_ALREADY_EXISTS => libc::EEXIST,
        89 | 164 | 215 => libc::EAGAIN,
        win::ERROR_BROKEN_PIPE | win::ERROR_NO_DATA => libc::EPIPE,
        win::ERROR_DISK_FULL => libc::ENOSPC,
        128 | 129 => libc::ECHILD,
        win::ERROR_DIR_NOT_EMPTY => libc::ENOTEMPTY,
        win::WAIT_TIMEOUT => ETIMEDOUT,
        win::ERROR_DIRECTORY => libc::ENOTDIR,
        win::ERROR_NO_UNICODE_TRANSLATION => libc::EILSEQ,
        _ => libc::EINVAL,
    }
}

/// The word and the number at the beginning of Python's message: `[Errno 2]`, or `[WinError 10022]` for an error of a
/// socket.
pub(crate) fn prefix(number: i32) -> (&'static str, i32) {
    match is_winsock(number) {
        true => ("WinError", number),
        false => ("Errno", python(number)),
    }
}

/// Python's text of an error with a number of the system.
pub(crate) fn text(number: i32) -> String {
    if !is_winsock(number) {
        return c_text(python(number));
    }
    let text = io::Error::from_raw_os_error(number).to_string();
    // The standard library appends the number, and Python removes the full stop.
    let appended = format!(" (os error {number})");
    let text = text.strip_suffix(&appended).unwrap_or(&text);
    text.trim_end_matches(|c: char| c <= ' ' || c == '.')
        .to_owned()
}

macro_rules! errno_names {
    ($from:path: $($name:ident),* $(,)?) => {{
        use $from as from;
        &[$((from::$name, stringify!($name))),*]
    }};
}

/// The C library's numbers.
pub(super) const COMMON: &[(i32, &str)] = errno_names! { libc:
    EPERM, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF, ECHILD, EAGAIN, ENOMEM,
    EACCES, EFAULT, EBUSY, EEXIST, EXDEV, ENODEV, ENOTDIR, EISDIR, EINVAL, ENFILE, EMFILE,
    ENOTTY, EFBIG, ENOSPC, ESPIPE, EROFS, EMLINK, EPIPE, EDOM, ERANGE, ENAMETOOLONG, ENOLCK,
    ENOSYS, ENOTEMPTY, EILSEQ
};

/// Winsock's numbers. Some of them also have a name without `WSA`. Python's table reports the names with `WSA`, because
/// it adds them last.
pub(super) const OWN: &[(i32, &str)] = errno_names! { windows_sys::Win32::Networking::WinSock:
    WSAEINTR, WSAEBADF, WSAEACCES, WSAEFAULT, WSAEINVAL, WSAEMFILE, WSAEWOULDBLOCK,
    WSAEINPROGRESS, WSAEALREADY, WSAENOTSOCK, WSAEDESTADDRREQ, WSAEMSGSIZE, WSAEPROTOTYPE,
    WSAENOPROTOOPT, WSAEPROTONOSUPPORT, WSAESOCKTNOSUPPORT, WSAEOPNOTSUPP, WSAEPFNOSUPPORT,
    WSAEAFNOSUPPORT, WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAENETDOWN, WSAENETUNREACH, WSAENETRESET,
    WSAECONNABORTED, WSAECONNRESET, WSAENOBUFS, WSAEISCONN, WSAENOTCONN, WSAESHUTDOWN,
    WSAETOOMANYREFS, WSAETIMEDOUT, WSAECONNREFUSED, WSAELOOP, WSAENAMETOOLONG, WSAEHOSTDOWN,
    WSAEHOSTUNREACH, WSAENOTEMPTY, WSAEPROCLIM, WSAEUSERS, WSAEDQUOT, WSAESTALE, WSAEREMOTE,
    WSASYSNOTREADY, WSAVERNOTSUPPORTED, WSANOTINITIALISED, WSAEDISCON
};

/// `getaddrinfo`'s numbers.
pub(super) const LOOKUP: &[(i32, &str)] = &[
    (WinSock::WSAHOST_NOT_FOUND, "EAI_NONAME"),
    (WinSock::WSATRY_AGAIN, "EAI_AGAIN"),
    (WinSock::WSANO_RECOVERY, "EAI_FAIL"),
    (WinSock::WSAEINVAL, "EAI_BADFLAGS"),
    (WinSock::WSAEAFNOSUPPORT, "EAI_FAMILY"),
    (WinSock::WSA_NOT_ENOUGH_MEMORY, "EAI_MEMORY"),
    (WinSock::WSATYPE_NOT_FOUND, "EAI_SERVICE"),
    (WinSock::WSAESOCKTNOSUPPORT, "EAI_SOCKTYPE"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn a_winsock_error_prints_its_own_number_and_has_the_errno_that_python_derives() {
        for (number, expected, class) in [
            (10_004, libc::EINTR, "InterruptedError"),
            (10_009, libc::EBADF, "OSError"),
            (10_013, libc::EACCES, "PermissionError"),
            (10_014, libc::EFAULT, "OSError"),
            (10_022, libc::EINVAL, "OSError"),
            (10_024, libc::EMFILE, "OSError"),
            (10_035, 10_035, "BlockingIOError"),
            (10_038, 10_038, "OSError"),
            (10_053, 10_053, "ConnectionAbortedError"),
            (10_054, 10_054, "ConnectionResetError"),
            (10_058, 10_058, "BrokenPipeError"),
            (10_061, 10_061, "ConnectionRefusedError"),
        ] {
            let error = Error::os(number);
            assert_eq!(error.errno(), Some(expected), "{number}");
            assert_eq!(error.python_class(), class, "{number}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("[WinError {number}] ")), "{text}");
        }
        let missing = Error::os(win::ERROR_PATH_NOT_FOUND as i32).to_string();
        assert_eq!(missing, "[Errno 2] No such file or directory");
    }
}
