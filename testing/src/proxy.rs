//! Proxies between a TLS client and a TLS server, for transports that misbehave.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::listener::{Listener, Shared, Socket};

const RECORD_HEADER: usize = 5;
const NEVER: i64 = -1;

/// A TCP proxy that looks at the records of TLS, and not inside. Its threads are joined on drop.
#[derive(Debug)]
pub struct Proxy {
    state: Arc<State>,
    listener: Listener,
}

/// Which way data goes.
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
    // True once it was cut: what still comes is thrown away.
    cut: AtomicBool,
}

#[derive(Debug)]
struct Flow {
    // Whole records that still pass before one is cut, or NEVER.
    before_cut: AtomicI64,
    passed: Mutex<Vec<u8>>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            before_cut: AtomicI64::new(NEVER),
            passed: Mutex::default(),
        }
    }
}

impl Proxy {
    /// Passes everything on, record by record, until [`cut`](Self::cut) or [`cut_next_record`](Self::cut_next_record).
    pub fn passes(upstream: SocketAddr) -> Self {
        Self::start(upstream, false)
    }

    /// Passes every byte on in a write of its own, both ways.
    pub fn trickles(upstream: SocketAddr) -> Self {
        Self::start(upstream, true)
    }

    /// Passes this many records on in one direction, and half of the next one; then it ends both TCP streams.
    pub fn cuts_mid_record(upstream: SocketAddr, direction: Direction, after: u32) -> Self {
        let proxy = Self::start(upstream, false);
        proxy
            .state
            .flow(direction)
            .before_cut
            .store(after.into(), Ordering::SeqCst);
        proxy
    }

    fn start(upstream: SocketAddr, trickle: bool) -> Self {
        let state = Arc::new(State::default());
        let listener = Listener::start({
            let state = Arc::clone(&state);
            move |client, shared| state.connect(client, shared, upstream, trickle)
        });
        Self { state, listener }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The port where it listens.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Passes on half of the next record in this direction, then ends both TCP streams. Not for a proxy that
    /// [trickles](Self::trickles).
    pub fn cut_next_record(&self, direction: Direction) {
        self.state
            .flow(direction)
            .before_cut
            .store(0, Ordering::SeqCst);
    }

    /// Ends both TCP streams of every connection that is open now, between two records.
    pub fn cut(&self) {
        self.state.lock().iter().for_each(|link| link.cut());
    }

    /// Everything that passed in this direction so far, of all connections.
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
            let cut = !trickle && flow.is_next_cut();
            if cut {
                // Half of the payload, and at least one byte less than all of it.
                let payload = piece.len().saturating_sub(RECORD_HEADER);
                piece.truncate(RECORD_HEADER + payload / 2);
            }
            // Before it is written: whoever got an answer to it finds it here.
            flow.lock().extend_from_slice(&piece);
            // A peer that is gone must not keep the other one from ending: go on reading.
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
    fn is_next_cut(&self) -> bool {
        let take_one = |left: i64| (left != NEVER).then_some(left - 1);
        self.before_cut
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one)
            == Ok(0)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a record, or what there is of one; any bytes for a proxy that trickles. False at the end.
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
        // Gives the reader the chance to see this byte alone. If it does not take it, nothing is lost.
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
    fn a_connection_survives_single_bytes() {
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
    fn a_handshake_is_cut_inside_a_record_and_both_ends_notice() {
        let server = EchoServer::start(&Ca::new().issue("localhost"));
        let proxy = Proxy::cuts_mid_record(server.addr(), Direction::ToClient, 1);
        ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap_err();
        assert!(server.next_connection().handshake_error.is_some());
        let passed = proxy.passed(Direction::ToClient);
        let first = RECORD_HEADER + usize::from(u16::from_be_bytes([passed[3], passed[4]]));
        let second = &passed[first..];
        let announced = usize::from(u16::from_be_bytes([second[3], second[4]]));
        assert!(second.len() - RECORD_HEADER < announced);
    }

    #[test]
    fn application_data_is_cut_inside_a_record_on_demand() {
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
    fn a_connection_is_cut_between_records() {
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
    fn a_proxy_to_nowhere_closes() {
        let nowhere = crate::closed_port();
        let proxy = Proxy::passes(nowhere.addr());
        ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap_err();
    }
}
