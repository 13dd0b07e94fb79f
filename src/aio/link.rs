//! The inner stream, and the buffers between it and the TLS connection.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::spare::{self, RECEIVED, SENT};
use super::wakers::{Direction, Task};
use crate::object::MemoryBio;

/// The size of one read of the inner stream: a full record and the header of the next.
const READ: usize = 17 * 1024;

/// The size after a read that was full: four records.
const LARGE_READ: usize = 66 * 1024;

/// A write waits while this many encrypted bytes or more are unsent. One write of 64 KiB makes fewer, so
/// the next write does not wait for it, and up to 131 KiB can be unsent.
const BACKLOG: usize = 66 * 1024;

/// An inner stream, and the incoming and outgoing buffers of the TLS connection.
#[derive(Debug)]
pub(super) struct Link<S> {
    pub(super) stream: S,
    pub(super) incoming: MemoryBio,
    pub(super) outgoing: MemoryBio,
    /// Bytes taken out of `outgoing` that the inner stream has not accepted yet.
    sending: VecDeque<u8>,
    /// The inner stream has bytes that were not flushed.
    unflushed: bool,
    readable: Direction,
    writable: Direction,
    /// The last read of the inner stream was full.
    flooded: bool,
    /// The inner stream has ended.
    pub(super) ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(super) fn new(stream: S) -> Link<S> {
        Link {
            stream,
            incoming: MemoryBio::new(),
            outgoing: MemoryBio::new(),
            sending: VecDeque::new(),
            unflushed: false,
            readable: Direction::new(),
            writable: Direction::new(),
            flooded: false,
            ended: false,
        }
    }

    /// The inner stream, and the bytes that were received and not read.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.incoming.read(None))
    }

    /// Whether another write may be encrypted before the earlier ones are sent.
    pub(super) fn has_room(&self) -> bool {
        self.sending.len() + self.outgoing.pending() < BACKLOG
    }

    /// Gives an empty outgoing buffer the memory of an earlier buffer, for the records of a write.
    pub(super) fn prepare_write(&mut self) {
        if self.sending.is_empty() && self.outgoing.pending() == 0 {
            let mut memory = spare::take(&SENT);
            self.outgoing.swap(&mut memory);
        }
    }

    /// Gives back the memory of the incoming buffer if everything in it was read.
    pub(super) fn finish_read(&mut self) {
        if self.incoming.pending() == 0 {
            let mut memory = VecDeque::new();
            self.incoming.swap(&mut memory);
            spare::put(&RECEIVED, memory, LARGE_READ);
        }
    }

    /// Sends all outgoing bytes to the inner stream.
    pub(super) fn poll_send(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.sending.is_empty() {
                spare::put(&SENT, std::mem::take(&mut self.sending), 2 * BACKLOG);
                self.outgoing.swap(&mut self.sending);
                if self.sending.is_empty() {
                    spare::put(&SENT, std::mem::take(&mut self.sending), 2 * BACKLOG);
                    return Poll::Ready(Ok(()));
                }
            }
            let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
            let (rest, _) = self.sending.as_slices();
            match ready!(Pin::new(&mut self.stream).poll_write(&mut cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => drop(self.sending.drain(..n)),
            }
            self.unflushed = true;
        }
    }

    /// Sends what the inner stream accepts now, without waiting for more.
    pub(super) fn send_at_once(&mut self, task: Task, cx: &Context<'_>) {
        // Tokio's cooperative scheduling makes streams pause even if they have room.
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
        let size = if self.flooded { LARGE_READ } else { READ };
        let mut received = Vec::from(spare::take(&RECEIVED));
        received.reserve_exact(size);
        let read = pin!(self.stream.read_buf(&mut received)).poll(&mut cx);
        let n = match read {
            Poll::Ready(Ok(n)) => n,
            Poll::Ready(Err(_)) | Poll::Pending => 0,
        };
        self.flooded = n >= size;
        let mut received = VecDeque::from(received);
        if n > 0 && self.incoming.pending() == 0 {
            self.incoming.swap(&mut received);
        } else if n > 0 {
            // This write fails only after the end of file.
            let _ = self.incoming.write(received.make_contiguous());
            received.clear();
        }
        spare::put(&RECEIVED, received, LARGE_READ);
        if ready!(read)? == 0 {
            self.ended = true;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// The memory of both buffers, and of what is being sent.
    fn memory(link: &Link<DuplexStream>) -> usize {
        link.incoming.capacity() + link.outgoing.capacity() + link.sending.capacity()
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(length).collect()
    }

    #[tokio::test]
    async fn an_idle_link_holds_no_buffers() {
        // Turns off tokio's cooperative scheduling, which would make the stream pause.
        tokio::task::unconstrained(async {
            let (near, mut far) = duplex(1 << 20);
            let mut link = Link::new(near);
            let cx = Context::from_waker(Waker::noop());
            assert!(link.poll_receive(Task::Reader, &cx).is_pending());
            assert_eq!(memory(&link), 0);
            for length in [1, READ, READ + 1, 3 * LARGE_READ] {
                let data = pattern(length);
                link.prepare_write();
                link.outgoing.write(&data).unwrap();
                assert!(link.poll_send(Task::Writer, &cx).is_ready());
                assert_eq!(memory(&link), 0);
                let mut sent = vec![0; length];
                far.read_exact(&mut sent).await.unwrap();
                assert!(sent == data);

                far.write_all(&data).await.unwrap();
                let mut received = Vec::<u8>::new();
                while received.len() < length {
                    assert!(link.poll_receive(Task::Reader, &cx).is_ready());
                    received.extend(link.incoming.read(None));
                }
                assert!(received == data);
                link.finish_read();
                assert_eq!(memory(&link), 0);
            }
            assert!(link.poll_receive(Task::Reader, &cx).is_pending());
            assert_eq!(memory(&link), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_full_inner_stream_does_not_reorder_bytes() {
        // Turns off tokio's cooperative scheduling, which would make the stream pause.
        tokio::task::unconstrained(async {
            let (near, mut far) = duplex(100);
            let mut link = Link::new(near);
            let cx = Context::from_waker(Waker::noop());
            let data = pattern(10_000);
            let mut sent = Vec::<u8>::new();
            for piece in data.chunks(300) {
                link.prepare_write();
                link.outgoing.write(piece).unwrap();
                let _ = link.poll_send(Task::Writer, &cx);
                let mut some = [0; 250];
                let n = far.read(&mut some).await.unwrap();
                sent.extend(&some[..n]);
            }
            while sent.len() < data.len() {
                let _ = link.poll_send(Task::Writer, &cx);
                let mut some = [0; 250];
                let n = far.read(&mut some).await.unwrap();
                sent.extend(&some[..n]);
            }
            assert!(sent == data);
            // More bytes arrive before the earlier ones were read.
            for piece in [&data[..50], &data[50..90]] {
                far.write_all(piece).await.unwrap();
                assert!(link.poll_receive(Task::Reader, &cx).is_ready());
            }
            assert_eq!(link.incoming.read(None), data[..90]);
        })
        .await;
    }
}
