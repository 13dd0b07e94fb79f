use crate::constants::Purpose;
use crate::error::{Error, Result};
use crate::ffi::object;

/// An object that OpenSSL has a name for: Python's `ssl._ASN1Object`.
///
/// ```python
/// ssl._ASN1Object("1.3.6.1.5.5.7.3.1").shortname
/// ```
/// ```
/// # use pyssl as ssl;
/// assert_eq!(ssl::Asn1Object::new("1.3.6.1.5.5.7.3.1")?.shortname, "serverAuth");
/// # Ok::<(), ssl::Error>(())
/// ```
#[doc(alias = "_ASN1Object")]
#[allow(
    clippy::exhaustive_structs,
    reason = "its fields are those of Python's named tuple"
)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asn1Object {
    /// OpenSSL's number.
    pub nid: i32,
    /// OpenSSL's short name.
    pub shortname: String,
    /// OpenSSL's long name.
    pub longname: String,
    /// The dotted object identifier. Some objects have none.
    pub oid: Option<String>,
}

impl Asn1Object {
    /// Looks up a dotted object identifier.
    ///
    /// ```python
    /// ssl._ASN1Object("1.3.6.1.5.5.7.3.1")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// ssl::Asn1Object::new("1.3.6.1.5.5.7.3.1")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if `oid` is not in dotted form, or OpenSSL has no such object.
    pub fn new(oid: &str) -> Result<Asn1Object> {
        lookup(oid, true)
    }

    /// Looks up a short name, a long name or a dotted object identifier. Names are case-sensitive.
    ///
    /// ```python
    /// ssl._ASN1Object.fromname("serverAuth")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// assert_eq!(ssl::Asn1Object::fromname("serverAuth")?, ssl::Purpose::SERVER_AUTH.into());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if OpenSSL has no such object.
    pub fn fromname(name: &str) -> Result<Asn1Object> {
        lookup(name, false)
    }

    /// Looks up OpenSSL's number.
    ///
    /// ```python
    /// ssl._ASN1Object.fromnid(129)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// assert_eq!(ssl::Asn1Object::fromnid(129)?.longname, "TLS Web Server Authentication");
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if `nid` is not positive, or OpenSSL has no such object.
    pub fn fromnid(nid: i32) -> Result<Asn1Object> {
        if nid < 0 {
            return Err(Error::value("NID must be positive."));
        }
        let object =
            object::from_nid(nid)?.ok_or_else(|| Error::value(format!("unknown NID {nid}")))?;
        Asn1Object::known(object)
    }

    fn known(object: object::Object) -> Result<Asn1Object> {
        if object.nid == openssl_sys::NID_undef {
            return Err(Error::value("Unknown object"));
        }
        Ok(Asn1Object {
            nid: object.nid,
            shortname: object.shortname,
            longname: object.longname,
            oid: Some(object.oid).filter(|oid| !oid.is_empty()),
        })
    }
}

fn lookup(text: &str, numeric: bool) -> Result<Asn1Object> {
    if text.contains('\0') {
        return Err(Error::value("embedded null character"));
    }
    let object = object::from_text(text, numeric)?
        .ok_or_else(|| Error::value(format!("unknown object '{}'", shortened(text))))?;
    Asn1Object::known(object)
}

/// The first hundred bytes, as `PyErr_Format` truncates for `%.100s`.
fn shortened(text: &str) -> String {
    String::from_utf8_lossy(&text.as_bytes()[..text.len().min(100)]).into_owned()
}

impl From<Purpose> for Asn1Object {
    fn from(purpose: Purpose) -> Asn1Object {
        Asn1Object {
            nid: purpose.nid(),
            shortname: purpose.shortname().into(),
            longname: purpose.longname().into(),
            oid: Some(purpose.oid().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_for_unknown_objects_match_python() {
        let text = |result: Result<Asn1Object>| result.unwrap_err().to_string();
        assert_eq!(
            text(Asn1Object::new("serverAuth")),
            "unknown object 'serverAuth'"
        );
        assert_eq!(text(Asn1Object::new("1.2.3.4.5")), "Unknown object");
        assert_eq!(text(Asn1Object::new("a\0")), "embedded null character");
        assert_eq!(text(Asn1Object::fromname("")), "unknown object ''");
        assert_eq!(
            text(Asn1Object::fromname(&"x".repeat(200))),
            format!("unknown object '{}'", "x".repeat(100))
        );
        assert_eq!(text(Asn1Object::fromnid(-1)), "NID must be positive.");
        assert_eq!(text(Asn1Object::fromnid(0)), "Unknown object");
        assert_eq!(text(Asn1Object::fromnid(100_000)), "unknown NID 100000");
    }

    #[test]
    fn purposes_have_the_object_identifiers_of_openssl() {
        for (purpose, nid) in [(Purpose::SERVER_AUTH, 129), (Purpose::CLIENT_AUTH, 130)] {
            assert_eq!(purpose.nid(), nid);
            assert_eq!(Asn1Object::fromnid(purpose.nid()).unwrap(), purpose.into());
        }
    }
}
