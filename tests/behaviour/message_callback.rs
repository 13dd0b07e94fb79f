//! The callback for the messages of a connection (`_msg_callback` in Python).

use std::sync::{Arc, Mutex};

use pyssl as ssl;
use pyssl_testing::{Ca, skip_without_same_openssl};

use crate::link::{BOTH_VERSIONS, Contexts};
use crate::support::{Pair, class, client_context, connected, server_context};

type Lines = Arc<Mutex<Vec<String>>>;

/// Sets a callback that records the numbers that Python's callback gets.
fn record(context: &ssl::SslContext) -> Lines {
    let lines = Lines::default();
    let seen = Arc::clone(&lines);
    context
        .set_message_callback(move |m| {
            let number = match m.kind() {
                ssl::MessageKind::Message(n) => n.0,
                ssl::MessageKind::Alert(n) => n.0,
                ssl::MessageKind::Header(n) | ssl::MessageKind::Inner(n) => n.0,
                _ => -1,
            };
            let direction = match m.direction() {
                ssl::Direction::Read => "read",
                ssl::Direction::Write => "write",
            };
            let (version, kind) = (m.version(), m.content_type().0);
            let line = format!("{direction} {version} {kind} {number}");
            seen.lock().unwrap().push(line);
            Ok(())
        })
        .unwrap();
    lines
}

const SCRIPT: &str = r#"
import ssl, sys
client = ssl.create_default_context(cafile=sys.argv[1])
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(sys.argv[2])
if sys.argv[3] == '1.2': client.maximum_version = ssl.TLSVersion.TLSv1_2
def show(conn, direction, version, content_type, msg_type, data):
    print(direction, int(version), int(content_type), int(msg_type))
client._msg_callback = show
a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
C = client.wrap_bio(a, b, server_hostname='localhost'); S = server.wrap_bio(c, d, server_side=True)
def step(f):
    try: f()
    except ssl.SSLWantReadError: pass
for _ in range(3):
    step(C.do_handshake); c.write(b.read())
    step(S.do_handshake); a.write(d.read())
C.write(b'x')
step(C.unwrap)
"#;

#[test]
fn message_callbacks_receive_the_same_messages_as_in_python() {
    let python = skip_without_same_openssl!();
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let files = pyssl_testing::Files::new(&ca, &leaf);
    for version in ["1.2", "1.3"] {
        let (client, server) = (client_context(&ca), server_context(&leaf));
        if version == "1.2" {
            client.set_maximum_version(BOTH_VERSIONS[0]).unwrap();
        }
        let lines = record(&client);
        let pair = Pair::new(&client, &server, "localhost").unwrap();
        for _ in 0..3 {
            let _ = pair.client.do_handshake();
            pair.pump();
            let _ = pair.server.do_handshake();
            pair.pump();
        }
        pair.client.write(b"x").unwrap();
        let _ = pair.client.unwrap();
        let (ca, cert) = (files.ca.to_str().unwrap(), files.combined.to_str().unwrap());
        let theirs = python.run(SCRIPT, &[ca, cert, version]).expect_success();
        let ours = lines.lock().unwrap();
        assert_eq!(*ours, theirs.lines().collect::<Vec<_>>(), "{version}");
    }
}

#[test]
fn the_message_callback_gets_the_type_and_the_bytes_of_each_message() {
    let Contexts { client, server } = Contexts::new();
    let seen = Lines::default();
    let lines = Arc::clone(&seen);
    server
        .set_message_callback(move |m| {
            if m.content_type() == ssl::TlsContentType::HANDSHAKE {
                // A message begins with its type.
                let kind = ssl::TlsMessageType(m.data()[0].into());
                assert_eq!(m.kind(), ssl::MessageKind::Message(kind));
                lines.lock().unwrap().push(format!("{:?}", m.kind()));
            }
            assert_ne!(m.content_type(), ssl::TlsContentType::APPLICATION_DATA);
            if let ssl::MessageKind::Header(_) = m.kind() {
                // As in Python, the version is the one in the record header.
                let version = m.data()[1..3].try_into().unwrap();
                assert_eq!(m.version(), i32::from(u16::from_be_bytes(version)));
            }
            Ok(())
        })
        .unwrap();
    let pair = connected(&client, &server);
    pair.client.write(b"secret").unwrap();
    pair.pump();
    assert_eq!(pair.server.read(6).unwrap(), b"secret");
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], "Message(CLIENT_HELLO)");
    assert_eq!(seen[1], "Message(SERVER_HELLO)");
    assert!(seen.contains(&"Message(FINISHED)".to_owned()));
}

#[test]
fn a_message_callbacks_error_is_returned_after_the_operation() {
    let Contexts { client, server } = Contexts::new();
    client
        .set_message_callback(|_| Err("looked away".into()))
        .unwrap();
    let pair = Pair::new(&client, &server, "localhost").unwrap();
    for object in [&pair.client, &pair.server] {
        assert_eq!(class(object.do_handshake()), "SSLWantReadError");
        assert!(pair.pump());
    }
    let error = pair.client.do_handshake().unwrap_err();
    assert_eq!(error.to_string(), "looked away");
    assert_eq!(pair.client.version(), Some("TLSv1.3"));
    client.clear_message_callback().unwrap();
    connected(&client, &server);
}

#[test]
fn message_type_names_match_python() {
    assert_eq!(ssl::TlsContentType::INNER_CONTENT_TYPE.0, 257);
    assert_eq!(ssl::TlsMessageType(4).name(), Some("NEWSESSION_TICKET"));
    assert_eq!(format!("{:?}", ssl::TlsAlertType(109)), "MISSING_EXTENSION");
    assert_eq!(format!("{:?}", ssl::TlsAlertType(7)), "TlsAlertType(7)");
}
