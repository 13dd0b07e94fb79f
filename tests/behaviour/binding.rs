//! Channel bindings and exported keying material.

use pyssl as ssl;
use pyssl_testing::Ca;
use pyssl_testing::openssl::hash::{MessageDigest, hash};
use pyssl_testing::pki::KeyKind;

use crate::link::BOTH_VERSIONS;
use crate::support::{Pair, client_context, server_context};

#[test]
fn both_ends_compute_the_same() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let (client, server) = (client_context(&ca), server_context(&leaf));
    for version in BOTH_VERSIONS {
        client.set_maximum_version(version).unwrap();
        let early = Pair::new(&client, &server, "localhost").unwrap();
        let pair = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        for name in ["tls-unique", "tls-exporter", "tls-server-end-point"] {
            assert_eq!(early.client.get_channel_binding(name).unwrap(), None);
            let ours = pair.client.get_channel_binding(name).unwrap();
            assert_eq!(
                ours,
                pair.server.get_channel_binding(name).unwrap(),
                "{name}"
            );
            assert!(ours.unwrap().len() >= 12, "{name}");
        }
        let other = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        let unique = |pair: &Pair| pair.client.get_channel_binding("tls-unique").unwrap();
        assert_ne!(unique(&pair), unique(&other));
        if version == ssl::TlsVersion::TLSv1_2 {
            assert_eq!(unique(&pair).unwrap().len(), 12);
        }
        let exporter = pair.client.get_channel_binding("tls-exporter").unwrap();
        let label = "EXPORTER-Channel-Binding";
        let material = pair.server.export_keying_material(32, label, Some(b""));
        assert_eq!(exporter, material.ok());
    }
}

#[test]
fn the_end_point_is_the_hash_of_the_certificate() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let (client, server) = (client_context(&ca), server_context(&leaf));
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    let digest = hash(MessageDigest::sha256(), &leaf.der()).unwrap();
    let binding = pair.client.get_channel_binding("tls-server-end-point");
    assert_eq!(binding.unwrap().unwrap(), &*digest);

    // SHA-1 counts as SHA-256.
    let old = ca.builder().san("localhost").sha1().build();
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    server.set_ciphers("DEFAULT:@SECLEVEL=0").unwrap();
    server
        .load_cert_chain(ssl::CertChain::from_pem(old.cert_pem(), old.key_pem()))
        .unwrap();
    let client = crate::support::unverified_client();
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    let digest = hash(MessageDigest::sha256(), &old.der()).unwrap();
    let binding = pair.client.get_channel_binding("tls-server-end-point");
    assert_eq!(binding.unwrap().unwrap(), &*digest);

    // Ed25519 has no hash that could be named.
    let root = Ca::root_builder().key(KeyKind::Ed25519).build_ca();
    let (client, server) = (
        client_context(&root),
        server_context(&root.issue("localhost")),
    );
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    let binding = pair.client.get_channel_binding("tls-server-end-point");
    assert_eq!(binding.unwrap(), None);
}

#[test]
fn other_types_have_pythons_errors() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = context.wrap_bio(&a, &b, "localhost").unwrap();
    let error = object.get_channel_binding("tls-foo").unwrap_err();
    assert_eq!(error.python_class(), "ValueError");
    assert_eq!(
        error.to_string(),
        "'tls-foo' channel binding type not implemented"
    );
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let sock = context.wrap_socket(socket, "localhost").unwrap();
    let error = sock.get_channel_binding("tls-foo").unwrap_err();
    assert_eq!(
        error.to_string(),
        "tls-foo channel binding type not implemented"
    );
    assert_eq!(sock.get_channel_binding("tls-unique").unwrap(), None);
}

#[test]
fn keying_material_depends_on_label_context_and_connection() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    for version in BOTH_VERSIONS {
        client.set_maximum_version(version).unwrap();
        let pair = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        let other = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        let export = |end: &ssl::SslObject, label: &str, context: Option<&[u8]>| {
            end.export_keying_material(40, label, context).unwrap()
        };
        let plain = export(&pair.client, "EXPORTER-test", None);
        assert_eq!(plain.len(), 40);
        assert_eq!(plain, export(&pair.server, "EXPORTER-test", None));
        assert_ne!(plain, export(&pair.client, "EXPORTER-other", None));
        assert_ne!(plain, export(&pair.client, "EXPORTER-test", Some(b"x")));
        assert_ne!(plain, export(&other.client, "EXPORTER-test", None));
        assert!(
            pair.client
                .export_keying_material(0, "l", None)
                .unwrap()
                .is_empty()
        );
    }
    let early = Pair::new(&client, &server, "localhost").unwrap();
    let error = early
        .client
        .export_keying_material(1, "l", None)
        .unwrap_err();
    assert_eq!(error.to_string(), "handshake not done yet");
    let error = early
        .client
        .export_keying_material(1 << 40, "l", None)
        .unwrap_err();
    assert_eq!(error.python_class(), "OverflowError");
}
