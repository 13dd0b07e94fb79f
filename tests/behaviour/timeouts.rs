//! Time-outs, and non-blocking sockets.
//!
//! The bounds of time are far apart: an operation must end in a fraction of a second, and with the fault it
//! would take a minute.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_testing::{Ca, EchoServer, Proxy, Scripted, errno};
use rustix::event::PollFlags;

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, full_listener, pattern,
    plain_socket, readable, readiness, recv_exactly, server_options, tcp_pair,
    unwrap_without_waiting, wait_until_done, waiting,
};
use crate::support::{client_context, told};

const SHORT: Duration = Duration::from_millis(150);
const WANT_READ: &str = "SSLWantReadError: The operation did not complete (read)";
const WANT_WRITE: &str = "SSLWantWriteError: The operation did not complete (write)";

/// Runs an operation that must time out, and returns the text of the error.
fn times_out<T: std::fmt::Debug>(operation: impl FnOnce() -> ssl::Result<T>) -> String {
    let begin = Instant::now();
    let error = operation().unwrap_err();
    let took = begin.elapsed();
    assert_eq!(error.python_class(), "TimeoutError", "{error:?}");
    assert!(error.errno().is_none());
    assert!(took >= SHORT && took < PATIENCE / 4, "{took:?}");
    error.to_string()
}

/// A peer that sends these bytes one by one until the other end closes, and reads nothing.
fn trickles(bytes: Vec<u8>) -> Scripted {
    Scripted::follows(move |mut socket| {
        for byte in bytes.iter().chain(std::iter::repeat(&0)) {
            if socket.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    })
}

#[test]
fn a_handshake_times_out_although_bytes_trickle_in() {
    let _watchdog = Watchdog::new();
    // The header of a handshake record of 16000 bytes.
    let peer = trickles(vec![22, 3, 3, 0x3e, 0x80, 2, 0, 0x3e, 0x7c]);
    let contexts = Contexts::new();
    let socket = std::net::TcpStream::connect(peer.addr()).unwrap();
    let options = client_options().do_handshake_on_connect(false);
    let client = contexts.client.wrap_socket(socket, options).unwrap();
    client.settimeout(Some(SHORT)).unwrap();
    assert_eq!(
        times_out(|| client.do_handshake()),
        "The handshake operation timed out"
    );
    // If `recv` or `send` continues the handshake and this times out, the error names the called operation.
    assert_eq!(times_out(|| client.recv(1)), "The read operation timed out");
    assert_eq!(
        times_out(|| client.send(b"x")),
        "The write operation timed out"
    );
}

#[test]
fn every_operation_times_out_with_a_silent_peer() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        client.settimeout(Some(SHORT)).unwrap();
        assert_eq!(client.gettimeout(), Some(SHORT));
        assert_eq!(times_out(|| client.recv(1)), "The read operation timed out");
        assert_eq!(
            times_out(|| client.recv_into(&mut [0; 10])),
            "The read operation timed out"
        );
        assert_eq!(
            times_out(|| client.unwrap()),
            "The read operation timed out"
        );
        // `unwrap` can be repeated after a time-out, and succeeds when the peer has answered.
        assert_eq!(
            times_out(|| client.unwrap()),
            "The read operation timed out"
        );
        assert_eq!(server.recv(1).unwrap(), b"");
        server.unwrap().unwrap();
        client.unwrap().unwrap();
    }
}

#[test]
fn recv_times_out_although_records_without_data_arrive() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (near, far) = tcp_pair();
    let raw = far.try_clone().unwrap();
    let Link { client, server } = contexts.wrap(near, far, client_options());
    client.settimeout(Some(SHORT)).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // The peer sends a record byte by byte, and never completes it.
            let mut raw = &raw;
            for byte in [23, 3, 3, 0x3e, 0x80].iter().chain(std::iter::repeat(&0)) {
                if over.load(Ordering::Relaxed) || raw.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
        });
        assert_eq!(times_out(|| client.recv(1)), "The read operation timed out");
        assert_eq!(
            times_out(|| client.unwrap()),
            "The read operation timed out"
        );
        over.store(true, Ordering::Relaxed);
    });
    drop(server);
}

#[test]
fn send_times_out_if_the_peer_never_reads() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    client.settimeout(Some(SHORT)).unwrap();
    let data = pattern(1, 64 << 20);
    assert_eq!(
        times_out(|| client.send(&data)),
        "The write operation timed out"
    );
    assert_eq!(
        times_out(|| client.sendall(&data)),
        "The write operation timed out"
    );
    // `close_notify` cannot be sent while only a part of a record is sent.
    let error = client.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some("BAD_WRITE_RETRY"));
    drop(server);
}

#[test]
fn send_times_out_although_the_peer_reads_slowly() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    client.settimeout(Some(SHORT)).unwrap();
    let data = vec![0; 256 << 20];
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                server.recv(1000).unwrap();
                thread::sleep(Duration::from_millis(5));
            }
        });
        assert_eq!(
            times_out(|| client.sendall(&data)),
            "The write operation timed out"
        );
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn accept_can_be_repeated_after_a_time_out() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = contexts
        .server
        .wrap_socket(listener, server_options())
        .unwrap();
    listener.settimeout(Some(SHORT)).unwrap();
    assert_eq!(times_out(|| listener.accept()), "timed out");
    listener.setblocking(false).unwrap();
    let error = listener.accept().unwrap_err();
    assert_eq!(error.python_class(), "BlockingIOError");
    listener.settimeout(Some(PATIENCE)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let socket = std::net::TcpStream::connect(address).unwrap();
            contexts
                .client
                .wrap_socket(socket, client_options())
                .unwrap();
        });
        let (accepted, _) = listener.accept().unwrap();
        // As in Python, the accepted socket does not inherit the listener's time-out.
        assert_eq!(accepted.gettimeout(), None);
    });
}

#[test]
fn connect_times_out() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let (address, _filling) = full_listener();
    let client = contexts
        .client
        .wrap_socket(plain_socket(), client_options());
    let client = client.unwrap();
    client.settimeout(Some(SHORT)).unwrap();
    assert_eq!(times_out(|| client.connect(address)), "timed out");
    // A socket without TLS sends nothing, since it may become connected later.
    let closed = |what: &str| format!("ValueError: {what} on closed or unwrapped SSL socket.");
    assert_eq!(told(client.send(b"secret")), closed("Write"));
    assert_eq!(told(client.recv(1)), closed("Read"));
}

#[test]
fn non_blocking_connect_and_handshake_proceed_in_steps() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        let peer = scope.spawn(|| {
            let (socket, _) = listener.accept().unwrap();
            let server = contexts
                .server
                .wrap_socket(socket, server_options())
                .unwrap();
            server.sendall(b"welcome").unwrap();
            server.recv(100).unwrap()
        });
        let options = client_options().do_handshake_on_connect(false);
        let client = contexts.client.wrap_socket(plain_socket(), options);
        let client = client.unwrap();
        client.setblocking(false).unwrap();
        let status = client.connect_ex(address).unwrap();
        assert!([0, errno::EINPROGRESS].contains(&status), "{status}");
        let again = "ValueError: attempt to connect already-connected SSLSocket!";
        assert_eq!(told(client.connect(address)), again);
        wait_until_done(&client, || client.do_handshake());
        let data = wait_until_done(&client, || client.recv(100));
        assert_eq!(data, b"welcome");
        wait_until_done(&client, || client.send(b"thanks"));
        assert_eq!(peer.join().unwrap(), b"thanks");
        let ended = wait_until_done(&client, || match client.recv(1) {
            Err(ssl::Error::Eof(_)) => Ok(true),
            other => other.map(|_| false),
        });
        assert!(ended);
    });
}

#[test]
fn a_non_blocking_transfer_of_many_records_completes_both_ways() {
    const TOTAL: usize = 8 << 20;
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let Link { client, server } = Contexts::of(version).link();
        for end in [&client, &server] {
            end.setblocking(false).unwrap();
            assert!(!end.getblocking());
            assert_eq!(told(end.recv(1)), WANT_READ);
        }
        let data = pattern(7, TOTAL);
        let (client, server, data) = (&client, &server, &data);
        thread::scope(|scope| {
            for (from, to) in [(client, server), (server, client)] {
                scope.spawn(move || wait_until_done(from, || from.send(data)));
                scope.spawn(move || {
                    let mut all = Vec::new();
                    while all.len() < TOTAL {
                        all.extend(wait_until_done(to, || to.recv(1 << 16)));
                    }
                    assert!(all == *data);
                });
            }
        });
    }
}

/// A connection whose client has sent a part of `data`.
fn half_written(data: &[u8]) -> Link {
    let link = Contexts::new().link();
    // With a fixed size, the kernel's receive buffer does not grow until it takes all data of the test.
    let receiver = ssl::socket2::SockRef::from(&link.server);
    receiver.set_recv_buffer_size(256 << 10).unwrap();
    link.client.setblocking(false).unwrap();
    assert_eq!(told(link.client.send(data)), WANT_WRITE);
    link
}

#[test]
fn a_write_can_be_retried_with_the_same_or_longer_data() {
    let _watchdog = Watchdog::new();
    let data = pattern(11, 32 << 20);
    let (begun, longer) = (&data[..(32 << 20) - 5000], &data[..]);
    for retried in [begun, longer] {
        let Link { client, server } = half_written(begun);
        thread::scope(|scope| {
            let peer = scope.spawn(|| recv_exactly(&server, retried.len()));
            // A retry may pass the data at another address.
            let moved = retried.to_vec();
            assert_eq!(
                wait_until_done(&client, || client.send(&moved)),
                retried.len()
            );
            assert!(peer.join().unwrap() == retried);
        });
    }
}

#[test]
fn encrypted_but_unsent_data_is_neither_lost_nor_sent_twice() {
    // All records of a message are encrypted before the first one is sent.
    const MESSAGE: usize = 60_000;
    let _watchdog = Watchdog::new();
    for more in [0, 1, MESSAGE] {
        let Link { client, server } = Contexts::new().link();
        client.setblocking(false).unwrap();
        let all = pattern(14, 64 << 20);
        let mut sent = 0;
        let error = loop {
            match client.send(&all[sent..sent + MESSAGE]) {
                Ok(n) => sent += n,
                Err(error) => break error,
            }
        };
        assert_eq!(error.python_class(), "SSLWantWriteError");
        let total = sent + MESSAGE + more;
        // On a busy machine the kernel may have made room in the meantime.
        let again = client.send(&all[sent..total]);
        thread::scope(|scope| {
            let peer = scope.spawn(|| recv_exactly(&server, total));
            match again {
                Ok(n) => assert_eq!(n, total - sent),
                again => {
                    assert_eq!(told(again), WANT_WRITE);
                    wait_until_done(&client, || client.send(&all[sent..total]));
                }
            }
            assert!(peer.join().unwrap() == all[..total]);
            unwrap_without_waiting(&client);
            assert_eq!(server.recv(1).unwrap(), b"");
        });
    }
}

#[test]
fn a_retry_with_other_data_is_an_error_and_the_connection_stays_usable() {
    let _watchdog = Watchdog::new();
    let data = pattern(12, 32 << 20);
    let Link { client, server } = half_written(&data);
    let mut other = data.clone();
    other[0] ^= 1;
    for (wrong, text) in [
        (&other[..], "[SSL: BAD_WRITE_RETRY] bad write retry"),
        (&data[..1000], "[SSL: BAD_LENGTH] bad length"),
        (&[], "[SSL: BAD_LENGTH] bad length"),
    ] {
        assert_eq!(told(client.send(wrong)), format!("SSLError: {text}"));
    }
    thread::scope(|scope| {
        let peer = scope.spawn(|| recv_exactly(&server, data.len() + 4));
        wait_until_done(&client, || client.send(&data));
        wait_until_done(&client, || client.send(b"more"));
        let all = peer.join().unwrap();
        assert!(all[..data.len()] == data && all.ends_with(b"more"));
    });
}

#[test]
fn after_a_longer_retry_the_next_write_must_begin_with_its_data() {
    let _watchdog = Watchdog::new();
    // More data than the system's buffers take after the peer has stopped reading.
    let data = pattern(13, 64 << 20);
    let Link { client, server } = half_written(&data[..40 << 20]);
    // The peer reads more than the first attempt's data, so later records are encrypted too.
    thread::scope(|scope| {
        let peer = scope.spawn(|| recv_exactly(&server, 41 << 20));
        while !peer.is_finished() {
            assert_eq!(told(client.send(&data)), WANT_WRITE);
            readiness(&client, PollFlags::OUT, Duration::from_millis(10));
        }
    });
    let error = client.send(&data[..40 << 20]).unwrap_err();
    assert_eq!(error.reason(), Some("BAD_LENGTH"));
    thread::scope(|scope| {
        let peer = scope.spawn(|| recv_exactly(&server, 23 << 20));
        wait_until_done(&client, || client.send(&data));
        assert!(peer.join().unwrap() == data[41 << 20..]);
    });
}

#[test]
fn a_write_before_the_handshake_does_not_restrict_later_writes() {
    let pair = Contexts::new().pair();
    assert_eq!(told(pair.client.write(b"too early")), WANT_READ);
    let pair = pair.connected();
    assert_eq!(pair.client.write(b"other").unwrap(), 5);
    pair.pump();
    assert_eq!(pair.server.read(100).unwrap(), b"other");
}

#[test]
fn settimeout_of_zero_or_none_sets_the_blocking_mode() {
    let Link { client, server } = Contexts::new().link();
    client.settimeout(Some(Duration::ZERO)).unwrap();
    assert!(!client.getblocking());
    client.setblocking(true).unwrap();
    assert_eq!(client.gettimeout(), None);
    client.settimeout(Some(Duration::MAX)).unwrap();
    assert!(client.gettimeout().unwrap() > Duration::from_secs(1 << 32));
    client.settimeout(Some(Duration::from_nanos(1))).unwrap();
    assert_eq!(client.recv(1).unwrap_err().python_class(), "TimeoutError");
    drop(server);
}

/// On Linux an accepted socket inherits the listener's `SO_RCVTIMEO`.
#[test]
fn accepted_sockets_are_blocking_in_every_mode_of_the_listener() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    socket2::SockRef::from(&plain)
        .set_read_timeout(Some(PATIENCE))
        .unwrap();
    let listener = contexts
        .server
        .wrap_socket(plain, server_options())
        .unwrap();
    assert_eq!(listener.gettimeout(), Some(PATIENCE));
    thread::scope(|scope| {
        scope.spawn(|| {
            let socket = std::net::TcpStream::connect(address).unwrap();
            contexts
                .client
                .wrap_socket(socket, client_options())
                .unwrap()
        });
        assert_eq!(listener.accept().unwrap().0.gettimeout(), None);
    });
}

#[test]
fn a_transfer_completes_when_bytes_arrive_singly() {
    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let server = EchoServer::start(&ca.issue("localhost"));
    let proxy = Proxy::trickles(server.addr());
    for timeout in [None, Some(PATIENCE)] {
        let socket = std::net::TcpStream::connect(proxy.addr()).unwrap();
        socket.set_read_timeout(timeout).unwrap();
        let client = client_context(&ca)
            .wrap_socket(socket, client_options())
            .unwrap();
        assert_eq!(client.gettimeout(), timeout);
        let data = pattern(5, 3000);
        client.sendall(&data).unwrap();
        assert!(recv_exactly(&client, data.len()) == data);
        client.unwrap().unwrap();
    }
}

#[test]
fn a_second_reading_thread_has_its_own_time_out() {
    let _watchdog = Watchdog::new();
    let Link { client, server } = Contexts::new().link();
    client.settimeout(Some(PATIENCE)).unwrap();
    thread::scope(|scope| {
        let first = waiting(scope, || client.recv(10));
        client.settimeout(Some(SHORT)).unwrap();
        assert_eq!(
            times_out(|| client.recv(10)),
            "The read operation timed out"
        );
        client.setblocking(false).unwrap();
        assert_eq!(told(client.recv(10)), WANT_READ);
        server.send(b"for the first").unwrap();
        assert_eq!(first.join().unwrap().unwrap(), b"for the fi");
    });
}

#[test]
fn reads_after_unwrap_have_the_time_out() {
    let _watchdog = Watchdog::new();
    let link = Contexts::new().link();
    link.unwrap();
    let Link { client, server } = link;
    client.settimeout(Some(SHORT)).unwrap();
    assert_eq!(times_out(|| client.recv(1)), "timed out");
    assert!(!readable(&client));
    let mut plain = &server;
    plain.write_all(b"clear").unwrap();
    let mut buffer = [0; 5];
    (&client).read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"clear");
}
