//! [`Link`]: the inner stream, the received bytes that OpenSSL has not read, and the records that
//! were not sent.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::buffer::Buffer;
use super::wakers::{Direction, Task};
use crate::ffi::bio::Transport;
use crate::ffi::lend::{self, LentStream};
use crate::ffi::read_buf::ReadBuf;

/// The size of one read of the inner stream: a full record and the header of the next.
///
/// To read into OpenSSL's own memory instead would take two system calls for each record, which
/// cost as much as copying the bytes from a buffer.
const READ: usize = 17 * 1024;

/// The size of a read after one that was full: four records.
const LARGE_READ: usize = 66 * 1024;

/// A write waits while this many encrypted bytes or more are unsent. One write of 64 KiB makes
/// fewer bytes than this, so the next write does not wait for it, and up to 131 KiB can be unsent.
const BACKLOG: usize = 66 * 1024;

/// An inner stream, and the bytes between it and the TLS connection.
#[derive(Debug)]
pub(super) struct Link<S> {
    pub(super) stream: S,
    /// Bytes of the inner stream that OpenSSL has not read yet.
    received: Buffer,
    /// Records that the inner stream has not accepted yet.
    unsent: Buffer,
    kept: Arc<KeptRecords>,
    /// The error of a write to the inner stream during a call of OpenSSL. The next
    /// [`poll_send`](Self::poll_send) returns it.
    error: Option<io::Error>,
    /// Whether the inner stream has bytes that were not flushed.
    unflushed: bool,
    readable: Direction,
    writable: Direction,
    /// Whether the last read of the inner stream filled its buffer.
    flooded: bool,
    /// Whether the inner stream has ended.
    pub(super) ended: bool,
    /// Whether OpenSSL's reads get the end of file once the inner stream has ended.
    pub(super) tells_end: bool,
}

/// The records that a connection has written outside [`Link::lend`], so that it had no stream to write them to. This
/// happens when the program calls methods of the stream's `SslObject`.
type KeptRecords = Mutex<Vec<u8>>;

/// The transport of a connection, which borrows its stream from a [`Link`] for each operation.
struct BorrowingTransport(Arc<KeptRecords>);

/// A link during [`Link::lend`], while its connection may use the inner stream.
struct LentLink<'a, S> {
    link: &'a mut Link<S>,
    task: Task,
    waker: &'a Waker,
    /// Whether records are written to the inner stream at once. Otherwise they are collected.
    direct: bool,
    /// The panic of the inner stream, if it has panicked. [`Link::lend`] resumes the panic.
    panic: Option<Box<dyn Any + Send>>,
}

fn number(kept: &Arc<KeptRecords>) -> usize {
    Arc::as_ptr(kept).addr()
}

fn lock(kept: &KeptRecords) -> MutexGuard<'_, Vec<u8>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transport for BorrowingTransport {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let read = lend::borrow(number(&self.0), |stream| stream.read(buf));
        read.unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if lend::borrow(number(&self.0), |stream| stream.write(buf)).is_none() {
            lock(&self.0).extend_from_slice(buf);
        }
        Ok(buf.len())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> LentStream for LentLink<'_, S> {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let link = &mut *self.link;
        if link.received.is_empty() && !link.tells_end {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = buf.put(link.received.bytes());
        link.received.take(n);
        Ok(())
    }

    fn write(&mut self, buf: &[u8]) {
        let link = &mut *self.link;
        link.collect_kept();
        let mut sent = 0;
        if self.direct && link.unsent.is_empty() && link.error.is_none() {
            let cx = Context::from_waker(self.waker);
            // A panic must not unwind through OpenSSL's frames.
            let write = AssertUnwindSafe(|| link.poll_write(self.task, &cx, buf));
            match catch_unwind(write) {
                Ok(Poll::Ready(Ok(n))) => sent = n,
                Ok(Poll::Ready(Err(error))) => link.error = Some(error),
                Ok(Poll::Pending) => {}
                Err(panic) => self.panic = Some(panic),
            }
        }
        link.unsent.push(&buf[sent..]);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(super) fn new(stream: S) -> Link<S> {
        Link {
            stream,
            received: Buffer::received(LARGE_READ),
            unsent: Buffer::sent(2 * BACKLOG),
            kept: Arc::default(),
            error: None,
            unflushed: false,
            readable: Direction::new(Task::Reader),
            writable: Direction::new(Task::Writer),
            flooded: false,
            ended: false,
            tells_end: false,
        }
    }

    /// The transport for a connection on this link.
    pub(super) fn transport(&self) -> Box<dyn Transport> {
        Box::new(BorrowingTransport(Arc::clone(&self.kept)))
    }

    /// Lends the stream to its connection during `operation`. With `direct`, the records of the operation
    /// are written to the stream at once. Otherwise `poll_send` sends them, with fewer calls.
    pub(super) fn lend<T>(
        &mut self,
        task: Task,
        cx: &Context<'_>,
        direct: bool,
        operation: impl FnOnce() -> T,
    ) -> T {
        let number = number(&self.kept);
        let waker = cx.waker();
        let mut lent = LentLink {
            link: self,
            task,
            waker,
            direct,
            panic: None,
        };
        let outcome = lend::lend(number, &mut lent, operation);
        match lent.panic {
            Some(panic) => resume_unwind(panic),
            None => outcome,
        }
    }

    /// The inner stream, and the bytes that were received and not read.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        let received = self.received.bytes().to_vec();
        (self.stream, received)
    }

    /// The bytes that were received and not read.
    pub(super) fn received(&self) -> &[u8] {
        self.received.bytes()
    }

    /// Appends bytes to those received from the inner stream.
    pub(super) fn push_received(&mut self, bytes: &[u8]) {
        self.received.push(bytes);
    }

    /// Appends records to those that are to be sent.
    pub(super) fn push_unsent(&mut self, records: &[u8]) {
        self.unsent.push(records);
    }

    fn collect_kept(&mut self) {
        let mut kept = lock(&self.kept);
        if !kept.is_empty() {
            self.unsent.push(&std::mem::take(&mut *kept));
        }
    }

    /// Whether another write may be encrypted before the earlier writes are sent.
    pub(super) fn has_room(&self) -> bool {
        self.unsent.bytes().len() < BACKLOG
    }

    /// Writes some of `buf` to the inner stream.
    fn poll_write(&mut self, task: Task, cx: &Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut cx = Context::from_waker(self.writable.register(task, cx.waker()));
        match ready!(Pin::new(&mut self.stream).poll_write(&mut cx, buf))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            n => {
                self.unflushed = true;
                Poll::Ready(Ok(n))
            }
        }
    }

    /// Sends all outgoing bytes to the inner stream.
    pub(super) fn poll_send(&mut self, task: Task, cx: &Context<'_>) -> Poll<io::Result<()>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Err(error));
        }
        self.collect_kept();
        while !self.unsent.is_empty() {
            let unsent = std::mem::replace(&mut self.unsent, Buffer::sent(2 * BACKLOG));
            let written = self.poll_write(task, cx, unsent.bytes());
            self.unsent = unsent;
            let n = ready!(written)?;
            self.unsent.take(n);
        }
        Poll::Ready(Ok(()))
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
        let received = self.received.vec();
        received.reserve_exact(size);
        let read = pin!(self.stream.read_buf(received)).poll(&mut cx);
        self.received.take(0);
        self.flooded = matches!(read, Poll::Ready(Ok(n)) if n >= size);
        self.ended = ready!(read)? == 0;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// The memory of both buffers.
    fn memory(link: &Link<DuplexStream>) -> usize {
        link.received.capacity() + link.unsent.capacity()
    }

    /// Takes what was received, as OpenSSL does.
    fn received(link: &mut Link<DuplexStream>) -> Vec<u8> {
        let received = link.received().to_vec();
        link.received.take(received.len());
        received
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
                link.push_unsent(&data);
                assert!(link.poll_send(Task::Writer, &cx).is_ready());
                assert_eq!(memory(&link), 0);
                let mut sent = vec![0; length];
                far.read_exact(&mut sent).await.unwrap();
                assert!(sent == data);

                far.write_all(&data).await.unwrap();
                let mut all = Vec::new();
                while all.len() < length {
                    assert!(link.poll_receive(Task::Reader, &cx).is_ready());
                    all.extend(received(&mut link));
                }
                assert!(all == data);
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
                link.push_unsent(piece);
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
            assert_eq!(received(&mut link), data[..90]);
        })
        .await;
    }
}
