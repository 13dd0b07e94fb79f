//! Asyncio's functions, for programs that are translated from Python: [`open_connection`],
//! [`start_server`], [`create_connection`], and `start_tls`.
//!
//! ```python
//! reader, writer = await asyncio.open_connection("localhost", 8443, ssl=context)
//! writer.write(b"hello\n")
//! await writer.drain()
//! line = await reader.readline()
//! writer.close()
//! await writer.wait_closed()
//! ```
//! ```
//! use pyssl as ssl;
//! use pyssl::aio::asyncio;
//! # use pyssl_testing::{Ca, EchoServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> ssl::Result<()> {
//! # let ca = Ca::new();
//! # let server = EchoServer::start(&ca.issue("localhost"));
//! # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
//! # context.load_verify_locations(ssl::VerifyLocations::new().cadata(ca.cert_pem()))?;
//! # let port = server.port();
//! let (mut reader, mut writer) = asyncio::open_connection(("localhost", port), &context).await?;
//! writer.write(b"hello\n");
//! writer.drain().await?;
//! let line = reader.readline().await?;
//! # assert_eq!(line, b"hello\n");
//! writer.close();
//! writer.wait_closed().await?;
//! # Ok(()) }
//! ```
//!
//! As in Python, `write` returns at once, and a background task sends the data that the socket has no
//! room for. So these functions need a tokio runtime with I/O and time. A callback of
//! the context must not use the connection that has called it, not even with `{:?}`: the call would never return. Other
//! threads that use the connection wait until the callback returns. Programs that are written for
//! tokio use [`SslContext::connect`] and [`SslContext::accept`] instead.

mod channel;
mod endpoint;
mod flow;
mod protocol;
mod server;
mod streams;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use self::channel::{Channel, Shared};
pub use self::endpoint::Endpoint;
pub use self::protocol::{Protocol, Transport, create_connection};
pub use self::server::{Server, start_server};
pub use self::streams::{IncompleteReadError, StreamReader, StreamWriter};
use super::TlsStream;
use crate::context::SslContext;
use crate::error::{Error, Result};
use crate::object::{SslObject, WrapBio};

/// Asyncio's keyword arguments for TLS. A context converts to an `Ssl` that sets only `ssl`, and
/// `()` to one that means clear text.
///
/// ```python
/// asyncio.open_connection(host, port, ssl=context, server_hostname="localhost",
///                         ssl_handshake_timeout=5, ssl_shutdown_timeout=5)
/// ```
/// ```no_run
/// # use pyssl as ssl;
/// # use pyssl::aio::asyncio;
/// # use std::time::Duration;
/// # async fn f(context: ssl::SslContext, host: &str, port: u16) -> ssl::Result<()> {
/// let tls = asyncio::Ssl::new(&context)
///     .server_hostname("localhost")
///     .ssl_handshake_timeout(Duration::from_secs(5))
///     .ssl_shutdown_timeout(Duration::from_secs(5));
/// let streams = asyncio::open_connection((host, port), tls).await?;
/// # Ok(()) }
/// ```
///
/// For Python's `ssl=True`, pass [`create_default_context`](crate::create_default_context)`(())?`.
#[derive(Debug, Clone, Default)]
pub struct Ssl {
    context: Option<SslContext>,
    server_hostname: Option<String>,
    handshake: Option<Duration>,
    shutdown: Option<Duration>,
    server_side: Option<bool>,
    /// The port of the server, for the sessions that the context keeps.
    port: Option<u16>,
}

impl Ssl {
    /// TLS with this context.
    pub fn new(context: &SslContext) -> Ssl {
        Ssl {
            context: Some(context.clone()),
            ..Ssl::default()
        }
    }

    /// The name that the server's certificate must have. The default is the host of the
    /// [`Endpoint`].
    #[must_use]
    pub fn server_hostname(mut self, name: impl Into<String>) -> Ssl {
        self.server_hostname = Some(name.into());
        self
    }

    /// Limits the duration of the handshake. The default is 60 seconds.
    #[must_use]
    pub fn ssl_handshake_timeout(mut self, timeout: Duration) -> Ssl {
        self.handshake = Some(timeout);
        self
    }

    /// Limits how long closing waits for the peer's `close_notify`. The default is 30 seconds.
    #[must_use]
    pub fn ssl_shutdown_timeout(mut self, timeout: Duration) -> Ssl {
        self.shutdown = Some(timeout);
        self
    }

    /// Whether this side is the server of the handshake: an argument of [`Transport::start_tls`] only. The default is
    /// false.
    #[must_use]
    pub fn server_side(mut self, server_side: bool) -> Ssl {
        self.server_side = Some(server_side);
        self
    }

    /// Checks the arguments of a function that has no `server_side`.
    fn check(&self) -> Result<()> {
        if self.server_side.is_some() {
            let text = "got an unexpected keyword argument 'server_side'";
            return Err(Error::type_error(text));
        }
        self.check_rest()
    }

    /// Checks the arguments by Python's rules.
    fn check_rest(&self) -> Result<()> {
        if self.context.is_none() {
            let given = [
                ("server_hostname", self.server_hostname.is_some()),
                ("ssl_handshake_timeout", self.handshake.is_some()),
                ("ssl_shutdown_timeout", self.shutdown.is_some()),
            ];
            if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
                return Err(Error::value(format!("{name} is only meaningful with ssl")));
            }
        }
        for (name, timeout) in [
            ("ssl_handshake_timeout", self.handshake),
            ("ssl_shutdown_timeout", self.shutdown),
        ] {
            if timeout == Some(Duration::ZERO) {
                let text = format!("{name} should be a positive number, got 0");
                return Err(Error::value(text));
            }
        }
        Ok(())
    }
}

impl From<&SslContext> for Ssl {
    fn from(context: &SslContext) -> Ssl {
        Ssl::new(context)
    }
}

impl From<SslContext> for Ssl {
    fn from(context: SslContext) -> Ssl {
        Ssl::new(&context)
    }
}

impl From<()> for Ssl {
    /// Clear text.
    fn from((): ()) -> Ssl {
        Ssl::default()
    }
}

/// Python's `asyncio.open_connection(host, port, ssl=...)`. See the [module](self) for an example.
///
/// # Errors
///
/// `OSError` with `getaddrinfo`'s number (Python's `gaierror`) if the host is not found; `OSError`
/// if no address accepts the connection; the errors of [`SslContext::connect`]; `ValueError` for a
/// time-out of zero, for TLS on a `TcpStream` without `server_hostname`, and for arguments of TLS
/// without a context.
///
/// # Panics
///
/// Panics outside a tokio runtime.
pub async fn open_connection(
    endpoint: impl Into<Endpoint>,
    ssl: impl Into<Ssl>,
) -> Result<(StreamReader, StreamWriter)> {
    let shared = connect(endpoint.into(), ssl.into()).await?;
    Ok(streams::pair(shared))
}

async fn connect(endpoint: Endpoint, mut ssl: Ssl) -> Result<Shared> {
    ssl.check()?;
    if ssl.context.is_some() && ssl.server_hostname.is_none() {
        let host = endpoint.host();
        let missing = || Error::value("You must set server_hostname when using ssl without a host");
        ssl.server_hostname = Some(host.ok_or_else(missing)?.to_owned());
    }
    let stream = endpoint.connect().await?;
    // As with an `SslSocket`, the sessions that the context keeps belong to a port.
    let keeps = |context: &SslContext| context.client_session_cache() > 0;
    if ssl.context.as_ref().is_some_and(keeps) {
        ssl.port = stream.peer_addr().ok().map(|peer| peer.port());
    }
    Shared::start(Box::new(stream), ssl, false).await
}

fn options(ssl: &Ssl, server_side: bool) -> WrapBio {
    let options = WrapBio::new().server_side(server_side);
    match (server_side, ssl.port) {
        (true, _) => options,
        (false, None) => options.server_hostname(ssl.server_hostname.clone()),
        (false, Some(port)) => options
            .server_hostname(ssl.server_hostname.clone())
            .port(port),
    }
}

/// The handshake that [`open_connection`], [`start_server`] and `start_tls` share.
async fn handshake(
    context: &SslContext,
    link: super::link::Link<channel::Inner>,
    ssl: &Ssl,
    server_side: bool,
) -> Result<TlsStream<channel::Inner>> {
    let options = options(ssl, server_side);
    let timer = super::timer::Timer::of(Some(ssl.handshake.unwrap_or(super::HANDSHAKE_TIMEOUT)));
    let handshake = super::Handshake::new(context, link, options, !server_side, timer);
    let shutdown = ssl.shutdown.unwrap_or(super::SHUTDOWN_TIMEOUT);
    handshake.shutdown_timeout(Some(shutdown)).await
}

impl Shared {
    /// A connection in clear text, or under TLS after a handshake.
    async fn start(stream: channel::Inner, ssl: Ssl, server_side: bool) -> Result<Shared> {
        let channel = match &ssl.context {
            None => Channel::Plain(stream),
            Some(context) => {
                let link = super::link::Link::new(stream);
                Channel::Tls(Box::new(handshake(context, link, &ssl, server_side).await?))
            }
        };
        Ok(Shared::new(channel, server_side))
    }

    /// Starts TLS on the connection.
    async fn start_tls(&self, ssl: Ssl, server_side: bool) -> Result<()> {
        let Some(context) = &ssl.context else {
            return Err(Error::type_error(
                "sslcontext is expected to be an instance of ssl.SSLContext",
            ));
        };
        ssl.check_rest()?;
        // As in asyncio, arguments that the context refuses leave the connection as it is.
        let unused = super::link::Link::new(tokio::io::empty());
        let options = options(&ssl, server_side);
        SslObject::wrap(context, unused.transport(), options, !server_side)?;
        self.flushed().await?;
        let (stream, received) = self.take_for_upgrade()?;
        let upgrade = channel::Upgrade::new(self);
        let mut link = super::link::Link::new(stream);
        // Bytes that were received already belong to the TLS connection.
        link.push_received(&received);
        let mut shaking = pin!(handshake(context, link, &ssl, server_side));
        let shaken = poll_fn(|cx| match self.poll_closed(cx) {
            // `abort` ends the handshake, and so does `close` unless data waits to be sent.
            Poll::Ready(()) => Poll::Ready(Err(super::handshake::ended())),
            Poll::Pending => shaking.as_mut().poll(cx),
        });
        let stream = match shaken.await {
            Ok(stream) => stream,
            Err(error) => {
                upgrade.failed(error.copy());
                return Err(error);
            }
        };
        match upgrade.done(Channel::Tls(Box::new(stream))) {
            true => Ok(()),
            false => Err(super::handshake::ended()),
        }
    }
}
