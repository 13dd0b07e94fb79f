//! Copies of a context as types of the `openssl` crate.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::{Ca, LocalStream, local_pair};
use ssl::openssl::ssl::{
    HandshakeError, Ssl, SslContext, SslRef, SslSession, SslSessionCacheMode, SslStream, StatusType,
};

use crate::link::BOTH_VERSIONS;
use crate::support::{
    class, client_context, connected, require_certificates, server_context, show, told, trust,
    unverified_client,
};

type Stream = SslStream<LocalStream>;
type Outcome = Result<Stream, HandshakeError<LocalStream>>;

/// Does a handshake of two connections of the `openssl` crate, and sends data each way. Returns the results
/// of the client and of the server.
fn shake(client: Ssl, server: &SslContext) -> (Outcome, Outcome) {
    let (near, far) = local_pair();
    let server = Ssl::new(server).unwrap();
    let serving = std::thread::spawn(move || {
        let mut stream = server.accept(far)?;
        let _ = stream.write_all(b"down");
        let _ = stream.read_exact(&mut [0; 2]);
        Ok(stream)
    });
    let client = client.connect(near).map(|mut stream| {
        let mut word = [0; 4];
        if stream.read_exact(&mut word).is_ok() {
            assert_eq!(&word, b"down");
        }
        let _ = stream.write_all(b"up");
        stream
    });
    (client, serving.join().unwrap())
}

fn both(client: Ssl, server: &SslContext) -> (Stream, Stream) {
    let (client, server) = shake(client, server);
    (client.unwrap(), server.unwrap())
}

fn built(context: &ssl::SslContext) -> SslContext {
    context.to_openssl().unwrap().build()
}

/// A client's connection that verifies this name.
fn to(name: &str, context: &SslContext) -> Ssl {
    let mut ssl = Ssl::new(context).unwrap();
    ssl.set_hostname(name).unwrap();
    ssl.param_mut().set_host(name).unwrap();
    ssl
}

fn to_localhost(context: &ssl::SslContext) -> Ssl {
    to("localhost", &built(context))
}

/// The negotiated version, cipher suite and ALPN protocol.
fn agreed(ssl: &SslRef) -> [Option<String>; 3] {
    let protocol = ssl.selected_alpn_protocol();
    [
        Some(ssl.version_str().to_owned()),
        ssl.current_cipher().map(|suite| suite.name().to_owned()),
        protocol.map(|name| String::from_utf8(name.to_vec()).unwrap()),
    ]
}

/// The verify code of a handshake that failed.
fn verify_code(outcome: Outcome) -> i32 {
    match outcome {
        Err(HandshakeError::Failure(failed)) => failed.ssl().verify_result().as_raw(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_copy_negotiates_the_same_as_its_context() {
    type Change = fn(&ssl::SslContext) -> ssl::Result<()>;
    let changes: [Change; 9] = [
        |_| Ok(()),
        |context| context.set_maximum_version(ssl::TlsVersion::TLSv1_2),
        |context| {
            context.set_maximum_version(ssl::TlsVersion::TLSv1_2)?;
            context.set_ciphers("ECDHE+AES256:!SHA384")
        },
        |context| context.set_ciphersuites("TLS_CHACHA20_POLY1305_SHA256"),
        |context| context.set_groups("P-384"),
        |context| context.set_alpn_protocols(&["h2", "http/1.1"]),
        |context| context.set_options(context.options() | ssl::OP_NO_TLSv1_3),
        |context| context.set_num_tickets(0),
        |context| {
            context.set_maximum_version(ssl::TlsVersion::TLSv1_2)?;
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        },
    ];
    let ca = Ca::new();
    for (number, change) in changes.into_iter().enumerate() {
        let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
        client.set_alpn_protocols(&["spdy/3", "http/1.1"]).unwrap();
        for context in [&client, &server] {
            match change(context) {
                Err(error) if context.protocol() == ssl::PROTOCOL_TLS_CLIENT => {
                    assert_eq!(error.python_class(), "ValueError", "{error}");
                }
                outcome => outcome.unwrap(),
            }
        }
        let ours = connected(&client, &server);
        let expected = [
            ours.client.version().map(str::to_owned),
            ours.client.cipher().map(|(name, _, _)| name.to_owned()),
            ours.client.selected_alpn_protocol(),
        ];
        let (near, far) = both(to_localhost(&client), &built(&server));
        assert_eq!(agreed(near.ssl()), expected, "change {number}");
        assert_eq!(agreed(far.ssl()), expected, "change {number}");
    }
}

#[test]
fn a_copy_verifies_as_its_context_does() {
    let (ca, stranger) = (Ca::new(), Ca::new());
    let client = client_context(&ca);
    let good = built(&server_context(&ca.issue("localhost")));
    shake(to_localhost(&client), &good).0.unwrap();
    let other_name = built(&server_context(&ca.issue("elsewhere")));
    assert_eq!(verify_code(shake(to_localhost(&client), &other_name).0), 62);
    let untrusted = built(&server_context(&stranger.issue("localhost")));
    assert_eq!(verify_code(shake(to_localhost(&client), &untrusted).0), 20);

    let server = server_context(&ca.issue("localhost"));
    require_certificates(&server, &ca);
    assert!(shake(to_localhost(&client), &built(&server)).1.is_err());
    show(&client, &ca.issue("me"));
    let (_, far) = both(to_localhost(&client), &built(&server));
    assert!(far.ssl().peer_certificate().is_some());
    show(&client, &stranger.issue("me"));
    assert!(shake(to_localhost(&client), &built(&server)).1.is_err());
}

#[test]
fn a_copied_client_fails_if_no_host_name_was_set() {
    let ca = Ca::new();
    let server = built(&server_context(&ca.issue("localhost")));
    let client = client_context(&ca);
    let nameless = |context: &SslContext| Ssl::new(context).unwrap();
    assert_eq!(verify_code(shake(nameless(&built(&client)), &server).0), 62);
    // A context that checks names also accepts a connection with an IP address to check.
    let at_address = built(&server_context(&ca.issue("127.0.0.1")));
    let mut ssl = nameless(&built(&client));
    ssl.param_mut().set_ip([127, 0, 0, 1].into()).unwrap();
    shake(ssl, &at_address).0.unwrap();
    // With `verify_hostname(false)`, the connector sets no name, and the context's own check refuses a connection
    // without a name.
    let connector = client.to_openssl_connector().unwrap().build();
    let lenient = |connector: &ssl::openssl::ssl::SslConnector| {
        let configured = connector.configure().unwrap().verify_hostname(false);
        configured.into_ssl("elsewhere").unwrap()
    };
    assert_eq!(verify_code(shake(lenient(&connector), &server).0), 62);
    client.set_check_hostname(false).unwrap();
    shake(nameless(&built(&client)), &server).0.unwrap();
    let connector = client.to_openssl_connector().unwrap().build();
    shake(lenient(&connector), &server).0.unwrap();
}

#[test]
fn later_changes_do_not_affect_a_copy() {
    let (ca, next) = (Ca::new(), Ca::new());
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    let (client_copy, server_copy) = (built(&client), built(&server));
    trust(&client, &next);
    show(&server, &next.issue("localhost"));
    server
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    let (near, _) = both(to("localhost", &client_copy), &server_copy);
    assert_eq!(near.ssl().version_str(), "TLSv1.3");
    let outcome = shake(to("localhost", &client_copy), &built(&server)).0;
    assert_eq!(verify_code(outcome), 20);
    let (near, _) = both(to_localhost(&client), &built(&server));
    assert_eq!(near.ssl().version_str(), "TLSv1.2");
    // A copy can be used after its context was dropped.
    drop((client, server));
    both(to("localhost", &client_copy), &server_copy);
}

/// A client's context that keeps the last session that it was given.
fn keeping_session(context: &ssl::SslContext) -> (SslContext, Arc<Mutex<Option<SslSession>>>) {
    let kept = Arc::new(Mutex::new(None));
    let mut builder = context.to_openssl().unwrap();
    builder.set_session_cache_mode(SslSessionCacheMode::CLIENT);
    let new = Arc::clone(&kept);
    builder.set_new_session_callback(move |_, session| *new.lock().unwrap() = Some(session));
    (builder.build(), kept)
}

#[test]
fn sessions_resume_after_a_copy_is_replaced() {
    let ca = Ca::new();
    for version in BOTH_VERSIONS {
        for (tickets, keys) in [(true, 1), (true, 3), (false, 1)] {
            let server = server_context(&ca.issue("localhost"));
            server.set_maximum_version(version).unwrap();
            if !tickets {
                let options = server.options() | ssl::OP_NO_TICKET;
                server.set_options(options).unwrap();
            }
            let first: Vec<_> = (0..keys)
                .map(|_| ssl::TicketKey::generate().unwrap())
                .collect();
            server.set_ticket_keys(first.clone()).unwrap();
            let (client, kept) = keeping_session(&client_context(&ca));
            let resumes = |server: &SslContext| {
                let mut ssl = to("localhost", &client);
                if let Some(session) = &*kept.lock().unwrap() {
                    // SAFETY: the session came from this context.
                    unsafe { ssl.set_session(session).unwrap() };
                }
                let (mut near, mut far) = both(ssl, server);
                // OpenSSL does not resume the session of a connection that ended without `close_notify`.
                near.shutdown().unwrap();
                far.shutdown().unwrap();
                assert_eq!(near.ssl().session_reused(), far.ssl().session_reused());
                near.ssl().session_reused()
            };
            let case = format!("{version:?}, tickets: {tickets}, {keys} keys");
            assert!(!resumes(&built(&server)), "{case}");
            show(&server, &ca.issue("localhost"));
            assert!(resumes(&built(&server)), "{case}: a new certificate");
            if keys > 1 {
                let mut rotated = first.clone();
                rotated.insert(0, ssl::TicketKey::generate().unwrap());
                server.set_ticket_keys(rotated).unwrap();
                assert!(resumes(&built(&server)), "{case}: a new key");
            }
            // A session can be resumed only with the same verification settings of the server.
            server.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
            assert!(!resumes(&built(&server)), "{case}: another verification");
        }
    }
}

#[test]
fn an_error_names_the_settings_that_cannot_be_copied() {
    type Set = fn(&ssl::SslContext) -> ssl::Result<()>;
    /// Whether the copy as a context, as a connector, and as an acceptor is refused.
    type Refused = [bool; 3];
    let cases: [(&str, Set, Refused); 9] = [
        (
            "the SNI callback",
            |context| context.set_sni_callback(|_| Ok(ssl::SniAction::Continue)),
            [true, false, true],
        ),
        (
            "a PSK callback",
            |context| context.set_psk_client_callback(|_| Ok(("me", "key"))),
            [true, true, false],
        ),
        (
            "a PSK callback",
            |context| context.set_psk_server_callback(|_| Ok("key"), None),
            [true, false, true],
        ),
        (
            "the message callback",
            |context| context.set_message_callback(|_| Ok(())),
            [true, true, true],
        ),
        (
            "the verify callback",
            |context| context.set_verify_callback(|_| Ok(ssl::VerifyDecision::Keep)),
            [true, true, true],
        ),
        (
            "the OCSP callback",
            |context| context.set_ocsp_server_callback(|_| Ok(None)),
            [true, false, true],
        ),
        (
            "ocsp_mode",
            |context| context.set_ocsp_mode(ssl::OcspMode::Request),
            [true, true, false],
        ),
        (
            "post-handshake authentication",
            |context| {
                context.set_verify_mode(ssl::CERT_REQUIRED)?;
                context.set_post_handshake_auth(true)
            },
            [true, false, true],
        ),
        (
            "hostname_checks_common_name",
            |context| context.set_hostname_checks_common_name(false),
            [false, true, false],
        ),
    ];
    for (what, set, refused) in cases {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS).unwrap();
        if let Err(error) = set(&context) {
            // OpenSSL was built without PSK.
            assert_eq!(error.python_class(), "NotImplementedError");
            continue;
        }
        let text = format!("NotImplementedError: {what} has no equivalent in the openssl crate");
        let outcomes = [
            told(context.to_openssl()),
            told(context.to_openssl_connector()),
            told(context.to_openssl_acceptor()),
        ];
        assert_eq!(outcomes, refused.map(|no| if no { &text } else { "ok" }));
    }
    let text = "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context";
    let client = client_context(&Ca::new());
    assert!(told(client.to_openssl_acceptor()).contains(text));
    let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    assert_eq!(class(server.to_openssl_connector()), "SSLError");
}

#[test]
fn connectors_and_acceptors_have_the_contexts_settings() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    for context in [&client, &server] {
        context
            .set_ciphersuites("TLS_CHACHA20_POLY1305_SHA256")
            .unwrap();
    }
    let connector = client.to_openssl_connector().unwrap().build();
    let acceptor = server.to_openssl_acceptor().unwrap().build();
    let (near, far) = local_pair();
    let serving = std::thread::spawn(move || acceptor.accept(far).unwrap());
    let near = connector.connect("localhost", near).unwrap();
    let suite = near.ssl().current_cipher().unwrap();
    assert_eq!(suite.name(), "TLS_CHACHA20_POLY1305_SHA256");
    drop(serving.join().unwrap());
}

/// A writer that keeps its input, or panics if its flag is set.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>, bool);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        assert!(!self.1, "the writer fails");
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_copy_writes_the_key_log() {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca.issue("localhost")));
    let [ours, theirs] = [Lines::default(), Lines::default()];
    client.set_keylog_writer(ours.clone()).unwrap();
    server.set_keylog_writer(theirs.clone()).unwrap();
    both(to_localhost(&client), &built(&server));
    // The order of the lines is ignored, because client and server derive the secrets in different orders.
    let [ours, theirs] = [ours, theirs].map(|log| {
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
    assert!(ours[0].starts_with("CLIENT_HANDSHAKE_TRAFFIC_SECRET "));
    assert_eq!(ours, theirs);
    // A panic of the writer does not reach the handshake.
    let panicking = Lines(Arc::default(), true);
    client.set_keylog_writer(panicking).unwrap();
    both(to_localhost(&client), &built(&server));
}

#[test]
fn a_copy_staples_the_response() {
    let ca = Ca::new();
    let issuer = ca.intermediate();
    let leaf = issuer.issue("localhost");
    let response = issuer.ocsp(&leaf).build();
    let server = server_context(&leaf);
    server.set_ocsp_response(Some(response.clone())).unwrap();
    let mut asking = to_localhost(&client_context(&ca));
    asking.set_status_type(StatusType::OCSP).unwrap();
    let (near, _) = both(asking, &built(&server));
    assert_eq!(near.ssl().ocsp_status(), Some(&*response));
    both(to_localhost(&client_context(&ca)), &built(&server));
    // Here the server has no response to staple.
    let mut asking = to_localhost(&client_context(&ca));
    asking.set_status_type(StatusType::OCSP).unwrap();
    let (near, _) = both(asking, &built(&server_context(&leaf)));
    assert_eq!(near.ssl().ocsp_status(), None);
}

#[test]
fn a_copied_client_supports_post_handshake_authentication() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    require_certificates(&server, &ca);
    server.set_post_handshake_auth(true).unwrap();
    let client = client_context(&ca);
    client.set_post_handshake_auth(true).unwrap();
    show(&client, &ca.issue("me"));
    let (near, far) = local_pair();
    let serving = std::thread::spawn(move || {
        let options = ssl::WrapSocket::new().server_side(true);
        let sock = server.wrap_socket(far, options).unwrap();
        assert!(sock.getpeercert().unwrap().is_none());
        sock.verify_client_post_handshake().unwrap();
        sock.sendall(b"!").unwrap();
        sock.recv(1).unwrap();
        assert!(sock.getpeercert().unwrap().is_some());
    });
    let connector = client.to_openssl_connector().unwrap().build();
    let mut near = connector.connect("localhost", near).unwrap();
    near.read_exact(&mut [0]).unwrap();
    near.write_all(b"!").unwrap();
    serving.join().unwrap();
}

#[test]
fn copies_can_be_switched_in_the_openssl_crates_sni_callback() {
    let ca = Ca::new();
    let [first, second] = ["first", "second"].map(|name| {
        let server = server_context(&ca.issue(name));
        server.set_alpn_protocols(&[name]).unwrap();
        server.set_keylog_writer(std::io::sink()).unwrap();
        let keys = [0, 1].map(|_| ssl::TicketKey::generate().unwrap());
        server.set_ticket_keys(keys).unwrap();
        server
    });
    let second = built(&second);
    let asked = Arc::new(AtomicUsize::new(0));
    let mut builder = first.to_openssl().unwrap();
    let count = Arc::clone(&asked);
    builder.set_servername_callback(move |connection, _| {
        count.fetch_add(1, Ordering::Relaxed);
        if connection.servername(ssl::openssl::ssl::NameType::HOST_NAME) == Some("second") {
            connection.set_ssl_context(&second).unwrap();
        }
        Ok(())
    });
    let server = builder.build();
    let client = client_context(&ca);
    client.set_alpn_protocols(&["first", "second"]).unwrap();
    for name in ["first", "second"] {
        let (near, _) = both(to(name, &built(&client)), &server);
        assert_eq!(near.ssl().selected_alpn_protocol(), Some(name.as_bytes()));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_copy_of_an_unverified_context_does_not_verify() {
    let server = built(&server_context(&Ca::new().issue("elsewhere")));
    both(Ssl::new(&built(&unverified_client())).unwrap(), &server);
}
