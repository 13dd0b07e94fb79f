//! The inner stream and the bytes on their way to and from it.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::wakers::{Direction, Task};
use crate::object::MemoryBio;

/// How much one read of the inner stream takes at most: a full record and the head of the next.
const READ: usize = 17 * 1024;

/// How many sealed bytes may wait for the inner stream before writes wait too: the records of
/// 64 KiB.
const BACKLOG: usize = 66 * 1024;

/// An inner stream, and the two queues of the TLS connection on it.
#[derive(Debug)]
pub(super) struct Link<S> {
    pub(super) stream: S,
    pub(super) incoming: MemoryBio,
    pub(super) outgoing: MemoryBio,
    /// What was taken out of `outgoing`, and how much of it the inner stream has taken.
    sending: Vec<u8>,
    sent: usize,
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
            readable: Direction::new(),
            writable: Direction::new(),
            ended: false,
        }
    }

    /// Whether more may be sealed before the inner stream has taken what waits.
    pub(super) fn has_room(&self) -> bool {
        self.sending.len() - self.sent + self.outgoing.pending() < BACKLOG
    }

    /// Hands everything that waits to the inner stream.
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
        }
    }

    /// Flushes the inner stream.
    pub(super) fn poll_flush(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
        Pin::new(&mut self.stream).poll_flush(&mut cx)
    }

    /// Ends the inner stream's direction of writing.
    pub(super) fn poll_shutdown(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
        Pin::new(&mut self.stream).poll_shutdown(&mut cx)
    }

    /// Takes some bytes from the inner stream, or its end.
    pub(super) fn poll_receive(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        let mut cx = Context::from_waker(self.readable.register(task, cx.waker()));
        let mut received = Vec::with_capacity(READ);
        let read = pin!(self.stream.read_buf(&mut received));
        if ready!(read.poll(&mut cx))? == 0 {
            self.ended = true;
            self.incoming.write_eof();
        } else {
            // It fails only after the end.
            let _ = self.incoming.write(&received);
        }
        Poll::Ready(Ok(()))
    }
}
