use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::handshake::{Handshake, ended};
use super::link::Link;
use super::timer::Timer;
use super::wakers::Task;
use crate::client_hello::{ClientHello, HelloReader};
use crate::constants::Protocol;
use crate::context::SslContext;
use crate::error::{Error, Result};
use crate::object::{MemoryBio, WrapBio};

/// Accepts a TLS connection in two steps: it reads the ClientHello, and the caller then chooses the
/// context. It is a future that returns [`StartHandshake`]. `tokio-rustls` has a type with the same
/// name.
///
/// The choice may wait: for a certificate that is issued on demand, for a key from a store, for a
/// database. Python's `sni_callback` cannot wait.
///
/// ```
/// use pyssl as ssl;
/// use pyssl::aio::LazyConfigAcceptor;
/// # use tokio::net::TcpStream;
///
/// # async fn load(name: &str) -> ssl::Result<ssl::SslContext> { ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER) }
/// # async fn serve(tcp: TcpStream) -> ssl::Result<()> {
/// let start = LazyConfigAcceptor::new(tcp).await?;
/// let context = match start.client_hello().server_name() {
///     Some(name) => load(name).await?,
///     None => load("default").await?,
/// };
/// let stream = start.accept(&context).await?;
/// # Ok(()) }
/// ```
///
/// # Callbacks that wait
///
/// OpenSSL calls callbacks in the middle of a handshake and needs the answer at once, so the
/// callbacks of a context cannot be `async`. Everything they would wait for can be fetched here:
///
/// | to choose | read | then |
/// |---|---|---|
/// | a context, as in `sni_callback` | [`server_name`](ClientHello::server_name) and the rest | [`accept`](StartHandshake::accept) |
/// | a certificate | the same, [`signature_algorithms`](ClientHello::signature_algorithms) | [`accept_with`](StartHandshake::accept_with), [`WrapBio::identity`] |
/// | an OCSP response | [`wants_ocsp_response`](ClientHello::wants_ocsp_response) | [`accept_with`](StartHandshake::accept_with), [`WrapBio::ocsp_response`] |
/// | a pre-shared key of TLS 1.3 | [`psk_identities`](ClientHello::psk_identities) | fetch the keys into a map that the context's PSK callback reads |
///
/// These answers cannot be awaited. OpenSSL asks for them inside a call, and needs the answer when the callback returns:
///
/// | side | question | instead |
/// |---|---|---|
/// | server | the pre-shared key of TLS 1.2, whose identity comes with the key exchange | the callback waits with `tokio::task::block_in_place`, which needs a runtime of several threads, or reads a map of all keys |
/// | client | its own pre-shared key; in TLS 1.2 the server's hint may select it | fetch the keys before `connect`, into a map that the callback reads |
/// | client | whether the server's certificate is revoked | [`set_ocsp_mode`](SslContext::set_ocsp_mode) decides from the server's OCSP response alone; to ask a responder, await it after the handshake, before data is sent |
/// | client | its certificate, when the server requests one | load it before `connect`: [`WrapBio::identity`] |
/// | both | whether the peer's certificate is accepted (`set_verify_callback`) | read [`get_verified_chain`](super::TlsStream::get_verified_chain) after the handshake and await the decision |
///
/// # Errors
///
/// The future returns `SSLError` with OpenSSL's reason for bytes that are not a ClientHello, and
/// sends OpenSSL's alert; `ConnectionResetError` if the peer ends the stream;
/// `ConnectionAbortedError` after the [time-out](Self::timeout); `OSError` of the inner stream.
/// [`into_inner`](Self::into_inner) then returns the stream.
///
/// # Panics
///
/// With a time-out, the future panics outside a tokio runtime whose timer is enabled.
#[must_use = "nothing is read until it is awaited"]
pub struct LazyConfigAcceptor<S> {
    link: Option<Link<S>>,
    reader: HelloReader,
    timer: Timer,
}

impl<S: AsyncRead + AsyncWrite + Unpin> LazyConfigAcceptor<S> {
    /// Reads the ClientHello from this stream. Nothing may have been sent to the client yet.
    pub fn new(stream: S) -> LazyConfigAcceptor<S> {
        LazyConfigAcceptor {
            link: Some(Link::new(stream)),
            reader: HelloReader::default(),
            timer: Timer::new(),
        }
    }

    /// Limits the duration of the whole handshake, from the first poll: reading the ClientHello,
    /// the caller's choice, and the rest of the handshake. `None` means no limit. The default is
    /// asyncio's, 60 seconds. [`Handshake::timeout`] starts a new limit.
    #[doc(alias = "ssl_handshake_timeout")]
    pub fn timeout(mut self, timeout: Option<Duration>) -> LazyConfigAcceptor<S> {
        self.timer = Timer::of(timeout);
        self
    }

    /// Passes bytes that were already received, as [`Handshake::received`].
    pub fn received(mut self, bytes: &[u8]) -> LazyConfigAcceptor<S> {
        if let Some(link) = &mut self.link {
            link.push_received(bytes);
        }
        self
    }

    /// Returns the stream and the bytes that were read from it, for example after an error, to
    /// answer a client that does not speak TLS. `None` after the future has returned
    /// [`StartHandshake`].
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # use tokio::io::AsyncWriteExt;
    /// # async fn f(tcp: tokio::net::TcpStream) -> ssl::Result<()> {
    /// let mut acceptor = ssl::aio::LazyConfigAcceptor::new(tcp);
    /// match (&mut acceptor).await {
    ///     Ok(start) => { /* ... */ }
    ///     Err(error) if error.reason() == Some("HTTP_REQUEST") => {
    ///         if let Some((mut tcp, request)) = acceptor.into_inner() {
    ///             tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
    ///         }
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    #[doc(alias = "take_io")]
    pub fn into_inner(self) -> Option<(S, Vec<u8>)> {
        self.link.map(Link::into_parts)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for LazyConfigAcceptor<S> {
    type Output = Result<StartHandshake<S>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Some(link) = &mut this.link else {
            panic!("the acceptor was polled after completion");
        };
        this.timer.start();
        let hello = match poll_hello(link, &mut this.reader, cx) {
            Poll::Ready(hello) => hello?,
            Poll::Pending => return this.timer.poll(cx).map(Err),
        };
        let timer = std::mem::replace(&mut this.timer, Timer::of(None));
        let link = this.link.take();
        Poll::Ready(Ok(StartHandshake {
            link: link.unwrap_or_else(|| unreachable!("it was there above")),
            hello,
            timer,
        }))
    }
}

/// Receives until the ClientHello is complete. Its bytes stay in the link, so that OpenSSL reads
/// them too.
fn poll_hello<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    reader: &mut HelloReader,
    cx: &Context<'_>,
) -> Poll<Result<ClientHello>> {
    loop {
        match reader.read(link.received()) {
            Ok(Some(hello)) => return Poll::Ready(Ok(hello)),
            Ok(None) if link.ended => return Poll::Ready(Err(refuse(link, ended(), cx))),
            Ok(None) => ready!(link.poll_receive(Task::Sole, cx))?,
            Err(error) => return Poll::Ready(Err(refuse(link, error, cx))),
        }
    }
}

/// Passes bytes that are not a ClientHello to OpenSSL, which makes the error and the alert.
fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    found: Error,
    cx: &Context<'_>,
) -> Error {
    let outgoing = MemoryBio::new();
    let refusal = || {
        let context = SslContext::new(Protocol::PROTOCOL_TLS_SERVER)?;
        let incoming = MemoryBio::new();
        incoming.write(link.received())?;
        let options = WrapBio::new().server_side(true);
        let object = context.wrap_bio(&incoming, &outgoing, options)?;
        match object.do_handshake() {
            Err(Error::WantRead(_)) if link.ended => incoming.write_eof(),
            done => return done,
        }
        object.do_handshake()
    };
    let error = match refusal() {
        Err(Error::Eof(_)) => ended(),
        // OpenSSL finds no fault in the message, so the error of this library's parser is reported.
        // `NO_SHARED_CIPHER` only means that the context here has no certificate.
        Ok(()) | Err(Error::WantRead(_)) => found,
        Err(error) if error.reason() == Some("NO_SHARED_CIPHER") => found,
        Err(error) => error,
    };
    link.push_unsent(&outgoing.read(None));
    link.send_at_once(Task::Sole, cx);
    error
}

/// A connection whose ClientHello has been read; see [`LazyConfigAcceptor`].
#[must_use = "the client waits for the handshake"]
pub struct StartHandshake<S> {
    link: Link<S>,
    hello: ClientHello,
    timer: Timer,
}

impl<S: AsyncRead + AsyncWrite + Unpin> StartHandshake<S> {
    /// The client's first message, with all that the client offers.
    pub fn client_hello(&self) -> &ClientHello {
        &self.hello
    }

    /// Continues the handshake with this context, as [`SslContext::accept`].
    ///
    /// # Errors
    ///
    /// The same as [`SslContext::accept`].
    #[doc(alias = "into_stream")]
    pub fn accept(self, context: &SslContext) -> Handshake<S> {
        self.accept_with(context, WrapBio::new())
    }

    /// Continues the handshake with this context and the options of one connection.
    ///
    /// ```no_run
    /// # use pyssl as ssl;
    /// # use ssl::aio::StartHandshake;
    /// # async fn load(name: Option<&str>) -> ssl::Result<(ssl::Identity, Vec<u8>)> { unimplemented!() }
    /// # async fn f(start: StartHandshake<tokio::net::TcpStream>, context: ssl::SslContext) -> ssl::Result<()> {
    /// let (identity, ocsp_response) = load(start.client_hello().server_name()).await?;
    /// let options = ssl::WrapBio::new().identity(&identity).ocsp_response(ocsp_response);
    /// let stream = start.accept_with(&context, options).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as [`SslContext::accept`].
    pub fn accept_with(self, context: &SslContext, options: impl Into<WrapBio>) -> Handshake<S> {
        let options = options.into().server_side(true);
        Handshake::new(context, self.link, options, false, self.timer)
    }

    /// Returns the stream and the bytes that were read from it, for example to pass the connection
    /// to another server as it is.
    pub fn into_inner(self) -> (S, Vec<u8>) {
        self.link.into_parts()
    }
}

impl<S> fmt::Debug for LazyConfigAcceptor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyConfigAcceptor").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for StartHandshake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartHandshake")
            .field("client_hello", &self.hello)
            .finish_non_exhaustive()
    }
}
