use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::Domain;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::error::{Error, Result};
use crate::hostname::ServerName;
use crate::lookup;

/// The arguments of asyncio's `open_connection` and `create_connection` that say where to connect. A
/// `(host, port)` pair or a connected `TcpStream` (`sock`) can be passed as it is.
///
/// ```python
/// asyncio.open_connection("example.org", 8443, ssl=context, local_addr=("10.0.0.2", 0),
///                         family=socket.AF_INET, happy_eyeballs_delay=0.25)
/// asyncio.open_connection(sock=sock, ssl=context, server_hostname="example.org")
/// ```
/// ```no_run
/// # use pyssl as ssl;
/// # use pyssl::aio::asyncio::{self, Endpoint, Ssl};
/// # use std::time::Duration;
/// # async fn f(context: ssl::SslContext, tcp: tokio::net::TcpStream) -> ssl::Result<()> {
/// let server = Endpoint::new("example.org", 8443)
///     .local_addr("10.0.0.2", 0)
///     .happy_eyeballs_delay(Duration::from_millis(250));
/// let streams = asyncio::open_connection(server, &context).await?;
///
/// let tls = Ssl::new(&context).server_hostname("example.org");
/// let streams = asyncio::open_connection(tcp, tls).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Endpoint {
    target: Target,
    local: Option<(String, u16)>,
    family: Option<Domain>,
    happy_eyeballs: Option<Duration>,
}

#[derive(Debug)]
enum Target {
    Host(String, u16),
    Socket(TcpStream),
}

impl Endpoint {
    /// A host name or an IP address, and a port.
    pub fn new(host: impl Into<String>, port: u16) -> Endpoint {
        Endpoint::of(Target::Host(host.into(), port))
    }

    fn of(target: Target) -> Endpoint {
        Endpoint {
            target,
            local: None,
            family: None,
            happy_eyeballs: None,
        }
    }

    /// Binds the socket to a local address before it connects. The default is the system's choice.
    #[must_use]
    pub fn local_addr(mut self, host: impl Into<String>, port: u16) -> Endpoint {
        self.local = Some((host.into(), port));
        self
    }

    /// Uses only addresses of this family. The default is both IPv4 and IPv6.
    #[must_use]
    pub fn family(mut self, family: Domain) -> Endpoint {
        self.family = Some(family);
        self
    }

    /// Tries the next address of the host if an earlier one has not answered after this time, and
    /// uses the first connection (RFC 8305). With this option, IPv4 and IPv6 addresses alternate.
    /// By default, each address is tried after the one before has failed.
    #[must_use]
    pub fn happy_eyeballs_delay(mut self, delay: Duration) -> Endpoint {
        self.happy_eyeballs = Some(delay);
        self
    }

    /// The default of `server_hostname`: the host, if there is one.
    pub(super) fn host(&self) -> Option<&str> {
        match &self.target {
            Target::Host(host, _) => Some(host).filter(|host| !host.is_empty()).map(|x| &**x),
            Target::Socket(_) => None,
        }
    }

    pub(super) async fn connect(self) -> Result<TcpStream> {
        let (host, port) = match self.target {
            Target::Host(host, port) => (host, port),
            Target::Socket(stream) => return Ok(stream),
        };
        let mut addresses = addresses(&host, port, self.family).await?;
        let local = match &self.local {
            Some((host, port)) => Some(self::addresses(host, *port, self.family).await?),
            None => None,
        };
        let Some(delay) = self.happy_eyeballs else {
            let mut errors = Vec::new();
            for address in addresses {
                match connect(address, local.as_deref()).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => errors.push(error),
                }
            }
            return Err(joined(errors));
        };
        interleave(&mut addresses);
        race(addresses, local, delay).await
    }
}

/// The addresses of a host.
pub(super) async fn addresses(
    host: &str,
    port: u16,
    family: Option<Domain>,
) -> Result<Vec<SocketAddr>> {
    let host = ServerName::new(host)?;
    let look = move || lookup::addresses(host.as_str(), port, family);
    let found = tokio::task::spawn_blocking(look);
    found.await.map_err(std::io::Error::from)?
}

/// Connects from the first local address of the same family that can be bound.
async fn connect(address: SocketAddr, local: Option<&[SocketAddr]>) -> Result<TcpStream> {
    let new = || match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let Some(local) = local else {
        return Ok(new()?.connect(address).await?);
    };
    let mut errors = Vec::new();
    for local in local.iter().filter(|x| x.is_ipv4() == address.is_ipv4()) {
        let socket = new()?;
        match socket.bind(*local) {
            Ok(()) => return Ok(socket.connect(address).await?),
            Err(error) => errors.push(error.into()),
        }
    }
    Err(joined(errors))
}

/// Asyncio's error if no address can be used.
fn joined(mut errors: Vec<Error>) -> Error {
    let texts: Vec<String> = errors.iter().map(Error::to_string).collect();
    match texts.first() {
        None => std::io::Error::other("no matching address found").into(),
        Some(first) if texts.iter().all(|text| text == first) => errors.swap_remove(0),
        Some(_) => {
            let text = format!("Multiple exceptions: {}", texts.join(", "));
            std::io::Error::other(text).into()
        }
    }
}

/// Lets the two families alternate, beginning with that of the first address.
fn interleave(addresses: &mut Vec<SocketAddr>) {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv4) else {
        return;
    };
    let (mut same, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.drain(..).partition(|x| x.is_ipv4() == first);
    while !(same.is_empty() && other.is_empty()) {
        addresses.extend(same.pop_front());
        addresses.extend(other.pop_front());
    }
}

/// Starts a connection to the next address when an attempt fails, or after `delay`. When the
/// function returns, `attempts` is dropped, which ends the attempts that are left.
async fn race(
    addresses: Vec<SocketAddr>,
    local: Option<Vec<SocketAddr>>,
    delay: Duration,
) -> Result<TcpStream> {
    let mut errors = Vec::new();
    let mut attempts = JoinSet::new();
    let mut left = addresses.into_iter();
    loop {
        let next = left.next();
        let is_last = next.is_none();
        if let Some(address) = next {
            let local = local.clone();
            attempts.spawn(async move { connect(address, local.as_deref()).await });
        }
        let joined_one = match is_last {
            true => attempts.join_next().await,
            false => match tokio::time::timeout(delay, attempts.join_next()).await {
                Ok(joined) => joined,
                Err(_) => continue,
            },
        };
        match joined_one {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => errors.push(error),
            Some(Err(error)) => errors.push(std::io::Error::from(error).into()),
            None => return Err(joined(errors)),
        }
    }
}

impl From<(&str, u16)> for Endpoint {
    fn from((host, port): (&str, u16)) -> Endpoint {
        Endpoint::new(host, port)
    }
}

impl From<(String, u16)> for Endpoint {
    fn from((host, port): (String, u16)) -> Endpoint {
        Endpoint::new(host, port)
    }
}

impl From<(&String, u16)> for Endpoint {
    fn from((host, port): (&String, u16)) -> Endpoint {
        Endpoint::new(host, port)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Endpoint {
        Endpoint::new(address.ip().to_string(), address.port())
    }
}

impl From<TcpStream> for Endpoint {
    /// Python's `sock`. With TLS, [`Ssl::server_hostname`](super::Ssl::server_hostname) is required.
    fn from(stream: TcpStream) -> Endpoint {
        Endpoint::of(Target::Socket(stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::errno;

    #[test]
    fn address_families_alternate() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let mut addresses = parse(&["[::1]:1", "[::1]:2", "[::1]:3", "127.0.0.1:4"]);
        interleave(&mut addresses);
        let alternating = parse(&["[::1]:1", "127.0.0.1:4", "[::1]:2", "[::1]:3"]);
        assert_eq!(addresses, alternating);
    }

    /// A listener with a full queue: the system does not answer further connections.
    #[cfg(target_os = "linux")]
    async fn silent() -> (tokio::net::TcpListener, [TcpStream; 2]) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        // Linux queues one connection more than the backlog.
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let first = TcpStream::connect(address).await.unwrap();
        let second = TcpStream::connect(address).await.unwrap();
        (listener, [first, second])
    }

    // Not on Windows: a listener whose queue is full refuses connections there.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_race_does_not_wait_for_an_address_that_does_not_answer() {
        let (silent, _queue) = silent().await;
        let closed = TcpSocket::new_v4().unwrap();
        closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let [silent, closed, server] = [
            silent.local_addr().unwrap(),
            closed.local_addr().unwrap(),
            server.local_addr().unwrap(),
        ];
        let racing = race(
            vec![silent, closed, server],
            None,
            Duration::from_millis(50),
        );
        // The system would give up the first address after two minutes.
        let stream = tokio::time::timeout(Duration::from_secs(60), racing).await;
        assert_eq!(stream.unwrap().unwrap().peer_addr().unwrap(), server);
    }

    #[tokio::test]
    async fn different_errors_of_several_addresses_become_one_error_with_all_texts() {
        let closed = TcpSocket::new_v4().unwrap();
        closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let closed = closed.local_addr().unwrap();
        for addresses in [vec![closed], vec![closed, closed]] {
            let error = race(addresses, None, Duration::ZERO).await.unwrap_err();
            assert_eq!(error.python_class(), "ConnectionRefusedError");
        }
        let errors = vec![Error::os(errno::ECONNREFUSED), Error::os(errno::ETIMEDOUT)];
        let texts: Vec<String> = errors.iter().map(Error::to_string).collect();
        let error = joined(errors);
        assert_eq!(error.python_class(), "OSError");
        let expected = format!("Multiple exceptions: {}", texts.join(", "));
        assert_eq!(error.to_string(), expected);
    }
}
