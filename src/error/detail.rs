use std::fmt;

use openssl::error::ErrorStack;

use super::{SslErrorNumber, reason};
use crate::constants::AlertDescription;
use crate::sys;

/// The attributes of an `SSLError`, carried by the `SSLError` variants of [`Error`](crate::Error).
///
/// ```python
/// print(e.errno, e.library, e.reason)
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn print(e: &ssl::SslError) {
/// println!("{:?} {:?} {:?}", e.errno(), e.library(), e.reason());
/// # }
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "SSLError")]
pub struct SslError {
    errno: Option<i32>,
    library: Option<&'static str>,
    reason: Option<&'static str>,
    text: Box<str>,
    verify: Option<(i32, Box<str>)>,
    stack: Option<ErrorStack>,
}

/// Marks an entry of OpenSSL's error queue as a system error (`ERR_SYSTEM_FLAG`).
const SYSTEM_FLAG: u64 = 0x8000_0000;
const REASON_MASK: u64 = 0x7f_ffff;

/// The system's error number, if the last entry of the queue is a system error.
pub(super) fn system_errno(stack: &ErrorStack) -> Option<i32> {
    let code = code_of(stack.errors().last()?);
    if code & SYSTEM_FLAG == 0 {
        return None;
    }
    i32::try_from(code & 0x7fff_ffff).ok()
}

/// Whether the first entry of the queue is a system error.
pub(super) fn begins_with_system(stack: &ErrorStack) -> bool {
    let first = stack.errors().first();
    first.is_some_and(|entry| code_of(entry) & SYSTEM_FLAG != 0)
}

#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "C's long differs by platform"
)]
fn code_of(entry: &openssl::error::Error) -> u64 {
    entry.code() as u64
}

/// The last entry of the queue that is not a system error.
///
/// A system error after a library error is a consequence of it. From OpenSSL 3.2 on, the failure to
/// send an alert is queued after the error that caused the alert.
pub(super) fn library_error(stack: &ErrorStack) -> Option<&openssl::error::Error> {
    let of_system = |entry| code_of(entry) & SYSTEM_FLAG != 0;
    stack.errors().iter().rev().find(|entry| !of_system(entry))
}

impl SslError {
    /// An error with this text, as Python's `ssl.SSLError(text)`.
    ///
    /// ```
    /// let error = pyssl::SslError::new("the peer is not welcome");
    /// assert_eq!(error.to_string(), "the peer is not welcome");
    /// ```
    pub fn new(text: impl Into<Box<str>>) -> SslError {
        SslError::text(None, text)
    }

    /// An error with a text that CPython itself supplies.
    pub(crate) fn text(errno: Option<i32>, text: impl Into<Box<str>>) -> SslError {
        SslError {
            errno,
            library: None,
            reason: None,
            text: text.into(),
            verify: None,
            stack: None,
        }
    }

    /// An error from the last library entry of OpenSSL's queue. `errno` is the error class of the
    /// failed operation. If it is `None`, `errno` becomes OpenSSL's reason number, as in Python.
    pub(crate) fn from_stack(errno: Option<i32>, stack: ErrorStack) -> SslError {
        let Some(last) = library_error(&stack) else {
            return SslError::text(errno.or(Some(0)), "unknown error");
        };
        let code = code_of(last);
        let library = reason::library(code);
        let reason = reason::mnemonic(code);
        // If the reason has no text, `source()` still shows its number.
        let text = Box::from(last.reason().unwrap_or("unknown error"));
        let errno = errno.or_else(|| i32::try_from(code & REASON_MASK).ok());
        SslError {
            errno,
            library,
            reason,
            text,
            verify: None,
            stack: Some(stack),
        }
    }

    /// The error that OpenSSL's file functions add to the queue last, such as `[SSL] PEM lib`.
    pub(crate) fn pem_lib(library: &'static str, stack: ErrorStack) -> SslError {
        // ERR_R_PEM_LIB with the flag for reasons that all libraries share.
        const PEM_LIB: i32 = 0x8_0009;
        SslError {
            errno: Some(PEM_LIB),
            library: Some(library),
            reason: None,
            text: "PEM lib".into(),
            verify: None,
            stack: Some(stack),
        }
    }

    /// OpenSSL's error for a trust file that contains neither certificates nor revocation lists.
    pub(crate) fn no_certificate_or_crl_found() -> SslError {
        SslError {
            errno: Some(136),
            library: Some("X509"),
            reason: Some("NO_CERTIFICATE_OR_CRL_FOUND"),
            text: "no certificate or crl found".into(),
            verify: None,
            stack: None,
        }
    }

    /// An error that OpenSSL's SSL library would report, detected before OpenSSL is called.
    pub(crate) fn ssl_reason(reason: &'static str, text: impl Into<Box<str>>) -> SslError {
        SslError {
            errno: Some(SslErrorNumber::SSL_ERROR_SSL as i32),
            library: Some("SSL"),
            reason: Some(reason),
            text: text.into(),
            verify: None,
            stack: None,
        }
    }

    /// Python's error for data that arrived before the handshake could begin (CVE-2023-40217).
    pub(crate) fn data_before_handshake() -> SslError {
        const TEXT: &str = "Closed before TLS handshake with data in recv buffer.";
        SslError {
            errno: Some(sys::errno::ENOTCONN),
            library: None,
            reason: Some(TEXT),
            text: TEXT.into(),
            verify: None,
            stack: None,
        }
    }

    /// Replaces `errno`. Errors outside connections have a reason number there, not
    /// `SSL_ERROR_SSL`.
    pub(crate) fn with_errno(mut self, errno: i32) -> SslError {
        self.errno = Some(errno);
        self
    }

    /// Adds the result of certificate verification.
    pub(crate) fn with_verification(mut self, code: i32, message: impl Into<Box<str>>) -> SslError {
        self.verify = Some((code, message.into()));
        self
    }

    /// Python's class and text for a transport that ended without `close_notify`.
    pub(super) fn into_eof(mut self) -> SslError {
        self.errno = Some(SslErrorNumber::SSL_ERROR_EOF as i32);
        self.text = "EOF occurred in violation of protocol".into();
        self
    }

    /// Python's `e.errno`; see [`Error::errno`](crate::Error::errno).
    pub fn errno(&self) -> Option<i32> {
        self.errno
    }

    /// Python's `e.library`.
    pub fn library(&self) -> Option<&'static str> {
        self.library
    }

    /// Python's `e.reason`.
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// The alert that the peer sent, if the error reports one.
    pub fn received_alert(&self) -> Option<AlertDescription> {
        // SSL_AD_REASON_OFFSET: reasons above it are the peer's alerts.
        const ALERTS: i32 = 1000;
        let last = self.stack.as_ref()?.errors().last()?;
        let number = last.reason_code().checked_sub(ALERTS)?;
        if self.library != Some("SSL") {
            return None;
        }
        u8::try_from(number).ok().map(AlertDescription)
    }

    /// Python's `e.verify_code`: OpenSSL's `X509_V_ERR_*`.
    pub fn verify_code(&self) -> Option<i32> {
        self.verify.as_ref().map(|(code, _)| *code)
    }

    /// Python's `e.verify_message`.
    pub fn verify_message(&self) -> Option<&str> {
        self.verify.as_ref().map(|(_, message)| &**message)
    }
}

impl fmt::Display for SslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.library, self.reason) {
            (Some(library), Some(reason)) => write!(f, "[{library}: {reason}] {}", self.text)?,
            (Some(library), None) => write!(f, "[{library}] {}", self.text)?,
            _ => f.write_str(&self.text)?,
        }
        match &self.verify {
            Some((_, message)) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SslError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.stack.as_ref().map(|stack| stack as _)
    }
}
