//! What is taken from the descriptor before it is asked for, and what is left there for programs
//! that wait for it.

use std::os::unix::net::UnixStream;
use std::thread;

use pyssl as ssl;
use rustix::event::PollFlags;

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, plain_socket, readable,
    readiness, say_goodbye, server_options,
};
use crate::support::class;

/// Two records, and the end.
fn send_three(server: &ssl::SslSocket) {
    server.send(b"one").unwrap();
    server.send(b"two").unwrap();
    say_goodbye(server);
}

/// The program of an event loop that never asks `pending`, as CPython's own tests have one.
fn reads_once_for_each_event(client: &ssl::SslSocket) {
    for expected in [&b"one"[..], b"two", b""] {
        assert!(readable(client), "before {expected:?}");
        assert_eq!(client.recv(1024).unwrap(), expected);
        assert_eq!(client.pending(), 0);
    }
}

#[test]
fn a_socket_that_does_not_block_leaves_later_records_in_the_descriptor() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let (Link { client, server }, _) = Contexts::of(version).local_link(client_options());
        // The tickets of TLS 1.3.
        server.send(b"first").unwrap();
        assert_eq!(client.recv(5).unwrap(), b"first");
        client.setblocking(false).unwrap();
        send_three(&server);
        reads_once_for_each_event(&client);
    }
}

#[test]
fn a_socket_that_was_asked_not_to_read_ahead_never_does() {
    let _watchdog = Watchdog::new();
    for timeout in [None, Some(PATIENCE)] {
        let options = client_options().read_ahead(false);
        let (Link { client, server }, _) = Contexts::new().local_link(options);
        client.settimeout(timeout).unwrap();
        server.send(b"first").unwrap();
        assert_eq!(client.recv(5).unwrap(), b"first");
        send_three(&server);
        reads_once_for_each_event(&client);
    }
}

#[test]
fn clients_of_a_listener_read_ahead_as_it_was_told() {
    let _watchdog = Watchdog::new();
    for ahead in [true, false] {
        let contexts = Contexts::new();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = contexts
            .server
            .wrap_socket(listener, server_options().read_ahead(ahead))
            .unwrap();
        let address = listener.getsockname().unwrap();
        let server = thread::scope(|scope| {
            let accepted = scope.spawn(|| listener.accept().unwrap().0);
            let client = contexts
                .client
                .wrap_socket(plain_socket(), client_options());
            let client = client.unwrap();
            client.connect(address).unwrap();
            client.send(b"one").unwrap();
            client.send(b"two").unwrap();
            // All is there once the end is.
            client.shutdown(std::net::Shutdown::Write).unwrap();
            let server = accepted.join().unwrap();
            assert!(readiness(&server, PollFlags::RDHUP, PATIENCE));
            server
        });
        assert_eq!(server.recv(1024).unwrap(), b"one");
        assert_eq!(server.pending(), if ahead { 3 } else { 0 });
        assert_eq!(server.recv(1024).unwrap(), b"two");
    }
}

#[test]
fn a_socket_that_blocks_shows_in_pending_what_came_along() {
    let _watchdog = Watchdog::new();
    let (Link { client, server }, _) = Contexts::new().local_link(client_options());
    server.send(b"first").unwrap();
    assert_eq!(client.recv(5).unwrap(), b"first");
    server.send(b"one").unwrap();
    server.send(b"two").unwrap();
    assert_eq!(client.recv(1024).unwrap(), b"one");
    assert!(!readable(&client));
    assert_eq!(client.pending(), 3);
}

#[test]
fn a_handshake_leaves_the_data_behind_it_in_the_descriptor() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for timeout in [None, Some(PATIENCE)] {
            let contexts = Contexts::of(version);
            let (near, far) = UnixStream::pair().unwrap();
            let start = |context: &ssl::SslContext, stream, options: ssl::WrapSocket| {
                let sock = context
                    .wrap_socket(stream, options.do_handshake_on_connect(false))
                    .unwrap();
                sock.setblocking(false).unwrap();
                sock
            };
            let client = start(&contexts.client, near, client_options());
            let server = start(&contexts.server, far, server_options());
            let (last, other) = match version {
                ssl::TlsVersion::TLSv1_2 => (&server, &client),
                _ => (&client, &server),
            };
            while let Err(error) = last.do_handshake() {
                assert_eq!(error.python_class(), "SSLWantReadError");
                assert_eq!(class(other.do_handshake()), "SSLWantReadError");
            }
            // Right behind the last flight.
            last.send(b"request").unwrap();
            other.settimeout(timeout).unwrap();
            other.do_handshake().unwrap();
            assert!(readable(other));
            assert_eq!(other.recv(100).unwrap(), b"request");
        }
    }
}
