use super::names::{display_names, names};
use super::numbers::from_number;

/// The TLS versions and the role of a context: Python's `PROTOCOL_*` values.
///
/// ```python
/// context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
/// ```
/// ```
/// # use pyssl as ssl;
/// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// # Ok::<(), ssl::Error>(())
/// ```
#[allow(non_camel_case_types, reason = "Python's spelling")]
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
#[doc(alias = "_SSLMethod")]
pub enum Protocol {
    /// Any version, both roles, nothing verified. Also `PROTOCOL_SSLv23`.
    PROTOCOL_TLS = 2,
    /// TLS 1.0 only, both roles, nothing verified.
    PROTOCOL_TLSv1 = 3,
    /// TLS 1.1 only, both roles, nothing verified.
    PROTOCOL_TLSv1_1 = 4,
    /// TLS 1.2 only, both roles, nothing verified.
    PROTOCOL_TLSv1_2 = 5,
    /// Any version, client; verifies certificate and host name.
    PROTOCOL_TLS_CLIENT = 16,
    /// Any version, server; does not request a client certificate.
    PROTOCOL_TLS_SERVER = 17,
}

impl Protocol {
    /// The version, for protocols with one fixed version.
    pub(crate) fn fixed_version(self) -> Option<crate::TlsVersion> {
        match self {
            Protocol::PROTOCOL_TLSv1 => Some(crate::TlsVersion::TLSv1),
            Protocol::PROTOCOL_TLSv1_1 => Some(crate::TlsVersion::TLSv1_1),
            Protocol::PROTOCOL_TLSv1_2 => Some(crate::TlsVersion::TLSv1_2),
            _ => None,
        }
    }

    /// Python's name of the value, as `get_protocol_name` gives it.
    pub fn name(self) -> &'static str {
        self.python_name()
    }
}

names! {
    Protocol, "Protocol":
    PROTOCOL_TLS PROTOCOL_TLSv1 PROTOCOL_TLSv1_1 PROTOCOL_TLSv1_2 PROTOCOL_TLS_CLIENT PROTOCOL_TLS_SERVER;
    "PROTOCOL_SSLv23" => PROTOCOL_TLS
}

display_names! { Protocol }

// Python's numbers for SSL 2.0 and SSL 3.0 are errors: `Protocol` has no variants for these
// versions.
from_number! {
    Protocol, |value| format!("invalid or unsupported protocol version {value}");
    PROTOCOL_TLS PROTOCOL_TLSv1 PROTOCOL_TLSv1_1 PROTOCOL_TLSv1_2 PROTOCOL_TLS_CLIENT PROTOCOL_TLS_SERVER
}
