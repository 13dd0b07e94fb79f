//! OCSP responses (RFC 6960), which the `openssl` crate reads but does not write.

use openssl::hash::MessageDigest;
use openssl::sign::Signer;

use super::builder::{DAY, now, time_text};
use super::ca::Ca;
use super::der;
use super::leaf::Leaf;

const ENUMERATED: u8 = 0x0a;
const BIT_STRING: u8 = 0x03;
const GENERALIZED_TIME: u8 = 0x18;
const NULL: &[u8] = &[5, 0];

/// The certificate status in a response.
#[derive(Clone, Copy, Debug)]
enum Status {
    Good,
    Revoked,
    Unknown,
}

/// The description of an OCSP response. [`Ca::ocsp`] creates it, [`build`](Self::build) signs it.
#[derive(Clone, Debug)]
pub struct OcspBuilder {
    issuer: Ca,
    leaf: Leaf,
    issuer_key: Ca,
    status: Status,
    this_update: i64,
    next_update: Option<i64>,
    sha256: bool,
    signer: Leaf,
    certificates: Vec<Leaf>,
}

impl Ca {
    /// Describes this authority's response for a certificate: status good, valid for a week from an hour ago.
    pub fn ocsp(&self, leaf: &Leaf) -> OcspBuilder {
        OcspBuilder {
            issuer: self.clone(),
            leaf: leaf.clone(),
            issuer_key: self.clone(),
            status: Status::Good,
            this_update: now() - DAY / 24,
            next_update: Some(now() + 7 * DAY),
            sha256: false,
            signer: self.as_leaf().clone(),
            certificates: Vec::new(),
        }
    }

    /// A certificate for a delegated responder that signs this authority's responses.
    pub fn ocsp_responder(&self) -> Leaf {
        let usage = der::sequence([der::object_identifier("OCSPSigning")]);
        self.builder()
            .san("responder.example.org")
            .without_extended_key_usage()
            .extension("extendedKeyUsage", false, &usage)
            .build()
    }
}

impl OcspBuilder {
    /// Sets the status to revoked.
    pub fn revoked(mut self) -> Self {
        self.status = Status::Revoked;
        self
    }

    /// Sets the status to unknown: the responder does not know the certificate.
    pub fn unknown(mut self) -> Self {
        self.status = Status::Unknown;
        self
    }

    /// Sets thisUpdate and nextUpdate, in seconds from now.
    pub fn valid(mut self, from: i64, until: Option<i64>) -> Self {
        self.this_update = now() + from;
        self.next_update = until.map(|until| now() + until);
        self
    }

    /// Identifies the certificate with SHA-256 instead of SHA-1.
    pub fn sha256(mut self) -> Self {
        self.sha256 = true;
        self
    }

    /// Identifies the certificate with the hash of another authority's key.
    pub fn issuer_key_of(mut self, other: &Ca) -> Self {
        self.issuer_key = other.clone();
        self
    }

    /// Signs with another certificate, which is included in the response.
    pub fn signed_by(mut self, signer: &Leaf) -> Self {
        self.signer = signer.clone();
        self.certificates = vec![signer.clone()];
        self
    }

    /// The response as DER.
    pub fn build(&self) -> Vec<u8> {
        let data = self.data();
        let mut signer = Signer::new(MessageDigest::sha256(), self.signer.key())
            .expect("OpenSSL signs with the key");
        let signature = signer.sign_oneshot_to_vec(&data).expect("the key signs");
        let mut parts = vec![
            data,
            der::sequence([der::object_identifier("ecdsa-with-SHA256")]),
            der::element(BIT_STRING, &[&[0], &*signature].concat()),
        ];
        if !self.certificates.is_empty() {
            let certificates = der::sequence(self.certificates.iter().map(Leaf::der));
            parts.push(der::constructed(0, &certificates));
        }
        wrap(&der::sequence(parts))
    }

    fn data(&self) -> Vec<u8> {
        let responder = self.signer.cert().subject_name().to_der();
        let mut single = vec![self.id(), self.status(), time(self.this_update)];
        if let Some(next) = self.next_update {
            single.push(der::constructed(0, &time(next)));
        }
        der::sequence([
            der::constructed(1, &responder.expect("a name has a DER form")),
            time(self.this_update),
            der::sequence([der::sequence(single)]),
        ])
    }

    fn id(&self) -> Vec<u8> {
        let (name, digest) = match self.sha256 {
            true => ("SHA256", MessageDigest::sha256()),
            false => ("SHA1", MessageDigest::sha1()),
        };
        let hash = |data: &[u8]| {
            let hash = openssl::hash::hash(digest, data).expect("OpenSSL hashes");
            der::element(der::OCTET_STRING, &hash)
        };
        let issuer = self.issuer.cert();
        let issuer_name = issuer.subject_name().to_der();
        // issuerKeyHash is the hash of the public key without its algorithm. For P-256 this is the uncompressed point,
        // which is at the end of the key's DER form.
        let key = self.issuer_key.cert().public_key();
        let key = key.and_then(|key| key.public_key_to_der());
        let key = key.expect("a key has a DER form");
        let serial = self.leaf.cert().serial_number().to_bn();
        let mut serial = serial.expect("an INTEGER is a number").to_vec();
        if serial[0] >= 0x80 {
            serial.insert(0, 0);
        }
        der::sequence([
            der::sequence([der::object_identifier(name), NULL.to_vec()]),
            hash(&issuer_name.expect("a name has a DER form")),
            hash(&key[key.len() - 65..]),
            der::element(der::INTEGER, &serial),
        ])
    }

    fn status(&self) -> Vec<u8> {
        match self.status {
            Status::Good => der::implicit(0, &[]),
            Status::Revoked => der::constructed(1, &time(self.this_update)),
            Status::Unknown => der::implicit(2, &[]),
        }
    }
}

/// An error response: the responder is too busy (`tryLater`).
pub fn try_later() -> Vec<u8> {
    der::sequence([der::element(ENUMERATED, &[3])])
}

/// A response whose content is not valid DER.
pub fn malformed() -> Vec<u8> {
    wrap(b"not valid DER")
}

fn wrap(basic: &[u8]) -> Vec<u8> {
    let bytes = der::sequence([
        der::object_identifier("basicOCSPResponse"),
        der::element(der::OCTET_STRING, basic),
    ]);
    der::sequence([der::element(ENUMERATED, &[0]), der::constructed(0, &bytes)])
}

/// A GeneralizedTime.
fn time(seconds: i64) -> Vec<u8> {
    der::element(GENERALIZED_TIME, time_text(seconds).as_bytes())
}

#[cfg(test)]
mod tests {
    use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspResponse};
    use openssl::stack::Stack;
    use openssl::x509::store::X509StoreBuilder;

    use super::*;

    #[test]
    fn openssl_accepts_the_responses() {
        let ca = Ca::new();
        let leaf = ca.issue("localhost");
        let mut store = X509StoreBuilder::new().expect("a store");
        store.add_cert(ca.cert().clone()).expect("a certificate");
        let store = store.build();
        let described = [
            (ca.ocsp(&leaf), MessageDigest::sha1(), OcspCertStatus::GOOD),
            (
                ca.ocsp(&leaf).sha256().revoked(),
                MessageDigest::sha256(),
                OcspCertStatus::REVOKED,
            ),
            (
                ca.ocsp(&leaf).unknown().signed_by(&ca.ocsp_responder()),
                MessageDigest::sha1(),
                OcspCertStatus::UNKNOWN,
            ),
        ];
        for (builder, digest, expected) in described {
            let response = OcspResponse::from_der(&builder.build()).expect("a response");
            let basic = response.basic().expect("an answer");
            let mut chain = Stack::new().expect("a stack");
            chain.push(ca.cert().clone()).expect("a certificate");
            basic
                .verify(&chain, &store, OcspFlag::NO_EXPLICIT)
                .expect("it verifies");
            let id = OcspCertId::from_cert(digest, leaf.cert(), ca.cert()).expect("an id");
            let status = basic.find_status(&id).expect("it is about the certificate");
            assert_eq!(status.status, expected);
            status.check_validity(0, None).expect("it is in time");
        }
    }
}
