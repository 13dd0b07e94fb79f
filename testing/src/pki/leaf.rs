//! Certificates with their keys.

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::ssl::SslContextBuilder;
use openssl::symm::Cipher;
use openssl::x509::X509;

/// A certificate, its private key and its chain up to the root. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Leaf {
    cert: X509,
    key: PKey<Private>,
    // The issuer comes first. The root is not included.
    intermediates: Vec<X509>,
    root: X509,
}

impl Leaf {
    pub(super) fn new(cert: X509, key: PKey<Private>, issuer: Option<&Leaf>) -> Self {
        let Some(issuer) = issuer else {
            return Self {
                root: cert.clone(),
                cert,
                key,
                intermediates: Vec::new(),
            };
        };
        let mut intermediates = Vec::new();
        if issuer.cert != issuer.root {
            intermediates.push(issuer.cert.clone());
            intermediates.extend(issuer.intermediates.iter().cloned());
        }
        Self {
            cert,
            key,
            intermediates,
            root: issuer.root.clone(),
        }
    }

    /// The certificate.
    pub fn cert(&self) -> &X509 {
        &self.cert
    }

    /// The private key.
    pub fn key(&self) -> &PKey<Private> {
        &self.key
    }

    /// The certificates between this certificate and the root, from the issuer upwards.
    pub fn intermediates(&self) -> &[X509] {
        &self.intermediates
    }

    /// Replaces the intermediates. They are in the order in which a server sends them.
    #[must_use]
    pub fn with_intermediates(mut self, intermediates: &[X509]) -> Self {
        self.intermediates = intermediates.to_vec();
        self
    }

    /// The root of the chain: the certificate itself, if it is self-signed.
    pub fn root(&self) -> &X509 {
        &self.root
    }

    /// The certificate as DER.
    pub fn der(&self) -> Vec<u8> {
        self.cert.to_der().expect("a certificate has a DER form")
    }

    /// The certificate as PEM.
    pub fn cert_pem(&self) -> String {
        pem(&self.cert)
    }

    /// The certificate and the intermediates as PEM.
    pub fn chain_pem(&self) -> String {
        std::iter::once(&self.cert)
            .chain(&self.intermediates)
            .map(pem)
            .collect()
    }

    /// The private key as PEM (PKCS#8).
    pub fn key_pem(&self) -> String {
        text(
            self.key
                .private_key_to_pem_pkcs8()
                .expect("a key has a PKCS#8 form"),
        )
    }

    /// The private key as DER (PKCS#8).
    pub fn key_der(&self) -> Vec<u8> {
        self.key
            .private_key_to_pkcs8()
            .expect("a key has a PKCS#8 form")
    }

    /// The key, the certificate and the intermediates in one PEM, for `load_cert_chain(certfile)`.
    pub fn combined_pem(&self) -> String {
        self.key_pem() + &self.chain_pem()
    }

    /// The private key as PEM, encrypted with a password: PKCS#8 with PBES2 and AES-256.
    pub fn encrypted_key_pem(&self, password: &[u8]) -> String {
        let pem = self
            .key
            .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), password);
        text(pem.expect("OpenSSL encrypts keys"))
    }

    /// The private key as PEM in the traditional form (`EC PRIVATE KEY`, `RSA PRIVATE KEY`).
    ///
    /// # Panics
    ///
    /// For an Ed25519 key, which has no traditional form.
    pub fn traditional_key_pem(&self) -> String {
        let pem = match self.key.id() {
            Id::RSA => self.key.rsa().and_then(|key| key.private_key_to_pem()),
            _ => self.key.ec_key().and_then(|key| key.private_key_to_pem()),
        };
        text(pem.expect("RSA and EC keys have a traditional form"))
    }

    /// The private key as PEM in the traditional form, encrypted with a password (`Proc-Type: 4,ENCRYPTED`).
    ///
    /// # Panics
    ///
    /// For an Ed25519 key, which has no traditional form.
    pub fn encrypted_traditional_key_pem(&self, password: &[u8]) -> String {
        let cipher = Cipher::aes_128_cbc();
        let pem = match self.key.id() {
            Id::RSA => self
                .key
                .rsa()
                .and_then(|key| key.private_key_to_pem_passphrase(cipher, password)),
            _ => self
                .key
                .ec_key()
                .and_then(|key| key.private_key_to_pem_passphrase(cipher, password)),
        };
        text(pem.expect("RSA and EC keys have a traditional form"))
    }

    /// Makes a context use the certificate and its intermediates.
    ///
    /// # Errors
    ///
    /// If OpenSSL rejects the certificate or the key.
    pub fn load(&self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        context.set_certificate(&self.cert)?;
        context.set_private_key(&self.key)?;
        for cert in &self.intermediates {
            context.add_extra_chain_cert(cert.clone())?;
        }
        Ok(())
    }
}

pub(super) fn pem(cert: &X509) -> String {
    text(cert.to_pem().expect("a certificate has a PEM form"))
}

fn text(pem: Vec<u8>) -> String {
    String::from_utf8(pem).expect("PEM is ASCII")
}
