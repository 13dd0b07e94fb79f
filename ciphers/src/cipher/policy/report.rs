//! What a policy says of what is there.

use std::fmt;

use crate::cipher::{Cipher, Severity};
use pyssl::TlsVersion;

/// What a [`Policy`](super::Policy) says of suites, versions, groups or keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    policy: Box<str>,
    not_compared: Vec<Aspect>,
    violations: Vec<Violation>,
}

/// What a [`Policy`](super::Policy) can say something of.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// Cipher suites and their order.
    Suites,
    /// Protocol versions.
    Versions,
    /// Groups for the key exchange.
    Groups,
    /// The sizes of keys.
    Keys,
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Aspect::Suites => "suites",
            Aspect::Versions => "versions",
            Aspect::Groups => "groups",
            Aspect::Keys => "key sizes",
        })
    }
}

/// Something that a [`Policy`](super::Policy) does not want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub(super) kind: ViolationKind,
    pub(super) section: Option<Box<str>>,
}

/// The kinds of [`Violation`].
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViolationKind {
    /// The policy lists the suites that may be there, and this is none of them.
    NotAllowed(Cipher),
    /// The policy says that suites like this must not be there.
    Forbidden {
        /// The suite.
        cipher: Cipher,
        /// The policy's words for it.
        rule: Box<str>,
    },
    /// The policy says that suites like this should not be there.
    Discouraged {
        /// The suite.
        cipher: Cipher,
        /// The policy's words for it.
        rule: Box<str>,
    },
    /// A suite without forward secrecy stands before one with it.
    Preference {
        /// The suite that stands first.
        worse: Cipher,
        /// The suite that should.
        better: Cipher,
    },
    /// None of the suites that the policy expects is there.
    NothingExpected,
    /// A protocol version is on that the policy does not have.
    Version(TlsVersion),
    /// The policy lists the groups that may be there, and this is none of them.
    Group(Box<str>),
    /// The policy expects this group.
    MissingGroup(Box<str>),
    /// A group is smaller than the policy wants.
    SmallGroup {
        /// Its name.
        group: Box<str>,
        /// Its size.
        bits: u32,
        /// The least that the policy accepts.
        least: u32,
    },
    /// No group, or no kind of key, has this name, so it could not be compared.
    UnknownName(Box<str>),
    /// A key is smaller than the policy wants.
    SmallKey {
        /// Its kind: `"rsa"`.
        key: Box<str>,
        /// Its size.
        bits: u32,
        /// The least that the policy accepts.
        least: u32,
    },
}

impl Report {
    pub(super) fn new(
        policy: &str,
        not_compared: Vec<Aspect>,
        violations: Vec<Violation>,
    ) -> Report {
        Report {
            policy: policy.into(),
            not_compared,
            violations,
        }
    }

    /// The name of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// What the policy does not want: suites in the order of the list, then the rest.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// What the policy speaks of and was not compared. A report says nothing about it.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{Aspect, CipherString, Policy};
    ///
    /// let suites = CipherString::parse("ECDHE+AESGCM")?.resolve()?.into_ciphers();
    /// let report = Policy::mozilla_intermediate().check(&suites, &[]);
    /// assert!(report.conforms());
    /// assert_eq!(report.not_compared(), [Aspect::Versions, Aspect::Groups]);
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    pub fn not_compared(&self) -> &[Aspect] {
        &self.not_compared
    }

    /// Says that something was not compared after all.
    pub(crate) fn leave_open(&mut self, aspect: Aspect) {
        if !self.not_compared.contains(&aspect) {
            self.not_compared.push(aspect);
        }
    }

    /// Whether nothing was found that the policy forbids; what it only discourages may be there.
    /// It says nothing of what was [not compared](Self::not_compared).
    pub fn conforms(&self) -> bool {
        self.violations
            .iter()
            .all(|v| v.severity() < Severity::Error)
    }

    /// Takes over what another report on the same policy says.
    pub fn extend(&mut self, other: Report) {
        self.violations.extend(other.violations);
        self.not_compared
            .retain(|aspect| other.not_compared.contains(aspect));
    }
}

impl Violation {
    /// What it is.
    pub fn kind(&self) -> &ViolationKind {
        &self.kind
    }

    /// Where the guideline says so, if the policy states it: `"4.1"`.
    pub fn section(&self) -> Option<&str> {
        self.section.as_deref()
    }

    /// An error for what must not be, a warning for what should not.
    pub fn severity(&self) -> Severity {
        match self.kind {
            ViolationKind::Discouraged { .. }
            | ViolationKind::NothingExpected
            | ViolationKind::MissingGroup(_) => Severity::Warning,
            _ => Severity::Error,
        }
    }
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
                write!(f, "{} must not be there: {rule}", cipher.name)
            }
            ViolationKind::Discouraged { cipher, rule } => {
                write!(f, "{} should not be there: {rule}", cipher.name)
            }
            ViolationKind::Preference { worse, better } => write!(
                f,
                "{} stands before {}, which has forward secrecy",
                worse.name, better.name
            ),
            ViolationKind::NothingExpected => {
                f.write_str("none of the recommended suites is there")
            }
            ViolationKind::Version(version) => write!(f, "{version} is on"),
            ViolationKind::Group(group) => {
                write!(f, "the group {group} is not in the guideline's list")
            }
            ViolationKind::UnknownName(name) => {
                write!(f, "nothing is known by the name `{name}`")
            }
            ViolationKind::MissingGroup(group) => write!(f, "the group {group} is not there"),
            ViolationKind::SmallGroup { group, bits, least } => {
                write!(
                    f,
                    "the group {group} has {bits} bits, {least} are the least"
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
                    "{article} {name} key has {bits} bits, {least} are the least"
                )
            }
        }
    }
}
