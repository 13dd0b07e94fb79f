//! Unusual certificates, for tests of decoding and matching.

use super::builder::CertBuilder;
use super::ca::Ca;
use super::der;
use super::key::KeyKind;
use super::leaf::Leaf;
use super::name::{Attribute, DistinguishedName, San};

/// Every certificate of this module, with a name for messages.
pub fn all(ca: &Ca) -> Vec<(&'static str, Leaf)> {
    vec![
        ("every_san", every_san(ca)),
        ("nul_in_common_name", nul_in_common_name(ca)),
        ("nul_in_sans", nul_in_sans(ca)),
        ("odd_addresses", odd_addresses(ca)),
        ("malformed_address", malformed_address(ca)),
        ("multi_valued_rdns", multi_valued_rdns(ca)),
        ("long_subject", long_subject(ca)),
        ("string_types", string_types(ca)),
        ("unknown_attribute", unknown_attribute(ca)),
        ("empty_subject", empty_subject(ca)),
        ("empty_attribute", empty_attribute(ca)),
        ("common_name_only", common_name_only(ca)),
        ("access_and_crl_points", access_and_crl_points(ca)),
        ("odd_crl_points", odd_crl_points(ca)),
        ("without_key_identifiers", without_key_identifiers(ca)),
        ("big_serial", big_serial(ca)),
        ("small_serial", small_serial(ca)),
        ("zero_serial", zero_serial(ca)),
        ("negative_serial", negative_serial(ca)),
        ("far_times", far_times(ca)),
        ("unknown_critical_extension", unknown_critical_extension(ca)),
        ("self_signed", self_signed()),
        (
            "ed25519",
            ca.builder().san("localhost").key(KeyKind::Ed25519).build(),
        ),
        (
            "rsa",
            ca.builder().san("localhost").key(KeyKind::Rsa2048).build(),
        ),
    ]
}

/// A subjectAltName entry of every kind, some of them twice.
pub fn every_san(ca: &Ca) -> Leaf {
    let directory = DistinguishedName::new()
        .with("C", "DE")
        .with("O", "Directory")
        .with_rdn([
            Attribute::new("CN", "dirname"),
            Attribute::new("OU", "unit"),
        ]);
    ca.builder()
        .common_name("every.example.org")
        .sans([
            "every.example.org",
            "*.wild.example.org",
            "user@example.org",
            "https://example.org/a?b=c",
        ])
        .sans(["127.0.0.1", "192.0.2.255", "::1", "2001:db8::ff00:42:8329"])
        .san(San::DirName(directory))
        .san(San::RegisteredId("1.2.3.4.5".to_owned()))
        .san(San::RegisteredId("2.5.4.3".to_owned()))
        .san(San::upn("user@directory.example.org"))
        .san(San::OtherName(
            "1.2.3.4".to_owned(),
            der::element(der::IA5_STRING, b"other"),
        ))
        .build()
}

/// A common name with a NUL byte: `localhost`, NUL, `.example.org`.
pub fn nul_in_common_name(ca: &Ca) -> Leaf {
    ca.builder().common_name("localhost\0.example.org").build()
}

/// NUL bytes in subjectAltName entries of every textual kind, as in CPython's `nullbytecert.pem`.
pub fn nul_in_sans(ca: &Ca) -> Leaf {
    ca.builder()
        .common_name("null.python.org\0example.org")
        .sans([
            "altnull.python.org\0example.com",
            "null@python.org\0user@example.org",
        ])
        .sans([
            "http://null.python.org\0http://example.org",
            "192.0.2.1",
            "2001:db8::1",
        ])
        .build()
}

/// IPv6 addresses that have several textual forms.
pub fn odd_addresses(ca: &Ca) -> Leaf {
    ca.builder()
        .sans([
            "::",
            "::ffff:192.0.2.1",
            "fe80::1",
            "2001:db8:0:0:1:0:0:1",
            "2001:0:0:1:2:3:4:5",
            "0.0.0.0",
        ])
        .build()
}

/// IP addresses of three and of zero bytes.
pub fn malformed_address(ca: &Ca) -> Leaf {
    let addresses = [&[192, 0, 2][..], &[]];
    ca.builder()
        .sans(addresses.map(|bytes| San::Raw(der::implicit(7, bytes))))
        .build()
}

/// A subject whose RDNs have several attributes.
pub fn multi_valued_rdns(ca: &Ca) -> Leaf {
    let subject = DistinguishedName::new()
        .with_rdn([Attribute::new("C", "DE"), Attribute::new("ST", "Berlin")])
        .with_rdn([
            Attribute::new("CN", "first.example.org"),
            Attribute::new("CN", "second.example.org"),
            Attribute::new("OU", "unit"),
        ]);
    ca.builder()
        .subject(subject)
        .san("first.example.org")
        .build()
}

/// A subject with every common attribute, and several common names.
pub fn long_subject(ca: &Ca) -> Leaf {
    let attributes = [
        ("C", "XY"),
        ("ST", "Castle Anthrax"),
        ("L", "Castle Anthrax"),
        ("street", "1, Long Street"),
        ("postalCode", "12345"),
        ("O", "Comma, \"Quote\" + Plus; Co."),
        ("OU", "first unit"),
        ("OU", "second unit"),
        ("DC", "org"),
        ("DC", "example"),
        ("serialNumber", "0815"),
        ("title", "Dr."),
        ("GN", "Given"),
        ("SN", "Surname"),
        ("UID", "user"),
        ("emailAddress", "user@example.org"),
        ("jurisdictionC", "DE"),
        ("CN", "one.example.org"),
        ("CN", "two.example.org"),
    ];
    let subject = attributes
        .iter()
        .fold(DistinguishedName::new(), |name, (oid, value)| {
            name.with(oid, value)
        });
    ca.builder().subject(subject).san("one.example.org").build()
}

/// A subject with text outside ASCII, in every string type.
pub fn string_types(ca: &Ca) -> Leaf {
    let utf16: Vec<_> = "Žluťoučký kůň"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let subject = DistinguishedName::new()
        .with("O", "Bücher 日本 🦀")
        .with_rdn([Attribute::with_tag("OU", der::BMP_STRING, &utf16)])
        .with_rdn([Attribute::with_tag("OU", der::T61_STRING, b"M\xfcller")])
        .with_rdn([Attribute::with_tag(
            "OU",
            der::PRINTABLE_STRING,
            b"printable",
        )])
        .with_rdn([Attribute::with_tag(
            "CN",
            der::IA5_STRING,
            b"ia5.example.org",
        )]);
    ca.builder().subject(subject).san("ia5.example.org").build()
}

/// A subject with an attribute that has no name in OpenSSL.
pub fn unknown_attribute(ca: &Ca) -> Leaf {
    let subject = DistinguishedName::new()
        .with("1.2.3.4.5.6", "value")
        .with("CN", "unknown.example.org");
    ca.builder()
        .subject(subject)
        .san("unknown.example.org")
        .build()
}

/// An empty subject; subjectAltName is critical.
pub fn empty_subject(ca: &Ca) -> Leaf {
    ca.builder()
        .subject(DistinguishedName::new())
        .san("localhost")
        .build()
}

/// A subject with an empty attribute value.
pub fn empty_attribute(ca: &Ca) -> Leaf {
    let subject = DistinguishedName::new()
        .with("OU", "")
        .with("CN", "empty.example.org");
    ca.builder()
        .subject(subject)
        .san("empty.example.org")
        .build()
}

/// The common name `localhost`, and no subjectAltName.
pub fn common_name_only(ca: &Ca) -> Leaf {
    ca.builder().common_name("localhost").build()
}

/// authorityInfoAccess and CRL distribution points, each with several URIs.
pub fn access_and_crl_points(ca: &Ca) -> Leaf {
    ca.builder()
        .san("localhost")
        .ocsp("http://ocsp.example.org/")
        .ocsp("http://ocsp2.example.org/")
        .ca_issuers("http://example.org/ca.cer")
        .ca_issuers("ldap://example.org/cn=ca?cACertificate")
        .crl_point("http://example.org/ca.crl")
        .crl_point("http://example.org/other.crl")
        .build()
}

/// CRL distribution points with a relative name, a directory name, two URIs in one point, and no name.
pub fn odd_crl_points(ca: &Ca) -> Leaf {
    let uri = |text: &str| San::Uri(text.to_owned()).to_der();
    let directory = San::DirName(DistinguishedName::new().with("CN", "crl")).to_der();
    let full_name =
        |names: &[u8]| der::sequence([der::constructed(0, &der::constructed(0, names))]);
    let attribute = [
        der::object_identifier("CN"),
        der::element(der::UTF8_STRING, b"relative"),
    ];
    let relative = der::constructed(1, &der::sequence(attribute));
    let issuer_only = der::constructed(2, &directory);
    let points = [
        full_name(
            &[
                uri("http://example.org/1.crl"),
                uri("http://example.org/2.crl"),
            ]
            .concat(),
        ),
        full_name(&directory),
        der::sequence([der::constructed(0, &relative)]),
        der::sequence([issuer_only]),
    ];
    ca.builder()
        .san("localhost")
        .extension("crlDistributionPoints", false, &der::sequence(points))
        .build()
}

/// A certificate without a subject key identifier and without an authority key identifier.
pub fn without_key_identifiers(ca: &Ca) -> Leaf {
    ca.builder()
        .san("localhost")
        .without_ski()
        .without_aki()
        .build()
}

/// A 20-byte serial number, the longest that RFC 5280 allows.
pub fn big_serial(ca: &Ca) -> Leaf {
    ca.builder()
        .san("localhost")
        .serial("7fffffffffffffffffffffffffffffffffffffff")
        .build()
}

/// A serial number whose hexadecimal form has an odd number of digits.
pub fn small_serial(ca: &Ca) -> Leaf {
    ca.builder().san("localhost").serial("5").build()
}

/// The serial number zero.
pub fn zero_serial(ca: &Ca) -> Leaf {
    ca.builder().san("localhost").serial("0").build()
}

/// A negative serial number.
pub fn negative_serial(ca: &Ca) -> Leaf {
    ca.builder().san("localhost").serial("-1234").build()
}

/// Valid from 1955 to 2060: a UTCTime of the last century, and a GeneralizedTime.
pub fn far_times(ca: &Ca) -> Leaf {
    ca.builder()
        .san("localhost")
        .valid(-460_000_000, 2_840_140_800)
        .build()
}

/// A critical extension that OpenSSL does not know.
pub fn unknown_critical_extension(ca: &Ca) -> Leaf {
    let value = der::element(der::UTF8_STRING, b"?");
    ca.builder()
        .san("localhost")
        .extension("1.2.3.4.5.6.7", true, &value)
        .build()
}

/// A self-signed certificate for `localhost`.
pub fn self_signed() -> Leaf {
    CertBuilder::self_signed()
        .common_name("localhost")
        .san("localhost")
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssl_parses_the_odd_certificates() {
        let ca = Ca::new();
        for (name, leaf) in all(&ca) {
            let again = openssl::x509::X509::from_der(&leaf.der()).expect(name);
            assert_eq!(
                again
                    .digest(openssl::hash::MessageDigest::sha256())
                    .unwrap()
                    .len(),
                32
            );
            let signer = if name == "self_signed" {
                leaf.key()
            } else {
                ca.key()
            };
            assert!(again.verify(signer).unwrap(), "{name}");
        }
    }

    #[test]
    fn odd_certificates_have_every_kind_of_name() {
        let leaf = every_san(&Ca::new());
        let names = leaf.cert().subject_alt_names().unwrap();
        let count = |test: fn(&openssl::x509::GeneralNameRef) -> bool| {
            names.iter().filter(|n| test(n)).count()
        };
        assert_eq!(names.len(), 13);
        assert_eq!(count(|n| n.dnsname().is_some()), 2);
        assert_eq!(count(|n| n.email().is_some()), 1);
        assert_eq!(count(|n| n.uri().is_some()), 1);
        assert_eq!(count(|n| n.ipaddress().is_some()), 4);
        assert_eq!(count(|n| n.directory_name().is_some()), 1);
    }

    #[test]
    fn nul_bytes_in_names_are_kept() {
        let ca = Ca::new();
        let common_name = nul_in_common_name(&ca);
        let entry = common_name.cert().subject_name().entries().next().unwrap();
        assert_eq!(entry.data().as_slice(), b"localhost\0.example.org");
        let leaf = nul_in_sans(&ca);
        let names = leaf.cert().subject_alt_names().unwrap();
        assert_eq!(names[0].dnsname(), Some("altnull.python.org\0example.com"));
    }

    #[test]
    fn access_methods_and_crl_points_are_found() {
        let leaf = access_and_crl_points(&Ca::new());
        let responders: Vec<_> = leaf.cert().ocsp_responders().unwrap().into_iter().collect();
        let second: &str = &responders[1];
        assert_eq!(second, "http://ocsp2.example.org/");
        assert_eq!(leaf.cert().authority_info().unwrap().len(), 4);
        assert_eq!(leaf.cert().crl_distribution_points().unwrap().len(), 2);
    }

    #[test]
    fn serial_numbers_are_as_requested() {
        let ca = Ca::new();
        let hex = |leaf: Leaf| {
            leaf.cert()
                .serial_number()
                .to_bn()
                .unwrap()
                .to_hex_str()
                .unwrap()
                .to_string()
        };
        assert_eq!(
            hex(big_serial(&ca)),
            "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        );
        assert_eq!(hex(negative_serial(&ca)), "-1234");
    }
}
