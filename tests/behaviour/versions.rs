//! Protocol versions, and other results of the negotiation.

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, skipped};

use crate::link::{BOTH_VERSIONS, Contexts};
use crate::support::{Pair, client_context, connected, outcome, server_context, show, told, trust};

use ssl::TlsVersion::{MAXIMUM_SUPPORTED, MINIMUM_SUPPORTED, TLSv1, TLSv1_1, TLSv1_2, TLSv1_3};

/// A context of this protocol with a certificate and this verify mode, which allows old versions.
fn context(protocol: ssl::Protocol, ca: &Ca, mode: ssl::VerifyMode) -> ssl::SslContext {
    let context = ssl::SslContext::new(protocol).unwrap();
    context.set_ciphers("ALL:@SECLEVEL=0").unwrap();
    if context.check_hostname() {
        context.set_check_hostname(false).unwrap();
    }
    context.set_verify_mode(mode).unwrap();
    trust(&context, ca);
    show(&context, &ca.issue("localhost"));
    context
}

const MODES: [ssl::VerifyMode; 3] = [ssl::CERT_NONE, ssl::CERT_OPTIONAL, ssl::CERT_REQUIRED];

/// The version that both sides agree on, if they do.
fn agreed(client: &ssl::SslContext, server: &ssl::SslContext) -> Option<&'static str> {
    let pair = Pair::new(client, server, "localhost").unwrap();
    let (client, server) = pair.handshake();
    client.ok().and(server.ok())?;
    assert_eq!(pair.client.version(), pair.server.version());
    pair.client.version()
}

#[test]
fn the_generic_protocol_serves_both_sides_in_every_verify_mode() {
    let ca = Ca::new();
    for mode in MODES {
        let client = context(ssl::PROTOCOL_TLS, &ca, mode);
        let server = context(ssl::PROTOCOL_TLS, &ca, mode);
        assert_eq!(agreed(&client, &server), Some("TLSv1.3"));
        let old = ssl::OP_NO_SSLv2 | ssl::OP_NO_SSLv3;
        server.set_options(server.options() | old).unwrap();
        client.set_options(client.options() | old).unwrap();
        assert_eq!(agreed(&client, &server), Some("TLSv1.3"));
    }
}

#[test]
fn single_version_protocols_negotiate_that_version() {
    let ca = Ca::new();
    for (protocol, name, no) in [
        (ssl::PROTOCOL_TLSv1, "TLSv1", ssl::OP_NO_TLSv1),
        (ssl::PROTOCOL_TLSv1_1, "TLSv1.1", ssl::OP_NO_TLSv1_1),
        (ssl::PROTOCOL_TLSv1_2, "TLSv1.2", ssl::OP_NO_TLSv1_2),
    ] {
        for mode in MODES {
            let one = context(protocol, &ca, mode);
            assert_eq!(agreed(&one, &one), Some(name));
            let any = context(ssl::PROTOCOL_TLS, &ca, mode);
            any.set_minimum_version(MINIMUM_SUPPORTED).unwrap();
            assert_eq!(agreed(&one, &any), Some(name));
            assert_eq!(agreed(&any, &one), Some(name));
            any.set_options(any.options() | no).unwrap();
            assert_eq!(agreed(&any, &one), None);
        }
    }
    let of = |protocol| context(protocol, &ca, ssl::CERT_NONE);
    let (old, new) = (of(ssl::PROTOCOL_TLSv1_1), of(ssl::PROTOCOL_TLSv1_2));
    assert_eq!((agreed(&old, &new), agreed(&new, &old)), (None, None));
    let old = of(ssl::PROTOCOL_TLSv1);
    assert_eq!((agreed(&old, &new), agreed(&new, &old)), (None, None));
}

#[test]
fn ssl_3_is_not_supported() {
    const { assert!(!ssl::HAS_SSLv2) };
    let unknown = "ValueError: invalid or unsupported protocol version";
    assert_eq!(told(ssl::Protocol::try_from(0)), format!("{unknown} 0"));
    if ssl::HAS_SSLv3 {
        skipped("this OpenSSL has SSL 3.0");
        return;
    }
    assert_eq!(told(ssl::Protocol::try_from(1)), format!("{unknown} 1"));
    let ca = Ca::new();
    let client = context(ssl::PROTOCOL_TLS_CLIENT, &ca, ssl::CERT_NONE);
    let server = context(ssl::PROTOCOL_TLS_SERVER, &ca, ssl::CERT_NONE);
    for context in [&client, &server] {
        // As in Python, these setters fail if OpenSSL was built without SSL 3.0.
        let _ = context.set_minimum_version(ssl::TlsVersion::SSLv3);
        let _ = context.set_maximum_version(ssl::TlsVersion::SSLv3);
    }
    assert_ne!(agreed(&client, &server), Some("SSLv3"));
}

#[test]
fn the_highest_common_version_is_negotiated() {
    let ca = Ca::new();
    let agree = |client: [ssl::TlsVersion; 2], server: [ssl::TlsVersion; 2]| {
        let ranged = |protocol, [minimum, maximum]: [ssl::TlsVersion; 2]| {
            let context = context(protocol, &ca, ssl::CERT_NONE);
            context.set_minimum_version(minimum).unwrap();
            context.set_maximum_version(maximum).unwrap();
            context
        };
        agreed(
            &ranged(ssl::PROTOCOL_TLS_CLIENT, client),
            &ranged(ssl::PROTOCOL_TLS_SERVER, server),
        )
    };
    let all = [MINIMUM_SUPPORTED, MAXIMUM_SUPPORTED];
    assert_eq!(agree([TLSv1, TLSv1_2], [TLSv1_2, TLSv1_2]), Some("TLSv1.2"));
    assert_eq!(agree([TLSv1, TLSv1_2], [TLSv1, TLSv1_1]), Some("TLSv1.1"));
    assert_eq!(agree([TLSv1_3, TLSv1_3], all), Some("TLSv1.3"));
    assert_eq!(agree(all, [TLSv1, TLSv1]), Some("TLSv1"));
    assert_eq!(agree([TLSv1, TLSv1], [TLSv1_2, TLSv1_2]), None);
}

#[test]
fn a_handshake_without_a_common_version_sends_an_alert() {
    let ca = Ca::new();
    let client = context(ssl::PROTOCOL_TLS_CLIENT, &ca, ssl::CERT_NONE);
    client.set_minimum_version(TLSv1).unwrap();
    client.set_maximum_version(TLSv1).unwrap();
    let server = context(ssl::PROTOCOL_TLS_SERVER, &ca, ssl::CERT_NONE);
    server.set_minimum_version(TLSv1_2).unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    let (client, server) = pair.handshake();
    assert_eq!(outcome(&server), "SSLError:UNSUPPORTED_PROTOCOL");
    assert_eq!(outcome(&client), "SSLError:TLSV1_ALERT_PROTOCOL_VERSION");
}

#[test]
fn tls_1_3_negotiates_a_tls_1_3_suite() {
    let contexts = Contexts::new();
    contexts.client.set_minimum_version(TLSv1_3).unwrap();
    let pair = contexts.pair();
    assert_eq!((pair.client.version(), pair.client.cipher()), (None, None));
    let pair = pair.connected();
    assert_eq!(pair.client.version(), Some("TLSv1.3"));
    let suites = [
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
    ];
    assert!(suites.contains(&pair.client.cipher().unwrap().0));
}

#[test]
fn ecdhe_works_without_setting_a_curve() {
    let pair = Contexts::of(TLSv1_2).connected();
    assert!(pair.client.cipher().unwrap().0.contains("ECDH"));
}

#[test]
fn compression_is_never_negotiated() {
    let Contexts { client, server } = Contexts::new();
    for maximum in BOTH_VERSIONS {
        client.set_maximum_version(maximum).unwrap();
        for off in [true, false] {
            let mut options = client.options();
            options.set(ssl::OP_NO_COMPRESSION, off);
            client.set_options(options).unwrap();
            let pair = connected(&client, &server);
            assert_eq!(pair.client.compression(), None);
            assert_eq!(pair.server.compression(), None);
        }
    }
}

#[test]
fn op_legacy_server_connect_does_not_affect_new_servers() {
    let Contexts { client, server } = Contexts::new();
    assert!(!client.options().contains(ssl::OP_LEGACY_SERVER_CONNECT));
    for on in [true, false] {
        let mut options = client.options();
        options.set(ssl::OP_LEGACY_SERVER_CONNECT, on);
        client.set_options(options).unwrap();
        for maximum in BOTH_VERSIONS {
            client.set_maximum_version(maximum).unwrap();
            connected(&client, &server).talk();
        }
    }
}

#[test]
fn shared_ciphers_lists_the_common_suites() {
    let Contexts { client, server } = Contexts::new();
    client.set_ciphers("AES128:AES256").unwrap();
    server.set_ciphers("AES256").unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert_eq!(pair.server.shared_ciphers(), None);
    let pair = pair.connected();
    assert_eq!(pair.client.shared_ciphers(), None);
    let shared = pair.server.shared_ciphers().unwrap();
    assert!(!shared.is_empty());
    for (name, version, bits) in shared {
        assert!(
            name.contains("AES256") || name.contains("AES_256") || version == "TLSv1.3",
            "{name} {version} {bits}"
        );
    }
}

#[test]
fn a_server_chooses_a_certificate_that_the_client_supports() {
    let ca = Ca::new();
    let rsa = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    let server = server_context(&ca.issue("localhost"));
    show(&server, &rsa);
    let client = client_context(&ca);
    client.set_maximum_version(TLSv1_2).unwrap();
    for (ciphers, kind) in [
        ("ECDHE:ECDSA:!NULL:!aRSA", "ECDSA"),
        ("ECDHE:!aECDSA", "RSA"),
    ] {
        client.set_ciphers(ciphers).unwrap();
        let pair = connected(&client, &server);
        let cipher = pair.client.cipher().unwrap().0;
        assert!(cipher.split('-').any(|part| part == kind), "{cipher}");
    }
}
