mod certificates;
mod sources;

use super::*;
use crate::cipher::{CipherString, Severity};

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
        assert!(!policy.title().is_empty());
        assert!(policy.date().is_some(), "{policy:?}");
        assert_eq!(
            Policy::named(policy.name()).unwrap().title(),
            policy.title()
        );
    }
}

#[test]
fn mozilla_modern_allows_tls_1_3_only() {
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
fn rfc9325_distinguishes_must_from_should() {
    let rfc = Policy::rfc9325();
    assert!(
        rfc.check(&suites("ECDHE+AESGCM"), &[])
            .violations()
            .is_empty()
    );
    let report = rfc.check(&suites("DHE-RSA-AES128-SHA:AES128-SHA"), &[]);
    assert!(report.conforms());
    assert_eq!(report.violations().len(), 3);
    // The order is a violation too.
    let report = rfc.check(&suites("AES128-SHA:DHE-RSA-AES128-SHA"), &[]);
    assert!(!report.conforms());
    let preference = report.violations().iter().find(|v| {
        matches!(v.kind(), ViolationKind::Preference { worse, .. } if worse.name == "AES128-SHA")
    });
    assert_eq!(preference.unwrap().section(), Some("4.1"));
    assert!(!rfc.check(&suites("NULL-SHA"), &[]).conforms());
}

#[test]
fn a_policy_of_the_crate_may_extend_another() {
    let file = |name: &str, rest: &str| {
        format!("name = '{name}'\nversion = '1'\nsource = 'https://example.org'\n{rest}")
    };
    let first = file("first", "[[rule]]\nforbid = ['AES128-SHA']");
    let second = file(
        "second",
        "extends = 'first'\n[[rule]]\nforbid = ['AES256-SHA']",
    );
    let policy = Policy::read(&second, &[&second, &first]).unwrap();
    let report = policy.check(&suites("AES128-SHA:AES256-SHA"), &[]);
    assert_eq!((policy.name(), report.violations().len()), ("second", 2));
}

const HEAD: &str = "name = 'a'\nversion = '1'\nsource = 'https://example.org'\n[[rule]]\n";

fn own(rule: &str) -> Result<Policy, DataError> {
    Policy::parse(&format!("{HEAD}{rule}"))
}

#[test]
fn a_policy_file_forbids_and_allows_the_suites_that_it_names() {
    let policy = own("versions = ['TLSv1.2']\nforbid = ['AES128-SHA', 'CAMELLIA']").unwrap();
    let report = policy.check(&suites("AES128-SHA:AES256-SHA:CAMELLIA"), &[]);
    let camellia = suites("AES256-SHA:CAMELLIA").len() - suites("AES256-SHA").len();
    assert_eq!(report.violations().len(), 1 + camellia);
    // A suite is allowed if the `allow` list of any rule has it.
    let tls13 = suites("AES128-SHA").len() - 1;
    let policy = own("allow = ['AES128-SHA']\n[[rule]]\nallow = ['AES256-SHA']").unwrap();
    let report = policy.check(&suites("AES128-SHA:AES256-SHA:AES128-SHA256"), &[]);
    assert_eq!(report.violations().len(), 1 + tls13);
}

#[test]
fn an_error_in_a_file_names_the_line_and_the_allowed_values() {
    for (text, line, part) in [
        ("", 1, "missing field `name`"),
        (
            "name = 'a'\nfoo = 'b'",
            2,
            "expected one of `name`, `title`, `version`",
        ),
        ("name = ''", 1, "empty"),
        ("name a", 1, "`=`"),
        (
            "name = 'a'\nversion = '1'\nsource = 'b'",
            1,
            "missing field `rule`",
        ),
        (
            "name = 'a'\nversion = '1'\nsource = 'b'\nrule = []",
            4,
            "the list is empty",
        ),
        (
            "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\nsection = '1'",
            1,
            "requires anything",
        ),
        (
            "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\ncertificates = {}\nkeys = {}",
            1,
            "requires anything",
        ),
        // The format that policy files had before TOML.
        ("name a\nversion 1\nsource b\nversions TLSv1.2", 1, "`=`"),
    ] {
        let error = Policy::parse(text).unwrap_err();
        assert_eq!(error.line(), line, "{text}: {error}");
        assert!(error.message().contains(part), "{text}: {error}");
    }
    for (rule, part) in [
        (
            "vresions = ['TLSv1.2']",
            "expected one of `section`, `versions`, `allow`",
        ),
        ("versions = ['TLSv2']", "TLSv1.2, TLSv1.3"),
        ("versions = []", "the list is empty"),
        ("certificates = { kinds = [] }", "the list is empty"),
        ("certificates = { curves = [] }", "the list is empty"),
        ("certificates = { signatures = [] }", "the list is empty"),
        (
            "certificates = { forbid-digests = [] }",
            "the list is empty",
        ),
        ("versions = 'TLSv1.2'", "expected a sequence"),
        ("keys = { rsa = 'many' }", "expected u32"),
        ("keys = { rsa = -1 }", "expected u32"),
        (
            "keys = { gold = 20 }",
            "expected one of `rsa`, `dsa`, `ec`, `dh`",
        ),
        ("prefer = ['gold']", "expected `forward-secrecy`"),
        // OpenSSL would ignore names that it does not know; a guideline must not.
        ("forbid = ['rc-4']", "or a weakness (no-encryption, "),
        (
            "avoid = ['AES128-SHA', 'kDEH']",
            "`kDEH` is not a cipher suite",
        ),
        (
            "allow = ['ECDHE-RSA-AES128-GCM-SHA265']",
            "did you mean `ECDHE-RSA-AES128-GCM-SHA256`?",
        ),
        ("expect = ['TLS_AES_128_GCM']", "is not a cipher suite"),
        ("expect = ['TLS_RSA_WITH_GOLD']", "is not a cipher suite"),
        ("allow = ['DES']", "is not a cipher suite"),
        (
            "groups = ['X25519', 'prime265v1']",
            "`prime265v1` is not a group",
        ),
        ("expect-groups = ['P256']", "such as `x25519`"),
        ("forbid-digests = ['sha-1']", "the digests are sha3224, "),
        (
            "certificates = { forbid-digests = ['sha-1'] }",
            "the digests are sha3224, ",
        ),
        ("avoid-features = ['zip']", "`compression`"),
    ] {
        let error = own(rule).unwrap_err();
        assert_eq!(error.line(), 5, "{rule}: {error}");
        assert!(error.message().contains(part), "{rule}: {error}");
    }
    let text = format!("{HEAD}versions = [\n  'TLSv1.2',\n  'TLSv9',\n]\n");
    assert_eq!(Policy::parse(&text).unwrap_err().line(), 7);
}

mod files {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::super::*;

    const SUITES: &[&str] = &[
        "AES128-SHA",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "TLS_AES_128_GCM_SHA256",
    ];
    const PATTERNS: &[&str] = &["rc4", "kDHE", "CAMELLIA", "AES256-SHA", "static-rsa"];
    const GROUPS: &[&str] = &["X25519", "prime256v1", "secp384r1", "ffdhe2048"];
    const DIGESTS: &[&str] = &["md5", "sha1", "sha3256"];
    const FEATURES: &[&str] = &[
        "compression",
        "secure-renegotiation",
        "extended-master-secret",
    ];
    const WORDS: &[&str] = &["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

    /// An entry of a rule, which may span several lines, and whether it is valid.
    fn line() -> impl Strategy<Value = (String, bool)> {
        let list = |key: &'static str, words: &'static [&'static str]| {
            let words = subsequence(words, 1..=words.len().min(3));
            (words, any::<bool>(), any::<bool>()).prop_map(move |(words, wrapped, wrong)| {
                let mut words: Vec<_> = words.iter().map(|w| format!("{w:?}")).collect();
                if wrong {
                    words.push("\"no such name\"".into());
                }
                let (open, close) = if wrapped { ("[\n", "\n]") } else { ("[", "]") };
                (format!("{key} = {open}{}{close}", words.join(", ")), !wrong)
            })
        };
        prop_oneof![
            list("versions", WORDS),
            list("allow", SUITES),
            list("forbid", PATTERNS),
            list("avoid", PATTERNS),
            list("expect", SUITES),
            list("groups", GROUPS),
            list("expect-groups", GROUPS),
            list("forbid-digests", DIGESTS),
            list("require-features", FEATURES),
            list("avoid-features", FEATURES),
            any::<u32>().prop_map(|bits| (format!("keys = {{ rsa = {bits} }}"), true)),
            select(&["prefer = ['gold']", "versions = []", "wrong = 1", "avoid"][..])
                .prop_map(|line| (line.to_owned(), false)),
        ]
    }

    proptest! {
        /// A valid file is parsed completely. An invalid one is rejected with its first invalid
        /// line.
        #[test]
        fn an_invalid_policy_file_is_rejected_with_its_line(rules in vec(line(), 1..8)) {
            let mut text = String::from(super::HEAD.trim_end_matches("[[rule]]\n"));
            let mut wrong = None;
            for (rule, right) in &rules {
                text.push_str("[[rule]]\n");
                let from = text.matches('\n').count() + 1;
                text.push_str(rule);
                text.push('\n');
                let to = text.matches('\n').count();
                if !right && wrong.is_none() {
                    wrong = Some(from..=to);
                }
            }
            match (Policy::parse(&text), wrong) {
                (Ok(policy), None) => {
                    let stated = |key: &str| {
                        let starts = |(line, _): &&(String, bool)| line.starts_with(key);
                        let words = rules.iter().filter(starts).map(|(line, _)| {
                            line.matches('"').count() / 2
                        });
                        words.sum::<usize>()
                    };
                    prop_assert_eq!(policy.rules.len(), rules.len());
                    prop_assert_eq!(policy.versions().len(), stated("versions"));
                    prop_assert_eq!(policy.groups().count(), stated("groups"));
                    let forbidden = policy.rules.iter().map(|rule| rule.forbid.len());
                    prop_assert_eq!(forbidden.sum::<usize>(), stated("forbid ="));
                }
                // The parser reports a syntax error first, even if it follows a line with an
                // unknown word.
                (Err(error), Some(lines)) => {
                    let form = error.line() > *lines.end() && text.contains("\navoid\n");
                    prop_assert!(form || lines.contains(&error.line()), "{}\n{}", error, text);
                }
                (read, wrong) => prop_assert!(false, "{:?} {:?}\n{}", read, wrong, text),
            }
        }

        /// Any text is parsed, or rejected with the number of one of its lines.
        #[test]
        fn the_policy_parser_never_panics(text in "[a-z='\\[\\]{}\"\\n .,0-9]{0,200}") {
            if let Err(error) = Policy::parse(&text) {
                prop_assert!(error.line() <= text.matches('\n').count() + 1);
            }
        }
    }
}

#[test]
fn a_policy_is_compared_with_groups_and_keys() {
    let mozilla = Policy::mozilla_intermediate();
    assert!(mozilla.check_groups(&["P-256", "x25519"]).conforms());
    assert!(!mozilla.check_groups(&["x25519", "secp521r1"]).conforms());
    let rfc = Policy::rfc9325();
    // A missing recommended group is not an error.
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
    // An unknown name never conforms.
    for policy in Policy::all() {
        assert!(!policy.check_key("rsaa", 4096).conforms());
        assert!(!policy.check_groups(&["x25591"]).conforms());
    }
}

#[test]
fn a_report_lists_the_aspects_that_were_not_compared() {
    let mozilla = Policy::mozilla_intermediate();
    let list = suites("ECDHE+AESGCM");
    let report = mozilla.check(&list, &[]);
    let certificate = [Aspect::Keys, Aspect::Certificates];
    let open = [&[Aspect::Versions, Aspect::Groups], &certificate[..]].concat();
    assert_eq!(report.not_compared(), open);
    let mut report = mozilla.check(&list, &[TlsVersion::TLSv1_3]);
    report.extend(mozilla.check_groups(&["x25519"]));
    assert_eq!(report.not_compared(), certificate);
    report.extend(mozilla.check_key("rsa", 2048));
    let facts = CertificateFacts::new("rsa", "sha256WithRSAEncryption", 90);
    report.extend(mozilla.check_certificate(&facts));
    assert_eq!(report.not_compared(), []);
    assert!(report.conforms());
    let policy = own("forbid = ['rc4']").unwrap();
    assert_eq!(policy.check(&list, &[]).not_compared(), []);
    // `leave_open` says that not all suites or groups are known. The violations for missing suites and groups are then
    // dropped.
    let rfc = Policy::rfc9325();
    let mut report = rfc.check(&suites("AES128-SHA"), &[TlsVersion::TLSv1_2]);
    report.extend(rfc.check_groups(&["secp384r1"]));
    let missing = |report: &Report| {
        let kinds = report.violations().iter().map(Violation::kind);
        let missing = |kind: &&ViolationKind| {
            matches!(
                kind,
                ViolationKind::NothingExpected | ViolationKind::MissingGroup(_)
            )
        };
        kinds.filter(missing).count()
    };
    assert_eq!(missing(&report), 3);
    report.leave_open(&rfc, Aspect::Suites);
    assert_eq!(missing(&report), 2);
    report.leave_open(&rfc, Aspect::Groups);
    assert_eq!(missing(&report), 0);
    for aspect in [Aspect::Suites, Aspect::Groups] {
        assert!(report.not_compared().contains(&aspect), "{aspect}");
    }
}

#[test]
fn a_version_that_was_not_compared_is_not_reported_as_missing() {
    let policy = Policy::named("cnsa-2.0").unwrap();
    let is_missing = |report: &Report| {
        let mut violations = report.violations().iter();
        violations.any(|one| matches!(one.kind(), ViolationKind::MissingVersion(_)))
    };
    let mut report = policy.check(&[], &[TlsVersion::TLSv1_2]);
    assert!(is_missing(&report), "{report:?}");
    report.leave_open(&policy, Aspect::Versions);
    assert!(!is_missing(&report), "{report:?}");
    assert!(report.not_compared().contains(&Aspect::Versions));
}

#[test]
fn a_policy_is_found_by_name_and_version() {
    for name in Policy::names() {
        let policy = Policy::named(&name).unwrap();
        assert!(name.starts_with(policy.name()), "{name}");
    }
    assert_eq!(
        Policy::named("mozilla-intermediate").unwrap().version(),
        "6.0"
    );
    assert_eq!(
        Policy::named("mozilla-intermediate@5.7").unwrap().version(),
        "5.7"
    );
    assert!(Policy::named("mozilla-intermediate@1.0").is_none());
}

#[test]
fn a_policy_checks_its_own_rules_and_those_it_extends() {
    let head = "name = 'a'\nversion = '1'\nsource = 'b'\nextends = 'rfc9325'\n";
    let policy =
        Policy::parse(&format!("{head}[[rule]]\nrequire-versions = ['TLSv1.3']\n")).unwrap();
    let report = policy.check(&suites("AES128-SHA"), &[TlsVersion::TLSv1_2]);
    let found: Vec<_> = report
        .violations()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        found.iter().any(|text| text.contains("discouraged")),
        "{found:?}"
    );
    assert!(
        found.contains(&"TLSv1.3 is off, and must be on".to_owned()),
        "{found:?}"
    );
    let wrong = head.replace("rfc9325", "rfc1");
    let error = Policy::parse(&format!("{wrong}[[rule]]\nversions = ['TLSv1.3']\n")).unwrap_err();
    assert_eq!(error.line(), 4);
    assert!(error.message().contains("mozilla-modern, "), "{error}");
}

#[test]
fn a_pattern_of_a_policy_may_have_several_conditions() {
    let policy = own("forbid = ['kRSA+AESGCM']").unwrap();
    let violations = |text: &str| policy.check(&suites(text), &[]).violations().len();
    assert_eq!(violations("AES128-GCM-SHA256"), 1);
    assert_eq!(violations("AES128-SHA"), 0);
    assert_eq!(violations("ECDHE-RSA-AES128-GCM-SHA256"), 0);
    assert!(own("forbid = ['kRSA+NOPE']").is_err());
}

#[test]
fn an_aspect_that_was_left_open_stays_open() {
    let mozilla = Policy::mozilla_intermediate();
    for aspect in Aspect::ALL {
        let mut report = mozilla.check(&[], &[]);
        report.leave_open(&mozilla, aspect);
        for other in Aspect::ALL {
            report.extend(mozilla.check_nothing(other));
        }
        let expected = mozilla.covers(aspect).then_some(aspect);
        assert_eq!(report.not_compared(), expected.as_slice());
    }
}

#[test]
fn signatures_whose_digest_is_not_known_leave_a_rule_on_digests_open() {
    let policy = Policy::parse(
        "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\nforbid-digests = ['sha1']\n",
    )
    .unwrap();
    for (schemes, verdict) in [
        (&["rsa_pss_rsae_sha256", "ed25519"][..], Some(true)),
        (&["gostr34102012_256a", "rsa_pss_rsae_sha256"], None),
        (&["gostr34102012_256a", "rsa_pkcs1_sha1"], Some(false)),
    ] {
        assert_eq!(
            policy.check_signatures(schemes).verdict(),
            verdict,
            "{schemes:?}"
        );
    }
}
