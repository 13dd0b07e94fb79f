mod certificates;
mod digests;
mod features;
mod keys;
mod pattern;
mod report;
mod signatures;

pub use certificates::CertificateFacts;
use certificates::Certificates;
use digests::Digest;
use keys::Keys;
use pattern::Pattern;
pub use report::{Aspect, Feature, Report, Violation, ViolationKind};

use pyssl::TlsVersion;
use serde::Deserialize;

use super::Cipher;
use super::group::Group;
use super::names;
use super::weakness::{is_in_order, out_of_order};
use crate::data::{self, DataError};
use crate::words::{GroupName, SignatureName, Suite, Text, Version};

/// A guideline for cipher suites, protocol versions, groups and keys: one that comes with the
/// crate, or one of your own.
///
/// ```
/// use pyssl_ciphers::cipher::{CipherString, Policy};
///
/// let suites = CipherString::parse("ECDHE+AESGCM:AES128-SHA")?.resolve()?.into_ciphers();
/// let report = Policy::mozilla_intermediate().check(&suites, &[]);
/// assert!(!report.conforms());
/// assert_eq!(report.violations()[0].to_string(), "AES128-SHA is not in the guideline's list");
///
/// let report = Policy::rfc9325().check(&suites, &[]);
/// assert_eq!(
///     report.violations()[0].to_string(),
///     "AES128-SHA is discouraged: static RSA, CBC with SHA-1 (sections 4.1 and 4.2)",
/// );
/// # Ok::<(), pyssl::Error>(())
/// ```
///
/// A policy file is TOML. `name`, `version` and `source` are required, and at least one rule. With
/// `extends`, the rules of a policy of the crate hold too:
///
/// ```
/// # let policy = pyssl_ciphers::cipher::Policy::parse(r#"
/// name = "ours"
/// title = "The rules for our servers"
/// version = "3"
/// date = "2026-11-30"
/// source = "https://wiki.example/tls"
///
/// [[rule]]
/// section = "2"
/// versions = ["TLSv1.2", "TLSv1.3"]
/// forbid = ["rc4", "CAMELLIA"]
/// avoid = ["kDHE"]
/// prefer = ["forward-secrecy"]
/// expect = ["TLS_AES_128_GCM_SHA256"]
///
/// [[rule]]
/// section = "3"
/// groups = ["x25519", "secp256r1"]
/// expect-groups = ["secp256r1"]
/// keys = { rsa = 3072, ec = 256, dh = 2048 }
/// # "#)?;
/// # assert_eq!(policy.groups().count(), 2);
/// # Ok::<(), pyssl_ciphers::DataError>(())
/// ```
///
/// | key of a rule | meaning |
/// |---|---|
/// | `section` | where the guideline states this rule |
/// | `versions` | the versions that may be on: SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 |
/// | `allow` | the suites that may be on; every other suite is a violation |
/// | `forbid`, `avoid` | suites that must not be on, or should not: the name of a suite (OpenSSL's or the registry's), a name for several suites in cipher strings (`kDHE`, `CAMELLIA`), a weakness ([`Weakness::slug`](crate::cipher::Weakness::slug)), or several of them that must all fit, with a plus sign between them (`kRSA+AESGCM`) |
/// | `prefer` | `forward-secrecy`: no suite without it may be preferred to one that has it |
/// | `expect` | at least one of these suites should be on, unless TLS 1.2 is off and all of them need it |
/// | `groups` | the groups that may be on; every other group is a violation |
/// | `expect-groups` | each of these groups should be on |
/// | `signatures` | the signature schemes of the handshake that may be on: names of the TLS registry (`rsa_pss_rsae_sha256`) or OpenSSL's (`RSA-PSS+SHA256`) |
/// | `forbid-digests` | the digests that signatures of the handshake must not have: `md5`, `sha1`, `sha224`, `sha3256` (SHA3-256), `sha512256` (SHA-512/256), `ripemd160`, `sm3` and others |
/// | `require-versions` | each of these versions must be on |
/// | `require-features`, `forbid-features`, `expect-features`, `avoid-features` | the features that must be on, must be off, should be on and should be off: `extended-master-secret`, `secure-renegotiation`, `compression` |
/// | `certificates` | what a server's certificate must have: `kinds` of keys (`ecdsa`, `rsa`, `dsa`, `ed25519`, `ed448`, `ml-dsa-44`, `ml-dsa-65`, `ml-dsa-87`), `curves`, `signatures`, no digest of `forbid-digests`, and at most `days` of validity |
/// | `keys` | the fewest bits for each kind of key: `rsa`, `dsa`, `ec`, and `dh` for finite-field parameters |
#[derive(Debug, Clone)]
pub struct Policy {
    about: About,
    rules: Vec<Rule>,
}

/// The name and origin of a policy, which reports repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
struct About {
    name: Box<str>,
    title: Box<str>,
    version: Box<str>,
    date: Option<Box<str>>,
    source: Box<str>,
}

/// A policy file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Text,
    #[serde(default)]
    title: Box<str>,
    version: Text,
    date: Option<Box<str>>,
    source: Text,
    /// The policy of the crate whose rules hold too.
    extends: Option<Text>,
    #[serde(deserialize_with = "data::list")]
    rule: Vec<Rule>,
}

/// One `[[rule]]` of a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rule {
    section: Option<Box<str>>,
    #[serde(default, deserialize_with = "data::list")]
    versions: Vec<Version>,
    #[serde(default, deserialize_with = "data::list")]
    allow: Vec<Suite>,
    #[serde(default, deserialize_with = "data::list")]
    forbid: Vec<Pattern>,
    #[serde(default, deserialize_with = "data::list")]
    avoid: Vec<Pattern>,
    #[serde(default, deserialize_with = "data::list")]
    prefer: Vec<Preference>,
    #[serde(default, deserialize_with = "data::list")]
    expect: Vec<Suite>,
    #[serde(default, deserialize_with = "data::list")]
    groups: Vec<GroupName>,
    #[serde(default, deserialize_with = "data::list")]
    require_versions: Vec<Version>,
    #[serde(default, deserialize_with = "data::list")]
    expect_groups: Vec<GroupName>,
    #[serde(default, deserialize_with = "data::list")]
    signatures: Vec<SignatureName>,
    #[serde(default)]
    keys: Keys,
    #[serde(default, deserialize_with = "data::list")]
    forbid_digests: Vec<Digest>,
    #[serde(default, deserialize_with = "data::list")]
    require_features: Vec<Feature>,
    #[serde(default, deserialize_with = "data::list")]
    forbid_features: Vec<Feature>,
    #[serde(default, deserialize_with = "data::list")]
    expect_features: Vec<Feature>,
    #[serde(default, deserialize_with = "data::list")]
    avoid_features: Vec<Feature>,
    certificates: Option<Certificates>,
}

/// An order of suites.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Preference {
    ForwardSecrecy,
}

/// The files of the policies that come with the crate.
const NEWEST: [&str; 13] = [
    include_str!("policies/mozilla-modern.toml"),
    include_str!("policies/mozilla-intermediate.toml"),
    include_str!("policies/mozilla-old.toml"),
    include_str!("policies/rfc9325.toml"),
    include_str!("policies/rfc9852.toml"),
    include_str!("policies/rfc9113.toml"),
    include_str!("policies/nist-800-52r2.toml"),
    include_str!("policies/bsi-tr-02102-2.toml"),
    include_str!("policies/anssi.toml"),
    include_str!("policies/ncsc-nl.toml"),
    include_str!("policies/pci-dss.toml"),
    include_str!("policies/fips-140-3.toml"),
    include_str!("policies/cnsa-2.0.toml"),
];

/// The files of earlier versions of these policies.
const EARLIER: [&str; 3] = [
    include_str!("policies/mozilla-modern-5.7.toml"),
    include_str!("policies/mozilla-intermediate-5.7.toml"),
    include_str!("policies/mozilla-old-5.7.toml"),
];

fn files() -> Vec<&'static str> {
    NEWEST.into_iter().chain(EARLIER).collect()
}

/// The files without the policies that they extend, each with its text.
fn headers<'a>(files: &[&'a str]) -> impl Iterator<Item = (File, &'a str)> {
    let read = |text: &&'a str| Some((data::read(text).ok()?, *text));
    files.iter().filter_map(read)
}

/// The text of the policy `name` or `name@version`.
fn find<'a>(name: &str, files: &[&'a str]) -> Option<&'a str> {
    let (name, version) = match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    };
    let is_named =
        |file: &File| &*file.name.0 == name && version.is_none_or(|v| &*file.version.0 == v);
    headers(files)
        .find(|(file, _)| is_named(file))
        .map(|(_, text)| text)
}

impl Policy {
    /// Mozilla's guidelines, version 6.0: the configuration for modern clients, TLS 1.3 only.
    pub fn mozilla_modern() -> Policy {
        Policy::built_in(include_str!("policies/mozilla-modern.toml"))
    }

    /// Mozilla's guidelines, version 6.0: the configuration for general use.
    pub fn mozilla_intermediate() -> Policy {
        Policy::built_in(include_str!("policies/mozilla-intermediate.toml"))
    }

    /// RFC 9325, the IETF's recommendations of 2022 (BCP 195).
    pub fn rfc9325() -> Policy {
        Policy::built_in(include_str!("policies/rfc9325.toml"))
    }

    /// The policies that come with the crate: the newest version of each.
    pub fn all() -> Vec<Policy> {
        NEWEST.map(Policy::built_in).into()
    }

    /// The names of the policies that come with the crate, with the versions of earlier ones:
    /// `"mozilla-intermediate@5.7"`.
    pub fn names() -> Vec<String> {
        let earlier =
            headers(&EARLIER).map(|(file, _)| format!("{}@{}", file.name.0, file.version.0));
        headers(&NEWEST)
            .map(|(file, _)| file.name.0.into())
            .chain(earlier)
            .collect()
    }

    /// The policy of this name among those that come with the crate: `"mozilla-intermediate"`, or with
    /// a version `"mozilla-intermediate@5.7"`.
    pub fn named(name: &str) -> Option<Policy> {
        find(name, &files()).map(Policy::built_in)
    }

    /// Reads a policy file; the type's documentation has the format.
    ///
    /// # Errors
    ///
    /// [`DataError`] with the line, if the text is not TOML, if a key, version, suite, group,
    /// weakness or kind of key is unknown, if a list is empty, or if `name`, `version`, `source` or
    /// the rules are missing.
    pub fn parse(text: &str) -> Result<Policy, DataError> {
        Policy::read(text, &files())
    }

    /// Reads a policy file, which may extend a policy of these files.
    fn read(text: &str, files: &[&str]) -> Result<Policy, DataError> {
        let file: File = data::read(text)?;
        let mut rules = match &file.extends {
            None => Vec::new(),
            Some(name) => match find(&name.0, files) {
                Some(extended) => Policy::read(extended, files)?.rules,
                None => {
                    let line = text.lines().position(|line| line.starts_with("extends"));
                    let known = Policy::names().join(", ");
                    let message = format!("`{}` is not a policy; the policies are {known}", name.0);
                    return Err(DataError::new(line.unwrap_or(0) + 1, message));
                }
            },
        };
        rules.extend(file.rule);
        let policy = Policy {
            about: About {
                name: file.name.0,
                title: file.title,
                version: file.version.0,
                date: file.date,
                source: file.source.0,
            },
            rules,
        };
        if Aspect::ALL.iter().all(|aspect| !policy.covers(*aspect)) {
            return Err(DataError::new(
                1,
                "no `[[rule]]` of the file requires anything",
            ));
        }
        Ok(policy)
    }

    #[allow(
        clippy::expect_used,
        reason = "the files are part of the crate, and tested"
    )]
    fn built_in(text: &str) -> Policy {
        Policy::parse(text).expect("a policy file of the crate")
    }

    /// The short name: `"mozilla-intermediate"`.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// The name in words.
    pub fn title(&self) -> &str {
        &self.about.title
    }

    /// The guideline's own version.
    pub fn version(&self) -> &str {
        &self.about.version
    }

    /// The date of the guideline's version.
    pub fn date(&self) -> Option<&str> {
        self.about.date.as_deref()
    }

    /// The address of the guideline.
    pub fn source(&self) -> &str {
        &self.about.source
    }

    /// The protocol versions that the policy allows; empty if it has no rule on versions.
    pub fn versions(&self) -> Vec<TlsVersion> {
        let all = self.rules.iter().flat_map(|rule| &rule.versions);
        all.map(|version| version.0).collect()
    }

    /// The suites that the policy allows; none if it does not list them.
    pub(super) fn allowed(&self) -> impl Iterator<Item = &str> {
        self.rules
            .iter()
            .flat_map(|rule| &rule.allow)
            .map(|suite| &*suite.0)
    }

    /// The suites of which the policy expects at least one.
    pub(super) fn expected(&self) -> impl Iterator<Item = &str> {
        self.rules
            .iter()
            .flat_map(|rule| &rule.expect)
            .map(|suite| &*suite.0)
    }

    /// The key-exchange groups that the policy allows, in order; empty if it has no rule on groups.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let all = self.rules.iter().flat_map(|rule| &rule.groups);
        all.map(|group| &*group.0)
    }

    /// Compares a list of suites, TLS 1.3 included, and the protocol versions that are on.
    ///
    /// Without versions, only the suites are compared. With versions, suites that need a disabled
    /// version are ignored, because they cannot be used.
    pub fn check(&self, ciphers: &[Cipher], versions: &[TlsVersion]) -> Report {
        let mut violations = Vec::new();
        let older = versions.is_empty() || versions.iter().any(|v| *v < TlsVersion::TLSv1_3);
        let usable = usable_in(versions);
        for cipher in ciphers.iter().filter(&usable) {
            violations.extend(self.check_suite(cipher));
        }
        let ordered = self.rules.iter().find(|rule| !rule.prefer.is_empty());
        if let Some((rule, (worse, better))) =
            ordered.zip(out_of_order(ciphers.iter().filter(&usable)))
        {
            let (worse, better) = (worse.clone(), better.clone());
            violations.push(rule.violated(ViolationKind::Preference { worse, better }));
        }
        let expecting: Vec<_> = self.stating(|rule| !rule.expect.is_empty()).collect();
        if let Some(first) = expecting.first() {
            let expected = || expecting.iter().flat_map(|rule| &rule.expect);
            let is_expected = |c: &Cipher| expected().any(|suite| is_named(c, &suite.0));
            let counts = older || expected().any(|suite| names::is_tls13_suite(&suite.0));
            if counts && !ciphers.iter().filter(&usable).any(is_expected) {
                violations.push(first.violated(ViolationKind::NothingExpected));
            }
        }
        let allowed = self.versions();
        if let Some(rule) = self.stating(|rule| !rule.versions.is_empty()).next() {
            for version in versions.iter().filter(|version| !allowed.contains(version)) {
                violations.push(rule.violated(ViolationKind::Version(*version)));
            }
        }
        if !versions.is_empty() {
            for rule in &self.rules {
                let missing = rule.require_versions.iter().map(|version| version.0);
                for version in missing.filter(|version| !versions.contains(version)) {
                    violations.push(rule.violated(ViolationKind::MissingVersion(version)));
                }
            }
        }
        let versions = (!versions.is_empty()).then_some(Aspect::Versions);
        let compared = [Some(Aspect::Suites), versions];
        self.report(compared.into_iter().flatten(), violations)
    }

    /// Compares suites that a server may have besides those of [`check`](Self::check), with an unknown place in the
    /// server's order. Each suite is compared by itself. If the policy has a rule on the order of such suites, or
    /// expects one of them, the report says that the suites were [not compared](Report::not_compared) completely.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{CipherString, Policy};
    ///
    /// let string = CipherString::parse("ECDHE+AESGCM:EXP-RC4-MD5")?;
    /// let policy = Policy::named("pci-dss").unwrap();
    /// let mut report = policy.check(string.resolve()?.ciphers(), &[]);
    /// assert!(report.conforms());
    /// report.extend(policy.check_more(string.absent().ciphers(), &[]));
    /// assert!(!report.conforms());
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    pub fn check_more(&self, ciphers: &[Cipher], versions: &[TlsVersion]) -> Report {
        let ciphers = ciphers.iter().filter(usable_in(versions));
        let violations = ciphers
            .clone()
            .filter_map(|cipher| self.check_suite(cipher));
        let mut report = self.report([Aspect::Suites], violations.collect());
        let is_ordered = self.rules.iter().any(|rule| !rule.prefer.is_empty());
        let is_expected = |c: &Cipher| self.expected().any(|suite| is_named(c, suite));
        let mut ciphers = ciphers;
        if ciphers.any(|cipher| is_ordered && is_in_order(cipher) || is_expected(cipher)) {
            report.leave_open(self, Aspect::Suites);
        }
        report
    }

    /// The rules that match.
    fn stating(&self, states: impl Fn(&Rule) -> bool) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| states(rule))
    }

    /// Whether the policy has rules on an aspect.
    pub fn covers(&self, aspect: Aspect) -> bool {
        self.rules.iter().any(|rule| match aspect {
            Aspect::Suites => {
                !(rule.allow.is_empty()
                    && rule.forbid.is_empty()
                    && rule.avoid.is_empty()
                    && rule.expect.is_empty()
                    && rule.prefer.is_empty())
            }
            Aspect::Versions => !(rule.versions.is_empty() && rule.require_versions.is_empty()),
            Aspect::Groups => !(rule.groups.is_empty() && rule.expect_groups.is_empty()),
            Aspect::Signatures => !(rule.signatures.is_empty() && rule.forbid_digests.is_empty()),
            Aspect::Keys => rule.keys != Keys::default(),
            Aspect::Certificates => {
                let certificates = rule.certificates.as_ref();
                certificates.is_some_and(Certificates::has_rules)
            }
            Aspect::Features => rule.has_features(),
        })
    }

    fn report(
        &self,
        compared: impl IntoIterator<Item = Aspect>,
        violations: Vec<Violation>,
    ) -> Report {
        let mut open = Aspect::ALL.to_vec();
        open.retain(|aspect| self.covers(*aspect));
        for aspect in compared {
            open.retain(|other| *other != aspect);
        }
        Report::new(self.about.clone(), open, violations)
    }

    /// A report without violations, for an aspect that the server does not use, such as groups.
    pub fn check_nothing(&self, aspect: Aspect) -> Report {
        self.report([aspect], Vec::new())
    }

    fn check_suite(&self, cipher: &Cipher) -> Option<Violation> {
        let matching = |patterns: fn(&Rule) -> &[Pattern]| {
            let (mut words, mut sections) = (Vec::new(), Vec::new());
            for rule in &self.rules {
                for pattern in patterns(rule).iter().filter(|p| p.matches(cipher)) {
                    words.push(pattern.word());
                    sections.extend(rule.section.as_deref());
                }
            }
            sections.dedup();
            let sections = (!sections.is_empty()).then(|| sections.join(" and ").into());
            (!words.is_empty()).then(|| (Box::from(words.join(", ")), sections))
        };
        if let Some((rule, section)) = matching(|rule| &rule.forbid) {
            let cipher = cipher.clone();
            let kind = ViolationKind::Forbidden { cipher, rule };
            return Some(Violation { kind, section });
        }
        let is_allowed = |rule: &Rule| rule.allow.iter().any(|suite| is_named(cipher, &suite.0));
        if let Some(rule) = self.stating(|rule| !rule.allow.is_empty()).next() {
            if !self.rules.iter().any(is_allowed) {
                return Some(rule.violated(ViolationKind::NotAllowed(cipher.clone())));
            }
        }
        let (rule, section) = matching(|rule| &rule.avoid)?;
        let cipher = cipher.clone();
        let kind = ViolationKind::Discouraged { cipher, rule };
        Some(Violation { kind, section })
    }

    /// Compares the groups of the key exchange that are on, by any of their names.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::Policy;
    ///
    /// let report = Policy::rfc9325().check_groups(&["secp192r1", "X25519"]);
    /// let found: Vec<_> = report.violations().iter().map(ToString::to_string).collect();
    /// assert_eq!(found, [
    ///     "the group secp192r1 has 192 bits; the minimum is 224 (section 4.5)",
    ///     "the recommended group prime256v1 is not on (section 4.2.1)",
    /// ]);
    /// ```
    pub fn check_groups<S: AsRef<str>>(&self, groups: &[S]) -> Report {
        let mut violations = Vec::new();
        let limiting = self.stating(|rule| !rule.groups.is_empty()).next();
        for group in groups.iter().map(AsRef::as_ref) {
            if let Some(rule) = limiting {
                if !self.groups().any(|allowed| same_group(allowed, group)) {
                    violations.push(rule.violated(ViolationKind::Group(group.into())));
                    continue;
                }
            }
            let Some(known) = Group::named(group) else {
                violations.push(Violation {
                    kind: ViolationKind::UnknownName(group.into()),
                    section: None,
                });
                continue;
            };
            let Some((kind, bits)) = known.size() else {
                continue;
            };
            violations.extend(self.too_small(kind, bits).map(|(rule, least)| {
                let group = group.into();
                rule.violated(ViolationKind::SmallGroup { group, bits, least })
            }));
        }
        for rule in &self.rules {
            for GroupName(wanted) in &rule.expect_groups {
                if !groups
                    .iter()
                    .any(|group| same_group(group.as_ref(), wanted))
                {
                    violations.push(rule.violated(ViolationKind::MissingGroup(wanted.clone())));
                }
            }
        }
        self.report([Aspect::Groups], violations)
    }

    /// Records that SSL 2.0 is on, and compares its suites ([`ssl2_suites`](crate::wire::ssl2_suites)). Each policy
    /// with a rule on versions forbids SSL 2.0.
    pub fn check_ssl2(&self, ciphers: &[Cipher]) -> Report {
        let rule = self.stating(|rule| !rule.versions.is_empty()).next();
        let mut violations: Vec<_> = ciphers.iter().filter_map(|c| self.check_suite(c)).collect();
        violations.extend(rule.map(|rule| rule.violated(ViolationKind::Ssl2)));
        self.report([Aspect::Versions], violations)
    }
}

impl Rule {
    fn violated(&self, kind: ViolationKind) -> Violation {
        let section = self.section.clone();
        Violation { kind, section }
    }
}

/// Returns whether a suite can be used in one of these versions. An empty list stands for all versions.
fn usable_in(versions: &[TlsVersion]) -> impl Fn(&&Cipher) -> bool + Copy + use<> {
    let tls13 = versions.is_empty() || versions.contains(&TlsVersion::TLSv1_3);
    let older = versions.is_empty() || versions.iter().any(|v| *v < TlsVersion::TLSv1_3);
    move |c| if c.is_tls13() { tls13 } else { older }
}

/// Whether both are names of one group.
fn same_group(a: &str, b: &str) -> bool {
    a == b || Group::named(a).is_some_and(|group| Group::named(b) == Some(group))
}

fn is_named(cipher: &Cipher, name: &str) -> bool {
    cipher.name == name || cipher.standard_name == Some(name)
}

#[cfg(test)]
mod tests;
