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
    /// `SSLError`; `OSError` of the connection.
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
    /// `ValueError` if the line is longer than 64 KiB; otherwise as [`read`](Self::read).
    pub async fn readline(&mut self) -> Result<Vec<u8>> {
        match self.find(b"\n").await? {
            Some(end) => Ok(self.take(end)),
            None => Ok(self.take(usize::MAX)),
        }
    }

    /// Reads until a separator, which is included: Python's `await reader.readuntil(separator)`.
    ///
    /// # Errors
    ///
    /// `OSError` of the kind `UnexpectedEof` if the connection ends before (Python's
    /// `IncompleteReadError`); the received data can still be read. `ValueError` if the separator is
    /// empty or does not occur within 64 KiB. Otherwise as [`read`](Self::read).
    pub async fn readuntil(&mut self, separator: &[u8]) -> Result<Vec<u8>> {
        if separator.is_empty() {
            return Err(Error::value("Separator should be at least one-byte string"));
        }
        match self.find(separator).await? {
            Some(end) => Ok(self.take(end)),
            None => {
                let partial = self.0.with_received(|received| received.len());
                Err(incomplete(partial, "undefined"))
            }
        }
    }

    /// The position after the separator. `None` if the connection ends before.
    async fn find(&mut self, separator: &[u8]) -> Result<Option<usize>> {
        let mut from = 0;
        loop {
            let (found, length) = self.0.with_received(|received| {
                let mut places = received[from..].windows(separator.len());
                let place = places.position(|window| window == separator);
                (place.map(|place| from + place), received.len())
            });
            match found {
                Some(place) if place > LIMIT => {
                    return Err(Error::value(
                        "Separator is found, but chunk is longer than limit",
                    ));
                }
                Some(place) => return Ok(Some(place + separator.len())),
                None => {}
            }
            from = (length + 1).saturating_sub(separator.len());
            if from > LIMIT {
                return Err(Error::value(
                    "Separator is not found, and chunk exceed the limit",
                ));
            }
            if !self.0.receive(length).await? {
                return Ok(None);
            }
        }
    }

    /// Reads exactly `n` bytes: Python's `await reader.readexactly(n)`.
    ///
    /// # Errors
    ///
    /// `OSError` of the kind `UnexpectedEof` if the connection ends before (Python's
    /// `IncompleteReadError`); the received data can still be read. Otherwise as [`read`](Self::read).
    pub async fn readexactly(&mut self, n: usize) -> Result<Vec<u8>> {
        loop {
            let length = self.0.with_received(|received| received.len());
            if length >= n {
                return Ok(self.take(n));
            }
            if !self.0.receive(length).await? {
                return Err(incomplete(length, n));
            }
        }
    }

    /// Whether all data before the end was read: Python's `reader.at_eof()`.
    pub fn at_eof(&self) -> bool {
        self.0.at_eof()
    }
}

/// The text of Python's `IncompleteReadError`.
fn incomplete(partial: usize, expected: impl std::fmt::Display) -> Error {
    let text = format!("{partial} bytes read on a total of {expected} expected bytes");
    io::Error::new(io::ErrorKind::UnexpectedEof, text).into()
}

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
    /// `ConnectionResetError` if the connection was lost.
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
    /// ([`Ssl::ssl_shutdown_timeout`]); `SSLError` if it sends data instead; `OSError`.
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
    /// The errors of [`SslContext::connect`](crate::SslContext::connect), which close the connection;
    /// `TypeError` without a context; `ValueError` for a time-out of zero.
    pub async fn start_tls(&mut self, ssl: impl Into<Ssl>) -> Result<()> {
        self.0.start_tls(ssl.into()).await
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
