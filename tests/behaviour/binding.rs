//! Channel bindings and exported keying material.

use pyssl as ssl;
use pyssl_testing::Ca;
use pyssl_testing::openssl::hash::{MessageDigest, hash};
use pyssl_testing::pki::KeyKind;

use crate::link::{BOTH_VERSIONS, Contexts, plain_socket, tcp_pair};
use crate::support::{
    Pair, class, client_context, connected, outcome, server_context, show, told, unverified_client,
};

const BINDINGS: [&str; 3] = ["tls-unique", "tls-exporter", "tls-server-end-point"];

fn contexts(version: ssl::TlsVersion) -> (ssl::SslContext, ssl::SslContext) {
    let ca = Ca::new();
    let client = client_context(&ca);
    client.set_maximum_version(version).unwrap();
    (client, server_context(&ca.issue("localhost")))
}

#[test]
fn client_and_server_have_equal_channel_bindings() {
    for version in BOTH_VERSIONS {
        let (client, server) = contexts(version);
        let pair = connected(&client, &server);
        for name in BINDINGS {
            let ours = pair.client.get_channel_binding(name).unwrap();
            let theirs = pair.server.get_channel_binding(name).unwrap();
            assert_eq!(ours, theirs, "{name}");
            assert!(ours.unwrap().len() >= 12, "{name}");
        }
        let unique = pair.client.get_channel_binding("tls-unique").unwrap();
        if version == ssl::TlsVersion::TLSv1_2 {
            assert_eq!(unique.unwrap().len(), 12);
        }
        let exporter = pair.client.get_channel_binding("tls-exporter").unwrap();
        let label = "EXPORTER-Channel-Binding";
        let material = pair.server.export_keying_material(32, label, Some(b""));
        assert_eq!(exporter, material.ok());
    }
}

#[test]
fn channel_bindings_are_none_before_the_handshake() {
    for version in BOTH_VERSIONS {
        let (client, server) = contexts(version);
        let early = Pair::new(&client, &server, "localhost").unwrap();
        for side in [&early.client, &early.server] {
            for name in BINDINGS {
                assert_eq!(side.get_channel_binding(name).unwrap(), None, "{name}");
            }
        }
    }
}

#[test]
fn each_connection_has_its_own_channel_bindings_except_for_that_of_the_certificate() {
    for version in BOTH_VERSIONS {
        let (client, server) = contexts(version);
        let [first, second] = [(); 2].map(|()| connected(&client, &server));
        for name in BINDINGS {
            let [first, second] =
                [&first, &second].map(|pair| pair.client.get_channel_binding(name).unwrap());
            assert_eq!(first == second, name == "tls-server-end-point", "{name}");
        }
    }
}

#[test]
fn tls_server_end_point_is_the_hash_of_the_certificate() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let (client, server) = (client_context(&ca), server_context(&leaf));
    let pair = connected(&client, &server);
    let digest = hash(MessageDigest::sha256(), &leaf.der()).unwrap();
    let binding = pair.client.get_channel_binding("tls-server-end-point");
    assert_eq!(binding.unwrap().unwrap(), &*digest);

    // For a signature with SHA-1, the binding uses SHA-256.
    let old = ca.builder().san("localhost").sha1().build();
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    server.set_ciphers("DEFAULT:@SECLEVEL=0").unwrap();
    show(&server, &old);
    let client = unverified_client();
    let pair = connected(&client, &server);
    let digest = hash(MessageDigest::sha256(), &old.der()).unwrap();
    let binding = pair.client.get_channel_binding("tls-server-end-point");
    assert_eq!(binding.unwrap().unwrap(), &*digest);

    // An Ed25519 signature names no hash.
    let root = Ca::root_builder().key(KeyKind::Ed25519).build_ca();
    let (client, server) = (
        client_context(&root),
        server_context(&root.issue("localhost")),
    );
    let pair = connected(&client, &server);
    let binding = pair.client.get_channel_binding("tls-server-end-point");
    assert_eq!(binding.unwrap(), None);
}

#[test]
fn unknown_channel_bindings_give_pythons_errors() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let object = context.wrap_bio(&a, &b, "localhost").unwrap();
    assert_eq!(
        told(object.get_channel_binding("tls-foo")),
        "ValueError: 'tls-foo' channel binding type not implemented"
    );
    let sock = context.wrap_socket(plain_socket(), "localhost").unwrap();
    assert_eq!(
        told(sock.get_channel_binding("tls-foo")),
        "ValueError: tls-foo channel binding type not implemented"
    );
    assert_eq!(sock.get_channel_binding("tls-unique").unwrap(), None);
}

#[test]
fn keying_material_depends_on_label_context_and_connection() {
    let Contexts { client, server } = Contexts::new();
    for version in BOTH_VERSIONS {
        client.set_maximum_version(version).unwrap();
        let pair = connected(&client, &server);
        let other = connected(&client, &server);
        let export = |end: &ssl::SslObject, label: &str, context: Option<&[u8]>| {
            end.export_keying_material(40, label, context).unwrap()
        };
        let plain = export(&pair.client, "EXPORTER-test", None);
        assert_eq!(plain.len(), 40);
        assert_eq!(plain, export(&pair.server, "EXPORTER-test", None));
        assert_ne!(plain, export(&pair.client, "EXPORTER-other", None));
        assert_ne!(plain, export(&pair.client, "EXPORTER-test", Some(b"x")));
        assert_ne!(plain, export(&other.client, "EXPORTER-test", None));
        let nothing = pair.client.export_keying_material(0, "l", None);
        assert_eq!(nothing.unwrap(), b"");
    }
    let early = Pair::new(&client, &server, "localhost").unwrap().client;
    let text = "ValueError: handshake not done yet";
    assert_eq!(told(early.export_keying_material(1, "l", None)), text);
    let endless = early.export_keying_material(1 << 40, "l", None);
    assert_eq!(class(endless), "OverflowError");
}

/// RFC 9266, section 4.2: without the extension, another TLS 1.2 connection may have the same keys.
#[test]
fn without_the_extended_master_secret_tls12_has_no_exporter_binding() {
    const NO_EXTENDED_MASTER_SECRET: u64 = 1;
    let Contexts { client, server } = Contexts::new();
    let without = ssl::Options::from_bits_retain(NO_EXTENDED_MASTER_SECRET);
    client.set_options(client.options() | without).unwrap();
    for (version, bound) in BOTH_VERSIONS.into_iter().zip([false, true]) {
        client.set_maximum_version(version).unwrap();
        let pair = connected(&client, &server);
        for end in [&pair.client, &pair.server] {
            let binding = end.get_channel_binding("tls-exporter").unwrap();
            assert_eq!(binding.is_some(), bound, "{version:?}");
        }
    }
}

/// A resumed session does not record which of a server's certificates was sent, so a server with
/// several has no binding.
#[test]
fn tls_server_end_point_of_a_resumed_session_is_given_only_if_unambiguous() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let second = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    for version in BOTH_VERSIONS {
        let (client, server) = (client_context(&ca), server_context(&leaf));
        client.set_maximum_version(version).unwrap();
        let connect = |session: Option<ssl::SslSession>| {
            let options = ssl::WrapBio::from("localhost").session(session);
            let pair = Pair::new(&client, &server, options).unwrap().connected();
            pair.talk();
            pair
        };
        let bindings = |pair: &Pair| {
            let binding = |end: &ssl::SslObject| end.get_channel_binding("tls-server-end-point");
            assert!(pair.client.session_reused());
            (
                binding(&pair.client).unwrap(),
                binding(&pair.server).unwrap(),
            )
        };
        let digest = hash(MessageDigest::sha256(), &leaf.der()).unwrap();
        let session = connect(None).client.session();
        let known = Some(digest.to_vec());
        assert_eq!(
            bindings(&connect(session.clone())),
            (known.clone(), known.clone())
        );
        // A certificate replaces an earlier one with the same type of key, so the server still has
        // one certificate.
        show(&server, &leaf);
        assert_eq!(
            bindings(&connect(session.clone())),
            (known.clone(), known.clone())
        );
        show(&server, &second);
        assert_eq!(bindings(&connect(session)), (known, None));
    }
}

/// The peer computes the values with the `openssl` crate.
#[test]
fn keying_material_and_bindings_match_the_openssl_crate() {
    use pyssl_testing::openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};

    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    for (version, theirs) in BOTH_VERSIONS
        .into_iter()
        .zip([SslVersion::TLS1_2, SslVersion::TLS1_3])
    {
        let (near, far) = tcp_pair();
        let mut plain = SslConnector::builder(SslMethod::tls_client()).unwrap();
        plain.set_verify(SslVerifyMode::NONE);
        plain.set_max_proto_version(Some(theirs)).unwrap();
        let plain = plain.build();
        std::thread::scope(|scope| {
            let peer = scope.spawn(move || {
                let stream = plain.connect("localhost", near).unwrap();
                let ssl = stream.ssl();
                let export = |length, label, context| {
                    let mut out = vec![0; length];
                    ssl.export_keying_material(&mut out, label, context)
                        .unwrap();
                    out
                };
                let exporter = export(32, "EXPORTER-Channel-Binding", Some(b""));
                // In a full handshake, the client sends its Finished message first.
                let mut unique = [0; 64];
                let length = ssl.finished(&mut unique);
                (
                    (unique[..length].to_vec(), exporter),
                    export(64, "EXPORTER-test", Some(b"context")),
                    export(64, "EXPORTER-test", None),
                )
            });
            let options = ssl::WrapSocket::new().server_side(true);
            let conn = server.wrap_socket(far, options).unwrap();
            let ours = |context| {
                let material = conn.export_keying_material(64, "EXPORTER-test", context);
                material.unwrap()
            };
            let (material, without) = (ours(Some(b"context")), ours(None));
            // The exporter of TLS 1.2 distinguishes an absent context from an empty one. The
            // exporter of TLS 1.3 does not.
            assert_ne!(material, without);
            assert_eq!(
                without == ours(Some(b"")),
                version == ssl::TlsVersion::TLSv1_3
            );
            let binding = |name| conn.get_channel_binding(name).unwrap().unwrap();
            let bindings = (binding("tls-unique"), binding("tls-exporter"));
            assert_eq!(peer.join().unwrap(), (bindings, material, without));
        });
    }
}

#[test]
fn invalid_requests_for_keying_material_are_errors() {
    let Contexts { client, server } = Contexts::new();
    for version in BOTH_VERSIONS {
        client.set_maximum_version(version).unwrap();
        let pair = connected(&client, &server);
        let export = |length, label: &str, context: Option<&[u8]>| {
            pair.client.export_keying_material(length, label, context)
        };
        // HKDF returns at most 255 times the length of the hash (RFC 5869, section 2.3).
        let most = export(16 * 1024, "l", None).map_err(|error| error.python_class());
        match version {
            ssl::TlsVersion::TLSv1_2 => assert_eq!(most.unwrap().len(), 16 * 1024),
            _ => assert_eq!(most, Err("SSLError")),
        }
        assert_eq!(class(export(16 * 1024 + 1, "l", None)), "OverflowError");
        // TLS 1.2 itself uses this label, so an exporter must refuse it.
        let reserved = export(32, "key expansion", None);
        match version {
            ssl::TlsVersion::TLSv1_2 => {
                assert_eq!(outcome(&reserved), "SSLError:TLS_ILLEGAL_EXPORTER_LABEL");
            }
            _ => assert_eq!(reserved.unwrap().len(), 32),
        }
        // The connection can be used after these errors.
        assert_eq!(export(8, "", Some(b"")).unwrap().len(), 8);
        let nul = export(8, "a\0b", None).unwrap();
        assert_ne!(nul, export(8, "a", None).unwrap());
        pair.talk();
    }
    let sock = client.wrap_socket(plain_socket(), "localhost").unwrap();
    let text = told(sock.export_keying_material(8, "l", None));
    assert!(
        text.starts_with("ValueError: No SSL wrapper around"),
        "{text}"
    );
}
