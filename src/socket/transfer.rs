//! Receiving and sending.

use std::io::{self, Read, Write};

use super::{SslSocket, Tls};
use crate::error::{Error, Result};
use crate::ffi::bio::ReadMode;
use crate::ffi::net;
use crate::ffi::ssl::RECORD_MAX;
use crate::sealed::{Sealed, seal};

/// Where [`SslSocket::read`] puts what it reads: a number of bytes makes a new vector, a buffer is
/// filled. Other crates cannot implement the trait.
#[diagnostic::on_unimplemented(
    message = "a socket cannot read into `{Self}`",
    label = "neither a number of bytes nor a buffer",
    note = "`sock.read(1024)` returns a new vector, `sock.read(&mut buffer)` fills a slice, an array or a vector as long as it is"
)]
pub trait ReadTarget: Sealed<Vec<u8>> {
    /// What comes back: the bytes, or how many there are in the buffer.
    type Output;

    #[doc(hidden)]
    fn read_from(self, sock: &SslSocket) -> Result<Self::Output>;
}

seal!(Vec<u8>: usize, &mut [u8], &mut Vec<u8>);

impl<const N: usize> Sealed<Vec<u8>> for &mut [u8; N] {}

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
    /// to do, it is done first. After `unwrap` it receives plain bytes, as in Python; before
    /// `connect` there is nothing to receive from.
    ///
    /// # Errors
    ///
    /// `SSLEOFError` for an end without `close_notify` if
    /// [`suppress_ragged_eofs`](crate::WrapSocket::suppress_ragged_eofs) is off;
    /// `SSLZeroReturnError` if both sides have closed; `SSLError` for alerts and broken records;
    /// `OSError`; `TimeoutError`; `SSLWantReadError` on a non-blocking socket; `ValueError` after a
    /// failed handshake or `shutdown`.
    #[doc(alias = "recvmsg")]
    pub fn recv(&self, bufsize: usize) -> Result<Vec<u8>> {
        match self.tls() {
            _ if bufsize == 0 => Ok(Vec::new()),
            Tls::Active(connection) => {
                self.read_tls(&connection, ReadMode::NonBlocking, |_, deadline| {
                    connection.read_vec(bufsize.min(RECORD_MAX), deadline)
                })
            }
            Tls::Unwrapped => {
                let mut data = vec![0; bufsize.min(RECORD_MAX * 4)];
                let n = self.recv_plain(&mut data)?;
                data.truncate(n);
                Ok(data)
            }
            Tls::NotStarted => Err(self.unprotected("Read")),
            Tls::Dropped => Err(self.over("Read")),
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
    #[doc(alias = "recvmsg_into")]
    #[doc(alias = "readinto")]
    pub fn recv_into(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive_into(buffer, ReadMode::NonBlocking)
    }

    fn receive_into(&self, buffer: &mut [u8], mode: ReadMode) -> Result<usize> {
        match self.tls() {
            _ if buffer.is_empty() => Ok(0),
            Tls::Active(connection) => self.read_tls(&connection, mode, |mode, deadline| {
                connection.read_into_as(mode, buffer, deadline)
            }),
            Tls::Unwrapped => self.recv_plain(buffer),
            Tls::NotStarted => Err(self.unprotected("Read")),
            Tls::Dropped => Err(self.over("Read")),
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
    #[doc(alias = "sendmsg")]
    pub fn send(&self, data: &[u8]) -> Result<usize> {
        self.send_through(self.tls(), data)
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
            tls => self.send_through(tls, data).map(drop),
        }
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
    ///
    /// With [`read_ahead`](super::WrapSocket::read_ahead), what was received along with the data
    /// counts too, since `poll` cannot tell of it: the end of the stream, until a read has reported
    /// it, as 1; and plain bytes that followed the end of the TLS connection.
    pub fn pending(&self) -> usize {
        match self.tls() {
            Tls::Active(connection) => connection.pending(),
            Tls::Unwrapped => self.io.left_over(),
            Tls::NotStarted | Tls::Dropped => 0,
        }
    }

    fn send_through(&self, tls: Tls, data: &[u8]) -> Result<usize> {
        match tls {
            Tls::Active(connection) => self.write_tls(&connection, data),
            Tls::Unwrapped => self.send_plain(data, self.deadline()),
            Tls::NotStarted => Err(self.unprotected("Write")),
            Tls::Dropped => Err(self.over("Write")),
        }
    }

    fn gone(&self, what: &str) -> Error {
        Error::value(format!("{what} on closed or unwrapped SSL socket."))
    }

    /// The error of a socket whose TLS connection is over: the system's if it is closed too.
    fn over(&self, what: &str) -> Error {
        self.io
            .check_open()
            .err()
            .unwrap_or_else(|| self.gone(what))
    }

    fn require_tls(&self, what: &str) -> Result<()> {
        match self.tls() {
            Tls::Active(_) => Ok(()),
            Tls::NotStarted | Tls::Unwrapped | Tls::Dropped => Err(self.gone(what)),
        }
    }

    /// The system's error for a socket that is not connected. One that is, without TLS, sends and
    /// receives nothing (in Python it would in clear text): `connect` has given up, say.
    fn unprotected(&self, what: &str) -> Error {
        let reads = what == "Read";
        let probed = self.io.call(|socket| match reads {
            true => net::peek(socket),
            false => net::send(socket, &[]),
        });
        match probed {
            Err(error @ Error::Os(_)) if !error.is_would_block() => error,
            _ => self.gone(what),
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

/// On a socket without time-out this waits in the system call that reads, where [`recv`](SslSocket::recv)
/// needs `poll(2)` too: while this borrows the socket exclusively, no other thread can close it.
impl Read for SslSocket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.receive_into(buf, ReadMode::Blocking)?)
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
