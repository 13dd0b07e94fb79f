use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::TlsStream;
use crate::object::SslObject;

/// The reading half of a [`TlsStream`]; see [`TlsStream::into_split`].
pub struct OwnedReadHalf<S>(Half<S>);

/// The writing half of a [`TlsStream`]; see [`TlsStream::into_split`].
///
/// Dropping it sends nothing. `shutdown` sends `close_notify`.
pub struct OwnedWriteHalf<S>(Half<S>);

/// The error of [`OwnedReadHalf::reunite`] for halves of different streams. It contains both.
#[non_exhaustive]
pub struct ReuniteError<S>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

struct Half<S> {
    stream: Arc<Mutex<TlsStream<S>>>,
    object: Arc<SslObject>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    /// Splits the stream into halves that two tasks can own. Each half has the getters.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// # async fn f(stream: ssl::aio::TlsStream<tokio::net::TcpStream>) -> std::io::Result<()> {
    /// let (mut reader, mut writer) = stream.into_split();
    /// tokio::spawn(async move {
    ///     writer.write_all(b"hello").await?;
    ///     writer.shutdown().await
    /// });
    /// let mut reply = Vec::new();
    /// reader.read_to_end(&mut reply).await?;
    /// println!("{:?}", reader.object().cipher());
    /// # Ok(()) }
    /// ```
    ///
    /// The stream closes when both halves are dropped. `tokio::io::split` works too; its halves
    /// have no getters.
    pub fn into_split(self) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
        let object = Arc::clone(&self.object);
        let stream = Arc::new(Mutex::new(self));
        let reader = OwnedReadHalf(Half {
            stream: Arc::clone(&stream),
            object: Arc::clone(&object),
        });
        (reader, OwnedWriteHalf(Half { stream, object }))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Half<S> {
    fn poll<T>(&self, poll: impl FnOnce(Pin<&mut TlsStream<S>>) -> T) -> T {
        // A poll does not block, so the lock is held only briefly.
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        poll(Pin::new(&mut *stream))
    }
}

impl<S> OwnedReadHalf<S> {
    /// The TLS connection's getters; see [`TlsStream::object`].
    pub fn object(&self) -> &SslObject {
        &self.0.object
    }

    /// Joins the halves again.
    ///
    /// # Errors
    ///
    /// The error returns both halves if they belong to different streams.
    #[expect(
        clippy::expect_used,
        reason = "there are two halves, one of which has been dropped"
    )]
    #[expect(clippy::missing_panics_doc, reason = "it cannot panic")]
    pub fn reunite(self, writer: OwnedWriteHalf<S>) -> Result<TlsStream<S>, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.0.stream, &writer.0.stream) {
            return Err(ReuniteError(self, writer));
        }
        drop(writer);
        let stream = Arc::into_inner(self.0.stream).expect("the other half is gone");
        Ok(stream.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> OwnedWriteHalf<S> {
    /// The TLS connection's getters; see [`TlsStream::object`].
    pub fn object(&self) -> &SslObject {
        &self.0.object
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for OwnedReadHalf<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.poll(|stream| stream.poll_read(cx, buf))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for OwnedWriteHalf<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll(|stream| stream.poll_write(cx, data))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.poll(|stream| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll(|stream| stream.poll_shutdown(cx))
    }
}

impl<S> fmt::Debug for OwnedReadHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedReadHalf")
            .field(&self.0.object)
            .finish()
    }
}

impl<S> fmt::Debug for OwnedWriteHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedWriteHalf")
            .field(&self.0.object)
            .finish()
    }
}

impl<S> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReuniteError").finish_non_exhaustive()
    }
}

impl<S> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of different streams")
    }
}

impl<S> std::error::Error for ReuniteError<S> {}
