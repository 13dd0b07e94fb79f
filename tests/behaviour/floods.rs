//! Peers that send messages without data as fast as they can. Results do not depend on time: all
//! messages have arrived before the first is read, and data follows the last one. If an operation
//! reads all of them, it returns that data, and the test fails.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pyssl as ssl;
use pyssl_testing::flood::Message;
use pyssl_testing::{Ca, Flood};

use crate::link::{Watchdog, client_options, tcp_pair};
use crate::support::{class, client_context};

/// The number of messages. Reading one takes 4 µs or more, so reading all takes much longer than a
/// time-out with its tolerance.
const MANY: usize = 50_000;

const SOON: Duration = Duration::from_millis(20);

/// A client in memory that is connected to a flooding server, and the client's buffers.
struct Flooded {
    client: ssl::SslObject,
    incoming: ssl::MemoryBio,
    outgoing: ssl::MemoryBio,
    server: Flood,
}

impl Flooded {
    fn new(message: Message) -> Flooded {
        let ca = Ca::new();
        let mut server = Flood::new(&ca.issue("localhost"), message);
        let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
        let client = client_context(&ca);
        // Without this option, the client would begin a handshake at the first HelloRequest.
        let options = client.options() | ssl::OP_NO_RENEGOTIATION;
        client.set_options(options).unwrap();
        let client = client.wrap_bio(&incoming, &outgoing, "localhost").unwrap();
        while client.do_handshake().is_err() {
            incoming
                .write(&server.answer(&outgoing.read(None)))
                .unwrap();
        }
        incoming
            .write(&server.answer(&outgoing.read(None)))
            .unwrap();
        assert_eq!(class(client.read(1)), "SSLWantReadError");
        Flooded {
            client,
            incoming,
            outgoing,
            server,
        }
    }
}

/// A client on a socket, the other end of its connection, and the flooding server, which writes to that end.
fn flooded_socket(message: Message) -> (ssl::SslSocket, TcpStream, Flood) {
    flooded_socket_with(message, client_options())
}

/// Like `flooded_socket`, with options for the client.
fn flooded_socket_with(
    message: Message,
    options: ssl::WrapSocket,
) -> (ssl::SslSocket, TcpStream, Flood) {
    use std::io::Read;
    let ca = Ca::new();
    let mut server = Flood::new(&ca.issue("localhost"), message);
    let (near, mut far) = tcp_pair();
    thread::scope(|scope| {
        let client = scope.spawn(|| client_context(&ca).wrap_socket(near, options));
        let mut buf = [0; 4096];
        while !client.is_finished() || !server.is_connected() {
            let n = match server.is_connected() {
                true => 0,
                false => far.read(&mut buf).unwrap(),
            };
            far.write_all(&server.answer(&buf[..n])).unwrap();
        }
        (client.join().unwrap().unwrap(), far, server)
    })
}

#[test]
fn an_object_processes_a_whole_flood_before_it_wants_to_read() {
    for message in Message::ALL {
        let mut flooded = Flooded::new(message);
        let (incoming, client) = (&flooded.incoming, &flooded.client);
        incoming.write(&flooded.server.messages(1000)).unwrap();
        assert_eq!(class(client.read(10)), "SSLWantReadError", "{message:?}");
        assert_eq!(incoming.pending(), 0, "{message:?}");
        incoming.write(&flooded.server.messages(1000)).unwrap();
        incoming.write(&flooded.server.data(b"after it")).unwrap();
        assert_eq!(client.read(10).unwrap(), b"after it", "{message:?}");
        // After five refused renegotiations OpenSSL's server ends the connection, so it cannot read this data.
        if message != Message::HelloRequest {
            assert_eq!(client.write(b"heard").unwrap(), 5);
            let answer = flooded.outgoing.read(None);
            assert_eq!(flooded.server.received(&answer), b"heard", "{message:?}");
        }
    }
}

#[test]
fn getters_and_writes_proceed_while_a_reader_is_flooded() {
    let _watchdog = Watchdog::new();
    let mut flooded = Flooded::new(Message::KeyUpdate);
    let flood = flooded.server.messages(MANY);
    let flood = flooded.incoming.write(&flood).unwrap();
    let client = &flooded.client;
    let over = AtomicBool::new(false);
    let passed = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(class(client.read(10)), "SSLWantReadError");
            over.store(true, Ordering::SeqCst);
        });
        // Wait until the reader has begun to read the flood, because only later calls count.
        while flooded.incoming.pending() == flood {
            thread::yield_now();
        }
        while !over.load(Ordering::SeqCst) {
            assert_eq!(client.version(), Some("TLSv1.3"));
            assert_eq!(client.pending(), 0);
            assert_eq!(client.write(b"x").unwrap(), 1);
            passed.fetch_add(1, Ordering::SeqCst);
        }
    });
    // The reader yields to other threads after every few messages. On a busy machine this thread may
    // miss most of these yields.
    let passed = passed.load(Ordering::SeqCst);
    assert!(passed >= 20, "{passed}");
}

#[test]
fn operations_on_a_flooded_socket_time_out() {
    type Operation = fn(&ssl::SslSocket) -> &'static str;
    let operations: [(&str, &str, Operation); 3] = [
        ("recv", "TimeoutError", |socket| class(socket.recv(10))),
        ("unwrap", "TimeoutError", |socket| class(socket.unwrap())),
        ("close_within", "TimedOut", |socket| {
            match socket.close_within(SOON).unwrap() {
                ssl::Closed::TimedOut => "TimedOut",
                _ => "it has read all",
            }
        }),
    ];
    let _watchdog = Watchdog::new();
    for (name, expected, operation) in operations {
        let (client, mut far, mut server) = flooded_socket(Message::KeyUpdate);
        let mut flood = server.messages(MANY);
        if name == "recv" {
            flood.extend(server.data(b"after it"));
        }
        flood.extend(server.close_notify());
        thread::scope(|scope| {
            let sender = scope.spawn(move || {
                let _ = far.write_all(&flood);
                far
            });
            client.settimeout(Some(SOON)).unwrap();
            assert_eq!(operation(&client), expected, "{name}");
            if name == "recv" {
                // No data is lost.
                client.settimeout(None).unwrap();
                assert_eq!(client.recv(10).unwrap(), b"after it");
            }
            client.close();
            drop(sender.join());
        });
    }
}

#[test]
fn a_flooded_non_blocking_socket_loses_no_data() {
    let _watchdog = Watchdog::new();
    for ahead in [false, true] {
        let options = client_options().read_ahead(ahead);
        let (client, mut far, mut server) = flooded_socket_with(Message::KeyUpdate, options);
        let mut flood = server.messages(MANY);
        flood.extend(server.data(b"after it"));
        thread::scope(|scope| {
            let sender = scope.spawn(move || {
                far.write_all(&flood).unwrap();
                far
            });
            client.setblocking(false).unwrap();
            let data = crate::link::wait_until_done(&client, || client.recv(10));
            assert_eq!(data, b"after it");
            drop(sender.join());
        });
    }
}
