//! Names: distinguished names and the entries of subjectAltName.

use std::net::IpAddr;

use openssl::x509::X509Name;

use super::der;

/// One attribute of a distinguished name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    oid: String,
    tag: u8,
    value: Vec<u8>,
}

impl Attribute {
    /// An attribute with its usual string type: PrintableString for `C` and `serialNumber`, IA5String for
    /// `emailAddress` and `DC`, UTF8String for all others.
    ///
    /// `oid` is a name that OpenSSL knows (`CN`, `commonName`) or digits. The value may contain NUL bytes.
    pub fn new(oid: &str, value: &str) -> Self {
        let tag = match oid {
            "C" | "countryName" | "serialNumber" | "dnQualifier" => der::PRINTABLE_STRING,
            "emailAddress" | "DC" | "domainComponent" => der::IA5_STRING,
            _ => der::UTF8_STRING,
        };
        Self::with_tag(oid, tag, value.as_bytes())
    }

    /// An attribute of any string type, with exactly these bytes.
    pub fn with_tag(oid: &str, tag: u8, value: &[u8]) -> Self {
        Self {
            oid: oid.to_owned(),
            tag,
            value: value.to_vec(),
        }
    }

    fn to_der(&self) -> Vec<u8> {
        der::sequence([
            der::object_identifier(&self.oid),
            der::element(self.tag, &self.value),
        ])
    }
}

/// A distinguished name, in the certificate's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistinguishedName {
    rdns: Vec<Vec<Attribute>>,
}

impl DistinguishedName {
    /// The empty name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one attribute in its own RDN.
    pub fn with(self, oid: &str, value: &str) -> Self {
        self.with_rdn([Attribute::new(oid, value)])
    }

    /// Adds an RDN, which may have several attributes.
    pub fn with_rdn<I: IntoIterator<Item = Attribute>>(mut self, attributes: I) -> Self {
        self.rdns.push(attributes.into_iter().collect());
        self
    }

    /// True if there is no RDN.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The name as DER.
    pub fn to_der(&self) -> Vec<u8> {
        let rdns = self.rdns.iter();
        der::sequence(rdns.map(|rdn| der::set_of(rdn.iter().map(Attribute::to_der))))
    }

    pub(super) fn to_x509(&self) -> X509Name {
        X509Name::from_der(&self.to_der()).expect("the name is valid DER")
    }
}

/// One entry of subjectAltName (a GeneralName).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum San {
    /// A DNS name, encoded without checks: wildcards and NUL bytes are kept.
    Dns(String),
    /// A mail address.
    Email(String),
    /// A URI.
    Uri(String),
    /// An IP address.
    Ip(IpAddr),
    /// A distinguished name.
    DirName(DistinguishedName),
    /// A registered ID, in digits.
    RegisteredId(String),
    /// An otherName: the OID of its type, and the value as DER.
    OtherName(String, Vec<u8>),
    /// A GeneralName already encoded as DER.
    Raw(Vec<u8>),
}

impl San {
    /// Guesses the kind from the text, as trustme does: an IP address, a URI (`://`), a mail address (`@`), or
    /// else a DNS name.
    pub fn guess(text: &str) -> Self {
        if let Ok(ip) = text.parse() {
            Self::Ip(ip)
        } else if text.contains("://") {
            Self::Uri(text.to_owned())
        } else if text.contains('@') {
            Self::Email(text.to_owned())
        } else {
            Self::Dns(text.to_owned())
        }
    }

    /// An otherName with a user principal name (Microsoft Active Directory).
    pub fn upn(name: &str) -> Self {
        Self::OtherName(
            "1.3.6.1.4.1.311.20.2.3".to_owned(),
            der::element(der::UTF8_STRING, name.as_bytes()),
        )
    }

    /// The entry as DER (RFC 5280, section 4.2.1.6).
    pub fn to_der(&self) -> Vec<u8> {
        match self {
            Self::OtherName(oid, value) => {
                let content = [der::object_identifier(oid), der::constructed(0, value)];
                der::constructed(0, &content.concat())
            }
            Self::Email(text) => der::implicit(1, text.as_bytes()),
            Self::Dns(text) => der::implicit(2, text.as_bytes()),
            Self::DirName(name) => der::constructed(4, &name.to_der()),
            Self::Uri(text) => der::implicit(6, text.as_bytes()),
            Self::Ip(IpAddr::V4(ip)) => der::implicit(7, &ip.octets()),
            Self::Ip(IpAddr::V6(ip)) => der::implicit(7, &ip.octets()),
            Self::RegisteredId(oid) => der::implicit(8, &der::object_identifier_content(oid)),
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

impl From<&str> for San {
    fn from(text: &str) -> Self {
        Self::guess(text)
    }
}

impl From<IpAddr> for San {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_subject_alternative_name_is_inferred() {
        assert_eq!(San::guess("localhost"), San::Dns("localhost".into()));
        assert_eq!(
            San::guess("*.example.org"),
            San::Dns("*.example.org".into())
        );
        assert_eq!(
            San::guess("127.0.0.1"),
            San::Ip("127.0.0.1".parse().unwrap())
        );
        assert_eq!(San::guess("::1"), San::Ip("::1".parse().unwrap()));
        assert_eq!(
            San::guess("a@example.org"),
            San::Email("a@example.org".into())
        );
        assert_eq!(
            San::guess("https://example.org/"),
            San::Uri("https://example.org/".into())
        );
    }

    #[test]
    fn openssl_reads_the_distinguished_name() {
        let name = DistinguishedName::new()
            .with("C", "DE")
            .with_rdn([Attribute::new("OU", "unit"), Attribute::new("CN", "name")])
            .to_x509();
        let entries: Vec<_> = name
            .entries()
            .map(|e| (e.object().nid().short_name().unwrap(), e.data().as_slice()))
            .collect();
        assert_eq!(
            entries,
            [("C", &b"DE"[..]), ("CN", b"name"), ("OU", b"unit")]
        );
    }
}
