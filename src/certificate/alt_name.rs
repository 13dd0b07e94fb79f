use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use super::name::DistinguishedName;
use crate::error::codec::utf8;
use crate::error::{Error, Result};
use crate::ffi::x509 as raw;
use crate::text::{Json, Repr};

/// One entry of `subjectAltName`: in Python, a pair of kind and value.
///
/// ```python
/// names = [value for kind, value in cert["subjectAltName"] if kind == "DNS"]
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn names(cert: &ssl::CertDict) -> Vec<&str> {
/// let names = cert.subject_alt_name().iter().filter_map(|san| match san {
///     ssl::SubjectAltName::Dns(name) => Some(name.as_str()),
///     _ => None,
/// }).collect();
/// # names
/// # }
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubjectAltName {
    /// `('DNS', 'www.example.org')`. Embedded NULs are kept (CVE-2013-4238).
    Dns(String),
    /// `('email', 'user@example.org')`
    Email(String),
    /// `('URI', 'https://example.org/')`
    Uri(String),
    /// `('IP Address', '127.0.0.1')`; `None` for an entry that is neither 4 nor 16 bytes long,
    /// which Python shows as `'<invalid>'`.
    IpAddress(Option<IpAddr>),
    /// `('DirName', ((('commonName', 'x'),),))`
    DirName(DistinguishedName),
    /// `('Registered ID', '1.2.3.4.5')`. If OpenSSL has a long name for the identifier, the long
    /// name takes the place of the number.
    RegisteredId(String),
    /// Any other kind, as OpenSSL prints it: `('othername', 'UPN:user@example.org')`,
    /// `('othername', '<unsupported>')`, `('X400Name', '<unsupported>')`.
    Other {
        /// The first element of Python's pair.
        kind: &'static str,
        /// The second element of Python's pair.
        value: String,
    },
}

impl SubjectAltName {
    pub(super) fn from_raw(name: raw::GeneralName) -> Result<SubjectAltName> {
        let unsupported = |kind| SubjectAltName::Other {
            kind,
            value: "<unsupported>".into(),
        };
        Ok(match name {
            raw::GeneralName::Dns(text) => SubjectAltName::Dns(utf8(text)?),
            raw::GeneralName::Email(text) => SubjectAltName::Email(utf8(text)?),
            raw::GeneralName::Uri(text) => SubjectAltName::Uri(utf8(text)?),
            raw::GeneralName::IpAddress(bytes) => SubjectAltName::IpAddress(ip_address(&bytes)),
            raw::GeneralName::Directory(name) => {
                SubjectAltName::DirName(DistinguishedName::from_raw(name)?)
            }
            raw::GeneralName::RegisteredId(text) => SubjectAltName::RegisteredId(utf8(text)?),
            raw::GeneralName::OtherName(Some((label, text))) => SubjectAltName::Other {
                kind: "othername",
                value: utf8([label.as_bytes(), b":", &text].concat())?,
            },
            raw::GeneralName::OtherName(None) => unsupported("othername"),
            raw::GeneralName::X400Address => unsupported("X400Name"),
            raw::GeneralName::EdiPartyName => unsupported("EdiPartyName"),
            raw::GeneralName::Unknown(kind) => {
                return Err(Error::value(format!("Unknown general name type {kind}")));
            }
        })
    }

    /// The first element of Python's pair: `"DNS"`, `"IP Address"`, `"email"`, `"URI"`, `"DirName"`,
    /// `"Registered ID"`, or OpenSSL's name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            SubjectAltName::Dns(_) => "DNS",
            SubjectAltName::Email(_) => "email",
            SubjectAltName::Uri(_) => "URI",
            SubjectAltName::IpAddress(_) => "IP Address",
            SubjectAltName::DirName(_) => "DirName",
            SubjectAltName::RegisteredId(_) => "Registered ID",
            SubjectAltName::Other { kind, .. } => kind,
        }
    }

    /// The second element of Python's pair as text. A directory name becomes the text of its tuple.
    ///
    /// As in Python, IPv6 addresses have all eight groups in upper case.
    pub fn value(&self) -> Cow<'_, str> {
        match self {
            SubjectAltName::Dns(text)
            | SubjectAltName::Email(text)
            | SubjectAltName::Uri(text)
            | SubjectAltName::RegisteredId(text)
            | SubjectAltName::Other { value: text, .. } => text.into(),
            SubjectAltName::IpAddress(None) => "<invalid>".into(),
            SubjectAltName::IpAddress(Some(IpAddr::V4(address))) => address.to_string().into(),
            SubjectAltName::IpAddress(Some(IpAddr::V6(address))) => {
                let groups = address.segments().map(|group| format!("{group:X}"));
                groups.join(":").into()
            }
            SubjectAltName::DirName(name) => name.to_string().into(),
        }
    }

    pub(super) fn write_json(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, ", Json(self.kind()))?;
        match self {
            SubjectAltName::DirName(name) => name.write_json(f)?,
            _ => write!(f, "{}", Json(&self.value()))?,
        }
        f.write_str("]")
    }
}

/// The pair as Python prints it: `('DNS', 'localhost')`.
impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubjectAltName::DirName(name) => write!(f, "('DirName', {name})"),
            _ => write!(f, "({}, {})", Repr(self.kind()), Repr(&self.value())),
        }
    }
}

fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ip_addresses_are_formatted_as_in_python() {
        let text = |bytes: &[u8]| SubjectAltName::IpAddress(ip_address(bytes)).to_string();
        assert_eq!(text(&[127, 0, 0, 1]), "('IP Address', '127.0.0.1')");
        assert_eq!(
            text(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            "('IP Address', '2001:DB8:0:0:0:0:0:1')"
        );
        assert_eq!(
            text(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4]),
            "('IP Address', '0:0:0:0:0:FFFF:102:304')"
        );
        assert_eq!(text(&[1, 2, 3]), "('IP Address', '<invalid>')");
    }
}
