use openssl::ssl::SslVerifyMode;

use super::names::{display_names, names};
use super::numbers::from_number;

/// Whether the peer's certificate is requested and verified: Python's `ssl.VerifyMode`.
///
/// ```python
/// context.verify_mode = ssl.CERT_REQUIRED
/// ```
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
/// context.set_verify_mode(ssl::CERT_REQUIRED)?;
/// # Ok::<(), ssl::Error>(())
/// ```
#[allow(non_camel_case_types, reason = "Python's spelling")]
#[allow(clippy::exhaustive_enums, reason = "Python's three values")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum VerifyMode {
    /// A client accepts any certificate. A server does not request one.
    CERT_NONE = 0,
    /// A client behaves as with `CERT_REQUIRED`. A server requests a certificate, and verifies it
    /// if the client sends one.
    CERT_OPTIONAL = 1,
    /// The peer must send a certificate that verifies.
    CERT_REQUIRED = 2,
}

impl VerifyMode {
    pub(crate) fn to_openssl(self) -> SslVerifyMode {
        match self {
            VerifyMode::CERT_NONE => SslVerifyMode::NONE,
            VerifyMode::CERT_OPTIONAL => SslVerifyMode::PEER,
            VerifyMode::CERT_REQUIRED => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
        }
    }
}

names! { VerifyMode, "VerifyMode": CERT_NONE CERT_OPTIONAL CERT_REQUIRED; }

display_names! { VerifyMode }

from_number! {
    VerifyMode, |_| "invalid value for verify_mode".to_owned();
    CERT_NONE CERT_OPTIONAL CERT_REQUIRED
}
