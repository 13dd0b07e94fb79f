//! Settings of one connection that replace those of its context. The context does not change.

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, EchoServer, Leaf};

use crate::link::{BOTH_VERSIONS, Contexts};
use crate::support::{
    Pair, class, client_context, connected, outcome, require_certificates, server_context, show,
    told, trust, unverified_client,
};

fn identity(leaf: &Leaf) -> ssl::Identity {
    ssl::Identity::load(ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem())).unwrap()
}

/// Python programs change `verify_mode` of the context around `wrap_socket`, which also affects
/// other connections. An option affects only one.
#[test]
fn options_that_disable_verification_apply_to_one_connection() {
    let server = server_context(&Ca::new().issue("localhost"));
    let client = client_context(&Ca::new());
    let lenient = ssl::WrapBio::from("localhost")
        .check_hostname(false)
        .verify_mode(ssl::CERT_NONE);
    let pair = Pair::new(&client, &server, lenient).unwrap().connected();
    assert!(pair.client.getpeercert().unwrap().unwrap().is_empty());
    assert_eq!(client.verify_mode(), ssl::CERT_REQUIRED);
    assert!(client.check_hostname());
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    assert_eq!(
        outcome(&pair.handshake().0),
        "SSLCertVerificationError:CERTIFICATE_VERIFY_FAILED"
    );
}

/// CVE-2024-35195 for sessions: a connection that verifies does not resume an unverified session.
#[test]
fn a_session_of_an_unverified_connection_is_refused_by_a_verifying_one() {
    for version in BOTH_VERSIONS {
        let server = server_context(&Ca::new().issue("localhost"));
        let client = client_context(&Ca::new());
        client.set_maximum_version(version).unwrap();
        let lenient = || {
            ssl::WrapBio::from("localhost")
                .check_hostname(false)
                .verify_mode(ssl::CERT_NONE)
        };
        let talk = |options: ssl::WrapBio| {
            let pair = Pair::new(&client, &server, options).unwrap().connected();
            pair.talk();
            pair
        };
        let session = talk(lenient()).client.session().unwrap();
        let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        let strict = ssl::WrapBio::from("localhost").session(session.clone());
        let text = "ValueError: Session refers to a connection that verified less than this one.";
        assert_eq!(told(client.wrap_bio(&a, &b, strict)), text);
        let again = talk(lenient().session(session.clone()));
        assert!(again.client.session_reused());

        // The session is also refused after it was encoded and decoded, and by another context.
        let der = session.to_der().unwrap();
        let other = client.copy().unwrap();
        other.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
        for context in [&client, &other] {
            let read = ssl::SslSession::from_der(context, &der).unwrap();
            let strict = ssl::WrapBio::from("localhost").session(read.clone());
            assert_eq!(told(context.wrap_bio(&a, &b, strict)), text);
            let pair = Pair::new(context, &server, lenient().session(read)).unwrap();
            assert!(pair.connected().client.session_reused());
        }
    }
}

/// A session is also refused if its certificate was verified without the host name and belongs to
/// another host.
#[test]
fn a_session_made_for_another_name_is_refused() {
    for version in BOTH_VERSIONS {
        let ca = Ca::new();
        let server = server_context(&ca.issue("elsewhere.example"));
        let client = client_context(&ca);
        client.set_maximum_version(version).unwrap();
        let unnamed = ssl::WrapBio::from("localhost").check_hostname(false);
        let pair = Pair::new(&client, &server, unnamed).unwrap().connected();
        pair.talk();
        let session = pair.client.session().unwrap();
        let read = ssl::SslSession::from_der(&client, &session.to_der().unwrap()).unwrap();
        for session in [session, read] {
            let named = ssl::WrapBio::from("localhost").session(session);
            assert_eq!(
                told(Pair::new(&client, &server, named)),
                "ValueError: Session refers to a connection that verified less than this one."
            );
        }
    }
}

#[test]
fn a_decoded_session_resumes_in_contexts_that_verify_no_more() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    let strict = client_context(&ca);
    let pair = connected(&strict, &server);
    pair.talk();
    let der = pair.client.session().unwrap().to_der().unwrap();
    for context in [&strict, &client_context(&ca), &unverified_client()] {
        let session = ssl::SslSession::from_der(context, &der).unwrap();
        // A decoded session can be encoded again.
        let session = ssl::SslSession::from_der(context, &session.to_der().unwrap()).unwrap();
        let options = ssl::WrapBio::from("localhost").session(session);
        let pair = Pair::new(context, &server, options).unwrap().connected();
        assert!(pair.client.session_reused());
    }
}

/// A server can have two listeners with one context, of which only one requires a client
/// certificate.
#[test]
fn a_server_does_not_resume_a_session_made_without_client_verification() {
    for version in BOTH_VERSIONS {
        let Contexts { client, server } = Contexts::new();
        client.set_maximum_version(version).unwrap();
        server.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
        let connect = |lenient: bool, session: Option<ssl::SslSession>| {
            let bio = ssl::MemoryBio::new;
            let (up, down) = (bio(), bio());
            let options = ssl::WrapBio::from("localhost").session(session);
            let client = client.wrap_bio(&down, &up, options).unwrap();
            let mut options = ssl::WrapBio::new().server_side(true);
            if lenient {
                options = options.verify_mode(ssl::CERT_NONE);
            }
            let server = server.wrap_bio(&up, &down, options).unwrap();
            let mut end = None;
            for _ in 0..4 {
                let _ = client.do_handshake();
                match server.do_handshake() {
                    Err(ssl::Error::WantRead(_)) => {}
                    other => {
                        end.get_or_insert(other);
                    }
                }
            }
            let result = end.unwrap().and_then(|()| server.write(b"x"));
            let _ = client.read(1);
            (result, client)
        };
        let (result, lenient) = connect(true, None);
        result.unwrap();
        let session = lenient.session();
        let (result, again) = connect(true, session.clone());
        result.unwrap();
        assert!(again.session_reused());
        let refused = outcome(&connect(false, session).0);
        assert_eq!(refused, "SSLError:PEER_DID_NOT_RETURN_A_CERTIFICATE");
    }
}

#[test]
fn options_that_enable_verification_apply_to_one_connection() {
    let server = server_context(&Ca::new().issue("localhost"));
    let client = unverified_client();
    connected(&client, &server);
    let refused = |options: ssl::WrapBio| {
        let pair = Pair::new(&client, &server, options).unwrap();
        let error = pair.handshake().0.unwrap_err();
        error.verify_message().unwrap().to_owned()
    };
    let unknown = "unable to get local issuer certificate";
    let named = || ssl::WrapBio::from("localhost");
    assert_eq!(refused(named().verify_mode(ssl::CERT_REQUIRED)), unknown);
    assert_eq!(refused(named().check_hostname(true)), unknown);
    assert_eq!(refused(named().expected_names(["localhost"])), unknown);
    assert_eq!(client.verify_mode(), ssl::CERT_NONE);
}

#[test]
fn expected_names_accepts_a_certificate_with_any_of_the_names() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("second.example"));
    let client = client_context(&ca);
    let expecting = |names: &[&str]| {
        let options = ssl::WrapBio::from("sent.example").expected_names(names.iter().copied());
        let pair = Pair::new(&client, &server, options).unwrap();
        pair.handshake().0
    };
    expecting(&["first.example", "second.example"]).unwrap();
    expecting(&["second.example", "first.example"]).unwrap();
    let error = expecting(&["first.example", "third.example"]).unwrap_err();
    assert_eq!(
        error.verify_message(),
        Some("Hostname mismatch, certificate is not valid for 'first.example' or 'third.example'.")
    );
    let by_address = server_context(&ca.issue("127.0.0.1"));
    let options = ssl::WrapBio::from("sent.example").expected_names(["127.0.0.1"]);
    Pair::new(&client, &by_address, options)
        .unwrap()
        .connected();
}

#[test]
fn contradictory_options_are_errors() {
    let client = client_context(&Ca::new());
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let refused = |options: ssl::WrapBio| told(client.wrap_bio(&a, &b, options));
    let named = || ssl::WrapBio::from("localhost");
    let expecting = |name: &str| class(client.wrap_bio(&a, &b, named().expected_names([name])));
    assert_eq!(
        refused(named().verify_mode(ssl::CERT_NONE)),
        "ValueError: Cannot set verify_mode to CERT_NONE when check_hostname is enabled."
    );
    assert_eq!(
        refused(named().expected_names(["a.example"]).check_hostname(false)),
        "ValueError: expected_names needs check_hostname"
    );
    assert_eq!(
        refused(named().expected_names(["a.example", "127.0.0.1"])),
        "ValueError: expected_names takes either one IP address or host names"
    );
    assert_eq!(
        refused(ssl::WrapBio::new().check_hostname(true)),
        "ValueError: check_hostname requires server_hostname"
    );
    assert_eq!(expecting(""), "ValueError");
    // OpenSSL takes a name that begins with a dot as any host of that domain.
    assert_eq!(expecting(".example"), "UnicodeError");
    assert_eq!(expecting("a\0.example"), "TypeError");
}

#[test]
fn identity_sets_the_certificate_of_one_connection() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    require_certificates(&server, &ca);
    let of_context = ca.issue("of the context");
    show(&client, &of_context);
    let shown = |options: ssl::WrapBio| {
        let pair = Pair::new(&client, &server, options).unwrap().connected();
        let dict = pair.server.getpeercert().unwrap().unwrap();
        dict.subject_alt_name()[0].value().into_owned()
    };
    assert_eq!(shown("localhost".into()), "of the context");
    let through = ca.intermediate();
    // The certificate and its chain replace those of the context, even if the key has another type.
    let other = through.builder().san("other").key(KeyKind::Rsa2048).build();
    let me = identity(&other);
    for _ in 0..2 {
        let options = ssl::WrapBio::from("localhost").identity(&me);
        assert_eq!(shown(options), "other");
    }
    assert_eq!(shown("localhost".into()), "of the context");
}

#[test]
fn an_identity_with_a_mismatched_key_is_rejected() {
    let ca = Ca::new();
    let (one, other) = (ca.issue("one"), ca.issue("other"));
    let mixed = ssl::CertChain::from_pem(one.cert_pem(), other.key_pem());
    let mixed = ssl::Identity::load(mixed).unwrap();
    let (a, b) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::from("localhost").identity(&mixed);
    let refused = outcome(&client_context(&ca).wrap_bio(&a, &b, options));
    assert_eq!(refused, "SSLError:KEY_VALUES_MISMATCH");
}

#[test]
fn sockets_accept_the_connection_options_of_objects() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("real.example"));
    let client = client_context(&Ca::new());
    let connect = || std::net::TcpStream::connect(server.addr()).unwrap();
    let lenient = ssl::WrapSocket::new()
        .check_hostname(false)
        .verify_mode(ssl::CERT_NONE);
    let sock = client.wrap_socket(connect(), lenient).unwrap();
    sock.sendall(b"hello").unwrap();
    assert_eq!(sock.recv(5).unwrap(), b"hello");
    let trusting = client_context(&ca);
    let options = ssl::WrapSocket::new().expected_names(["no.example", "real.example"]);
    trusting.wrap_socket(connect(), options).unwrap();
    assert_eq!(
        told(trusting.wrap_socket(connect(), ssl::WrapSocket::new())),
        "ValueError: check_hostname requires server_hostname"
    );
}

/// The options of a listening socket apply to each of its clients, and to no other listener.
#[test]
fn accepted_sockets_inherit_the_listeners_options() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    trust(&server, &ca);
    let own = ca.issue_for(&["localhost", "of.the.listener"]);
    let listen = |options: ssl::WrapSocket| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let options = options.server_side(true);
        (server.wrap_socket(listener, options).unwrap(), address)
    };
    let strict = ssl::WrapSocket::new()
        .verify_mode(ssl::CERT_REQUIRED)
        .identity(&identity(&own));
    let (strict, plain) = (listen(strict), listen(ssl::WrapSocket::new()));
    let talk = |(listener, address): &(ssl::SslSocket, std::net::SocketAddr), with: bool| {
        std::thread::scope(|scope| {
            let accepted = scope.spawn(|| listener.accept().map(|_| ()));
            let mut options = ssl::WrapSocket::from("localhost");
            if with {
                options = options.identity(&identity(&ca.issue("client")));
            }
            let sock = std::net::TcpStream::connect(address).unwrap();
            let sock = client.wrap_socket(sock, options).unwrap();
            let dict = sock.getpeercert().unwrap().unwrap();
            (
                dict.subject_alt_name().len(),
                outcome(&accepted.join().unwrap()),
            )
        })
    };
    for _ in 0..2 {
        assert_eq!(talk(&strict, true), (2, "ok".to_owned()));
        let refused = "SSLError:PEER_DID_NOT_RETURN_A_CERTIFICATE".to_owned();
        assert_eq!(talk(&strict, false), (2, refused));
        assert_eq!(talk(&plain, false), (1, "ok".to_owned()));
    }
    assert_eq!(server.verify_mode(), ssl::CERT_NONE);
}

/// Connections of one context, each with settings of its own, at the same time.
#[test]
fn concurrent_connections_with_different_options_do_not_affect_each_other() {
    let Contexts { client, server } = Contexts::new();
    let strangers = server_context(&Ca::new().issue("localhost"));
    let before = format!("{client:?}");
    std::thread::scope(|scope| {
        for kind in 0..4 {
            let (client, server, strangers) = (&client, &server, &strangers);
            scope.spawn(move || {
                for _ in 0..50 {
                    let named = || ssl::WrapBio::from("localhost");
                    let (peer, options, good) = match kind {
                        0 => (server, named(), true),
                        1 => (strangers, named(), false),
                        2 => {
                            let lenient = named().check_hostname(false);
                            (strangers, lenient.verify_mode(ssl::CERT_NONE), true)
                        }
                        _ => (server, named().expected_names(["other.example"]), false),
                    };
                    let pair = Pair::new(client, peer, options).unwrap();
                    assert_eq!(pair.handshake().0.is_ok(), good, "kind {kind}");
                }
            });
        }
    });
    assert_eq!(format!("{client:?}"), before);
    assert_eq!(client.verify_mode(), ssl::CERT_REQUIRED);
    assert!(client.check_hostname());
}
