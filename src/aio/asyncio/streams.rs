use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::Ssl;
use super::channel::Shared;
use crate::error::{Error, Result};
use crate::object::SslObject;

/// The longest line: asyncio's default for `limit`.
const LIMIT: usize = 64 * 1024;

/// Python's `asyncio.StreamReader`. It also implements tokio's [`AsyncRead`].
#[derive(Debug)]
pub struct StreamReader(Shared);

/// Python's `asyncio.StreamWriter`. Dropping the writer closes the connection, as
/// [`close`](Self::close) does.
#[derive(Debug)]
pub struct StreamWriter(Shared);

pub(super) fn pair(shared: Shared) -> (StreamReader, StreamWriter) {
    (StreamReader(shared.clone()), StreamWriter(shared))
}

impl StreamReader {
    /// Reads up to `n` bytes: Python's `await reader.read(n)`. `None` reads until the end, as -1
    /// does in Python. An empty result means the end of the stream.
    ///
    /// # Errors
    ///
    /// `SSLError`; `OSError` of the connection. As in Python, each later call returns the error too. Data that was
    /// received before the error is read first; CPython discards it.
    pub async fn read(&mut self, n: impl Into<Option<usize>>) -> Result<Vec<u8>> {
        let n = n.into();
        if n == Some(0) {
            return Ok(Vec::new());
        }
        let mut have = 0;
        while self.0.receive(have).await? && n.is_none() {
            have = self.0.with_received(|received| received.len());
        }
        Ok(self.take(n.unwrap_or(usize::MAX)))
    }

    fn take(&self, n: usize) -> Vec<u8> {
        self.0.with_received(|received| {
            let rest = received.split_off(n.min(received.len()));
            std::mem::replace(received, rest)
        })
    }

    /// Reads a line with its `\n`: Python's `await reader.readline()`. At the end of the stream, the line
    /// may have no `\n`, or be empty.
    ///
    /// # Errors
    ///
    /// `ValueError` if the line is longer than 64 KiB; otherwise as [`read`](Self::read). As in Python, the line is
    /// then removed, or, if its end was not received yet, all data that was received.
    pub async fn readline(&mut self) -> Result<Vec<u8>> {
        match self.find(b"\n").await? {
            Found::At(end) => Ok(self.take(end)),
            Found::End => Ok(self.take(usize::MAX)),
            Found::BeyondLimit(end) => {
                self.take(end.unwrap_or(usize::MAX));
                Err(overrun(end))
            }
        }
    }

    /// Reads until a separator, which is included: Python's `await reader.readuntil(separator)`.
    ///
    /// # Errors
    ///
    /// `OSError` of the kind `UnexpectedEof` if the connection ends before: an [`IncompleteReadError`], which has
    /// the received data. `ValueError` if the separator is empty, or does not occur within 64 KiB (Python's
    /// `LimitOverrunError`); the received data can still be read. Otherwise as [`read`](Self::read).
    pub async fn readuntil(&mut self, separator: &[u8]) -> Result<Vec<u8>> {
        if separator.is_empty() {
            return Err(Error::value("Separator should be at least one-byte string"));
        }
        match self.find(separator).await? {
            Found::At(end) => Ok(self.take(end)),
            Found::End => Err(self.incomplete(None)),
            Found::BeyondLimit(end) => Err(overrun(end)),
        }
    }

    async fn find(&mut self, separator: &[u8]) -> Result<Found> {
        let mut from = 0;
        loop {
            let (found, length) = self.0.with_received(|received| {
                let mut places = received[from..].windows(separator.len());
                let place = places.position(|window| window == separator);
                (place.map(|place| from + place), received.len())
            });
            if let Some(place) = found {
                let end = place + separator.len();
                return Ok(match place > LIMIT {
                    true => Found::BeyondLimit(Some(end)),
                    false => Found::At(end),
                });
            }
            from = (length + 1).saturating_sub(separator.len());
            if from > LIMIT {
                return Ok(Found::BeyondLimit(None));
            }
            if !self.0.receive(length).await? {
                return Ok(Found::End);
            }
        }
    }

    /// Reads exactly `n` bytes: Python's `await reader.readexactly(n)`.
    ///
    /// # Errors
    ///
    /// `OSError` of the kind `UnexpectedEof` if the connection ends before: an [`IncompleteReadError`], which has
    /// the received data. Otherwise as [`read`](Self::read).
    pub async fn readexactly(&mut self, n: usize) -> Result<Vec<u8>> {
        loop {
            let length = self.0.with_received(|received| received.len());
            if length >= n {
                return Ok(self.take(n));
            }
            if !self.0.receive(length).await? {
                return Err(self.incomplete(Some(n)));
            }
        }
    }

    /// The error of a stream that ended too early. As in Python, it takes the received data.
    fn incomplete(&self, expected: Option<usize>) -> Error {
        let partial = self.take(usize::MAX);
        let error = IncompleteReadError { partial, expected };
        io::Error::new(io::ErrorKind::UnexpectedEof, error).into()
    }

    /// Whether all data before the end was read: Python's `reader.at_eof()`.
    pub fn at_eof(&self) -> bool {
        self.0.at_eof()
    }
}

/// The result of a search for a separator.
enum Found {
    /// The position after the separator.
    At(usize),
    /// The stream ends before a separator.
    End,
    /// The data before the separator is longer than the limit. The position after the separator, if it was received.
    BeyondLimit(Option<usize>),
}

/// The error that Python's `readuntil` raises as `LimitOverrunError`, and `readline` as `ValueError`.
fn overrun(end: Option<usize>) -> Error {
    Error::value(match end {
        Some(_) => "Separator is found, but chunk is longer than limit",
        None => "Separator is not found, and chunk exceed the limit",
    })
}

/// Python's `asyncio.IncompleteReadError`: the stream has ended before the requested data. It is inside the `OSError`
/// that [`StreamReader::readexactly`] and [`StreamReader::readuntil`] return.
///
/// ```python
/// try:
///     data = await reader.readexactly(100)
/// except asyncio.IncompleteReadError as e:
///     data = e.partial
/// ```
/// ```
/// # use pyssl as ssl;
/// use ssl::aio::asyncio::{self, IncompleteReadError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ssl::Result<()> {
/// # let handle = |_, mut writer: asyncio::StreamWriter| async move { writer.write(b"only this") };
/// # let server = asyncio::start_server(handle, ("127.0.0.1", 0), ()).await?;
/// # let address = ("127.0.0.1", server.sockets()[0].port());
/// # let (mut reader, _writer) = asyncio::open_connection(address, ()).await?;
/// let data = match reader.readexactly(100).await {
///     Ok(data) => data,
///     Err(e) => match IncompleteReadError::of(&e) {
///         Some(incomplete) => incomplete.partial().to_vec(),
///         None => return Err(e),
///     },
/// };
/// assert_eq!(data, b"only this");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncompleteReadError {
    partial: Vec<u8>,
    expected: Option<usize>,
}

impl IncompleteReadError {
    /// The `IncompleteReadError` in this error, if there is one.
    pub fn of(error: &Error) -> Option<&IncompleteReadError> {
        let source = std::error::Error::source(error)?;
        source
            .downcast_ref::<io::Error>()?
            .get_ref()?
            .downcast_ref()
    }

    /// The data that was received before the end: Python's `e.partial`. The stream does not return it again.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// The number of bytes that were requested: Python's `e.expected`. `None` for `readuntil`.
    pub fn expected(&self) -> Option<usize> {
        self.expected
    }
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.partial.len();
        match self.expected {
            Some(expected) => write!(f, "{n} bytes read on a total of {expected} expected bytes"),
            None => write!(f, "{n} bytes read on a total of undefined expected bytes"),
        }
    }
}

impl std::error::Error for IncompleteReadError {}

impl AsyncRead for StreamReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        if room == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.0.poll_receive(0, cx))?;
        buf.put_slice(&self.take(room));
        Poll::Ready(Ok(()))
    }
}

impl StreamWriter {
    /// Queues data to be sent: Python's `writer.write(data)`. It returns at once. As in Python, data
    /// that is written after [`close`](Self::close), or after the connection was lost, is discarded.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn write(&mut self, data: &[u8]) {
        self.0.write(data);
    }

    /// Python's `writer.writelines(data)`: queues each piece.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn writelines<B: AsRef<[u8]>>(&mut self, data: impl IntoIterator<Item = B>) {
        for piece in data {
            self.0.write(piece.as_ref());
        }
    }

    /// Python's `await writer.drain()`: if 512 KiB or more are unsent (in clear text, more than 64 KiB),
    /// waits until a quarter of that is left. See
    /// [`set_write_buffer_limits`](super::Transport::set_write_buffer_limits).
    ///
    /// # Errors
    ///
    /// The error with which the connection was lost, in each call; `ConnectionResetError` if it was closed.
    pub async fn drain(&mut self) -> Result<()> {
        self.0.drained().await
    }

    /// Python's `writer.can_write_eof()`. Here it is true for TLS too: `write_eof` half-closes the
    /// connection.
    pub fn can_write_eof(&self) -> bool {
        true
    }

    /// Ends the sending direction: Python's `writer.write_eof()`, which asyncio does not have for
    /// TLS. The reader can still receive.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn write_eof(&mut self) {
        self.0.write_eof();
    }

    /// Python's `writer.close()`: sends what is queued, then `close_notify`, and closes the
    /// connection. A background task does this, so `close` returns at once.
    pub fn close(&mut self) {
        self.0.close();
    }

    /// Python's `writer.is_closing()`.
    pub fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    /// Python's `await writer.wait_closed()`: waits until [`close`](Self::close) is done.
    ///
    /// # Errors
    ///
    /// `TimeoutError` if the peer does not answer `close_notify` in time
    /// ([`Ssl::ssl_shutdown_timeout`]); `SSLError` if it sends data instead; `OSError`. As in Python, each later call
    /// returns the error too.
    pub async fn wait_closed(&mut self) -> Result<()> {
        self.0.wait_closed().await
    }

    /// Starts TLS in the middle of the connection: Python's `await writer.start_tls(context)`.
    ///
    /// ```python
    /// writer.write(b"STARTTLS\n")
    /// await reader.readline()
    /// await writer.start_tls(context, server_hostname="localhost")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # use ssl::aio::asyncio::{Ssl, StreamReader, StreamWriter};
    /// # async fn f(context: ssl::SslContext, mut reader: StreamReader, mut writer: StreamWriter) -> ssl::Result<()> {
    /// writer.write(b"STARTTLS\n");
    /// reader.readline().await?;
    /// writer.start_tls(Ssl::new(&context).server_hostname("localhost")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// If the stream comes from [`start_server`](super::start_server), this side is the server of
    /// the TLS handshake. Bytes that were received and not read yet belong to the TLS connection.
    /// CPython loses them.
    ///
    /// # Errors
    ///
    /// The errors of the handshake, which close the connection ([`SslContext::connect`](crate::SslContext::connect)).
    /// After the other errors, the connection is still usable in clear text: `TypeError` without a context, `ValueError`
    /// for a time-out of zero, and the errors of [`SslContext::wrap_bio`](crate::SslContext::wrap_bio).
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub async fn start_tls(&mut self, ssl: impl Into<Ssl>) -> Result<()> {
        let ssl = ssl.into();
        if ssl.context.is_some() {
            ssl.check()?;
        }
        self.0.start_tls(ssl, self.0.server_side()).await
    }

    /// Python's `writer.get_extra_info("ssl_object")`: the getters of the TLS connection. `None` in
    /// clear text.
    #[doc(alias = "get_extra_info")]
    pub fn object(&self) -> Option<Arc<SslObject>> {
        self.0.object()
    }

    /// Python's `writer.transport`.
    pub fn transport(&self) -> super::Transport {
        super::Transport(self.0.clone())
    }
}

impl Drop for StreamWriter {
    fn drop(&mut self) {
        self.0.close();
    }
}
