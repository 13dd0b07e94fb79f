//! All functions that send and receive.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::skipped;
use rustix::event::PollFlags;

use crate::link::{
    Contexts, Link, PATIENCE, Watchdog, client_options, pattern, plain_socket, readiness,
    recv_exactly, tcp_pair, unwrap_without_waiting, wait_until_done, waiter,
};
use crate::support::{class, told, unverified_client};

#[test]
fn every_form_of_send_and_recv_transfers_the_data() {
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
}

#[test]
fn send_and_recv_fail_on_an_unconnected_socket() {
    let sock = unverified_client().wrap_socket(plain_socket(), "localhost");
    let sock = sock.unwrap();
    let mut buffer = [0; 8];
    // On Windows, the system words the text.
    let not_connected = match cfg!(windows) {
        true => "OSError: [WinError 10057] ",
        false => "OSError: [Errno 107] Transport endpoint is not connected",
    };
    for ours in [
        told(sock.recv(1)),
        told(sock.recv_into(&mut buffer)),
        told(sock.recvfrom(1)),
        told(sock.recvfrom_into(&mut buffer)),
        told(sock.do_handshake()),
        told(sock.getpeercert()),
    ] {
        assert!(ours.starts_with(not_connected), "{ours}");
    }
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    // Wine reports a reset, where Windows reports that the socket is not connected.
    let broken: &[&str] = match cfg!(windows) {
        true => &[not_connected, "ConnectionResetError: [WinError 10054] "],
        false => &["BrokenPipeError: [Errno 32] Broken pipe"],
    };
    for ours in [told(sock.send(b"x")), told(sock.sendto(b"x", nowhere))] {
        let known = broken.iter().any(|text| ours.starts_with(text));
        assert!(known, "{ours}");
    }
    assert_eq!(class(sock.read(1)), "ValueError");
    assert_eq!((sock.version(), sock.pending()), (None, 0));
}

#[test]
fn reads_and_writes_of_zero_bytes_leave_the_data() {
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
fn a_non_blocking_send_fails_when_the_buffers_are_full() {
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

/// A server with an event loop: the handshake continues when the socket is readable, and pending data is
/// read before the loop waits again.
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
            wait_until_done(&sock, || sock.do_handshake());
            loop {
                assert!(sock.pending() > 0 || readiness(&sock, PollFlags::IN, PATIENCE));
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
        assert_eq!(recv_exactly(&client, 4), b"foo\n");
        client.shutdown(Shutdown::Write).unwrap();
        server.join().unwrap();
    });
}

/// The connection begins in clear text, continues with TLS, and ends in clear text.
#[test]
fn starttls_enters_and_leaves_tls() {
    use std::io::{Read, Write};
    let contexts = Contexts::new();
    let (mut near, mut far) = tcp_pair();
    let mut buffer = [0; 8];
    near.write_all(b"STARTTLS").unwrap();
    far.read_exact(&mut buffer).unwrap();
    far.write_all(b"ok begin").unwrap();
    near.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"ok begin");
    let link = contexts.wrap(near, far, "localhost".into());
    link.client.sendall(b"secret").unwrap();
    assert_eq!(link.server.recv(1024).unwrap(), b"secret");
    link.unwrap();
    let Link { client, server } = link;
    assert_eq!(client.version(), None);
    client.sendall(b"in clear").unwrap();
    assert_eq!(server.recv(1024).unwrap(), b"in clear");
    server.sendall(b"text").unwrap();
    assert_eq!(client.recv(1024).unwrap(), b"text");
}

/// Python's `makefile` returns a buffered reader or writer. The buffered types of Rust's standard library do the same.
#[test]
fn std_buffered_readers_and_writers_work_on_a_socket() {
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
            // Wait until the client has sent `close_notify`.
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
        // Without data, the error is the standard library's `WouldBlock`.
        let error = lines.fill_buf().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        // `close_notify` ends the peer's input. The peer can still send.
        unwrap_without_waiting(&client);
        said_goodbye.send(()).unwrap();
        client.settimeout(None).unwrap();
        let mut rest = [0; 27];
        lines.read_exact(&mut rest).unwrap();
        assert_eq!(rest, *b"the end, without a line end");
        // Both sides have closed. Python's error for that is inside the `io::Error`.
        let error = ssl::Error::from(lines.fill_buf().unwrap_err());
        assert_eq!(error.python_class(), "SSLZeroReturnError");
    });
}

/// A read needs `poll(2)` only if another thread can close the socket. With `&mut SslSocket` none can, so `recv` itself
/// waits.
// Not on Windows: its sockets are in non-blocking mode.
#[cfg(target_os = "linux")]
#[test]
fn read_on_an_exclusive_socket_waits_in_the_recv_call() {
    let _watchdog = Watchdog::new();
    for (reads_ahead, call) in [(false, libc::SYS_recvfrom), (true, libc::SYS_recvmsg)] {
        let options = client_options().read_ahead(reads_ahead);
        let Link { mut client, server } = Contexts::new().link_with(options);
        let read = |client: &mut ssl::SslSocket| {
            let mut buffer = [0; 8];
            let n = Read::read(client, &mut buffer).unwrap();
            buffer[..n].to_vec()
        };
        // Read the session tickets of TLS 1.3 first.
        server.send(b"first").unwrap();
        assert_eq!(client.recv(5).unwrap(), b"first");
        let waits_in = |client: &mut ssl::SslSocket| {
            let (here, waiter) = waiter();
            let call = thread::scope(|scope| {
                let reader = scope.spawn(|| {
                    here.tell();
                    read(client)
                });
                let call = waiter.until_it_waits();
                server.send(b"now").unwrap();
                server.send(b"later").unwrap();
                assert_eq!(reader.join().unwrap(), b"now");
                call
            });
            assert_eq!(read(client), b"later");
            call
        };
        let Some(found) = waits_in(&mut client) else {
            skipped("this kernel does not tell in which call a thread waits");
            return;
        };
        assert_eq!(found, call);
        client.settimeout(PATIENCE).unwrap();
        assert_ne!(waits_in(&mut client), Some(call));
        client.settimeout(None).unwrap();
        // If a program makes the socket non-blocking through another descriptor, a read still waits, with `poll`.
        let shared = socket2::SockRef::from(&client);
        shared.set_nonblocking(true).unwrap();
        assert_ne!(waits_in(&mut client), Some(call));
    }
}

// Not on Windows: its sockets are in non-blocking mode.
#[cfg(target_os = "linux")]
#[test]
fn write_through_a_mutable_reference_blocks_in_send_and_not_in_poll() {
    const LENGTH: usize = 32 * 1024 * 1024;
    let _watchdog = Watchdog::new();
    let Link { mut client, server } = Contexts::new().link();
    let data = pattern(1, LENGTH);
    let mut writes = |timeout: Option<Duration>| {
        client.settimeout(timeout).unwrap();
        let (here, waiter) = waiter();
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                here.tell();
                client.write_all(&data).unwrap();
            });
            let call = waiter.until_it_waits();
            assert!(recv_exactly(&server, LENGTH) == data);
            writer.join().unwrap();
            call
        })
    };
    let Some(call) = writes(None) else {
        pyssl_testing::skipped("this kernel does not tell in which call a thread waits");
        return;
    };
    assert_eq!(call, libc::SYS_sendto);
    assert_ne!(writes(Some(PATIENCE)), Some(call));
}
