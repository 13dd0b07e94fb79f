use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::sys::errno;
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

    #[cfg(feature = "tokio")]
    pub(crate) fn copy(&self) -> OsError {
        let source = match self.source.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(self.source.kind(), self.source.to_string()),
        };
        OsError {
            source,
            filename: self.filename.clone(),
            lookup: self.lookup,
        }
    }

    /// The error number of the system or of `getaddrinfo` (`EAI_NONAME`; negative on Linux). 0 if
    /// the error came from neither.
    pub fn errno(&self) -> i32 {
        self.number().unwrap_or(0)
    }

    fn number(&self) -> Option<i32> {
        self.system_number().map(errno::python).or(self.lookup)
    }

    /// The number of the system, which the standard library uses too.
    pub(crate) fn system_number(&self) -> Option<i32> {
        self.source.raw_os_error()
    }

    /// The message without the number that the standard library appends.
    fn text(&self) -> String {
        match self.system_number() {
            Some(number) => errno::text(number),
            None => self.source.to_string(),
        }
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
        match (self.system_number(), self.lookup) {
            (Some(number), _) => errno::name(errno::python(number)),
            (None, Some(number)) => errno::lookup_name(number),
            (None, None) => None,
        }
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
        let Some(number) = self.system_number() else {
            return match self.source.kind() {
                io::ErrorKind::BrokenPipe => "BrokenPipeError",
                io::ErrorKind::ConnectionAborted => "ConnectionAbortedError",
                io::ErrorKind::ConnectionRefused => "ConnectionRefusedError",
                io::ErrorKind::ConnectionReset => "ConnectionResetError",
                io::ErrorKind::TimedOut => "TimeoutError",
                _ => "OSError",
            };
        };
        errno::python_class(errno::python(number))
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
        match self.system_number() {
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
        let Some(number) = self.number() else {
            return f.write_str(&text);
        };
        let system = self.system_number().map(errno::prefix);
        let (prefix, number) = system.unwrap_or(("Errno", number));
        write!(f, "[{prefix} {number}] {text}")?;
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
