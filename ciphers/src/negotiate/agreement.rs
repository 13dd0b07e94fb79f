use std::fmt;

use super::facts::version_name;
use crate::cipher::Cipher;
use crate::serial::fields;
use pyssl::TlsVersion;

/// The result of a negotiation between a client and a server.
///
/// `Display`: `TLS 1.3, TLS_AES_256_GCM_SHA384, x25519, ecdsa_secp256r1_sha256`.
#[derive(Debug, Clone)]
pub struct Agreement {
    pub(super) version: TlsVersion,
    pub(super) cipher: Cipher,
    pub(super) group: Option<Box<str>>,
    pub(super) signature: Option<Box<str>>,
    pub(super) certificate_key: Option<Box<str>>,
    pub(super) alpn: Option<String>,
    pub(super) test_key: bool,
}

impl Agreement {
    /// The version of the protocol.
    pub fn version(&self) -> TlsVersion {
        self.version
    }

    /// The suite.
    pub fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    /// The group of the key exchange, `"x25519"`, or the size of finite-field parameters,
    /// `"ffdh 2048"`. None for a key exchange that has no group, such as static RSA.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The server's signature algorithm under its name in the TLS registry, if OpenSSL reports it:
    /// `"ecdsa_secp256r1_sha256"`, `"rsa_pss_rsae_sha256"`. None if the server does not sign.
    pub fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    /// Kind and size of the key in the server's certificate: `"EC P-256"`, `"RSA 2048"`.
    pub fn certificate_key(&self) -> Option<&str> {
        self.certificate_key.as_deref()
    }

    /// The application protocol.
    pub fn alpn_protocol(&self) -> Option<&str> {
        self.alpn.as_deref()
    }

    /// Whether the server used a test certificate ([`NegotiateOptions::test_keys`](super::NegotiateOptions::test_keys)).
    pub fn used_test_key(&self) -> bool {
        self.test_key
    }
}

fields! {
    /// `version`, `cipher` (its name), `group`, `signature` and `certificate_key`.
    Agreement, this:
    version = this.version.to_string(),
    cipher = this.cipher.name,
    group = this.group(),
    signature = this.signature(),
    certificate_key = this.certificate_key(),
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", version_name(self.version), self.cipher.name)?;
        for part in [&self.group, &self.signature].into_iter().flatten() {
            write!(f, ", {part}")?;
        }
        Ok(())
    }
}
