//! The numbers of system errors: Python's module `errno`.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// The name of one of the system's numbers: Python's `errno.errorcode`.
pub(crate) fn name(number: i32) -> Option<&'static str> {
    find(number, &[COMMON, OWN])
}

/// The name of one of `getaddrinfo`'s numbers: Python's `socket.EAI_*`.
pub(crate) fn lookup_name(number: i32) -> Option<&'static str> {
    find(number, &[LOOKUP])
}

/// The subclass of `OSError` that Python raises for the number (PEP 3151).
pub(crate) fn python_class(number: i32) -> &'static str {
    find(number, &[CLASSES]).unwrap_or("OSError")
}

const CLASSES: &[(i32, &str)] = &[
    (EWOULDBLOCK, "BlockingIOError"),
    (libc::EAGAIN, "BlockingIOError"),
    (EALREADY, "BlockingIOError"),
    (EINPROGRESS, "BlockingIOError"),
    (libc::EPIPE, "BrokenPipeError"),
    (ESHUTDOWN, "BrokenPipeError"),
    (libc::ECHILD, "ChildProcessError"),
    (ECONNABORTED, "ConnectionAbortedError"),
    (ECONNREFUSED, "ConnectionRefusedError"),
    (ECONNRESET, "ConnectionResetError"),
    (libc::EEXIST, "FileExistsError"),
    (libc::ENOENT, "FileNotFoundError"),
    (libc::EINTR, "InterruptedError"),
    (libc::EISDIR, "IsADirectoryError"),
    (libc::ENOTDIR, "NotADirectoryError"),
    (libc::EACCES, "PermissionError"),
    (libc::EPERM, "PermissionError"),
    (libc::ESRCH, "ProcessLookupError"),
    (ETIMEDOUT, "TimeoutError"),
];

fn find(number: i32, tables: &[&[(i32, &'static str)]]) -> Option<&'static str> {
    let mut rows = tables.iter().copied().flatten();
    let (_, name) = rows.find(|(known, _)| *known == number)?;
    Some(name)
}
