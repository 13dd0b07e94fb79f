//! Certificates that are made on the spot and thrown away, for contexts that have none.

use std::sync::{Arc, Mutex, PoisonError};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, BigNumContext, MsbOption};
use openssl::dh::Dh;
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Params, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use crate::context::{Credential, Settings};
use crate::error::Result;
use crate::hostname::ServerName;

/// What to lend: keys that a security level accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ec(Nid),
    /// For the level up to which it is good.
    Rsa(u32),
    Dsa,
}

impl Kind {
    /// One kind for each way to authenticate that is possible at a level.
    fn for_level(level: u32) -> &'static [Kind] {
        match level {
            0..=2 => &[Kind::Ec(Nid::X9_62_PRIME256V1), Kind::Rsa(2)],
            3 => &[Kind::Ec(Nid::X9_62_PRIME256V1), Kind::Rsa(3)],
            4 => &[Kind::Ec(Nid::SECP384R1), Kind::Rsa(4)],
            _ => &[Kind::Ec(Nid::SECP521R1)],
        }
    }

    /// The kinds of keys that do the same.
    fn ids(self) -> &'static [Id] {
        match self {
            Kind::Ec(_) => &[Id::EC, Id::ED25519, Id::ED448],
            Kind::Rsa(_) => &[Id::RSA],
            Kind::Dsa => &[Id::DSA],
        }
    }

    fn key(self) -> Result<PKey<Private>, ErrorStack> {
        match self {
            Kind::Ec(curve) => {
                let group = EcGroup::from_curve_name(curve)?;
                PKey::from_ec_key(EcKey::generate(&group)?)
            }
            Kind::Rsa(level) => PKey::from_rsa(rsa(level)?),
            Kind::Dsa => PKey::from_dsa(dsa()?),
        }
    }

    fn digest(self) -> MessageDigest {
        match self {
            Kind::Ec(Nid::SECP521R1) => MessageDigest::sha512(),
            Kind::Ec(Nid::SECP384R1) => MessageDigest::sha384(),
            _ => MessageDigest::sha256(),
        }
    }
}

/// Gives a context certificates that a peer of this security level accepts, one with an EC and
/// one with an RSA key, and one with a DSA key if it is asked for; of each kind, unless it has one.
pub(super) fn lend(settings: &mut Settings, level: u32, dsa: bool) -> Result<()> {
    let has: Vec<Id> = settings.identities.iter().map(|i| i.key.id()).collect();
    for kind in Kind::for_level(level)
        .iter()
        .chain(dsa.then_some(&Kind::Dsa))
    {
        if !kind.ids().iter().any(|id| has.contains(id)) {
            settings.add_identity(identity(*kind)?);
        }
    }
    Ok(())
}

/// An RSA key of published primes. Making one of secret primes takes up to a second; this one
/// secures nothing, it only has to sign for peers in the same process.
fn rsa(level: u32) -> Result<Rsa<Private>, ErrorStack> {
    let (p, q) = match level {
        // 2048 bits, 3584 bits, 8192 bits.
        0..=2 => (
            BigNum::get_rfc2409_prime_1024()?,
            Dh::get_1024_160()?.prime_p().to_owned()?,
        ),
        3 => (
            BigNum::get_rfc3526_prime_2048()?,
            BigNum::get_rfc3526_prime_1536()?,
        ),
        _ => (
            BigNum::get_rfc3526_prime_6144()?,
            BigNum::get_rfc3526_prime_2048()?,
        ),
    };
    let mut context = BigNumContext::new()?;
    let e = BigNum::from_u32(65537)?;
    let one = BigNum::from_u32(1)?;
    let (p1, q1) = (&p - &one, &q - &one);
    let mut d = BigNum::new()?;
    d.mod_inverse(&e, &(&p1 * &q1), &mut context)?;
    let mut inverse = BigNum::new()?;
    inverse.mod_inverse(&q, &p, &mut context)?;
    let (dp, dq) = (&d % &p1, &d % &q1);
    Rsa::from_private_components(&p * &q, e, d, p, q, dp, dq, inverse)
}

/// A DSA key with published parameters, which are slow to make too.
fn dsa() -> Result<Dsa<Private>, ErrorStack> {
    let group = Dh::get_2048_256()?;
    let q = group.prime_q().ok_or_else(ErrorStack::get)?.to_owned()?;
    let (p, g) = (group.prime_p().to_owned()?, group.generator().to_owned()?);
    Dsa::from_pqg(p, q, g)?.generate_key()
}

/// Whether there is no RSA key to lend for a level: the highest wants 15360 bits.
pub(super) fn lacks_rsa(level: u32) -> bool {
    !Kind::for_level(level)
        .iter()
        .any(|kind| matches!(kind, Kind::Rsa(_)))
}

/// The key of the identity of a kind; making it is what takes time.
fn identity_key(kind: Kind) -> Result<PKey<Private>, ErrorStack> {
    match identity(kind) {
        Ok(identity) => Ok(identity.key.clone()),
        Err(_) => kind.key(),
    }
}

/// Makes one, or takes the one that was made before.
fn identity(kind: Kind) -> Result<Arc<Credential>> {
    static MADE: Mutex<Vec<(Kind, Arc<Credential>)>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, identity)) = made.iter().find(|(other, _)| *other == kind) {
        return Ok(Arc::clone(identity));
    }
    let key = kind.key()?;
    let identity = Arc::new(Credential {
        leaf: self_signed(&key, kind.digest())?,
        chain: Vec::new(),
        key,
    });
    made.push((kind, Arc::clone(&identity)));
    Ok(identity)
}

fn self_signed(key: &PKey<Private>, digest: MessageDigest) -> Result<X509, ErrorStack> {
    let mut x509 = unsigned("lent.invalid", key)?;
    x509.append_extension(BasicConstraints::new().build()?)?;
    let names = SubjectAlternativeName::new()
        .dns("lent.invalid")
        .build(&x509.x509v3_context(None, None))?;
    x509.append_extension(names)?;
    x509.sign(key, digest)?;
    Ok(x509.build())
}

/// The fields that all certificates have; issued by itself, until somebody says otherwise.
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

/// An authority that exists for one trial.
pub(crate) struct Authority {
    pub(crate) certificate: X509,
    key: PKey<Private>,
    digest: MessageDigest,
}

impl Authority {
    pub(crate) fn new(level: u32) -> Result<Authority> {
        let kind = Kind::for_level(level)[0];
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

    /// A server's certificates for this name or address, one for each kind of key that a security
    /// level accepts. They keep to RFC 5280, so that strict clients take them.
    pub(crate) fn issue(&self, name: &ServerName, level: u32) -> Result<Vec<Arc<Credential>>> {
        let issue = |kind: &Kind| Ok(Arc::new(self.issue_one(*kind, name)?));
        Kind::for_level(level).iter().map(issue).collect()
    }

    fn issue_one(&self, kind: Kind, name: &ServerName) -> Result<Credential, ErrorStack> {
        let key = identity_key(kind)?;
        let mut x509 = unsigned("lent.invalid", &key)?;
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
        match name.ip() {
            Some(ip) => names.ip(&ip.to_string()),
            None => names.dns(name.as_str()),
        };
        let names = names.build(&context)?;
        let own_id = SubjectKeyIdentifier::new().build(&context)?;
        let issuer_id = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        for extension in [names, own_id, issuer_id] {
            x509.append_extension(extension)?;
        }
        x509.sign(&self.key, self.digest)?;
        Ok(Credential {
            leaf: x509.build(),
            chain: Vec::new(),
            key,
        })
    }
}

/// Finite-field parameters that a security level accepts; those of the highest do not exist.
pub(super) fn dh_params(level: u32) -> Result<Option<Arc<Dh<Params>>>> {
    let prime = match level {
        0..=2 => return Ok(Some(Arc::new(Dh::get_2048_256()?))),
        3 => BigNum::get_rfc3526_prime_3072()?,
        4 => BigNum::get_rfc3526_prime_8192()?,
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(Dh::from_pqg(
        prime,
        None,
        BigNum::from_u32(2)?,
    )?)))
}
