//! Client authentication after the handshake.

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::link::{plain_socket, server_options, tcp_pair};
use crate::support::{
    Pair, client_context, connected, outcome, server_context, show, told, trust, unverified_client,
};

struct Contexts {
    ca: Ca,
    client: ssl::SslContext,
    server: ssl::SslContext,
}

/// A server that verifies clients, and a client that supports post-handshake authentication.
fn contexts(mode: ssl::VerifyMode) -> Contexts {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    server.set_verify_mode(mode).unwrap();
    trust(&server, &ca);
    server.set_post_handshake_auth(true).unwrap();
    let client = client_context(&ca);
    client.set_post_handshake_auth(true).unwrap();
    Contexts { ca, client, server }
}

impl Contexts {
    fn give_the_client_a_certificate(&self) {
        show(&self.client, &self.ca.issue("client"));
    }

    fn connect(&self) -> Pair {
        connected(&self.client, &self.server)
    }
}

#[test]
fn post_handshake_authentication_delivers_the_certificate() {
    let contexts = contexts(ssl::CERT_REQUIRED);
    contexts.give_the_client_a_certificate();
    let pair = contexts.connect();
    assert!(pair.server.getpeercert().unwrap().is_none());
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    let dict = pair.server.getpeercert().unwrap().expect("a certificate");
    assert_eq!(dict.subject_alt_name()[0].value(), "client");
}

#[test]
fn a_missing_required_certificate_fails_the_next_reads() {
    let pair = contexts(ssl::CERT_REQUIRED).connect();
    pair.server.verify_client_post_handshake().unwrap();
    let [_, server] = pair.exchange();
    let missing = "SSLError:PEER_DID_NOT_RETURN_A_CERTIFICATE";
    assert_eq!(outcome(&server), missing);
    let alert = outcome(&pair.client.read(1));
    assert!(alert.ends_with("ALERT_CERTIFICATE_REQUIRED"), "{alert}");
}

#[test]
fn post_handshake_auth_does_not_enable_verification_in_the_client() {
    let contexts = contexts(ssl::CERT_REQUIRED);
    let client = unverified_client();
    client.set_post_handshake_auth(true).unwrap();
    assert_eq!(client.verify_mode(), ssl::CERT_NONE);
    show(&client, &contexts.ca.issue("client"));
    let pair = connected(&client, &contexts.server);
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    assert!(pair.server.getpeercert().unwrap().is_some());
    // The client does not verify the server's certificate, so the dict stays empty.
    assert!(pair.client.getpeercert().unwrap().unwrap().is_empty());
}

#[test]
fn a_server_can_request_the_certificate_again_after_the_handshake() {
    let contexts = contexts(ssl::CERT_REQUIRED);
    contexts.server.set_post_handshake_auth(false).unwrap();
    contexts.give_the_client_a_certificate();
    let pair = contexts.connect();
    assert!(pair.server.getpeercert().unwrap().is_some());
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    assert!(pair.server.getpeercert().unwrap().is_some());
}

#[test]
fn a_missing_optional_certificate_is_accepted() {
    let pair = contexts(ssl::CERT_OPTIONAL).connect();
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    assert!(pair.server.getpeercert().unwrap().is_none());
}

#[test]
fn an_optional_certificate_is_sent_if_the_client_has_one() {
    let contexts = contexts(ssl::CERT_OPTIONAL);
    contexts.give_the_client_a_certificate();
    let pair = contexts.connect();
    assert!(pair.server.getpeercert().unwrap().is_none());
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    assert!(pair.server.getpeercert().unwrap().is_some());
}

/// The errors have CPython's reasons and numbers.
#[test]
fn verify_client_post_handshake_fails_if_the_client_cannot_be_asked() {
    let refused = |object: &ssl::SslObject, reason: &str, errno: i32| {
        let error = object.verify_client_post_handshake().unwrap_err();
        assert_eq!(error.python_class(), "SSLError");
        assert_eq!((error.reason(), error.errno()), (Some(reason), Some(errno)));
    };
    let ready = contexts(ssl::CERT_REQUIRED);
    let pair = ready.connect();
    refused(&pair.client, "NOT_SERVER", 284);
    pair.server.verify_client_post_handshake().unwrap();
    refused(&pair.server, "STILL_IN_INIT", 121);

    let early = Pair::new(&ready.client, &ready.server, "localhost").unwrap();
    refused(&early.server, "WRONG_SSL_VERSION", 266);

    ready.client.set_post_handshake_auth(false).unwrap();
    refused(&ready.connect().server, "EXTENSION_NOT_RECEIVED", 279);
    ready.client.set_post_handshake_auth(true).unwrap();

    refused(
        &contexts(ssl::CERT_NONE).connect().server,
        "INVALID_CONFIG",
        283,
    );

    ready
        .client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    ready.give_the_client_a_certificate();
    refused(&ready.connect().server, "WRONG_SSL_VERSION", 266);
}

#[test]
fn verify_client_post_handshake_without_tls_is_an_error() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let sock = context
        .wrap_socket(plain_socket(), server_options())
        .unwrap();
    let text = told(sock.verify_client_post_handshake());
    assert!(
        text.starts_with("ValueError: No SSL wrapper around"),
        "{text}"
    );
}

#[test]
fn post_handshake_authentication_works_on_sockets_in_use() {
    let contexts = contexts(ssl::CERT_REQUIRED);
    contexts.give_the_client_a_certificate();
    let (near, far) = tcp_pair();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sock = contexts.client.wrap_socket(near, "localhost").unwrap();
            sock.sendall(b"HASCERT").unwrap();
            assert_eq!(sock.recv(100).unwrap(), b"false");
            sock.sendall(b"PHA").unwrap();
            assert_eq!(sock.recv(100).unwrap(), b"OK");
            sock.sendall(b"HASCERT").unwrap();
            assert_eq!(sock.recv(100).unwrap(), b"true");
        });
        let options = ssl::WrapSocket::new().server_side(true);
        let conn = contexts.server.wrap_socket(far, options).unwrap();
        loop {
            let answer = match &*conn.recv(100).unwrap() {
                b"HASCERT" => conn.getpeercert().unwrap().is_some().to_string(),
                b"PHA" => {
                    conn.verify_client_post_handshake().unwrap();
                    "OK".to_owned()
                }
                _ => break,
            };
            conn.sendall(answer.as_bytes()).unwrap();
        }
    });
}
