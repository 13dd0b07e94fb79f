use std::fmt;

use super::names::names;
use crate::error::Error;

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
        match self {
            Protocol::PROTOCOL_TLS => "PROTOCOL_TLS",
            Protocol::PROTOCOL_TLSv1 => "PROTOCOL_TLSv1",
            Protocol::PROTOCOL_TLSv1_1 => "PROTOCOL_TLSv1_1",
            Protocol::PROTOCOL_TLSv1_2 => "PROTOCOL_TLSv1_2",
            Protocol::PROTOCOL_TLS_CLIENT => "PROTOCOL_TLS_CLIENT",
            Protocol::PROTOCOL_TLS_SERVER => "PROTOCOL_TLS_SERVER",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<i32> for Protocol {
    type Error = Error;

    /// # Errors
    ///
    /// `ValueError` if the number is not a protocol, or is one that OpenSSL no longer supports (SSL
    /// 2.0 and 3.0).
    fn try_from(value: i32) -> Result<Self, Error> {
        Ok(match value {
            2 => Protocol::PROTOCOL_TLS,
            3 => Protocol::PROTOCOL_TLSv1,
            4 => Protocol::PROTOCOL_TLSv1_1,
            5 => Protocol::PROTOCOL_TLSv1_2,
            16 => Protocol::PROTOCOL_TLS_CLIENT,
            17 => Protocol::PROTOCOL_TLS_SERVER,
            _ => {
                return Err(Error::value(format!(
                    "invalid or unsupported protocol version {value}"
                )));
            }
        })
    }
}

names! {
    Protocol, "Protocol":
    "PROTOCOL_TLS" => PROTOCOL_TLS,
    "PROTOCOL_TLSv1" => PROTOCOL_TLSv1,
    "PROTOCOL_TLSv1_1" => PROTOCOL_TLSv1_1,
    "PROTOCOL_TLSv1_2" => PROTOCOL_TLSv1_2,
    "PROTOCOL_TLS_CLIENT" => PROTOCOL_TLS_CLIENT,
    "PROTOCOL_TLS_SERVER" => PROTOCOL_TLS_SERVER;
    aliases: "PROTOCOL_SSLv23" => PROTOCOL_TLS
}
