use std::sync::Arc;

use tokio::task::JoinHandle;

use super::channel::{Change, Shared};
use super::{Endpoint, Ssl, connect};
use crate::error::{Error, Result};
use crate::object::SslObject;

/// Python's `asyncio.Protocol`: functions that a connection calls.
///
/// After `connection_made`, a task of the connection calls the functions one after the other.
pub trait Protocol: Send + 'static {
    /// The connection is established, and its handshake is done.
    fn connection_made(&mut self, transport: &Transport) {
        let _ = transport;
    }

    /// Data was received.
    fn data_received(&mut self, data: &[u8]);

    /// The peer has ended its sending direction. If the result is false, which is the default, the
    /// connection is closed.
    fn eof_received(&mut self) -> bool {
        false
    }

    /// More than `high` bytes are unsent (see [`Transport::get_write_buffer_limits`]). Python calls
    /// this function inside `transport.write`. Here the connection's task calls it, after the function
    /// of the protocol that wrote has returned.
    fn pause_writing(&mut self) {}

    /// After [`pause_writing`](Self::pause_writing), at most `low` bytes are left to be sent.
    fn resume_writing(&mut self) {}

    /// The connection has ended. `error` is `None` if one of the sides has closed the connection.
    fn connection_lost(&mut self, error: Option<&Error>) {
        let _ = error;
    }
}

/// Python's `asyncio.Transport`: a handle of a connection, for its [`Protocol`]. Clones refer to
/// the same connection.
#[derive(Debug, Clone)]
pub struct Transport(pub(super) Shared);

impl Transport {
    /// Queues data to be sent: Python's `transport.write(data)`. See
    /// [`StreamWriter::write`](super::StreamWriter::write).
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn write(&self, data: &[u8]) {
        self.0.write(data);
    }

    /// Ends the sending direction: Python's `transport.write_eof()`.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn write_eof(&self) {
        self.0.write_eof();
    }

    /// Python's `transport.close()`: sends what is queued, and closes the connection.
    pub fn close(&self) {
        self.0.close();
    }

    /// Python's `transport.abort()`: closes the connection at once. Queued data is lost.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Python's `transport.is_closing()`.
    pub fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    /// Python's `transport.pause_reading()`: the connection is not read, and the [`Protocol`] receives
    /// no data, until [`resume_reading`](Self::resume_reading). Only then are the end of the stream
    /// and its errors noticed, except for errors of writing.
    pub fn pause_reading(&self) {
        self.0.set_reading(false);
    }

    /// Python's `transport.resume_reading()`.
    pub fn resume_reading(&self) {
        self.0.set_reading(true);
    }

    /// Python's `transport.is_reading()`: false after `pause_reading`, and if the connection is
    /// closing.
    pub fn is_reading(&self) -> bool {
        self.0.is_reading()
    }

    /// Python's `transport.get_write_buffer_size()`: the number of bytes that were written and not
    /// encrypted yet, or not sent in clear text.
    pub fn get_write_buffer_size(&self) -> usize {
        self.0.unsent()
    }

    /// Python's `transport.get_write_buffer_limits()`: `(low, high)`. When more than `high` bytes are
    /// unsent, `drain` waits until `low` are left, and the protocol's `pause_writing` is called. The
    /// default is 128 and 512 KiB with TLS, and 16 and 64 KiB in clear text.
    pub fn get_write_buffer_limits(&self) -> (usize, usize) {
        self.0.limits()
    }

    /// Python's `transport.set_write_buffer_limits(high, low)`.
    ///
    /// ```python
    /// writer.transport.set_write_buffer_limits(high=0)
    /// ```
    /// ```no_run
    /// # fn f(writer: pyssl::aio::asyncio::StreamWriter) -> pyssl::Result<()> {
    /// writer.transport().set_write_buffer_limits(0, None)?;
    /// # Ok(()) }
    /// ```
    ///
    /// If `low` is not given, it is a quarter of `high`. If `high` is not given, it is four times
    /// `low`, and the default without `low`.
    ///
    /// # Errors
    ///
    /// `ValueError` if `high` is less than `low`.
    pub fn set_write_buffer_limits(
        &self,
        high: impl Into<Option<usize>>,
        low: impl Into<Option<usize>>,
    ) -> Result<()> {
        self.0.set_limits(high.into(), low.into())
    }

    /// Starts TLS in the middle of the connection: Python's `loop.start_tls(transport, protocol, sslcontext)`.
    ///
    /// ```python
    /// transport = await loop.start_tls(transport, protocol, context, server_hostname="localhost")
    /// transport = await loop.start_tls(transport, protocol, context, server_side=True)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # use ssl::aio::asyncio::{Ssl, Transport};
    /// # async fn client(context: ssl::SslContext, transport: Transport) -> ssl::Result<()> {
    /// transport.start_tls(Ssl::new(&context).server_hostname("localhost")).await?;
    /// # Ok(()) }
    /// # async fn server(context: ssl::SslContext, transport: Transport) -> ssl::Result<()> {
    /// transport.start_tls(Ssl::new(&context).server_side(true)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// The transport and the connection's [`Protocol`] stay the same; Python returns a new transport, and can replace the
    /// protocol. As in Python, `connection_made` is not called again. Bytes that were received and not yet passed to
    /// `data_received` belong to the TLS connection. So the peer must not start TLS before this side has called
    /// `start_tls`. A function of the protocol cannot wait for the handshake, so it
    /// starts a task.
    ///
    /// # Errors
    ///
    /// The errors of the handshake, which close the connection and are passed to `connection_lost`
    /// ([`SslContext::connect`](crate::SslContext::connect)). `ConnectionResetError` if the connection is closed during
    /// the handshake. After the other errors, the connection is still usable in clear text: `TypeError` without a context,
    /// `ValueError` for a time-out of zero, and the errors of [`SslContext::wrap_bio`](crate::SslContext::wrap_bio).
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub async fn start_tls(&self, ssl: impl Into<Ssl>) -> Result<()> {
        let ssl = ssl.into();
        let server_side = ssl.server_side.unwrap_or(false);
        self.0.start_tls(ssl, server_side).await
    }

    /// Python's `transport.get_extra_info("ssl_object")`. `None` in clear text.
    #[doc(alias = "get_extra_info")]
    pub fn object(&self) -> Option<Arc<SslObject>> {
        self.0.object()
    }
}

/// Python's `loop.create_connection(protocol_factory, host, port, ssl=...)`.
///
/// ```python
/// class Client(asyncio.Protocol):
///     def connection_made(self, transport):
///         transport.write(b"hello")
///     def data_received(self, data):
///         print(data)
/// transport, protocol = await loop.create_connection(Client, "localhost", 8443, ssl=context)
/// ```
/// ```no_run
/// # use pyssl as ssl;
/// use pyssl::aio::asyncio::{self, Protocol, Transport};
///
/// struct Client;
/// impl Protocol for Client {
///     fn connection_made(&mut self, transport: &Transport) {
///         transport.write(b"hello");
///     }
///     fn data_received(&mut self, data: &[u8]) {
///         println!("{data:?}");
///     }
/// }
/// # async fn f(context: ssl::SslContext) -> ssl::Result<()> {
/// let (transport, protocol) =
///     asyncio::create_connection(|| Client, ("localhost", 8443), &context).await?;
/// # Ok(()) }
/// ```
///
/// The task returns the protocol when the connection has ended.
///
/// # Errors
///
/// The same as [`open_connection`](super::open_connection). As in Python, no function of the
/// protocol is called if there is an error.
///
/// # Panics
///
/// Panics outside a tokio runtime.
pub async fn create_connection<P: Protocol>(
    protocol_factory: impl FnOnce() -> P,
    endpoint: impl Into<Endpoint>,
    ssl: impl Into<Ssl>,
) -> Result<(Transport, JoinHandle<P>)> {
    let shared = connect(endpoint.into(), ssl.into()).await?;
    let mut protocol = protocol_factory();
    let transport = Transport(shared.clone());
    protocol.connection_made(&transport);
    let running = tokio::spawn(async move {
        let mut paused = false;
        let mut end = None;
        loop {
            match shared.next_change(paused, end.is_some()).await {
                Change::Writing { pause } => {
                    paused = pause;
                    match pause {
                        true => protocol.pause_writing(),
                        false => protocol.resume_writing(),
                    }
                }
                Change::Received(data) => protocol.data_received(&data),
                Change::Ended(error) => {
                    if error.is_some() || shared.is_lost() {
                        shared.abort();
                    } else if !protocol.eof_received() {
                        shared.close();
                    }
                    end = Some(error);
                }
                Change::Closed(error) => {
                    let error = end.flatten().or(error);
                    protocol.connection_lost(error.as_ref());
                    return protocol;
                }
            }
        }
    });
    Ok((transport, running))
}
