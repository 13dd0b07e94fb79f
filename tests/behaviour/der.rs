//! Builds certificates that tools cannot make, field by field. The signatures are not valid, and
//! nothing here verifies them.

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use pyssl as ssl;
pub(crate) use pyssl_testing::pki::der::*;

pub(crate) const BIT_STRING: u8 = 3;
pub(crate) const UTC_TIME: u8 = 23;
pub(crate) const GENERALIZED_TIME: u8 = 24;
pub(crate) const UNIVERSAL_STRING: u8 = 28;

pub(crate) const COMMON_NAME: &str = "2.5.4.3";

/// Types of otherName: those that OpenSSL prints, and one that it does not.
pub(crate) const UPN: &str = "1.3.6.1.4.1.311.20.2.3";
pub(crate) const XMPP: &str = "1.3.6.1.5.5.7.8.5";
pub(crate) const SRV: &str = "1.3.6.1.5.5.7.8.7";
pub(crate) const SMTP_UTF8: &str = "1.3.6.1.5.5.7.8.9";
pub(crate) const NAI_REALM: &str = "1.3.6.1.5.5.7.8.8";
/// The access methods of authorityInfoAccess.
pub(crate) const OCSP: &str = "1.3.6.1.5.5.7.48.1";
pub(crate) const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// The fields of a certificate; `Default` is a plain one.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) version: Option<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            version: Some(2),
            serial: vec![1],
            issuer: name(&[vec![attribute(COMMON_NAME, UTF8_STRING, b"issuer")]]),
            not_before: element(UTC_TIME, b"200102030405Z"),
            not_after: element(GENERALIZED_TIME, b"20991231235959Z"),
            subject: name(&[vec![attribute(COMMON_NAME, UTF8_STRING, b"subject")]]),
            extensions: Vec::new(),
        }
    }
}

impl Parts {
    pub(crate) fn subject(rdns: &[Vec<Vec<u8>>]) -> Parts {
        Parts {
            subject: name(rdns),
            ..Parts::default()
        }
    }

    pub(crate) fn alt_names(names: &[Vec<u8>]) -> Parts {
        Parts {
            extensions: vec![subject_alt_name(names)],
            ..Parts::default()
        }
    }

    pub(crate) fn extension(extension: Vec<u8>) -> Parts {
        Parts {
            extensions: vec![extension],
            ..Parts::default()
        }
    }

    /// Encodes the certificate as DER. The argument is the public key, as [`key`] returns it.
    pub(crate) fn build(&self, key: &[u8]) -> Vec<u8> {
        // ecdsa-with-SHA256
        let algorithm = sequence([object_identifier("1.2.840.10045.4.3.2")]);
        let mut fields = Vec::new();
        if let Some(version) = self.version {
            fields.push(constructed(0, &element(2, &[version])));
        }
        fields.extend([
            element(2, &self.serial),
            algorithm.clone(),
            self.issuer.clone(),
            sequence([self.not_before.clone(), self.not_after.clone()]),
            self.subject.clone(),
            key.to_vec(),
        ]);
        if !self.extensions.is_empty() {
            fields.push(constructed(3, &sequence(self.extensions.clone())));
        }
        sequence([sequence(fields), algorithm, bits(&[0; 8])])
    }

    pub(crate) fn certificate(&self) -> ssl::Certificate {
        ssl::Certificate::from_der(&self.build(&key())).unwrap()
    }
}

/// A new public key, as DER (SubjectPublicKeyInfo).
pub(crate) fn key() -> Vec<u8> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap())
        .unwrap()
        .public_key_to_der()
        .unwrap()
}

pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

pub(crate) fn name(rdns: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let rdns: Vec<_> = rdns
        .iter()
        .map(|rdn| element(0x31, &rdn.concat()))
        .collect();
    sequence(rdns)
}

pub(crate) fn attribute(kind: &str, tag: u8, value: &[u8]) -> Vec<u8> {
    sequence([object_identifier(kind), element(tag, value)])
}

pub(crate) fn subject_alt_name(names: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.17", &sequence(names.to_vec()))
}

pub(crate) fn extension(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence([object_identifier(kind), element(4, value)])
}

pub(crate) fn authority_info(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(method, location)| sequence([object_identifier(method), location.clone()]))
        .collect();
    extension("1.3.6.1.5.5.7.1.1", &sequence(entries))
}

pub(crate) fn crl_distribution_points(points: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.31", &sequence(points.to_vec()))
}

/// A distribution point with a full name.
pub(crate) fn full_name(names: &[Vec<u8>]) -> Vec<u8> {
    sequence([constructed(0, &constructed(0, &names.concat()))])
}

/// A distribution point with a name relative to the issuer's.
pub(crate) fn relative_name(attributes: &[Vec<u8>]) -> Vec<u8> {
    sequence([constructed(0, &constructed(1, &attributes.concat()))])
}

pub(crate) fn other_name(kind: &str, tag: u8, value: &[u8]) -> Vec<u8> {
    constructed(
        0,
        &[
            object_identifier(kind),
            constructed(0, &element(tag, value)),
        ]
        .concat(),
    )
}

pub(crate) fn email(text: &[u8]) -> Vec<u8> {
    implicit(1, text)
}

pub(crate) fn dns(text: &[u8]) -> Vec<u8> {
    implicit(2, text)
}

pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
    constructed(4, name)
}

pub(crate) fn uri(text: &[u8]) -> Vec<u8> {
    implicit(6, text)
}

pub(crate) fn ip(bytes: &[u8]) -> Vec<u8> {
    implicit(7, bytes)
}

pub(crate) fn registered_id(dotted: &str) -> Vec<u8> {
    implicit(8, &object_identifier_content(dotted))
}
