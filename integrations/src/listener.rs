use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use pyssl::SslContext;
use pyssl::aio::TlsStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A listener that returns connections whose handshake is done.
///
/// Handshakes run in tasks of their own, so a client that is slow, fails, or sends nothing does not delay the others.
#[derive(Debug)]
pub struct TlsListener {
    tcp: TcpListener,
    context: SslContext,
    limit: usize,
    /// After an error, no connection is accepted before this time.
    resume: Instant,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

/// The pause after an error of `accept`. It is asyncio's, which pauses only if descriptors or memory are used up.
const PAUSE: Duration = Duration::from_secs(1);

impl TlsListener {
    /// Serves the connections of `tcp` with `context`.
    pub fn new(tcp: TcpListener, context: SslContext) -> TlsListener {
        TlsListener {
            tcp,
            context,
            limit: 1000,
            resume: Instant::now(),
            handshakes: JoinSet::new(),
        }
    }

    /// The maximum number of handshakes that run at once: at least 1. The default is 1000. Further connections are
    /// accepted when a handshake ends.
    #[must_use]
    pub fn max_handshakes(mut self, limit: usize) -> TlsListener {
        self.limit = limit.max(1);
        self
    }

    /// The address of the listener.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// The next connection. Failed handshakes are ignored. After an error of `accept`, for example for a lack of
    /// descriptors, no connection is accepted for a second. The error is not reported. Dropping the future loses no connection.
    pub async fn next(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        loop {
            let paused = Instant::now() < self.resume;
            // A branch whose pattern does not match is disabled until another one is ready. So the patterns match every
            // outcome of `accept` and of a handshake. One branch is always enabled.
            let ended = tokio::select! {
                () = tokio::time::sleep_until(self.resume), if paused => continue,
                accepted = self.tcp.accept(), if !paused && self.handshakes.len() < self.limit => {
                    match accepted {
                        Ok((tcp, peer)) => {
                            let handshake = self.context.accept(tcp);
                            self.handshakes.spawn(async move { Some((handshake.await.ok()?, peer)) });
                        }
                        Err(error) if concerns_one_client(&error) => {}
                        Err(_) => self.resume = Instant::now() + PAUSE,
                    }
                    continue;
                }
                Some(ended) = self.handshakes.join_next() => ended,
            };
            if let Ok(Some(connection)) = ended {
                return connection;
            }
        }
    }
}

/// Whether only the client that was to be accepted has failed.
fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
