//! The rules of a policy for the certificate of a server.

use serde::Deserialize;

use super::{Aspect, Policy, Report, ViolationKind, same_group};
use crate::words::GroupName;

/// What the certificate of a server must have.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificates {
    #[serde(default)]
    kinds: Vec<Kind>,
    #[serde(default)]
    curves: Vec<GroupName>,
    #[serde(default)]
    signatures: Vec<Box<str>>,
    days: Option<u32>,
}

/// The kind of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Rsa,
    Ecdsa,
    Dsa,
    Ed25519,
    Ed448,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Rsa => "rsa",
            Kind::Ecdsa => "ecdsa",
            Kind::Dsa => "dsa",
            Kind::Ed25519 => "ed25519",
            Kind::Ed448 => "ed448",
        }
    }
}

/// The facts about a certificate that a [`Policy`] compares.
///
/// ```
/// use pyssl_ciphers::cipher::{CertificateFacts, Policy};
///
/// let policy = Policy::named("mozilla-intermediate@5.8").unwrap();
/// let facts = CertificateFacts::new("rsa", "sha1WithRSAEncryption", 400);
/// let found = policy.check_certificate(&facts);
/// let found: Vec<_> = found.violations().iter().map(ToString::to_string).collect();
/// assert_eq!(found, [
///     "the certificate is signed with sha1WithRSAEncryption",
///     "the certificate is valid for 400 days; the maximum is 366",
/// ]);
/// ```
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    kind: Box<str>,
    curve: Option<Box<str>>,
    signature: Box<str>,
    days: u32,
}

impl CertificateFacts {
    /// The facts: the kind of the certificate's key (`"rsa"`, `"ecdsa"`, `"dsa"`, `"ed25519"`,
    /// `"ed448"`), OpenSSL's long name of its signature algorithm, and the days of its validity.
    pub fn new(kind: &str, signature: &str, days: u32) -> CertificateFacts {
        CertificateFacts {
            kind: kind.into(),
            curve: None,
            signature: signature.into(),
            days,
        }
    }

    /// Adds the curve of the certificate's key, by any of the curve's names.
    #[must_use]
    pub fn curve(mut self, curve: &str) -> CertificateFacts {
        self.curve = Some(curve.into());
        self
    }
}

impl Policy {
    /// Compares the certificate of a server.
    pub fn check_certificate(&self, facts: &CertificateFacts) -> Report {
        let mut violations = Vec::new();
        for rule in &self.rules {
            let Some(wanted) = &rule.certificates else {
                continue;
            };
            let mut found = Vec::new();
            let kinds = &wanted.kinds;
            if !kinds.is_empty() && !kinds.iter().any(|kind| kind.name() == &*facts.kind) {
                found.push(ViolationKind::CertificateKind(facts.kind.clone()));
            }
            if let Some(curve) = facts.curve.as_ref().filter(|_| !wanted.curves.is_empty()) {
                if !wanted
                    .curves
                    .iter()
                    .any(|allowed| same_group(&allowed.0, curve))
                {
                    found.push(ViolationKind::CertificateCurve(curve.clone()));
                }
            }
            let mut signatures = wanted.signatures.iter().map(|name| &**name);
            let is_own = |name: &str| name.eq_ignore_ascii_case(&facts.signature);
            if !wanted.signatures.is_empty() && !signatures.any(is_own) {
                found.push(ViolationKind::CertificateSignature(facts.signature.clone()));
            }
            if let Some(most) = wanted.days.filter(|most| facts.days > *most) {
                let days = facts.days;
                found.push(ViolationKind::CertificateLifetime { days, most });
            }
            violations.extend(found.into_iter().map(|kind| rule.violated(kind)));
        }
        self.report([Aspect::Certificates], violations)
    }
}
