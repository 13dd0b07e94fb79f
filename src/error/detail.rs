use std::fmt;

use openssl::error::ErrorStack;

use super::reason;
use crate::constants::{AlertDescription, SslErrorNumber};

/// What the `SSLError` variants of [`Error`](crate::Error) carry: Python's attributes.
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
#[derive(Debug)]
#[doc(alias = "SSLError")]
pub struct SslError {
    errno: Option<i32>,
    library: Option<&'static str>,
    reason: Option<&'static str>,
    text: Box<str>,
    verify: Option<(i32, Box<str>)>,
    stack: Option<ErrorStack>,
}

/// What marks an entry of OpenSSL's queue as a system error (`ERR_SYSTEM_FLAG`).
const SYSTEM_FLAG: u64 = 0x8000_0000;
const REASON_MASK: u64 = 0x7f_ffff;

/// The system's error number, if that is what the last entry of the queue holds.
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
/// After a library's error one of the system is a consequence: from OpenSSL 3.2 on, an alert that
/// cannot be sent is queued behind the error that it was to tell the peer.
pub(super) fn library_error(stack: &ErrorStack) -> Option<&openssl::error::Error> {
    let of_system = |entry| code_of(entry) & SYSTEM_FLAG != 0;
    stack.errors().iter().rev().find(|entry| !of_system(entry))
}

impl SslError {
    /// A text of Python's own.
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

    /// From the last entry of OpenSSL's queue that is a library's. `errno` is the class of the
    /// failed operation; without one, Python shows OpenSSL's reason number there.
    pub(crate) fn from_stack(errno: Option<i32>, stack: ErrorStack) -> SslError {
        let Some(last) = library_error(&stack) else {
            return SslError::text(errno.or(Some(0)), "unknown error");
        };
        let code = code_of(last);
        let library = reason::library(code);
        let reason = reason::mnemonic(code);
        // The number of a reason without a text shows in the source of this error.
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

    /// What OpenSSL's file functions put on top of the queue: `[SSL] PEM lib` and the like.
    pub(crate) fn pem_lib(library: &'static str, stack: ErrorStack) -> SslError {
        // ERR_R_PEM_LIB with the flag of the reasons that all libraries share.
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

    /// OpenSSL's error for a trust file with neither certificates nor revocation lists in it.
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

    /// An error that OpenSSL's SSL library would report, found before it is asked.
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

    /// Python's error for data that came before the handshake could begin (CVE-2023-40217).
    pub(crate) fn data_before_handshake() -> SslError {
        const TEXT: &str = "Closed before TLS handshake with data in recv buffer.";
        SslError {
            errno: Some(libc::ENOTCONN),
            library: None,
            reason: Some(TEXT),
            text: TEXT.into(),
            verify: None,
            stack: None,
        }
    }

    /// With a reason's number in place of `SSL_ERROR_SSL`, as errors have it outside of connections.
    pub(crate) fn with_errno(mut self, errno: i32) -> SslError {
        self.errno = Some(errno);
        self
    }

    /// Adds what the verification of the peer's certificate came to.
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

    /// The alert with which the peer ended the connection, if that is what the error says.
    pub(crate) fn received_alert(&self) -> Option<AlertDescription> {
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
