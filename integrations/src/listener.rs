use std::io;
use std::net::SocketAddr;

use pyssl::SslContext;
use pyssl::aio::TlsStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A listener that returns connections whose handshake is done.
///
/// Handshakes run in tasks of their own, so a client that is slow, or sends nothing, does not delay the others.
#[derive(Debug)]
pub struct TlsListener {
    tcp: TcpListener,
    context: SslContext,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

/// The maximum number of handshakes that run at once. Further connections are accepted only when one ends.
const HANDSHAKES: usize = 1000;

impl TlsListener {
    /// Serves the connections of `tcp` with `context`.
    pub fn new(tcp: TcpListener, context: SslContext) -> TlsListener {
        TlsListener {
            tcp,
            context,
            handshakes: JoinSet::new(),
        }
    }

    /// The address of the listener.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// The next connection. Failed handshakes are ignored. Dropping the future loses no connection.
    pub async fn next(&mut self) -> io::Result<(TlsStream<TcpStream>, SocketAddr)> {
        loop {
            tokio::select! {
                accepted = self.tcp.accept(), if self.handshakes.len() < HANDSHAKES => {
                    let (tcp, peer) = accepted?;
                    let handshake = self.context.accept(tcp);
                    self.handshakes.spawn(async move { Some((handshake.await.ok()?, peer)) });
                }
                Some(Ok(Some(connection))) = self.handshakes.join_next() => return Ok(connection),
            }
        }
    }
}
