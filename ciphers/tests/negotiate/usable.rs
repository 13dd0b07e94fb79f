//! `usable_ciphers`: which of a context's suites can be negotiated.

use pyssl as ssl;
use pyssl_ciphers::negotiate::{
    NegotiateOptions, Obstacle, Role, Usable, UsableOptions, negotiate, usable_ciphers,
};
use pyssl_testing::Ca;

use crate::support::{load, rsa, server};

fn find<'a>(list: &'a [Usable], name: &str) -> &'a Usable {
    list.iter().find(|u| u.cipher().name == name).expect(name)
}

fn why<'a>(list: &'a [Usable], name: &str) -> Option<&'a Obstacle> {
    find(list, name).why()
}

#[test]
fn usable_ciphers_lists_all_suites_of_the_default_string_as_usable() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let usable = usable_ciphers(&context, Role::Client).unwrap();
    let names = |list: Vec<ssl::Cipher>| list.iter().map(|c| c.name).collect::<Vec<_>>();
    assert_eq!(
        names(usable.iter().map(|u| u.cipher().clone()).collect()),
        names(context.get_ciphers().unwrap())
    );
    for suite in &usable {
        assert!(suite.usable(), "{}: {:?}", suite.cipher().name, suite.why());
        let expected = match suite.cipher().is_tls13() {
            true => ssl::TlsVersion::TLSv1_3,
            false => ssl::TlsVersion::TLSv1_2,
        };
        assert_eq!(suite.version(), Some(expected));
    }
    assert_eq!(context.session_stats().connect, 0);
}

#[test]
fn usable_suites_of_a_server_depend_on_its_certificates_and_dh_parameters() {
    let ca = Ca::new();
    let context = server(&[]);
    context
        .set_ciphers("ECDHE+AESGCM:DHE+AESGCM:AES128-SHA")
        .unwrap();
    let list = usable_ciphers(&context, Role::Server).unwrap();
    assert!(list.iter().all(|u| !u.usable()));
    assert_eq!(why(&list, "AES128-SHA"), Some(&Obstacle::NoCertificate));
    assert_eq!(
        why(&list, "TLS_AES_128_GCM_SHA256"),
        Some(&Obstacle::NoCertificate)
    );

    load(&context, &ca.issue("localhost"));
    let list = usable_ciphers(&context, Role::Server).unwrap();
    assert!(find(&list, "ECDHE-ECDSA-AES128-GCM-SHA256").usable());
    assert_eq!(
        why(&list, "ECDHE-RSA-AES128-GCM-SHA256"),
        Some(&Obstacle::CertificateKind("an RSA"))
    );

    load(&context, &rsa(&ca));
    let list = usable_ciphers(&context, Role::Server).unwrap();
    assert!(find(&list, "ECDHE-RSA-AES128-GCM-SHA256").usable());
    assert!(find(&list, "AES128-SHA").usable());
    // Without DH parameters, only OpenSSL 4.0 negotiates DHE. It uses a group that the client
    // offers (RFC 7919).
    let groups_for_dhe = ssl::OPENSSL_VERSION_INFO.0 >= 4;
    assert_eq!(
        why(&list, "DHE-RSA-AES128-GCM-SHA256"),
        (!groups_for_dhe).then_some(&Obstacle::NoDhParameters)
    );
}

#[test]
fn versions_security_levels_and_missing_callbacks_make_suites_unusable() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let string = "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:NULL-SHA256:PSK-AES128-CBC-SHA@SECLEVEL=2";
    context.set_ciphers(string).unwrap();
    let list = usable_ciphers(&context, Role::Client).unwrap();
    assert!(find(&list, "AES128-SHA").usable());
    assert_eq!(why(&list, "NULL-SHA256"), Some(&Obstacle::SecurityLevel(2)));
    assert_eq!(
        why(&list, "PSK-AES128-CBC-SHA"),
        Some(&Obstacle::NoPskCallback)
    );

    context
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    let list = usable_ciphers(&context, Role::Client).unwrap();
    assert_eq!(
        why(&list, "TLS_AES_128_GCM_SHA256"),
        Some(&Obstacle::Version)
    );
    context
        .set_maximum_version(ssl::TlsVersion::TLSv1_3)
        .unwrap();
    context
        .set_minimum_version(ssl::TlsVersion::TLSv1_3)
        .unwrap();
    let list = usable_ciphers(&context, Role::Client).unwrap();
    assert_eq!(why(&list, "AES128-SHA"), Some(&Obstacle::Version));
    assert!(find(&list, "TLS_AES_128_GCM_SHA256").usable());
}

#[test]
fn a_psk_callback_makes_psk_suites_usable_without_being_called() {
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    client.set_ciphers("PSK+AES128").unwrap();
    client
        .set_psk_client_callback::<ssl::ClientPsk>(|_| panic!("called"))
        .unwrap();
    let list = usable_ciphers(&client, Role::Client).unwrap();
    assert!(find(&list, "PSK-AES128-CBC-SHA").usable());
    let server = server(&[]);
    server.set_ciphers("PSK+AES128").unwrap();
    server
        .set_psk_server_callback::<Vec<u8>>(|_| panic!("called"), None)
        .unwrap();
    let list = usable_ciphers(&server, Role::Server).unwrap();
    assert!(find(&list, "PSK-AES128-CBC-SHA").usable());
}

#[test]
fn a_client_can_use_every_suite_of_openssl_except_for_psk_and_srp_without_secrets() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS).unwrap();
    context
        .set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
        .unwrap();
    for suite in usable_ciphers(&context, Role::Client).unwrap() {
        let name = suite.cipher().name;
        match suite.why() {
            None => assert!(!name.contains("PSK") && !name.contains("SRP"), "{name}"),
            Some(Obstacle::NoPskCallback) => assert!(name.contains("PSK"), "{name}"),
            Some(Obstacle::NoSrp) => assert!(name.contains("SRP"), "{name}"),
            Some(other) => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn high_security_levels_are_tested_with_longer_keys() {
    for (level, rsa) in [(3, true), (4, true), (5, false)] {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        context
            .set_ciphers(&format!(
                "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:@SECLEVEL={level}"
            ))
            .unwrap();
        let list = usable_ciphers(&context, Role::Client).unwrap();
        let suite = find(&list, "ECDHE-RSA-AES256-GCM-SHA384");
        assert_eq!(suite.usable(), rsa, "level {level}: {:?}", suite.why());
    }
}

#[test]
fn a_context_of_the_other_role_is_an_error() {
    let error = usable_ciphers(&server(&[]), Role::Client).unwrap_err();
    assert!(error.to_string().contains("PROTOCOL_TLS_SERVER"), "{error}");
}

#[test]
fn each_suite_is_tested_with_test_keys_if_certificates_are_missing() {
    let ca = Ca::new();
    let context = server(&[]);
    let string = "ECDHE+AESGCM:DHE-RSA-AES128-GCM-SHA256:DHE-DSS-AES128-GCM-SHA256:\
                  AES128-SHA:PSK-AES128-CBC-SHA:NULL-SHA256:@SECLEVEL=2";
    context.set_ciphers(string).unwrap();
    let options = UsableOptions::new(Role::Server).test_keys(true);
    let list = usable_ciphers(&context, options.clone()).unwrap();
    for suite in &list {
        let name = suite.cipher().name;
        let expected = match name {
            "PSK-AES128-CBC-SHA" => Some(&Obstacle::NoPskCallback),
            "NULL-SHA256" => Some(&Obstacle::SecurityLevel(2)),
            _ => None,
        };
        assert_eq!(suite.why(), expected, "{name}");
        assert_eq!(suite.version().is_some(), expected.is_none(), "{name}");
        assert_eq!(suite.test_key().is_some(), expected.is_none(), "{name}");
    }
    let test_key = |list: &[Usable], name: &str| find(list, name).test_key().cloned();
    let gcm = "ECDHE-RSA-AES128-GCM-SHA256";
    assert_eq!(test_key(&list, gcm), Some(Obstacle::NoCertificate));

    // A server with a certificate gets test keys only of the key types that it lacks.
    load(&context, &rsa(&ca));
    let list = usable_ciphers(&context, options).unwrap();
    assert_eq!(test_key(&list, gcm), None);
    assert_eq!(
        test_key(&list, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        Some(Obstacle::CertificateKind("an EC"))
    );
    let dhe = test_key(&list, "DHE-RSA-AES128-GCM-SHA256");
    assert!(
        matches!(dhe, None | Some(Obstacle::NoDhParameters)),
        "{dhe:?}"
    );
    // The test keys were not loaded into the context itself.
    let list = usable_ciphers(&context, Role::Server).unwrap();
    assert!(find(&list, gcm).usable());
    assert!(!find(&list, "ECDHE-ECDSA-AES128-GCM-SHA256").usable());
}

#[test]
fn each_security_level_has_test_certificates() {
    for level in 0..=5 {
        let context = server(&[]);
        let string = format!("ECDHE+AESGCM:@SECLEVEL={level}");
        context.set_ciphers(&string).unwrap();
        let options = UsableOptions::new(Role::Server).test_keys(true);
        let list = usable_ciphers(&context, options).unwrap();
        let ecdsa = find(&list, "ECDHE-ECDSA-AES256-GCM-SHA384");
        assert!(ecdsa.usable(), "level {level}: {:?}", ecdsa.why());
        let rsa = find(&list, "ECDHE-RSA-AES256-GCM-SHA384");
        assert_eq!(rsa.usable(), level < 5, "level {level}: {:?}", rsa.why());
    }
}

/// Test keys are of a kind that the context's groups and signature algorithms allow.
#[test]
fn test_keys_match_the_contexts_groups_and_signature_algorithms() {
    let names = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
    for groups in ["P-256", "P-384", "P-521", "X25519:P-384"] {
        let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        client.set_ciphers(names).unwrap();
        client.set_groups(groups).unwrap();
        let usable = usable_ciphers(&client, Role::Client).unwrap();
        assert!(usable.iter().all(Usable::usable), "{groups}: {usable:#?}");

        let context = server(&[]);
        context.set_ciphers(names).unwrap();
        context.set_groups(groups).unwrap();
        let options = UsableOptions::new(Role::Server).test_keys(true);
        let usable = usable_ciphers(&context, options).unwrap();
        assert!(usable.iter().all(Usable::usable), "{groups}: {usable:#?}");
        assert!(usable.iter().all(|suite| suite.test_key().is_some()));
        let options = NegotiateOptions::new().test_keys(true);
        client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256").unwrap();
        client
            .set_maximum_version(ssl::TlsVersion::TLSv1_2)
            .unwrap();
        let found = negotiate(&client, &context, options).unwrap();
        assert!(found.agreement().is_some(), "{groups}: {found}");
    }
    for algorithms in [
        "ECDSA+SHA256",
        "ECDSA+SHA384",
        "ECDSA+SHA512",
        "ed25519",
        "ed448",
        "rsa_pss_rsae_sha256",
        "rsa_pss_pss_sha256",
    ] {
        let context = server(&[]);
        context.set_ciphers(names).unwrap();
        context.set_server_sigalgs(algorithms).unwrap();
        let options = UsableOptions::new(Role::Server).test_keys(true);
        let usable = usable_ciphers(&context, options).unwrap();
        let tls13 = find(&usable, "TLS_AES_128_GCM_SHA256");
        assert!(tls13.usable(), "{algorithms}: {tls13:#?}");
        let suite = match algorithms.starts_with("rsa") {
            true => "ECDHE-RSA-AES128-GCM-SHA256",
            false => "ECDHE-ECDSA-AES128-GCM-SHA256",
        };
        let tls12 = find(&usable, suite);
        assert!(tls12.usable(), "{algorithms}: {tls12:#?}");
    }
}

/// A suite needs no test key if the server has a certificate with the key type of the suite.
#[test]
fn suites_that_work_with_the_servers_own_certificate_need_no_test_key() {
    let ca = Ca::new();
    let key = pyssl_testing::pki::KeyKind::Ed25519;
    let context = server(&[&ca.builder().san("localhost").key(key).build()]);
    let options = UsableOptions::new(Role::Server).test_keys(true);
    let usable = usable_ciphers(&context, options).unwrap();
    let own = find(&usable, "ECDHE-ECDSA-AES128-GCM-SHA256");
    assert!(own.usable() && own.test_key().is_none(), "{own:#?}");
    let rsa = find(&usable, "ECDHE-RSA-AES128-GCM-SHA256");
    assert!(rsa.usable() && rsa.test_key().is_some(), "{rsa:#?}");
}
