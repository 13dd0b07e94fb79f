//! The descriptor of an [`SslSocket`](super::SslSocket), and the transport of TLS records over it.

use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::flight::Flight;
use super::wake::WakeGroup;
use crate::engine::Deadline;
use crate::error::{Error, Result};
use crate::ffi::bio::{IoMode, Transport};
use crate::ffi::net;
use crate::ffi::read_buf::ReadBuf;
use crate::sys::{self, Interest, errno};

/// A descriptor that several threads use, and that any of them may close.
#[derive(Debug)]
pub(super) struct SharedSocket {
    pub(super) handle: sys::Shared,
    closed: AtomicBool,
    /// How many threads are in the method `wait`.
    waiting: AtomicUsize,
    /// How many threads are in connect(2).
    connecting: AtomicUsize,
    accepting: Mutex<()>,
    wake_group: WakeGroup,
    /// Whether `shutdown` has ended reading and writing. On Windows, the system does not wake a waiting thread then.
    reading_ended: AtomicBool,
    writing_ended: AtomicBool,
    /// Bytes of clear text that were read together with the end of the TLS connection.
    left_over: Mutex<Vec<u8>>,
}

impl SharedSocket {
    pub(super) fn new(handle: sys::Shared) -> SharedSocket {
        SharedSocket {
            wake_group: WakeGroup::of(handle.number()),
            handle,
            closed: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            connecting: AtomicUsize::new(0),
            accepting: Mutex::new(()),
            reading_ended: AtomicBool::new(false),
            writing_ended: AtomicBool::new(false),
            left_over: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Returns Python's error (on Unix `EBADF`) if the socket was closed.
    pub(super) fn check_open(&self) -> Result<()> {
        if self.is_closed() {
            Err(Error::os(errno::CLOSED))
        } else {
            Ok(())
        }
    }

    /// Makes a system call on the socket. If another thread has closed the socket, the error is
    /// that of a closed socket: the result of the call means nothing.
    pub(super) fn call<T>(&self, f: impl FnOnce(&Socket) -> io::Result<T>) -> Result<T> {
        self.repeat(|| self.handle.with(f))
    }

    /// Like [`call`](Self::call), for a function that uses the socket itself.
    pub(super) fn repeat<T>(&self, f: impl FnOnce() -> io::Result<T>) -> Result<T> {
        self.check_open()?;
        self.checked(f().map_err(Error::from))
    }

    /// Uses the socket, if it is not closed.
    fn in_call(&self, f: impl FnOnce(&Socket)) {
        let _ = self.handle.with(|socket| {
            f(socket);
            Ok(())
        });
    }

    /// Returns `outcome`. If `outcome` is an error and the socket is closed, returns the error for
    /// a closed socket instead.
    pub(super) fn checked<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.check_open()?;
        }
        outcome
    }

    /// Connects. On a blocking socket, the thread waits in connect(2), from which only shutdown(2)
    /// wakes it.
    pub(super) fn connect(&self, address: &SockAddr) -> Result<()> {
        let _connecting = CountGuard::new(&self.connecting);
        self.check_open()?;
        let outcome = self.handle.with(|socket| socket.connect(address));
        self.check_open()?;
        Ok(outcome?)
    }

    /// The turn to accept connections.
    pub(super) fn accepting(&self) -> MutexGuard<'_, ()> {
        self.accepting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the socket can be read from or written to. False if the deadline passes first.
    pub(super) fn wait(&self, interest: Interest, deadline: Deadline) -> Result<bool> {
        /// The interval at which a thread checks for `close` when no descriptor is left to wake it.
        const INTERVAL: Duration = Duration::from_millis(50);
        // This thread increments `waiting` before it reads `closed`, and `close` sets `closed`
        // before it reads `waiting`. So either this thread sees that the socket is closed, or
        // `close` wakes it. The same holds for `shutdown`.
        let _waiting = CountGuard::new(&self.waiting);
        loop {
            let wake = self.wake_group.wake();
            self.check_open()?;
            if self.has_ended(interest) {
                return Ok(true);
            }
            let left = deadline.left();
            let time = match wake {
                Some(_) => left,
                None => Some(left.map_or(INTERVAL, |left| left.min(INTERVAL))),
            };
            let outcome = self.handle.wait(interest, wake.as_deref(), time);
            let [ready, woken] = self.checked(outcome.map_err(Error::from))?;
            if ready {
                self.check_open()?;
                return Ok(true);
            }
            match &wake {
                Some(wake) if woken => self.wake_group.retire(wake),
                _ if deadline.left() == Some(Duration::ZERO) => return Ok(false),
                _ => {}
            }
        }
    }

    /// Polls the socket again and again, without sleeping, for this time or until the deadline.
    /// True as soon as the socket can be read from.
    pub(super) fn busy_poll(&self, time: Duration, deadline: Deadline) -> Result<bool> {
        let time = deadline.left().map_or(time, |left| left.min(time));
        let begin = Instant::now();
        loop {
            // After `close` the descriptor refers to `/dev/null`, which can be read from.
            let outcome = self.handle.wait(Interest::Read, None, Some(Duration::ZERO));
            let [ready, _] = self.checked(outcome.map_err(Error::from))?;
            self.check_open()?;
            if ready || begin.elapsed() >= time {
                return Ok(ready);
            }
            std::hint::spin_loop();
        }
    }

    /// Shuts the socket down. Threads that wait for this direction wake up.
    pub(super) fn shutdown(&self, how: Shutdown) -> Result<()> {
        self.call(|socket| socket.shutdown(how))?;
        if matches!(how, Shutdown::Read | Shutdown::Both) {
            self.reading_ended.store(true, Ordering::SeqCst);
        }
        if matches!(how, Shutdown::Write | Shutdown::Both) {
            self.writing_ended.store(true, Ordering::SeqCst);
        }
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.wake_group.wake_all();
        }
        Ok(())
    }

    fn has_ended(&self, interest: Interest) -> bool {
        match interest {
            Interest::Read => self.reading_ended.load(Ordering::SeqCst),
            Interest::Write => self.writing_ended.load(Ordering::SeqCst),
            Interest::Connect => false,
        }
    }

    /// Closes the socket for all threads. Threads that wait for it wake up.
    pub(super) fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        if self.connecting.load(Ordering::SeqCst) > 0 {
            let shut_down = |socket: &Socket| socket.shutdown(Shutdown::Both);
            let _ = self.handle.with(shut_down);
        }
        self.handle.close(|| {
            if self.waiting.load(Ordering::SeqCst) > 0 {
                self.wake_group.wake_all();
            }
        });
    }

    fn lock_left_over(&self) -> MutexGuard<'_, Vec<u8>> {
        self.left_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps bytes of clear text for reads after the end of the TLS connection.
    pub(super) fn keep(&self, bytes: Vec<u8>) {
        self.lock_left_over().extend(bytes);
    }

    /// How many bytes are kept.
    pub(super) fn left_over(&self) -> usize {
        self.lock_left_over().len()
    }

    /// Takes the kept bytes, with which the next TLS connection begins.
    pub(super) fn take_left_over(&self) -> Vec<u8> {
        std::mem::take(&mut *self.lock_left_over())
    }

    /// Reads clear text without waiting. The bytes that were kept come first.
    pub(super) fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut left_over = self.lock_left_over();
        if !left_over.is_empty() {
            let n = left_over.len().min(buf.len());
            buf[..n].copy_from_slice(&left_over[..n]);
            left_over.drain(..n);
            return Ok(n);
        }
        drop(left_over);
        self.handle.with(|socket| net::recv(socket, buf))
    }
}

/// Counts a thread until the guard is dropped.
struct CountGuard<'a>(&'a AtomicUsize);

impl<'a> CountGuard<'a> {
    fn new(count: &'a AtomicUsize) -> CountGuard<'a> {
        count.fetch_add(1, Ordering::SeqCst);
        CountGuard(count)
    }
}

impl Drop for CountGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// With `read_ahead`, a read takes up to this many bytes more than OpenSSL asks for. A small record
/// then takes one system call or less, and a full record takes one. A larger number would save
/// system calls in bulk transfers, but copying the additional bytes takes as long.
const AHEAD: usize = 4096;

/// The most bytes that are gathered and sent with one system call: four full records.
const GATHERED: usize = 66 * 1024;

/// The transport of TLS records over a socket. It has no large buffers while it holds neither
/// received nor unsent bytes.
pub(super) struct SocketTransport {
    io: Arc<SharedSocket>,
    reads_ahead: bool,
    ahead: Vec<u8>,
    /// How much of `ahead` OpenSSL has taken.
    start: usize,
    mode: IoMode,
    flight: Flight,
    gathered: Vec<u8>,
    /// How much of `gathered` was sent.
    sent: usize,
    gathering: bool,
}

impl SocketTransport {
    /// OpenSSL first gets the bytes that an earlier connection on this socket has left over.
    pub(super) fn new(io: Arc<SharedSocket>, reads_ahead: bool) -> SocketTransport {
        SocketTransport {
            ahead: io.take_left_over(),
            io,
            reads_ahead,
            start: 0,
            mode: IoMode::NonBlocking,
            flight: Flight::default(),
            gathered: Vec::new(),
            sent: 0,
            gathering: false,
        }
    }

    /// Hands buffered bytes to OpenSSL.
    fn take(&mut self, buf: &mut ReadBuf<'_>) {
        self.start += buf.put(&self.ahead[self.start..]);
        if self.start == self.ahead.len() {
            self.drop_ahead();
        }
    }

    fn drop_ahead(&mut self) {
        /// The capacity that an idle connection may keep.
        const SMALL: usize = 256;
        self.start = 0;
        if self.ahead.capacity() <= SMALL {
            self.ahead.clear();
        } else {
            self.ahead = Vec::new();
        }
    }

    /// Reads from the socket into `buf`, and into `ahead` if reading ahead is on.
    fn fill(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        if self.flight.is_on() {
            let flight = &mut self.flight;
            return self.io.handle.with(|socket| flight.read(socket, buf));
        }
        if let Some(error) = self.flight.take_error() {
            return Err(error);
        }
        if !self.reads_ahead {
            let waits = self.waits();
            let receive = |socket: &Socket| net::recv_buf(socket, buf, waits);
            return self.io.handle.with(receive);
        }
        let mut ahead = Vec::with_capacity(AHEAD);
        let waits = self.waits();
        let receive = |socket: &Socket| net::recv_two(socket, buf, &mut ahead, AHEAD, waits);
        let outcome = self.io.handle.with(receive);
        self.ahead = ahead;
        if self.ahead.is_empty() {
            self.drop_ahead();
        }
        outcome
    }

    /// Whether system calls may wait.
    fn waits(&self) -> bool {
        self.mode == IoMode::Blocking
    }

    fn send(&self, buf: &[u8]) -> io::Result<usize> {
        let send = |socket: &Socket| net::send(socket, buf, self.waits());
        self.io.handle.with(send)
    }

    fn send_gathered(&mut self) -> io::Result<()> {
        while self.sent < self.gathered.len() {
            self.sent += self.send(&self.gathered[self.sent..])?;
        }
        self.gathered.clear();
        self.sent = 0;
        Ok(())
    }
}

impl Transport for SocketTransport {
    fn read(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        if self.buffered() > 0 {
            self.take(buf);
            return Ok(());
        }
        match self.mode {
            IoMode::Blocking | IoMode::NonBlocking => self.fill(buf),
            IoMode::BufferOnly => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.flight.sent();
        if !self.gathering || self.gathered.len() + buf.len() > GATHERED {
            self.send_gathered()?;
        }
        if !self.gathering || buf.len() > GATHERED {
            return self.send(buf);
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

    fn set_io_mode(&mut self, mode: IoMode) {
        self.mode = mode;
    }

    fn begin_flight(&mut self, waits: bool) {
        if !self.reads_ahead {
            self.flight.begin(waits);
        }
    }

    fn end_flight(&mut self) {
        if self.flight.is_on() {
            let flight = &mut self.flight;
            self.io.in_call(|socket| flight.end(socket));
        }
    }

    fn pause_flight(&mut self) {
        if self.flight.is_on() {
            let flight = &mut self.flight;
            self.io.in_call(|socket| flight.settle(socket));
        }
    }

    fn feed(&mut self, seen: io::Result<Vec<u8>>) {
        self.flight.feed(seen);
    }

    fn take_buffered(&mut self) -> Vec<u8> {
        let held = self.ahead.split_off(self.start);
        self.drop_ahead();
        held
    }
}
