//! Proxies between a TLS client and a TLS server, for transports that misbehave.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::listener::{Listener, Socket};

const RECORD_HEADER: usize = 5;

/// A TCP proxy that sees the boundaries of TLS records, but not their content. Its threads are joined on drop.
#[derive(Debug)]
pub struct Proxy {
    /// Whether only half of the server's next record is forwarded.
    cut_next: Arc<AtomicBool>,
    listener: Listener,
}

/// One connection through the proxy.
struct Link {
    client: Socket,
    server: Socket,
    /// True after the connection was cut. Data that is received later is discarded.
    cut: AtomicBool,
}

impl Proxy {
    /// Forwards everything, record by record, until [`cut_next_record`](Self::cut_next_record).
    pub fn passes(upstream: SocketAddr) -> Self {
        Self::start(upstream, false)
    }

    /// Forwards every byte in its own write, both ways.
    pub fn trickles(upstream: SocketAddr) -> Self {
        Self::start(upstream, true)
    }

    fn start(upstream: SocketAddr, trickle: bool) -> Self {
        let cut_next = Arc::new(AtomicBool::new(false));
        let listener = Listener::start({
            let cut_next = Arc::clone(&cut_next);
            move |client, shared| {
                if let Ok(server) = TcpStream::connect(upstream) {
                    let link = Link {
                        client,
                        server: shared.adopt(server),
                        cut: AtomicBool::new(false),
                    };
                    link.forward(&cut_next, trickle);
                }
            }
        });
        Self { cut_next, listener }
    }

    /// The listening address.
    pub fn addr(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The listening port.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Forwards half of the server's next record, then closes both TCP connections. Not for a proxy that
    /// [trickles](Self::trickles).
    pub fn cut_next_record(&self) {
        self.cut_next.store(true, Ordering::SeqCst);
    }
}

impl Link {
    /// Forwards both directions until both have ended.
    fn forward(&self, cut_next: &AtomicBool, trickle: bool) {
        let (client, server) = (&self.client, &self.server);
        thread::scope(|scope| {
            scope.spawn(|| self.pump(client, server, &AtomicBool::new(false), trickle));
            self.pump(server, client, cut_next, trickle);
        });
    }

    fn pump(&self, from: &Socket, to: &Socket, cut_next: &AtomicBool, trickle: bool) {
        let (mut from, mut to) = (from.clone(), to.clone());
        let mut piece = Vec::new();
        while next_piece(&mut from, &mut piece, trickle) {
            if self.cut.load(Ordering::SeqCst) {
                continue;
            }
            let cut = !trickle && cut_next.swap(false, Ordering::SeqCst);
            if cut {
                // Forward the header and half of the payload, rounded down, so that every record is incomplete.
                let payload = piece.len().saturating_sub(RECORD_HEADER);
                piece.truncate(RECORD_HEADER + payload / 2);
            }
            // If the receiving peer has gone, the proxy still reads from the other peer, which must be able to close.
            let _ = match trickle {
                true => write_trickling(&mut to, &piece),
                false => to.write_all(&piece),
            };
            if cut {
                self.cut.store(true, Ordering::SeqCst);
                from.shutdown(Shutdown::Write);
                to.shutdown(Shutdown::Write);
            }
        }
        to.shutdown(Shutdown::Write);
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
        // This makes it likely that the receiver reads the byte alone. No test depends on it.
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
    }

    #[test]
    fn cutting_a_handshake_inside_a_record_fails_both_ends() {
        let server = EchoServer::start(&Ca::new().issue("localhost"));
        let proxy = Proxy::passes(server.addr());
        proxy.cut_next_record();
        ClientConfig::new()
            .connect("localhost", proxy.addr())
            .unwrap_err();
        assert!(server.next_connection().handshake_error.is_some());
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
            proxy.cut_next_record();
            assert_eq!(
                client.echo(b"broken").unwrap_err().kind(),
                io::ErrorKind::UnexpectedEof
            );
            assert_eq!(server.next_connection().end, Some(End::Eof));
        }
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
