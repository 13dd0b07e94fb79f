//! The result of a comparison with a policy.

use std::fmt;

use pyssl::TlsVersion;
use serde::{Deserialize, Serialize, Serializer};

use super::{About, Policy};
use crate::cipher::{Cipher, Severity};
use crate::serial::fields;

/// The result of comparing suites, versions, groups or keys with a [`Policy`](super::Policy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    about: About,
    not_compared: Vec<Aspect>,
    /// The aspects of `not_compared` of which a part was compared. Further comparisons do not complete them.
    left_open: Vec<Aspect>,
    violations: Vec<Violation>,
}

/// A subject on which a [`Policy`](super::Policy) can have rules.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// Cipher suites and their order.
    Suites,
    /// Protocol versions.
    Versions,
    /// Groups for the key exchange.
    Groups,
    /// Signature schemes of the handshake.
    Signatures,
    /// The sizes of keys.
    Keys,
    /// The kind, curve, signature and lifetime of the server's certificate, and the digests of the intermediates' signatures.
    Certificates,
    /// Features of TLS 1.2 and older versions.
    Features,
}

impl Aspect {
    pub(super) const ALL: [Aspect; 7] = [
        Aspect::Suites,
        Aspect::Versions,
        Aspect::Groups,
        Aspect::Signatures,
        Aspect::Keys,
        Aspect::Certificates,
        Aspect::Features,
    ];
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Aspect::Suites => "suites",
            Aspect::Versions => "versions",
            Aspect::Groups => "groups",
            Aspect::Signatures => "signatures",
            Aspect::Keys => "key sizes",
            Aspect::Certificates => "certificates",
            Aspect::Features => "features",
        })
    }
}

impl Serialize for Aspect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A feature of versions before TLS 1.3, for which a [`Policy`](super::Policy) can have rules.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// The extended master secret (RFC 7627).
    ExtendedMasterSecret,
    /// Secure renegotiation (RFC 5746).
    SecureRenegotiation,
    /// Compression of records (RFC 3749).
    Compression,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Feature::ExtendedMasterSecret => "the extended master secret",
            Feature::SecureRenegotiation => "secure renegotiation",
            Feature::Compression => "compression",
        })
    }
}

/// A difference from a [`Policy`](super::Policy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub(super) kind: ViolationKind,
    pub(super) section: Option<Box<str>>,
}

/// The kinds of [`Violation`].
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViolationKind {
    /// This suite is not among those that the policy allows.
    NotAllowed(Cipher),
    /// The policy forbids suites of this kind.
    Forbidden {
        /// The suite.
        cipher: Cipher,
        /// The entries of the policy's `forbid` that match the suite, with commas between them.
        rule: Box<str>,
    },
    /// The policy advises against suites of this kind.
    Discouraged {
        /// The suite.
        cipher: Cipher,
        /// The entries of the policy's `avoid` that match the suite, with commas between them.
        rule: Box<str>,
    },
    /// A suite without forward secrecy is preferred to one with it.
    Preference {
        /// The suite that comes first.
        worse: Cipher,
        /// The suite that should come first.
        better: Cipher,
    },
    /// None of the suites that the policy recommends is on.
    NothingExpected,
    /// This version is on, and the policy does not allow it.
    Version(TlsVersion),
    /// SSL 2.0 is on.
    Ssl2,
    /// This version is off, and the policy requires it.
    MissingVersion(TlsVersion),
    /// The certificate's key is of a kind that the policy does not allow.
    CertificateKind(Box<str>),
    /// The certificate's key is on a curve that the policy does not allow.
    CertificateCurve(Box<str>),
    /// The certificate's EC key states the parameters of its curve, which certificates must not do (RFC 5480, section
    /// 2.1.1). The policy has a rule on curves.
    UnnamedCurve,
    /// The certificate is signed with an algorithm that the policy does not allow.
    CertificateSignature(Box<str>),
    /// An intermediate certificate is signed with an algorithm that the policy does not allow.
    IntermediateSignature(Box<str>),
    /// The certificate is valid for too long.
    CertificateLifetime {
        /// The validity of the certificate in days.
        days: u32,
        /// The most that the policy accepts.
        most: u32,
    },
    /// This group is not among those that the policy allows.
    Group(Box<str>),
    /// This signature scheme is not among those that the policy allows for the handshake.
    Signature(Box<str>),
    /// This signature scheme of the handshake has a digest that the policy forbids.
    SignatureDigest(Box<str>),
    /// The policy requires or recommends a feature that is off, or forbids or discourages a feature that is on.
    Feature {
        /// The feature.
        feature: Feature,
        /// Whether the feature is on.
        is_on: bool,
        /// Whether the rule is a recommendation and not a requirement.
        is_advice: bool,
    },
    /// The policy recommends this group, and it is not on.
    MissingGroup(Box<str>),
    /// A group is smaller than the policy requires.
    SmallGroup {
        /// The name of the group.
        group: Box<str>,
        /// The size of the group in bits.
        bits: u32,
        /// The least that the policy accepts.
        least: u32,
    },
    /// This name is not a known group, signature scheme or kind of key, so it was not compared.
    UnknownName(Box<str>),
    /// A key is smaller than the policy requires.
    SmallKey {
        /// The kind of the key: `"rsa"`.
        key: Box<str>,
        /// The size of the key in bits.
        bits: u32,
        /// The least that the policy accepts.
        least: u32,
    },
}

impl Report {
    pub(super) fn new(
        about: About,
        not_compared: Vec<Aspect>,
        violations: Vec<Violation>,
    ) -> Report {
        Report {
            about,
            not_compared,
            left_open: Vec::new(),
            violations,
        }
    }

    /// The name of the policy.
    pub fn policy(&self) -> &str {
        &self.about.name
    }

    /// The name of the policy in words, or its short name if it has no title.
    pub fn title(&self) -> &str {
        match &*self.about.title {
            "" => &self.about.name,
            title => title,
        }
    }

    /// The version of the guideline.
    pub fn version(&self) -> &str {
        &self.about.version
    }

    /// The address of the guideline.
    pub fn source(&self) -> &str {
        &self.about.source
    }

    /// The differences from the policy: suites in the order of the list, then the rest.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The aspects that the policy has rules on and that were not compared.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{Aspect, CipherString, Policy};
    ///
    /// let suites = CipherString::parse("ECDHE+AESGCM")?.resolve()?.into_ciphers();
    /// let report = Policy::mozilla_intermediate().check(&suites, &[]);
    /// assert!(report.conforms());
    /// assert_eq!(report.not_compared(), [Aspect::Versions, Aspect::Groups, Aspect::Keys, Aspect::Certificates]);
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    pub fn not_compared(&self) -> &[Aspect] {
        &self.not_compared
    }

    /// Records that an aspect was not compared completely, if the policy has rules on it.
    /// Violations that report missing suites, groups or versions of this aspect are dropped, because
    /// they may be present. A later [`extend`](Self::extend) does not change this.
    pub fn leave_open(&mut self, policy: &Policy, aspect: Aspect) {
        if policy.covers(aspect) && !self.left_open.contains(&aspect) {
            self.left_open.push(aspect);
        }
        if policy.covers(aspect) && !self.not_compared.contains(&aspect) {
            self.not_compared.push(aspect);
        }
        self.drop_missing(aspect);
    }

    fn drop_missing(&mut self, aspect: Aspect) {
        self.violations.retain(|violation| {
            !matches!(
                (aspect, &violation.kind),
                (Aspect::Suites, ViolationKind::NothingExpected)
                    | (Aspect::Groups, ViolationKind::MissingGroup(_))
                    | (Aspect::Versions, ViolationKind::MissingVersion(_))
            )
        });
    }

    /// Whether no violation is an error. Warnings are ignored: they are for settings that the
    /// policy only advises against. Aspects that were [not compared](Self::not_compared) are
    /// ignored too.
    pub fn conforms(&self) -> bool {
        self.violations
            .iter()
            .all(|v| v.severity() < Severity::Error)
    }

    /// Whether no violation is an error; `None` if the aspects that were not compared could still
    /// violate the policy. This is `conforms` in JSON.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{CipherString, Policy};
    ///
    /// let check = |text: &str| -> Result<_, pyssl_ciphers::cipher::CipherStringError> {
    ///     let suites = CipherString::parse(text)?.resolve()?.into_ciphers();
    ///     Ok(Policy::mozilla_intermediate().check(&suites, &[]))
    /// };
    /// // The versions, groups, keys and certificates were not compared.
    /// assert_eq!(check("ECDHE+AESGCM")?.verdict(), None);
    /// assert_eq!(check("AES128-SHA")?.verdict(), Some(false));
    /// # Ok::<(), pyssl_ciphers::cipher::CipherStringError>(())
    /// ```
    pub fn verdict(&self) -> Option<bool> {
        let is_known = !self.conforms() || self.not_compared.is_empty();
        is_known.then_some(self.conforms())
    }

    /// Adds the result of another comparison with the same policy.
    pub fn extend(&mut self, other: Report) {
        self.violations.extend(other.violations);
        for aspect in other.left_open {
            if !self.left_open.contains(&aspect) {
                self.left_open.push(aspect);
            }
        }
        let mut open = std::mem::take(&mut self.not_compared);
        open.retain(|aspect| other.not_compared.contains(aspect));
        for aspect in self.left_open.clone() {
            if !open.contains(&aspect) {
                open.push(aspect);
            }
            self.drop_missing(aspect);
        }
        self.not_compared = open;
    }
}

impl Violation {
    /// The kind of violation.
    pub fn kind(&self) -> &ViolationKind {
        &self.kind
    }

    /// The section of the guideline, if the policy names it: `"4.1"`.
    pub fn section(&self) -> Option<&str> {
        self.section.as_deref()
    }

    /// An error if the policy forbids the setting, a warning if the policy only advises against it.
    pub fn severity(&self) -> Severity {
        match self.kind {
            ViolationKind::Discouraged { .. }
            | ViolationKind::NothingExpected
            | ViolationKind::MissingGroup(_)
            | ViolationKind::Feature {
                is_advice: true, ..
            } => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

fields! {
    /// The policy's `name`, `title`, `version`, `date` and `source`, then `conforms`,
    /// `not_compared` and `violations`. `conforms` is null if no violation is an error, but
    /// something was not compared.
    Report, this:
    name = this.about.name,
    title = this.about.title,
    version = this.about.version,
    date = this.about.date,
    source = this.about.source,
    conforms = this.verdict(),
    not_compared = this.not_compared,
    violations = this.violations,
}

fields! {
    /// `severity`, `section` and `message`.
    Violation, this:
    severity = this.severity(),
    section = this.section(),
    message = this.to_string(),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.section() {
            Some(section) if section.contains(" and ") => write!(f, " (sections {section})"),
            Some(section) => write!(f, " (section {section})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ViolationKind::NotAllowed(c) => write!(f, "{} is not in the guideline's list", c.name),
            ViolationKind::Forbidden { cipher, rule } => {
                write!(f, "{} is forbidden: {rule}", cipher.name)
            }
            ViolationKind::Discouraged { cipher, rule } => {
                write!(f, "{} is discouraged: {rule}", cipher.name)
            }
            ViolationKind::Preference { worse, better } => write!(
                f,
                "{} is preferred to {}, which has forward secrecy",
                worse.name, better.name
            ),
            ViolationKind::NothingExpected => f.write_str("none of the recommended suites is on"),
            ViolationKind::Version(version) => write!(f, "{version} is on"),
            ViolationKind::Ssl2 => f.write_str("SSL 2.0 is on"),
            ViolationKind::MissingVersion(version) => {
                write!(f, "{version} is off, and must be on")
            }
            ViolationKind::CertificateKind(kind) => {
                write!(f, "the certificate has a key of the kind {kind}")
            }
            ViolationKind::CertificateCurve(curve) => {
                write!(f, "the certificate's key is on the curve {curve}")
            }
            ViolationKind::UnnamedCurve => f.write_str(
                "the certificate's key states the parameters of its curve instead of a name",
            ),
            ViolationKind::CertificateSignature(name) => {
                write!(f, "the certificate is signed with {name}")
            }
            ViolationKind::IntermediateSignature(name) => {
                write!(f, "an intermediate certificate is signed with {name}")
            }
            ViolationKind::CertificateLifetime { days, most } => write!(
                f,
                "the certificate is valid for {days} days; the maximum is {most}"
            ),
            ViolationKind::Group(group) => {
                write!(f, "the group {group} is not in the guideline's list")
            }
            ViolationKind::Signature(name) => {
                write!(
                    f,
                    "the signature scheme {name} is not in the guideline's list"
                )
            }
            ViolationKind::SignatureDigest(name) => {
                write!(f, "the digest of the signature scheme {name} is forbidden")
            }
            ViolationKind::Feature { feature, is_on, .. } => {
                write!(f, "{feature} is {}", if *is_on { "on" } else { "off" })
            }
            ViolationKind::UnknownName(name) => {
                write!(f, "`{name}` is unknown, so it was not compared")
            }
            ViolationKind::MissingGroup(group) => {
                write!(f, "the recommended group {group} is not on")
            }
            ViolationKind::SmallGroup { group, bits, least } => {
                write!(
                    f,
                    "the group {group} has {bits} bits; the minimum is {least}"
                )
            }
            ViolationKind::SmallKey { key, bits, least } => {
                let (article, name) = match &**key {
                    "rsa" => ("an", "RSA"),
                    "dsa" => ("a", "DSA"),
                    "ec" => ("an", "EC"),
                    _ => ("a", "DH"),
                };
                write!(
                    f,
                    "{article} {name} key has {bits} bits; the minimum is {least}"
                )
            }
        }
    }
}
