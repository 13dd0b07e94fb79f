//! The end of a connection.

use std::net::Shutdown;
use std::time::Duration;

use super::wait::{BusyDeadline, READ_TIMED_OUT, WRITE_TIMED_OUT, deadline_error};
use super::{SslSocket, Tls};
use crate::engine::{Connection, Deadline, Step};
use crate::error::{Error, Result};
use crate::ffi::ssl::RECORD_MAX;
use crate::sys::errno;

/// How the connection has ended, from [`SslSocket::close_within`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Both sides have sent `close_notify`, so both know that they have received everything.
    Orderly,
    /// The peer has closed or reset the connection without `close_notify`.
    Ragged,
    /// The time passed before the peer's `close_notify` arrived, or before ours was sent.
    TimedOut,
    /// There was no TLS connection: the handshake was not done, or TLS had ended before.
    Unprotected,
}

impl SslSocket {
    /// Half-closes the connection: sends `close_notify` once. The socket can still receive. Not in Python.
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
    /// The peer's `close_notify` then ends receiving with an empty result. (After an unfinished
    /// [`unwrap`](Self::unwrap), it ends receiving with `SSLZeroReturnError`, as in Python.) `send`
    /// returns an error from now on. A second call does nothing. TLS 1.2 requires the peer to close
    /// at once when it receives `close_notify` (RFC 5246, section 7.2.1), and many peers do so. TLS
    /// 1.3 allows the peer to send more (RFC 8446, section 6.1).
    ///
    /// # Errors
    ///
    /// `SSLError` before the handshake (`SHUTDOWN_WHILE_IN_INIT`), and after a `send` that failed half-way
    /// (`BAD_WRITE_RETRY`); `TimeoutError`, or `SSLWantWriteError` on a non-blocking socket, if the send
    /// buffer is full: call it again then; `OSError`; `ValueError` without TLS.
    #[doc(alias = "half_close")]
    #[doc(alias = "shutdown_write")]
    #[doc(alias = "close_write")]
    #[doc(alias = "poll_shutdown")]
    #[doc(alias = "SSL_shutdown")]
    pub fn send_close_notify(&self) -> Result<()> {
        let connection = self.wrapped()?;
        self.send_close_notify_until(&connection, self.deadline(), true)
    }

    /// Ends the TLS connection: sends `close_notify`, and waits for the peer's. After that the socket sends
    /// and receives in clear text.
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
    /// Receive the peer's data first. As in Python, data before its `close_notify` is an error here, and that
    /// record is lost. To close this side first and receive the rest, call
    /// [`send_close_notify`](Self::send_close_notify).
    ///
    /// # Errors
    ///
    /// `SSLError` before the handshake (`SHUTDOWN_WHILE_IN_INIT`), if the peer sends data instead
    /// (`APPLICATION_DATA_AFTER_CLOSE_NOTIFY`), and after a `send` that failed half-way
    /// (`BAD_WRITE_RETRY`); `SSLEOFError` if the peer closes without
    /// `close_notify`; `TimeoutError`, after which it can be called again; `SSLWantReadError` on a
    /// non-blocking socket; `ValueError` without TLS.
    pub fn unwrap(&self) -> Result<()> {
        let connection = self.wrapped()?;
        let deadline = self.deadline();
        // `close_notify` is sent before this thread waits for the turn to read, which another
        // thread may hold.
        self.send_close_notify_until(&connection, deadline, false)?;
        let _turn = self.turn(&connection, &connection.reads, deadline, READ_TIMED_OUT)?;
        let beyond = self.drive(&connection, deadline, READ_TIMED_OUT, |deadline| {
            connection.shutdown(deadline)
        })?;
        self.io.keep(beyond);
        self.replace_tls(&connection, Tls::Unwrapped);
        Ok(())
    }

    /// Python's `sock.shutdown(how)`: drops the TLS connection without `close_notify` and shuts
    /// down the socket. After that, the socket does not send or receive.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is not connected or is closed.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        self.io.check_open()?;
        self.set_tls(Tls::Dropped);
        self.io.shutdown(how)
    }

    /// Sends `close_notify`, waits for the peer's until the time is over, and closes the socket in any case.
    /// In Python this takes `settimeout`, `unwrap`, several `except` clauses and `close`.
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
    ///     eprintln!("the peer may not have received everything");
    /// }
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The time limits the whole call. The socket's own time-out does not matter. If the time is
    /// zero, the call does not wait.
    ///
    /// Data that the peer sends before its `close_notify` is discarded, unless another thread than this one was
    /// the last to receive. In that case nothing is discarded: this call waits until that thread has
    /// received everything, or until the time is over. Threads that still wait when the socket is closed
    /// get an `OSError` (`EBADF`), as with [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// `OSError` (`EBADF`) if the socket was closed before; `SSLError` for a broken record or an alert from
    /// the peer, and after a `send` that failed half-way (`BAD_WRITE_RETRY`). The socket is closed in these
    /// cases too.
    pub fn close_within(&self, timeout: Duration) -> Result<Closed> {
        let deadline = Deadline::after(Some(timeout));
        let outcome = self.close_tls(deadline);
        self.close();
        match outcome {
            Err(Error::ZeroReturn(_)) => Ok(Closed::Orderly),
            Err(Error::Timeout(_) | Error::WantRead(_) | Error::WantWrite(_)) => {
                Ok(Closed::TimedOut)
            }
            Err(Error::Eof(_)) => Ok(Closed::Ragged),
            Err(Error::Os(error)) if errno::CUT.contains(&error.errno()) => Ok(Closed::Ragged),
            outcome => outcome,
        }
    }

    fn close_tls(&self, deadline: Deadline) -> Result<Closed> {
        self.io.check_open()?;
        let Some(connection) = self.connection().filter(|tls| tls.handshaken()) else {
            return Ok(Closed::Unprotected);
        };
        self.send_close_notify_until(&connection, deadline, true)?;
        self.read_to_the_end(&connection, deadline)
    }

    fn send_close_notify_until(
        &self,
        connection: &Connection,
        deadline: Deadline,
        half_close: bool,
    ) -> Result<()> {
        let _turn = self.turn(connection, &connection.writes, deadline, WRITE_TIMED_OUT)?;
        let mut busy = BusyDeadline::new(deadline);
        loop {
            let step = connection.send_close_notify(half_close, deadline);
            match self.io.checked(step)? {
                Step::Done(()) => return Ok(()),
                Step::Again if !busy.has_passed() => {}
                Step::Again | Step::Busy => return Err(deadline_error(deadline, WRITE_TIMED_OUT)),
                _ => self.wait_write(deadline, WRITE_TIMED_OUT)?,
            }
        }
    }

    /// Reads until the connection ends. Data is discarded. If another thread receives, the data is
    /// left to that thread.
    fn read_to_the_end(&self, connection: &Connection, deadline: Deadline) -> Result<Closed> {
        let mut discarded = vec![0; RECORD_MAX];
        let others = connection.watch_reads();
        loop {
            let reads = others.count();
            let (found, theirs) = {
                let _turn = self.turn(connection, &connection.reads, deadline, READ_TIMED_OUT)?;
                self.drive(connection, deadline, READ_TIMED_OUT, |deadline| {
                    // The check is repeated at each step, since another thread may begin to receive
                    // while this one waits.
                    let theirs = connection.has_other_reader();
                    let step = match theirs {
                        true => connection.peek(deadline),
                        false => connection.read_into(&mut discarded, deadline),
                    };
                    step.map(|step| step.map(|n| (n, theirs)))
                })?
            };
            if found == 0 {
                return Ok(Closed::Orderly);
            }
            let in_time = match theirs {
                true => others.wait(reads, deadline),
                // The deadline is checked here too, because a read does not wait, and does not
                // check it, while the peer sends.
                false => deadline.left().is_none_or(|left| !left.is_zero()),
            };
            if !in_time {
                return Ok(Closed::TimedOut);
            }
        }
    }

    /// Closes the socket. Threads that wait for it get an `OSError` (`EBADF`). As in Python, no
    /// `close_notify` is sent.
    ///
    /// Duplicates of the descriptor, in this process or in others, stay open, and so does the connection until
    /// the last of them is closed. Only a `connect` in progress ends for all of them. (In Python, `close`
    /// does not wake other threads.)
    pub fn close(&self) {
        self.set_tls(Tls::Dropped);
        self.io.close();
    }
}
