//! Handshakes in memory and over sockets.

use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer};

use crate::support::{Pair, client_context, server_context};

#[test]
fn two_objects_shake_hands_and_talk_in_memory() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let pair = Pair::new(&client_context(&ca), &server, "localhost")
        .unwrap()
        .connected();
    assert_eq!(pair.client.version(), Some("TLSv1.3"));
    assert_eq!(pair.client.cipher(), pair.server.cipher());
    assert_eq!(pair.client.write(b"ping").unwrap(), 4);
    pair.pump();
    assert_eq!(pair.server.read(100).unwrap(), b"ping");
    assert!(pair.client.getpeercert().unwrap().is_some());
    assert!(pair.server.getpeercert().unwrap().is_none());
}

#[test]
fn a_client_connects_verifies_and_talks_over_tcp() {
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
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let pair = Pair::new(&client_context(&ca), &server, "other.example").unwrap();
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
    let ca = Ca::new();
    let context = server_context(&ca.issue("localhost"));
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let listener = context
        .wrap_socket(socket, ssl::WrapSocket::new().server_side(true))
        .unwrap();
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
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let client = client_context(&ca)
            .wrap_socket(socket, "localhost")
            .unwrap();
        client.connect(("localhost", port)).unwrap();
        client.sendall(b"hello").unwrap();
        assert_eq!(client.recv(1024).unwrap(), b"hello");
        client.close();
        assert_eq!(server.join().unwrap(), b"");
    });
}
