//! Negotiations of known clients with a server.

use std::collections::HashSet;

use pyssl as ssl;
use pyssl_ciphers::negotiate::{Cause, NegotiateOptions, Negotiation, Profile, negotiate_profiles};
use pyssl_testing::Ca;

use crate::support::{rsa, server};

fn with<'a>(found: &'a [(&Profile, Negotiation)], name: &str) -> &'a Negotiation {
    let found = found.iter().find(|(profile, _)| profile.name() == name);
    &found.expect("a profile of this name").1
}

#[test]
fn every_profile_has_a_source_and_a_unique_name() {
    let all = Profile::all();
    assert!(all.len() >= 30);
    let names: HashSet<_> = all.iter().map(Profile::name).collect();
    assert_eq!(names.len(), all.len());
    for profile in all {
        assert!(!profile.source().is_empty() && !profile.title().is_empty());
        assert!(profile.released().parse::<u16>().is_ok(), "{profile}");
        assert_eq!(Profile::named(profile.name()), Some(profile));
    }
}

#[test]
fn profiles_of_modern_clients_negotiate_tls_1_3_and_old_ones_tls_1_2() {
    let ca = Ca::new();
    let server = server(&[&ca.issue("localhost"), &rsa(&ca)]);
    let found = negotiate_profiles(&server, ()).unwrap();
    for name in [
        "chrome-150",
        "chromium-137",
        "firefox-137",
        "safari-26",
        "go-1.25",
        "java-17",
        "python-3.10-3.13",
        "go-1.17",
    ] {
        let agreement = with(&found, name).agreement().expect(name);
        assert_eq!(agreement.version(), ssl::TlsVersion::TLSv1_3, "{name}");
    }
    let ie = with(&found, "ie-11-win7").agreement().expect("CBC is on");
    assert_eq!(ie.version(), ssl::TlsVersion::TLSv1_2);
    assert_eq!(ie.group(), Some("secp256r1"));
    let xp = with(&found, "ie-8-xp")
        .refusal()
        .expect("nothing in common");
    assert!(matches!(xp.cause(), Cause::NoCommonVersion { .. }), "{xp}");
}

#[test]
fn a_profile_without_common_suites_fails_with_that_reason() {
    let server = server(&[]);
    server.set_minimum_version(ssl::TlsVersion::TLSv1).unwrap();
    server.set_ciphers("ALL:@SECLEVEL=0").unwrap();
    let options = NegotiateOptions::new().test_keys(true);
    let found = negotiate_profiles(&server, options).unwrap();
    let xp = with(&found, "ie-8-xp").refusal().expect("RC4 and DES only");
    assert!(matches!(xp.cause(), Cause::NoCommonSuite { .. }), "{xp}");
}

#[test]
fn a_context_built_from_a_profile_offers_its_suites() {
    let profile = Profile::named("android-7").unwrap();
    let context = profile.client_context().unwrap().unwrap();
    let offered: Vec<_> = context
        .get_ciphers()
        .unwrap()
        .iter()
        .map(|c| c.name)
        .collect();
    assert_eq!(offered, profile.ciphers().collect::<Vec<_>>());
    assert_eq!(context.maximum_version(), ssl::TlsVersion::TLSv1_2);
}

#[test]
fn a_custom_profile_file_is_read_and_errors_have_a_line() {
    let text = "# ours\n[[profile]]\nname = 'a'\nsource = 'here'\nversions = ['TLSv1.2']\n\
                ciphers = ['AES128-SHA']\nsni = false\n";
    let own = Profile::parse(text).unwrap();
    assert_eq!((own[0].name(), own[0].sends_server_name()), ("a", false));
    for (text, line) in [
        ("", 1),
        ("versions = ['TLSv1.2']", 1),
        ("[[profile]]\nfoo = 'b'", 2),
        ("[[profile]]\nversions = ['TLSv9']", 2),
        ("[[profile]]\nlevel = 9", 2),
        ("[[profile]]\nsni = 'perhaps'", 2),
        ("[[profile]]\nciphers = []", 2),
        ("[[profile]]\nciphers = ['AES128-SHA', 'AES128_SHA']", 2),
        ("[[profile]]\ngroups = ['X25519', 'prime265v1']", 2),
        ("[[profile]]\nname = 'a'", 1),
    ] {
        assert_eq!(Profile::parse(text).unwrap_err().line(), line, "{text}");
    }
}

#[test]
fn a_parsed_profile_agrees_on_its_suite_or_reports_no_common_suite() {
    let text = "[[profile]]\nname = 'terminal'\nsource = 'here'\nversions = ['TLSv1.2']\n\
                ciphers = ['AES128-SHA']\n";
    let terminal = &Profile::parse(text).unwrap()[0];
    let server = server(&[]);
    server.set_ciphers("ECDHE+AESGCM:AES128-SHA").unwrap();
    let options = NegotiateOptions::new().test_keys(true);
    let found = terminal.negotiate(&server, options.clone()).unwrap();
    assert_eq!(found.agreement().unwrap().cipher().name, "AES128-SHA");
    server.set_ciphers("ECDHE+AESGCM").unwrap();
    let found = terminal.negotiate(&server, options).unwrap();
    let refusal = found.refusal().expect("nothing in common");
    assert!(
        matches!(refusal.cause(), Cause::NoCommonSuite { .. }),
        "{refusal}"
    );
}
