//! `sendfile`, and the datagram methods, which do not work with TLS.

use std::io::{Read, Seek, SeekFrom, Write};

use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer};

use crate::support::{client_context, told};

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
fn sendfile_sends_from_an_offset_up_to_a_count() {
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

/// `sendfile` sends blocks of 256 KiB. This file has three blocks and an incomplete one.
#[test]
fn sendfile_sends_a_file_of_several_blocks() {
    let (_server, sock) = connected();
    let data: Vec<u8> = (0..200_003u32).flat_map(u32::to_le_bytes).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&data).unwrap();
    file.rewind().unwrap();
    std::thread::scope(|scope| {
        let received = scope.spawn(|| receive(&sock, data.len()));
        assert_eq!(sock.sendfile(&file, 0, None).unwrap(), data.len() as u64);
        assert!(received.join().unwrap() == data);
    });
}

#[test]
fn sendfile_refuses_what_python_refuses() {
    let (_server, sock) = connected();
    let file = tempfile::tempfile().unwrap();
    assert_eq!(
        told(sock.sendfile(&file, 0, Some(0))),
        "ValueError: count must be a positive integer (got 0)"
    );
    sock.setblocking(false).unwrap();
    assert_eq!(
        told(sock.sendfile(&file, 0, None)),
        "ValueError: non-blocking sockets are not supported"
    );
}

#[test]
fn datagram_methods_are_not_allowed() {
    let (_server, sock) = connected();
    let nowhere = ("127.0.0.1", 9);
    for (ours, class, method) in [
        (told(sock.recvfrom(1)), "ValueError", "recvfrom"),
        (
            told(sock.recvfrom_into(&mut [0])),
            "ValueError",
            "recvfrom_into",
        ),
        (told(sock.sendto(b"x", nowhere)), "ValueError", "sendto"),
    ] {
        let text = "not allowed on instances of <class 'ssl.SSLSocket'>";
        assert_eq!(ours, format!("{class}: {method} {text}"));
    }
}
