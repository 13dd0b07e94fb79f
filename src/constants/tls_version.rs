use std::cmp::Ordering;
use std::fmt;

use super::names::names;
use super::numbers::from_number;

/// A TLS version, or an open end of a range of versions: Python's `ssl.TLSVersion`.
///
/// ```python
/// context.minimum_version = ssl.TLSVersion.TLSv1_3
/// ```
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// context.set_minimum_version(ssl::TlsVersion::TLSv1_3)?;
/// # Ok::<(), ssl::Error>(())
/// ```
#[allow(non_camel_case_types, reason = "Python's spelling")]
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
#[doc(alias = "TLSVersion")]
pub enum TlsVersion {
    /// No lower bound; as an upper bound, the lowest version that OpenSSL supports.
    MINIMUM_SUPPORTED = -2,
    /// SSL 3.0 (RFC 6101), which is obsolete.
    SSLv3 = 0x300,
    /// TLS 1.0 (RFC 2246).
    TLSv1 = 0x301,
    /// TLS 1.1 (RFC 4346).
    TLSv1_1 = 0x302,
    /// TLS 1.2 (RFC 5246).
    TLSv1_2 = 0x303,
    /// TLS 1.3 (RFC 8446).
    TLSv1_3 = 0x304,
    /// No upper bound; as a lower bound, the highest version that OpenSSL supports.
    MAXIMUM_SUPPORTED = -1,
}

/// Orders from the oldest to the newest version, with the open ends at either end.
///
/// In Python, where these are numbers, `MAXIMUM_SUPPORTED` is less than all versions.
///
/// ```
/// use pyssl::TlsVersion;
///
/// assert!(TlsVersion::MINIMUM_SUPPORTED < TlsVersion::SSLv3);
/// assert!(TlsVersion::TLSv1_2 < TlsVersion::TLSv1_3);
/// assert!(TlsVersion::TLSv1_3 < TlsVersion::MAXIMUM_SUPPORTED);
/// ```
impl Ord for TlsVersion {
    fn cmp(&self, other: &TlsVersion) -> Ordering {
        let place = |version: &TlsVersion| match version {
            TlsVersion::MAXIMUM_SUPPORTED => i32::MAX,
            other => *other as i32,
        };
        place(self).cmp(&place(other))
    }
}

impl PartialOrd for TlsVersion {
    fn partial_cmp(&self, other: &TlsVersion) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for TlsVersion {
    /// As the `version()` of a connection returns it: `TLSv1.3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            TlsVersion::TLSv1_1 => "TLSv1.1",
            TlsVersion::TLSv1_2 => "TLSv1.2",
            TlsVersion::TLSv1_3 => "TLSv1.3",
            other => other.python_name(),
        })
    }
}

names! {
    TlsVersion, "TLSVersion":
    MINIMUM_SUPPORTED SSLv3 TLSv1 TLSv1_1 TLSv1_2 TLSv1_3 MAXIMUM_SUPPORTED;
    // The names that `Display` writes can be parsed, too.
    "TLSv1.1" => TLSv1_1 "TLSv1.2" => TLSv1_2 "TLSv1.3" => TLSv1_3
}

from_number! {
    TlsVersion, |value| format!("Unsupported TLS/SSL version {value:#x}");
    MINIMUM_SUPPORTED SSLv3 TLSv1 TLSv1_1 TLSv1_2 TLSv1_3 MAXIMUM_SUPPORTED
}
