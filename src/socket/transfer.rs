//! Receiving and sending.

use std::io::{self, Read, Write};

use super::{SslSocket, Tls};
use crate::error::{Error, Result};
use crate::ffi::bio::IoMode;
use crate::ffi::net;
use crate::ffi::ssl::RECORD_MAX;
use crate::sealed::{Sealed, seal};

/// The argument of [`SslSocket::read`]: a number of bytes, for which it returns a new vector, or a buffer,
/// which it fills. Other crates cannot implement the trait.
#[diagnostic::on_unimplemented(
    message = "a socket cannot read into `{Self}`",
    label = "neither a number of bytes nor a buffer",
    note = "`sock.read(1024)` returns a new vector, `sock.read(&mut buffer)` fills a slice, an array or a vector as long as it is"
)]
pub trait ReadTarget: Sealed<Vec<u8>> {
    /// The bytes, or their number if they are in the buffer.
    type Output;

    #[doc(hidden)]
    fn read_from(self, sock: &SslSocket) -> Result<Self::Output>;
}

seal!(Vec<u8>: usize, &mut [u8], &mut Vec<u8>);

impl<const N: usize> Sealed<Vec<u8>> for &mut [u8; N] {}

impl ReadTarget for usize {
    type Output = Vec<u8>;

    fn read_from(self, sock: &SslSocket) -> Result<Vec<u8>> {
        sock.recv_from(sock.require_tls("Read")?, self)
    }
}

impl ReadTarget for &mut [u8] {
    type Output = usize;

    fn read_from(self, sock: &SslSocket) -> Result<usize> {
        sock.receive_into(sock.require_tls("Read")?, self, IoMode::NonBlocking)
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
    /// Receives up to `bufsize` bytes. An empty result is the end of the stream.
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
    /// One call returns at most the data of one TLS record, 16384 bytes. If the handshake is not
    /// done, `recv` does it first. As in Python, `recv` receives clear text after `unwrap`.
    ///
    /// # Errors
    ///
    /// `SSLEOFError` at an end without `close_notify` if
    /// [`suppress_ragged_eofs`](crate::WrapSocket::suppress_ragged_eofs) is off;
    /// `SSLZeroReturnError` if both sides have closed; `SSLError` for alerts and broken records;
    /// `OSError`, also before `connect`; `TimeoutError`; `SSLWantReadError` on a non-blocking socket;
    /// `ValueError` after a failed handshake or `shutdown`.
    #[doc(alias = "recvmsg")]
    pub fn recv(&self, bufsize: usize) -> Result<Vec<u8>> {
        self.recv_from(self.tls(), bufsize)
    }

    fn recv_from(&self, tls: Tls, bufsize: usize) -> Result<Vec<u8>> {
        match tls {
            _ if bufsize == 0 => Ok(Vec::new()),
            Tls::Active(connection) => {
                self.read_tls(&connection, IoMode::NonBlocking, |_, deadline| {
                    connection.read_vec(bufsize.min(RECORD_MAX), deadline)
                })
            }
            Tls::Unwrapped => {
                let mut data = vec![0; bufsize.min(RECORD_MAX * 4)];
                let n = self.recv_plain(&mut data)?;
                data.truncate(n);
                Ok(data)
            }
            Tls::NotStarted => Err(self.no_tls_yet_error("Read")),
            Tls::Dropped => Err(self.dropped_tls_error("Read")),
        }
    }

    /// Receives into a buffer and returns the number of bytes; 0 is the end of the stream.
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
    /// The same as [`recv`](Self::recv).
    #[doc(alias = "recvmsg_into")]
    #[doc(alias = "readinto")]
    pub fn recv_into(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive_into(self.tls(), buffer, IoMode::NonBlocking)
    }

    fn receive_into(&self, tls: Tls, buffer: &mut [u8], mode: IoMode) -> Result<usize> {
        match tls {
            _ if buffer.is_empty() => Ok(0),
            Tls::Active(connection) => self.read_tls(&connection, mode, |mode, deadline| {
                connection.read_into_as(mode, buffer, deadline)
            }),
            Tls::Unwrapped => self.recv_plain(buffer),
            Tls::NotStarted => Err(self.no_tls_yet_error("Read")),
            Tls::Dropped => Err(self.dropped_tls_error("Read")),
        }
    }

    /// Python's `sock.read(len)` and `sock.read(len, buffer)`. With a number it returns the bytes. With a
    /// buffer it fills the buffer and returns the number of bytes.
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
    /// The same as [`recv`](Self::recv), and `ValueError` without TLS.
    pub fn read<T: ReadTarget>(&self, target: T) -> Result<T::Output> {
        target.read_from(self)
    }

    /// Sends `data` and returns its length. With TLS it sends all of `data` or returns an error.
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
    /// After `SSLWantWriteError` or a time-out, the program must send the same data again, or data that begins
    /// with it, because OpenSSL has encrypted a part. Other data is an error (`BAD_WRITE_RETRY`), where
    /// Python sends a mixture of both.
    ///
    /// # Errors
    ///
    /// `SSLError` after `close_notify` was sent (`PROTOCOL_IS_SHUTDOWN`), and for other data after a failed
    /// attempt; `SSLEOFError` and `OSError` if the peer has closed the connection; `TimeoutError`;
    /// `SSLWantWriteError` on a non-blocking socket; `ValueError` after a failed handshake or `shutdown`.
    #[doc(alias = "sendmsg")]
    pub fn send(&self, data: &[u8]) -> Result<usize> {
        self.send_through(self.tls(), data, IoMode::NonBlocking)
    }

    /// Sends all of `data`, within the time-out.
    ///
    /// Each call makes a record and a system call. For many small pieces, a [`BufWriter`](io::BufWriter) around the
    /// socket is faster: over 100 times for pieces of 64 bytes, 9 times for 1 KiB. The chapter
    /// [`recipes`](crate::recipes) has the figures, and says when to set `TCP_NODELAY`.
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
    /// The same as [`send`](Self::send).
    #[doc(alias = "write_all")]
    pub fn sendall(&self, data: &[u8]) -> Result<()> {
        match self.tls() {
            Tls::Unwrapped => {
                let deadline = self.deadline();
                let mut rest = data;
                while !rest.is_empty() {
                    rest = &rest[self.send_plain(rest, deadline)?..];
                }
                Ok(())
            }
            tls => self.send_through(tls, data, IoMode::NonBlocking).map(drop),
        }
    }

    /// Python's `sock.write(data)`: sends like `send`, but returns a `ValueError` without TLS.
    ///
    /// # Errors
    ///
    /// The same as [`send`](Self::send).
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        self.send_through(self.require_tls("Write")?, data, IoMode::NonBlocking)
    }

    /// Python's `sock.pending()`: the number of decrypted bytes that the next read returns without waiting.
    /// If it is 0, `select` and `poll` on the socket report whether there is more.
    ///
    /// With [`read_ahead`](super::WrapSocket::read_ahead), `pending` also counts bytes that were
    /// read ahead, because `poll` does not report them: the next record, the end of the stream as 1
    /// until a read has reported it, and clear text after the end of the TLS connection.
    pub fn pending(&self) -> usize {
        match self.tls() {
            Tls::Active(connection) => connection.pending(),
            Tls::Unwrapped => self.io.left_over(),
            Tls::NotStarted | Tls::Dropped => 0,
        }
    }

    fn send_through(&self, tls: Tls, data: &[u8], mode: IoMode) -> Result<usize> {
        match tls {
            Tls::Active(connection) => self.write_tls(&connection, mode, data),
            Tls::Unwrapped => self.send_plain(data, self.deadline()),
            Tls::NotStarted => Err(self.no_tls_yet_error("Write")),
            Tls::Dropped => Err(self.dropped_tls_error("Write")),
        }
    }

    /// Python's error for an operation that needs TLS.
    fn no_tls(&self, what: &str) -> Error {
        Error::value(format!("{what} on closed or unwrapped SSL socket."))
    }

    /// The error of a socket whose TLS connection was dropped: `EBADF` if the socket is closed, or
    /// Python's error for a socket without TLS.
    fn dropped_tls_error(&self, what: &str) -> Error {
        self.io
            .check_open()
            .err()
            .unwrap_or_else(|| self.no_tls(what))
    }

    fn require_tls(&self, what: &str) -> Result<Tls> {
        match self.tls() {
            tls @ Tls::Active(_) => Ok(tls),
            Tls::NotStarted | Tls::Unwrapped | Tls::Dropped => Err(self.no_tls(what)),
        }
    }

    /// The error of a socket that has no TLS connection yet. If the socket is not connected, it is
    /// the system's error. If the socket is connected, for example because `connect` has failed
    /// half-way, it sends and receives nothing. (In Python, it sends and receives in clear text.)
    fn no_tls_yet_error(&self, what: &str) -> Error {
        let reads = what == "Read";
        let probed = self.io.call(|socket| match reads {
            true => net::peek(socket),
            false => net::send(socket, &[], false),
        });
        match probed {
            Err(error @ Error::Os(_)) if !error.is_would_block() => error,
            _ => self.no_tls(what),
        }
    }
}

impl Read for &SslSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_into(buf)?)
    }
}

/// As [`send`](SslSocket::send). For many small pieces use a [`BufWriter`](io::BufWriter), as
/// [`sendall`](SslSocket::sendall) says.
impl Write for &SslSocket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(self.send(buf)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without a time-out, `read` waits in the system call that reads, while [`recv`](SslSocket::recv)
/// first waits in `poll(2)`. This is possible because `read` borrows the socket exclusively, so no
/// other thread can close it.
impl Read for SslSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.receive_into(self.tls(), buf, IoMode::Blocking)?)
    }
}

/// Each call makes a record and a system call, and `flush` does nothing. For many small pieces use a
/// [`BufWriter`](io::BufWriter), as [`sendall`](SslSocket::sendall) says.
///
/// Without a time-out, `write` waits in the system call that sends, as `read` of [`Read`] waits in
/// the one that receives.
impl Write for SslSocket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(self.send_through(self.tls(), buf, IoMode::Blocking)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
