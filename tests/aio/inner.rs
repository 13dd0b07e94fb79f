//! Inner streams that misbehave.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// A stream that is pending before each operation, and then transfers one byte.
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

    /// Whether this call must return `Pending`, as every other call does. In that case it has woken
    /// the task, so that the task polls again.
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

/// The fault of an inner stream at one of its polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The poll is pending, and arranges a wake-up. Later polls succeed.
    PendingOnce,
    /// The poll returns an error. Later polls succeed.
    ErrorOnce,
    /// All polls from this one on are pending, without a wake-up.
    PendingForEver,
}

/// A stream that has one fault, at a poll with a given number.
#[derive(Debug)]
pub(crate) struct Faulty<S> {
    inner: S,
    fault: Fault,
    at: usize,
    polls: usize,
}

impl<S> Faulty<S> {
    pub(crate) fn new(inner: S, fault: Fault, at: usize) -> Faulty<S> {
        Faulty {
            inner,
            fault,
            at,
            polls: 0,
        }
    }

    /// Whether the stream was polled often enough to reach the fault.
    pub(crate) fn reached(&self) -> bool {
        self.polls > self.at
    }

    fn next<T>(&mut self, cx: &Context<'_>) -> Option<Poll<io::Result<T>>> {
        let poll = self.polls;
        self.polls += 1;
        match self.fault {
            Fault::PendingOnce if poll == self.at => {
                cx.waker().wake_by_ref();
                Some(Poll::Pending)
            }
            Fault::ErrorOnce if poll == self.at => {
                Some(Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())))
            }
            Fault::PendingForEver if poll >= self.at => Some(Poll::Pending),
            _ => None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Faulty<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(fault) = self.next(cx) {
            return fault;
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faulty<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(fault) = self.next(cx) {
            return fault;
        }
        Pin::new(&mut self.inner).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(fault) = self.next(cx) {
            return fault;
        }
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(fault) = self.next(cx) {
            return fault;
        }
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A stream that counts the writes, or panics in one.
#[derive(Debug)]
pub(crate) struct Counting {
    pub(crate) inner: DuplexStream,
    pub(crate) writes: usize,
    pub(crate) panics: bool,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!self.panics, "the inner stream panics");
        self.writes += 1;
        Pin::new(&mut self.inner).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
