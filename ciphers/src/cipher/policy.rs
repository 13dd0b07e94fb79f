mod file;
mod report;

pub(crate) use file::version;
pub use report::{Aspect, Report, Violation, ViolationKind};

use super::group::Group;
use super::names::{self, is_suite};
use super::selector::Selector;
use super::weakness::out_of_order;
use super::{Cipher, Weakness};
use crate::CipherExt;
use pyssl::TlsVersion;

/// A guideline for cipher suites, protocol versions, groups and keys: one that comes with the
/// crate, or the user's own.
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
///     "AES128-SHA should not be there: static RSA, CBC with SHA-1 (sections 4.1 and 4.2)",
/// );
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
/// section  2
/// versions TLSv1.2 TLSv1.3
/// allow    ECDHE-RSA-AES128-GCM-SHA256
/// forbid   rc4
/// avoid    kDHE
/// prefer   forward-secrecy
/// expect   TLS_AES_128_GCM_SHA256
/// section  3
/// groups   X25519 prime256v1
/// expect-groups prime256v1
/// keys     rsa 3072 ec 256 dh 2048
/// ```
///
/// | keyword | meaning |
/// |---|---|
/// | `versions` | those that may be on |
/// | `allow` | if there are any, other suites are violations |
/// | `forbid`, `avoid` | suites that must not, or should not, be there: the name of a suite (OpenSSL's or the registry's), a group name of cipher strings (`kDHE`, `CAMELLIA`), or a weakness ([`Weakness::slug`]) |
/// | `prefer forward-secrecy` | no suite without it may stand before one that has it |
/// | `expect` | one of these suites at least should be there, unless TLS 1.2 is off and all of them need it |
/// | `groups` | if there are any, other groups are violations |
/// | `expect-groups` | each of these groups should be there |
/// | `keys` | the fewest bits of keys, by their kind: `rsa`, `dsa`, `ec`, and `dh` for finite-field parameters |
/// | `section` | where the guideline says what the following statements say |
#[derive(Debug, Clone)]
pub struct Policy {
    name: Box<str>,
    title: Box<str>,
    version: Box<str>,
    date: Option<Box<str>>,
    source: Box<str>,
    versions: Stated<Vec<TlsVersion>>,
    groups: Stated<Vec<Box<str>>>,
    expect_groups: Stated<Vec<Box<str>>>,
    allow: Stated<Vec<Box<str>>>,
    forbid: Vec<Stated<Pattern>>,
    avoid: Vec<Stated<Pattern>>,
    expect: Stated<Vec<Box<str>>>,
    forward_secrecy_first: Option<Stated<()>>,
    keys: Vec<Stated<LeastBits>>,
}

/// Something that a policy says, and in which section of the guideline it stands.
#[derive(Debug, Clone, Default)]
struct Stated<T> {
    section: Option<Box<str>>,
    what: T,
}

/// The kinds of keys that a policy can say something of.
const KEY_KINDS: [&str; 4] = ["rsa", "dsa", "ec", "dh"];

/// The fewest bits of a kind of key.
#[derive(Debug, Clone)]
struct LeastBits {
    key: Box<str>,
    bits: u32,
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
        &self.versions.what
    }

    /// The key-exchange groups that it has, in order; empty if it says nothing of them.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.groups.what.iter().map(|group| &**group)
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
            violations.extend(self.check_suite(cipher));
        }
        let out_of_order = out_of_order(ciphers.iter().filter(usable));
        if let Some((stated, (worse, better))) =
            self.forward_secrecy_first.as_ref().zip(out_of_order)
        {
            let (worse, better) = (worse.clone(), better.clone());
            violations.push(stated.violated(ViolationKind::Preference { worse, better }));
        }
        let expected = &self.expect;
        let expects = |c: &Cipher| expected.what.iter().any(|name| is_named(c, name));
        let for_tls13 = expected.what.iter().any(|name| names::is_tls13_suite(name));
        let counts = !expected.what.is_empty() && (older || for_tls13);
        if counts && !ciphers.iter().filter(usable).any(expects) {
            violations.push(expected.violated(ViolationKind::NothingExpected));
        }
        let allowed = &self.versions;
        let wrong = |v: &&TlsVersion| !allowed.what.is_empty() && !allowed.what.contains(v);
        for version in versions.iter().filter(wrong) {
            violations.push(allowed.violated(ViolationKind::Version(*version)));
        }
        let versions = (!versions.is_empty()).then_some(Aspect::Versions);
        let compared = [Some(Aspect::Suites), versions];
        self.report(compared.into_iter().flatten(), violations)
    }

    /// What it says something of.
    fn states(&self) -> Vec<Aspect> {
        let suites = !self.allow.what.is_empty()
            || !self.forbid.is_empty()
            || !self.avoid.is_empty()
            || !self.expect.what.is_empty()
            || self.forward_secrecy_first.is_some();
        let groups = !self.groups.what.is_empty() || !self.expect_groups.what.is_empty();
        [
            (Aspect::Suites, suites),
            (Aspect::Versions, !self.versions.what.is_empty()),
            (Aspect::Groups, groups),
            (Aspect::Keys, !self.keys.is_empty()),
        ]
        .into_iter()
        .filter_map(|(aspect, stated)| stated.then_some(aspect))
        .collect()
    }

    pub(crate) fn says_of(&self, aspect: Aspect) -> bool {
        self.states().contains(&aspect)
    }

    fn report(
        &self,
        compared: impl IntoIterator<Item = Aspect>,
        violations: Vec<Violation>,
    ) -> Report {
        let mut open = self.states();
        for aspect in compared {
            open.retain(|other| *other != aspect);
        }
        Report::new(&self.name, open, violations)
    }

    /// A report for what this context does not have, so that there is nothing to compare.
    pub(crate) fn nothing_of(&self, aspect: Aspect) -> Report {
        self.report([aspect], Vec::new())
    }

    fn check_suite(&self, cipher: &Cipher) -> Option<Violation> {
        let matching = |patterns: &[Stated<Pattern>]| {
            let matching: Vec<_> = patterns.iter().filter(|p| p.what.matches(cipher)).collect();
            let words: Vec<_> = matching.iter().map(|p| p.what.word()).collect();
            let mut sections: Vec<&str> = Vec::new();
            for section in matching.iter().filter_map(|p| p.section.as_deref()) {
                if !sections.contains(&section) {
                    sections.push(section);
                }
            }
            let sections = (!sections.is_empty()).then(|| sections.join(" and ").into());
            (!matching.is_empty()).then(|| (Box::from(words.join(", ")), sections))
        };
        let cipher = cipher.clone();
        if let Some((rule, section)) = matching(&self.forbid) {
            let kind = ViolationKind::Forbidden { cipher, rule };
            return Some(Violation { kind, section });
        }
        let allowed = &self.allow;
        if !allowed.what.is_empty() && !allowed.what.iter().any(|n| is_named(&cipher, n)) {
            return Some(allowed.violated(ViolationKind::NotAllowed(cipher)));
        }
        let (rule, section) = matching(&self.avoid)?;
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
    ///     "the group secp192r1 has 192 bits, 224 are the least (section 4.5)",
    ///     "the group prime256v1 is not there (section 4.2.1)",
    /// ]);
    /// ```
    pub fn check_groups<S: AsRef<str>>(&self, groups: &[S]) -> Report {
        let mut violations = Vec::new();
        let same = |a: &str, b: &str| {
            a == b || Group::named(a).is_some_and(|g| Group::named(b) == Some(g))
        };
        let has = |list: &[Box<str>], group: &str| list.iter().any(|g| same(g, group));
        for group in groups.iter().map(AsRef::as_ref) {
            let allowed = &self.groups;
            if !allowed.what.is_empty() && !has(&allowed.what, group) {
                violations.push(allowed.violated(ViolationKind::Group(group.into())));
                continue;
            }
            let Some(known) = Group::named(group) else {
                violations.push(Violation {
                    kind: ViolationKind::UnknownName(group.into()),
                    section: None,
                });
                continue;
            };
            let Some((kind, bits)) = known.size else {
                continue;
            };
            violations.extend(self.wanted(kind, bits).map(|stated| {
                let (group, least) = (group.into(), stated.what.bits);
                stated.violated(ViolationKind::SmallGroup { group, bits, least })
            }));
        }
        for wanted in &self.expect_groups.what {
            if !groups.iter().any(|group| same(group.as_ref(), wanted)) {
                let kind = ViolationKind::MissingGroup(wanted.clone());
                violations.push(self.expect_groups.violated(kind));
            }
        }
        self.report([Aspect::Groups], violations)
    }

    /// Compares a key, by its kind (`"rsa"`, `"dsa"`, `"ec"`, `"dh"`) and size.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::Policy;
    ///
    /// let report = Policy::rfc9325().check_key("rsa", 1024);
    /// assert_eq!(
    ///     report.violations()[0].to_string(),
    ///     "an RSA key has 1024 bits, 2048 are the least (section 4.5)",
    /// );
    /// ```
    pub fn check_key(&self, kind: &str, bits: u32) -> Report {
        let small = self.wanted(kind, bits).map(|stated| {
            let (key, least) = (kind.into(), stated.what.bits);
            stated.violated(ViolationKind::SmallKey { key, bits, least })
        });
        let unknown = (!KEY_KINDS.contains(&kind)).then(|| Violation {
            kind: ViolationKind::UnknownName(kind.into()),
            section: None,
        });
        self.report([Aspect::Keys], small.into_iter().chain(unknown).collect())
    }

    /// What the policy wants, if this is less.
    fn wanted(&self, kind: &str, bits: u32) -> Option<&Stated<LeastBits>> {
        let stated = self.keys.iter().find(|stated| *stated.what.key == *kind);
        stated.filter(|stated| bits < stated.what.bits)
    }
}

impl<T> Stated<T> {
    fn violated(&self, kind: ViolationKind) -> Violation {
        let section = self.section.clone();
        Violation { kind, section }
    }
}

fn is_named(cipher: &Cipher, name: &str) -> bool {
    cipher.name == name || cipher.standard_name == Some(name)
}

impl Pattern {
    fn new(word: &str) -> Result<Pattern, String> {
        if let Some(weakness) = Weakness::from_slug(word) {
            return Ok(Pattern::Weakness(weakness));
        }
        if let Some(alias) = names::alias(word) {
            return Ok(Pattern::Group(alias.name, alias.selector()));
        }
        if !is_suite(word) {
            return Err(format!("`{word}` is no suite, group name or weakness"));
        }
        Ok(Pattern::Suite(word.into()))
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
        let versions = report.violations().iter().map(Violation::kind);
        assert!(
            versions
                .into_iter()
                .any(|kind| *kind == ViolationKind::Version(TlsVersion::TLSv1_2))
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
        let report = rfc.check(&suites("DHE-RSA-AES128-SHA:AES128-SHA"), &[]);
        assert!(report.conforms());
        assert_eq!(report.violations().len(), 3);
        // The order counts, too.
        let report = rfc.check(&suites("AES128-SHA:DHE-RSA-AES128-SHA"), &[]);
        assert!(!report.conforms());
        let preference = report.violations().iter().find(|v| {
            matches!(v.kind(), ViolationKind::Preference { worse, .. } if worse.name == "AES128-SHA")
        });
        assert_eq!(preference.unwrap().section(), Some("4.1"));
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
        for wrong in [
            "keys rsa",
            "keys rsa many",
            "keys gold 20",
            "prefer gold",
            // OpenSSL would ignore what it does not know; a guideline must not.
            "forbid rc-4",
            "avoid AES128-SHA kDEH",
            "allow ECDHE-RSA-AES128-GCM-SHA265",
            "expect TLS_AES_128_GCM",
            "expect TLS_RSA_WITH_GOLD",
            "allow DES",
            "groups X25519 prime265v1",
            "expect-groups P256",
        ] {
            assert_eq!(Policy::parse(wrong).unwrap_err().line(), 1, "{wrong}");
        }
    }

    #[test]
    fn groups_and_keys_are_compared() {
        let mozilla = Policy::mozilla_intermediate();
        assert!(mozilla.check_groups(&["P-256", "x25519"]).conforms());
        assert!(!mozilla.check_groups(&["x25519", "secp521r1"]).conforms());
        let rfc = Policy::rfc9325();
        // What should be there is no error.
        assert!(rfc.check_groups(&["secp521r1", "ffdhe2048"]).conforms());
        assert_eq!(rfc.check_groups(&["secp521r1"]).violations().len(), 2);
        assert!(
            !rfc.check_groups(&["sect163k1", "secp256r1", "x25519"])
                .conforms()
        );
        assert!(rfc.check_key("rsa", 2048).conforms());
        assert!(rfc.check_key("ec", 224).conforms());
        assert!(!rfc.check_key("dh", 1024).conforms());
        assert!(rfc.check_key("dsa", 512).conforms());
        // A name that nothing knows is no name of something that conforms.
        for policy in Policy::all() {
            assert!(!policy.check_key("rsaa", 4096).conforms());
            assert!(!policy.check_groups(&["x25591"]).conforms());
        }
    }

    #[test]
    fn a_report_says_what_it_did_not_compare() {
        let mozilla = Policy::mozilla_intermediate();
        let list = suites("ECDHE+AESGCM");
        let report = mozilla.check(&list, &[]);
        assert_eq!(report.not_compared(), [Aspect::Versions, Aspect::Groups]);
        let mut report = mozilla.check(&list, &[TlsVersion::TLSv1_3]);
        assert_eq!(report.not_compared(), [Aspect::Groups]);
        report.extend(mozilla.check_groups(&["x25519"]));
        assert_eq!(report.not_compared(), []);
        let text = "name a\nversion 1\nsource https://example.org\nforbid rc4\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.check(&list, &[]).not_compared(), []);
    }
}
