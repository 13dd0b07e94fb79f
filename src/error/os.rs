use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::errno;
use crate::text::Repr;

/// A system error, and the file name if Python reports one; see [`Error::Os`](crate::Error::Os).
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
#[doc(alias = "OSError")]
#[doc(alias = "socket_error")]
pub struct OsError {
    source: io::Error,
    filename: Option<PathBuf>,
    /// An error number of `getaddrinfo`. These are not system error numbers.
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

    /// The error number of the system or of `getaddrinfo` (`EAI_NONAME`; negative on Linux). 0 if
    /// the error came from neither.
    pub fn errno(&self) -> i32 {
        self.number().unwrap_or(0)
    }

    fn number(&self) -> Option<i32> {
        self.source.raw_os_error().or(self.lookup)
    }

    /// The message without the number that the standard library appends.
    fn text(&self) -> String {
        let mut text = self.source.to_string();
        if let Some(errno) = self.source.raw_os_error() {
            let number = format!(" (os error {errno})");
            text.truncate(text.strip_suffix(&number).map_or(text.len(), str::len));
        }
        text
    }

    /// The name of the error number: `"ECONNRESET"`, `"EAI_NONAME"`. `None` if it has no name.
    ///
    /// ```python
    /// errno.errorcode[e.errno]
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn report(e: &ssl::OsError) {
    /// e.errno_name()
    /// # ; }
    /// ```
    pub fn errno_name(&self) -> Option<&'static str> {
        match (self.source.raw_os_error(), self.lookup) {
            (Some(number), _) => errno::name(number),
            (None, Some(number)) => errno::lookup_name(number),
            (None, None) => None,
        }
    }

    /// Whether the error has a system error number.
    pub(crate) fn has_system_errno(&self) -> bool {
        self.source.raw_os_error().is_some()
    }

    /// The standard library's classification of the error.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Python's `e.filename`.
    pub fn filename(&self) -> Option<&Path> {
        self.filename.as_deref()
    }

    /// The subclass of `OSError` that Python raises for the number (PEP 3151).
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

impl fmt::Debug for OsError {
    /// `OsError { errno: 104, name: ECONNRESET, text: "Connection reset by peer" }`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("OsError");
        if let Some(number) = self.number() {
            debug.field("errno", &number);
        }
        if let Some(name) = self.errno_name() {
            debug.field("name", &format_args!("{name}"));
        }
        match self.source.raw_os_error() {
            Some(_) => debug.field("text", &self.text()),
            None => debug.field("source", &self.source),
        };
        if let Some(filename) = &self.filename {
            debug.field("filename", filename);
        }
        debug.finish()
    }
}

impl fmt::Display for OsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        let Some(errno) = self.number() else {
            return f.write_str(&text);
        };
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
