use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::link::Link;
use super::stream::TlsStream;
use super::timer::Timer;
use crate::context::SslContext;
use crate::error::{Error, Result};
use crate::object::{SslObject, WrapBio};
use crate::sys;

impl SslContext {
    /// Starts TLS as a client on an asynchronous stream. The handshake runs when the future is
    /// awaited.
    ///
    /// ```python
    /// reader, writer = await asyncio.open_connection("localhost", 8443, ssl=context)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # async fn f(context: ssl::SslContext) -> Result<(), Box<dyn std::error::Error>> {
    /// let tcp = tokio::net::TcpStream::connect("localhost:8443").await?;
    /// let stream = context.connect(tcp, "localhost").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// The stream can be any type that tokio can read and write, including another TLS stream. The
    /// options are those of [`wrap_bio`](SslContext::wrap_bio). As with `wrap_socket`, a context
    /// that checks host names requires `server_hostname`.
    ///
    /// # Errors
    ///
    /// The future returns the errors of
    /// [`SslSocket::do_handshake`](crate::SslSocket::do_handshake), and `ValueError`,
    /// `UnicodeError` or `SSLError` if the options do not fit the context. As in asyncio, it
    /// returns `ConnectionAbortedError` if the handshake exceeds [`Handshake::timeout`], and
    /// `ConnectionResetError` if the peer ends the inner stream during the handshake.
    ///
    /// # Panics
    ///
    /// With a time-out, the future panics outside a tokio runtime whose timer is enabled.
    #[doc(alias = "open_connection")]
    #[doc(alias = "start_tls")]
    #[doc(alias = "wrap_socket")]
    pub fn connect<S>(&self, stream: S, options: impl Into<WrapBio>) -> Handshake<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let options = options.into().server_side(false);
        Handshake::new(self, Link::new(stream), options, true, Timer::new())
    }

    /// Starts TLS as a server on an asynchronous stream. The handshake runs when the future is
    /// awaited.
    ///
    /// ```python
    /// server = await asyncio.start_server(handle, "localhost", 8443, ssl=context)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # async fn f(context: ssl::SslContext) -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::TcpListener::bind("localhost:8443").await?;
    /// loop {
    ///     let Ok((tcp, _)) = listener.accept().await else {
    ///         // There may be no descriptors left.
    ///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    ///         continue;
    ///     };
    ///     let handshake = context.accept(tcp);
    ///     tokio::spawn(async move {
    ///         let stream = handshake.await?;
    ///         // ...
    ///         Ok::<(), ssl::Error>(())
    ///     });
    /// }
    /// # }
    /// ```
    ///
    /// Each connection uses the context's settings at the time of this call. After
    /// [`load_cert_chain`](SslContext::load_cert_chain), the next client gets the new certificate.
    /// To choose the context by what the client offers, use
    /// [`LazyConfigAcceptor`](super::LazyConfigAcceptor).
    ///
    /// # Errors
    ///
    /// The same as [`connect`](Self::connect).
    ///
    /// # Panics
    ///
    /// The same as [`connect`](Self::connect).
    #[doc(alias = "start_server")]
    pub fn accept<S>(&self, stream: S) -> Handshake<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.accept_with(stream, WrapBio::new())
    }

    /// Like [`accept`](Self::accept), with options for one connection, for example its certificate,
    /// its OCSP response, or how it verifies the client.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # async fn f(context: ssl::SslContext, tcp: tokio::net::TcpStream) -> ssl::Result<()> {
    /// let options = ssl::WrapBio::new().verify_mode(ssl::CERT_REQUIRED);
    /// let stream = context.accept_with(tcp, options).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as [`connect`](Self::connect).
    ///
    /// # Panics
    ///
    /// The same as [`connect`](Self::connect).
    pub fn accept_with<S>(&self, stream: S, options: impl Into<WrapBio>) -> Handshake<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let options = options.into().server_side(true);
        Handshake::new(self, Link::new(stream), options, false, Timer::new())
    }
}

/// A TLS handshake on an asynchronous stream. It is a future that returns a [`TlsStream`].
///
/// It owns the stream: dropping the future before it completes closes the connection.
#[must_use = "a handshake does nothing until it is awaited"]
pub struct Handshake<S>(IntoFallible<S>);

/// A handshake that returns the plain stream if it fails; see [`Handshake::into_fallible`].
#[must_use = "a handshake does nothing until it is awaited"]
pub struct IntoFallible<S> {
    state: Option<State<S>>,
    timer: Timer,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a box would cost every handshake an allocation"
)]
enum State<S> {
    Shaking(TlsStream<S>),
    /// The options were invalid.
    Refused(Error, S),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Handshake<S> {
    pub(super) fn new(
        context: &SslContext,
        link: Link<S>,
        options: WrapBio,
        insist_on_hostname: bool,
        timer: Timer,
    ) -> Handshake<S> {
        let object = SslObject::wrap(context, link.transport(), options, insist_on_hostname);
        let state = Some(match object {
            Ok(object) => State::Shaking(TlsStream::new(link, object)),
            Err(error) => State::Refused(error, link.stream),
        });
        Handshake(IntoFallible { state, timer })
    }

    fn stream_mut(&mut self) -> Option<&mut TlsStream<S>> {
        match &mut self.0.state {
            Some(State::Shaking(stream)) => Some(stream),
            _ => None,
        }
    }

    /// Limits the handshake's duration, counted from the first poll. `None` means no limit. The
    /// default is asyncio's, 60 seconds.
    ///
    /// ```python
    /// loop.create_connection(..., ssl_handshake_timeout=5.0)
    /// ```
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn f(context: pyssl::SslContext, tcp: tokio::net::TcpStream) -> pyssl::Result<()> {
    /// let stream = context.accept(tcp).timeout(Some(Duration::from_secs(5))).await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "ssl_handshake_timeout")]
    pub fn timeout(mut self, timeout: Option<Duration>) -> Handshake<S> {
        self.0.timer = Timer::of(timeout);
        self
    }

    /// Limits the duration of [`TlsStream::unwrap`]; see [`TlsStream::set_shutdown_timeout`].
    #[doc(alias = "ssl_shutdown_timeout")]
    pub fn shutdown_timeout(mut self, timeout: Option<Duration>) -> Handshake<S> {
        if let Some(stream) = self.stream_mut() {
            stream.shutdown_timeout = timeout;
        }
        self
    }

    /// Sets whether a connection that ends without `close_notify` reads as end of file. The default
    /// is Python's, `true`. With `false`, the read returns `SSLEOFError`.
    ///
    /// Use `false` for protocols whose messages do not carry their length: an attacker can truncate
    /// such a connection (RFC 8446, section 6.1).
    pub fn suppress_ragged_eofs(mut self, on: bool) -> Handshake<S> {
        if let Some(stream) = self.stream_mut() {
            stream.suppress_ragged_eofs = on;
        }
        self
    }

    /// Passes bytes of the TLS connection that were already received, for example by a buffered
    /// reader that read past the STARTTLS line.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # use tokio::{io::BufReader, net::TcpStream};
    /// # async fn f(context: ssl::SslContext, plain: BufReader<TcpStream>) -> ssl::Result<()> {
    /// let received = plain.buffer().to_vec();
    /// let stream = context.accept(plain.into_inner()).received(&received).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// A STARTTLS server must not treat such bytes as clear text (CVE-2011-0411). A client that has
    /// received bytes before it starts TLS should close the connection.
    pub fn received(mut self, bytes: &[u8]) -> Handshake<S> {
        if let Some(stream) = self.stream_mut() {
            stream.received(bytes);
        }
        self
    }

    /// Makes the handshake return the plain stream beside the error if it fails.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # async fn f(context: ssl::SslContext, tcp: tokio::net::TcpStream) -> ssl::Result<()> {
    /// match context.accept(tcp).into_fallible().await {
    ///     Ok(stream) => println!("{:?}", stream.version()),
    ///     Err((error, tcp)) => eprintln!("{:?}: {error}", tcp.peer_addr()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// The bytes that the handshake has read from the stream are lost.
    pub fn into_fallible(self) -> IntoFallible<S> {
        self.0
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Handshake<S> {
    type Output = Result<TlsStream<S>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = Pin::new(&mut self.0).poll(cx);
        outcome.map_err(|(error, _)| error)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for IntoFallible<S> {
    type Output = Result<TlsStream<S>, (Error, S)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let outcome = match &mut this.state {
            Some(State::Shaking(stream)) => match stream.poll_handshake(cx) {
                Poll::Ready(Err(Error::Eof(_))) => Err(ended()),
                Poll::Ready(outcome) => outcome,
                Poll::Pending => Err(ready!(this.timer.poll(cx))),
            },
            Some(State::Refused(..)) => Ok(()),
            None => panic!("the handshake was polled after completion"),
        };
        Poll::Ready(match (this.state.take(), outcome) {
            (Some(State::Shaking(stream)), Ok(())) => Ok(stream),
            (Some(State::Shaking(stream)), Err(error)) => Err((error, stream.into_inner())),
            (Some(State::Refused(error, stream)), _) => Err((error, stream)),
            (None, _) => unreachable!("it was there above"),
        })
    }
}

/// Asyncio's error if the peer ends the inner stream during the handshake.
pub(super) fn ended() -> Error {
    Error::os(sys::errno::ECONNRESET)
}

impl<S> fmt::Debug for Handshake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for IntoFallible<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoFallible").finish_non_exhaustive()
    }
}
