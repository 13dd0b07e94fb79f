//! Sending and receiving in every form.

use std::net::Shutdown;

use pyssl as ssl;
use rustix::event::PollFlags;
use socket2::{Domain, Socket, Type};

use crate::link::{Contexts, Link, PATIENCE, readiness, tcp_pair};
use crate::support::unverified_client;

fn class<T: std::fmt::Debug>(result: ssl::Result<T>) -> &'static str {
    result.unwrap_err().python_class()
}

#[test]
fn every_form_of_send_and_recv_carries_the_same() {
    let Link { client, server } = Contexts::new().link();
    let data = b"the same in every form";
    let received = || server.recv(1024).unwrap();
    assert_eq!(client.send(data).unwrap(), data.len());
    assert_eq!(received(), data);
    client.sendall(data).unwrap();
    assert_eq!(received(), data);
    assert_eq!(client.write(data).unwrap(), data.len());
    assert_eq!(server.read(1024).unwrap(), data);
    client.sendall(data).unwrap();
    let mut buffer = [0; 64];
    assert_eq!(server.recv_into(&mut buffer).unwrap(), data.len());
    assert_eq!(&buffer[..data.len()], data);
    client.sendall(data).unwrap();
    assert_eq!(server.read(&mut buffer[..3]).unwrap(), 3);
    assert_eq!(server.pending(), data.len() - 3);
    assert_eq!(received(), &data[3..]);

    // What only datagrams have.
    let address = server.getsockname().unwrap().as_inet().unwrap();
    for error in [
        client.sendto(data, address).unwrap_err(),
        client.recvfrom(1).unwrap_err(),
        client.recvfrom_into(&mut buffer).unwrap_err(),
    ] {
        assert_eq!(error.python_class(), "ValueError");
        assert!(error.to_string().contains("not allowed on instances of"));
    }
    assert_eq!(class(client.sendmsg(&[data])), "NotImplementedError");
    assert_eq!(class(client.recvmsg(1)), "NotImplementedError");
    assert_eq!(class(client.recvmsg_into(&mut [])), "NotImplementedError");
    assert_eq!(class(client.dup()), "NotImplementedError");
}

#[test]
fn an_unconnected_socket_carries_nothing() {
    let plain = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let sock = unverified_client().wrap_socket(plain, "localhost").unwrap();
    let mut buffer = [0; 8];
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    for error in [
        sock.recv(1).unwrap_err(),
        sock.recv_into(&mut buffer).unwrap_err(),
        sock.recvfrom(1).unwrap_err(),
        sock.recvfrom_into(&mut buffer).unwrap_err(),
        sock.send(b"x").unwrap_err(),
        sock.sendto(b"x", address).unwrap_err(),
        sock.do_handshake().unwrap_err(),
        sock.getpeercert().unwrap_err(),
    ] {
        assert!(error.errno().is_some_and(|number| number > 0), "{error:?}");
    }
    assert_eq!(
        sock.do_handshake().unwrap_err().errno(),
        Some(libc::ENOTCONN)
    );
    assert_eq!(
        sock.getpeercert().unwrap_err().errno(),
        Some(libc::ENOTCONN)
    );
    assert_eq!(class(sock.dup()), "NotImplementedError");
}

#[test]
fn nothing_asked_for_is_nothing_and_leaves_the_data() {
    let Link { client, server } = Contexts::new().link();
    assert_eq!(client.send(b"").unwrap(), 0);
    client.sendall(b"data").unwrap();
    assert_eq!(server.recv(0).unwrap(), b"");
    assert_eq!(server.read(0).unwrap(), b"");
    assert_eq!(server.recv_into(&mut []).unwrap(), 0);
    assert_eq!(server.recv(1024).unwrap(), b"data");
    server.setblocking(false).unwrap();
    assert_eq!(server.recv(0).unwrap(), b"");
    assert_eq!(server.recv_into(&mut []).unwrap(), 0);
    assert_eq!(class(server.recv(1)), "SSLWantReadError");
}

#[test]
fn a_socket_that_does_not_block_is_full_at_last() {
    let Link { client, server } = Contexts::new().link();
    client.setblocking(false).unwrap();
    let block = [b'x'; 8192];
    let error = (0..100_000)
        .find_map(|_| client.send(&block).err())
        .expect("the buffers are not endless");
    assert!(
        ["SSLWantWriteError", "SSLWantReadError"].contains(&error.python_class()),
        "{error:?}"
    );
    drop(server);
}

/// A server without a thread of its own for each client: the handshake goes on when there is
/// something to read, and what is pending is read before it waits again.
#[test]
fn an_event_loop_serves_a_client() {
    let contexts = Contexts::new();
    let (near, far) = tcp_pair();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let options = ssl::WrapSocket::new()
                .server_side(true)
                .do_handshake_on_connect(false);
            let sock = contexts.server.wrap_socket(far, options).unwrap();
            sock.setblocking(false).unwrap();
            while let Err(error) = sock.do_handshake() {
                assert!(matches!(error, ssl::Error::WantRead(_)), "{error}");
                assert!(readiness(&sock, PollFlags::IN, 60_000));
            }
            loop {
                assert!(sock.pending() > 0 || readiness(&sock, PollFlags::IN, 60_000));
                match sock.recv(2) {
                    Ok(data) if data.is_empty() => return,
                    Ok(data) => sock.sendall(&data.to_ascii_lowercase()).unwrap(),
                    Err(ssl::Error::WantRead(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
        let client = contexts.client.wrap_socket(near, "localhost").unwrap();
        client.settimeout(Some(PATIENCE)).unwrap();
        client.sendall(b"FOO\n").unwrap();
        let mut answer = Vec::new();
        while answer.len() < 4 {
            answer.extend(client.recv(1024).unwrap());
        }
        assert_eq!(answer, b"foo\n");
        client.shutdown(Shutdown::Write).unwrap();
        server.join().unwrap();
    });
}

/// In clear text, then with TLS, then in clear text again.
#[test]
fn starttls_leads_into_tls_and_out_again() {
    use std::io::{Read, Write};
    let contexts = Contexts::new();
    let (mut near, mut far) = tcp_pair();
    let mut buffer = [0; 8];
    near.write_all(b"STARTTLS").unwrap();
    far.read_exact(&mut buffer).unwrap();
    far.write_all(b"ok begin").unwrap();
    near.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"ok begin");
    let Link { client, server } = contexts.wrap(near, far, "localhost".into());
    client.sendall(b"secret").unwrap();
    assert_eq!(server.recv(1024).unwrap(), b"secret");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert_eq!(server.recv(1024).unwrap(), b"");
            server.unwrap().unwrap();
        });
        client.unwrap().unwrap();
        other.join().unwrap();
    });
    assert_eq!(client.version(), None);
    client.sendall(b"in clear").unwrap();
    assert_eq!(server.recv(1024).unwrap(), b"in clear");
    server.sendall(b"text").unwrap();
    assert_eq!(client.recv(1024).unwrap(), b"text");
}

/// Python's `makefile`: reader and writer of one socket, in two threads if need be.
#[test]
fn buffered_readers_and_writers_are_the_standard_librarys() {
    use std::io::{BufRead, BufReader, BufWriter, LineWriter, Read, Write};

    let Link { client, server } = Contexts::new().link();
    let (said_goodbye, goodbye) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let server = &server;
        scope.spawn(move || {
            let mut out = LineWriter::new(server);
            for line in BufReader::new(server).lines() {
                writeln!(out, "{}!", line.unwrap()).unwrap();
            }
            // Not in the way of the other end's goodbye.
            goodbye.recv().unwrap();
            out.write_all(b"the end, without a line end").unwrap();
            out.flush().unwrap();
            server.unwrap().unwrap();
        });
        let mut out = BufWriter::new(&client);
        for line in 0..1000 {
            writeln!(out, "line {line}").unwrap();
        }
        out.flush().unwrap();
        let mut lines = BufReader::new(&client);
        let mut text = String::new();
        for line in 0..1000 {
            text.clear();
            lines.read_line(&mut text).unwrap();
            assert_eq!(text, format!("line {line}!\n"));
        }
        drop(out);
        client.settimeout(Some(std::time::Duration::ZERO)).unwrap();
        // Nothing more to come yet: the standard library's error for it.
        let error = lines.fill_buf().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        // A goodbye ends the peer's lines, and does not wait for its own.
        assert_eq!(class(client.unwrap()), "SSLWantReadError");
        said_goodbye.send(()).unwrap();
        client.settimeout(None).unwrap();
        let mut rest = [0; 27];
        lines.read_exact(&mut rest).unwrap();
        assert_eq!(rest, *b"the end, without a line end");
        // Both have closed, and Python's error for that comes through as it is.
        let error = ssl::Error::from(lines.fill_buf().unwrap_err());
        assert_eq!(error.python_class(), "SSLZeroReturnError");
    });
}
