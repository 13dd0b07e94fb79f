//! Checks that `docs/troubleshooting.md` explains the errors that this library returns.

use std::net::TcpStream;

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files, Leaf, Scripted};

use crate::link::tcp_pair;
use crate::support::{
    Pair, client_context, connected, require_certificates, server_context, show, unverified_client,
};

const CHAPTER: &str = include_str!("../../docs/troubleshooting.md");

/// Fails unless the chapter has this name between backticks.
fn assert_told(name: &str) {
    // The part before `_ALERT_` depends on the alert and on OpenSSL's release.
    let told = match name.split_once("_ALERT_") {
        Some((_, alert)) => CHAPTER.contains(&format!("_ALERT_{alert}`")),
        None => CHAPTER.contains(&format!("`{name}`")),
    };
    assert!(told, "{name} is not told");
}

/// Fails unless the chapter has the reason of an error, or its text if the error has no reason.
fn explained<T: std::fmt::Debug>(outcome: ssl::Result<T>) {
    let error = outcome.unwrap_err();
    match error.reason() {
        Some(reason) => assert_told(reason),
        None => assert_told(&error.to_string()),
    }
    if let Some(message) = error.verify_message() {
        // The part of the message after the comma depends on the test's certificate.
        let message = message.split(", ").next().unwrap();
        assert_told(message);
    }
}

/// A handshake that fails on the server. With TLS 1.3 the client gets the error when it reads.
fn failed(client: &ssl::SslContext, server: &ssl::SslContext) {
    let pair = Pair::new(client, server, "localhost").unwrap();
    let (client, server) = pair.handshake();
    assert!(server.is_err());
    explained(server);
    if client.is_err() {
        explained(client);
    } else {
        explained(pair.client.read(1));
    }
}

#[test]
fn the_chapter_explains_certificates_that_do_not_verify() {
    let ca = Ca::new();
    let localhost = || ca.builder().san("localhost");
    let lax = client_context(&ca);
    lax.set_verify_flags(ssl::VERIFY_DEFAULT).unwrap();
    let signed_itself = pyssl_testing::pki::odd::self_signed();
    let strange_root = Ca::new();
    let stranger = strange_root.issue("localhost");
    let with_root: Vec<_> = [stranger.der(), strange_root.der()].into();
    for (client, leaf) in [
        (&lax, ca.issue("other.example")),
        (&lax, ca.issue("127.0.0.1")),
        (&lax, localhost().expired().build()),
        (&lax, localhost().not_yet_valid().build()),
        (&lax, signed_itself),
        (&lax, stranger.clone()),
        (&lax, localhost().client_only().build()),
        (&client_context(&ca), localhost().without_aki().build()),
    ] {
        failed(client, &server_context(&leaf));
    }
    let server = server_context(&stranger);
    let chain = ssl::CertChain::from_der(&with_root, stranger.key_der());
    server.load_cert_chain(chain).unwrap();
    failed(&lax, &server);
    let authority = |root: Ca| {
        failed(
            &client_context(&root),
            &server_context(&root.issue("localhost")),
        );
    };
    authority(Ca::root_builder().without_key_usage().build_ca());
    let server = server_context(&ca.issue("localhost"));
    let stapled = client_context(&ca);
    stapled.set_ocsp_mode(ssl::OcspMode::Require).unwrap();
    failed(&stapled, &server);
    let listed = client_context(&ca);
    listed.set_verify_flags(ssl::VERIFY_CRL_CHECK_LEAF).unwrap();
    failed(&listed, &server);
    let leaf = ca.issue("localhost");
    let files = Files::of(&leaf);
    let list = files.write("crl.pem", ca.crl(&[&leaf]));
    listed.load_verify_locations(list).unwrap();
    failed(&listed, &server_context(&leaf));
    let by_address = Pair::new(&lax, &server_context(&ca.issue("localhost")), "127.0.0.1");
    explained(by_address.unwrap().handshake().0);
}

#[test]
fn the_chapter_explains_weak_keys_and_signatures() {
    let ca = Ca::new();
    let load = |leaf: &Leaf| {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        context.load_cert_chain(&Files::of(leaf).combined)
    };
    let localhost = || ca.builder().san("localhost");
    explained(load(&localhost().key(KeyKind::Rsa1024).build()));
    // Newer releases of OpenSSL do not check the hash algorithm when a certificate is loaded.
    let weak_hash = load(&localhost().sha1().build());
    if weak_hash.is_err() {
        explained(weak_hash);
    }
}

#[test]
fn the_chapter_explains_unusable_certificate_and_key_files() {
    let ca = Ca::new();
    let (one, other) = (Files::of(&ca.issue("one")), Files::of(&ca.issue("other")));
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    explained(context.load_cert_chain(ssl::CertChain::new(&one.cert).keyfile(&other.key)));
    explained(context.load_cert_chain(&one.cert));
    explained(context.load_cert_chain(&one.encrypted_key));
    let encrypted = ssl::CertChain::new(&one.cert).keyfile(&one.encrypted_key);
    explained(context.load_cert_chain(encrypted));
    explained(context.load_verify_locations(&one.key));
}

#[test]
fn the_chapter_explains_handshakes_without_common_settings() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let old = client_context(&ca);
    old.set_maximum_version(ssl::TlsVersion::TLSv1_2).unwrap();
    old.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
    failed(&old, &server);
    server
        .set_minimum_version(ssl::TlsVersion::TLSv1_3)
        .unwrap();
    failed(&old, &server);
    explained(old.set_ciphers("NO-SUCH-CIPHER"));
    old.set_minimum_version(ssl::TlsVersion::TLSv1_3).unwrap();
    let pair = Pair::new(&old, &server, "localhost").unwrap();
    explained(pair.client.do_handshake());
    let empty = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    failed(&client_context(&ca), &empty);
}

#[test]
fn the_chapter_explains_missing_and_untrusted_client_certificates() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    require_certificates(&server, &ca);
    let client = client_context(&ca);
    failed(&client, &server);
    show(&client, &Ca::new().issue("me"));
    failed(&client, &server);
}

#[test]
fn the_chapter_explains_peers_without_tls_and_early_ends() {
    let client = unverified_client();
    let connect = |peer: &Scripted| {
        let plain = TcpStream::connect(peer.addr()).unwrap();
        client.wrap_socket(plain, "localhost")
    };
    explained(connect(&Scripted::speaks_http()));
    explained(connect(&Scripted::closes_after(10)));
    let server = server_context(&Ca::new().issue("localhost"));
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().server_side(true);
    let end = server.wrap_bio(&incoming, &outgoing, options).unwrap();
    incoming.write(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    explained(end.do_handshake());
    let pair = connected(&client, &server);
    pair.server.write(b"not read").unwrap();
    pair.pump();
    explained(pair.client.unwrap());
    explained(pair.client.write(b"late"));
}

#[test]
fn the_chapter_explains_arguments_that_contradict_each_other() {
    let context = ssl::create_default_context(()).unwrap();
    explained(context.set_verify_mode(ssl::CERT_NONE));
    let (near, _far) = tcp_pair();
    explained(context.wrap_socket(near, ssl::WrapSocket::new()));
}
