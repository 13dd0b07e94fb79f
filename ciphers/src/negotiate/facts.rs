//! The settings that decide which suites one side can use.

use std::collections::HashSet;
use std::fmt;

use openssl::pkey::Id;

use super::{Role, test_keys};
use crate::cipher::Cipher;
use crate::key;
use pyssl::Result;
use pyssl::SslContext;
use pyssl::TlsVersion;

/// Why one side cannot use a suite that it lists.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The versions that have the suite are off.
    Version,
    /// The suite needs a pre-shared key, and the context has no PSK callback.
    NoPskCallback,
    /// The suite needs SRP, which neither Python nor this crate supports.
    NoSrp,
    /// The security level forbids the suite.
    SecurityLevel(u32),
    /// The suite needs a certificate, and the server has none.
    NoCertificate,
    /// The server has certificates, but none with a key of this kind.
    CertificateKind(&'static str),
    /// The suite needs finite-field parameters, and the server has none (`load_dh_params`).
    NoDhParameters,
    /// The suite was not tried, because the test keys are too short for this security level.
    NotTried(u32),
    /// A handshake with this suite alone failed with this error.
    Handshake(Box<str>),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Version => f.write_str("the versions that have it are disabled"),
            Obstacle::NoPskCallback => f.write_str("needs a PSK callback"),
            Obstacle::NoSrp => f.write_str("needs SRP, which is not supported"),
            Obstacle::SecurityLevel(level) => write!(f, "security level {level} forbids it"),
            Obstacle::NoCertificate => f.write_str("needs a certificate, and none is loaded"),
            Obstacle::CertificateKind(kind) => {
                write!(f, "needs a certificate with {kind} key, and none is loaded")
            }
            Obstacle::NoDhParameters => f.write_str("needs DH parameters (load_dh_params)"),
            Obstacle::NotTried(level) => {
                write!(
                    f,
                    "not tried: the test keys are too short for security level {level}"
                )
            }
            Obstacle::Handshake(error) => write!(f, "the handshake fails: {error}"),
        }
    }
}

/// Whether DHE suites of TLS 1.2 take their group from the lists of both sides (RFC 7919) if the
/// server has no parameters of its own.
pub(super) fn names_dhe_groups() -> bool {
    pyssl::OPENSSL_VERSION_INFO.0 >= 4
}

/// The settings that decide which suites one side can use.
pub(super) struct Facts {
    role: Role,
    pub(super) versions: Vec<TlsVersion>,
    level: u32,
    /// The suites that the level allows.
    allowed: HashSet<u32>,
    keys: Vec<Id>,
    dh: bool,
    psk: bool,
}

impl Facts {
    pub(super) fn of(context: &SslContext, role: Role) -> Result<Facts> {
        let settings = context.settings();
        let level = context.security_level();
        let allowed = settings.ciphers_at_level(level)?;
        Ok(Facts {
            role,
            versions: settings.versions(),
            level,
            allowed: allowed.iter().map(|cipher| cipher.id).collect(),
            keys: key::ids(&settings)?,
            psk: match role {
                Role::Client => settings.has_psk_client_callback(),
                Role::Server => settings.has_psk_server_callback(),
            },
            dh: settings.dh_bits().is_some(),
        })
    }

    /// The first setting that prevents this side from using the suite; none if the settings allow
    /// it.
    pub(super) fn obstacle(&self, cipher: &Cipher) -> Option<Obstacle> {
        let auth = cipher.auth.unwrap_or("");
        let kea = cipher.kea.unwrap_or("");
        let has = |version: &TlsVersion| has_suite(*version, cipher);
        if !self.versions.iter().any(has) {
            return Some(Obstacle::Version);
        }
        let needs_psk = kea.ends_with("-psk") || auth == "auth-psk";
        if needs_psk && !self.psk {
            return Some(Obstacle::NoPskCallback);
        }
        if kea == "kx-srp" || auth == "auth-srp" {
            return Some(Obstacle::NoSrp);
        }
        // `allowed` has no suites that need a PSK callback, because OpenSSL omits them at every
        // level.
        if !self.allowed.contains(&cipher.id) && !needs_psk {
            return Some(Obstacle::SecurityLevel(self.level));
        }
        if self.role == Role::Client {
            let no_peer = auth == "auth-rsa" && test_keys::lacks_rsa(self.level);
            return no_peer.then_some(Obstacle::NotTried(self.level));
        }
        let (kind, keys): (_, &[Id]) = match auth {
            "auth-rsa" if kea.starts_with("kx-rsa") => ("an RSA", &[Id::RSA]),
            "auth-rsa" => ("an RSA", &[Id::RSA, Id::RSA_PSS]),
            "auth-ecdsa" => ("an EC", &[Id::EC, Id::ED25519, Id::ED448]),
            "auth-dss" => ("a DSA", &[Id::DSA]),
            _ => ("", &[]),
        };
        let needs_certificate = !keys.is_empty() || (cipher.is_tls13() && !self.psk);
        if needs_certificate && self.keys.is_empty() {
            return Some(Obstacle::NoCertificate);
        }
        if !keys.is_empty() && !keys.iter().any(|id| self.keys.contains(id)) {
            return Some(Obstacle::CertificateKind(kind));
        }
        let needs_parameters = kea.starts_with("kx-dhe") && !names_dhe_groups();
        (needs_parameters && !self.dh).then_some(Obstacle::NoDhParameters)
    }

    /// Whether this server needs a group in common with the client for the suite.
    pub(super) fn needs_group(&self, cipher: &Cipher) -> bool {
        match cipher.kea {
            Some("kx-ecdhe") => true,
            Some("kx-dhe") => names_dhe_groups() && !self.dh,
            _ => false,
        }
    }
}

/// Whether a suite belongs to a version.
pub(super) fn has_suite(version: TlsVersion, cipher: &Cipher) -> bool {
    match cipher.protocol {
        "TLSv1.3" => version == TlsVersion::TLSv1_3,
        "TLSv1.2" => version == TlsVersion::TLSv1_2,
        "TLSv1.0" => (TlsVersion::TLSv1..=TlsVersion::TLSv1_2).contains(&version),
        _ => version <= TlsVersion::TLSv1_2,
    }
}

/// A version as the RFCs write it.
pub(crate) fn version_name(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::SSLv3 => "SSL 3.0",
        TlsVersion::TLSv1 => "TLS 1.0",
        TlsVersion::TLSv1_1 => "TLS 1.1",
        TlsVersion::TLSv1_2 => "TLS 1.2",
        TlsVersion::TLSv1_3 => "TLS 1.3",
        TlsVersion::MINIMUM_SUPPORTED => "the lowest supported",
        TlsVersion::MAXIMUM_SUPPORTED => "the highest supported",
        _ => "an unknown version",
    }
}

/// Several versions: `TLS 1.2 and TLS 1.3`, or `none`.
pub(crate) fn version_names(versions: &[TlsVersion]) -> String {
    let names: Vec<_> = versions.iter().map(|v| version_name(*v)).collect();
    match &names[..] {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
