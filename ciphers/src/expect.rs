//! Assertions on cipher suites for the tests of your own project: [`assert_ciphers!`](crate::assert_ciphers).
//!
//! The suites that a cipher string selects change with the library and the distribution. A test
//! with an assertion notices such changes:
//!
//! ```
//! use pyssl as ssl;
//!
//! # fn main() -> ssl::Result<()> {
//! let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
//! context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")?;
//! pyssl_ciphers::assert_ciphers!(context, forward_secret, aead, no_psk, includes("ECDHE-RSA-AES128-GCM-SHA256"));
//! # Ok(()) }
//! ```
//!
//! The rules are those of [`rules`]. A failure lists the suites that break each rule, and why:
//!
//! ```should_panic
//! # use pyssl as ssl;
//! # fn main() -> ssl::Result<()> {
//! # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
//! context.set_ciphers("ECDHE+AESGCM:AES128-SHA")?;
//! pyssl_ciphers::assert_ciphers!(context, forward_secret, no_cbc);
//! // 2 rules are broken by the suites of SslContext { ... }:
//! //   forward_secret: AES128-SHA (static RSA)
//! //   no_cbc: AES128-SHA (CBC with SHA-1)
//! # Ok(()) }
//! ```
//!
//! A rule with an unknown name fails, also `excludes`.
//!
//! The rules apply to the list of `get_ciphers()`, with the suites of TLS 1.3 if it is enabled.
//! `tests/cipher_assertions.rs` of this crate is an example to copy.

use crate::CipherExt;
use std::fmt;

use crate::cipher::{Cipher, CipherString, Policy, Weakness, is_suite};
use pyssl::Result;
use pyssl::SslContext;
use pyssl::TlsVersion;

/// A rule about suites; see [`rules`].
#[derive(Debug, Clone)]
pub struct Rule(RuleKind);

#[derive(Debug, Clone)]
enum RuleKind {
    /// The name of the rule, and a function that is true for the weaknesses that no suite may have.
    Without(&'static str, fn(Weakness) -> bool),
    Aead,
    ForwardSecret,
    /// At least one suite for TLS 1.2 and one for TLS 1.3.
    BothVersions,
    Includes(&'static str),
    Excludes(&'static str),
    Policy(&'static str),
    /// Every version below this one must be off.
    AtLeast(TlsVersion),
    That(&'static str, fn(&Cipher) -> bool),
}

/// The rules of [`assert_ciphers!`](crate::assert_ciphers): `forward_secret`, `no_cbc`, `includes("...")`.
#[allow(
    non_upper_case_globals,
    reason = "they read as words in assert_ciphers!"
)]
pub mod rules {
    use super::{Cipher, Rule, RuleKind, TlsVersion, Weakness};
    use crate::cipher::Severity;

    /// Every suite has an ephemeral key exchange.
    pub const forward_secret: Rule = Rule(RuleKind::ForwardSecret);
    /// Every suite uses AEAD (GCM, CCM, ChaCha20-Poly1305).
    pub const aead: Rule = Rule(RuleKind::Aead);
    /// No suite has a weakness that is an error or a warning ([`Weakness::severity`]).
    pub const no_weak: Rule = Rule(RuleKind::Without("no_weak", |weakness| {
        matches!(weakness.severity(), Severity::Error | Severity::Warning)
    }));
    /// No suite uses CBC.
    pub const no_cbc: Rule = Rule(RuleKind::Without("no_cbc", |weakness| {
        matches!(weakness, Weakness::Cbc | Weakness::CbcSha1)
    }));
    /// No suite uses CBC with SHA-1.
    pub const no_sha1: Rule = Rule(RuleKind::Without("no_sha1", |weakness| {
        matches!(weakness, Weakness::CbcSha1)
    }));
    /// Every suite authenticates the server.
    pub const no_anonymous: Rule = Rule(RuleKind::Without("no_anonymous", |weakness| {
        matches!(weakness, Weakness::Anonymous)
    }));
    /// Every suite encrypts.
    pub const no_null: Rule = Rule(RuleKind::Without("no_null", |weakness| {
        matches!(weakness, Weakness::NoEncryption)
    }));
    /// No suite uses RC4.
    pub const no_rc4: Rule = Rule(RuleKind::Without("no_rc4", |weakness| {
        matches!(weakness, Weakness::Rc4)
    }));
    /// No suite has blocks of 64 bits.
    pub const no_3des: Rule = Rule(RuleKind::Without("no_3des", |weakness| {
        matches!(weakness, Weakness::SmallBlock)
    }));
    /// No suite uses static RSA.
    pub const no_static_rsa: Rule = Rule(RuleKind::Without("no_static_rsa", |weakness| {
        matches!(weakness, Weakness::StaticRsa)
    }));
    /// No suite needs a pre-shared key.
    pub const no_psk: Rule = Rule(RuleKind::Without("no_psk", |weakness| {
        matches!(weakness, Weakness::NeedsPsk)
    }));
    /// There is a suite for TLS 1.2 and one for TLS 1.3.
    pub const tls12_and_tls13: Rule = Rule(RuleKind::BothVersions);
    /// No version below TLS 1.2 is on.
    pub const at_least_tls12: Rule = Rule(RuleKind::AtLeast(TlsVersion::TLSv1_2));
    /// No version but TLS 1.3 is on.
    pub const at_least_tls13: Rule = Rule(RuleKind::AtLeast(TlsVersion::TLSv1_3));

    /// The list contains the suite of this name (OpenSSL's or the registry's).
    pub const fn includes(name: &'static str) -> Rule {
        Rule(RuleKind::Includes(name))
    }

    /// The list does not contain the suite of this name (OpenSSL's or the registry's).
    pub const fn excludes(name: &'static str) -> Rule {
        Rule(RuleKind::Excludes(name))
    }

    /// The suites and versions conform to the policy of this name, which comes with the crate
    /// ([`Policy::named`](crate::cipher::Policy::named)).
    pub const fn policy(name: &'static str) -> Rule {
        Rule(RuleKind::Policy(name))
    }

    /// A rule of your own: `good` returns true for every suite. `what` is the name of the rule in
    /// messages.
    pub const fn that(what: &'static str, good: fn(&Cipher) -> bool) -> Rule {
        Rule(RuleKind::That(what, good))
    }
}

/// A broken rule and the suites that break it, from [`check_ciphers`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    rule: String,
    offenders: Vec<String>,
}

impl Broken {
    /// The rule, as it was written.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The suites that break the rule, each with the reason, or the missing suites.
    pub fn offenders(&self) -> &[String] {
        &self.offenders
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.offenders.join(", "))
    }
}

/// Returns the rules that a context breaks: [`assert_ciphers!`](crate::assert_ciphers) without the panic.
///
/// ```
/// use pyssl as ssl;
/// use pyssl_ciphers::expect::{check_ciphers, rules};
///
/// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// context.set_ciphers("ECDHE+AESGCM:AES128-SHA")?;
/// let broken = check_ciphers(&context, &[rules::aead, rules::no_rc4])?;
/// assert_eq!(broken[0].to_string(), "aead: AES128-SHA");
/// assert_eq!(broken.len(), 1);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// `SSLError` if OpenSSL cannot make a context.
pub fn check_ciphers(context: &SslContext, rules: &[Rule]) -> Result<Vec<Broken>> {
    let versions = context.settings().versions();
    let mut ciphers = context.get_ciphers()?;
    let tls13 = versions.contains(&TlsVersion::TLSv1_3);
    let older = versions
        .iter()
        .any(|version| *version < TlsVersion::TLSv1_3);
    ciphers.retain(|cipher| if cipher.is_tls13() { tls13 } else { older });
    let broken = rules.iter().map(|rule| Broken {
        rule: rule.to_string(),
        offenders: rule.offenders(&ciphers, &versions),
    });
    Ok(broken.filter(|b| !b.offenders.is_empty()).collect())
}

/// The panic of [`assert_ciphers!`](crate::assert_ciphers).
#[doc(hidden)]
#[track_caller]
pub fn assert(context: &SslContext, rules: &[Rule]) {
    match check_ciphers(context, rules) {
        Ok(broken) if broken.is_empty() => {}
        Ok(broken) => {
            let lines: Vec<_> = broken.iter().map(|rule| format!("\n  {rule}")).collect();
            let (are, s) = if broken.len() == 1 {
                ("is", "")
            } else {
                ("are", "s")
            };
            let count = broken.len();
            panic!(
                "{count} rule{s} {are} broken by the suites of {context:?}:{}",
                lines.concat()
            );
        }
        Err(error) => panic!("the suites of {context:?} cannot be read: {error}"),
    }
}

/// Asserts that the cipher suites of a context satisfy rules. The module [`expect`](crate::expect)
/// has the rules and examples.
///
/// # Panics
///
/// Panics if a rule is broken. The message lists the suites that break it, and why.
#[macro_export]
macro_rules! assert_ciphers {
    ($context:expr, $($rule:expr),+ $(,)?) => {{
        let context: &$crate::pyssl::SslContext = &$context;
        #[allow(unused_imports, reason = "not every call names a rule of the crate")]
        use $crate::expect::rules::*;
        $crate::expect::assert(context, &[$($rule),+]);
    }};
}

impl Rule {
    fn offenders(&self, ciphers: &[Cipher], versions: &[TlsVersion]) -> Vec<String> {
        let named = |name: &str| {
            ciphers
                .iter()
                .find(|c| c.name == name || c.standard_name == Some(name))
        };
        let name = |cipher: &Cipher| cipher.name.to_owned();
        let failing = |good: &dyn Fn(&Cipher) -> bool| -> Vec<String> {
            ciphers.iter().filter(|c| !good(c)).map(name).collect()
        };
        if let RuleKind::Includes(name) | RuleKind::Excludes(name) = &self.0 {
            if !is_suite(name) {
                return vec![unknown(name)];
            }
        }
        match &self.0 {
            RuleKind::Without(_, excluded) => ciphers
                .iter()
                .filter_map(|cipher| {
                    let found = cipher.weaknesses();
                    let found = found.iter().find(|weakness| excluded(**weakness))?;
                    Some(format!("{} ({found})", cipher.name))
                })
                .collect(),
            RuleKind::Aead => failing(&|cipher| cipher.aead),
            RuleKind::ForwardSecret => ciphers
                .iter()
                .filter(|cipher| !cipher.forward_secret())
                .map(|cipher| {
                    let found = cipher.weaknesses();
                    let why = [Weakness::StaticRsa, Weakness::NoForwardSecrecy];
                    let why = why.into_iter().find(|weakness| found.contains(weakness));
                    why.map_or_else(|| name(cipher), |why| format!("{} ({why})", cipher.name))
                })
                .collect(),
            RuleKind::BothVersions => {
                let tls13 = ciphers.iter().any(Cipher::is_tls13);
                let tls12 = ciphers.iter().any(|cipher| !cipher.is_tls13())
                    && versions.contains(&TlsVersion::TLSv1_2);
                [
                    (tls12, "no suite for TLS 1.2"),
                    (tls13, "no suite for TLS 1.3"),
                ]
                .into_iter()
                .filter(|(there, _)| !there)
                .map(|(_, what)| what.to_owned())
                .collect()
            }
            RuleKind::Includes(wanted) => match named(wanted) {
                Some(_) => Vec::new(),
                None => vec!["the suite is missing".to_owned()],
            },
            RuleKind::Excludes(unwanted) => named(unwanted).map(name).into_iter().collect(),
            RuleKind::Policy(policy) => match Policy::named(policy) {
                Some(policy) => {
                    let report = policy.check(ciphers, versions);
                    report
                        .violations()
                        .iter()
                        .map(ToString::to_string)
                        .collect()
                }
                None => {
                    let all = Policy::all();
                    let names: Vec<_> = all.iter().map(Policy::name).collect();
                    vec![format!(
                        "there is no policy of this name; the policies are {}",
                        names.join(", ")
                    )]
                }
            },
            RuleKind::AtLeast(least) => versions
                .iter()
                .filter(|version| *version < least)
                .map(|version| format!("{} is on", crate::negotiate::version_name(*version)))
                .collect(),
            RuleKind::That(_, good) => failing(good),
        }
    }
}

/// The message for an unknown name, which is always an error. Otherwise `excludes` with a misspelt
/// name would always hold.
fn unknown(name: &str) -> String {
    let hint = CipherString::nearest_suite(name);
    let hint = hint.map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
    format!("no suite has this name, in any OpenSSL or in the TLS registry{hint}")
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RuleKind::Without(name, _) | RuleKind::That(name, _) => f.write_str(name),
            RuleKind::Aead => f.write_str("aead"),
            RuleKind::ForwardSecret => f.write_str("forward_secret"),
            RuleKind::BothVersions => f.write_str("tls12_and_tls13"),
            RuleKind::Includes(name) => write!(f, "includes({name:?})"),
            RuleKind::Excludes(name) => write!(f, "excludes({name:?})"),
            RuleKind::Policy(name) => write!(f, "policy({name:?})"),
            RuleKind::AtLeast(TlsVersion::TLSv1_3) => f.write_str("at_least_tls13"),
            RuleKind::AtLeast(_) => f.write_str("at_least_tls12"),
        }
    }
}
