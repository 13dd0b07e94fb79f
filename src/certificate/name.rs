use std::fmt;
use std::ops::Deref;

use crate::error::Result;
use crate::error::codec::utf8;
use crate::ffi::x509 as raw;
use crate::text::{BytesRepr, Json, Repr};

/// A distinguished name as `getpeercert()` returns it: in Python, a tuple of tuples of pairs.
///
/// ```python
/// for rdn in cert["subject"]:
///     for name, value in rdn:
///         print(name, value)
/// ```
/// ```
/// # fn print(cert: &pyssl::CertDict) {
/// for rdn in cert.subject() {
///     for (name, value) in rdn {
///         println!("{name} {value}");
///     }
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct DistinguishedName(Vec<Rdn>);

/// A relative distinguished name (RDN): one pair, or more if it is multi-valued.
///
/// The first element of a pair is OpenSSL's long name of the attribute type (`"commonName"`), or
/// its dotted object identifier if OpenSSL has no name for it.
pub type Rdn = Vec<(String, AttributeValue)>;

/// The value of an attribute of a name.
///
/// In Python, text is a `str`, and a BIT STRING (a unique identifier) is `bytes`.
#[allow(clippy::exhaustive_enums, reason = "str or bytes, as in Python")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// Text. Embedded NULs are kept.
    Text(String),
    /// The bytes of a BIT STRING.
    Bytes(Vec<u8>),
}

impl DistinguishedName {
    pub(super) const EMPTY: DistinguishedName = DistinguishedName(Vec::new());

    /// The name made of `attributes`. Adjacent attributes of the same set form one RDN.
    pub(super) fn from_raw(attributes: Vec<raw::Attribute>) -> Result<DistinguishedName> {
        let mut rdns: Vec<Rdn> = Vec::new();
        let mut last = None;
        for attribute in attributes {
            let value = match attribute.value {
                raw::Value::Text(text) => AttributeValue::Text(utf8(text)?),
                raw::Value::Bits(bytes) => AttributeValue::Bytes(bytes),
            };
            let pair = (utf8(attribute.kind)?, value);
            match rdns.last_mut() {
                Some(rdn) if last == Some(attribute.set) => rdn.push(pair),
                _ => rdns.push(vec![pair]),
            }
            last = Some(attribute.set);
        }
        Ok(DistinguishedName(rdns))
    }

    /// The text of the first attribute with this name.
    ///
    /// ```python
    /// dict(x[0] for x in cert["subject"]).get("commonName")
    /// ```
    /// ```
    /// # fn print(cert: &pyssl::CertDict) {
    /// cert.subject().get("commonName");
    /// # }
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .flatten()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.as_str())
    }

    pub(super) fn write_json(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json_array(f, &self.0, |f, rdn| {
            json_array(f, rdn, |f, (name, value)| {
                write!(f, "[{}, ", Json(name))?;
                match value {
                    AttributeValue::Text(text) => write!(f, "{}]", Json(text)),
                    AttributeValue::Bytes(bytes) => {
                        f.write_str("\"")?;
                        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                        f.write_str("\"]")
                    }
                }
            })
        })
    }
}

impl Deref for DistinguishedName {
    type Target = [Rdn];

    fn deref(&self) -> &[Rdn] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a DistinguishedName {
    type Item = &'a Rdn;
    type IntoIter = std::slice::Iter<'a, Rdn>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The tuple as Python prints it: `((('commonName', 'localhost'),),)`.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tuple(f, &self.0, |f, rdn| {
            tuple(f, rdn, |f, (name, value)| {
                write!(f, "({}, ", Repr(name))?;
                match value {
                    AttributeValue::Text(text) => write!(f, "{})", Repr(text)),
                    AttributeValue::Bytes(bytes) => write!(f, "{})", BytesRepr(bytes)),
                }
            })
        })
    }
}

impl AttributeValue {
    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            AttributeValue::Text(text) => Some(text),
            AttributeValue::Bytes(_) => None,
        }
    }
}

impl PartialEq<str> for AttributeValue {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for AttributeValue {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

/// Python's `str(value)`.
impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttributeValue::Text(text) => f.write_str(text),
            AttributeValue::Bytes(bytes) => BytesRepr(bytes).fmt(f),
        }
    }
}

/// Writes a Python tuple.
pub(super) fn tuple<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    each: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("(")?;
    separated(f, items, each)?;
    f.write_str(if items.len() == 1 { ",)" } else { ")" })
}

/// Writes a JSON array.
pub(super) fn json_array<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    each: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    separated(f, items, each)?;
    f.write_str("]")
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    mut each: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_writes_pythons_tuples() {
        let pair = |name: &str| (name.to_owned(), AttributeValue::Text("x".into()));
        let name = DistinguishedName(vec![vec![pair("a"), pair("b")], vec![pair("c")]]);
        assert_eq!(
            name.to_string(),
            "((('a', 'x'), ('b', 'x')), (('c', 'x'),))"
        );
        assert_eq!(DistinguishedName::default().to_string(), "()");
        assert_eq!(name.get("c"), Some("x"));
    }
}
