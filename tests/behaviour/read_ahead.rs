//! Bytes that are read ahead from the descriptor, and bytes that stay there for programs that wait for the
//! descriptor.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::{Ca, Files, local_pair};
use rustix::event::PollFlags;

use crate::link::{
    BOTH_VERSIONS, Contexts, Link, PATIENCE, Watchdog, client_options, plain_socket, readable,
    readiness, server_options, unwrap_without_waiting,
};
use crate::support::{class, client_context};

/// Sends two records and `close_notify`.
fn send_three(server: &ssl::SslSocket) {
    server.send(b"one").unwrap();
    server.send(b"two").unwrap();
    unwrap_without_waiting(server);
}

/// An event loop that never calls `pending`, like one in CPython's own tests.
fn reads_once_for_each_event(client: &ssl::SslSocket) {
    for expected in [&b"one"[..], b"two", b""] {
        assert!(readable(client), "before {expected:?}");
        assert_eq!(client.recv(1024).unwrap(), expected);
        assert_eq!(client.pending(), 0);
    }
}

#[test]
fn a_read_leaves_later_records_in_the_descriptor() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for timeout in [None, Some(PATIENCE), Some(Duration::ZERO)] {
            let (Link { client, server }, _) = Contexts::of(version).local_link(client_options());
            // This `recv` also reads the session tickets of TLS 1.3.
            server.send(b"first").unwrap();
            assert_eq!(client.recv(5).unwrap(), b"first");
            client.settimeout(timeout).unwrap();
            send_three(&server);
            reads_once_for_each_event(&client);
        }
    }
}

// Not on Windows: it does not tell whether the end of the stream has arrived.
#[cfg(unix)]
#[test]
fn accepted_sockets_inherit_read_ahead_from_the_listener() {
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
            // When the end of the stream has arrived, all data has arrived before it.
            client.shutdown(std::net::Shutdown::Write).unwrap();
            let server = accepted.join().unwrap();
            #[cfg(target_os = "linux")]
            assert!(readiness(&server, PollFlags::RDHUP, PATIENCE));
            // Other systems do not report whether the end of the stream has arrived.
            #[cfg(not(target_os = "linux"))]
            thread::sleep(Duration::from_millis(100));
            server
        });
        assert_eq!(server.recv(1024).unwrap(), b"one");
        assert_eq!(server.pending(), if ahead { 3 } else { 0 });
        assert_eq!(server.recv(1024).unwrap(), b"two");
    }
}

#[test]
fn pending_counts_data_that_was_read_ahead() {
    let _watchdog = Watchdog::new();
    let options = client_options().read_ahead(true);
    let (Link { client, server }, _) = Contexts::new().local_link(options);
    server.send(b"first").unwrap();
    assert_eq!(client.recv(5).unwrap(), b"first");
    server.send(b"one").unwrap();
    server.send(b"two").unwrap();
    assert_eq!(client.recv(1024).unwrap(), b"one");
    assert!(!readable(&client));
    assert_eq!(client.pending(), 3);
}

#[test]
fn pending_is_positive_until_an_end_that_was_read_ahead_is_reported() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        let options = client_options().read_ahead(true);
        let (Link { client, server }, mut raw) = Contexts::of(version).local_link(options);
        server.send(b"last").unwrap();
        unwrap_without_waiting(&server);
        raw.write_all(b"in the clear").unwrap();
        assert_eq!(client.recv(1024).unwrap(), b"last");
        for _ in 0..2 {
            assert_eq!(client.pending(), 1);
        }
        assert_eq!(client.recv(1024).unwrap(), b"");
        assert_eq!(client.pending(), 0);
        client.unwrap().unwrap();
        assert_eq!(client.pending(), 12);
    }
}

#[test]
fn a_handshake_leaves_later_data_in_the_descriptor() {
    let _watchdog = Watchdog::new();
    for version in BOTH_VERSIONS {
        for timeout in [None, Some(PATIENCE)] {
            let contexts = Contexts::of(version);
            let (near, far) = local_pair();
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
            // This data directly follows the last flight of the handshake.
            last.send(b"request").unwrap();
            other.settimeout(timeout).unwrap();
            other.do_handshake().unwrap();
            assert!(readable(other));
            assert_eq!(other.recv(100).unwrap(), b"request");
        }
    }
}

#[test]
fn a_failed_handshake_leaves_unread_bytes_in_the_descriptor() {
    let _watchdog = Watchdog::new();
    let contexts = Contexts::new();
    for timeout in [None, Some(PATIENCE)] {
        let (mut near, mut far) = local_pair();
        near.set_read_timeout(timeout).unwrap();
        far.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let error = contexts.server.wrap_socket(&near, server_options());
        assert_eq!(error.unwrap_err().reason(), Some("HTTP_REQUEST"));
        // OpenSSL has taken only five bytes, the length of a record header. The rest is still in the descriptor.
        let mut rest = [0; 100];
        let n = near.read(&mut rest).unwrap();
        assert_eq!(&rest[..n], b" HTTP/1.1\r\n\r\n");
    }
}

/// The transport of a peer in memory: the bytes that it reads, and those that it has written.
#[derive(Debug, Default)]
struct Memory {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl Read for Memory {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.incoming.is_empty() {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => self.incoming.read(buf),
        }
    }
}

impl Write for Memory {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.outgoing.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server of TLS 1.3 can send data before it has received the client's Finished message (RFC 8446,
/// section 4.4.4). The data directly follows the server's flight.
#[test]
fn data_after_the_servers_flight_stays_in_the_descriptor() {
    use openssl::ssl::{Ssl, SslContextBuilder, SslFiletype, SslMethod, SslStream};

    let _watchdog = Watchdog::new();
    let ca = Ca::new();
    let files = Files::of(&ca.issue("localhost"));
    let mut context = SslContextBuilder::new(SslMethod::tls_server()).unwrap();
    context.set_certificate_chain_file(&files.combined).unwrap();
    context
        .set_private_key_file(&files.combined, SslFiletype::PEM)
        .unwrap();
    let mut ssl = Ssl::new(&context.build()).unwrap();
    ssl.set_accept_state();
    let mut server = SslStream::new(ssl, Memory::default()).unwrap();

    let (near, mut far) = local_pair();
    let options = client_options().do_handshake_on_connect(false);
    let client = client_context(&ca).wrap_socket(near, options).unwrap();
    client.setblocking(false).unwrap();
    assert_eq!(class(client.do_handshake()), "SSLWantReadError");
    let mut hello = vec![0; 16 * 1024];
    let n = far.read(&mut hello).unwrap();
    server.get_mut().incoming.extend(&hello[..n]);
    assert_eq!(server.read_early_data(&mut [0; 10]).unwrap(), 0);
    assert_eq!(server.write_early_data(b"early").unwrap(), 5);
    far.write_all(&server.get_ref().outgoing).unwrap();

    client.setblocking(true).unwrap();
    client.do_handshake().unwrap();
    assert!(readable(&client));
    assert_eq!(client.recv(100).unwrap(), b"early");
}
