//! Receiving, sending, and the end of a connection.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;

use rustix::event::PollFlags;

use super::io::AHEAD;
use super::{SslSocket, Tls};
use crate::engine::{Connection, Deadline, Slot, SlotGuard, Step};
use crate::error::{Error, Result};
use crate::ffi::bio::Hold;
use crate::ffi::net;

/// The most that one record carries.
const RECORD_MAX: usize = 16 * 1024;

const READ_TIMED_OUT: &str = "The read operation timed out";
const WRITE_TIMED_OUT: &str = "The write operation timed out";

/// Where [`SslSocket::read`] puts what it reads: a number of bytes makes a new vector, a buffer is
/// filled.
pub trait ReadTarget {
    /// What comes back: the bytes, or how many there are in the buffer.
    type Output;

    #[doc(hidden)]
    fn read_from(self, sock: &SslSocket) -> Result<Self::Output>;
}

impl ReadTarget for usize {
    type Output = Vec<u8>;

    fn read_from(self, sock: &SslSocket) -> Result<Vec<u8>> {
        sock.require_tls("Read")?;
        sock.recv(self)
    }
}

impl ReadTarget for &mut [u8] {
    type Output = usize;

    fn read_from(self, sock: &SslSocket) -> Result<usize> {
        sock.require_tls("Read")?;
        sock.recv_into(self)
    }
}

impl<const N: usize> ReadTarget for &mut [u8; N] {
    type Output = usize;

    fn read_from(self, sock: &SslSocket) -> Result<usize> {
        self.as_mut_slice().read_from(sock)
    }
}

impl ReadTarget for &mut Vec<u8> {
    type Output = usize;

    fn read_from(self, sock: &SslSocket) -> Result<usize> {
        self.as_mut_slice().read_from(sock)
    }
}

impl SslSocket {
    /// Receives up to `bufsize` bytes. Nothing is the end of the stream.
    ///
    /// ```python
    /// data = conn.recv(1024)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslSocket) -> ssl::Result<()> {
    /// let data = conn.recv(1024)?;
    /// # Ok(()) }
    /// ```
    ///
    /// One call gives at most what one TLS record carries, 16384 bytes. If the handshake is still
    /// to do, it is done first. Without TLS (before `connect`, after `unwrap`) it receives plain
    /// bytes, as in Python.
    ///
    /// # Errors
    ///
    /// `SSLEOFError` for an end without `close_notify` if
    /// [`suppress_ragged_eofs`](crate::WrapSocket::suppress_ragged_eofs) is off;
    /// `SSLZeroReturnError` if both sides have closed; `SSLError` for alerts and broken records;
    /// `OSError`; `TimeoutError`; `SSLWantReadError` on a non-blocking socket; `ValueError` after a
    /// failed handshake or `shutdown`.
    pub fn recv(&self, bufsize: usize) -> Result<Vec<u8>> {
        match self.tls() {
            _ if bufsize == 0 => Ok(Vec::new()),
            Tls::Active(connection) => self.read_tls(&connection, |hold| {
                connection.read_vec(bufsize.min(RECORD_MAX), hold)
            }),
            Tls::Plain => {
                let mut data = vec![0; bufsize.min(RECORD_MAX * 4)];
                let n = self.recv_plain(&mut data)?;
                data.truncate(n);
                Ok(data)
            }
            Tls::Gone => Err(self.gone("Read")),
        }
    }

    /// Receives into a buffer and returns how many bytes; 0 is the end of the stream.
    ///
    /// ```python
    /// n = conn.recv_into(buffer)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslSocket) -> ssl::Result<()> {
    /// let mut buffer = [0; 1024];
    /// let n = conn.recv_into(&mut buffer)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn recv_into(&self, buffer: &mut [u8]) -> Result<usize> {
        match self.tls() {
            _ if buffer.is_empty() => Ok(0),
            Tls::Active(connection) => {
                self.read_tls(&connection, |hold| connection.read_into(buffer, hold))
            }
            Tls::Plain => self.recv_plain(buffer),
            Tls::Gone => Err(self.gone("Read")),
        }
    }

    /// Python's `sock.read(len)` and `sock.read(len, buffer)`: with a number it returns the bytes,
    /// with a buffer it fills that.
    ///
    /// ```python
    /// data = conn.read(1024)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslSocket) -> ssl::Result<()> {
    /// let data = conn.read(1024)?;
    /// let n = conn.read(&mut [0; 1024])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), and `ValueError` without TLS.
    pub fn read<T: ReadTarget>(&self, target: T) -> Result<T::Output> {
        target.read_from(self)
    }

    /// Sends `data` and returns its length: with TLS all of it or an error.
    ///
    /// ```python
    /// conn.send(b"Hello from server!")
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslSocket) -> ssl::Result<()> {
    /// conn.send(b"Hello from server!")?;
    /// # Ok(()) }
    /// ```
    ///
    /// After `SSLWantWriteError` or a time-out, the same data (or data that begins with it) must
    /// be sent again, since a part is sealed already; other data is refused (`BAD_WRITE_RETRY`;
    /// Python would mix the two).
    ///
    /// # Errors
    ///
    /// `SSLError` after `unwrap` (`PROTOCOL_IS_SHUTDOWN`) and for a broken retry; `SSLEOFError`,
    /// `OSError` if the peer is gone; `TimeoutError`; `SSLWantWriteError` on a non-blocking socket;
    /// `ValueError` after a failed handshake or `shutdown`.
    pub fn send(&self, data: &[u8]) -> Result<usize> {
        match self.tls() {
            Tls::Active(connection) => self.write_tls(&connection, data),
            Tls::Plain => self.send_plain(data, self.deadline()),
            Tls::Gone => Err(self.gone("Write")),
        }
    }

    /// Sends all of `data`, within the time-out.
    ///
    /// ```python
    /// conn.sendall(b'Hello from server!')
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslSocket) -> ssl::Result<()> {
    /// conn.sendall(b"Hello from server!")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn sendall(&self, data: &[u8]) -> Result<()> {
        if let Tls::Plain = self.tls() {
            let deadline = self.deadline();
            let mut rest = data;
            while !rest.is_empty() {
                rest = &rest[self.send_plain(rest, deadline)?..];
            }
            return Ok(());
        }
        self.send(data).map(|_| ())
    }

    /// Python's `sock.write(data)`: as `send`, and a `ValueError` without TLS.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        self.require_tls("Write")?;
        self.send(data)
    }

    /// Python's `sock.pending()`: how many decrypted bytes the next read gives without waiting.
    /// When it is 0, `select` and `poll` on the socket tell whether there is more.
    pub fn pending(&self) -> usize {
        self.connection().map_or(0, |tls| tls.pending())
    }

    /// Ends the TLS connection: sends `close_notify`, and waits for the peer's. The socket goes on
    /// in clear text.
    ///
    /// ```python
    /// sock = sock.unwrap()
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// sock.unwrap()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` before the handshake (`SHUTDOWN_WHILE_IN_INIT`) and if the peer sends data
    /// instead (`APPLICATION_DATA_AFTER_CLOSE_NOTIFY`); `SSLEOFError` if it closes without
    /// `close_notify`; `TimeoutError`, after which it can be repeated; `SSLWantReadError` on a
    /// non-blocking socket; `ValueError` without TLS.
    pub fn unwrap(&self) -> Result<()> {
        let connection = self.wrapped()?;
        let deadline = self.deadline();
        {
            // Ours goes out first, whoever is receiving meanwhile.
            let _turn = self.turn(&connection.writes, deadline, WRITE_TIMED_OUT)?;
            while let Step::WantWrite = connection.shutdown(Hold::Always)? {
                self.wait_write(deadline, WRITE_TIMED_OUT)?;
            }
        }
        let _turn = self.turn(&connection.reads, deadline, READ_TIMED_OUT)?;
        self.drive(&connection, deadline, READ_TIMED_OUT, |hold| {
            connection.shutdown(hold)
        })?;
        self.io.keep(connection.take_transport_buffered());
        self.set_tls(Tls::Plain);
        Ok(())
    }

    /// Python's `sock.shutdown(how)`: drops the TLS connection without `close_notify` and shuts
    /// down the socket. Sending and receiving are refused from here on.
    ///
    /// # Errors
    ///
    /// `OSError`: not connected, closed.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        self.io.check_open()?;
        self.set_tls(Tls::Gone);
        Ok(self.io.socket.shutdown(how)?)
    }

    /// Closes the socket, for all threads: those that wait on it get an `OSError` (`EBADF`). No
    /// `close_notify` is sent, as in Python.
    pub fn close(&self) {
        self.set_tls(Tls::Gone);
        self.io.close();
    }

    fn gone(&self, what: &str) -> Error {
        Error::value(format!("{what} on closed or unwrapped SSL socket."))
    }

    fn require_tls(&self, what: &str) -> Result<()> {
        match self.tls() {
            Tls::Active(_) => Ok(()),
            Tls::Plain | Tls::Gone => Err(self.gone(what)),
        }
    }

    /// A turn at reading or writing.
    pub(super) fn turn<'a>(
        &self,
        slot: &'a Slot,
        deadline: Deadline,
        timed_out: &'static str,
    ) -> Result<SlotGuard<'a>> {
        slot.take(deadline).ok_or_else(|| match deadline {
            Deadline::Now if timed_out == WRITE_TIMED_OUT => Error::want_write(),
            Deadline::Now => Error::want_read(),
            _ => Error::Timeout(timed_out),
        })
    }

    fn read_tls<T: Default>(
        &self,
        connection: &Connection,
        op: impl FnMut(Hold) -> Result<Step<T>>,
    ) -> Result<T> {
        let deadline = self.deadline();
        let outcome = self
            .handshake(connection, deadline, READ_TIMED_OUT)
            .and_then(|()| {
                let _turn = self.turn(&connection.reads, deadline, READ_TIMED_OUT)?;
                self.drive(connection, deadline, READ_TIMED_OUT, op)
            });
        match outcome {
            Err(Error::Eof(_)) if self.suppress_ragged_eofs => Ok(T::default()),
            outcome => outcome,
        }
    }

    fn write_tls(&self, connection: &Connection, data: &[u8]) -> Result<usize> {
        let deadline = self.deadline();
        self.handshake(connection, deadline, WRITE_TIMED_OUT)?;
        let _turn = self.turn(&connection.writes, deadline, WRITE_TIMED_OUT)?;
        let mut stopped = false;
        let outcome = self.drive(connection, deadline, WRITE_TIMED_OUT, |_| {
            let step = connection.write(data);
            stopped = matches!(step, Ok(Step::WantRead | Step::WantWrite));
            step
        });
        if stopped {
            connection.leave_unfinished(data);
        }
        outcome
    }

    /// Repeats a step until it is done, and waits between: outside the connection's lock.
    pub(super) fn drive<T>(
        &self,
        connection: &Connection,
        deadline: Deadline,
        timed_out: &'static str,
        mut op: impl FnMut(Hold) -> Result<Step<T>>,
    ) -> Result<T> {
        // Whoever may wait does so before reading, which saves a read in vain.
        let mut hold = match deadline {
            Deadline::Now => Hold::No,
            _ => Hold::AtRecordStart,
        };
        loop {
            self.io.check_open()?;
            match op(hold)? {
                Step::Done(value) => return Ok(value),
                step if matches!(deadline, Deadline::Now) => return step.now(),
                Step::WantRead => hold = self.wait_read(connection, deadline, timed_out)?,
                Step::WantWrite => self.wait_write(deadline, timed_out)?,
            }
        }
    }

    /// Waits for data. What was read while waiting is handed to the connection.
    fn wait_read(
        &self,
        connection: &Connection,
        deadline: Deadline,
        timed_out: &'static str,
    ) -> Result<Hold> {
        if let Deadline::Never = deadline {
            let mut buffer = [MaybeUninit::uninit(); AHEAD];
            match self.io.read_ahead(&mut buffer)? {
                // The end: the connection shall meet it itself.
                Some([]) => return Ok(Hold::No),
                Some(bytes) => {
                    connection.feed(bytes);
                    return Ok(Hold::AtRecordStart);
                }
                None => {}
            }
        }
        if self.io.wait(PollFlags::IN, deadline)? {
            Ok(Hold::No)
        } else {
            Err(Error::Timeout(timed_out))
        }
    }

    fn wait_write(&self, deadline: Deadline, timed_out: &'static str) -> Result<()> {
        match deadline {
            Deadline::Now => Err(Error::want_write()),
            _ if self.io.wait(PollFlags::OUT, deadline)? => Ok(()),
            _ => Err(Error::Timeout(timed_out)),
        }
    }

    fn recv_plain(&self, buffer: &mut [u8]) -> Result<usize> {
        let deadline = self.deadline();
        self.plain(PollFlags::IN, deadline, || self.io.recv(buffer))
    }

    fn send_plain(&self, data: &[u8], deadline: Deadline) -> Result<usize> {
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
            self.io.check_open()?;
            match call() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match deadline {
                    Deadline::Now => return Err(error.into()),
                    _ if self.io.wait(flags, deadline)? => {}
                    _ => return Err(Error::Timeout("timed out")),
                },
                outcome => return Ok(outcome?),
            }
        }
    }
}

impl Read for &SslSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_into(buf)?)
    }
}

impl Write for &SslSocket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(self.send(buf)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for SslSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_into(buf)?)
    }
}

impl Write for SslSocket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(self.send(buf)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
