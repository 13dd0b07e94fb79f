//! The end of a connection.

use std::net::Shutdown;
use std::time::Duration;

use super::wait::{Pace, READ_TIMED_OUT, WRITE_TIMED_OUT, late};
use super::{SslSocket, Tls};
use crate::engine::{Connection, Deadline, Step};
use crate::error::{Error, Result};
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
    /// Sends `close_notify`, once: this side has said all, and goes on receiving. Python has nothing
    /// like it.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let server = pyssl_testing::EchoServer::start(&ca.issue("localhost"));
    /// # let context = ssl::create_default_context(ssl::DefaultContext::default().cadata(ca.cert_pem()))?;
    /// # let sock = ssl::create_connection(("localhost", server.port()), None)?;
    /// # let sock = context.wrap_socket(sock, "localhost")?;
    /// sock.sendall(b"the whole request")?;
    /// sock.send_close_notify()?;
    /// let mut answer = Vec::new();
    /// loop {
    ///     match sock.recv(16384)? {
    ///         data if data.is_empty() => break,
    ///         data => answer.extend(data),
    ///     }
    /// }
    /// # assert_eq!(answer, b"the whole request");
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Receiving ends with an empty result when the peer's `close_notify` comes. (After an
    /// [`unwrap`](Self::unwrap) that was not finished it ends with `SSLZeroReturnError`, as in
    /// Python.) Sending is refused from here on. A second call does nothing. Many peers answer
    /// `close_notify` by closing at once, as TLS 1.2 asks for (RFC 5246, section 7.2.1); TLS 1.3 lets
    /// them go on sending (RFC 8446, section 6.1).
    ///
    /// # Errors
    ///
    /// `SSLError` before the handshake (`SHUTDOWN_WHILE_IN_INIT`) and after a `send` that was given up
    /// half-way (`BAD_WRITE_RETRY`); `TimeoutError` or, on a non-blocking socket,
    /// `SSLWantWriteError` if there is no room to send, after which it is to be repeated; `OSError`;
    /// `ValueError` without TLS.
    #[doc(alias = "half_close")]
    #[doc(alias = "shutdown_write")]
    #[doc(alias = "close_write")]
    #[doc(alias = "poll_shutdown")]
    #[doc(alias = "SSL_shutdown")]
    pub fn send_close_notify(&self) -> Result<()> {
        let connection = self.wrapped()?;
        self.send_goodbye(&connection, self.deadline(), true)
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
    /// Receive what the peer has to say before. As in Python, data that comes in the place of its
    /// `close_notify` is an error, and the record that it came in is lost. To end this side first and
    /// receive the rest, call [`send_close_notify`](Self::send_close_notify).
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
        // Before the turn to read: another thread may be receiving.
        self.send_goodbye(&connection, deadline, false)?;
        let _turn = self.turn(&connection, &connection.reads, deadline, READ_TIMED_OUT)?;
        let beyond = self.drive(&connection, deadline, READ_TIMED_OUT, |deadline| {
            connection.shutdown(deadline)
        })?;
        self.io.keep(beyond);
        self.replace_tls(&connection, Tls::Unwrapped);
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
        self.set_tls(Tls::Dropped);
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
    /// The time is for the whole call, whatever time-out the socket has; zero waits for nothing.
    ///
    /// Data that the peer sends before its `close_notify` is thrown away, unless another thread than
    /// this one was the last to receive. That thread gets all of it, and then the end: this call
    /// throws nothing away, and waits for that thread until the time is up. Threads that still wait
    /// when the socket is closed get an `OSError` (`EBADF`), as with [`close`](Self::close).
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
        self.send_goodbye(&connection, deadline, true)?;
        self.read_to_the_end(&connection, deadline)
    }

    fn send_goodbye(
        &self,
        connection: &Connection,
        deadline: Deadline,
        half_close: bool,
    ) -> Result<()> {
        let _turn = self.turn(connection, &connection.writes, deadline, WRITE_TIMED_OUT)?;
        let mut pace = Pace::new(deadline);
        loop {
            let step = connection.send_close_notify(half_close, deadline);
            match self.io.checked(step)? {
                Step::Done(()) => return Ok(()),
                Step::Again if !pace.is_over() => {}
                Step::Again | Step::Busy => return Err(late(deadline, WRITE_TIMED_OUT)),
                _ => self.wait_write(deadline, WRITE_TIMED_OUT)?,
            }
        }
    }

    /// Reads until the connection ends. Data is thrown away, unless another thread reads: that
    /// thread gets all of it.
    fn read_to_the_end(&self, connection: &Connection, deadline: Deadline) -> Result<Closed> {
        let mut unwanted = vec![0; RECORD_MAX];
        let others = connection.watch_reads();
        loop {
            let reads = others.count();
            let (found, theirs) = {
                let _turn = self.turn(connection, &connection.reads, deadline, READ_TIMED_OUT)?;
                self.drive(connection, deadline, READ_TIMED_OUT, |deadline| {
                    // Asked once more at each step: a thread may begin to read while this one waits.
                    let theirs = connection.has_other_reader();
                    let step = match theirs {
                        true => connection.peek(deadline),
                        false => connection.read_into(&mut unwanted, deadline),
                    };
                    step.map(|step| step.map(|n| (n, theirs)))
                })?
            };
            if found == 0 {
                return Ok(Closed::Orderly);
            }
            let in_time = match theirs {
                true => others.wait(reads, deadline),
                // A peer that never stops sending never makes a read wait.
                false => deadline.left().is_none_or(|left| !left.is_zero()),
            };
            if !in_time {
                return Ok(Closed::TimedOut);
            }
        }
    }

    /// Closes the socket, for all threads: those that wait on it get an `OSError` (`EBADF`). No
    /// `close_notify` is sent, as in Python.
    ///
    /// Duplicates of the descriptor, in this process or in others, are not concerned: the connection
    /// stays open until the last of them is closed. Only a `connect` under way is given up for all of
    /// them. (In Python, threads that wait are not woken.)
    pub fn close(&self) {
        self.set_tls(Tls::Dropped);
        self.io.close();
    }
}
