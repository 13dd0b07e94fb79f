//! Certificate authorities.

use openssl::bn::BigNum;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::CrlNumber;
use openssl::x509::{X509, X509CrlBuilder, X509RevokedBuilder};

use super::builder::{CertBuilder, DAY, digest_for, extension, now, time};
use super::der;
use super::key::KeyKind;
use super::leaf::Leaf;

/// A certificate authority. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ca {
    own: Leaf,
}

impl Ca {
    /// A new root with a P-256 key and a unique name.
    #[expect(
        clippy::new_without_default,
        reason = "each call makes another authority"
    )]
    pub fn new() -> Self {
        Self::root_builder().build_ca()
    }

    /// A new root with an RSA key of 2048 bits.
    pub fn rsa() -> Self {
        Self::root_builder().key(KeyKind::Rsa2048).build_ca()
    }

    /// Describes a root; issue it with [`CertBuilder::build_ca`].
    pub fn root_builder() -> CertBuilder {
        CertBuilder::self_signed()
    }

    /// Describes a certificate of this authority; issue it with [`CertBuilder::build`].
    pub fn builder(&self) -> CertBuilder {
        CertBuilder::new(Some(&self.own))
    }

    /// Issues a certificate for one name, good for servers and clients.
    pub fn issue(&self, name: &str) -> Leaf {
        self.issue_for(&[name])
    }

    /// Issues a certificate for several names.
    pub fn issue_for(&self, names: &[&str]) -> Leaf {
        self.builder().sans(names.iter().copied()).build()
    }

    /// Issues an intermediate authority with a P-256 key.
    pub fn intermediate(&self) -> Self {
        self.builder().build_ca()
    }

    /// A CRL that revokes these certificates, as PEM. Its thisUpdate was yesterday, and its
    /// nextUpdate is in a month.
    pub fn crl(&self, revoked: &[&Leaf]) -> String {
        self.crl_valid(revoked, now() - DAY, now() + 30 * DAY)
    }

    /// A CRL whose nextUpdate has passed, as PEM.
    pub fn expired_crl(&self, revoked: &[&Leaf]) -> String {
        self.crl_valid(revoked, now() - 31 * DAY, now() - DAY)
    }

    fn crl_valid(&self, revoked: &[&Leaf], last_update: i64, next_update: i64) -> String {
        let mut crl = X509CrlBuilder::new().expect("OpenSSL makes a CRL");
        crl.set_issuer_name(self.cert().subject_name())
            .expect("OpenSSL takes the issuer");
        crl.set_last_update(&time(last_update))
            .expect("OpenSSL takes the time");
        crl.set_next_update(&time(next_update))
            .expect("OpenSSL takes the time");
        for leaf in revoked {
            let mut entry = X509RevokedBuilder::new().expect("OpenSSL makes a CRL entry");
            entry
                .set_serial_number(leaf.cert().serial_number())
                .expect("OpenSSL takes the serial number");
            entry
                .set_revocation_date(&time(last_update))
                .expect("OpenSSL takes the time");
            crl.add_revoked(entry.build())
                .expect("OpenSSL takes the entry");
        }
        let key_id = self
            .cert()
            .subject_key_id()
            .expect("an authority that makes CRLs has a key identifier");
        let aki = der::sequence([der::implicit(0, key_id.as_slice())]);
        let number = BigNum::from_u32(1).expect("OpenSSL makes a number");
        let number = CrlNumber::new(number).and_then(CrlNumber::build);
        for extension in [
            extension("authorityKeyIdentifier", false, &aki),
            number.expect("1 is a number"),
        ] {
            crl.append_extension(extension)
                .expect("OpenSSL takes the extension");
        }
        crl.sort().expect("OpenSSL sorts the entries");
        crl.sign(self.key(), digest_for(self.key(), false))
            .expect("the authority signs");
        let pem = crl.build().expect("the CRL is complete").to_pem();
        String::from_utf8(pem.expect("a CRL has a PEM form")).expect("PEM is ASCII")
    }

    /// The authority's certificate.
    pub fn cert(&self) -> &X509 {
        self.own.cert()
    }

    /// The authority's key.
    pub fn key(&self) -> &PKey<Private> {
        self.own.key()
    }

    /// The authority's certificate as PEM.
    pub fn cert_pem(&self) -> String {
        self.own.cert_pem()
    }

    /// The authority's certificate as DER.
    pub fn der(&self) -> Vec<u8> {
        self.own.der()
    }

    /// The authority's certificate and key as a [`Leaf`], for example to serve with them.
    pub fn as_leaf(&self) -> &Leaf {
        &self.own
    }
}

impl CertBuilder {
    /// Issues the certificate of an authority.
    pub fn build_ca(self) -> Ca {
        Ca {
            own: self.build_authority(),
        }
    }
}
