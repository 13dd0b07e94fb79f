//! Proxies between a TLS client and a TLS server, for transports that misbehave.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::listener::{Listener, Shared, Socket};

const RECORD_HEADER: usize = 5;

/// A TCP proxy that sees the boundaries of TLS records, but not their content. Its threads are joined on drop.
#[derive(Debug)]
pub struct Proxy {
    state: Arc<State>,
    listener: Listener,
}

/// The direction of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

#[derive(Debug, Default)]
struct State {
    to_server: Flow,
    to_client: Flow,
    links: Mutex<Vec<Arc<Link>>>,
}

/// One connection through the proxy.
#[derive(Debug)]
struct Link {
    client: Socket,
    server: Socket,
    // True after the connection was cut. Data that is received later is discarded.
    cut: AtomicBool,
}

#[derive(Debug, Default)]
struct Flow {
    /// Whether only half of the next record is forwarded.
    cut_next: AtomicBool,
    passed: Mutex<Vec<u8>>,
}

impl Proxy {
    /// Forwards everything, record by record, until [`cut`](Self::cut) or
    /// [`cut_next_record`](Self::cut_next_record).
    pub fn passes(upstream: SocketAddr) -> Self {
        Self::start(upstream, false)
    }

    /// Forwards every byte in its own write, both ways.
    pub fn trickles(upstream: SocketAddr) -> Self {
        Self::start(upstream, true)
    }

    fn start(upstream: SocketAddr, trickle: bool) -> Self {
        let state = Arc::new(State::default());
        let listener = Listener::start({
            let state = Arc::clone(&state);
            move |client, shared| state.connect(client, shared, upstream, trickle)
        });
        Self { state, listener }
    }

    /// The listening address.
    pub fn addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The listening port.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Forwards half of the next record in this direction, then closes both TCP connections. Not for a proxy that
    /// [trickles](Self::trickles).
    pub fn cut_next_record(&self, direction: Direction) {
        let flow = self.state.flow(direction);
        flow.cut_next.store(true, Ordering::SeqCst);
    }

    /// Closes both TCP connections of every open connection, between two records.
    pub fn cut(&self) {
        self.state.lock().iter().for_each(|link| link.cut());
    }

    /// All data forwarded in this direction so far, of all connections.
    pub fn passed(&self, direction: Direction) -> Vec<u8> {
        self.state.flow(direction).lock().clone()
    }
}

impl State {
    fn flow(&self, direction: Direction) -> &Flow {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }

    fn connect(&self, client: Socket, shared: &Shared, upstream: SocketAddr, trickle: bool) {
        let Ok(server) = TcpStream::connect(upstream) else {
            return;
        };
        let link = Arc::new(Link {
            client,
            server: shared.adopt(server),
            cut: AtomicBool::new(false),
        });
        self.lock().push(Arc::clone(&link));
        thread::scope(|scope| {
            scope.spawn(|| self.pump(&link, Direction::ToServer, trickle));
            self.pump(&link, Direction::ToClient, trickle);
        });
        self.lock().retain(|other| !Arc::ptr_eq(other, &link));
    }

    fn pump(&self, link: &Link, direction: Direction, trickle: bool) {
        let flow = self.flow(direction);
        let (mut from, mut to) = match direction {
            Direction::ToServer => (link.client.clone(), link.server.clone()),
            Direction::ToClient => (link.server.clone(), link.client.clone()),
        };
        let mut piece = Vec::new();
        while next_piece(&mut from, &mut piece, trickle) {
            if link.cut.load(Ordering::SeqCst) {
                continue;
            }
            let cut = !trickle && flow.cut_next.swap(false, Ordering::SeqCst);
            if cut {
                // Forward the header and half of the payload, rounded down, so that every record is incomplete.
                let payload = piece.len().saturating_sub(RECORD_HEADER);
                piece.truncate(RECORD_HEADER + payload / 2);
            }
            // `passed` must have the data before the receiver gets it, since a test may look as soon as the receiver
            // has answered.
            flow.lock().extend_from_slice(&piece);
            // If the receiving peer is gone, keep reading from the other one, which must still be able to close.
            let _ = match trickle {
                true => write_trickling(&mut to, &piece),
                false => to.write_all(&piece),
            };
            if cut {
                link.cut();
            }
        }
        to.shutdown(Shutdown::Write);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.client.shutdown(Shutdown::Write);
        self.server.shutdown(Shutdown::Write);
    }
}

impl Flow {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a TLS record, or its beginning if the stream ends within it. A proxy that trickles reads any bytes that have
/// arrived. False if the stream has ended.
fn next_piece(from: &mut Socket, piece: &mut Vec<u8>, trickle: bool) -> bool {
    piece.clear();
    if trickle {
        piece.resize(4096, 0);
        let length = from.read(piece).unwrap_or(0);
        piece.truncate(length);
        return length > 0;
    }
    let _ = from.take(RECORD_HEADER as u64).read_to_end(piece);
    if let [_, _, _, high, low] = piece[..] {
        let length = u16::from_be_bytes([high, low]);
        let _ = from.take(length.into()).read_to_end(piece);
    }
    !piece.is_empty()
}

fn write_trickling(to: &mut Socket, piece: &[u8]) -> io::Result<()> {
    for byte in piece {
        to.write_all(&[*byte])?;
        // Makes it likely that the receiver reads this byte alone. No test depends on that.
        thread::yield_now();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use openssl::ssl::SslVersion;

    use super::*;
    use crate::server::End;
    use crate::{Ca, ClientConfig, EchoServer};

    #[test]
    fn a_connection_works_when_bytes_arrive_singly() {
        let ca = Ca::new();
        let server = EchoServer::start(&ca.issue("localhost"));
        let proxy = Proxy::trickles(server.addr());
        let mut client = ClientConfig::new()
            .ca(&ca)
            .connect("localhost", proxy.addr())
            .unwrap();
        assert_eq!(client.echo(b"hello").unwrap(), b"hello");
        client.close().unwrap();
        assert_eq!(server.next_connection().end, Some(End::CloseNotify));
        assert_eq!(proxy.passed(Direction::ToServer)[0], 22);
    }

    #[test]
    fn cutting_a_handshake_inside_a_record_fails_both_ends() {
        let server = EchoServer::start(&Ca::new().issue("localhost"));
        let proxy = Proxy::passes(server.addr());
        proxy.cut_next_record(Direction::ToClient);
        ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap_err();
        assert!(server.next_connection().handshake_error.is_some());
        let passed = proxy.passed(Direction::ToClient);
        let announced = usize::from(u16::from_be_bytes([passed[3], passed[4]]));
        assert!(passed.len() - RECORD_HEADER < announced);
    }

    #[test]
    fn the_proxy_can_cut_application_data_inside_a_record() {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let server = EchoServer::start(&Ca::new().issue("localhost"));
            let proxy = Proxy::passes(server.addr());
            let mut client = ClientConfig::new()
                .only_version(version)
                .connect("localhost", proxy.addr())
                .unwrap();
            assert_eq!(client.echo(b"whole").unwrap(), b"whole");
            proxy.cut_next_record(Direction::ToClient);
            assert_eq!(
                client.echo(b"broken").unwrap_err().kind(),
                io::ErrorKind::UnexpectedEof
            );
            assert_eq!(server.next_connection().end, Some(End::Eof));
        }
    }

    #[test]
    fn the_proxy_can_cut_between_records() {
        let server = EchoServer::start(&Ca::new().issue("localhost"));
        let proxy = Proxy::passes(server.addr());
        let mut client = ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap();
        assert_eq!(client.echo(b"whole").unwrap(), b"whole");
        proxy.cut();
        assert_eq!(
            client.receive().unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        assert_eq!(server.next_connection().received, b"whole");
    }

    #[test]
    fn dropping_a_proxy_ends_its_connections() {
        let server = EchoServer::start(&Ca::new().issue("localhost"));
        let proxy = Proxy::passes(server.addr());
        let mut client = ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap();
        drop(proxy);
        client.receive().unwrap_err();
    }

    #[test]
    fn a_proxy_without_a_server_closes() {
        let nowhere = crate::closed_port();
        let proxy = Proxy::passes(nowhere.addr());
        ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap_err();
    }
}
