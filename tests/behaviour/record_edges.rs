//! Unusual sockets and peers, and records that arrive in unusual pieces.

use std::io::Write;
use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer, Proxy, Scripted, errno, local_pair};

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, Watchdog, client_options, pattern, readable, recv_exactly,
    server_options, tcp_pair, unwrap_without_waiting,
};
use crate::support::{class, client_context, outcome, told};

fn echo(Link { client, server }: &Link) {
    let data = pattern(23, 100_000);
    thread::scope(|scope| {
        scope.spawn(|| {
            let all = recv_exactly(server, data.len());
            server.sendall(&all).unwrap();
        });
        client.sendall(&data).unwrap();
        assert!(recv_exactly(client, data.len()) == data);
    });
}

fn unconnected(domain: socket2::Domain) -> socket2::Socket {
    socket2::Socket::new(domain, socket2::Type::STREAM, None).unwrap()
}

#[test]
fn connected_sockets_of_every_family_can_be_wrapped() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    echo(&contexts.link());

    let (near, far) = local_pair();
    echo(&contexts.wrap(near, far, client_options()));

    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, peer) = listener.accept().unwrap();
    let link = contexts.wrap(near, far, client_options());
    echo(&link);
    assert_eq!(link.server.getpeername().unwrap().port(), Some(peer.port()));
}

#[test]
fn sockets_can_be_wrapped_before_they_are_connected() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let serve = |listener: ssl::SslSocket| {
        let (conn, _) = listener.accept().unwrap();
        let data = conn.recv(100).unwrap();
        conn.sendall(&data).unwrap();
        conn.recv(1).unwrap_err().python_class()
    };
    let visit = |client: &ssl::SslSocket| {
        client.sendall(b"wrapped first").unwrap();
        assert_eq!(client.recv(100).unwrap(), b"wrapped first");
        client.close();
    };
    for (domain, host) in [
        (socket2::Domain::IPV4, "127.0.0.1"),
        (socket2::Domain::IPV6, "::1"),
    ] {
        let wrap = |options| contexts.server.wrap_socket(unconnected(domain), options);
        let listener = wrap(server_options()).unwrap();
        listener.bind((host, 0)).unwrap();
        listener.listen(1).unwrap();
        let port = listener.getsockname().unwrap().port().unwrap();
        thread::scope(|scope| {
            let server = scope.spawn(|| serve(listener));
            let options = client_options();
            let client = contexts.client.wrap_socket(unconnected(domain), options);
            let client = client.unwrap();
            client.connect((host, port)).unwrap();
            visit(&client);
            assert_eq!(server.join().unwrap(), "SSLEOFError");
        });
    }

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    #[cfg(unix)]
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    #[cfg(windows)]
    let Some(listener) = pyssl_testing::platform::unix_listener(&path) else {
        return;
    };
    let listener = contexts.server.wrap_socket(listener, server_options());
    let listener = listener.unwrap();
    thread::scope(|scope| {
        let server = scope.spawn(|| serve(listener));
        let socket = unconnected(socket2::Domain::UNIX);
        let client = contexts.client.wrap_socket(socket, client_options());
        let client = client.unwrap();
        client.connect(&*path).unwrap();
        visit(&client);
        assert_eq!(server.join().unwrap(), "SSLEOFError");
    });
}

#[test]
fn only_stream_sockets_can_be_wrapped() {
    let contexts = Contexts::new();
    let udp = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let datagrams = pyssl_testing::platform::OwnedDescriptor::from(udp.try_clone().unwrap());
    let text = "NotImplementedError: only stream sockets are supported";
    assert_eq!(told(contexts.client.wrap_socket(udp, "localhost")), text);
    assert_eq!(
        told(contexts.client.wrap_socket(datagrams, "localhost")),
        text
    );
}

/// A connection on which the client has sent data and a reset before the server wraps it
/// (CVE-2023-40217).
fn reset_with_data() -> TcpStream {
    let (mut near, far) = tcp_pair();
    near.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    socket2::SockRef::from(&near)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(near);
    while far.peer_addr().is_ok() {
        thread::yield_now();
    }
    far
}

// Not on Windows: a reset does not change the address of the peer, for which the test waits.
#[cfg(unix)]
#[test]
fn plaintext_received_before_the_handshake_is_never_returned() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    for handshake in [true, false] {
        for (context, options) in [
            (&contexts.server, server_options()),
            (&contexts.client, client_options()),
        ] {
            let options = options.do_handshake_on_connect(handshake);
            let error = context.wrap_socket(reset_with_data(), options).unwrap_err();
            assert_eq!(
                (error.library(), error.errno()),
                (None, Some(errno::ENOTCONN))
            );
            let text = "SSLError: Closed before TLS handshake with data in recv buffer.";
            assert_eq!(told::<()>(Err(error)), text);
        }
    }
    // Without the reset, the handshake begins, and fails because the client's data is not TLS.
    let (mut near, far) = tcp_pair();
    near.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let refused = contexts.server.wrap_socket(far, server_options());
    assert_eq!(outcome(&refused), "SSLError:HTTP_REQUEST");
}

fn connect_to(peer: &Scripted) -> ssl::Error {
    let client = Contexts::new().client;
    let socket = TcpStream::connect(peer.addr()).unwrap();
    client.wrap_socket(socket, client_options()).unwrap_err()
}

#[test]
fn peers_that_close_before_or_during_the_handshake_give_different_errors() {
    let _watchdog = Watchdog::new();
    let error = connect_to(&Scripted::closes_at_once());
    assert!(
        ["SSLEOFError", "ConnectionResetError"].contains(&error.python_class()),
        "{error:?}"
    );
    let error = connect_to(&Scripted::closes_after(10));
    assert_eq!(error.python_class(), "SSLEOFError");
    assert_eq!(error.reason(), Some("UNEXPECTED_EOF_WHILE_READING"));
    let error = connect_to(&Scripted::resets_after(10));
    assert_eq!(error.python_class(), "ConnectionResetError");
    let error = connect_to(&Scripted::speaks_http());
    assert_eq!(error.reason(), Some("WRONG_VERSION_NUMBER"));
    // The server sends a part of a record and then ends the connection.
    let error = connect_to(&Scripted::sends_after(10, &[22, 3, 3, 1, 0, 2, 0]));
    assert_eq!(error.python_class(), "SSLEOFError");
}

#[test]
fn a_connection_cut_inside_a_record_is_an_error() {
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let proxy = Proxy::passes(server.addr());
    let socket = TcpStream::connect(proxy.addr()).unwrap();
    let client = client_context(&ca).wrap_socket(socket, client_options());
    let client = client.unwrap();
    client.sendall(b"whole").unwrap();
    assert_eq!(client.recv(100).unwrap(), b"whole");
    proxy.cut_next_record();
    client.sendall(b"to be cut in half").unwrap();
    assert_eq!(class(client.recv(100)), "SSLEOFError");
}

/// A client's ClientHello.
fn hello(contexts: &Contexts) -> Vec<u8> {
    let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let client = contexts.client.wrap_bio(&incoming, &outgoing, "localhost");
    assert_eq!(class(client.unwrap().do_handshake()), "SSLWantReadError");
    outgoing.read(None)
}

#[test]
fn close_notify_during_a_handshake_ends_it() {
    let close_notify = [21, 3, 3, 0, 2, 1, 0];
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        for (side, ready) in [("client", true), ("server", false), ("server", true)] {
            let bio = ssl::MemoryBio::new;
            let (incoming, outgoing) = (bio(), bio());
            let (context, options) = match side {
                "client" => (&contexts.client, "localhost".into()),
                _ => (&contexts.server, ssl::WrapBio::new().server_side(true)),
            };
            let object = context.wrap_bio(&incoming, &outgoing, options).unwrap();
            if side == "server" && ready {
                incoming.write(&hello(&contexts)).unwrap();
            }
            assert_eq!(class(object.do_handshake()), "SSLWantReadError");
            incoming.write(&close_notify).unwrap();
            let end = class(object.do_handshake());
            let ends: &[_] = match (side, ready) {
                ("client", _) => &["SSLZeroReturnError"],
                // A server accepts no alert before the ClientHello.
                (_, false) => &["SSLError"],
                // A server that has sent its TLS 1.3 flight expects encrypted records, and some releases of OpenSSL
                // reject any other.
                _ => &["SSLZeroReturnError", "SSLError"],
            };
            assert!(ends.contains(&end), "{version:?} {side}: {end}");
            // Further calls fail too. As in Python, a read after `close_notify` reports a clean end.
            assert_ne!(class(object.do_handshake()), "ok");
            let read = if end == "SSLError" {
                "SSLEOFError"
            } else {
                "ok"
            };
            assert_eq!(class(object.read(1)), read, "{version:?} {side}");
        }
    }
}

/// Passes the bytes of a handshake one at a time, in both directions.
#[test]
fn a_handshake_succeeds_when_the_bytes_arrive_singly() {
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        let bio = ssl::MemoryBio::new;
        let (to_client, to_server, from_client, from_server) = (bio(), bio(), bio(), bio());
        let client = contexts
            .client
            .wrap_bio(&to_client, &from_client, "localhost")
            .unwrap();
        let options = ssl::WrapBio::new().server_side(true);
        let server = contexts
            .server
            .wrap_bio(&to_server, &from_server, options)
            .unwrap();
        let step = |object: &ssl::SslObject| match object.do_handshake() {
            Ok(()) => true,
            Err(ssl::Error::WantRead(_)) => false,
            Err(other) => panic!("{other:?}"),
        };
        let mut done = (false, false);
        while done != (true, true) {
            done.0 |= step(&client);
            for byte in from_client.read(None) {
                to_server.write(&[byte]).unwrap();
                done.1 |= step(&server);
            }
            for byte in from_server.read(None) {
                to_client.write(&[byte]).unwrap();
                done.0 |= step(&client);
            }
        }
        server.write(b"done").unwrap();
        to_client.write(&from_server.read(None)).unwrap();
        assert_eq!(client.read(10).unwrap(), b"done");
    }
}

#[test]
fn a_client_hello_in_records_of_one_byte_is_accepted() {
    let contexts = Contexts::new();
    let (to_server, from_server) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    let options = ssl::WrapBio::new().server_side(true);
    let server = contexts.server.wrap_bio(&to_server, &from_server, options);
    let server = server.unwrap();
    for byte in &hello(&contexts)[5..] {
        assert!(from_server.pending() == 0);
        to_server.write(&[22, 3, 1, 0, 1, *byte]).unwrap();
        assert_eq!(class(server.do_handshake()), "SSLWantReadError");
    }
    assert!(from_server.pending() > 0);
}

#[test]
fn endless_garbage_fails_the_handshake() {
    let _watchdog = Watchdog::new();
    let endless = |unit: &'static [u8]| {
        Scripted::follows(move |mut socket| while socket.write_all(unit).is_ok() {})
    };
    for (unit, reason) in [
        (&b"nonsense"[..], "WRONG_VERSION_NUMBER"),
        // The peer sends too many warnings, or empty handshake records.
        (&[21, 3, 3, 0, 2, 1, 90][..], "TOO_MANY_WARN_ALERTS"),
        (&[22, 3, 3, 0, 0][..], ""),
        // The peer sends a message whose length is greater than the maximum.
        (&[22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff][..], ""),
    ] {
        let error = connect_to(&endless(unit));
        assert_eq!(error.python_class(), "SSLError", "{error:?}");
        assert!(
            reason.is_empty() || error.reason() == Some(reason),
            "{error:?}"
        );
    }
}

#[test]
fn a_peer_that_sends_endlessly_uses_no_memory_and_does_not_delay_unwrap() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            scope.spawn(|| while server.send(&[0; 16 * 1024]).is_ok() {});
            for _ in 0..50 {
                client.recv(10).unwrap();
                assert!(client.pending() <= 16 * 1024);
            }
            let in_the_way = "SSLError:APPLICATION_DATA_AFTER_CLOSE_NOTIFY";
            assert_eq!(outcome(&client.unwrap()), in_the_way);
            client.close();
        });
    }
}

/// Whether a program that calls `pending`, and `poll` if that returns 0, would read now.
fn would_read(socket: &ssl::SslSocket) -> bool {
    socket.pending() > 0 || readable(socket)
}

/// When everything that the peer has sent has arrived, a program that calls `pending` and then `poll` must not wait
/// before it has read all bytes and the end.
#[test]
fn polling_only_if_pending_is_zero_misses_no_data() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let contexts = Contexts::of(version);
        for round in 0..60 {
            let options = client_options().read_ahead(round % 4 < 2);
            let (Link { client, server }, _) = contexts.local_link(options);
            let mut random = pattern(round + 1000, 64).into_iter().map(usize::from);
            let mut sent = Vec::new();
            let mut seen = Vec::new();
            for burst in 0..4 {
                for _ in 0..random.next().unwrap() % 6 {
                    let size = random.next().unwrap() * random.next().unwrap() % 20_000 + 1;
                    let data = pattern(round * 7 + burst, size);
                    server.sendall(&data).unwrap();
                    sent.extend(data);
                }
                let mut limit = random.next().unwrap() * 70 % 16_384 + 1;
                while would_read(&client) {
                    // The client may have received only session tickets, and no data.
                    client.setblocking(false).unwrap();
                    match client.recv(limit) {
                        Ok(data) => {
                            assert!(!data.is_empty());
                            seen.extend(data);
                        }
                        Err(ssl::Error::WantRead(_)) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                    client.setblocking(round % 2 == 0).unwrap();
                    limit = limit * 31 % 16_384 + 1;
                }
                assert!(seen == sent, "{} of {} bytes", seen.len(), sent.len());
            }
            // In some rounds, the end comes directly after data.
            if round % 3 == 0 {
                server.sendall(b"last").unwrap();
            }
            unwrap_without_waiting(&server);
            client.setblocking(true).unwrap();
            let mut ended = false;
            while would_read(&client) && !ended {
                ended = client.recv(100).unwrap().is_empty();
            }
            assert!(ended, "{version:?}, round {round}: the end is not seen");
            // After the end was reported, `pending` is 0, so a loop on `pending` ends.
            assert_eq!(client.pending(), 0);
        }
    }
}

/// The usual loop of a server in Python programs.
#[test]
fn an_event_loop_on_pending_and_poll_serves_several_clients() {
    use rustix::event::{PollFd, PollFlags, poll};

    const CLIENTS: usize = 4;
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let links: Vec<Link> = (0..CLIENTS).map(|_| contexts.link()).collect();
    thread::scope(|scope| {
        for (i, Link { client, .. }) in links.iter().enumerate() {
            scope.spawn(move || {
                for (round, seed) in (1..=30).enumerate() {
                    let data = pattern(seed, 1 + (round * 977 + i) % 30_000);
                    client.sendall(&data).unwrap();
                    assert!(recv_exactly(client, data.len()) == data);
                }
                unwrap_without_waiting(client);
            });
        }
        let mut open: Vec<&ssl::SslSocket> = links.iter().map(|link| &link.server).collect();
        while !open.is_empty() {
            if open.iter().all(|server| server.pending() == 0) {
                let mut fds: Vec<_> = open
                    .iter()
                    .map(|server| PollFd::new(*server, PollFlags::IN))
                    .collect();
                poll(&mut fds, None).unwrap();
            }
            open.retain(|server| {
                if !would_read(server) {
                    return true;
                }
                let data = server.recv(4096).unwrap();
                server.sendall(&data).unwrap_or_default();
                !data.is_empty()
            });
        }
    });
}

#[test]
fn pending_does_not_advance_a_handshake() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    contexts
        .server
        .set_sni_callback(|_| panic!("not now"))
        .unwrap();
    let (near, far) = local_pair();
    let options = || server_options().do_handshake_on_connect(false);
    let server = contexts.server.wrap_socket(far, options()).unwrap();
    let client = client_options().do_handshake_on_connect(false);
    let client = contexts.client.wrap_socket(near, client).unwrap();
    client.setblocking(false).unwrap();
    assert_eq!(class(client.do_handshake()), "SSLWantReadError");
    assert_eq!(server.pending(), 0);
    assert!(readable(&server));
    contexts.server.clear_sni_callback().unwrap();
}

#[test]
fn an_error_found_by_pending_is_returned_by_the_next_read() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let options = client_options().read_ahead(true);
        let (Link { client, server }, mut raw) = Contexts::of(version).local_link(options);
        server.send(b"good").unwrap();
        raw.write_all(&[23, 3, 3, 0, 32]).unwrap();
        raw.write_all(&[0; 32]).unwrap();
        assert_eq!(client.recv(100).unwrap(), b"good");
        for _ in 0..3 {
            assert_eq!(client.pending(), 1);
        }
        let met = outcome(&client.recv(100));
        // From 3.2 on, OpenSSL adds an error after the one about the bad record, and the last error gives the reason.
        let reason = if *ssl::OPENSSL_VERSION_INFO >= (3, 2, 0, 0, 0) {
            "RECORD_LAYER_FAILURE"
        } else {
            "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"
        };
        assert_eq!(met, format!("SSLError:{reason}"));
        assert_eq!(client.pending(), 0);
        assert_eq!(class(client.recv(100)), "SSLEOFError");
    }
}

#[test]
fn objects_accept_records_in_pieces_of_any_size() {
    for version in BOTH_VERSIONS {
        let pair = Contexts::of(version).connected();
        let data = pattern(31, 40_000);
        assert_eq!(pair.client.write(&data).unwrap(), data.len());
        pair.pump();
        let mut all = Vec::new();
        let mut limit = 1;
        while all.len() < data.len() {
            let piece = pair.server.read(limit).unwrap();
            assert!(piece.len() <= limit && piece.len() <= 16 * 1024);
            all.extend(piece);
            limit = limit * 5 % 30_000 + 1;
        }
        assert!(all == data);
        assert_eq!(pair.server.pending(), 0);
        assert_eq!(class(pair.server.read(1)), "SSLWantReadError");
    }
}
