use crate::constants::from_number;

/// The class of an [`SslError`](crate::SslError) as a number: Python's `ssl.SSLErrorNumber`.
///
/// ```python
/// if e.errno == ssl.SSL_ERROR_WANT_READ: ...
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn wait(e: &ssl::Error) -> bool {
/// e.errno() == Some(ssl::SSL_ERROR_WANT_READ as i32)
/// # }
/// ```
#[allow(non_camel_case_types, reason = "Python's spelling")]
#[allow(clippy::enum_variant_names, reason = "Python's spelling")]
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
#[doc(alias = "SSLErrorNumber")]
pub enum SslErrorNumber {
    /// A failure inside the TLS library.
    SSL_ERROR_SSL = 1,
    /// The operation needs more data from the peer.
    SSL_ERROR_WANT_READ = 2,
    /// The operation needs to write to the transport first.
    SSL_ERROR_WANT_WRITE = 3,
    /// A certificate callback asked to be called again.
    SSL_ERROR_WANT_X509_LOOKUP = 4,
    /// The transport failed.
    SSL_ERROR_SYSCALL = 5,
    /// Both sides have closed the TLS connection.
    SSL_ERROR_ZERO_RETURN = 6,
    /// The transport is not connected yet.
    SSL_ERROR_WANT_CONNECT = 7,
    /// The transport ended without `close_notify`.
    SSL_ERROR_EOF = 8,
    /// OpenSSL returned an unknown number.
    SSL_ERROR_INVALID_ERROR_CODE = 10,
}

from_number! {
    SslErrorNumber, |value| format!("{value} is not a valid SSLErrorNumber");
    SSL_ERROR_SSL SSL_ERROR_WANT_READ SSL_ERROR_WANT_WRITE SSL_ERROR_WANT_X509_LOOKUP SSL_ERROR_SYSCALL
    SSL_ERROR_ZERO_RETURN SSL_ERROR_WANT_CONNECT SSL_ERROR_EOF SSL_ERROR_INVALID_ERROR_CODE
}
