//! `connect` and `scan` of servers that start in plain text.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use pyssl_testing::{Ca, EchoServer, Scripted};
use serde_json::Value;

use crate::support::{World, run};

/// One turn of the server: the bytes that it waits for, and its answer.
type Turn = (&'static [u8], &'static [u8]);

/// The protocols, with the turns of a server before TLS starts.
const PROTOCOLS: &[(&str, &[Turn])] = &[
    (
        "smtp",
        &[
            (b"", b"220 mx ESMTP\r\n"),
            (b"EHLO [127.0.0.1]\r\n", b"250-mx\r\n250 STARTTLS\r\n"),
            (b"STARTTLS\r\n", b"220 go\r\n"),
        ],
    ),
    (
        "lmtp",
        &[
            (b"", b"220 mx LMTP\r\n"),
            (b"LHLO [127.0.0.1]\r\n", b"250-mx\r\n250 STARTTLS\r\n"),
            (b"STARTTLS\r\n", b"220 go\r\n"),
        ],
    ),
    (
        "imap",
        &[(b"", b"* OK hi\r\n"), (b"a STARTTLS\r\n", b"a OK go\r\n")],
    ),
    ("pop3", &[(b"", b"+OK\r\n"), (b"STLS\r\n", b"+OK\r\n")]),
    ("ftp", &[(b"", b"220 hi\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")]),
    (
        "sieve",
        &[
            (b"", b"\"STARTTLS\"\r\nOK\r\n"),
            (b"STARTTLS\r\n", b"OK\r\n"),
        ],
    ),
    (
        "xmpp",
        &[
            (
                b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                  xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>",
                b"<?xml version='1.0'?><stream:stream><stream:features><starttls/></stream:features>",
            ),
            (
                b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            ),
        ],
    ),
    (
        "ldap",
        &[(
            b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
            b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0",
        )],
    ),
    ("postgres", &[(&[0, 0, 0, 8, 4, 210, 22, 47], b"S")]),
    (
        "mysql",
        &[
            (
                b"",
                b"\x2a\0\0\0\x0a8.0.1\0\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\0\xff\xff\
                  \x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21\x21",
            ),
            (
                b"\x20\0\0\x01\x01\x8a\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                b"",
            ),
        ],
    ),
];

/// Starts a server that plays these turns, and then passes all bytes on to a TLS server.
fn before(server: SocketAddr, turns: &'static [Turn]) -> Scripted {
    Scripted::follows(move |mut socket| {
        for (expected, answer) in turns {
            let mut received = vec![0; expected.len()];
            if socket.read_exact(&mut received).is_err() || received != *expected {
                return;
            }
            if socket.write_all(answer).is_err() {
                return;
            }
        }
        let Ok(mut server) = TcpStream::connect(server) else {
            return;
        };
        let mut client = socket.stream();
        let relays = (server.try_clone(), client.try_clone());
        let (Ok(mut from_server), Ok(mut to_client)) = relays else {
            return;
        };
        let relay = thread::spawn(move || {
            let _ = std::io::copy(&mut from_server, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut client, &mut server);
        let _ = server.shutdown(Shutdown::Write);
        let _ = relay.join();
        socket.finish();
    })
}

#[test]
fn connect_starts_tls_in_each_protocol() {
    let world = World::new();
    let server = EchoServer::start(&world.ca.issue("localhost"));
    for (protocol, turns) in PROTOCOLS {
        let plain = before(server.addr(), turns);
        let target = format!("localhost:{}", plain.port());
        let args = ["--starttls", protocol, "--cafile", world.cafile()];
        let output = run(["connect", &target, "--brief"].iter().chain(&args));
        assert_eq!(
            output.stdout, "OK TLSv1.3 TLS_AES_256_GCM_SHA384\n",
            "{protocol} {output:?}"
        );
        // The scheme of a URL selects the same protocol.
        let url = format!("{protocol}://localhost:{}", plain.port());
        let output = run(["connect", &url, "--json", "--cafile", world.cafile()]);
        let found: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(
            (&found["ok"], &found["starttls"]),
            (&Value::Bool(true), &Value::from(*protocol))
        );
    }
}

#[test]
fn scan_uses_starttls_on_each_connection() {
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    let (protocol, turns) = PROTOCOLS[0];
    let plain = before(server.addr(), turns);
    let url = format!("{protocol}://localhost:{}", plain.port());
    let output = run(["scan", &url, "--json", "--rate", "10000"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(found["starttls"], *protocol);
    let on = found["versions"].as_array().unwrap().iter();
    let on: Vec<_> = on.filter(|v| v["enabled"] == true).collect();
    assert_eq!(on.len(), 2, "{found}");
    assert_eq!(found["certificates"].as_array().unwrap().len(), 1);
}

#[test]
fn servers_that_misbehave_or_lack_starttls_give_clear_errors() {
    let endless: &[u8] = &b"220-more\r\n".repeat(100_000);
    for (says, then, text) in [
        (
            &b"220 mx\r\n"[..],
            &b"250 mx\r\n"[..],
            "does not offer STARTTLS",
        ),
        (
            b"421 too many connections\r\n",
            b"",
            "421 too many connections",
        ),
        (b"SSH-2.0-OpenSSH\r\n", b"", "does not speak the protocol"),
        (b"220 a\r\n250 STARTTLS\r\n220 go\r\n", b"", "CVE-2011-0411"),
        (endless, b"", "does not end"),
        (b"", b"", "closed the connection before TLS"),
    ] {
        let (says, then) = (says.to_vec(), then.to_vec());
        let server = Scripted::follows(move |mut socket| {
            let _ = socket.write_all(&says);
            if !then.is_empty() {
                let _ = socket.read(&mut [0; 100]);
                let _ = socket.write_all(&then);
            }
            socket.finish();
        });
        let url = format!("smtp://localhost:{}", server.port());
        let output = run(["connect", &url]);
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(output.stdout.contains(text), "{text}: {output:?}");
        let output = run(["scan", &url, "--policy", "rfc9325", "--timeout", "1"]);
        assert_eq!((output.code, &*output.stdout), (Some(2), ""), "{output:?}");
        assert!(output.stderr.contains(text), "{text}: {output:?}");
    }
    let silent = Scripted::never_answers();
    let url = format!("imap://localhost:{}", silent.port());
    let output = run(["connect", &url, "--timeout", "0.2"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stdout.contains("did not answer in time"),
        "{output:?}"
    );
}
