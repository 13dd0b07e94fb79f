//! The end of a connection.

use std::net::Shutdown;

use super::wait::{READ_TIMED_OUT, WRITE_TIMED_OUT};
use super::{SslSocket, Tls};
use crate::engine::Step;
use crate::error::Result;
use crate::ffi::bio::Hold;

impl SslSocket {
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
    /// `SSLError` before the handshake (`SHUTDOWN_WHILE_IN_INIT`), if the peer sends data instead
    /// (`APPLICATION_DATA_AFTER_CLOSE_NOTIFY`), and after a `send` that was given up half-way
    /// (`BAD_WRITE_RETRY`); `SSLEOFError` if it closes without
    /// `close_notify`; `TimeoutError`, after which it can be repeated; `SSLWantReadError` on a
    /// non-blocking socket; `ValueError` without TLS.
    pub fn unwrap(&self) -> Result<()> {
        let connection = self.wrapped()?;
        let deadline = self.deadline();
        {
            // Ours goes out first, whoever is receiving meanwhile.
            let _turn = self.turn(&connection.writes, deadline, WRITE_TIMED_OUT)?;
            while let Step::WantWrite = self.io.checked(connection.shutdown(Hold::Always))? {
                self.wait_write(deadline, WRITE_TIMED_OUT)?;
            }
        }
        let _turn = self.turn(&connection.reads, deadline, READ_TIMED_OUT)?;
        self.drive(&connection, deadline, READ_TIMED_OUT, |input| {
            connection.shutdown(input)
        })?;
        self.io.keep(connection.take_transport_buffered()?);
        self.replace_tls(&connection, Tls::Clear);
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
        self.io.call(|socket| socket.shutdown(how))
    }

    /// Closes the socket, for all threads: those that wait on it get an `OSError` (`EBADF`). No
    /// `close_notify` is sent, as in Python.
    pub fn close(&self) {
        self.set_tls(Tls::Gone);
        self.io.close();
    }
}
