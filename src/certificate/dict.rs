use std::fmt;

use openssl::x509::X509Ref;

use super::alt_name::SubjectAltName;
use super::name::{DistinguishedName, json_array, tuple};
use crate::error::Result;
use crate::error::codec::utf8;
use crate::ffi::x509 as raw;
use crate::text::{Json, Repr};

/// The certificate dict that `getpeercert()` returns, with a method for each key.
///
/// `Display` writes it as Python's `print` does, and [`to_json`](CertDict::to_json) as `json.dumps`
/// does. Python returns `{}` for a certificate that was not verified. Here,
/// [`is_empty`](CertDict::is_empty) is then true, and the methods return empty values.
///
/// ```python
/// cert = conn.getpeercert()
/// print(cert["subject"], cert["notAfter"], cert.get("subjectAltName", ()))
/// ```
/// ```
/// # fn print(cert: &pyssl::CertDict) {
/// println!("{} {} {:?}", cert.subject(), cert.not_after(), cert.subject_alt_name());
/// # }
/// ```
///
/// The dict differs from Python's in a few cases that CPython truncates or misreads:
///
/// - A NUL, a line break or more than 2047 bytes in an otherName are kept.
/// - A serial number of more than 35 bytes is kept.
/// - An empty BIT STRING is empty, not `None`.
/// - A distribution point with a name relative to the issuer is skipped.
///
/// `Display` escapes characters by Rust's version of Unicode, not Python's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CertDict(Option<Box<Fields>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Fields {
    subject: DistinguishedName,
    issuer: DistinguishedName,
    version: i64,
    serial_number: String,
    not_before: String,
    not_after: String,
    subject_alt_name: Option<Vec<SubjectAltName>>,
    ocsp: Vec<String>,
    ca_issuers: Vec<String>,
    crl_distribution_points: Vec<String>,
}

static EMPTY_NAME: DistinguishedName = DistinguishedName::EMPTY;

impl CertDict {
    /// Reads the fields in CPython's order, so that a certificate with several errors has CPython's
    /// error.
    pub(super) fn from_x509(x509: &X509Ref) -> Result<CertDict> {
        let mut fields = Fields {
            subject: DistinguishedName::from_raw(raw::attributes(x509.subject_name())?)?,
            issuer: DistinguishedName::from_raw(raw::attributes(x509.issuer_name())?)?,
            version: raw::version(x509).wrapping_add(1),
            serial_number: serial_number(x509),
            not_before: utf8(raw::time_text(x509.not_before())?)?,
            not_after: utf8(raw::time_text(x509.not_after())?)?,
            subject_alt_name: raw::subject_alt_names(x509)?
                .map(|names| names.into_iter().map(SubjectAltName::from_raw).collect())
                .transpose()?,
            ocsp: Vec::new(),
            ca_issuers: Vec::new(),
            crl_distribution_points: Vec::new(),
        };
        let (ocsp, others): (Vec<_>, Vec<_>) = raw::authority_info_uris(x509)
            .into_iter()
            .partition(|(method, _)| *method == openssl_sys::NID_ad_OCSP);
        for (_, uri) in ocsp {
            fields.ocsp.push(utf8(uri)?);
        }
        for (method, uri) in others {
            if method == openssl_sys::NID_ad_ca_issuers {
                fields.ca_issuers.push(utf8(uri)?);
            }
        }
        for uri in raw::crl_distribution_uris(x509) {
            fields.crl_distribution_points.push(utf8(uri)?);
        }
        Ok(CertDict(Some(Box::new(fields))))
    }

    /// Whether the dict is empty: Python's `{}`.
    ///
    /// ```python
    /// if not conn.getpeercert(): ...
    /// ```
    /// ```
    /// assert!(pyssl::CertDict::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// `cert["subject"]`: the subject's name.
    pub fn subject(&self) -> &DistinguishedName {
        self.0
            .as_ref()
            .map_or(&EMPTY_NAME, |fields| &fields.subject)
    }

    /// `cert["issuer"]`: the issuer's name.
    pub fn issuer(&self) -> &DistinguishedName {
        self.0.as_ref().map_or(&EMPTY_NAME, |fields| &fields.issuer)
    }

    /// `cert["version"]`: 3 for nearly all certificates; 0 in an empty dict.
    pub fn version(&self) -> i64 {
        self.0.as_ref().map_or(0, |fields| fields.version)
    }

    /// `cert["serialNumber"]`: an even number of upper-case hexadecimal digits.
    #[doc(alias = "serialNumber")]
    pub fn serial_number(&self) -> &str {
        self.0.as_ref().map_or("", |fields| &fields.serial_number)
    }

    /// `cert["notBefore"]`: `Jan  5 09:34:43 2018 GMT`, or `Bad time value`. See
    /// [`cert_time_to_seconds`](crate::cert_time_to_seconds).
    #[doc(alias = "notBefore")]
    pub fn not_before(&self) -> &str {
        self.0.as_ref().map_or("", |fields| &fields.not_before)
    }

    /// `cert["notAfter"]`, in the format of `notBefore`.
    #[doc(alias = "notAfter")]
    pub fn not_after(&self) -> &str {
        self.0.as_ref().map_or("", |fields| &fields.not_after)
    }

    /// `cert.get("subjectAltName", ())`: the names that the certificate is valid for.
    #[doc(alias = "subjectAltName")]
    pub fn subject_alt_name(&self) -> &[SubjectAltName] {
        self.0
            .as_ref()
            .and_then(|fields| fields.subject_alt_name.as_deref())
            .unwrap_or_default()
    }

    /// `cert.get("OCSP", ())`: the URIs of the OCSP responders.
    #[doc(alias = "OCSP")]
    pub fn ocsp(&self) -> &[String] {
        self.0.as_ref().map_or(&[], |fields| &fields.ocsp)
    }

    /// `cert.get("caIssuers", ())`: the URIs of the issuer's certificate.
    #[doc(alias = "caIssuers")]
    pub fn ca_issuers(&self) -> &[String] {
        self.0.as_ref().map_or(&[], |fields| &fields.ca_issuers)
    }

    /// `cert.get("crlDistributionPoints", ())`: the URIs of the revocation lists.
    #[doc(alias = "crlDistributionPoints")]
    pub fn crl_distribution_points(&self) -> &[String] {
        self.0
            .as_ref()
            .map_or(&[], |fields| &fields.crl_distribution_points)
    }

    /// The dict as JSON, as Python's `json.dumps` writes it: tuples as arrays, ASCII only.
    ///
    /// ```python
    /// json.dumps(cert)
    /// ```
    /// ```
    /// # fn print(cert: &pyssl::CertDict) {
    /// cert.to_json();
    /// # }
    /// ```
    ///
    /// Python fails if the dict contains `bytes` (a BIT STRING in a name). Here they are written as
    /// hexadecimal digits.
    pub fn to_json(&self) -> String {
        JsonDict(self).to_string()
    }
}

/// Python's `str(cert)`, which is `repr(cert)`.
impl fmt::Display for CertDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(fields) = &self.0 else {
            return f.write_str("{}");
        };
        write!(
            f,
            "{{'subject': {}, 'issuer': {}, 'version': {}, ",
            fields.subject, fields.issuer, fields.version
        )?;
        write!(
            f,
            "'serialNumber': {}, 'notBefore': {}, 'notAfter': {}",
            Repr(&fields.serial_number),
            Repr(&fields.not_before),
            Repr(&fields.not_after)
        )?;
        if let Some(names) = &fields.subject_alt_name {
            f.write_str(", 'subjectAltName': ")?;
            tuple(f, names, |f, name| name.fmt(f))?;
        }
        for (key, uris) in fields.uris() {
            write!(f, ", '{key}': ")?;
            tuple(f, uris, |f, uri| Repr(uri).fmt(f))?;
        }
        f.write_str("}")
    }
}

struct JsonDict<'a>(&'a CertDict);

impl fmt::Display for JsonDict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(fields) = &self.0.0 else {
            return f.write_str("{}");
        };
        f.write_str("{\"subject\": ")?;
        fields.subject.write_json(f)?;
        f.write_str(", \"issuer\": ")?;
        fields.issuer.write_json(f)?;
        write!(
            f,
            ", \"version\": {}, \"serialNumber\": {}, \"notBefore\": {}, \"notAfter\": {}",
            fields.version,
            Json(&fields.serial_number),
            Json(&fields.not_before),
            Json(&fields.not_after)
        )?;
        if let Some(names) = &fields.subject_alt_name {
            f.write_str(", \"subjectAltName\": ")?;
            json_array(f, names, |f, name| name.write_json(f))?;
        }
        for (key, uris) in fields.uris() {
            write!(f, ", \"{key}\": ")?;
            json_array(f, uris, |f, uri| Json(uri).fmt(f))?;
        }
        f.write_str("}")
    }
}

impl Fields {
    /// The non-empty lists of URIs, with Python's keys.
    fn uris(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        [
            ("OCSP", &*self.ocsp),
            ("caIssuers", &*self.ca_issuers),
            ("crlDistributionPoints", &*self.crl_distribution_points),
        ]
        .into_iter()
        .filter(|(_, uris)| !uris.is_empty())
    }
}

/// The digits that `i2a_ASN1_INTEGER` writes, without its line break after 35 bytes.
fn serial_number(x509: &X509Ref) -> String {
    let (negative, bytes) = raw::serial_number(x509);
    let sign = if negative { "-" } else { "" };
    if bytes.is_empty() {
        return format!("{sign}00");
    }
    let digits = bytes.iter().map(|byte| format!("{byte:02X}"));
    std::iter::once(sign.to_owned()).chain(digits).collect()
}
