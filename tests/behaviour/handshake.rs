//! Handshakes in memory and over sockets.

use std::thread;

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, EchoServer, ServerConfig, skipped};

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, Watchdog, plain_socket, server_options, tcp_pair, waiting,
};
use crate::support::{Pair, class, client_context, connected, outcome, server_context};

#[test]
fn two_objects_handshake_and_exchange_data_in_memory() {
    let pair = Contexts::new().connected();
    assert_eq!(pair.client.version(), Some("TLSv1.3"));
    assert_eq!(pair.client.cipher(), pair.server.cipher());
    assert!(pair.client.cipher().is_some());
    pair.talk();
    assert!(pair.client.getpeercert().unwrap().is_some());
    assert!(pair.server.getpeercert().unwrap().is_none());
}

#[test]
fn a_client_connects_verifies_and_exchanges_data_over_tcp() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let sock = std::net::TcpStream::connect(server.addr()).unwrap();
    let tls = client_context(&ca).wrap_socket(sock, "localhost").unwrap();
    tls.sendall(b"over tcp").unwrap();
    assert_eq!(tls.recv(1024).unwrap(), b"over tcp");
    tls.unwrap().unwrap();
}

#[test]
fn a_wrong_name_is_a_verification_error() {
    let Contexts { client, server } = Contexts::new();
    let pair = Pair::new(&client, &server, "other.example").unwrap();
    let error = pair.handshake().0.unwrap_err();
    assert_eq!(error.python_class(), "SSLCertVerificationError");
    assert_eq!(error.verify_code(), Some(62));
    assert_eq!(
        error.to_string(),
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, \
         certificate is not valid for 'other.example'."
    );
}

#[test]
fn a_wrapped_listener_binds_accepts_and_echoes() {
    let contexts = Contexts::new();
    let options = ssl::WrapSocket::new().server_side(true);
    let listener = contexts.server.wrap_socket(plain_socket(), options);
    let listener = listener.unwrap();
    listener.bind(("localhost", 0)).unwrap();
    listener.listen(5).unwrap();
    let port = listener.getsockname().unwrap().port().unwrap();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let (conn, _) = listener.accept().unwrap();
            let data = conn.recv(1024).unwrap();
            conn.sendall(&data).unwrap();
            conn.recv(1).unwrap()
        });
        let client = contexts.client.wrap_socket(plain_socket(), "localhost");
        let client = client.unwrap();
        client.connect(("localhost", port)).unwrap();
        client.sendall(b"hello").unwrap();
        assert_eq!(client.recv(1024).unwrap(), b"hello");
        client.close();
        assert_eq!(server.join().unwrap(), b"");
    });
}

#[test]
fn group_returns_the_tls_name_of_the_group() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let group = |groups: &'static str, max: ssl::TlsVersion| {
        let config = ServerConfig::new(&leaf)
            .configure(move |context| context.set_groups_list(groups).unwrap());
        let server = EchoServer::start(config);
        let context = client_context(&ca);
        context.set_maximum_version(max).unwrap();
        let options = ssl::WrapSocket::from("localhost").do_handshake_on_connect(false);
        let sock = std::net::TcpStream::connect(server.addr()).unwrap();
        let tls = context.wrap_socket(sock, options).unwrap();
        assert_eq!(tls.group(), None);
        tls.do_handshake().unwrap();
        tls.group().unwrap()
    };
    for max in [ssl::TlsVersion::TLSv1_3, ssl::TlsVersion::TLSv1_2] {
        assert_eq!(group("P-256", max), "secp256r1");
        assert_eq!(group("P-384", max), "secp384r1");
        assert_eq!(group("X25519", max), "x25519");
    }
}

#[test]
fn group_is_none_if_the_suite_has_no_ephemeral_keys() {
    let ca = Ca::new();
    let leaf = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    let client = client_context(&ca);
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("AES256-GCM-SHA384").unwrap();
    let server = server_context(&leaf);
    server.set_ciphers("AES256-GCM-SHA384").unwrap();
    let pair = connected(&client, &server);
    assert_eq!(pair.client.cipher().unwrap().0, "AES256-GCM-SHA384");
    assert_eq!(pair.client.group(), None);
    assert_eq!(pair.server.group(), None);
}

/// A client that has rejected the server's certificate, and the server, which has received the
/// alert.
fn refused(version: ssl::TlsVersion) -> Link {
    let contexts = Contexts::of(version);
    let (near, far) = tcp_pair();
    let later = |options: ssl::WrapSocket| options.do_handshake_on_connect(false);
    let client = ssl::WrapSocket::from("other.example");
    let link = Link {
        client: contexts.client.wrap_socket(near, later(client)).unwrap(),
        server: contexts
            .server
            .wrap_socket(far, later(server_options()))
            .unwrap(),
    };
    thread::scope(|scope| {
        let server = scope.spawn(|| link.server.do_handshake());
        let refused = link.client.do_handshake();
        assert_eq!(class(refused), "SSLCertVerificationError");
        let alert = outcome(&server.join().unwrap());
        assert!(alert.ends_with("ALERT_BAD_CERTIFICATE"), "{alert}");
    });
    link
}

#[test]
fn reads_after_a_fatal_alert_return_the_end() {
    let _watchdog = Watchdog::new();
    if ssl::OPENSSL_VERSION_INFO.0 >= 4 {
        skipped("alerts have other names in 4.0");
        return;
    }
    for version in BOTH_VERSIONS {
        let Link { server, .. } = refused(version);
        for _ in 0..2 {
            assert_eq!(server.recv(10).unwrap(), b"");
            assert_eq!(class(server.do_handshake()), "SSLZeroReturnError");
            assert_eq!(class(server.send(b"x")), "SSLZeroReturnError");
        }
    }
}

#[test]
fn do_handshake_reports_a_failure_after_the_handshake() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        client.do_handshake().unwrap();
        server.send(b"in the way").unwrap();
        let in_the_way = "SSLError:APPLICATION_DATA_AFTER_CLOSE_NOTIFY";
        assert_eq!(outcome(&client.unwrap()), in_the_way);
        assert_eq!(class(client.do_handshake()), "SSLEOFError");
    }
}

#[test]
fn do_handshake_after_completion_does_not_wait_for_a_reader() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    thread::scope(|scope| {
        let reader = waiting(scope, || client.recv(10).unwrap());
        client.do_handshake().unwrap();
        server.send(b"done").unwrap();
        assert_eq!(reader.join().unwrap(), b"done");
    });
}
