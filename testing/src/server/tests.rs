use std::io::{self, BufRead, BufReader, Read, Write};

use super::*;
use crate::{ClientConfig, EchoClient};

fn connect(config: &ClientConfig, server: &EchoServer) -> io::Result<EchoClient> {
    config.connect("localhost", server.addr())
}

#[test]
fn the_echo_server_records_a_round_trip() {
    let ca = Ca::new();
    let leaf = ca.intermediate().issue("localhost");
    let server = EchoServer::start(ServerConfig::new(&leaf).alpn(&["h2", "http/1.1"]));
    let mut client = connect(
        &ClientConfig::new().ca(&ca).alpn(&["http/1.1", "h2"]),
        &server,
    )
    .unwrap();
    assert_eq!(client.echo(b"Hello").unwrap(), b"Hello");
    assert_eq!(client.version(), "TLSv1.3");
    assert_eq!(client.alpn().as_deref(), Some("h2"));
    assert_eq!(client.peer_cert(), Some(leaf.der()));
    let cipher = client.cipher().to_owned();
    client.close().unwrap();

    let seen = server.next_connection();
    assert_eq!(seen.handshake_error, None);
    assert_eq!(seen.received, b"Hello");
    assert_eq!(seen.version.as_deref(), Some("TLSv1.3"));
    assert_eq!(seen.cipher, Some(cipher));
    assert_eq!(seen.alpn.as_deref(), Some("h2"));
    assert_eq!(seen.server_name.as_deref(), Some("localhost"));
    assert_eq!(seen.peer_cert, None);
    assert_eq!(seen.end, Some(End::CloseNotify));
    assert!(!seen.resumed);
}

#[test]
fn large_data_is_echoed() {
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    let mut client = connect(&ClientConfig::new(), &server).unwrap();
    let data: Vec<u8> = (0..1_000_000_u32).map(|i| i.to_le_bytes()[0]).collect();
    assert!(client.echo(&data).unwrap() == data);
}

#[test]
fn clients_reject_a_wrong_name_and_an_unknown_issuer() {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue_for(&["example.org", "127.0.0.1"]));
    for (ca, name) in [(&ca, "localhost"), (&Ca::new(), "example.org")] {
        let error = ClientConfig::new()
            .ca(ca)
            .connect(name, server.addr())
            .unwrap_err();
        assert!(
            error.to_string().contains("certificate verify failed"),
            "{error}"
        );
        assert!(
            server
                .next_connection()
                .handshake_error
                .unwrap()
                .contains("alert")
        );
    }
    for name in ["example.org", "127.0.0.1"] {
        ClientConfig::new()
            .ca(&ca)
            .connect(name, server.addr())
            .unwrap();
    }
}

#[test]
fn a_test_server_requires_or_requests_a_client_certificate() {
    let ca = Ca::new();
    let (leaf, client_leaf, stranger) = (
        ca.issue("localhost"),
        ca.issue("user@example.org"),
        Ca::new().issue("x"),
    );
    let required = ServerConfig::new(&leaf).require_client_cert(&ca);
    let requested = ServerConfig::new(&leaf).request_client_cert(&ca);
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let nobody = ClientConfig::new().only_version(version);
        let known = nobody.clone().identity(&client_leaf);
        let unknown = nobody.clone().identity(&stranger);
        let cases = [
            (&required, &known, true),
            (&requested, &known, true),
            (&requested, &nobody, true),
            (&required, &nobody, false),
            (&requested, &unknown, false),
        ];
        for (config, client, good) in cases {
            let server = EchoServer::start(config.clone());
            let result = connect(client, &server).and_then(|mut client| client.echo(b"?"));
            assert_eq!(result.is_ok(), good, "{result:?}");
            let seen = server.next_connection();
            assert_eq!(seen.handshake_error.is_none(), good, "{seen:?}");
            if good && std::ptr::eq(client, &known) {
                assert_eq!(seen.peer_cert, Some(client_leaf.der()));
            }
        }
    }
}

#[test]
fn the_server_applies_its_versions_and_ciphers() {
    let leaf = Ca::new().issue("localhost");
    let config = ServerConfig::new(&leaf)
        .only_version(SslVersion::TLS1_2)
        .ciphers("ECDHE-ECDSA-CHACHA20-POLY1305");
    let server = EchoServer::start(config);
    let client = connect(&ClientConfig::new(), &server).unwrap();
    assert_eq!(
        (client.version(), client.cipher()),
        ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")
    );
    connect(
        &ClientConfig::new().min_version(SslVersion::TLS1_3),
        &server,
    )
    .unwrap_err();
    assert!(server.next_connection().handshake_error.is_some());

    let server =
        EchoServer::start(ServerConfig::new(&leaf).ciphersuites("TLS_CHACHA20_POLY1305_SHA256"));
    assert_eq!(
        connect(&ClientConfig::new(), &server).unwrap().cipher(),
        "TLS_CHACHA20_POLY1305_SHA256"
    );
}

#[test]
fn a_weak_key_works_only_at_a_low_security_level() {
    let ca = Ca::new();
    let weak = ca
        .builder()
        .san("localhost")
        .key(crate::pki::KeyKind::Rsa1024)
        .build();
    let server = EchoServer::start(ServerConfig::new(&weak).security_level(0));
    connect(&ClientConfig::new().ca(&ca).security_level(0), &server).unwrap();
    connect(&ClientConfig::new().ca(&ca).security_level(2), &server).unwrap_err();
}

#[test]
fn a_session_is_resumed() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = EchoServer::start(&Ca::new().issue("localhost"));
        let config = ClientConfig::new().only_version(version);
        let mut first = connect(&config, &server).unwrap();
        first.echo(b"1").unwrap();
        let session = first.session().unwrap();
        first.close().unwrap();
        assert!(!server.next_connection().resumed);
        let mut second = connect(&config.session(&session), &server).unwrap();
        second.echo(b"2").unwrap();
        assert!(second.resumed());
        second.close().unwrap();
        assert!(server.next_connection().resumed);
    }
}

#[test]
fn the_server_closes_as_configured() {
    let leaf = Ca::new().issue("localhost");
    let hang_up = |how| {
        let server = EchoServer::start(ServerConfig::new(&leaf).hang_up_after(2, how));
        let mut client = connect(&ClientConfig::new(), &server).unwrap();
        assert_eq!(client.echo(b"ab").unwrap(), b"ab");
        let end = client.receive();
        assert_eq!(server.next_connection().end, Some(End::HungUp));
        end
    };
    assert_eq!(hang_up(HangUp::CloseNotify).unwrap(), b"");
    let kind = |how| hang_up(how).unwrap_err().kind();
    assert_eq!(kind(HangUp::Abruptly), io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(HangUp::Reset), io::ErrorKind::ConnectionReset);
}

#[test]
fn the_server_records_how_each_client_ended() {
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    // TLS 1.3 is not used, because unread tickets make the kernel send a reset when the client's
    // socket is closed.
    let config = ClientConfig::new().max_version(SslVersion::TLS1_2);
    drop(connect(&config, &server).unwrap());
    assert_eq!(server.next_connection().end, Some(End::Eof));
    let client = connect(&config, &server).unwrap();
    client.shutdown_tcp().unwrap();
    assert_eq!(server.next_connection().end, Some(End::Eof));
}

#[test]
fn dropping_a_server_ends_connections_that_are_idle_or_stuck_in_the_handshake() {
    let server = EchoServer::start(&Ca::new().issue("localhost"));
    let mut stuck = std::net::TcpStream::connect(server.addr()).unwrap();
    let mut idle = connect(&ClientConfig::new(), &server).unwrap();
    drop(server);
    idle.receive().unwrap_err();
    assert_eq!(stuck.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn the_https_server_answers_until_connection_close() {
    let ca = Ca::new();
    let server = HttpsServer::start(&ca.issue("localhost"), "It works");
    assert_eq!(
        server.url("localhost", "/a"),
        format!("https://localhost:{}/a", server.port())
    );
    let client = ClientConfig::new()
        .ca(&ca)
        .connect("localhost", server.addr())
        .unwrap();
    let mut client = BufReader::new(client);
    let mut get = |connection: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nContent-Length: {length}\r\nConnection: {connection}\r\n\r\n{body}"
        );
        client.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        while client.read_line(&mut line).unwrap() > 2 {}
        let mut body = [0; 8];
        client.read_exact(&mut body).unwrap();
        assert_eq!(line, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
        assert_eq!(&body, b"It works");
    };
    get("keep-alive", "body");
    get("close", "");
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let received = server.next_connection().received;
    assert_eq!(
        received
            .windows(4)
            .filter(|window| window == b"POST")
            .count(),
        2
    );
}

#[test]
fn the_https_server_gives_the_answers_of_a_script() {
    let response = HttpResponse::redirect("https://localhost/")
        .header("X-Test", "1")
        .content_length(10);
    let config =
        ServerConfig::new(&Ca::new().issue("localhost")).hang_up_after(0, HangUp::Abruptly);
    let server = HttpsServer::start(config, response);
    let mut client = ClientConfig::new()
        .connect("localhost", server.addr())
        .unwrap();
    client.send(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let text = String::from_utf8(client.receive().unwrap()).unwrap();
    assert_eq!(
        text,
        "HTTP/1.1 302 Found\r\nContent-Length: 10\r\nLocation: https://localhost/\r\nX-Test: 1\r\n\r\n"
    );
    client.receive().unwrap_err();
}

#[test]
fn pythons_default_context_connects_to_the_test_server() {
    const SCRIPT: &str = "import socket, ssl, sys\n\
        context = ssl.create_default_context(cafile=sys.argv[1])\n\
        with socket.create_connection(('127.0.0.1', int(sys.argv[2]))) as s:\n\
        \twith context.wrap_socket(s, server_hostname='localhost') as t:\n\
        \t\tt.sendall(b'hello'); print(t.recv(5)); t.unwrap()";
    let python = crate::skip_without_python!();
    let ca = Ca::new();
    let leaf = ca.intermediate().issue("localhost");
    let files = crate::Files::new(&ca, &leaf);
    let server = EchoServer::start(&leaf);
    let port = server.port().to_string();
    let output = python.run(SCRIPT, &[files.ca.as_os_str(), port.as_ref()]);
    assert_eq!(output.expect_success(), "b'hello'\n");
    assert_eq!(server.next_connection().end, Some(End::CloseNotify));
}
