//! Test keys and certificates for contexts that have none. They are made for one process.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::dh::Dh;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Params, Private};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use pyssl::{CertChain, ContextSettings, Identity, Result, Variant};

use crate::key;

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyType {
    Ec(Nid),
    Rsa(u32),
    RsaPss(u32),
    Dsa,
    Ed25519,
    Ed448,
}

/// The curves, weakest first, each with the highest security level that accepts it.
const CURVES: [(Nid, u32); 3] = [
    (Nid::X9_62_PRIME256V1, 3),
    (Nid::SECP384R1, 4),
    (Nid::SECP521R1, 5),
];

impl KeyType {
    fn id(self) -> Id {
        match self {
            KeyType::Ec(_) => Id::EC,
            KeyType::Rsa(_) => Id::RSA,
            KeyType::RsaPss(_) => Id::RSA_PSS,
            KeyType::Dsa => Id::DSA,
            KeyType::Ed25519 => Id::ED25519,
            KeyType::Ed448 => Id::ED448,
        }
    }

    /// A key. Keys that are slow to make are files of the crate. They are public and protect
    /// nothing: they sign for peers in the same process only.
    fn key(self) -> Result<PKey<Private>, ErrorStack> {
        let pem: &[u8] = match self {
            KeyType::Ec(curve) => {
                let group = EcGroup::from_curve_name(curve)?;
                return PKey::from_ec_key(EcKey::generate(&group)?);
            }
            KeyType::Ed25519 => return PKey::generate_ed25519(),
            KeyType::Ed448 => return PKey::generate_ed448(),
            KeyType::Dsa => include_bytes!("keys/dsa-2048.pem"),
            KeyType::Rsa(..=2048) => include_bytes!("keys/rsa-2048.pem"),
            KeyType::Rsa(..=3072) => include_bytes!("keys/rsa-3072.pem"),
            KeyType::Rsa(_) => include_bytes!("keys/rsa-7680.pem"),
            KeyType::RsaPss(..=2048) => include_bytes!("keys/rsa-pss-2048.pem"),
            KeyType::RsaPss(..=3072) => include_bytes!("keys/rsa-pss-3072.pem"),
            KeyType::RsaPss(_) => include_bytes!("keys/rsa-pss-7680.pem"),
        };
        PKey::private_key_from_pem(pem)
    }

    fn digest(self) -> MessageDigest {
        match self {
            KeyType::Ec(Nid::SECP521R1) => MessageDigest::sha512(),
            KeyType::Ec(Nid::SECP384R1) => MessageDigest::sha384(),
            KeyType::Ed25519 | KeyType::Ed448 => MessageDigest::null(),
            _ => MessageDigest::sha256(),
        }
    }
}

/// The size of RSA keys that a level accepts; `None` for the highest level, which requires 15360
/// bits.
fn rsa_bits(level: u32) -> Option<u32> {
    match level {
        0..=2 => Some(2048),
        3 => Some(3072),
        4 => Some(7680),
        _ => None,
    }
}

/// Sets of keys that a security level accepts. The first is the usual one: EC and RSA. Groups and
/// signature algorithms that are set can require a key from another set.
fn sets(level: u32) -> Vec<Vec<KeyType>> {
    let rsa = rsa_bits(level);
    let others: [Vec<KeyType>; 3] = [
        rsa.map(KeyType::Rsa).into_iter().collect(),
        rsa.map(KeyType::RsaPss)
            .into_iter()
            .chain((level <= 3).then_some(KeyType::Ed25519))
            .collect(),
        (level <= 4).then_some(KeyType::Ed448).into_iter().collect(),
    ];
    let curves = CURVES
        .iter()
        .filter(|(_, highest)| level.min(5) <= *highest);
    let mut curves = curves.map(|(curve, _)| KeyType::Ec(*curve));
    let with_curve = |others: Vec<KeyType>| curves.next().into_iter().chain(others).collect();
    let sets = others.into_iter().map(with_curve);
    sets.filter(|set: &Vec<KeyType>| !set.is_empty()).collect()
}

/// How many sets of certificates there are for a level.
pub(super) fn count(level: u32) -> usize {
    sets(level).len()
}

/// Adds the certificates of one set to a context, and on request one with a DSA key. Kinds of keys
/// that the context already has are left out.
pub(super) fn add(
    mut variant: Variant,
    settings: &ContextSettings,
    level: u32,
    set: usize,
    dsa: bool,
) -> Result<Variant> {
    let has = key::ids(settings)?;
    let set = sets(level).into_iter().nth(set).unwrap_or_default();
    for kind in set.into_iter().chain(dsa.then_some(KeyType::Dsa)) {
        if !has.contains(&kind.id()) {
            variant = variant.with_identity(&identity(kind)?.1);
        }
    }
    Ok(variant)
}

/// Whether there is no RSA test key for a level.
pub(super) fn lacks_rsa(level: u32) -> bool {
    rsa_bits(level).is_none()
}

/// The key of a kind and its self-signed certificate. They are cached, because making them is slow.
fn identity(kind: KeyType) -> Result<(PKey<Private>, Identity)> {
    static MADE: Mutex<Vec<(KeyType, PKey<Private>, Identity)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, key, identity)) = made.iter().find(|(other, ..)| *other == kind) {
        return Ok((key.clone(), identity.clone()));
    }
    let key = kind.key()?;
    let identity = loaded(&self_signed(&key, kind.digest())?, &key)?;
    made.push((kind, key.clone(), identity.clone()));
    Ok((key, identity))
}

fn loaded(leaf: &X509, key: &PKey<Private>) -> Result<Identity> {
    let key = key.private_key_to_pkcs8()?;
    Identity::load(CertChain::from_der(&[leaf.to_der()?], key))
}

fn self_signed(key: &PKey<Private>, digest: MessageDigest) -> Result<X509, ErrorStack> {
    let mut x509 = unsigned("test.invalid", key)?;
    x509.append_extension(BasicConstraints::new().build()?)?;
    let names = SubjectAlternativeName::new()
        .dns("test.invalid")
        .build(&x509.x509v3_context(None, None))?;
    x509.append_extension(names)?;
    x509.sign(key, digest)?;
    Ok(x509.build())
}

/// The fields that all certificates have. The issuer is the subject until it is set.
fn unsigned(common_name: &str, key: &PKey<Private>) -> Result<X509Builder, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_nid(Nid::COMMONNAME, common_name)?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::ONE, false)?;
    let mut x509 = X509::builder()?;
    x509.set_version(2)?;
    x509.set_serial_number(&*serial.to_asn1_integer()?)?;
    x509.set_subject_name(&name)?;
    x509.set_issuer_name(&name)?;
    x509.set_not_before(&*Asn1Time::days_from_now(0)?)?;
    x509.set_not_after(&*Asn1Time::days_from_now(365)?)?;
    x509.set_pubkey(key)?;
    Ok(x509)
}

/// A certificate authority for one trial.
pub(crate) struct Authority {
    pub(crate) certificate: X509,
    key: PKey<Private>,
    digest: MessageDigest,
}

impl Authority {
    pub(crate) fn new(level: u32) -> Result<Authority> {
        let curve = CURVES.iter().find(|(_, highest)| level.min(5) <= *highest);
        let kind = KeyType::Ec(curve.map_or(Nid::SECP521R1, |(curve, _)| *curve));
        let (key, digest) = (kind.key()?, kind.digest());
        let mut x509 = unsigned("authority.invalid", &key)?;
        x509.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        let usage = KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()?;
        x509.append_extension(usage)?;
        let id = SubjectKeyIdentifier::new().build(&x509.x509v3_context(None, None))?;
        x509.append_extension(id)?;
        x509.sign(&key, digest)?;
        Ok(Authority {
            certificate: x509.build(),
            key,
            digest,
        })
    }

    /// Sets of server certificates for this name or address, with keys that a security level
    /// accepts. They conform to RFC 5280, so that strict clients accept them.
    pub(crate) fn issue(&self, name: &str, level: u32) -> Result<Vec<Vec<Identity>>> {
        let one = |kind: KeyType| self.issue_one(kind, name);
        let set = |set: Vec<KeyType>| set.into_iter().map(one).collect();
        sets(level).into_iter().map(set).collect()
    }

    fn issue_one(&self, kind: KeyType, name: &str) -> Result<Identity> {
        let (key, _) = identity(kind)?;
        let mut x509 = unsigned("test.invalid", &key)?;
        x509.set_issuer_name(self.certificate.subject_name())?;
        x509.append_extension(BasicConstraints::new().critical().build()?)?;
        let usage = KeyUsage::new()
            .critical()
            .digital_signature()
            .key_encipherment()
            .build()?;
        x509.append_extension(usage)?;
        x509.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let context = x509.x509v3_context(Some(&self.certificate), None);
        let mut names = SubjectAlternativeName::new();
        match name.parse::<IpAddr>() {
            Ok(ip) => names.ip(&ip.to_string()),
            Err(_) => names.dns(name),
        };
        let names = names.build(&context)?;
        let own_id = SubjectKeyIdentifier::new().build(&context)?;
        let issuer_id = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        for extension in [names, own_id, issuer_id] {
            x509.append_extension(extension)?;
        }
        x509.sign(&self.key, self.digest)?;
        loaded(&x509.build(), &key)
    }
}

/// Finite-field parameters (PEM) that a security level accepts; those for the highest level do not exist.
pub(super) fn dh_params(level: u32) -> Result<Option<Vec<u8>>> {
    let dh = match level {
        0..=2 => Dh::get_2048_256()?,
        3 => generator_two(BigNum::get_rfc3526_prime_3072()?)?,
        4 => generator_two(BigNum::get_rfc3526_prime_8192()?)?,
        _ => return Ok(None),
    };
    Ok(Some(dh.params_to_pem()?))
}

fn generator_two(prime: BigNum) -> Result<Dh<Params>, ErrorStack> {
    Dh::from_pqg(prime, None, BigNum::from_u32(2)?)
}
