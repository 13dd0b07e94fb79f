//! [`Error`]: Python's exception classes as one type.

pub(crate) mod codec;
mod detail;
mod number;
mod os;
mod reason;

use std::io;

pub use detail::SslError;
pub use number::SslErrorNumber;
pub use os::OsError;

use openssl::error::ErrorStack;

/// The result type of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error type of user callbacks.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Python's exception classes, one variant each.
///
/// `Display` is Python's `str(e)` without the trailing `(_ssl.c:1020)`, which names a line of
/// CPython's source.
///
/// ```python
/// except ssl.SSLCertVerificationError as e:
///     print(e.verify_code, e.verify_message)
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn report(e: ssl::Error) {
/// match e {
///     ssl::Error::CertVerification(e) => println!("{:?} {:?}", e.verify_code(), e.verify_message()),
///     other => println!("{}: {other}", other.python_class()),
/// }
/// # }
/// ```
///
/// Python's classes form a hierarchy; variants do not. [`ssl`](Error::ssl) returns `Some` for the
/// errors that `except ssl.SSLError` would catch. [`python_class`](Error::python_class) names the
/// class. `except OSError` would catch `Os` and `Timeout` in addition to these errors.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
#[doc(alias = "SSLError")]
pub enum Error {
    /// `ssl.SSLError`: TLS or certificate handling failed.
    #[error(transparent)]
    Ssl(Box<SslError>),
    /// `ssl.SSLZeroReturnError`: both sides have closed the TLS connection.
    #[error(transparent)]
    #[doc(alias = "SSLZeroReturnError")]
    ZeroReturn(Box<SslError>),
    /// `ssl.SSLWantReadError`: a non-blocking operation needs data from the peer.
    #[error(transparent)]
    #[doc(alias = "SSLWantReadError")]
    WantRead(Box<SslError>),
    /// `ssl.SSLWantWriteError`: a non-blocking operation needs room in the transport.
    #[error(transparent)]
    #[doc(alias = "SSLWantWriteError")]
    WantWrite(Box<SslError>),
    /// `ssl.SSLSyscallError`: the transport failed, and there is no error number.
    #[error(transparent)]
    #[doc(alias = "SSLSyscallError")]
    Syscall(Box<SslError>),
    /// `ssl.SSLEOFError`: the transport ended without `close_notify`.
    #[error(transparent)]
    #[doc(alias = "SSLEOFError")]
    Eof(Box<SslError>),
    /// `ssl.SSLCertVerificationError`: the peer's certificate did not verify.
    #[error(transparent)]
    #[doc(alias = "SSLCertVerificationError")]
    #[doc(alias = "CertificateError")]
    CertVerification(Box<SslError>),
    /// `TimeoutError`: the operation timed out. The system's own `ETIMEDOUT`, which is also a
    /// `TimeoutError` in Python, is an `Os`.
    #[error("{0}")]
    #[doc(alias = "TimeoutError")]
    Timeout(&'static str),
    /// `OSError` and its subclasses (`ConnectionResetError`, `FileNotFoundError`, ...).
    #[error(transparent)]
    #[doc(alias = "OSError")]
    Os(Box<OsError>),
    /// `ValueError`: an argument has an invalid value.
    #[error("{0}")]
    #[doc(alias = "ValueError")]
    Value(Box<str>),
    /// `TypeError`: an argument has the wrong type, in cases that Rust's type system does not rule
    /// out.
    #[error("{0}")]
    Type(Box<str>),
    /// `UnicodeError`: a text cannot be encoded (host names, ALPN names) or decoded.
    #[error("{0}")]
    Unicode(Box<str>),
    /// `OverflowError`: a number or a length is out of range.
    #[error("{0}")]
    Overflow(Box<str>),
    /// `NotImplementedError`: this kind of socket or the linked OpenSSL does not support the
    /// operation.
    #[error("{0}")]
    NotImplemented(Box<str>),
    /// The error that a user callback returned. In Python, the callback's exception propagates.
    #[error("{0}")]
    Callback(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn value(text: impl Into<Box<str>>) -> Error {
        Error::Value(text.into())
    }

    pub(crate) fn type_error(text: impl Into<Box<str>>) -> Error {
        Error::Type(text.into())
    }

    pub(crate) fn unicode(text: impl Into<Box<str>>) -> Error {
        Error::Unicode(text.into())
    }

    pub(crate) fn overflow(text: impl Into<Box<str>>) -> Error {
        Error::Overflow(text.into())
    }

    pub(crate) fn not_implemented(text: impl Into<Box<str>>) -> Error {
        Error::NotImplemented(text.into())
    }

    /// An `OSError` with this number.
    pub(crate) fn os(errno: i32) -> Error {
        Error::from(io::Error::from_raw_os_error(errno))
    }

    /// An `SSLError` that Python raises with its own text and no OpenSSL code.
    pub(crate) fn ssl_text(text: impl Into<Box<str>>) -> Error {
        Error::Ssl(Box::new(SslError::text(Some(0), text)))
    }

    /// An `SSLError` that Python raises with one argument: no `errno`, `library` or `reason`.
    pub(crate) fn ssl_bare(text: impl Into<Box<str>>) -> Error {
        Error::Ssl(Box::new(SslError::text(None, text)))
    }

    /// The error of a configuration call, from OpenSSL's queue. As in Python, `errno` is OpenSSL's
    /// reason number.
    pub(crate) fn from_stack(stack: ErrorStack) -> Error {
        if let Some(errno) = detail::system_errno(&stack) {
            return Error::os(errno);
        }
        Error::Ssl(Box::new(SslError::from_stack(None, stack)))
    }

    /// The error of a handshake, read, write or shutdown, from OpenSSL's queue.
    pub(crate) fn from_operation(stack: ErrorStack) -> Error {
        let alone = detail::library_error(&stack).is_none();
        if let Some(errno) = detail::system_errno(&stack).filter(|_| alone) {
            return Error::os(errno);
        }
        // The queue may begin with a system error, for example of a file that OpenSSL could not
        // open. `SSL_get_error` also decides by the first entry.
        let number = match detail::begins_with_system(&stack) {
            true => SslErrorNumber::SSL_ERROR_SYSCALL,
            false => SslErrorNumber::SSL_ERROR_SSL,
        };
        let detail = SslError::from_stack(Some(number as i32), stack);
        match (detail.library(), detail.reason()) {
            (Some("SSL"), Some("CERTIFICATE_VERIFY_FAILED")) => {
                Error::CertVerification(Box::new(detail))
            }
            (Some("SSL"), Some("UNEXPECTED_EOF_WHILE_READING")) => {
                Error::Eof(Box::new(detail.into_eof()))
            }
            _ => Error::Ssl(Box::new(detail)),
        }
    }

    /// A copy, for an error that several calls return. The value of a callback becomes its text.
    #[cfg(feature = "tokio")]
    pub(crate) fn copy(&self) -> Error {
        match self {
            Error::Ssl(e) => Error::Ssl(e.clone()),
            Error::ZeroReturn(e) => Error::ZeroReturn(e.clone()),
            Error::WantRead(e) => Error::WantRead(e.clone()),
            Error::WantWrite(e) => Error::WantWrite(e.clone()),
            Error::Syscall(e) => Error::Syscall(e.clone()),
            Error::Eof(e) => Error::Eof(e.clone()),
            Error::CertVerification(e) => Error::CertVerification(e.clone()),
            Error::Timeout(text) => Error::Timeout(text),
            Error::Os(e) => Error::Os(Box::new(e.copy())),
            Error::Value(text) => Error::Value(text.clone()),
            Error::Type(text) => Error::Type(text.clone()),
            Error::Unicode(text) => Error::Unicode(text.clone()),
            Error::Overflow(text) => Error::Overflow(text.clone()),
            Error::NotImplemented(text) => Error::NotImplemented(text.clone()),
            Error::Callback(e) => Error::Callback(e.to_string().into()),
        }
    }

    /// Whether this is the system's `EAGAIN` or `EWOULDBLOCK`.
    pub(crate) fn is_would_block(&self) -> bool {
        matches!(self, Error::Os(e) if e.kind() == io::ErrorKind::WouldBlock)
    }

    /// The error if a callback calls a method of the connection that waits for the callback.
    pub(crate) fn in_callback() -> Error {
        Error::ssl_text("a callback cannot use the connection that has called it")
    }

    pub(crate) fn want_read() -> Error {
        Error::WantRead(Box::new(SslError::text(
            Some(SslErrorNumber::SSL_ERROR_WANT_READ as i32),
            "The operation did not complete (read)",
        )))
    }

    pub(crate) fn want_write() -> Error {
        Error::WantWrite(Box::new(SslError::text(
            Some(SslErrorNumber::SSL_ERROR_WANT_WRITE as i32),
            "The operation did not complete (write)",
        )))
    }

    pub(crate) fn zero_return() -> Error {
        Error::ZeroReturn(Box::new(SslError::text(
            Some(SslErrorNumber::SSL_ERROR_ZERO_RETURN as i32),
            "TLS/SSL connection has been closed (EOF)",
        )))
    }

    /// The error if the transport ended and OpenSSL queued no error.
    pub(crate) fn eof() -> Error {
        Error::Eof(Box::new(SslError::text(
            Some(SslErrorNumber::SSL_ERROR_EOF as i32),
            "EOF occurred in violation of protocol",
        )))
    }

    /// The details of the error, if it is one of Python's `SSLError` classes.
    ///
    /// ```python
    /// except ssl.SSLError as e: print(e.library, e.reason)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn report(e: ssl::Error) {
    /// if let Some(e) = e.ssl() { println!("{:?} {:?}", e.library(), e.reason()); }
    /// # }
    /// ```
    pub fn ssl(&self) -> Option<&SslError> {
        match self {
            Error::Ssl(e)
            | Error::ZeroReturn(e)
            | Error::WantRead(e)
            | Error::WantWrite(e)
            | Error::Syscall(e)
            | Error::Eof(e)
            | Error::CertVerification(e) => Some(e),
            _ => None,
        }
    }

    /// The name of Python's class: `"SSLCertVerificationError"`, `"ConnectionResetError"`.
    ///
    /// ```python
    /// type(e).__name__
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// let e = ssl::create_default_context("none.pem").unwrap_err();
    /// assert_eq!(e.python_class(), "FileNotFoundError");
    /// ```
    ///
    /// `"Exception"` for [`Error::Callback`].
    pub fn python_class(&self) -> &'static str {
        match self {
            Error::Ssl(_) => "SSLError",
            Error::ZeroReturn(_) => "SSLZeroReturnError",
            Error::WantRead(_) => "SSLWantReadError",
            Error::WantWrite(_) => "SSLWantWriteError",
            Error::Syscall(_) => "SSLSyscallError",
            Error::Eof(_) => "SSLEOFError",
            Error::CertVerification(_) => "SSLCertVerificationError",
            Error::Timeout(_) => "TimeoutError",
            Error::Os(e) => e.python_class(),
            Error::Value(_) => "ValueError",
            Error::Type(_) => "TypeError",
            Error::Unicode(_) => "UnicodeError",
            Error::Overflow(_) => "OverflowError",
            Error::NotImplemented(_) => "NotImplementedError",
            Error::Callback(_) => "Exception",
        }
    }

    /// Python's `e.errno`. It depends on the error:
    ///
    /// - `OSError`: the system's error number;
    /// - `SSLError` of a handshake, read, write or shutdown: its class ([`SslErrorNumber`]);
    /// - `SSLError` of a context method: OpenSSL's reason number, or 0 if the text is Python's own.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Error::Os(e) => Some(e.errno()),
            other => other.ssl().and_then(SslError::errno),
        }
    }

    /// The name of the system's error number: `"ECONNRESET"`. `None` if [`errno`](Self::errno) is
    /// not a system error number.
    ///
    /// ```python
    /// errno.errorcode[e.errno]
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// let e = ssl::create_default_context("none.pem").unwrap_err();
    /// assert_eq!(e.errno_name(), Some("ENOENT"));
    /// ```
    pub fn errno_name(&self) -> Option<&'static str> {
        match self {
            Error::Os(e) => e.errno_name(),
            _ => None,
        }
    }

    /// Python's `e.library`: `"SSL"`, `"X509"`, `"PEM"`, ...
    pub fn library(&self) -> Option<&'static str> {
        self.ssl().and_then(SslError::library)
    }

    /// Python's `e.reason`: `"CERTIFICATE_VERIFY_FAILED"`, `"NO_SHARED_CIPHER"`, ...
    pub fn reason(&self) -> Option<&str> {
        self.ssl().and_then(SslError::reason)
    }

    /// Python's `e.verify_code`. Only an `SSLCertVerificationError` has one.
    pub fn verify_code(&self) -> Option<i32> {
        self.ssl().and_then(SslError::verify_code)
    }

    /// Python's `e.verify_message`. Only an `SSLCertVerificationError` has one.
    pub fn verify_message(&self) -> Option<&str> {
        self.ssl().and_then(SslError::verify_message)
    }
}

impl From<io::Error> for Error {
    /// Unwraps an error of this crate that was converted to `io::Error`.
    fn from(error: io::Error) -> Error {
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(error) => Error::Os(Box::new(OsError::new(error))),
        }
    }
}

impl From<Error> for io::Error {
    /// `WantRead` and `WantWrite` become `WouldBlock`, `Eof` becomes `UnexpectedEof`, and `Timeout`
    /// becomes `TimedOut`. The original error is kept inside and can be downcast.
    fn from(error: Error) -> io::Error {
        let kind = match &error {
            Error::Os(e) => match (e.system_number(), e.filename()) {
                (Some(number), None) => return io::Error::from_raw_os_error(number),
                _ => e.kind(),
            },
            Error::WantRead(_) | Error::WantWrite(_) => io::ErrorKind::WouldBlock,
            Error::Eof(_) => io::ErrorKind::UnexpectedEof,
            Error::Timeout(_) => io::ErrorKind::TimedOut,
            Error::Value(_) | Error::Type(_) | Error::Unicode(_) | Error::Overflow(_) => {
                io::ErrorKind::InvalidInput
            }
            Error::NotImplemented(_) => io::ErrorKind::Unsupported,
            Error::CertVerification(_) | Error::Ssl(_) => io::ErrorKind::InvalidData,
            Error::ZeroReturn(_) => io::ErrorKind::NotConnected,
            Error::Syscall(_) | Error::Callback(_) => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

impl From<ErrorStack> for Error {
    fn from(stack: ErrorStack) -> Error {
        Error::from_stack(stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::errno;

    #[test]
    fn the_error_type_takes_at_most_24_bytes() {
        assert!(size_of::<Error>() <= 24);
    }

    #[test]
    fn io_errors_round_trip_with_their_errno() {
        let error = Error::from(io::Error::from(Error::want_read()));
        assert_eq!(error.python_class(), "SSLWantReadError");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::WouldBlock);
        let reset = io::Error::from(Error::os(errno::ECONNRESET));
        assert_eq!(reset.raw_os_error(), Some(errno::ECONNRESET));
        assert_eq!(Error::from(reset).python_class(), "ConnectionResetError");
    }

    #[test]
    fn error_texts_match_python() {
        assert_eq!(
            Error::os(libc::ENOENT).to_string(),
            "[Errno 2] No such file or directory"
        );
        assert_eq!(Error::os(libc::ENOENT).python_class(), "FileNotFoundError");
        assert_eq!(
            Error::want_write().to_string(),
            "The operation did not complete (write)"
        );
        assert_eq!(Error::want_write().errno(), Some(3));
    }
}
