//! Keys and certificate signing requests.

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPrivate, Id, PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509NameBuilder, X509Req};

/// The key of a certificate; certbot's `--key-type` with `--elliptic-curve` or `--rsa-key-size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyType {
    /// ECDSA with the curve P-256, as certbot's default.
    #[default]
    EcdsaP256,
    /// ECDSA with the curve P-384.
    EcdsaP384,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
}

impl KeyType {
    /// Whether the key is of this type.
    pub(super) fn fits(self, key: &PKeyRef<Private>) -> bool {
        let (id, bits) = match self {
            KeyType::EcdsaP256 => (Id::EC, 256),
            KeyType::EcdsaP384 => (Id::EC, 384),
            KeyType::Rsa2048 => (Id::RSA, 2048),
            KeyType::Rsa3072 => (Id::RSA, 3072),
            KeyType::Rsa4096 => (Id::RSA, 4096),
        };
        key.id() == id && key.bits() == bits
    }
}

pub(super) fn generate(kind: KeyType) -> Result<PKey<Private>, ErrorStack> {
    let curve = |nid| PKey::from_ec_key(EcKey::generate(EcGroup::from_curve_name(nid)?.as_ref())?);
    let rsa = |bits| PKey::from_rsa(Rsa::generate(bits)?);
    match kind {
        KeyType::EcdsaP256 => curve(Nid::X9_62_PRIME256V1),
        KeyType::EcdsaP384 => curve(Nid::SECP384R1),
        KeyType::Rsa2048 => rsa(2048),
        KeyType::Rsa3072 => rsa(3072),
        KeyType::Rsa4096 => rsa(4096),
    }
}

/// A certificate signing request for these names, DER. The names are in the extension only, since a common name is
/// limited to 64 characters.
pub(super) fn csr<K: HasPrivate>(
    key: &PKeyRef<K>,
    domains: &[String],
) -> Result<Vec<u8>, ErrorStack> {
    let mut request = X509Req::builder()?;
    request.set_subject_name(&X509NameBuilder::new()?.build())?;
    request.set_pubkey(key)?;
    let mut names = SubjectAlternativeName::new();
    for domain in domains {
        match domain.parse::<std::net::IpAddr>() {
            Ok(_) => names.ip(domain),
            Err(_) => names.dns(domain),
        };
    }
    let names = names.build(&request.x509v3_context(None))?;
    let mut extensions = Stack::new()?;
    extensions.push(names)?;
    request.add_extensions(&extensions)?;
    request.sign(key, MessageDigest::sha256())?;
    request.build().to_der()
}
