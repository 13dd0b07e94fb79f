//! The inner stream, and the buffers between it and the TLS connection.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::wakers::{Direction, Task};
use crate::object::MemoryBio;

/// The size of one read of the inner stream: a full record and the header of the next.
const READ: usize = 17 * 1024;

/// A write waits while this many encrypted bytes or more are unsent. One write of 64 KiB makes fewer, so
/// the next write does not wait for it, and up to 131 KiB can be unsent.
const BACKLOG: usize = 66 * 1024;

/// An inner stream, and the incoming and outgoing buffers of the TLS connection.
#[derive(Debug)]
pub(super) struct Link<S> {
    pub(super) stream: S,
    pub(super) incoming: MemoryBio,
    pub(super) outgoing: MemoryBio,
    /// Bytes taken out of `outgoing`, and how many of them the inner stream has accepted.
    sending: Vec<u8>,
    sent: usize,
    /// The inner stream has bytes that were not flushed.
    unflushed: bool,
    readable: Direction,
    writable: Direction,
    /// The inner stream has ended.
    pub(super) ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(super) fn new(stream: S) -> Link<S> {
        Link {
            stream,
            incoming: MemoryBio::new(),
            outgoing: MemoryBio::new(),
            sending: Vec::new(),
            sent: 0,
            unflushed: false,
            readable: Direction::new(),
            writable: Direction::new(),
            ended: false,
        }
    }

    /// The inner stream, and the bytes that were received and not read.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.incoming.read(None))
    }

    /// Whether the outgoing buffer has room for another record.
    pub(super) fn has_room(&self) -> bool {
        self.sending.len() - self.sent + self.outgoing.pending() < BACKLOG
    }

    /// Sends all outgoing bytes to the inner stream.
    pub(super) fn poll_send(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.sent == self.sending.len() {
                self.sent = 0;
                self.sending = self.outgoing.read(None);
                if self.sending.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
            let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
            let rest = &self.sending[self.sent..];
            match ready!(Pin::new(&mut self.stream).poll_write(&mut cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.sent += n,
            }
            self.unflushed = true;
        }
    }

    /// Sends what the inner stream accepts now, without waiting for more.
    pub(super) fn send_at_once(&mut self, task: Task, cx: &Context<'_>) {
        // Tokio makes streams pause now and then, whether they have room or not.
        let sending = tokio::task::unconstrained(poll_fn(|cx| self.poll_send(task, cx)));
        let _ = pin!(sending).poll(&mut Context::from_waker(cx.waker()));
    }

    /// Sends all outgoing bytes, and flushes the inner stream.
    pub(super) fn poll_flush(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(task, cx))?;
        if self.unflushed {
            let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
            ready!(Pin::new(&mut self.stream).poll_flush(&mut cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Shuts down the inner stream's write side.
    pub(super) fn poll_shutdown(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
        Pin::new(&mut self.stream).poll_shutdown(&mut cx)
    }

    /// Receives bytes, or the end of file, from the inner stream.
    pub(super) fn poll_receive(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        let mut cx = Context::from_waker(self.readable.register(task, cx.waker()));
        let mut received = Vec::with_capacity(READ);
        let read = pin!(self.stream.read_buf(&mut received));
        if ready!(read.poll(&mut cx))? == 0 {
            self.ended = true;
        } else {
            // This write fails only after the end of file.
            let _ = self.incoming.write(&received);
        }
        Poll::Ready(Ok(()))
    }
}
