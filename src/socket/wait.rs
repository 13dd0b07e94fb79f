//! Waiting for the network, outside the connection's lock and within a deadline.

use std::io;
use std::mem::MaybeUninit;
use std::sync::Arc;

use rustix::event::PollFlags;

use super::SslSocket;
use super::io::AHEAD;
use crate::engine::{Connection, Deadline, Input, Slot, Step};
use crate::error::{Error, Result};
use crate::ffi::bio::Hold;
use crate::ffi::net;
use crate::lock::{Inside, Refused};

pub(super) const READ_TIMED_OUT: &str = "The read operation timed out";
pub(super) const WRITE_TIMED_OUT: &str = "The write operation timed out";

impl SslSocket {
    /// A turn at reading or writing.
    pub(super) fn turn<'a>(
        &self,
        slot: &'a Slot,
        deadline: Deadline,
        timed_out: &'static str,
    ) -> Result<Inside<'a>> {
        slot.take(deadline)
            .map_err(|why| no_turn(why, deadline, timed_out))
    }

    pub(super) fn read_tls<T: Default>(
        &self,
        connection: &Arc<Connection>,
        op: impl FnMut(Input<'_>) -> Result<Step<T>>,
    ) -> Result<T> {
        let deadline = self.deadline();
        let outcome = self
            .handshake(connection, deadline, READ_TIMED_OUT)
            .and_then(|()| {
                let _turn = self.turn(&connection.reads, deadline, READ_TIMED_OUT)?;
                self.drive(connection, deadline, READ_TIMED_OUT, op)
            });
        match outcome {
            Ok(data) => {
                connection.used();
                Ok(data)
            }
            Err(Error::Eof(_)) if self.suppress_ragged_eofs => Ok(T::default()),
            // An alert ended the handshake that this would have gone on with.
            Err(Error::ZeroReturn(_)) if connection.was_closed_by_peer() => Ok(T::default()),
            outcome => outcome,
        }
    }

    pub(super) fn write_tls(&self, connection: &Arc<Connection>, data: &[u8]) -> Result<usize> {
        let deadline = self.deadline();
        self.handshake(connection, deadline, WRITE_TIMED_OUT)?;
        let _turn = self.turn(&connection.writes, deadline, WRITE_TIMED_OUT)?;
        self.io.check_open()?;
        let mut writing = connection.begin_write(data);
        // The turn to read as well, while a message of the peer stands before the data: a part of
        // it has come, and OpenSSL wants the rest.
        let mut reading: Option<Inside<'_>> = None;
        let mut buffer = [MaybeUninit::uninit(); AHEAD];
        let mut input = Input::from(Hold::Always);
        loop {
            self.io.check_open()?;
            let moves = connection.reads.moves();
            match self.io.checked(writing.step(input))? {
                Step::Done(n) => {
                    connection.used();
                    return Ok(n);
                }
                step if matches!(deadline, Deadline::Now) => return step.now(),
                Step::WantWrite => {
                    reading = None;
                    input = Hold::Always.into();
                    self.wait_write(deadline, WRITE_TIMED_OUT)?;
                }
                Step::WantRead => {
                    if reading.is_none() {
                        // Who is reading now brings the rest too.
                        reading = connection
                            .reads
                            .take_unless_moved(moves, deadline)
                            .map_err(|why| no_turn(why, deadline, WRITE_TIMED_OUT))?;
                    }
                    input = match reading {
                        Some(_) => {
                            self.wait_read(connection, &mut buffer, deadline, WRITE_TIMED_OUT)?
                        }
                        None => Hold::Always.into(),
                    };
                }
            }
        }
    }

    /// Repeats a step until it is done, and waits between: outside the connection's lock. The
    /// caller has the turn to read.
    pub(super) fn drive<T>(
        &self,
        connection: &Connection,
        deadline: Deadline,
        timed_out: &'static str,
        mut op: impl FnMut(Input<'_>) -> Result<Step<T>>,
    ) -> Result<T> {
        // Who may wait does so before reading, which saves a read in vain; but not before a
        // handshake, for which a server gets ready while the client's hello is on its way.
        let mut buffer = [MaybeUninit::uninit(); AHEAD];
        let mut input = match deadline {
            Deadline::Now => Hold::Exactly.into(),
            _ if connection.awaits_peer() => {
                self.wait_read(connection, &mut buffer, deadline, timed_out)?
            }
            _ => Hold::AtRecordStart.into(),
        };
        loop {
            self.io.check_open()?;
            let step = self.io.checked(op(input))?;
            if let Step::Done(value) = step {
                return Ok(value);
            }
            connection.reads.moved();
            match step {
                step if matches!(deadline, Deadline::Now) => return step.now(),
                Step::WantWrite => {
                    input.received = &[];
                    self.wait_write(deadline, timed_out)?;
                }
                _ => input = self.wait_read(connection, &mut buffer, deadline, timed_out)?,
            }
        }
    }

    /// Waits for data, by reading some if the socket waits by itself. Whoever gets them has the
    /// turn to read, and hands them to the next step before anything else.
    fn wait_read<'a>(
        &self,
        connection: &Connection,
        buffer: &'a mut [MaybeUninit<u8>; AHEAD],
        deadline: Deadline,
        timed_out: &'static str,
    ) -> Result<Input<'a>> {
        if let Deadline::Never = deadline {
            let (room, hold) = match connection.wanted()? {
                None => (AHEAD, Hold::AtRecordStart),
                Some(wanted) => (wanted.min(AHEAD), Hold::No),
            };
            match self.io.wait_by_reading(&mut buffer[..room])? {
                // The end: the connection shall meet it itself.
                Some([]) => return Ok(Hold::No.into()),
                Some(received) => return Ok(Input { received, hold }),
                None => {}
            }
        }
        if self.io.wait(PollFlags::IN, deadline)? {
            Ok(Hold::No.into())
        } else {
            Err(Error::Timeout(timed_out))
        }
    }

    pub(super) fn wait_write(&self, deadline: Deadline, timed_out: &'static str) -> Result<()> {
        match deadline {
            Deadline::Now => Err(Error::want_write()),
            _ if self.io.wait(PollFlags::OUT, deadline)? => Ok(()),
            _ => Err(Error::Timeout(timed_out)),
        }
    }

    pub(super) fn recv_plain(&self, buffer: &mut [u8]) -> Result<usize> {
        self.plain(PollFlags::IN, self.deadline(), || self.io.recv(buffer))
    }

    pub(super) fn send_plain(&self, data: &[u8], deadline: Deadline) -> Result<usize> {
        self.plain(PollFlags::OUT, deadline, || {
            net::send(&self.io.socket, data)
        })
    }

    fn plain(
        &self,
        flags: PollFlags,
        deadline: Deadline,
        mut call: impl FnMut() -> io::Result<usize>,
    ) -> Result<usize> {
        loop {
            match self.io.call(|_| call()) {
                Err(error) if error.is_would_block() => match deadline {
                    Deadline::Now => return Err(error),
                    _ if self.io.wait(flags, deadline)? => {}
                    _ => return Err(Error::Timeout("timed out")),
                },
                outcome => return outcome,
            }
        }
    }
}

fn no_turn(why: Refused, deadline: Deadline, timed_out: &'static str) -> Error {
    match (why, deadline) {
        (Refused::Own, _) => Error::in_callback(),
        (Refused::Late, Deadline::Now) if timed_out == WRITE_TIMED_OUT => Error::want_write(),
        (Refused::Late, Deadline::Now) => Error::want_read(),
        (Refused::Late, _) => Error::Timeout(timed_out),
    }
}
