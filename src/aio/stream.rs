use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::link::Link;
use super::wakers::Task;
use crate::engine::Step;
use crate::error::{Error, Result};
use crate::ffi::ssl::RECORD_MAX;
use crate::object::SslObject;

/// The most data that one write encrypts: four full records, sent by one write of the inner stream.
const ENCRYPTED_MAX: usize = 64 * 1024;

/// TLS on an asynchronous stream, after its handshake. [`SslContext::connect`] and
/// [`SslContext::accept`] return it.
///
/// It implements tokio's [`AsyncRead`] and [`AsyncWrite`], and has the getters of Python's
/// `SSLSocket`: the version, the peer's certificate, the session.
/// [`into_split`](Self::into_split) makes two halves; `tokio::io::split` works too.
///
/// - Cancelling a read loses no data.
/// - A write returns once the data is encrypted. Up to 131 KiB may still be unsent; `flush`,
///   `shutdown` and every later read or write continue to send it.
/// - `shutdown` sends `close_notify` and shuts down the inner stream's write side. Reads continue
///   until the peer's `close_notify`.
/// - As in Python, a connection that ends without `close_notify` reads as end of file; with
///   [`suppress_ragged_eofs(false)`](super::Handshake::suppress_ragged_eofs) the read returns
///   `SSLEOFError`.
///
/// ```
/// use pyssl as ssl;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// # use pyssl_testing::{Ca, EchoServer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let ca = Ca::new();
/// # let server = EchoServer::start(&ca.issue("localhost"));
/// # let cadata = ssl::VerifyLocations::new().cadata(ca.cert_pem());
/// # let address = server.addr();
/// let context = ssl::create_default_context(())?;
/// # context.load_verify_locations(cadata)?;
/// let tcp = tokio::net::TcpStream::connect(address).await?;
/// let mut stream = context.connect(tcp, "localhost").await?;
/// println!("{:?}", stream.version());
/// stream.write_all(b"hello").await?;
/// stream.flush().await?;
/// let mut reply = [0; 5];
/// stream.read_exact(&mut reply).await?;
/// # assert_eq!(&reply, b"hello");
/// stream.shutdown().await?;
/// # Ok(()) }
/// ```
///
/// [`SslContext::connect`]: crate::SslContext::connect
/// [`SslContext::accept`]: crate::SslContext::accept
pub struct TlsStream<S> {
    /// `None` only while a method that consumes the stream runs.
    link: Option<Link<S>>,
    pub(super) object: Arc<SslObject>,
    pub(super) suppress_ragged_eofs: bool,
    pub(super) shutdown_timeout: Option<Duration>,
    /// Whether an error has ended the TLS connection.
    failed: bool,
    close_notify_sent: bool,
    flush_on_drop: fn(&mut Link<S>),
}

/// The result of a TLS operation, and whether its records could be sent.
type Driven<T> = Poll<Result<(T, Poll<io::Result<()>>)>>;

impl<S> TlsStream<S> {
    /// The TLS connection, for functions that take Python's `SSLObject`. The stream has the same
    /// getters.
    ///
    /// ```python
    /// writer.get_extra_info("ssl_object")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(stream: &ssl::aio::TlsStream<tokio::net::TcpStream>) {
    /// stream.object();
    /// # }
    /// ```
    ///
    /// Do not call `read`, `write` or `unwrap` on it: the stream would not send the resulting
    /// records.
    #[doc(alias = "ssl_object")]
    #[doc(alias = "get_extra_info")]
    pub fn object(&self) -> &SslObject {
        &self.object
    }

    #[expect(
        clippy::expect_used,
        reason = "only methods that consume the stream take it"
    )]
    fn link(&self) -> &Link<S> {
        self.link.as_ref().expect("the stream is whole")
    }

    #[expect(
        clippy::expect_used,
        reason = "only methods that consume the stream take it"
    )]
    fn link_mut(&mut self) -> &mut Link<S> {
        self.link.as_mut().expect("the stream is whole")
    }

    /// The inner stream.
    pub fn get_ref(&self) -> &S {
        &self.link().stream
    }

    /// The inner stream, for example to set its options. Do not read from it or write to it: the
    /// TLS connection would miss those bytes.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.link_mut().stream
    }

    /// Limits how long [`unwrap`](Self::unwrap) waits for the peer's `close_notify`. `None` means
    /// no limit. The default is asyncio's, 30 seconds.
    ///
    /// ```python
    /// loop.create_connection(..., ssl_shutdown_timeout=5.0)
    /// ```
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn f(stream: &mut pyssl::aio::TlsStream<tokio::net::TcpStream>) {
    /// stream.set_shutdown_timeout(Some(Duration::from_secs(5)));
    /// # }
    /// ```
    #[doc(alias = "ssl_shutdown_timeout")]
    pub fn set_shutdown_timeout(&mut self, timeout: Option<Duration>) {
        self.shutdown_timeout = timeout;
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    pub(super) fn new(link: Link<S>, object: SslObject) -> TlsStream<S> {
        TlsStream {
            link: Some(link),
            object: Arc::new(object),
            suppress_ragged_eofs: true,
            shutdown_timeout: Some(super::SHUTDOWN_TIMEOUT),
            failed: false,
            close_notify_sent: false,
            flush_on_drop: |link| {
                // Bytes that the inner stream does not accept now are lost.
                link.send_at_once(Task::Writer, &Context::from_waker(Waker::noop()));
            },
        }
    }

    /// Whether a connection that ends without `close_notify` reads as the end of the data: Python's
    /// `suppress_ragged_eofs`.
    ///
    /// ```python
    /// sock.suppress_ragged_eofs
    /// ```
    /// ```
    /// # fn f(stream: &pyssl::aio::TlsStream<tokio::net::TcpStream>) -> bool {
    /// stream.suppress_ragged_eofs()
    /// # }
    /// ```
    pub fn suppress_ragged_eofs(&self) -> bool {
        self.suppress_ragged_eofs
    }

    /// Returns the inner stream. The TLS connection ends without `close_notify`, and buffered bytes
    /// of either direction are lost.
    pub fn into_inner(mut self) -> S {
        self.take_link().stream
    }

    #[expect(clippy::expect_used, reason = "each caller consumes the stream")]
    fn take_link(&mut self) -> Link<S> {
        self.link.take().expect("the stream is whole")
    }

    /// Ends the TLS connection and returns to clear text: sends `close_notify` and waits for the
    /// peer's. Python's `SSLSocket.unwrap()`.
    ///
    /// ```python
    /// sock = ssl_sock.unwrap()
    /// ```
    /// ```no_run
    /// # async fn f(stream: pyssl::aio::TlsStream<tokio::net::TcpStream>) -> pyssl::Result<()> {
    /// let (tcp, clear_text) = stream.unwrap().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// The returned bytes are clear text that was received together with the peer's `close_notify`.
    ///
    /// # Errors
    ///
    /// `TimeoutError` if the peer does not answer within the
    /// [time-out](Self::set_shutdown_timeout); `SSLError` (`APPLICATION_DATA_AFTER_CLOSE_NOTIFY`)
    /// if the peer keeps sending data; `SSLEOFError`; `OSError` of the inner stream.
    ///
    /// # Panics
    ///
    /// With a time-out, panics outside a tokio runtime whose timer is enabled.
    pub async fn unwrap(mut self) -> Result<(S, Vec<u8>)> {
        let timeout = self.shutdown_timeout;
        let unwrapping = std::future::poll_fn(|cx| self.poll_unwrap(cx));
        match timeout {
            None => unwrapping.await?,
            Some(timeout) => tokio::time::timeout(timeout, unwrapping)
                .await
                .unwrap_or(Err(Error::Timeout("SSL shutdown timed out")))?,
        }
        Ok(self.take_link().into_parts())
    }

    fn poll_unwrap(&mut self, cx: &Context<'_>) -> Poll<Result<()>> {
        let _ = ready!(self.drive(Task::Sole, cx, false, SslObject::try_unwrap))?;
        // The peer's `close_notify` may have arrived before ours was sent, so ours is flushed here.
        let flushed = self.link_mut().poll_flush(Task::Sole, cx);
        flushed.map_err(Error::from)
    }

    /// Runs a TLS operation. Reads from and writes to the inner stream as the operation needs.
    /// [`Link::lend`] describes `direct`.
    fn drive<T>(
        &mut self,
        task: Task,
        cx: &Context<'_>,
        direct: bool,
        mut operation: impl FnMut(&SslObject) -> Result<Step<T>>,
    ) -> Driven<T> {
        // If no bytes of the peer have arrived, a read of OpenSSL could only report that it needs
        // some.
        let mut needs_bytes = task == Task::Reader
            && !self.failed
            && !self.link().ended
            && self.link().received().is_empty()
            && self.object.awaits_peer();
        let suppressed = task == Task::Reader && self.suppress_ragged_eofs;
        let object = Arc::clone(&self.object);
        loop {
            let link = self.link_mut();
            let outcome = match std::mem::take(&mut needs_bytes) {
                true => Ok(Step::WantRead),
                false => link.lend(task, cx, direct, || operation(&object)),
            };
            let sent = match outcome {
                Ok(Step::Done(value)) => {
                    let sent = link.poll_send(task, cx);
                    return Poll::Ready(Ok((value, sent)));
                }
                Ok(Step::WantRead) if link.ended => {
                    // If ragged ends are suppressed, OpenSSL does not learn of the end of the inner
                    // stream, because it would then refuse to write.
                    if suppressed || link.tells_end {
                        return Poll::Ready(Err(Error::eof()));
                    }
                    link.tells_end = true;
                    continue;
                }
                // Send before receiving: the peer may be waiting for these bytes. If the inner stream
                // is full, `task` is woken when it has room.
                Ok(_) => link.poll_flush(task, cx),
                Err(error) => {
                    // Send the alert, if there is one.
                    link.send_at_once(task, cx);
                    self.failed |= !matches!(error, Error::ZeroReturn(_));
                    return Poll::Ready(Err(error));
                }
            };
            let error = match (sent, task) {
                // Data that the peer sent before it closed the connection can still be read.
                (Poll::Ready(Err(error)), Task::Reader) => match link.poll_receive(task, cx) {
                    Poll::Ready(Ok(())) => continue,
                    Poll::Ready(Err(error)) => error,
                    Poll::Pending => error,
                },
                (Poll::Ready(Err(error)), Task::Writer | Task::Sole) => error,
                (Poll::Ready(Ok(())) | Poll::Pending, _) => {
                    match ready!(link.poll_receive(task, cx)) {
                        Ok(()) => continue,
                        Err(error) => error,
                    }
                }
            };
            self.failed = true;
            return Poll::Ready(Err(error.into()));
        }
    }

    pub(super) fn poll_handshake(&mut self, cx: &Context<'_>) -> Poll<Result<()>> {
        let _ = ready!(self.drive(Task::Sole, cx, false, SslObject::try_do_handshake))?;
        // The peer needs the last flight to finish its handshake. Only the tickets of a TLS 1.3
        // server may be sent later: a client that writes before it reads, or that has closed the
        // connection already, would not receive them, and the handshake must not fail for that.
        let only_tickets = self.object.server_side() && self.object.version() == Some("TLSv1.3");
        match self.link_mut().poll_flush(Task::Sole, cx) {
            Poll::Pending | Poll::Ready(Err(_)) if only_tickets => Poll::Ready(Ok(())),
            sent => sent.map_err(Error::from),
        }
    }

    /// Adds bytes that were received before the handshake.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.link_mut().push_received(bytes);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let room = buf.initialize_unfilled();
        if room.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let read = this.drive(Task::Reader, cx, false, |object| object.try_read_into(room));
        match ready!(read) {
            Ok((n, _)) => {
                this.object.count_message();
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
            Err(Error::Eof(_)) if this.suppress_ragged_eofs => Poll::Ready(Ok(())),
            // Both sides have sent `close_notify`.
            Err(Error::ZeroReturn(_)) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if !this.link().has_room() {
            ready!(this.link_mut().poll_send(Task::Writer, cx))?;
        }
        let chunk = &data[..data.len().min(ENCRYPTED_MAX)];
        // The records of a larger chunk are sent together.
        let direct = chunk.len() <= RECORD_MAX;
        match ready!(this.drive(Task::Writer, cx, direct, |object| object.try_write(chunk)))? {
            (_, Poll::Ready(Err(error))) => {
                this.failed = true;
                Poll::Ready(Err(error))
            }
            (n, _) => {
                this.object.count_message();
                Poll::Ready(Ok(n))
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = slices.iter().filter(|slice| !slice.is_empty());
        let first: &[u8] = filled.next().map_or(&[], |slice| slice);
        if first.len() >= RECORD_MAX || filled.next().is_none() {
            return self.poll_write(cx, first);
        }
        let mut gathered = Vec::with_capacity(RECORD_MAX);
        for slice in slices {
            let room = RECORD_MAX - gathered.len();
            gathered.extend_from_slice(&slice[..slice.len().min(room)]);
        }
        self.poll_write(cx, &gathered)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().link_mut().poll_flush(Task::Writer, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // After a failure OpenSSL has already sent an alert; it sends no close_notify.
        if !this.close_notify_sent && !this.failed {
            let object = Arc::clone(&this.object);
            let link = this.link_mut();
            let sent = link.lend(Task::Writer, cx, false, || object.send_close_notify());
            if let Err(error) = sent {
                // A later call shuts down the inner stream.
                this.failed = true;
                return Poll::Ready(Err(error.into()));
            }
            this.close_notify_sent = true;
        }
        let link = this.link_mut();
        ready!(link.poll_send(Task::Writer, cx))?;
        link.poll_shutdown(Task::Writer, cx)
    }
}

impl<S> Drop for TlsStream<S> {
    fn drop(&mut self) {
        // If the inner stream has panicked, it may panic again, and a second panic would abort the
        // process.
        if let (Some(link), false) = (&mut self.link, std::thread::panicking()) {
            (self.flush_on_drop)(link);
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("stream", &self.link.as_ref().map(|link| &link.stream))
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}
