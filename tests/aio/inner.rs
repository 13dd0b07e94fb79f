//! Inner streams that misbehave.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// A stream that is pending before each operation, and then takes or gives one byte.
#[derive(Debug)]
pub(crate) struct Trickle {
    inner: DuplexStream,
    paused: [bool; 2],
}

impl Trickle {
    pub(crate) fn new(inner: DuplexStream) -> Trickle {
        Trickle {
            inner,
            paused: [false; 2],
        }
    }

    /// Whether this call pauses; it has arranged a wake-up then.
    fn pauses(&mut self, direction: usize, cx: &Context<'_>) -> bool {
        self.paused[direction] = !self.paused[direction];
        if self.paused[direction] {
            cx.waker().wake_by_ref();
        }
        self.paused[direction]
    }
}

impl AsyncRead for Trickle {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pauses(0, cx) {
            return Poll::Pending;
        }
        let mut one = [0];
        let mut small = ReadBuf::new(&mut one);
        let outcome = Pin::new(&mut self.inner).poll_read(cx, &mut small);
        buf.put_slice(small.filled());
        outcome
    }
}

impl AsyncWrite for Trickle {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.pauses(1, cx) {
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll_write(cx, &data[..data.len().min(1)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A stream whose reads or writes fail.
#[derive(Debug)]
pub(crate) struct Failing {
    pub(crate) inner: DuplexStream,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Failing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.writes {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.inner).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
