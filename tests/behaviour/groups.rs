//! Groups, signature algorithms, suites of TLS 1.3, and what depends on OpenSSL's version.

use pyssl as ssl;
use pyssl_testing::{Ca, Files, skipped};

use crate::support::{Pair, client_context, outcome, require_certificates, server_context};

#[test]
fn a_curve_holds_for_both_roles() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    client.set_ecdh_curve("X25519").unwrap();
    server.set_ecdh_curve("secp384r1").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    let (c, s) = pair.handshake();
    assert!(outcome(&c).ends_with("ALERT_HANDSHAKE_FAILURE"));
    assert_eq!(outcome(&s), "SSLError:NO_SUITABLE_KEY_SHARE");
    // The last of both setters counts.
    server.set_groups("P-384:X25519").unwrap();
    Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
}

#[test]
fn a_nul_is_refused_and_what_is_unknown_changes_nothing() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    client.set_groups("X448").unwrap();
    client.set_ciphersuites("TLS_AES_128_GCM_SHA256").unwrap();
    client.set_server_sigalgs("ecdsa_secp256r1_sha256").unwrap();
    let error = client.set_groups("X448:nonsense").unwrap_err();
    assert_eq!(error.to_string(), "unrecognized group");
    assert_eq!((error.python_class(), error.errno()), ("SSLError", Some(0)));
    let error = client.set_ciphersuites("nonsense").unwrap_err();
    assert_eq!(error.to_string(), "No cipher suite can be selected.");
    let unknown = "unrecognized signature algorithm";
    let error = client.set_server_sigalgs("nonsense").unwrap_err();
    assert_eq!(error.to_string(), unknown);
    let error = client.set_client_sigalgs("nonsense").unwrap_err();
    assert_eq!(error.to_string(), unknown);
    let nul = "embedded null character";
    assert_eq!(client.set_groups("a\0").unwrap_err().to_string(), nul);
    assert_eq!(client.set_ciphersuites("a\0").unwrap_err().to_string(), nul);
    assert_eq!(
        client.set_client_sigalgs("\0").unwrap_err().to_string(),
        nul
    );
    assert_eq!(
        client.set_server_sigalgs("\0").unwrap_err().to_string(),
        nul
    );
    let error = client.set_ecdh_curve("a\0").unwrap_err();
    assert_eq!(error.to_string(), "embedded null byte");

    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    assert_eq!(pair.client.cipher().unwrap().0, "TLS_AES_128_GCM_SHA256");
    server.set_groups("X25519").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert!(pair.handshake().1.is_err());
}

/// Everything here is replayed when a context is built anew.
#[test]
fn settings_survive_a_rebuild() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    server.set_groups("X448").unwrap();
    server.set_ciphersuites("TLS_AES_128_GCM_SHA256").unwrap();
    server.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
    server.set_client_sigalgs("ed25519").unwrap();
    client.set_server_sigalgs("ecdsa_secp256r1_sha256").unwrap();
    let kept = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    // `kept` holds both snapshots.
    for context in [&client, &server] {
        context.set_alpn_protocols(&["h2"]).unwrap();
    }
    client.set_groups("X25519").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert!(pair.handshake().0.is_err());
    client.set_groups("X25519:X448").unwrap();
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    assert_eq!(pair.client.cipher().unwrap().0, "TLS_AES_128_GCM_SHA256");
    drop(kept);
}

#[test]
fn an_empty_list_of_suites_leaves_none_for_tls_1_3() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.set_ciphersuites("").unwrap();
    let ciphers = context.get_ciphers().unwrap();
    assert!(ciphers.iter().all(|c| !c.name.starts_with("TLS_")));
}

#[test]
fn a_server_signs_only_as_it_is_told() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    server.set_server_sigalgs("ed25519").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    // No certificate fits TLS 1.3, so TLS 1.2 is tried, and no suite fits either.
    let error = pair.handshake().1.unwrap_err();
    assert_eq!(error.reason(), Some("NO_SHARED_CIPHER"));
}

fn text(result: ssl::Result<impl std::fmt::Debug>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(e) => format!("{} {e}", e.python_class()),
    }
}

/// Each function works or is refused with Python 3.15's text, as `capabilities` says.
#[test]
fn capabilities_tell_what_this_openssl_has() {
    let has = ssl::capabilities();
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    client
        .load_cert_chain(&Files::of(&ca.issue("me")).combined)
        .unwrap();
    client.set_groups("X448").unwrap();
    let early = Pair::new(&client, &server, "localhost").unwrap();
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    for (end, early) in [(&pair.client, &early.client), (&pair.server, &early.server)] {
        assert_eq!(end.group().as_deref(), Some("x448"));
        assert_eq!(early.group(), None);
        if has.server_sigalg {
            let name = "Some(\"ecdsa_secp256r1_sha256\")";
            assert_eq!(text(end.server_sigalg()), name);
            assert_eq!(text(end.client_sigalg()), "None");
            assert_eq!(text(early.server_sigalg()), "None");
        } else {
            let late = text(end.server_sigalg());
            assert!(
                late.starts_with("NotImplementedError Getting server"),
                "{late}"
            );
            let late = text(end.client_sigalg());
            assert!(
                late.starts_with("NotImplementedError Getting client"),
                "{late}"
            );
        }
    }
    assert_eq!(has.server_sigalg, has.client_sigalg);
    if has.get_sigalgs {
        assert!(ssl::get_sigalgs().unwrap().contains(&"ed25519".to_owned()));
    } else {
        assert_eq!(
            text(ssl::get_sigalgs()),
            "NotImplementedError Getting signature algorithms requires OpenSSL 3.4 or later."
        );
    }
    if has.get_groups {
        let names = |aliases| client.get_groups(aliases).unwrap();
        assert!(names(false).len() < names(true).len());
        assert!(names(true).contains(&"P-256".to_owned()));
    } else {
        assert_eq!(
            text(client.get_groups(false)),
            "NotImplementedError Getting implemented groups requires OpenSSL 3.5 or later."
        );
    }
    let lenient = client.set_groups("?nonsense:X25519");
    assert_eq!(lenient.is_ok(), has.optional_groups);
    let lenient = client.set_server_sigalgs("?nonsense:ed25519");
    assert_eq!(lenient.is_ok(), has.optional_sigalgs);
}

#[test]
fn a_client_that_shows_a_certificate_has_an_algorithm() {
    if !ssl::capabilities().client_sigalg {
        skipped(*ssl::OPENSSL_VERSION);
        return;
    }
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    client
        .load_cert_chain(&Files::of(&ca.issue("me")).combined)
        .unwrap();
    require_certificates(&server, &ca);
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    for end in [&pair.client, &pair.server] {
        let name = end.client_sigalg().unwrap();
        assert_eq!(name.as_deref(), Some("ecdsa_secp256r1_sha256"));
    }
}
