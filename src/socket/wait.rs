//! Repeats the steps of an operation, and waits for the network between them. While a thread waits, which it does until
//! the operation's deadline at most, it does not hold the connection's lock.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::SslSocket;
use crate::engine::{Connection, Deadline, Step, Turn};
use crate::error::{Error, Result};
use crate::ffi::bio::IoMode;
use crate::ffi::net;
use crate::lock::{LockError, RawFairGuard};
use crate::sys::Interest;

pub(super) const READ_TIMED_OUT: &str = "The read operation timed out";
pub(super) const WRITE_TIMED_OUT: &str = "The write operation timed out";

impl SslSocket {
    /// Waits for the turn to read or to write.
    pub(super) fn turn<'a>(
        &self,
        connection: &Connection,
        turn: &'a Turn,
        deadline: Deadline,
        timed_out: &'static str,
    ) -> Result<RawFairGuard<'a>> {
        connection
            .turn(turn, deadline)
            .map_err(|why| lock_error(why, deadline, timed_out))
    }

    /// Reads application data. `IoMode::Blocking` is for callers that no other thread shares the socket with,
    /// and has an effect only without a time-out and without `busy_poll`.
    pub(super) fn read_tls<T: Default>(
        &self,
        connection: &Arc<Connection>,
        mode: IoMode,
        mut op: impl FnMut(IoMode, Deadline) -> Result<Step<T>>,
    ) -> Result<T> {
        let deadline = self.deadline();
        let mode = match deadline {
            Deadline::Never if self.busy_poll.is_zero() => mode,
            _ => IoMode::NonBlocking,
        };
        let outcome = self
            .handshake(connection, deadline, READ_TIMED_OUT)
            .and_then(|()| {
                connection.register_reader();
                let _turn = self.turn(connection, &connection.reads, deadline, READ_TIMED_OUT)?;
                connection.register_reader();
                let outcome = self.drive(connection, deadline, READ_TIMED_OUT, |deadline| {
                    op(mode, deadline)
                });
                connection.register_reader();
                outcome
            });
        connection.end_read();
        match outcome {
            Ok(data) => {
                connection.count_message();
                Ok(data)
            }
            Err(Error::Eof(_)) if self.suppress_ragged_eofs => Ok(T::default()),
            // The peer's `close_notify` has ended a handshake that this read continued.
            Err(Error::ZeroReturn(_)) if connection.was_closed_by_peer() => Ok(T::default()),
            outcome => outcome,
        }
    }

    /// Writes application data. [`read_tls`](Self::read_tls) describes `mode`.
    pub(super) fn write_tls(
        &self,
        connection: &Arc<Connection>,
        mode: IoMode,
        data: &[u8],
    ) -> Result<usize> {
        let deadline = self.deadline();
        let blocks = mode == IoMode::Blocking && matches!(deadline, Deadline::Never);
        self.handshake(connection, deadline, WRITE_TIMED_OUT)?;
        let _turn = self.turn(connection, &connection.writes, deadline, WRITE_TIMED_OUT)?;
        self.io.check_open()?;
        let mut writing = connection.begin_write(data);
        // This thread's turn to read. The thread takes it if OpenSSL needs the rest of a handshake message from the
        // peer before it can write.
        let mut reading: Option<RawFairGuard<'_>> = None;
        let mut busy = BusyDeadline::new(deadline);
        loop {
            self.io.check_open()?;
            let steps = connection.reads.steps();
            let mode = match reading {
                _ if blocks => IoMode::Blocking,
                Some(_) => IoMode::NonBlocking,
                None => IoMode::BufferOnly,
            };
            match self.io.checked(writing.step(mode, deadline))? {
                Step::Done(n) => {
                    connection.count_message();
                    connection.expect_answer();
                    return Ok(n);
                }
                Step::Again if busy.has_passed() => {
                    return Err(deadline_error(deadline, WRITE_TIMED_OUT));
                }
                Step::Again => {}
                Step::Busy => return Err(deadline_error(deadline, WRITE_TIMED_OUT)),
                Step::WantWrite => {
                    reading = None;
                    self.wait_write(deadline, WRITE_TIMED_OUT)?;
                }
                Step::WantRead if reading.is_some() => {
                    self.wait_read(deadline, WRITE_TIMED_OUT)?;
                }
                Step::WantRead => {
                    // If another thread has the turn to read, it also receives the rest of the
                    // message. So this thread waits for the turn, or for a step of the other
                    // thread.
                    reading = match connection.reads.take_unless_stepped(steps, deadline) {
                        Err(LockError::NotInTime) if matches!(deadline, Deadline::Now) => {
                            return Err(Error::want_read());
                        }
                        Err(why) => return Err(lock_error(why, deadline, WRITE_TIMED_OUT)),
                        Ok(turn) => turn,
                    };
                }
            }
        }
    }

    /// Repeats a step until it is done, and waits between the steps without the connection's lock. The caller
    /// has the turn to read.
    pub(super) fn drive<T>(
        &self,
        connection: &Connection,
        deadline: Deadline,
        timed_out: &'static str,
        mut op: impl FnMut(Deadline) -> Result<Step<T>>,
    ) -> Result<T> {
        let mut busy = BusyDeadline::new(deadline);
        let mut draining = None;
        loop {
            self.io.check_open()?;
            match self.io.checked(op(deadline))? {
                Step::Done(value) => return Ok(value),
                Step::Again => {
                    connection.reads.stepped();
                    if busy.has_passed() {
                        if !matches!(deadline, Deadline::Now) || !connection.has_buffered() {
                            return Err(deadline_error(deadline, timed_out));
                        }
                        // `poll` does not report the bytes in the buffer, so those are still read.
                        draining.get_or_insert_with(|| connection.drain());
                    }
                }
                Step::Busy => return Err(deadline_error(deadline, timed_out)),
                Step::WantRead => {
                    connection.reads.stepped();
                    self.wait_read(deadline, timed_out)?;
                }
                Step::WantWrite => {
                    connection.reads.stepped();
                    self.wait_write(deadline, timed_out)?;
                }
            }
        }
    }

    fn wait_read(&self, deadline: Deadline, timed_out: &'static str) -> Result<()> {
        match deadline {
            Deadline::Now => Err(Error::want_read()),
            _ if self.busy_poll(deadline)? => Ok(()),
            _ if self.io.wait(Interest::Read, deadline)? => Ok(()),
            _ => Err(Error::Timeout(timed_out)),
        }
    }

    /// Looks for bytes of the peer without sleeping, as [`WrapSocket::busy_poll`](super::WrapSocket::busy_poll)
    /// says. False if there were none.
    pub(super) fn busy_poll(&self, deadline: Deadline) -> Result<bool> {
        if self.busy_poll.is_zero() {
            return Ok(false);
        }
        self.io.busy_poll(self.busy_poll, deadline)
    }

    pub(super) fn wait_write(&self, deadline: Deadline, timed_out: &'static str) -> Result<()> {
        match deadline {
            Deadline::Now => Err(Error::want_write()),
            _ if self.io.wait(Interest::Write, deadline)? => Ok(()),
            _ => Err(Error::Timeout(timed_out)),
        }
    }

    pub(super) fn recv_plain(&self, buffer: &mut [u8]) -> Result<usize> {
        self.plain(Interest::Read, self.deadline(), || self.io.recv(buffer))
    }

    pub(super) fn send_plain(&self, data: &[u8], deadline: Deadline) -> Result<usize> {
        self.plain(Interest::Write, deadline, || {
            let send = |socket: &Socket| net::send(socket, data, false);
            self.io.handle.with(send)
        })
    }

    fn plain(
        &self,
        interest: Interest,
        deadline: Deadline,
        mut call: impl FnMut() -> io::Result<usize>,
    ) -> Result<usize> {
        loop {
            match self.io.repeat(&mut call) {
                Err(error) if error.is_would_block() => match deadline {
                    Deadline::Now => return Err(error),
                    _ if self.io.wait(interest, deadline)? => {}
                    _ => return Err(Error::Timeout("timed out")),
                },
                outcome => return outcome,
            }
        }
    }
}

/// Checks the deadline of an operation that never has to wait, because the peer sends all the time.
pub(super) struct BusyDeadline {
    deadline: Deadline,
}

impl BusyDeadline {
    /// How long an operation that never has to wait may continue after its deadline. For a
    /// non-blocking operation, the time counts from its first step that ended with `Step::Again`.
    const GRACE: Duration = Duration::from_millis(50);

    pub(super) fn new(deadline: Deadline) -> BusyDeadline {
        BusyDeadline { deadline }
    }

    /// Whether the operation has to end now.
    pub(super) fn has_passed(&mut self) -> bool {
        match self.deadline {
            Deadline::Never => false,
            Deadline::At(at) => at.elapsed() >= BusyDeadline::GRACE,
            Deadline::Now => {
                self.deadline = Deadline::At(Instant::now());
                false
            }
        }
    }
}

/// The error of an operation whose deadline has passed.
pub(super) fn deadline_error(deadline: Deadline, timed_out: &'static str) -> Error {
    match deadline {
        Deadline::Now if timed_out == WRITE_TIMED_OUT => Error::want_write(),
        Deadline::Now => Error::want_read(),
        _ => Error::Timeout(timed_out),
    }
}

fn lock_error(why: LockError, deadline: Deadline, timed_out: &'static str) -> Error {
    match why {
        LockError::Reentrant => Error::in_callback(),
        LockError::NotInTime => deadline_error(deadline, timed_out),
    }
}
