//! `pyssl serve`, with the clients of the `testing` crate and with `pyssl connect`.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use pyssl_testing::openssl::ssl::SslVersion;
use pyssl_testing::{ClientConfig, Files, Leaf, skipped};

use crate::support::{
    Killed, PATIENCE, STOPPED, Server, Signal, World, brief, listening_on, path, pyssl, run,
};

const OK: &str = "OK TLSv1.3 TLS_AES_256_GCM_SHA384";

fn client(world: &World) -> ClientConfig {
    ClientConfig::new()
        .ca(&world.ca)
        .configure(|context| context.set_groups_list("P-256").unwrap())
}

/// Sends one request, and returns the whole answer.
fn request(world: &World, server: &Server, text: &str) -> String {
    let mut client = client(world).connect("localhost", server.address).unwrap();
    client.send(text.as_bytes()).unwrap();
    String::from_utf8(client.receive_all().unwrap()).unwrap()
}

#[test]
fn serve_hello_answers_and_closes() {
    let world = World::new();
    for args in [vec!["-v"], vec!["--hello", "-v"]] {
        let server = Server::start(&world.server, &args);
        assert_eq!(
            request(&world, &server, "Hello from client!"),
            "Hello from server!"
        );
        let line = server.log_line();
        assert!(line.starts_with("127.0.0.1:"), "{line}");
        assert!(
            line.ends_with("TLS_AES_256_GCM_SHA384, received \"Hello from client!\""),
            "{line}"
        );
    }
}

#[test]
fn serve_echo_sends_received_data_back() {
    let world = World::new();
    let server = Server::start(&world.server, &["--echo", "-v"]);
    let mut client = client(&world).connect("localhost", server.address).unwrap();
    let data: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(client.echo(&data).unwrap(), data);
    assert_eq!(client.echo(b"more").unwrap(), b"more");
    client.close().unwrap();
    assert!(server.log_line().ends_with("300004 bytes sent back"));
}

#[test]
fn serve_http_answers_any_request() {
    let world = World::new();
    let server = Server::start(&world.server, &["--http", "--alpn", "http/1.1"]);
    let body =
        "protocol: TLSv1.3\ncipher: TLS_AES_256_GCM_SHA384\nbits: 256\nkey exchange: secp256r1\n";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    for text in [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /x HTTP/1.0\n\n",
    ] {
        assert_eq!(request(&world, &server, text), format!("{head}{body}"));
    }
    assert_eq!(request(&world, &server, "HEAD / HTTP/1.1\r\n\r\n"), head);
    let garbage = request(&world, &server, "Hello from client!\r\n\r\n");
    assert!(garbage.starts_with("HTTP/1.1 400 "), "{garbage}");
    let endless = request(
        &world,
        &server,
        &format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(20_000)),
    );
    assert!(endless.starts_with("HTTP/1.1 431 "), "{endless}");
}

#[test]
fn serve_http_answers_before_it_has_read_the_request_body() {
    let world = World::new();
    let server = Server::start(&world.server, &["--http"]);
    let mut client = client(&world).connect("localhost", server.address).unwrap();
    client
        .send(b"POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n")
        .unwrap();
    // Data sent after the server has closed must not destroy the answer.
    client.send(&[b'x'; 200_000]).unwrap();
    let answer = String::from_utf8(client.receive_all().unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn many_clients_are_served_at_once() {
    let world = World::new();
    let server = Server::start(&world.server, &["--echo"]);
    let mut clients: Vec<_> = (0..20)
        .map(|_| client(&world).connect("localhost", server.address).unwrap())
        .collect();
    for (n, client) in clients.iter_mut().enumerate().rev() {
        let text = n.to_string();
        assert_eq!(client.echo(text.as_bytes()).unwrap(), text.as_bytes());
    }
}

#[test]
fn silent_clients_do_not_block_others() {
    let world = World::new();
    let server = Server::start(&world.server, &["--hello", "-v", "--timeout", "3600"]);
    let _silent: Vec<_> = (0..5)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    assert_eq!(request(&world, &server, "hi"), "Hello from server!");
    let line = server.log_line();
    assert!(line.ends_with("received \"hi\""), "{line}");
}

#[test]
fn silent_clients_are_disconnected_after_the_time_out() {
    let world = World::new();
    let server = Server::start(&world.server, &["--hello", "--timeout", "0.5"]);
    let mut silent: Vec<_> = (0..5)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    for _ in 0..5 {
        let line = server.log_line();
        assert!(
            line.contains("TimeoutError: The handshake operation timed out"),
            "{line}"
        );
    }
    for stream in &mut silent {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn clients_beyond_the_limit_wait_for_their_turn() {
    let world = World::new();
    let server = Server::start(&world.server, &["--echo", "--max-clients", "1"]);
    let mut first = client(&world).connect("localhost", server.address).unwrap();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    // A server that serves this client would answer the invalid record at once. A missing answer
    // shows that the client still waits for its turn.
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let waits = stream.read(&mut [0]).unwrap_err().kind();
    // Windows reports the time-out of a socket as `TimedOut`.
    assert!(matches!(waits, ErrorKind::WouldBlock | ErrorKind::TimedOut));
    assert_eq!(first.echo(b"still here").unwrap(), b"still here");
    first.close().unwrap();
    let line = server.log_line();
    assert!(line.contains("HTTP_REQUEST"), "{line}");
    assert_eq!(brief(&server.target(), &["--cafile", world.cafile()]).0, OK);
}

#[test]
fn a_failed_client_logs_one_line_and_does_not_stop_the_server() {
    let world = World::new();
    let server = Server::start(&world.server, &[]);
    TcpStream::connect(server.address)
        .unwrap()
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .unwrap();
    let line = server.log_line();
    assert!(
        line.starts_with("127.0.0.1:") && line.contains("SSLError: [SSL: HTTP_REQUEST]"),
        "{line}"
    );

    drop(TcpStream::connect(server.address).unwrap());
    let line = server.log_line();
    assert!(
        line.contains("SSLEOFError") || line.contains("ConnectionReset"),
        "{line}"
    );

    let (line, _) = brief(&server.target(), &[]);
    assert_eq!(
        line,
        "ERR SSLCertVerificationError SSL CERTIFICATE_VERIFY_FAILED 20 unable to get local issuer \
         certificate"
    );
    let line = server.log_line();
    assert!(line.contains("TLSV1_ALERT_UNKNOWN_CA"), "{line}");

    assert_eq!(brief(&server.target(), &["--cafile", world.cafile()]).0, OK);
    let (code, rest) = server.stop(Signal::TERM);
    assert_eq!((code, rest), (STOPPED, Vec::new()));
}

#[test]
fn serve_requires_client_certificates() {
    let world = World::new();
    let args = ["--http", "--client-ca", world.cafile()];
    let server = Server::start(&world.server, &args);
    let cafile = ["--cafile", world.cafile()];
    let (line, code) = brief(&server.target(), &cafile);
    assert_eq!(line, "ERR SSLError SSL TLSV13_ALERT_CERTIFICATE_REQUIRED");
    assert_eq!(code, Some(1));
    assert!(
        server
            .log_line()
            .contains("PEER_DID_NOT_RETURN_A_CERTIFICATE")
    );

    let (line, _) = brief(&server.target(), &[&cafile[..], &["--max", "1.2"]].concat());
    // OpenSSL 4.0 renamed the reasons of alerts.
    let line = line.replace("SSLV3_ALERT", "TLS_ALERT");
    assert_eq!(line, "ERR SSLError SSL TLS_ALERT_HANDSHAKE_FAILURE");

    let cert = [
        "--cert",
        path(&world.client.chain),
        "--key",
        path(&world.client.key),
    ];
    assert_eq!(
        brief(
            &server.target(),
            &[cafile, [cert[0], cert[1]], [cert[2], cert[3]]].concat()
        )
        .0,
        OK
    );

    let identity: Leaf = world.ca.builder().common_name("client.example").build();
    let mut client = client(&world)
        .identity(&identity)
        .connect("localhost", server.address)
        .unwrap();
    client.send(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let answer = String::from_utf8(client.receive_all().unwrap()).unwrap();
    assert!(
        answer.contains("client: ((('commonName', 'client.example'),),)"),
        "{answer}"
    );
}

#[test]
fn serve_applies_the_alpn_version_and_cipher_options() {
    let world = World::new();
    let args = [
        "--echo",
        "--alpn",
        "b,a",
        "--max",
        "1.2",
        "--ciphers",
        "ECDHE+AESGCM",
    ];
    let server = Server::start(&world.server, &args);
    let connected = client(&world)
        .alpn(&["a", "b"])
        .connect("localhost", server.address)
        .unwrap();
    assert_eq!(connected.alpn().as_deref(), Some("b"));
    assert_eq!(connected.version(), "TLSv1.2");
    drop(connected);
    let refused = |client: ClientConfig, server: &Server| {
        let refused = client.connect("localhost", server.address);
        refused.unwrap_err().to_string()
    };
    let chacha = refused(client(&world).ciphers("CHACHA20"), &server);
    assert!(chacha.contains("alert handshake failure"), "{chacha}");
    let (line, _) = brief(
        &server.target(),
        &["--cafile", world.cafile(), "--min", "1.3"],
    );
    assert_eq!(line, "ERR SSLError SSL TLSV1_ALERT_PROTOCOL_VERSION");

    let server = Server::start(&world.server, &["--echo", "--min", "1.3"]);
    let old = refused(client(&world).only_version(SslVersion::TLS1_2), &server);
    assert!(old.contains("alert protocol version"), "{old}");
}

#[test]
fn serve_listens_on_ipv6_addresses_and_names() {
    let world = World::new();
    let cert = ["--cert", path(&world.server.combined)];
    if TcpListener::bind("[::1]:0").is_ok() {
        let server = Server::start_on("[::1]:0", cert);
        assert!(server.address.is_ipv6());
        let target = format!("[::1]:{}", server.port());
        assert_eq!(brief(&target, &["--cafile", world.cafile()]).0, OK);
    } else {
        skipped("this machine has no IPv6");
    }
    let server = Server::start_on("localhost:0", cert);
    assert!(server.address.ip().is_loopback());
    let server = Server::start_on(":0", cert);
    assert!(server.address.ip().is_unspecified());
    assert_eq!(brief(&server.target(), &["--cafile", world.cafile()]).0, OK);
}

// Not on Windows: it has no signals.
#[cfg(unix)]
#[test]
fn serve_exits_cleanly_on_a_signal() {
    let world = World::new();
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start(&world.server, &["--echo"]);
        assert_eq!(server.stop(signal), (Some(0), Vec::new()));
    }
    // A server that is told to stop waits a moment for its open connections.
    let server = Server::start(&world.server, &["--echo", "--timeout", "3600"]);
    let mut busy = client(&world).connect("localhost", server.address).unwrap();
    assert_eq!(busy.echo(b"busy").unwrap(), b"busy");
    assert_eq!(server.stop(Signal::TERM).0, Some(0));
}

// Not on Windows: it has no signals.
#[cfg(unix)]
#[test]
fn a_stopping_server_finishes_its_connections() {
    let world = World::new();
    let server = Server::start(&world.server, &["--hello", "--timeout", "60"]);
    let mut client = client(&world).connect("localhost", server.address).unwrap();
    server.child.signal(Signal::TERM);
    // The server stops accepting; this client still gets its answer.
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect(server.address).is_ok() {
        assert!(Instant::now() < end, "the server still accepts");
        std::thread::yield_now();
    }
    client.send(b"late").unwrap();
    assert_eq!(client.receive_all().unwrap(), b"Hello from server!");
    client.close().unwrap();
    let mut child = server.child;
    assert_eq!(child.wait(), Some(0));
}

#[test]
fn a_start_failure_prints_one_line_and_has_exit_code_2() {
    let files = Files::localhost();
    let other = Files::localhost();
    let garbage = files.write("garbage.pem", "no certificate");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let good = path(&files.combined);
    for (address, args, text) in [
        (
            taken.as_str(),
            vec!["--cert", good],
            if cfg!(windows) {
                "[WinError 10048]"
            } else {
                "Address already in use"
            },
        ),
        (
            "192.0.2.1:0",
            vec!["--cert", good],
            "cannot listen on 192.0.2.1:0",
        ),
        (
            "no-such-host.invalid:0",
            vec!["--cert", good],
            "cannot listen on no-such-host",
        ),
        (
            "127.0.0.1:0",
            vec!["--cert", "/nonexistent"],
            "in /nonexistent: [Errno 2]",
        ),
        ("127.0.0.1:0", vec!["--cert", path(&garbage)], "garbage.pem"),
        ("127.0.0.1:0", vec!["--cert", path(&files.cert)], "cert.pem"),
        (
            "127.0.0.1:0",
            vec!["--cert", good, "--key", "/none"],
            "the key in /none: [Errno 2]",
        ),
        (
            "127.0.0.1:0",
            vec!["--cert", good, "--key", path(&other.key)],
            "KEY_VALUES_MISMATCH",
        ),
        (
            "127.0.0.1:0",
            vec!["--cert", good, "--client-ca", "/none"],
            "authorities in /none",
        ),
        (
            "127.0.0.1:0",
            vec!["--cert", good, "--ciphers", "NONE"],
            "--ciphers 'NONE'",
        ),
        (
            "127.0.0.1:0",
            vec![
                "--cert",
                path(&files.cert),
                "--key",
                path(&files.encrypted_key),
            ],
            "--password-file",
        ),
    ] {
        let output = run(["serve", address].iter().chain(&args));
        assert_eq!(output.code, Some(2), "{output:?}");
        assert_eq!(output.stdout, "", "{output:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        assert!(output.stderr.contains(text), "{text}: {output:?}");
    }
}

#[test]
fn serve_opens_an_encrypted_key_with_the_password() {
    let world = World::new();
    let files = &world.server;
    let cert = [
        "--cert",
        path(&files.cert),
        "--key",
        path(&files.encrypted_key),
    ];
    let password = files.write("password", "somepass\r\n");
    for more in [
        ["--password", "somepass"],
        ["--password-file", path(&password)],
    ] {
        let server = Server::start_on("127.0.0.1:0", cert.iter().chain(&more));
        assert_eq!(brief(&server.target(), &["--cafile", world.cafile()]).0, OK);
    }
}

// Not on Windows: the standard library has no pipe whose end is closed.
#[cfg(unix)]
#[test]
fn serve_continues_after_its_stdout_is_closed() {
    let world = World::new();
    let (reader, writer) = crate::support::pipe();
    let child = pyssl()
        .args([
            "serve",
            "127.0.0.1:0",
            "--cert",
            path(&world.server.combined),
        ])
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .stdin(Stdio::null())
        .spawn();
    let mut child = Killed(child.unwrap());
    // The test closes the pipe after the server's first line, so the server cannot write its lines
    // about failed clients.
    let address = listening_on(std::fs::File::from(reader)).unwrap();
    let target = format!("localhost:{}", address.port());
    for _ in 0..2 {
        let (line, _) = brief(&target, &[]);
        assert!(line.starts_with("ERR SSLCertVerificationError"));
    }
    assert_eq!(brief(&target, &["--cafile", world.cafile()]).0, OK);
    child.signal(Signal::TERM);
    assert_eq!(child.wait(), Some(0));
}
