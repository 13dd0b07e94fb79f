//! The suites that a list names and that the linked OpenSSL does not have.

use std::collections::{HashMap, HashSet};

use once_cell::sync::Lazy;

use super::hint::Hint;
use super::names::{self, Alias};
use super::rules::Rule;
use super::selector::Selector;
use super::weakness::CipherExt;
use super::{Cipher, CipherString, Operator, Part, PartKind, Weakness, registry};

/// The names in a list that the linked OpenSSL ignores, but another version or build of OpenSSL may know.
///
/// A server may use another OpenSSL than the linked one, and that OpenSSL may have the suites:
///
/// ```
/// use pyssl_ciphers::cipher::CipherString;
///
/// let string = CipherString::parse("ECDHE+AESGCM:DHE-DSS-RC4-SHA:QUANTUM")?;
/// let absent = string.absent();
/// assert_eq!(absent.ciphers()[0].standard_name, Some("TLS_DHE_DSS_WITH_RC4_128_SHA"));
/// assert_eq!(absent.unknown().collect::<Vec<_>>(), ["QUANTUM"]);
/// // A later part excludes the suite.
/// assert!(CipherString::parse("DHE-DSS-RC4-SHA:AES:!RC4")?.absent().ciphers().is_empty());
/// # Ok::<(), pyssl::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent {
    ciphers: Vec<Cipher>,
    unknown: Vec<Box<str>>,
}

impl Absent {
    /// The suites that other versions or builds of OpenSSL select by these names, as in the
    /// [`registry`](super::registry()).
    pub fn ciphers(&self) -> &[Cipher] {
        &self.ciphers
    }

    /// The names for which no suite is known.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(|name| &**name)
    }

    /// Adds a name of the list for TLS 1.3 that the linked OpenSSL does not know.
    pub(super) fn add_tls13(&mut self, name: &str) {
        let suite = suite(name);
        let has_no_effect = names::was_known(name) || names::suites().contains(name);
        match suite {
            Some(suite) if suite.is_tls13() => self.ciphers.push(suite.clone()),
            Some(_) => {}
            None if has_no_effect => {}
            None => self.unknown.push(name.into()),
        }
    }
}

/// The meaning of one name in a cipher string.
enum Meaning {
    Suite(&'static Cipher),
    Several(Selector),
    /// A name for several suites in OpenSSL 1.0.2 and older.
    Old(fn(&Cipher) -> bool),
}

impl Meaning {
    fn of(name: &str) -> Option<Meaning> {
        if let Some(old) = old_alias(name) {
            return Some(Meaning::Old(old));
        }
        if let Some(alias) = names::alias(name).map(Alias::selector) {
            return Some(Meaning::Several(alias));
        }
        suite(name).map(Meaning::Suite)
    }

    fn selects(&self, cipher: &Cipher) -> bool {
        match self {
            Meaning::Suite(suite) => suite.id == cipher.id,
            Meaning::Several(selector) => selector.selects(0, &Selector::of_suite(cipher)),
            Meaning::Old(selects) => selects(cipher),
        }
    }
}

/// The suites that a name selects in OpenSSL 1.0.2 and older (ciphers(1) of these versions).
fn old_alias(name: &str) -> Option<fn(&Cipher) -> bool> {
    Some(match name {
        "EXP" | "EXPORT" | "EXPORT40" | "EXPORT56" | "EXP40" | "EXP56" => {
            |cipher| cipher.weaknesses().contains(&Weakness::Export)
        }
        "LOW" => |cipher| {
            let weaknesses = cipher.weaknesses();
            weaknesses.contains(&Weakness::ShortKey) && !weaknesses.contains(&Weakness::Export)
        },
        "MEDIUM" => |cipher| {
            let medium = ["rc4", "idea-cbc", "seed-cbc"];
            cipher.strength_bits == 128 && cipher.symmetric.is_some_and(|s| medium.contains(&s))
        },
        "DES" => |cipher| cipher.symmetric == Some("des-cbc"),
        "kECDH" | "kECDHe" | "kECDHr" | "aECDH" => |cipher| cipher.kea == Some("kx-ecdh"),
        "kDH" | "kDHr" | "kDHd" | "aDH" => |cipher| cipher.kea == Some("kx-dh"),
        "KRB5" | "kKRB5" | "aKRB5" => |cipher| cipher.kea == Some("kx-krb5"),
        "aFZA" | "kFZA" | "eFZA" | "FZA" => |cipher| cipher.kea == Some("kx-fortezza"),
        // The registry of TLS does not have these suites.
        "SSLv2" | "aGOST94" => |_| false,
        _ => return None,
    })
}

/// The suites of the registry by their names in lower case: the name in the registry, and OpenSSL's. A suite that is
/// found by OpenSSL's name has this name.
static SUITES: Lazy<HashMap<String, Cipher>> = Lazy::new(|| {
    let mut all = HashMap::new();
    for suite in registry() {
        let standard = suite.standard_name.unwrap_or(suite.name);
        all.insert(standard.to_ascii_lowercase(), suite.clone());
        all.insert(suite.name.to_ascii_lowercase(), suite.clone());
    }
    for name in names::suites() {
        let standard = standard_name(name).map(|name| name.to_ascii_lowercase());
        if let Some(mut suite) = standard.and_then(|name| all.get(&name).cloned()) {
            suite.name = name;
            all.entry(name.to_ascii_lowercase()).or_insert(suite);
        }
    }
    all
});

/// The suites for which any version of OpenSSL has a name.
static NAMED: Lazy<Vec<Cipher>> = Lazy::new(|| {
    let named = |suite: &&Cipher| Some(suite.name) != suite.standard_name;
    let mut all: Vec<Cipher> = SUITES.values().filter(named).cloned().collect();
    all.sort_unstable_by_key(|suite| (suite.id, suite.name));
    all.dedup_by_key(|suite| suite.id);
    all
});

fn suite(name: &str) -> Option<&'static Cipher> {
    SUITES.get(&name.to_ascii_lowercase())
}

/// The key exchange at the beginning of OpenSSL's names, and its spelling in the registry.
const EXCHANGES: [(&str, &str); 22] = [
    ("ADH-", "DH_anon"),
    ("AECDH-", "ECDH_anon"),
    ("DH-DSS-", "DH_DSS"),
    ("DH-RSA-", "DH_RSA"),
    ("DHE-DSS-", "DHE_DSS"),
    ("EDH-DSS-", "DHE_DSS"),
    ("DHE-RSA-", "DHE_RSA"),
    ("EDH-RSA-", "DHE_RSA"),
    ("DHE-PSK-", "DHE_PSK"),
    ("ECDH-ECDSA-", "ECDH_ECDSA"),
    ("ECDH-RSA-", "ECDH_RSA"),
    ("ECDH-", "ECDH_RSA"),
    ("ECDHE-ECDSA-", "ECDHE_ECDSA"),
    ("ECDHE-RSA-", "ECDHE_RSA"),
    ("ECDHE-PSK-", "ECDHE_PSK"),
    ("ECDHE-", "ECDHE_RSA"),
    ("RSA-PSK-", "RSA_PSK"),
    ("PSK-", "PSK"),
    ("SRP-DSS-", "SRP_SHA_DSS"),
    ("SRP-RSA-", "SRP_SHA_RSA"),
    ("SRP-", "SRP_SHA"),
    ("KRB5-", "KRB5"),
];

/// Converts OpenSSL's name of a suite to its name in the registry.
fn standard_name(name: &str) -> Option<String> {
    let (export, rest) = match name.strip_prefix("EXP1024-") {
        Some(rest) => ("_EXPORT1024", rest),
        None => match name.strip_prefix("EXP-") {
            Some(rest) => ("_EXPORT", rest),
            None => ("", name),
        },
    };
    let exchange =
        |(theirs, ours): &(&str, &'static str)| Some((*ours, rest.strip_prefix(*theirs)?));
    let (exchange, rest) = EXCHANGES.iter().find_map(exchange).unwrap_or(("RSA", rest));
    let (cipher, digest) = rest.rsplit_once('-')?;
    let is_export = !export.is_empty();
    let bits = |family: &str| cipher.strip_prefix(family).filter(|bits| bits.len() == 3);
    let cipher = match cipher {
        "RC4" if is_export => if export.ends_with("1024") {
            "RC4_56"
        } else {
            "RC4_40"
        }
        .to_owned(),
        "RC4" => "RC4_128".to_owned(),
        "RC2-CBC" => if export.ends_with("1024") {
            "RC2_CBC_56"
        } else {
            "RC2_CBC_40"
        }
        .to_owned(),
        "DES-CBC" if export == "_EXPORT" => "DES40_CBC".to_owned(),
        "DES-CBC3" | "3DES-EDE-CBC" => "3DES_EDE_CBC".to_owned(),
        "SEED" => "SEED_CBC".to_owned(),
        _ => match ["AES", "CAMELLIA"]
            .iter()
            .find_map(|family| Some((family, bits(family)?)))
        {
            Some((family, bits)) if digest.starts_with("SHA") => format!("{family}_{bits}_CBC"),
            Some((family, bits)) => format!("{family}_{bits}"),
            None => {
                let mut cipher = cipher.replace('-', "_");
                for family in ["AES", "ARIA"] {
                    let rest = cipher.strip_prefix(family).map(str::to_owned);
                    cipher = rest.map_or(cipher, |rest| format!("{family}_{rest}"));
                }
                cipher
            }
        },
    };
    let digest = match digest {
        "CCM8" => "CCM_8",
        "POLY1305" => "POLY1305_SHA256",
        digest => digest,
    };
    Some(format!("TLS_{exchange}{export}_WITH_{cipher}_{digest}"))
}

/// The suites that a part selects, whatever its operator: the suite that it names, or the suites of [`NAMED`] that all
/// its names select. `None` if one of its names is not known.
fn selected(names: &str) -> Option<Vec<&'static Cipher>> {
    let meanings: Vec<Meaning> = names.split('+').map(Meaning::of).collect::<Option<_>>()?;
    Some(match &*meanings {
        [Meaning::Suite(suite)] => vec![suite],
        _ => {
            let all = |cipher: &&Cipher| meanings.iter().all(|one| one.selects(cipher));
            NAMED.iter().filter(all).collect()
        }
    })
}

impl CipherString {
    /// The suites that the string names and that the linked OpenSSL does not have. If a name such as `MEDIUM` selects some
    /// suites here, the further suites that it selects in other builds are not in the result.
    pub fn absent(&self) -> Absent {
        let mut absent = Absent::default();
        let mut killed = HashSet::new();
        let mut known = HashMap::new();
        for part in self.parts() {
            // A Suite B word replaces the whole string.
            if part.kind() == PartKind::SuiteB {
                return Absent::default();
            }
            let is_unknown = match &part.rule {
                // A known name whose suites this build lacks (`3DES`) is like an unknown one.
                Rule::Add(wanted) => {
                    let suites = (0..).zip(&self.library.suites);
                    let mut selected =
                        suites.filter(|(at, suite)| wanted.selects(*at, &suite.properties));
                    selected.next().is_none()
                }
                _ => part.kind() == PartKind::Unknown,
            };
            let operator = part.operator();
            let selects = match operator {
                Operator::Add => is_unknown,
                operator => matches!(operator, Operator::Remove | Operator::Kill),
            };
            if !selects {
                continue;
            }
            let text = part.text();
            let names = text.strip_prefix(['-', '!']).unwrap_or(text);
            let suites = known.entry(names).or_insert_with(|| selected(names));
            if operator != Operator::Add {
                let ids: HashSet<u32> = suites.iter().flatten().map(|suite| suite.id).collect();
                absent.ciphers.retain(|cipher| !ids.contains(&cipher.id));
                if operator == Operator::Kill {
                    killed.extend(ids);
                }
                continue;
            }
            if suites.is_none() && !self.has_no_effect(part) {
                absent.unknown.push(text.into());
            }
            for suite in suites.iter().flatten() {
                let is_listed = absent.ciphers.iter().any(|c| c.id == suite.id);
                // A cipher string does not select suites of TLS 1.3.
                if !is_listed && !killed.contains(&suite.id) && !suite.is_tls13() {
                    absent.ciphers.push((*suite).clone());
                }
            }
        }
        absent
    }

    /// Whether every version of OpenSSL ignores this unknown name.
    fn has_no_effect(&self, part: &Part) -> bool {
        // A string can have thousands of unknown names, and the search for the nearest name is slow.
        let name = part.unknown();
        let hint = name.and_then(|name| Hint::of_known_name(name.text(), &self.library));
        matches!(
            hint,
            Some(
                Hint::Tls13Suite
                    | Hint::DefaultNotFirst
                    | Hint::Signal
                    | Hint::ProtocolVersion
                    | Hint::Group
                    | Hint::Setting
            )
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::{Ciphersuites, KnownOpenssl};

    #[test]
    fn every_name_of_a_suite_in_openssl_is_found() {
        let mut wrong = Vec::new();
        for openssl in KnownOpenssl::all() {
            for suite in openssl.library.suites.iter().map(|suite| &suite.cipher) {
                let found = super::suite(suite.name).map(|suite| (suite.name, suite.standard_name));
                if found != Some((suite.name, suite.standard_name)) {
                    wrong.push((suite.name, found));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
        let old = names::suites()
            .iter()
            .filter(|name| !name.starts_with("TLS_"));
        let unknown: Vec<_> = old.filter(|name| suite(name).is_none()).collect();
        assert!(
            unknown.iter().all(|name| name.contains("GOST")),
            "{unknown:?}"
        );
    }

    #[test]
    fn no_similar_name_is_searched_for_a_name_without_suites() {
        let names: Vec<String> = (0..50).map(|number| format!("QUANTUM{number}")).collect();
        let string = CipherString::parse(&format!("AES:{}", names.join(":"))).unwrap();
        let searches = || crate::cipher::names::SEARCHES.get();
        let before = searches();
        assert_eq!(string.absent().unknown().count(), 50);
        assert_eq!(searches(), before);
        string.lint().unwrap();
        assert!(searches() > before, "the searches are not counted");
    }

    #[test]
    fn suites_that_this_openssl_lacks_are_found_by_their_names() {
        for (text, named, unknown) in [
            // No build of OpenSSL 3.0 and later has these suites.
            ("AES:EXP-RC4-MD5", vec!["EXP-RC4-MD5"], vec![]),
            ("AES:EXP-RC4-MD5:!EXP", vec![], vec![]),
            ("!EXPORT:AES:EXP-RC4-MD5", vec![], vec![]),
            ("EXP-RC4-MD5:-RC4:AES", vec![], vec![]),
            ("-RC4:EXP-RC4-MD5:AES", vec!["EXP-RC4-MD5"], vec![]),
            ("DHE-DSS-RC4-SHA:!MEDIUM:AES", vec![], vec![]),
            ("DES-CBC-SHA:!LOW:AES", vec![], vec![]),
            ("ECDH-RSA-RC4-SHA:AES", vec!["ECDH-RSA-RC4-SHA"], vec![]),
            ("kECDHe+DES:AES", vec![], vec![]),
            ("AES:TLS_AES_128_GCM_SHA256:TLSv1.3", vec![], vec![]),
            (
                "AES:ECDHE-RSA-AES128-GCM-SHA265",
                vec![],
                vec!["ECDHE-RSA-AES128-GCM-SHA265"],
            ),
            ("AES:!QUANTUM:-QUANTUM", vec![], vec![]),
            // OpenSSL knows this name, and no build of the tests has these suites.
            ("AES:kRSA+3DES", vec!["DES-CBC3-SHA"], vec![]),
        ] {
            let absent = CipherString::parse(text).unwrap().absent();
            let found: Vec<_> = absent.ciphers().iter().map(|c| c.name).collect();
            assert_eq!(found, named, "{text}");
            assert_eq!(absent.unknown().collect::<Vec<_>>(), unknown, "{text}");
        }
        let export = CipherString::parse("AES:EXPORT").unwrap().absent();
        assert!(export.ciphers().len() > 5, "{export:?}");
        let list = "TLS_AES_128_GCM_SHA256:TLS_AEGIS_256_SHA512:TLS_QUANTUM:AES128-SHA:HIGH";
        let absent = Ciphersuites::parse(list).unwrap().absent();
        assert_eq!(absent.ciphers().len(), 1, "{absent:?}");
        assert_eq!(absent.unknown().collect::<Vec<_>>(), ["TLS_QUANTUM"]);
    }
}
