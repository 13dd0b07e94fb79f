//! `send_close_notify`: one side ends its sending direction, and continues to receive.

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{LocalStream, local_pair};
use rustix::event::PollFlags;

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, pattern, readiness,
    server_options, tcp_pair, unwrap_without_waiting, waiting,
};
use crate::support::{class, outcome, told};

const REFUSED: &str = "SSLError: [SSL: PROTOCOL_IS_SHUTDOWN] protocol is shutdown";

/// Receives all data up to the end.
fn recv_all(end: &ssl::SslSocket) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match end.recv(16 * 1024).unwrap() {
            data if data.is_empty() => return all,
            data => all.extend(data),
        }
    }
}

#[test]
fn data_of_the_peer_is_received_after_a_half_close() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        let answer = pattern(3, 3_000_000);
        // The client has unread data when it ends its direction.
        server.send(b"unread ").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(recv_all(&server), b"question");
                server.sendall(&answer).unwrap();
                server.send_close_notify().unwrap();
                assert_eq!(recv_all(&server), b"");
            });
            client.send(b"question").unwrap();
            for _ in 0..3 {
                client.send_close_notify().unwrap();
                assert_eq!(told(client.send(b"x")), REFUSED);
            }
            let all = recv_all(&client);
            assert!(all.strip_prefix(b"unread ") == Some(&answer));
            // Later reads return a clean end too.
            assert_eq!(client.recv(1).unwrap(), b"");
            assert_eq!(client.recv_into(&mut [0]).unwrap(), 0);
            client.send_close_notify().unwrap();
            assert_eq!(told(client.send(b"x")), REFUSED);
        });
        client.unwrap().unwrap();
        server.unwrap().unwrap();
        client.send(b"in the clear").unwrap();
        assert_eq!(server.recv(100).unwrap(), b"in the clear");
    }
}

#[test]
fn an_object_can_half_close() {
    for version in BOTH_VERSIONS {
        let pair = Contexts::of(version).connected();
        pair.server.write(b"unread").unwrap();
        pair.pump();
        for _ in 0..2 {
            pair.client.send_close_notify().unwrap();
        }
        assert_eq!(
            outcome(&pair.client.write(b"x")),
            "SSLError:PROTOCOL_IS_SHUTDOWN"
        );
        pair.pump();
        assert_eq!(pair.server.read(10).unwrap(), b"");
        pair.server.write(b" and more").unwrap();
        pair.server.send_close_notify().unwrap();
        pair.pump();
        assert_eq!(pair.client.read(100).unwrap(), b"unread");
        assert_eq!(pair.client.read(100).unwrap(), b" and more");
        for _ in 0..2 {
            assert_eq!(pair.client.read(100).unwrap(), b"");
            assert_eq!(pair.server.read(100).unwrap(), b"");
        }
        pair.client.unwrap().unwrap();
        pair.server.unwrap().unwrap();
    }
}

#[test]
fn a_half_close_without_a_connection_is_an_error() {
    let contexts = Contexts::new();
    let (near, _far) = tcp_pair();
    let options = client_options().do_handshake_on_connect(false);
    let client = contexts.client.wrap_socket(near, options).unwrap();
    for early in [
        client.send_close_notify(),
        contexts.pair().client.send_close_notify(),
    ] {
        assert_eq!(outcome(&early), "SSLError:SHUTDOWN_WHILE_IN_INIT");
    }
    client.close();
    assert_eq!(class(client.send_close_notify()), "ValueError");
}

#[test]
fn a_missing_close_notify_is_still_reported_after_a_half_close() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        client.send_close_notify().unwrap();
        assert_eq!(server.recv(1).unwrap(), b"");
        server.send(b"cut").unwrap();
        server.close();
        assert_eq!(client.recv(100).unwrap(), b"cut");
        assert_eq!(class(client.recv(100)), "SSLEOFError");
    }
}

/// A connection whose client has no room in its send buffer, although all of its TLS data was sent: the
/// buffer was filled through a duplicate of the descriptor.
struct Full {
    link: Link,
    /// A duplicate of the server's descriptor.
    far: LocalStream,
    filler: usize,
}

impl Full {
    fn new(version: ssl::TlsVersion) -> Full {
        let (near, far) = local_pair();
        let (mut plain, raw) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        let link = Contexts::of(version).wrap_with(near, far, client_options(), server_options());
        // The client reads the tickets with this byte. Closing with unread data could send a reset.
        link.server.send(b"x").unwrap();
        assert_eq!(link.client.recv(1).unwrap(), b"x");
        link.client.setblocking(false).unwrap();
        let mut filler = 0;
        for size in [4096, 1] {
            loop {
                match plain.write(&vec![b'f'; size]) {
                    Ok(n) => filler += n,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::WouldBlock);
                        break;
                    }
                }
            }
        }
        Full {
            link,
            far: raw,
            filler,
        }
    }

    /// Reads the bytes that fill the client's send buffer, so that the client can send again.
    fn drain(&mut self) {
        let filler = read_all(&mut self.far, self.filler);
        assert!(filler.iter().all(|&byte| byte == b'f'));
    }
}

/// Reads this many bytes from a duplicate of a socket. On Windows, the duplicate is also in non-blocking mode, so a
/// read may fail with `WouldBlock`.
fn read_all(far: &mut LocalStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match far.read(&mut bytes[filled..]) {
            Ok(0) => panic!("the stream ended after {filled} of {length} bytes"),
            Ok(n) => filled += n,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                thread::yield_now();
            }
        }
    }
    bytes
}

#[test]
fn close_notify_is_sent_later_if_the_send_buffer_is_full() {
    type End = fn(&ssl::SslSocket) -> ssl::Result<()>;
    let half: End = ssl::SslSocket::send_close_notify;
    let whole: End = ssl::SslSocket::unwrap;
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for timeout in [Duration::ZERO, Duration::from_millis(1)] {
            for (before, after) in [(half, half), (half, whole), (whole, half), (whole, whole)] {
                let mut full = Full::new(version);
                let client = &full.link.client;
                client.settimeout(Some(timeout)).unwrap();
                let late = match timeout.is_zero() {
                    true => "SSLWantWriteError",
                    false => "TimeoutError",
                };
                for _ in 0..2 {
                    assert_eq!(class(before(client)), late);
                    assert_eq!(class(after(client)), late);
                    // The client can still read.
                    full.link.server.send(b"x").unwrap();
                    assert_eq!(client.recv(1).unwrap(), b"x");
                    assert_eq!(told(client.send(b"x")), REFUSED);
                }
                full.drain();
                let Link { client, server } = &full.link;
                let sent = class(after(client));
                assert!(
                    ["ok", "SSLWantReadError", "TimeoutError"].contains(&sent),
                    "{sent}"
                );
                assert_eq!(server.recv(1).unwrap(), b"");
                server.unwrap().unwrap();
                client.unwrap().unwrap();
            }
        }
    }
}

#[test]
fn close_within_waits_until_close_notify_can_be_sent() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        // The test runs once without and once with an earlier `unwrap` that failed.
        for tried in [false, true] {
            let mut full = Full::new(version);
            if tried {
                assert_eq!(class(full.link.client.unwrap()), "SSLWantWriteError");
            }
            thread::scope(|scope| {
                let Full { link, far, filler } = &mut full;
                let Link { client, server } = &*link;
                let closing = waiting(scope, || client.close_within(PATIENCE).unwrap());
                read_all(far, *filler);
                assert_eq!(server.recv(1).unwrap(), b"");
                server.send_close_notify().unwrap();
                assert_eq!(closing.join().unwrap(), ssl::Closed::Orderly);
            });
        }
    }
}

#[test]
fn close_within_times_out_if_close_notify_cannot_be_sent() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for timeout in [Duration::ZERO, Duration::from_millis(20)] {
            let mut full = Full::new(version);
            let closed = full.link.client.close_within(timeout).unwrap();
            assert_eq!(closed, ssl::Closed::TimedOut);
            full.drain();
            assert_eq!(class(full.link.server.recv(1)), "SSLEOFError");
        }
    }
}

#[test]
fn close_within_leaves_all_data_to_a_thread_that_receives_in_a_loop() {
    const RECORDS: usize = 300;
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for timeout in [None, Some(PATIENCE)] {
            for full in [false, true] {
                let Full { link, far, filler } = &mut Full::new(version);
                if !full {
                    read_all(far, *filler);
                }
                let Link { client, server } = &*link;
                client.settimeout(timeout).unwrap();
                let message = |i: usize| pattern(i as u64, 1 + i * 37 % 5000);
                let sent: Vec<u8> = (0..RECORDS).flat_map(message).collect();
                thread::scope(|scope| {
                    let reader = waiting(scope, || {
                        let mut all = Vec::new();
                        loop {
                            match client.recv(700) {
                                Ok(data) if data.is_empty() => return (all, "end"),
                                Ok(data) => all.extend(data),
                                Err(error) => return (all, error.python_class()),
                            }
                            thread::yield_now();
                        }
                    });
                    scope.spawn(move || {
                        // This peer sends everything before it reads.
                        for i in 0..RECORDS {
                            server.sendall(&message(i)).unwrap();
                        }
                        if full {
                            read_all(far, *filler);
                        }
                        assert_eq!(server.recv(1).unwrap(), b"");
                        server.send(b"last words").unwrap();
                        server.send_close_notify().unwrap();
                    });
                    assert_eq!(client.close_within(PATIENCE).unwrap(), ssl::Closed::Orderly);
                    let (all, end) = reader.join().unwrap();
                    assert!(["end", "OSError", "ValueError"].contains(&end), "{end}");
                    assert!(
                        all.strip_suffix(b"last words") == Some(&sent),
                        "{} bytes",
                        all.len()
                    );
                });
            }
        }
    }
}

#[test]
fn close_within_times_out_if_a_reading_thread_leaves_data_unread() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        server.send(b"one").unwrap();
        thread::scope(|scope| {
            let reader = scope.spawn(|| client.recv(3).unwrap());
            assert_eq!(reader.join().unwrap(), b"one");
        });
        server.send(b"two").unwrap();
        unwrap_without_waiting(&server);
        assert!(readiness(&client, PollFlags::IN, PATIENCE));
        // The data before the peer's `close_notify` is not read, so `close_within` does not reach `close_notify`.
        let closed = client.close_within(Duration::from_millis(20)).unwrap();
        assert_eq!(closed, ssl::Closed::TimedOut);
    }
}
