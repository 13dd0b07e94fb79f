//! The names for several suites in cipher strings, old names, and suggestions for misspelt names.
//!
//! The facts are from ciphers(1) of OpenSSL 3.0 to 4.0, and for removed names from the CHANGES of
//! 1.1.0. Whether a name is known is not decided here, but by calls of OpenSSL.

use std::collections::{BTreeMap, HashSet};

use once_cell::sync::Lazy;
use serde::Deserialize;

use super::selector::{Selector, auth, enc, kx, mac, strong};
use crate::data;

/// A name for several suites, and its meaning.
#[derive(Debug)]
pub(super) struct Alias {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    selector: fn() -> Selector,
}

impl Alias {
    pub(super) fn selector(&self) -> Selector {
        (self.selector)()
    }
}

macro_rules! aliases {
    ($($name:literal { $($field:ident: $value:expr),* } $meaning:literal)*) => {
        /// All names for several suites, in any order.
        pub(super) static ALIASES: &[Alias] = &[$(Alias {
            name: $name,
            meaning: $meaning,
            selector: || Selector { $($field: $value,)* ..Selector::default() },
        }),*];
    };
}

const AES: u32 = enc::AES128 | enc::AES256 | AESGCM | AESCCM;
const AESGCM: u32 = enc::AES128_GCM | enc::AES256_GCM;
const AESCCM8: u32 = enc::AES128_CCM8 | enc::AES256_CCM8;
const AESCCM: u32 = enc::AES128_CCM | enc::AES256_CCM | AESCCM8;
const CAMELLIA: u32 = enc::CAMELLIA128 | enc::CAMELLIA256;
const ARIA: u32 = enc::ARIA128 | enc::ARIA256;
const GOST: u32 = enc::GOST89 | enc::GOST89_12 | enc::MAGMA | enc::KUZNYECHIK;
const CBC: u32 =
    enc::DES | enc::DES3 | enc::RC2 | enc::IDEA | enc::AES128 | enc::AES256 | CAMELLIA | enc::SEED;
const PSK: u32 = kx::PSK | kx::RSA_PSK | kx::DHE_PSK | kx::ECDHE_PSK;

aliases! {
    "ALL" { enc: !enc::NULL } "every suite that encrypts"
    "COMPLEMENTOFALL" { enc: enc::NULL } "every suite without encryption"
    "COMPLEMENTOFDEFAULT" { not_default: true } "what ALL has and DEFAULT leaves out"

    "kRSA" { kx: kx::RSA } "static RSA key exchange"
    "kEDH" { kx: kx::DHE } "ephemeral finite-field Diffie-Hellman, anonymous too"
    "kDHE" { kx: kx::DHE } "ephemeral finite-field Diffie-Hellman, anonymous too"
    "DH" { kx: kx::DHE } "ephemeral finite-field Diffie-Hellman, anonymous too"
    "kEECDH" { kx: kx::ECDHE } "ephemeral elliptic-curve Diffie-Hellman, anonymous too"
    "kECDHE" { kx: kx::ECDHE } "ephemeral elliptic-curve Diffie-Hellman, anonymous too"
    "ECDH" { kx: kx::ECDHE } "ephemeral elliptic-curve Diffie-Hellman, anonymous too"
    "kPSK" { kx: kx::PSK } "pre-shared key alone as key exchange"
    "kRSAPSK" { kx: kx::RSA_PSK } "RSA with a pre-shared key as key exchange"
    "kECDHEPSK" { kx: kx::ECDHE_PSK } "ECDHE with a pre-shared key as key exchange"
    "kDHEPSK" { kx: kx::DHE_PSK } "DHE with a pre-shared key as key exchange"
    "kSRP" { kx: kx::SRP } "SRP as key exchange"
    "kGOST" { kx: kx::GOST } "GOST key exchange"
    "kGOST18" { kx: kx::GOST18 } "GOST key exchange of 2018"

    "aRSA" { auth: auth::RSA } "an RSA certificate"
    "aDSS" { auth: auth::DSS } "a DSA certificate"
    "DSS" { auth: auth::DSS } "a DSA certificate"
    "aNULL" { auth: auth::NULL } "no authentication"
    "aECDSA" { auth: auth::ECDSA } "an ECDSA certificate"
    "ECDSA" { auth: auth::ECDSA } "an ECDSA certificate"
    "aPSK" { auth: auth::PSK } "authentication by a pre-shared key"
    "aGOST01" { auth: auth::GOST01 } "a GOST R 34.10-2001 certificate"
    "aGOST12" { auth: auth::GOST12 } "a GOST R 34.10-2012 certificate"
    "aGOST" { auth: auth::GOST01 | auth::GOST12 } "a GOST certificate"
    "aSRP" { auth: auth::SRP } "authentication by SRP"

    "EDH" { kx: kx::DHE, auth: !auth::NULL } "authenticated DHE"
    "DHE" { kx: kx::DHE, auth: !auth::NULL } "authenticated DHE"
    "EECDH" { kx: kx::ECDHE, auth: !auth::NULL } "authenticated ECDHE"
    "ECDHE" { kx: kx::ECDHE, auth: !auth::NULL } "authenticated ECDHE"
    "NULL" { enc: enc::NULL } "no encryption"
    "RSA" { kx: kx::RSA, auth: auth::RSA } "static RSA key exchange with an RSA certificate"
    "ADH" { kx: kx::DHE, auth: auth::NULL } "anonymous DHE"
    "AECDH" { kx: kx::ECDHE, auth: auth::NULL } "anonymous ECDHE"
    "PSK" { kx: PSK } "any key exchange with a pre-shared key"
    "SRP" { kx: kx::SRP } "SRP as key exchange"

    "3DES" { enc: enc::DES3 } "triple DES"
    "RC4" { enc: enc::RC4 } "RC4"
    "RC2" { enc: enc::RC2 } "RC2"
    "IDEA" { enc: enc::IDEA } "IDEA"
    "SEED" { enc: enc::SEED } "SEED"
    "eNULL" { enc: enc::NULL } "no encryption"
    "GOST89" { enc: GOST } "GOST ciphers"
    "AES128" { enc: enc::AES128 | enc::AES128_GCM | enc::AES128_CCM | enc::AES128_CCM8 } "AES with 128 bits in any mode"
    "AES256" { enc: enc::AES256 | enc::AES256_GCM | enc::AES256_CCM | enc::AES256_CCM8 } "AES with 256 bits in any mode"
    "AES" { enc: AES } "AES in any mode"
    "AESGCM" { enc: AESGCM } "AES in GCM mode"
    "AESCCM" { enc: AESCCM } "AES in CCM mode, short tags too"
    "AESCCM8" { enc: AESCCM8 } "AES in CCM mode with 8-byte tags"
    "CAMELLIA128" { enc: enc::CAMELLIA128 } "Camellia with 128 bits"
    "CAMELLIA256" { enc: enc::CAMELLIA256 } "Camellia with 256 bits"
    "CAMELLIA" { enc: CAMELLIA } "Camellia"
    "CHACHA20" { enc: enc::CHACHA20 } "ChaCha20-Poly1305"
    "GOST2012-GOST8912-GOST8912" { enc: enc::GOST89_12 } "the GOST cipher of 2012"
    "ARIA" { enc: ARIA } "ARIA"
    "ARIAGCM" { enc: ARIA } "ARIA in GCM mode"
    "ARIA128" { enc: enc::ARIA128 } "ARIA with 128 bits"
    "ARIA256" { enc: enc::ARIA256 } "ARIA with 256 bits"
    "CBC" { enc: CBC } "block ciphers in CBC mode"

    "MD5" { mac: mac::MD5 } "MD5 as MAC"
    "SHA1" { mac: mac::SHA1 } "SHA-1 as MAC"
    "SHA" { mac: mac::SHA1 } "SHA-1 as MAC"
    "GOST94" { mac: mac::GOST94 } "the GOST digest of 1994 as MAC"
    "GOST89MAC" { mac: mac::GOST89 | mac::GOST89_12 } "the GOST MAC"
    "SHA256" { mac: mac::SHA256 } "SHA-256 as MAC (not GCM suites with SHA-256 in their name)"
    "SHA384" { mac: mac::SHA384 } "SHA-384 as MAC (not GCM suites with SHA-384 in their name)"
    "GOST12" { mac: mac::GOST12 } "the GOST digest of 2012 as MAC"

    "SSLv3" { protocol: Some("SSLv3") } "suites that SSL 3.0 defined; not the protocol"
    "TLSv1" { protocol: Some("TLSv1.0") } "suites that TLS 1.0 defined; not the protocol"
    "TLSv1.0" { protocol: Some("TLSv1.0") } "suites that TLS 1.0 defined; not the protocol"
    "TLSv1.2" { protocol: Some("TLSv1.2") } "suites that TLS 1.2 defined; not the protocol"

    "LOW" { strong: strong::LOW } "ciphers of 56 or 64 bits"
    "MEDIUM" { strong: strong::MEDIUM } "ciphers of medium strength: RC4, SEED, IDEA, and 3DES since OpenSSL 1.1.0"
    "HIGH" { strong: strong::HIGH } "ciphers with keys of 128 bits and more"
    "FIPS" { enc: !enc::NULL, strong: strong::FIPS } "suites that FIPS 140 formerly approved"

    "EDH-DSS-DES-CBC3-SHA" { kx: kx::DHE, auth: auth::DSS, enc: enc::DES3, mac: mac::SHA1, strong: strong::HIGH | strong::FIPS } "an old name of a suite with DHE and triple DES"
    "EDH-RSA-DES-CBC3-SHA" { kx: kx::DHE, auth: auth::RSA, enc: enc::DES3, mac: mac::SHA1, strong: strong::HIGH | strong::FIPS } "an old name of a suite with DHE and triple DES"
}

/// Names in old strings that OpenSSL 1.1.0 and later do not know.
pub(super) static RETIRED: &str = "\
    EXP EXPORT EXPORT40 EXPORT56 EXP40 EXP56 SSLv2 DES kECDH kECDHe kECDHr aECDH aDH kDH kDHr kDHd aFZA kFZA \
    eFZA FZA KRB5 kKRB5 aKRB5 DES-CBC-SHA DES-CBC-MD5 DES-CBC3-MD5 RC4-SHA RC4-MD5 ECDHE-RSA-RC4-SHA \
    ECDHE-ECDSA-RC4-SHA ADH-RC4-MD5 RC4-64-MD5 EXP-RC4-MD5 EXP-RC2-CBC-MD5 EXP-DES-CBC-SHA \
    EXP-EDH-RSA-DES-CBC-SHA EDH-RSA-DES-CBC-SHA IDEA-CBC-SHA SEED-SHA DES-CBC3-SHA ECDHE-RSA-DES-CBC3-SHA \
    ECDHE-ECDSA-DES-CBC3-SHA DHE-RSA-DES-CBC3-SHA AECDH-DES-CBC3-SHA ADH-DES-CBC3-SHA PSK-3DES-EDE-CBC-SHA \
    PSK-RC4-SHA aGOST94 GOST94 SSLv3 FIPS kSRP aSRP SRP RC4 RC2 IDEA SEED 3DES MD5";

/// The meaning of a name for several suites, exactly as written.
pub(super) fn alias(name: &str) -> Option<&'static Alias> {
    ALIASES.iter().find(|a| a.name == name)
}

/// Whether another version or build of OpenSSL knows the name.
pub(super) fn was_known(name: &str) -> bool {
    alias(name).is_some() || RETIRED.split(' ').any(|retired| retired == name)
}

/// The suite name that is most similar to `name`, if a typing error can explain the difference.
pub(crate) fn nearest_suite(name: &str) -> Option<&'static str> {
    nearest(name, suites().iter().map(|suite| &**suite))
}

/// The file of the suites' names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteFile {
    pub(super) openssl: Vec<Box<str>>,
    pub(super) registry: BTreeMap<Box<str>, u16>,
}

impl SuiteFile {
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    pub(super) fn read() -> SuiteFile {
        let file: Result<SuiteFile, _> = data::read(include_str!("tables/suites.toml"));
        file.expect("the crate's file of suites")
    }
}

/// The names of suites in the crate's file.
pub(super) fn suites() -> &'static HashSet<Box<str>> {
    static ALL: Lazy<HashSet<Box<str>>> = Lazy::new(|| {
        let file = SuiteFile::read();
        file.registry.into_keys().chain(file.openssl).collect()
    });
    &ALL
}

/// The suites of TLS 1.3, which have a list of their own.
pub(super) const TLS13_SUITES: [&str; 7] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
    "TLS_SHA256_SHA256",
    "TLS_SHA384_SHA384",
];

pub(super) fn is_tls13_suite(name: &str) -> bool {
    TLS13_SUITES
        .iter()
        .any(|suite| suite.eq_ignore_ascii_case(name))
}

/// Whether a name is a keyword of GnuTLS's priority strings.
pub(super) fn is_gnutls(name: &str) -> bool {
    const KEYWORDS: [&str; 9] = [
        "NORMAL",
        "PERFORMANCE",
        "SECURE128",
        "SECURE192",
        "SECURE256",
        "PFS",
        "LEGACY",
        "NONE",
        "SYSTEM",
    ];
    const KINDS: [&str; 6] = ["VERS-", "SIGN-", "GROUP-", "CURVE-", "COMP-", "CTYPE-"];
    KEYWORDS.contains(&name) || KINDS.iter().any(|kind| name.starts_with(kind))
}

/// The word of every OpenSSL for a name that only the OpenSSL of some distributions knows: Fedora
/// and RHEL have `PROFILE=SYSTEM`, and SUSE has `DEFAULT_SUSE`.
pub(super) fn of_distribution(name: &str) -> Option<&'static str> {
    let known = name.starts_with("PROFILE=") || name == "DEFAULT_SUSE";
    known.then_some("DEFAULT")
}

/// Suites that most builds do not have, each with its name in the TLS registry and OpenSSL's name (ciphers(1), "CIPHER
/// SUITE NAMES").
const OF_OTHER_BUILDS: [(&str, &str); 25] = [
    ("TLS_RSA_WITH_RC4_128_MD5", "RC4-MD5"),
    ("TLS_RSA_WITH_RC4_128_SHA", "RC4-SHA"),
    ("TLS_RSA_WITH_IDEA_CBC_SHA", "IDEA-CBC-SHA"),
    ("TLS_RSA_WITH_DES_CBC_SHA", "DES-CBC-SHA"),
    ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"),
    ("TLS_DHE_DSS_WITH_DES_CBC_SHA", "EDH-DSS-DES-CBC-SHA"),
    ("TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA", "DHE-DSS-DES-CBC3-SHA"),
    ("TLS_DHE_RSA_WITH_DES_CBC_SHA", "EDH-RSA-DES-CBC-SHA"),
    ("TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", "DHE-RSA-DES-CBC3-SHA"),
    ("TLS_DH_anon_WITH_RC4_128_MD5", "ADH-RC4-MD5"),
    ("TLS_DH_anon_WITH_DES_CBC_SHA", "ADH-DES-CBC-SHA"),
    ("TLS_DH_anon_WITH_3DES_EDE_CBC_SHA", "ADH-DES-CBC3-SHA"),
    ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "EXP-RC4-MD5"),
    ("TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5", "EXP-RC2-CBC-MD5"),
    ("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "EXP-DES-CBC-SHA"),
    (
        "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA",
        "EXP-EDH-DSS-DES-CBC-SHA",
    ),
    (
        "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
        "EXP-EDH-RSA-DES-CBC-SHA",
    ),
    ("TLS_DH_anon_EXPORT_WITH_RC4_40_MD5", "EXP-ADH-RC4-MD5"),
    (
        "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA",
        "EXP-ADH-DES-CBC-SHA",
    ),
    ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", "ECDHE-RSA-RC4-SHA"),
    (
        "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        "ECDHE-RSA-DES-CBC3-SHA",
    ),
    ("TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "ECDHE-ECDSA-RC4-SHA"),
    (
        "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
        "ECDHE-ECDSA-DES-CBC3-SHA",
    ),
    ("TLS_ECDH_anon_WITH_RC4_128_SHA", "AECDH-RC4-SHA"),
    ("TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA", "AECDH-DES-CBC3-SHA"),
];

/// OpenSSL's name of a suite that most builds do not have.
pub(super) fn of_other_builds(standard: &str) -> Option<&'static str> {
    let mut all = OF_OTHER_BUILDS.iter();
    let found = all.find(|(name, _)| name.eq_ignore_ascii_case(standard));
    found.map(|(_, name)| *name)
}

/// Whether a name is that of a security policy of s2n (`default_tls13`, `20240503`) or of AWS.
pub(super) fn is_security_policy(name: &str) -> bool {
    const BEGIN: [&str; 4] = [
        "ELBSecurityPolicy-",
        "CloudFront-",
        "default_tls",
        "default_pq",
    ];
    let is_date = name.len() == 8 && name.bytes().all(|b| b.is_ascii_digit());
    is_date || BEGIN.iter().any(|begin| name.starts_with(begin)) || name == "default_fips"
}

/// Whether a name is a protocol version in any spelling: `TLSv1.3`, `TLS1.2`, `tlsv1_1`.
pub(super) fn is_version(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let rest = lower.strip_prefix("tls").or(lower.strip_prefix("ssl"));
    let number = rest.map(|rest| rest.strip_prefix('v').unwrap_or(rest));
    number.is_some_and(|number| {
        let of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_');
        number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(of_number)
    })
}

/// Whether a name is a group of the key exchange.
pub(super) fn is_group(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let curve = ["secp", "prime256", "brainpool", "ffdhe"];
    matches!(&*lower, "x25519" | "x448" | "p-256" | "p-384" | "p-521")
        || curve.iter().any(|prefix| lower.starts_with(prefix))
        || lower.contains("mlkem")
}

/// Whether this is the name of a setting whose value is a cipher string, perhaps followed by `=`.
pub(super) fn is_setting(name: &str) -> bool {
    let name = name.split('=').next().unwrap_or(name).to_ascii_lowercase();
    let words = [
        "ciphers",
        "ciphersuite",
        "cipherlist",
        "cipher_list",
        "cipherstring",
    ];
    words.iter().any(|word| name.ends_with(word))
}

/// The edit distance: the number of letters to add, remove, replace or swap with the next one,
/// without regard to letter case. `None` if it is more than `limit`.
fn distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let same = |x: u8, y: u8| x.eq_ignore_ascii_case(&y);
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(!same(x, y)))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && same(x, b[j - 1]) && same(a[i - 1], y) {
                cost = cost.min(before[j - 1] + 1);
            }
            row[j + 1] = cost;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&d| d <= limit)
}

#[cfg(test)]
thread_local! {
    /// The number of searches for a similar name in this thread.
    pub(super) static SEARCHES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The candidate that is most similar to `name`, if it is similar enough to be the intended one.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    #[cfg(test)]
    SEARCHES.set(SEARCHES.get() + 1);
    // A third of the letters may differ, so that `RSB` finds `RSA` and `FOO` finds nothing.
    let limit = (name.len() / 3).clamp(1, 6);
    if name.len() > 80 || name.len() < 2 {
        return None;
    }
    let score = |candidate: &str| {
        let d = distance(name.as_bytes(), candidate.as_bytes(), limit)?;
        let other_case = name
            .bytes()
            .zip(candidate.bytes())
            .filter(|(a, b)| a != b)
            .count();
        Some((d, other_case))
    };
    candidates
        .filter_map(|c| score(c).map(|s| (s, c)))
        .min_by_key(|(s, _)| *s)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suggestion_is_the_nearest_name() {
        let names = || ALIASES.iter().map(|a| a.name);
        assert_eq!(nearest("aNUL", names()), Some("aNULL"));
        assert_eq!(nearest("anull", names()), Some("aNULL"));
        assert_eq!(nearest("HGIH", names()), Some("HIGH"));
        assert_eq!(nearest("ECHDE", names()), Some("ECDHE"));
        assert_eq!(nearest("AES-GCM", names()), Some("AESGCM"));
        assert_eq!(nearest("QUANTUM", names()), None);
        assert_eq!(nearest("", names()), None);
        assert_eq!(nearest(&"A".repeat(10_000), names()), None);
    }

    /// The tables of OpenSSL's versions add no name to the file of names.
    #[test]
    fn every_suite_of_the_tables_is_in_the_file_of_names() {
        for known in super::super::KnownOpenssl::all() {
            for suite in &known.library.suites {
                assert!(
                    suites().contains(suite.cipher.name),
                    "{}",
                    suite.cipher.name
                );
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = ALIASES.iter().map(|a| a.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
