//! Closing with `close_notify` within a time limit.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, is_bad_fd, plain_socket,
    server_options, tcp_pair, unwrap_without_waiting, waiting,
};
use crate::support::class;

/// A short time limit, for tests that wait until it has passed.
const SOON: Duration = Duration::from_millis(50);

fn assert_closed(end: &ssl::SslSocket) {
    assert_eq!(end.fileno(), -1);
    assert!(is_bad_fd(&end.recv(1).unwrap_err()));
    assert!(is_bad_fd(&end.close_within(PATIENCE).unwrap_err()));
}

#[test]
fn close_within_is_orderly_if_the_peer_answers() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            let answer = scope.spawn(|| {
                let end = server.recv(100).unwrap();
                server.unwrap().unwrap();
                end
            });
            assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Orderly);
            assert_eq!(answer.join().unwrap(), b"");
        });
        assert_closed(&client);
    }
}

#[test]
fn close_within_works_on_both_ends_at_once() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            let other = scope.spawn(|| server.close_within(PATIENCE).unwrap());
            assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Orderly);
            assert_eq!(other.join().unwrap(), ssl::Closed::Orderly);
        });
    }
}

#[test]
fn close_within_does_not_wait_after_the_peers_close_notify() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        unwrap_without_waiting(&server);
        // The peer's `close_notify` is there already, so even a time limit of zero is long enough.
        let closed = client.close_within(Duration::ZERO).unwrap();
        assert_eq!(closed, ssl::Closed::Orderly);
        server.unwrap().unwrap();
    }
}

#[test]
fn close_within_times_out_if_the_peer_never_answers() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for blocking in [true, false] {
            for timeout in [SOON, Duration::ZERO] {
                let Link { client, server } = Contexts::of(version).link();
                client.setblocking(blocking).unwrap();
                let began = Instant::now();
                let closed = client.close_within(timeout).unwrap();
                assert_eq!(closed, ssl::Closed::TimedOut);
                assert!(began.elapsed() >= timeout);
                assert_closed(&client);
                // `close_notify` was sent, and then the socket was closed.
                assert_eq!(server.recv(100).unwrap(), b"");
                let mut plain = server.detach().map(std::net::TcpStream::from).unwrap();
                assert_eq!(plain.read(&mut [0; 8]).unwrap(), 0);
            }
        }
    }
}

#[test]
fn close_within_is_ragged_if_the_peer_sends_no_close_notify() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        server.close();
        assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Ragged);
        assert_closed(&client);
        // A peer that closes with unread data resets the connection.
        let Link { client, server } = Contexts::of(version).link();
        client.send(b"never read").unwrap();
        server.close();
        assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Ragged);
    }
}

#[test]
fn close_within_discards_unread_data() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        for _ in 0..100 {
            server.send(&[b'x'; 1000]).unwrap();
        }
        // A part of the data has been read ahead by now.
        assert_eq!(client.recv(10).unwrap(), b"xxxxxxxxxx");
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(server.recv(1).unwrap(), b"");
                server.send(b"one more").unwrap();
                server.close_within(PATIENCE).unwrap()
            });
            assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Orderly);
        });
    }
}

#[test]
fn close_within_times_out_if_the_peer_never_stops_sending() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            // The sender ends when the client has closed.
            scope.spawn(|| while server.send(&[0; 100_000]).is_ok() {});
            assert_eq!(client.close_within(SOON).unwrap(), ssl::Closed::TimedOut);
        });
        assert_closed(&client);
    }
}

#[test]
fn close_within_times_out_if_the_peer_does_not_read() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link {
            client,
            server: _server,
        } = Contexts::of(version).link();
        thread::scope(|scope| {
            let writer = waiting(scope, || client.send(&vec![0; 64 << 20]).unwrap_err());
            assert_eq!(client.close_within(SOON).unwrap(), ssl::Closed::TimedOut);
            assert!(is_bad_fd(&writer.join().unwrap()));
        });
        // After an unfinished write, the library sends no `close_notify`, because it would be in the middle of a
        // record.
        let Link { client, server } = Contexts::of(version).link();
        client.setblocking(false).unwrap();
        let begun = client.send(&vec![0; 64 << 20]);
        assert_eq!(class(begun), "SSLWantWriteError");
        let error = client.close_within(SOON).unwrap_err();
        assert_eq!(error.reason(), Some("BAD_WRITE_RETRY"));
        assert_closed(&client);
        drop(server);
    }
}

#[test]
fn close_within_leaves_the_data_to_a_thread_that_receives() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            let reader = waiting(scope, || {
                let last = client.recv(100).unwrap();
                (last, client.recv(100).map_err(|e| e.python_class()))
            });
            scope.spawn(|| {
                assert_eq!(server.recv(1).unwrap(), b"");
                server.send(b"last words").unwrap();
                server.close_within(PATIENCE).unwrap()
            });
            assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Orderly);
            let (last, end) = reader.join().unwrap();
            assert_eq!(last, b"last words");
            // The reader's next call gets the end of the stream, or an error if the socket was closed first.
            let end = end.map_or_else(
                |class| class,
                |data| if data.is_empty() { "end" } else { "data" },
            );
            assert!(["end", "OSError", "ValueError"].contains(&end), "{end}");
        });
    }
}

/// The closing thread first calls a non-blocking `recv`, which fails while another thread waits for data.
#[test]
fn close_within_after_a_failed_recv_leaves_the_data_to_the_reader() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        let client = &client;
        thread::scope(|scope| {
            let (closes, closed) = std::sync::mpsc::channel();
            let reader = waiting(scope, move || {
                let first = client.recv(100).unwrap();
                // Wait until the second record is in the client's buffers.
                closed.recv().unwrap();
                (first, client.recv(100))
            });
            let closing = waiting(scope, || {
                client.setblocking(false).unwrap();
                assert_eq!(class(client.recv(100)), "SSLWantReadError");
                client.setblocking(true).unwrap();
                client.close_within(PATIENCE).unwrap()
            });
            server.send(b"first").unwrap();
            server.send(b"second").unwrap();
            let begin = Instant::now();
            while client.pending() == 0 {
                assert!(begin.elapsed() < PATIENCE, "the second record is lost");
                thread::yield_now();
            }
            closes.send(()).unwrap();
            let (first, second) = reader.join().unwrap();
            assert_eq!(first, b"first");
            assert_eq!(second.unwrap(), b"second");
            server.unwrap().unwrap();
            closing.join().unwrap();
        });
    }
}

#[test]
fn close_within_wakes_a_receiving_thread_at_the_time_out() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        thread::scope(|scope| {
            let reader = waiting(scope, || client.recv(100).unwrap_err());
            assert_eq!(client.close_within(SOON).unwrap(), ssl::Closed::TimedOut);
            assert!(is_bad_fd(&reader.join().unwrap()));
        });
        drop(server);
    }
}

#[test]
fn close_within_without_tls_closes_the_socket() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let unprotected = |sock: &ssl::SslSocket| {
        let closed = sock.close_within(PATIENCE).unwrap();
        assert_eq!(closed, ssl::Closed::Unprotected);
        assert_closed(sock);
    };
    // The next sockets have no TLS connection: they are not connected, listen, have not begun the handshake, have
    // failed in it, or have ended TLS with `unwrap`.
    let sock = contexts.client.wrap_socket(plain_socket(), "localhost");
    unprotected(&sock.unwrap());
    let listening = contexts
        .server
        .wrap_socket(plain_socket(), server_options());
    let listening = listening.unwrap();
    listening.bind(("127.0.0.1", 0)).unwrap();
    listening.listen(1).unwrap();
    unprotected(&listening);
    let (near, far) = tcp_pair();
    let early = client_options().do_handshake_on_connect(false);
    let sock = contexts.client.wrap_socket(near, early.clone()).unwrap();
    unprotected(&sock);
    drop(far);
    let (near, mut far) = tcp_pair();
    let sock = contexts.client.wrap_socket(near, early).unwrap();
    far.write_all(b"this is no TLS at all").unwrap();
    assert_eq!(class(sock.do_handshake()), "SSLError");
    unprotected(&sock);
    let link = contexts.link();
    link.unwrap();
    unprotected(&link.client);
}
