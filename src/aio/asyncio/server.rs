use std::fmt;
use std::future::{Future, pending};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Ssl;
use super::channel::Shared;
use super::endpoint::addresses;
use super::streams::{self, StreamReader, StreamWriter};
use crate::error::Result;
use crate::sys::{self, errno};

/// The length of the queue of connections to be accepted: asyncio's default.
const BACKLOG: u32 = 100;

/// Python's `asyncio.Server`. Dropping it stops listening, as [`close`](Self::close) does. Connections
/// continue.
pub struct Server {
    sockets: Vec<SocketAddr>,
    accepting: JoinSet<()>,
    /// Each connection has a receiver of this channel, so `closed` waits for all connections.
    connections: watch::Sender<()>,
}

/// Python's `asyncio.start_server(client_connected_cb, host, port, ssl=...)`.
///
/// ```python
/// async def handle(reader, writer):
///     writer.write(await reader.readline())
///     writer.close()
/// server = await asyncio.start_server(handle, "localhost", 8443, ssl=context)
/// async with server:
///     await server.serve_forever()
/// ```
/// ```no_run
/// # use pyssl as ssl;
/// use pyssl::aio::asyncio::{self, StreamReader, StreamWriter};
///
/// # async fn f(context: ssl::SslContext) -> ssl::Result<()> {
/// async fn handle(mut reader: StreamReader, mut writer: StreamWriter) {
///     if let Ok(line) = reader.readline().await {
///         writer.write(&line);
///     }
///     writer.close();
/// }
/// let server = asyncio::start_server(handle, ("localhost", 8443), &context).await?;
/// server.serve_forever().await;
/// # Ok(()) }
/// ```
///
/// The server listens on all addresses of the host. An empty host means all addresses of the
/// machine. For each connection, the server does the handshake and then calls the function, in a
/// task of its own. A handshake that fails ends only its own connection. With port 0 the system
/// chooses a free port, which [`Server::sockets`] returns.
///
/// # Errors
///
/// `OSError` if an address cannot be bound; `OSError` with `getaddrinfo`'s number if the host is not
/// found; `ValueError` for a time-out of zero.
///
/// # Panics
///
/// Panics outside a tokio runtime.
pub async fn start_server<F, R>(
    client_connected_cb: F,
    address: (&str, u16),
    ssl: impl Into<Ssl>,
) -> Result<Server>
where
    F: Fn(StreamReader, StreamWriter) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let ssl = ssl.into();
    ssl.check()?;
    let mut listeners = Vec::new();
    let mut unusable = None;
    for address in local_addresses(address).await? {
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            // As in asyncio, an address that the system does not have, or whose family it does not
            // support, is left out.
            Err(error) if is_absent(&error) => unusable = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    if let (true, Some(error)) = (listeners.is_empty(), unusable) {
        return Err(error.into());
    }
    let connections = watch::Sender::new(());
    let serve = Arc::new(client_connected_cb);
    let mut server = Server {
        sockets: Vec::new(),
        accepting: JoinSet::new(),
        connections,
    };
    for listener in listeners {
        server.sockets.push(listener.local_addr()?);
        let (ssl, serve) = (ssl.clone(), Arc::clone(&serve));
        let connection = server.connections.subscribe();
        server.accepting.spawn(async move {
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // As in asyncio, wait a second if there are no descriptors or memory left.
                        if error
                            .raw_os_error()
                            .is_some_and(|number| errno::EXHAUSTED.contains(&number))
                        {
                            tokio::time::sleep(Duration::from_secs(1)).await;
                        }
                        continue;
                    }
                };
                let (ssl, serve) = (ssl.clone(), Arc::clone(&serve));
                let connection = connection.clone();
                tokio::spawn(async move {
                    if let Ok(shared) = Shared::start(Box::new(stream), ssl, true).await {
                        let (reader, writer) = streams::pair(shared);
                        serve(reader, writer).await;
                    }
                    drop(connection);
                });
            }
        });
    }
    Ok(server)
}

/// The addresses to listen on. As in asyncio, an empty host means all addresses of the machine.
async fn local_addresses((host, port): (&str, u16)) -> Result<Vec<SocketAddr>> {
    if host.is_empty() {
        let all: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
        return Ok(all.map(|ip| SocketAddr::new(ip, port)).to_vec());
    }
    addresses(host, port, None).await
}

fn is_absent(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|number| errno::ABSENT.contains(&number))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
        SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(sys::REUSES_ADDRESS)?;
    if address.is_ipv6() {
        socket2::SockRef::from(&socket).set_only_v6(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Server {
    /// The addresses that the server listens on: Python's `[s.getsockname() for s in
    /// server.sockets]`.
    pub fn sockets(&self) -> &[SocketAddr] {
        &self.sockets
    }

    /// Stops listening: Python's `server.close()`. Connections continue.
    pub fn close(&mut self) {
        self.accepting.abort_all();
        self.sockets.clear();
    }

    /// Python's `server.is_serving()`.
    pub fn is_serving(&self) -> bool {
        !self.sockets.is_empty()
    }

    /// Python's `await server.wait_closed()`: waits until the server does not listen any more and all
    /// functions for its connections have returned.
    pub async fn wait_closed(&mut self) {
        while self.accepting.join_next().await.is_some() {}
        self.connections.closed().await;
    }

    /// Python's `await server.serve_forever()`: waits until the future is dropped, which closes the
    /// server.
    pub async fn serve_forever(self) {
        pending::<()>().await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_empty_host_means_all_addresses_of_the_machine() {
        let found = local_addresses(("", 7)).await.unwrap();
        let texts: Vec<String> = found.iter().map(SocketAddr::to_string).collect();
        assert_eq!(texts, ["0.0.0.0:7", "[::]:7"]);
        let found = local_addresses(("127.0.0.1", 7)).await.unwrap();
        assert_eq!(found, ["127.0.0.1:7".parse().unwrap()]);
    }
}
