//! The descriptor under an [`SslSocket`](super::SslSocket), and TLS records through it.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::OnceCell;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;

use crate::engine::Deadline;
use crate::error::{Error, Result};
use crate::ffi::bio::{Hold, RECORD_HEADER, Transport};
use crate::ffi::net;

/// A descriptor that several threads use, and one of them may close.
#[derive(Debug)]
pub(super) struct Io {
    pub(super) socket: Socket,
    closed: AtomicBool,
    waiting: AtomicUsize,
    /// Plain bytes that came in the same read as the end of the TLS connection.
    left_over: Mutex<Vec<u8>>,
}

impl Io {
    pub(super) fn new(socket: Socket) -> Io {
        Io {
            socket,
            closed: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            left_over: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Python's error for a socket that was closed.
    pub(super) fn check_open(&self) -> Result<()> {
        if self.is_closed() {
            Err(Error::os(libc::EBADF))
        } else {
            Ok(())
        }
    }

    /// Asks the system something about the socket. If another thread has closed it, that is the
    /// error: the number refers to another file by then.
    pub(super) fn call<T>(&self, f: impl FnOnce(&Socket) -> io::Result<T>) -> Result<T> {
        self.check_open()?;
        self.checked(f(&self.socket).map_err(Error::from))
    }

    /// `outcome`, or that the socket is closed if it failed for that.
    pub(super) fn checked<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.check_open()?;
        }
        outcome
    }

    /// A call that waits in the system if the socket is in that mode.
    pub(super) fn blocking<T>(&self, f: impl FnOnce(&Socket) -> io::Result<T>) -> Result<T> {
        let _waiting = Waiting::new(&self.waiting);
        self.check_open()?;
        let outcome = f(&self.socket);
        self.check_open()?;
        Ok(outcome?)
    }

    /// Waits until the socket can be read from or written to. False if the deadline passes first.
    pub(super) fn wait(&self, flags: PollFlags, deadline: Deadline) -> Result<bool> {
        // Counted before the flag is looked at: `close` sets the flag before it counts, so either
        // this sees the flag or `close` sees this thread.
        let _waiting = Waiting::new(&self.waiting);
        loop {
            self.check_open()?;
            let mut fds = [PollFd::new(&self.socket, flags)];
            let timeout = deadline.left().map(|left| Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            });
            match poll(&mut fds, timeout.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => {
                    self.check_open()?;
                    return Ok(true);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
    }

    /// Waits for data by reading it, in one system call instead of two. `None` if the socket does
    /// not wait by itself.
    pub(super) fn wait_by_reading<'a>(
        &self,
        buf: &'a mut [MaybeUninit<u8>],
    ) -> Result<Option<&'a [u8]>> {
        match self.blocking(|socket| net::recv_blocking(socket, buf)) {
            Err(error) if error.is_would_block() => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// Closes the socket for everybody. The number stays taken (by `/dev/null`) until the last
    /// user lets go, so none of them can meet a stranger's file under it.
    pub(super) fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        if self.waiting.load(Ordering::SeqCst) > 0 {
            let _ = self.socket.shutdown(std::net::Shutdown::Both);
        }
        let replaced =
            dev_null().is_some_and(|null| net::replace(null.as_fd(), self.socket.as_fd()).is_ok());
        if !replaced {
            let _ = self.socket.shutdown(std::net::Shutdown::Both);
        }
    }

    fn left(&self) -> MutexGuard<'_, Vec<u8>> {
        self.left_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps plain bytes for the reads that follow the TLS connection.
    pub(super) fn keep(&self, bytes: Vec<u8>) {
        self.left().extend(bytes);
    }

    /// How many bytes are kept.
    pub(super) fn left_over(&self) -> usize {
        self.left().len()
    }

    /// Takes what is kept: whatever follows begins with it.
    pub(super) fn take_left_over(&self) -> Vec<u8> {
        std::mem::take(&mut *self.left())
    }

    /// A plain read that does not wait.
    pub(super) fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut left_over = self.left();
        if !left_over.is_empty() {
            let n = left_over.len().min(buf.len());
            buf[..n].copy_from_slice(&left_over[..n]);
            left_over.drain(..n);
            return Ok(n);
        }
        drop(left_over);
        net::recv(&self.socket, buf)
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Waiting<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn dev_null() -> Option<&'static File> {
    static NULL: OnceCell<File> = OnceCell::new();
    NULL.get_or_try_init(|| File::options().read(true).write(true).open("/dev/null"))
        .ok()
}

/// How much is read beyond what OpenSSL asks for. A record begins with five bytes that tell its
/// length, so OpenSSL asks twice for each; with this, a small record takes one system call or less,
/// and a full one takes one: its end comes with the beginning of the next. More would save calls in
/// bulk, but all of it is copied once more, and that takes as long.
pub(super) const AHEAD: usize = 4096;

/// How much is gathered to be sent in one call: four full records.
const GATHERED: usize = 66 * 1024;

/// TLS records through a socket. Closes nothing; the bytes it holds back are counted. While
/// nothing is held back or gathered, there are no buffers worth mentioning.
pub(super) struct SocketTransport {
    io: Arc<Io>,
    ahead: Vec<u8>,
    /// How much of `ahead` was handed up.
    start: usize,
    hold: Hold,
    gathered: Vec<u8>,
    /// How much of `gathered` was sent.
    sent: usize,
    gathering: bool,
    /// Whether to read beyond what is asked for.
    reads_ahead: bool,
    /// Before the peer's first flight is over, in which everything is the handshake's: how many
    /// times this side will write until then.
    first_flight: Option<u8>,
    wanted: usize,
}

impl SocketTransport {
    /// What was left over when the socket was taken over from another connection comes first.
    ///
    /// With `read_ahead` the peer's first flight is read ahead: a client's hello, after which the
    /// client waits for the server, and the server's flight, after which it waits for the client.
    /// Of the later ones only the end of the handshake tells what belongs to it.
    pub(super) fn new(io: Arc<Io>, server_side: bool, read_ahead: bool) -> SocketTransport {
        SocketTransport {
            first_flight: read_ahead.then_some(if server_side { 0 } else { 1 }),
            ahead: io.take_left_over(),
            io,
            start: 0,
            hold: Hold::No,
            gathered: Vec::new(),
            sent: 0,
            gathering: false,
            reads_ahead: false,
            wanted: RECORD_HEADER,
        }
    }

    /// Hands out what was read before.
    fn take(&mut self, buf: &mut [u8]) -> usize {
        let held = &self.ahead[self.start..];
        let n = held.len().min(buf.len());
        buf[..n].copy_from_slice(&held[..n]);
        self.start += n;
        if self.start == self.ahead.len() {
            self.drop_ahead();
        }
        n
    }

    fn drop_ahead(&mut self) {
        /// What an idle connection may keep.
        const SMALL: usize = 256;
        self.start = 0;
        if self.ahead.capacity() <= SMALL {
            self.ahead.clear();
        } else {
            self.ahead = Vec::new();
        }
    }

    /// Reads into `buf`, and beyond.
    fn fill(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.reads_ahead {
            return net::recv(&self.io.socket, buf);
        }
        let mut ahead = Vec::with_capacity(AHEAD);
        let outcome = net::recv_two(&self.io.socket, buf, &mut ahead, AHEAD);
        self.ahead = ahead;
        if self.ahead.is_empty() {
            self.drop_ahead();
        }
        outcome
    }

    fn send_gathered(&mut self) -> io::Result<()> {
        while self.sent < self.gathered.len() {
            self.sent += net::send(&self.io.socket, &self.gathered[self.sent..])?;
        }
        self.gathered.clear();
        self.sent = 0;
        Ok(())
    }
}

impl Transport for SocketTransport {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.wanted = RECORD_HEADER;
        if self.buffered() > 0 {
            return Ok(self.take(buf));
        }
        let held = match self.hold {
            Hold::No | Hold::Exactly => false,
            Hold::AtRecordStart => buf.len() <= RECORD_HEADER,
            Hold::Always => true,
        };
        let outcome = match held {
            true => Err(io::ErrorKind::WouldBlock.into()),
            false => self.fill(buf),
        };
        if outcome.is_err() {
            self.wanted = buf.len();
        }
        outcome
    }

    fn wanted(&self) -> Option<usize> {
        match self.first_flight {
            Some(_) => None,
            None => Some(self.wanted),
        }
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if let Some(writes) = self.first_flight {
            self.first_flight = writes.checked_sub(1);
            self.reads_ahead &= self.first_flight.is_some();
        }
        if !self.gathering || self.gathered.len() + buf.len() > GATHERED {
            self.send_gathered()?;
        }
        if !self.gathering || buf.len() > GATHERED {
            return net::send(&self.io.socket, buf);
        }
        self.gathered.reserve_exact(GATHERED - self.gathered.len());
        self.gathered.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn gather(&mut self, on: bool) {
        self.gathering = on;
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send_gathered()?;
        self.gathered = Vec::new();
        Ok(())
    }

    fn buffered(&self) -> usize {
        self.ahead.len() - self.start
    }

    fn hold(&mut self, hold: Hold, ahead: bool) {
        self.hold = hold;
        self.reads_ahead = (ahead || self.first_flight.is_some()) && hold != Hold::Exactly;
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.ahead.drain(..self.start);
        self.start = 0;
        self.ahead.reserve_exact(bytes.len());
        self.ahead.extend_from_slice(bytes);
    }

    fn take_buffered(&mut self) -> Vec<u8> {
        let held = self.ahead.split_off(self.start);
        self.drop_ahead();
        held
    }
}
