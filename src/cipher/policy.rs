use std::fmt;

use super::selector::Selector;
use super::{Cipher, Severity, Weakness, names};
use crate::constants::TlsVersion;

/// A guideline for cipher suites and protocol versions: one that comes with the crate, or the
/// user's own.
///
/// ```
/// use pyssl::cipher::{CipherString, Policy};
///
/// let suites = CipherString::parse("ECDHE+AESGCM:AES128-SHA")?.resolve()?.into_ciphers();
/// let report = Policy::mozilla_intermediate().check(&suites, &[]);
/// assert!(!report.conforms());
/// assert_eq!(report.violations()[0].to_string(), "AES128-SHA is not in the guideline's list");
/// # Ok::<(), pyssl::Error>(())
/// ```
///
/// A policy file has one statement a line, a keyword and its values; `#` begins a comment:
///
/// ```text
/// name     ours
/// title    What our servers may offer
/// version  3
/// source   https://wiki.example/tls
/// versions TLSv1.2 TLSv1.3
/// groups   X25519 prime256v1
/// allow    ECDHE-RSA-AES128-GCM-SHA256
/// forbid   rc4
/// avoid    kDHE
/// expect   TLS_AES_128_GCM_SHA256
/// ```
///
/// `allow`: if there are any, suites not named are violations. `forbid` and `avoid`: suites that
/// must not or should not be there, by the name of a suite (OpenSSL's or the registry's), a group
/// name of cipher strings (`kDHE`, `CAMELLIA`), or a weakness ([`Weakness::slug`]). `expect`: of
/// the suites named one at least should be there, unless TLS 1.2 is off and all of them need it.
#[derive(Debug, Clone)]
pub struct Policy {
    name: Box<str>,
    title: Box<str>,
    version: Box<str>,
    date: Option<Box<str>>,
    source: Box<str>,
    versions: Vec<TlsVersion>,
    groups: Vec<Box<str>>,
    allow: Vec<Box<str>>,
    forbid: Vec<Pattern>,
    avoid: Vec<Pattern>,
    expect: Vec<Box<str>>,
}

#[derive(Debug, Clone)]
enum Pattern {
    Weakness(Weakness),
    Group(&'static str, Selector),
    Suite(Box<str>),
}

/// Why a policy file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct PolicyError {
    line: usize,
    message: Box<str>,
}

/// What a [`Policy`] says of a list of suites.
#[derive(Debug, Clone)]
pub struct Report {
    policy: Box<str>,
    violations: Vec<Violation>,
}

/// Something that a [`Policy`] does not want.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// The policy lists the suites that may be there, and this is none of them.
    NotAllowed(Cipher),
    /// The policy says that suites like this must not be there.
    Forbidden {
        /// The suite.
        cipher: Cipher,
        /// The policy's word for it.
        rule: Box<str>,
    },
    /// The policy says that suites like this should not be there.
    Discouraged {
        /// The suite.
        cipher: Cipher,
        /// The policy's word for it.
        rule: Box<str>,
    },
    /// None of the suites that the policy expects is there.
    NothingExpected,
    /// A protocol version is on that the policy does not have.
    Version(TlsVersion),
}

impl Policy {
    /// Mozilla's guidelines, version 6.0: the configuration for modern clients, TLS 1.3 only.
    pub fn mozilla_modern() -> Policy {
        Policy::built_in(include_str!("policies/mozilla-modern.txt"))
    }

    /// Mozilla's guidelines, version 6.0: the configuration for general use.
    pub fn mozilla_intermediate() -> Policy {
        Policy::built_in(include_str!("policies/mozilla-intermediate.txt"))
    }

    /// RFC 9325, the IETF's recommendations of 2022 (BCP 195).
    pub fn rfc9325() -> Policy {
        Policy::built_in(include_str!("policies/rfc9325.txt"))
    }

    /// The policies that come with the crate.
    pub fn all() -> Vec<Policy> {
        vec![
            Policy::mozilla_modern(),
            Policy::mozilla_intermediate(),
            Policy::rfc9325(),
        ]
    }

    /// The policy of this name among those that come with the crate: `"mozilla-intermediate"`.
    pub fn named(name: &str) -> Option<Policy> {
        Policy::all()
            .into_iter()
            .find(|policy| policy.name() == name)
    }

    #[allow(
        clippy::expect_used,
        reason = "the files are part of the crate, and tested"
    )]
    fn built_in(text: &str) -> Policy {
        Policy::parse(text).expect("a policy file of the crate")
    }

    /// Reads a policy file; the type's documentation has the format.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the line, if a keyword, a version or a weakness is unknown, or name,
    /// version or source are missing.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let mut policy = Policy {
            name: Box::default(),
            title: Box::default(),
            version: Box::default(),
            date: None,
            source: Box::default(),
            versions: Vec::new(),
            groups: Vec::new(),
            allow: Vec::new(),
            forbid: Vec::new(),
            avoid: Vec::new(),
            expect: Vec::new(),
        };
        let mut last = 0;
        for (number, line) in (1..).zip(text.lines()) {
            last = number;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            policy.read_line(line).map_err(|message| PolicyError {
                line: number,
                message: message.into(),
            })?;
        }
        for (what, value) in [
            ("name", &policy.name),
            ("version", &policy.version),
            ("source", &policy.source),
        ] {
            if value.is_empty() {
                let message = format!("the file states no `{what}`").into();
                return Err(PolicyError {
                    line: last,
                    message,
                });
            }
        }
        Ok(policy)
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        let (keyword, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("`{keyword}` has no value"));
        }
        let mut words = value.split_whitespace();
        match keyword {
            "name" => self.name = value.into(),
            "title" => self.title = value.into(),
            "version" => self.version = value.into(),
            "date" => self.date = Some(value.into()),
            "source" => self.source = value.into(),
            "versions" => {
                for word in words {
                    self.versions.push(version(word)?);
                }
            }
            "groups" => self.groups.extend(words.map(Box::from)),
            "allow" => self.allow.extend(words.map(Box::from)),
            "expect" => self.expect.extend(words.map(Box::from)),
            "forbid" => self.forbid.extend(words.map(Pattern::new)),
            "avoid" => self.avoid.extend(words.by_ref().map(Pattern::new)),
            _ => return Err(format!("`{keyword}` is no keyword")),
        }
        Ok(())
    }

    /// The short name: `"mozilla-intermediate"`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name in words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The guideline's own version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When that version appeared.
    pub fn date(&self) -> Option<&str> {
        self.date.as_deref()
    }

    /// Where the guideline stands.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The protocol versions that it has; empty if it says nothing of them.
    pub fn versions(&self) -> &[TlsVersion] {
        &self.versions
    }

    /// The key-exchange groups that it has, in order; empty if it says nothing of them.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.groups.iter().map(|group| &**group)
    }

    /// Compares a list of suites, TLS 1.3 included, and the protocol versions that are on.
    ///
    /// Without versions, only the suites are compared. With them, suites of a version that is
    /// off do not count, as they cannot be used.
    pub fn check(&self, ciphers: &[Cipher], versions: &[TlsVersion]) -> Report {
        let mut violations = Vec::new();
        let tls13 = versions.is_empty() || versions.contains(&TlsVersion::TLSv1_3);
        let older = versions.is_empty() || versions.iter().any(|v| *v < TlsVersion::TLSv1_3);
        let usable = |c: &&Cipher| if c.is_tls13() { tls13 } else { older };
        for cipher in ciphers.iter().filter(usable) {
            let clone = || cipher.clone();
            if let Some(rule) = self.forbid.iter().find(|p| p.matches(cipher)) {
                violations.push(Violation::Forbidden {
                    cipher: clone(),
                    rule: rule.word(),
                });
            } else if !self.allow.is_empty() && !self.allow.iter().any(|n| is_named(cipher, n)) {
                violations.push(Violation::NotAllowed(clone()));
            } else if let Some(rule) = self.avoid.iter().find(|p| p.matches(cipher)) {
                violations.push(Violation::Discouraged {
                    cipher: clone(),
                    rule: rule.word(),
                });
            }
        }
        let expects = |c: &Cipher| self.expect.iter().any(|name| is_named(c, name));
        let for_tls13 = self.expect.iter().any(|name| names::is_tls13_suite(name));
        let counts = !self.expect.is_empty() && (older || for_tls13);
        if counts && !ciphers.iter().filter(usable).any(expects) {
            violations.push(Violation::NothingExpected);
        }
        let wrong = |v: &&TlsVersion| !self.versions.is_empty() && !self.versions.contains(v);
        violations.extend(
            versions
                .iter()
                .filter(wrong)
                .map(|v| Violation::Version(*v)),
        );
        Report {
            policy: self.name.clone(),
            violations,
        }
    }
}

/// The version of this name in policy files and in profiles.
pub(crate) fn version(word: &str) -> Result<TlsVersion, String> {
    Ok(match word {
        "SSLv3" => TlsVersion::SSLv3,
        "TLSv1" | "TLSv1.0" => TlsVersion::TLSv1,
        "TLSv1.1" => TlsVersion::TLSv1_1,
        "TLSv1.2" => TlsVersion::TLSv1_2,
        "TLSv1.3" => TlsVersion::TLSv1_3,
        _ => return Err(format!("`{word}` is no version; TLSv1.2 is")),
    })
}

fn is_named(cipher: &Cipher, name: &str) -> bool {
    cipher.name == name || cipher.standard_name == Some(name)
}

impl Pattern {
    fn new(word: &str) -> Pattern {
        if let Some(weakness) = Weakness::from_slug(word) {
            return Pattern::Weakness(weakness);
        }
        match names::alias(word) {
            Some(alias) => Pattern::Group(alias.name, alias.selector()),
            None => Pattern::Suite(word.into()),
        }
    }

    fn matches(&self, cipher: &Cipher) -> bool {
        match self {
            Pattern::Weakness(weakness) => cipher.weaknesses().contains(weakness),
            Pattern::Group(_, selector) => selector.selects(0, &Selector::of_suite(cipher)),
            Pattern::Suite(name) => is_named(cipher, name),
        }
    }

    fn word(&self) -> Box<str> {
        match self {
            Pattern::Weakness(weakness) => weakness.to_string().into(),
            Pattern::Group(name, _) => (*name).into(),
            Pattern::Suite(name) => name.clone(),
        }
    }
}

impl PolicyError {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl Report {
    /// The name of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// What the policy does not want, in the order of the suites.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Whether nothing is there that the policy forbids; what it only discourages may be.
    pub fn conforms(&self) -> bool {
        self.violations
            .iter()
            .all(|v| v.severity() < Severity::Error)
    }
}

impl Violation {
    /// An error for what must not be, a warning for what should not.
    pub fn severity(&self) -> Severity {
        match self {
            Violation::NotAllowed(_) | Violation::Forbidden { .. } | Violation::Version(_) => {
                Severity::Error
            }
            Violation::Discouraged { .. } | Violation::NothingExpected => Severity::Warning,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::NotAllowed(c) => write!(f, "{} is not in the guideline's list", c.name),
            Violation::Forbidden { cipher, rule } => {
                write!(f, "{} must not be there ({rule})", cipher.name)
            }
            Violation::Discouraged { cipher, rule } => {
                write!(f, "{} should not be there ({rule})", cipher.name)
            }
            Violation::NothingExpected => f.write_str("none of the recommended suites is there"),
            Violation::Version(version) => write!(f, "{version:?} is on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::CipherString;

    fn suites(text: &str) -> Vec<Cipher> {
        CipherString::parse(text)
            .unwrap()
            .resolve()
            .unwrap()
            .into_ciphers()
    }

    #[test]
    fn the_policies_of_the_crate_state_their_source() {
        for policy in Policy::all() {
            assert!(policy.source().starts_with("https://"), "{policy:?}");
            assert!(!policy.title().is_empty() && policy.date().is_some());
            assert_eq!(
                Policy::named(policy.name()).unwrap().title(),
                policy.title()
            );
        }
    }

    #[test]
    fn modern_wants_tls13_alone() {
        let modern = Policy::mozilla_modern();
        let list = suites("ECDHE+AESGCM");
        assert!(!modern.check(&list, &[]).conforms());
        assert!(modern.check(&list, &[TlsVersion::TLSv1_3]).conforms());
        let report = modern.check(&list, &[TlsVersion::TLSv1_2, TlsVersion::TLSv1_3]);
        assert!(
            report
                .violations()
                .contains(&Violation::Version(TlsVersion::TLSv1_2))
        );
    }

    #[test]
    fn rfc9325_tells_must_from_should() {
        let rfc = Policy::rfc9325();
        assert!(
            rfc.check(&suites("ECDHE+AESGCM"), &[])
                .violations()
                .is_empty()
        );
        let report = rfc.check(&suites("AES128-SHA:DHE-RSA-AES128-SHA"), &[]);
        assert!(report.conforms());
        assert_eq!(report.violations().len(), 3);
        assert!(!rfc.check(&suites("NULL-SHA"), &[]).conforms());
    }

    #[test]
    fn a_file_of_ones_own_is_read() {
        let text = "name a\nversion 1\nsource https://example.org\nversions TLSv1.2\n\
                    forbid AES128-SHA CAMELLIA\n";
        let policy = Policy::parse(text).unwrap();
        let report = policy.check(&suites("AES128-SHA:AES256-SHA:CAMELLIA"), &[]);
        let camellia = suites("AES256-SHA:CAMELLIA").len() - suites("AES256-SHA").len();
        assert_eq!(report.violations().len(), 1 + camellia);
        assert_eq!(Policy::parse("name a\nfoo b").unwrap_err().line(), 2);
        assert_eq!(
            Policy::parse("").unwrap_err().to_string(),
            "line 0: the file states no `name`"
        );
        assert!(Policy::parse("versions TLSv2").is_err());
    }
}
