use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::text::Repr;

/// What [`Error::Os`](crate::Error::Os) carries: the system's error, and the file where Python
/// names one.
///
/// ```python
/// except ConnectionRefusedError as e: print(e.errno)
/// ```
/// ```
/// # use pyssl as ssl;
/// # use std::io::ErrorKind;
/// # fn report(e: ssl::Error) {
/// match e {
///     ssl::Error::Os(e) if e.kind() == ErrorKind::ConnectionRefused => println!("{}", e.errno()),
///     e => println!("{e}"),
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct OsError {
    source: io::Error,
    filename: Option<PathBuf>,
    /// `getaddrinfo`'s number, which is none of the system's.
    lookup: Option<i32>,
}

impl OsError {
    pub(crate) fn new(source: io::Error) -> OsError {
        OsError {
            source,
            filename: None,
            lookup: None,
        }
    }

    pub(crate) fn with_filename(source: io::Error, filename: &Path) -> OsError {
        OsError {
            source,
            filename: Some(filename.to_owned()),
            lookup: None,
        }
    }

    /// Python's `socket.gaierror`.
    pub(crate) fn lookup(number: i32, text: &str) -> OsError {
        OsError {
            source: io::Error::other(text),
            filename: None,
            lookup: Some(number),
        }
    }

    /// The system's number, or `getaddrinfo`'s (`EAI_NONAME`, which is negative on Linux); 0 if the
    /// error came from neither.
    pub fn errno(&self) -> i32 {
        self.source.raw_os_error().or(self.lookup).unwrap_or(0)
    }

    /// Whether the number is the system's.
    pub(crate) fn is_systems(&self) -> bool {
        self.source.raw_os_error().is_some()
    }

    /// What kind of error the standard library takes it for.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Python's `e.filename`.
    pub fn filename(&self) -> Option<&Path> {
        self.filename.as_deref()
    }

    /// The subclass of `OSError` that Python picks for the number (PEP 3151).
    pub(crate) fn python_class(&self) -> &'static str {
        if self.lookup.is_some() {
            return "gaierror";
        }
        let Some(errno) = self.source.raw_os_error() else {
            return match self.source.kind() {
                io::ErrorKind::BrokenPipe => "BrokenPipeError",
                io::ErrorKind::ConnectionAborted => "ConnectionAbortedError",
                io::ErrorKind::ConnectionRefused => "ConnectionRefusedError",
                io::ErrorKind::ConnectionReset => "ConnectionResetError",
                io::ErrorKind::TimedOut => "TimeoutError",
                _ => "OSError",
            };
        };
        match errno {
            libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => "BlockingIOError",
            libc::EPIPE | libc::ESHUTDOWN => "BrokenPipeError",
            libc::ECHILD => "ChildProcessError",
            libc::ECONNABORTED => "ConnectionAbortedError",
            libc::ECONNREFUSED => "ConnectionRefusedError",
            libc::ECONNRESET => "ConnectionResetError",
            libc::EEXIST => "FileExistsError",
            libc::ENOENT => "FileNotFoundError",
            libc::EINTR => "InterruptedError",
            libc::EISDIR => "IsADirectoryError",
            libc::ENOTDIR => "NotADirectoryError",
            libc::EACCES | libc::EPERM => "PermissionError",
            libc::ESRCH => "ProcessLookupError",
            libc::ETIMEDOUT => "TimeoutError",
            _ => "OSError",
        }
    }
}

impl fmt::Display for OsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.source.to_string();
        let Some(errno) = self.source.raw_os_error().or(self.lookup) else {
            return f.write_str(&text);
        };
        // The standard library appends the number; Python puts it first.
        let text = text
            .strip_suffix(&format!(" (os error {errno})"))
            .unwrap_or(&text);
        write!(f, "[Errno {errno}] {text}")?;
        match &self.filename {
            Some(filename) => write!(f, ": {}", Repr(&filename.to_string_lossy())),
            None => Ok(()),
        }
    }
}

impl std::error::Error for OsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
