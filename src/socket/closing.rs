//! The end of a connection.

use std::net::Shutdown;
use std::time::Duration;

use super::wait::{READ_TIMED_OUT, WRITE_TIMED_OUT};
use super::{SslSocket, Tls};
use crate::engine::{Connection, Deadline, Step};
use crate::error::{Error, Result};
use crate::ffi::bio::Hold;
use crate::ffi::ssl::RECORD_MAX;

/// How [`SslSocket::close_within`] found the end of the connection.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Both sides have sent `close_notify`: each knows that it has heard all.
    Orderly,
    /// The peer has left without `close_notify`, or has cut the connection.
    Ragged,
    /// Time was up before the peer's `close_notify` came, or even before ours was out.
    TimedOut,
    /// There was no TLS connection: never, not yet, or not any more.
    Unprotected,
}

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

    /// Ends the TLS connection as far as that can be done in time, and closes the socket in any
    /// case: sends `close_notify`, waits for the peer's until the time is up, closes. In Python
    /// that takes `settimeout`, `unwrap`, several `except` clauses and `close`.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use std::time::Duration;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let server = pyssl_testing::EchoServer::start(&ca.issue("localhost"));
    /// # let context = ssl::create_default_context(ssl::DefaultContext::default().cadata(ca.cert_pem()))?;
    /// # let sock = ssl::create_connection(("localhost", server.port()), None)?;
    /// # let sock = context.wrap_socket(sock, "localhost")?;
    /// if sock.close_within(Duration::from_secs(2))? != ssl::Closed::Orderly {
    ///     eprintln!("the peer may not have heard all");
    /// }
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The time is for the whole call, whatever time-out the socket has; zero waits for nothing. What
    /// the peer still sends is thrown away. Other threads that read meanwhile go on to do so until
    /// the end; those that still wait when the socket is closed get an `OSError` (`EBADF`), as with
    /// [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// `OSError` (`EBADF`) if the socket was closed before; `SSLError` for a broken record or an alert
    /// of the peer, and if a `send` was given up half-way (`BAD_WRITE_RETRY`). The socket is closed
    /// then too.
    pub fn close_within(&self, timeout: Duration) -> Result<Closed> {
        let deadline = Deadline::after(Some(timeout));
        let outcome = self.say_goodbye(deadline);
        self.close();
        match outcome {
            Err(Error::ZeroReturn(_)) => Ok(Closed::Orderly),
            Err(Error::Timeout(_) | Error::WantRead(_) | Error::WantWrite(_)) => {
                Ok(Closed::TimedOut)
            }
            Err(Error::Eof(_)) => Ok(Closed::Ragged),
            Err(Error::Os(error)) if matches!(error.errno(), libc::ECONNRESET | libc::EPIPE) => {
                Ok(Closed::Ragged)
            }
            outcome => outcome,
        }
    }

    fn say_goodbye(&self, deadline: Deadline) -> Result<Closed> {
        self.io.check_open()?;
        let Some(connection) = self.connection().filter(|tls| tls.handshaken()) else {
            return Ok(Closed::Unprotected);
        };
        {
            let _turn = self.turn(&connection.writes, deadline, WRITE_TIMED_OUT)?;
            while let Step::WantWrite = self.io.checked(connection.send_close_notify())? {
                self.wait_write(deadline, WRITE_TIMED_OUT)?;
            }
        }
        self.read_to_the_end(&connection, deadline)
    }

    /// Reads until an error tells how the connection has ended.
    fn read_to_the_end(&self, connection: &Connection, deadline: Deadline) -> Result<Closed> {
        let mut unwanted = vec![0; RECORD_MAX];
        let _turn = self.turn(&connection.reads, deadline, READ_TIMED_OUT)?;
        loop {
            self.drive(connection, deadline, READ_TIMED_OUT, |input| {
                connection.read_into(&mut unwanted, input)
            })?;
            // A peer that never stops sending never makes a read wait.
            if deadline.left().is_some_and(|left| left.is_zero()) {
                return Ok(Closed::TimedOut);
            }
        }
    }

    /// Closes the socket, for all threads: those that wait on it get an `OSError` (`EBADF`). No
    /// `close_notify` is sent, as in Python.
    pub fn close(&self) {
        self.set_tls(Tls::Gone);
        self.io.close();
    }
}
