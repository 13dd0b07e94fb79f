//! `sendfile`, and the methods that TLS has no place for.

use std::io::{Read, Seek, SeekFrom, Write};

use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer};

use crate::support::client_context;

fn connected() -> (EchoServer, ssl::SslSocket) {
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let sock = std::net::TcpStream::connect(server.addr()).unwrap();
    let sock = client_context(&ca).wrap_socket(sock, "localhost").unwrap();
    (server, sock)
}

fn receive(sock: &ssl::SslSocket, n: usize) -> Vec<u8> {
    let mut data = vec![0; n];
    let mut reader = sock;
    reader.read_exact(&mut data).unwrap();
    data
}

#[test]
fn a_file_is_sent_from_an_offset_up_to_a_count() {
    let (_server, sock) = connected();
    let data: Vec<u8> = (0..40_000u32).map(|i| i.to_le_bytes()[1]).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&data).unwrap();
    for (offset, count, length) in [
        (0, None, 40_000),
        (1, None, 39_999),
        (20_000, Some(7), 7),
        (30_000, Some(1 << 40), 10_000),
        (40_000, None, 0),
        (50_000, None, 0),
    ] {
        file.seek(SeekFrom::Start(0)).unwrap();
        let sent = sock.sendfile(&file, offset, count).unwrap();
        assert_eq!(sent, length);
        let from = usize::try_from(offset).unwrap().min(data.len());
        let length = usize::try_from(length).unwrap();
        assert_eq!(receive(&sock, length), data[from..][..length]);
        assert_eq!(file.stream_position().unwrap(), offset + sent);
    }
}

#[test]
fn sendfile_refuses_what_python_refuses() {
    let (_server, sock) = connected();
    let file = tempfile::tempfile().unwrap();
    let error = sock.sendfile(&file, 0, Some(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "count must be a positive integer (got 0)"
    );
    sock.setblocking(false).unwrap();
    let error = sock.sendfile(&file, 0, None).unwrap_err();
    assert_eq!(error.to_string(), "non-blocking sockets are not supported");
}

#[test]
fn methods_for_datagrams_say_that_there_are_none() {
    let (_server, sock) = connected();
    let value = |error: ssl::Error, method: &str| {
        assert_eq!(error.python_class(), "ValueError");
        let text = format!("{method} not allowed on instances of <class 'ssl.SSLSocket'>");
        assert_eq!(error.to_string(), text);
    };
    value(sock.recvfrom(1).unwrap_err(), "recvfrom");
    value(sock.recvfrom_into(&mut [0]).unwrap_err(), "recvfrom_into");
    let nowhere = ("127.0.0.1", 9);
    value(sock.sendto(b"x", nowhere).unwrap_err(), "sendto");
    for (error, text) in [
        (
            sock.recvmsg(1).unwrap_err(),
            "recvmsg not allowed on instances of <class 'ssl.SSLSocket'>",
        ),
        (
            sock.recvmsg_into(&mut []).unwrap_err(),
            "recvmsg_into not allowed on instances of <class 'ssl.SSLSocket'>",
        ),
        (
            sock.sendmsg(&[]).unwrap_err(),
            "sendmsg not allowed on instances of <class 'ssl.SSLSocket'>",
        ),
        (sock.dup().unwrap_err(), "Can't dup() SSLSocket instances"),
    ] {
        assert_eq!(error.python_class(), "NotImplementedError");
        assert_eq!(error.to_string(), text);
    }
    let plain = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let sock = context.wrap_socket(plain, "localhost").unwrap();
    let error = sock.recvfrom(1).unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOTCONN));
}
