//! Corrected cipher strings. Each must pass the checks that the original string failed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use pyssl_ciphers::cipher::{CipherString, Fix, Policy, Severity};

fn problems(text: &str) -> Vec<String> {
    let findings = CipherString::parse(text).unwrap().lint().unwrap();
    let counted = findings
        .iter()
        .filter(|f| f.severity() >= Severity::Warning);
    counted.map(ToString::to_string).collect()
}

#[test]
fn fix_removes_each_problem_with_a_small_change() {
    for (text, fixed) in [
        // The next strings have nothing to correct.
        ("ECDHE+AESGCM", "ECDHE+AESGCM"),
        ("ECDHE+AESGCM:!aNULL", "ECDHE+AESGCM:!aNULL"),
        // The next strings have typing errors.
        ("ECDHE+AESGCM:!aNUL", "ECDHE+AESGCM:!aNULL"),
        ("ECDHE+AESGMC:ECDHE+CHACHA20", "ECDHE+AESGCM:ECDHE+CHACHA20"),
        ("ECDHE+AESGCM:BOGUSNAMEXYZ", "ECDHE+AESGCM"),
        ("ECDHE+AESGCM:!", "ECDHE+AESGCM"),
        ("ECDHE+AESGCM:é", "ECDHE+AESGCM"),
        ("TLS_AES_128_GCM_SHA256:ECDHE+AESGCM", "ECDHE+AESGCM"),
        ("ECDHE+AESGCM:@SECLEVEL=0", "ECDHE+AESGCM"),
        ("ECDHE+AESGCM:@SECLEVEL=9", "ECDHE+AESGCM"),
        // The next strings select weak suites.
        ("ECDHE+AESGCM:AES128-SHA", "ECDHE+AESGCM"),
        ("AES128-SHA,ECDHE+AESGCM", "ECDHE+AESGCM"),
        ("ECDHE+AESGCM:kRSA+AES", "ECDHE+AESGCM:kRSA+AES:!kRSA"),
        // No part of the next strings can be kept.
        ("", "ECDHE+AESGCM:ECDHE+CHACHA20"),
        ("BOGUSNAMEXYZ", "ECDHE+AESGCM:ECDHE+CHACHA20"),
        ("NULL-SHA", "ECDHE+AESGCM:ECDHE+CHACHA20"),
    ] {
        let fix = Fix::new(text, None).unwrap();
        if text == "ECDHE+AESGCM:kRSA+AES" {
            // This string has two shortest corrections, and either one may be chosen.
            assert!(fix.string().starts_with("ECDHE"), "{fix:?}");
        } else {
            assert_eq!(fix.string(), fixed, "{:?}", fix.changes());
        }
        assert!(fix.passes(), "{text}: {:?}", fix.left());
        assert_eq!(fix.changes().is_empty(), text == fixed, "{text}");
        assert_eq!(problems(fix.string()), [""; 0]);
    }
}

#[test]
fn correcting_a_wide_string_removes_suites_and_adds_none() {
    for text in [
        "ALL",
        "HIGH",
        "DEFAULT",
        "HIGH:!aNULL:!MD5",
        "ALL:@SECLEVEL=0",
        "HIGH:MEDIUM:+3DES:!aNULL",
    ] {
        for policy in [
            None,
            Some(Policy::rfc9325()),
            Some(Policy::mozilla_intermediate()),
        ] {
            let fix = Fix::new(text, policy.as_ref()).unwrap();
            assert!(fix.passes(), "{text} {policy:?}: {fix:?}");
            assert!(
                fix.after().len() > 3 && fix.after().len() < fix.before().len(),
                "{text}"
            );
            // The correction adds no suite.
            assert!(fix.diff().added().is_empty(), "{text}: {:?}", fix.diff());
        }
    }
}

#[test]
fn a_policy_that_no_string_satisfies_is_reported() {
    let fix = Fix::new("HIGH", Some(&Policy::mozilla_modern())).unwrap();
    assert!(!fix.passes());
    assert!(!fix.policy().unwrap().violations().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The corrected string has no warning; a second correction changes nothing.
    #[test]
    fn a_corrected_string_has_no_warning_and_stays_as_it_is(
        parts in vec(
            (
                select(vec!["", "", "", "!", "-", "+"]),
                select(vec![
                    "ALL", "HIGH", "DEFAULT", "ECDHE", "AES128", "kRSA", "aNULL", "eNULL", "aNUL", "RC4",
                    "AES128-SHA", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE+AESGCM", "SHA1", "PSK", "@STRENGTH",
                    "@SECLEVEL=1", "@SECLEVEL=0", "TLS_AES_128_GCM_SHA256", "COMPLEMENTOFDEFAULT", "XYZ", "é",
                    "", "TLSv1.2", "CHACHA20", "DHE+AES256", "SUITEB128", "P-256", "NULL-SHA",
                ]),
                select(vec![":", ",", " ", ":", ""]),
            ),
            0..7,
        ),
    ) {
        let text: String = parts.iter().map(|(op, name, sep)| format!("{op}{name}{sep}")).collect();
        let fix = Fix::new(&text, None).unwrap();
        prop_assert!(fix.passes(), "{text}: {fix:?}");
        prop_assert_eq!(problems(fix.string()), Vec::<String>::new());
        let again = Fix::new(fix.string(), None).unwrap();
        prop_assert_eq!(again.string(), fix.string());
        prop_assert!(again.changes().is_empty());
    }

    /// A string that has nothing to correct stays as it is.
    #[test]
    fn fix_leaves_good_strings_as_they_are(
        names in vec(select(vec!["ECDHE+AESGCM", "ECDHE+CHACHA20", "DHE+AESGCM"]), 1..2),
    ) {
        let text = names.join(":");
        let fix = Fix::new(&text, None).unwrap();
        if problems(&text).is_empty() {
            prop_assert_eq!(fix.string(), text);
        }
    }
}
