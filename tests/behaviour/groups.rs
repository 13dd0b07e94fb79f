//! Groups, signature algorithms, TLS 1.3 suites, and features that depend on OpenSSL's version.

use pyssl as ssl;
use pyssl_testing::{Ca, skipped};

use crate::link::Contexts;
use crate::support::{
    Pair, client_context, connected, outcome, require_certificates, server_context, show, told,
};

const NO_GROUP: &str = "SSLError:NO_SUITABLE_KEY_SHARE";

#[test]
fn set_ecdh_curve_applies_to_client_and_server() {
    let Contexts { client, server } = Contexts::new();
    client.set_ecdh_curve("X25519").unwrap();
    server.set_ecdh_curve("secp384r1").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    let (c, s) = pair.handshake();
    assert!(outcome(&c).ends_with("ALERT_HANDSHAKE_FAILURE"));
    assert_eq!(outcome(&s), NO_GROUP);
    // `set_groups` replaces the list that an earlier setter has set.
    server.set_groups("P-384:X25519").unwrap();
    connected(&client, &server);
}

#[test]
fn invalid_group_and_suite_names_are_errors_without_effect() {
    let Contexts { client, server } = Contexts::new();
    client.set_groups("X448").unwrap();
    client.set_ciphersuites("TLS_AES_128_GCM_SHA256").unwrap();
    client.set_server_sigalgs("ecdsa_secp256r1_sha256").unwrap();
    let error = client.set_groups("X448:nonsense").unwrap_err();
    assert_eq!(error.errno(), Some(0));
    assert_eq!(told::<()>(Err(error)), "SSLError: unrecognized group");
    let none = "SSLError: No cipher suite can be selected.";
    assert_eq!(told(client.set_ciphersuites("nonsense")), none);
    let unknown = "SSLError: unrecognized signature algorithm";
    assert_eq!(told(client.set_server_sigalgs("nonsense")), unknown);
    assert_eq!(told(client.set_client_sigalgs("nonsense")), unknown);
    let nul = "ValueError: embedded null character";
    assert_eq!(told(client.set_groups("a\0")), nul);
    assert_eq!(told(client.set_ciphersuites("a\0")), nul);
    assert_eq!(told(client.set_client_sigalgs("\0")), nul);
    assert_eq!(told(client.set_server_sigalgs("\0")), nul);
    let nul = "ValueError: embedded null byte";
    assert_eq!(told(client.set_ecdh_curve("a\0")), nul);

    let pair = connected(&client, &server);
    assert_eq!(pair.client.cipher().unwrap().0, "TLS_AES_128_GCM_SHA256");
    server.set_groups("X25519").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert_eq!(outcome(&pair.handshake().1), NO_GROUP);
}

/// These settings are applied again when a context builds a new `SSL_CTX`.
#[test]
fn groups_suites_and_sigalgs_survive_a_rebuild() {
    let Contexts { client, server } = Contexts::new();
    server.set_groups("X448").unwrap();
    server.set_ciphersuites("TLS_AES_128_GCM_SHA256").unwrap();
    server.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
    server.set_client_sigalgs("ed25519").unwrap();
    client.set_server_sigalgs("ecdsa_secp256r1_sha256").unwrap();
    let kept = connected(&client, &server);
    // `kept` holds the `SSL_CTX` of each context, so the setters below build new ones.
    for context in [&client, &server] {
        context.set_alpn_protocols(&["h2"]).unwrap();
    }
    client.set_groups("X25519").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert_eq!(outcome(&pair.handshake().1), NO_GROUP);
    client.set_groups("X25519:X448").unwrap();
    let pair = connected(&client, &server);
    assert_eq!(pair.client.cipher().unwrap().0, "TLS_AES_128_GCM_SHA256");
    drop(kept);
}

#[test]
fn an_empty_list_of_ciphersuites_disables_tls_1_3() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.set_ciphersuites("").unwrap();
    let mut ciphers = context.get_ciphers().unwrap();
    assert!(!ciphers.is_empty());
    ciphers.retain(|c| c.is_tls13());
    assert_eq!(ciphers, []);
}

#[test]
fn set_server_sigalgs_restricts_the_servers_signatures() {
    let Contexts { client, server } = Contexts::new();
    server.set_server_sigalgs("ed25519").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    // The server has no certificate for TLS 1.3, so TLS 1.2 is tried, which has no usable suite.
    assert_eq!(outcome(&pair.handshake().1), "SSLError:NO_SHARED_CIPHER");
}

/// Each function works, or fails with Python 3.15's text, as `capabilities` says.
#[test]
fn capabilities_match_what_the_linked_openssl_supports() {
    let has = ssl::capabilities();
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    show(&client, &ca.issue("me"));
    client.set_groups("X448").unwrap();
    let early = Pair::new(&client, &server, "localhost").unwrap();
    let pair = connected(&client, &server);
    for (end, early) in [(&pair.client, &early.client), (&pair.server, &early.server)] {
        assert_eq!(end.group().as_deref(), Some("x448"));
        assert_eq!(early.group(), None);
        if has.server_sigalg {
            let name = end.server_sigalg().unwrap();
            assert_eq!(name.as_deref(), Some("ecdsa_secp256r1_sha256"));
            assert_eq!(end.client_sigalg().unwrap(), None);
            assert_eq!(early.server_sigalg().unwrap(), None);
        } else {
            for (late, whose) in [
                (told(end.server_sigalg()), "server"),
                (told(end.client_sigalg()), "client"),
            ] {
                let text = format!("NotImplementedError: Getting {whose}");
                assert!(late.starts_with(&text), "{late}");
            }
        }
    }
    assert_eq!(has.server_sigalg, has.client_sigalg);
    if has.get_sigalgs {
        assert!(ssl::get_sigalgs().unwrap().contains(&"ed25519".to_owned()));
    } else {
        assert_eq!(
            told(ssl::get_sigalgs()),
            "NotImplementedError: Getting signature algorithms requires OpenSSL 3.4 or later."
        );
    }
    if has.get_groups {
        let names = |aliases| client.get_groups(aliases).unwrap();
        assert!(names(false).len() < names(true).len());
        assert!(names(true).contains(&"P-256".to_owned()));
    } else {
        assert_eq!(
            told(client.get_groups(false)),
            "NotImplementedError: Getting implemented groups requires OpenSSL 3.5 or later."
        );
    }
    let lenient = client.set_groups("?nonsense:X25519");
    assert_eq!(lenient.is_ok(), has.optional_groups);
    let lenient = client.set_server_sigalgs("?nonsense:ed25519");
    assert_eq!(lenient.is_ok(), has.optional_sigalgs);
}

#[test]
fn client_sigalg_is_set_if_the_client_sends_a_certificate() {
    if !ssl::capabilities().client_sigalg {
        skipped(*ssl::OPENSSL_VERSION);
        return;
    }
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    show(&client, &ca.issue("me"));
    require_certificates(&server, &ca);
    let pair = connected(&client, &server);
    for end in [&pair.client, &pair.server] {
        let name = end.client_sigalg().unwrap();
        assert_eq!(name.as_deref(), Some("ecdsa_secp256r1_sha256"));
    }
}
