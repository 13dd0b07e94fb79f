//! Wrapping, connecting, accepting and the handshake.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket};

use super::address::{Address, ToAddress};
use super::flight::Flight;
use super::io::SocketTransport;
use super::options::{IntoSocket, WrapSocket};
use super::wrap::check_stream;
use super::{SslSocket, Tls};
use crate::context::SslContext;
use crate::engine::{Config, Connection, Deadline, Step};
use crate::error::{Error, Result};
use crate::ffi::bio::IoMode;
use crate::sys::{self, Interest, errno};

const HANDSHAKE_TIMED_OUT: &str = "The handshake operation timed out";

impl SslContext {
    /// Wraps a connected, an unconnected or a listening socket.
    ///
    /// ```python
    /// ssl_sock = context.wrap_socket(sock, server_hostname="localhost")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let server = pyssl_testing::EchoServer::start(&ca.issue("localhost"));
    /// # let context = ssl::create_default_context(ssl::DefaultContext::default().cadata(ca.cert_pem()))?;
    /// # let sock = ssl::create_connection(("localhost", server.port()), None)?;
    /// let ssl_sock = context.wrap_socket(sock, ssl::WrapSocket::new().server_hostname("localhost"))?;
    /// # assert_eq!(ssl_sock.version(), Some("TLSv1.3"));
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// On a connected socket this does the handshake, unless
    /// [`do_handshake_on_connect`](WrapSocket::do_handshake_on_connect) is off. If it fails, an owned socket is
    /// closed. The descriptor of a borrowed socket (`&sock`) is duplicated, so the original stays usable.
    ///
    /// A socket in non-blocking mode starts with a time-out of zero. A socket with a read time-out
    /// (`SO_RCVTIMEO`) starts with that time-out. While it has a time-out, the socket is in
    /// non-blocking mode, and so is a borrowed original. [`detach`](SslSocket::detach) restores the
    /// time-out of the plain socket.
    ///
    /// On Windows, a program cannot find out the mode of a socket. So there a socket in non-blocking mode starts
    /// without a time-out, and needs [`settimeout`](SslSocket::settimeout); and the wrapped socket, like a
    /// borrowed original, is in non-blocking mode until it is closed or detached.
    ///
    /// # Errors
    ///
    /// `NotImplementedError` if the socket is not a stream; `ValueError` for options that contradict each
    /// other or the context, and for invalid host names; `SSLError` if data arrived before the handshake
    /// could begin (CVE-2023-40217); and the errors of [`do_handshake`](SslSocket::do_handshake).
    pub fn wrap_socket<S: IntoSocket>(
        &self,
        sock: S,
        options: impl Into<WrapSocket>,
    ) -> Result<SslSocket> {
        let (socket, ahead) = sock.into_socket()?;
        let handle = sys::Shared::new(socket)?;
        if !S::IS_STREAM {
            check_stream(&handle)?;
        }
        SslSocket::wrap_and_start(handle, ahead, options.into(), self)
    }
}

impl SslSocket {
    /// Starts TLS if the socket is connected.
    fn start(&self) -> Result<()> {
        if !self.connected.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.begin_tls()?;
        match self.do_handshake_on_connect {
            true => self.handshake_alone(),
            false => Ok(()),
        }
    }

    /// Does the handshake of a socket that no other thread can close, because the program does not
    /// have it yet. So a blocking socket can wait in the system call that reads.
    fn handshake_alone(&self) -> Result<()> {
        let connection = self.wrapped()?;
        let deadline = self.deadline();
        if !matches!(deadline, Deadline::Never) || self.read_ahead {
            return self.handshake(&connection, deadline, HANDSHAKE_TIMED_OUT);
        }
        let _turns = (
            self.turn(
                &connection,
                &connection.reads,
                deadline,
                HANDSHAKE_TIMED_OUT,
            )?,
            self.turn(
                &connection,
                &connection.writes,
                deadline,
                HANDSHAKE_TIMED_OUT,
            )?,
        );
        // The client sends the first message, so the first step of a server needs it.
        if self.server_side && !connection.has_buffered() {
            self.wait_alone(&connection)?;
        }
        loop {
            match connection.do_handshake(IoMode::NonBlocking, deadline)? {
                Step::Done(()) => break,
                Step::Again | Step::Busy => {}
                Step::WantRead => self.wait_alone(&connection)?,
                Step::WantWrite => self.wait_write(deadline, HANDSHAKE_TIMED_OUT)?,
            }
        }
        self.sent_last(&connection);
        Ok(())
    }

    fn wait_alone(&self, connection: &Connection) -> Result<()> {
        self.busy_poll(Deadline::Never)?;
        match self.io.handle.with(Flight::wait) {
            // Another process or thread with a duplicate of the descriptor has made the socket
            // non-blocking.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                self.io.wait(Interest::Read, Deadline::Never).map(drop)
            }
            seen => connection.feed(seen),
        }
    }

    /// Records that this client sent the last message of the handshake. The next read then waits before it reads,
    /// because the server's next message has probably not arrived.
    fn sent_last(&self, connection: &Connection) {
        if !self.server_side {
            connection.expect_answer();
        }
    }

    /// Like [`start`](Self::start), with the time-out of the plain socket.
    pub(super) fn start_with_socket_timeout(&self) -> Result<()> {
        let timeout = self
            .io
            .handle
            .with(|socket| match sys::is_nonblocking(socket)? {
                true => Ok(Some(Duration::ZERO)),
                false => socket.read_timeout(),
            })?;
        let Some(timeout) = timeout else {
            return self.start();
        };
        self.settimeout(Some(timeout))?;
        let connected = self.connected.load(Ordering::Relaxed);
        let outcome = match timeout.is_zero() && connected && self.do_handshake_on_connect {
            true => self.begin_tls().and(Err(Error::value(
                "do_handshake_on_connect should not be specified for non-blocking sockets",
            ))),
            false => self.start(),
        };
        if outcome.is_err() && !timeout.is_zero() {
            // A borrowed original shares the mode of the descriptor, and must stay usable.
            let _ = self
                .io
                .handle
                .with(|socket| sys::set_nonblocking(socket, false));
        }
        outcome
    }

    /// Creates the TLS connection. This sends nothing.
    fn begin_tls(&self) -> Result<Arc<Connection>> {
        let context = self.context();
        // Only the session cache needs the peer's address, which takes a system call.
        let peer = match self.server_side || context.client_session_cache() == 0 {
            true => None,
            false => {
                (self.io.handle.with(Socket::peer_addr).ok()).and_then(|peer| peer.as_socket())
            }
        };
        let config = Config {
            server_side: self.server_side,
            server_hostname: self.server_hostname.clone(),
            session: self.session_lock().take(),
            insist_on_hostname: !self.server_side,
            overrides: self.overrides.clone(),
            port: peer.as_ref().map(SocketAddr::port),
            address: peer.map(|peer| peer.ip().to_string()),
        };
        let transport = Box::new(SocketTransport::new(Arc::clone(&self.io), self.read_ahead));
        let connection = Arc::new(Connection::new(&context, config, transport)?);
        self.set_tls(Tls::Active(Arc::clone(&connection)));
        Ok(connection)
    }

    /// Python's `sock.bind(address)`.
    ///
    /// ```python
    /// ssl_sock.bind(('localhost', 8443))
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(ssl_sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// ssl_sock.bind(("localhost", 8443))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `OSError` from the system.
    pub fn bind(&self, address: impl ToAddress) -> Result<()> {
        self.io.check_open()?;
        let domain = self.io.call(sys::domain)?;
        let address = address.to_address(domain)?;
        self.io.call(|socket| socket.bind(&address))
    }

    /// Python's `sock.listen(backlog)`.
    ///
    /// ```python
    /// ssl_sock.listen(5)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(ssl_sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// ssl_sock.listen(5)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `OSError` from the system.
    pub fn listen(&self, backlog: i32) -> Result<()> {
        self.io.call(|socket| socket.listen(backlog))
    }

    /// Accepts the next client of a listening socket and does the handshake.
    ///
    /// ```python
    /// conn, addr = ssl_sock.accept()
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(ssl_sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// let (conn, addr) = ssl_sock.accept()?;
    /// # Ok(()) }
    /// ```
    ///
    /// As in Python, the client's socket has this socket's options but no time-out. So a client that sends
    /// nothing blocks `accept`: turn off
    /// [`do_handshake_on_connect`](WrapSocket::do_handshake_on_connect), and do the handshake in a thread of the
    /// client's own.
    ///
    /// # Errors
    ///
    /// `OSError` and `TimeoutError` of the listening socket; the errors of the client's handshake. This socket
    /// stays usable after all of them.
    pub fn accept(&self) -> Result<(SslSocket, Address)> {
        let (socket, address) = self.accept_plain()?;
        let options = WrapSocket {
            overrides: self.overrides.clone(),
            ..WrapSocket::new()
                .server_side(true)
                .do_handshake_on_connect(self.do_handshake_on_connect)
                .suppress_ragged_eofs(self.suppress_ragged_eofs)
                .read_ahead(self.read_ahead)
                .busy_poll(self.busy_poll)
        };
        let handle = sys::Shared::new(socket)?;
        let sock = SslSocket::wrap(handle, Vec::new(), options, &self.context())?;
        sock.start()?;
        Ok((sock, Address::from_raw(&address)))
    }

    fn accept_plain(&self) -> Result<(Socket, SockAddr)> {
        let deadline = self.deadline();
        let blocks = matches!(deadline, Deadline::Never);
        // `close` does not wake a thread in accept(2), so a thread waits in `poll` first. Only one
        // thread at a time does so, because another thread could accept the connection that `poll`
        // has reported.
        let _turn = blocks.then(|| self.io.accepting());
        loop {
            if blocks {
                self.io.wait(Interest::Read, deadline)?;
            }
            match self.io.call(Socket::accept) {
                Ok((socket, address)) => {
                    self.io.check_open()?;
                    // On some systems the socket inherits the listener's mode.
                    socket.set_nonblocking(false)?;
                    return Ok((socket, address));
                }
                Err(error) if error.errno() == Some(libc::EINTR) => {}
                Err(error) if error.is_would_block() => match deadline {
                    Deadline::Now => return Err(error),
                    _ if self.io.wait(Interest::Read, deadline)? => {}
                    _ => return Err(Error::Timeout("timed out")),
                },
                Err(error) => return Err(error),
            }
        }
    }

    /// Connects, and does the handshake.
    ///
    /// ```python
    /// ssl_sock.connect(('localhost', 8443))
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(ssl_sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// ssl_sock.connect(("localhost", 8443))?;
    /// # Ok(()) }
    /// ```
    ///
    /// The time-out limits connecting, and then the handshake. After a failed handshake the socket does not
    /// send or receive. (In Python it does, in clear text.)
    ///
    /// # Errors
    ///
    /// `ValueError` on a server and if the socket is connected; `OSError` and `TimeoutError` of
    /// connecting; the errors of [`do_handshake`](Self::do_handshake).
    pub fn connect(&self, address: impl ToAddress) -> Result<()> {
        let connecting = self.prepare_connect(address)?;
        let connected = self.connect_plain(&connecting.address);
        self.finish_connect(&connecting, connected)
    }

    /// Python's `sock.connect_ex(address)`: as `connect`, but returns the system's error number (0 for none).
    /// Errors of the handshake are returned as errors.
    ///
    /// # Errors
    ///
    /// `ValueError` on a server and if the socket is connected; the errors of
    /// [`do_handshake`](Self::do_handshake).
    pub fn connect_ex(&self, address: impl ToAddress) -> Result<i32> {
        let connecting = self.prepare_connect(address)?;
        match self.connect_plain(&connecting.address) {
            // On Windows, Python's `connect_ex` returns Winsock's number (10022), although `errno` of the exception is
            // 22.
            Err(Error::Os(error)) => Ok(error.system_number().unwrap_or(error.errno())),
            Err(Error::Timeout(_)) => Ok(errno::EWOULDBLOCK),
            outcome => self.finish_connect(&connecting, outcome).map(|()| 0),
        }
    }

    /// Creates the TLS connection first, so that wrong settings fail before anything is sent.
    fn prepare_connect(&self, address: impl ToAddress) -> Result<Connecting<'_>> {
        self.io.check_open()?;
        let domain = self.io.call(sys::domain)?;
        if self.server_side {
            return Err(Error::value("can't connect in server-side mode"));
        }
        let turn = ConnectTurn::take(&self.connecting);
        if turn.is_none() || self.connected.load(Ordering::Relaxed) || self.connection().is_some() {
            return Err(Error::value(
                "attempt to connect already-connected SSLSocket!",
            ));
        }
        let address = address.to_address(domain)?;
        Ok(Connecting {
            connection: self.begin_tls()?,
            address,
            _turn: turn,
        })
    }

    fn connect_plain(&self, address: &SockAddr) -> Result<()> {
        let deadline = self.deadline();
        let error = match self.connect_waiting(address) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match error.errno() {
            // The system continues to connect. When it is done, the socket becomes writable.
            Some(number)
                if errno::CONNECTING.contains(&number) && !matches!(deadline, Deadline::Now) =>
            {
                if !self.io.wait(Interest::Connect, deadline)? {
                    return Err(Error::Timeout("timed out"));
                }
                match self.io.call(Socket::take_error)? {
                    Some(error) => Err(error.into()),
                    None => Ok(()),
                }
            }
            _ => Err(error),
        }
    }

    /// Connects, and waits in connect(2). If the queue of a Unix listener is full, `close` cannot
    /// wake a thread in connect(2), so the thread waits in short intervals.
    fn connect_waiting(&self, address: &SockAddr) -> Result<()> {
        const INTERVAL: Duration = Duration::from_millis(50);
        let once = || self.io.connect(address);
        // If the program has set `SO_SNDTIMEO`, connect(2) returns by itself.
        let waits = !sys::ALWAYS_NONBLOCKING
            && address.domain() == Domain::UNIX
            && self.gettimeout().is_none()
            && self.io.call(Socket::write_timeout)?.is_none();
        if !waits {
            return once();
        }
        let limit = |time| self.io.call(|socket| socket.set_write_timeout(time));
        limit(Some(INTERVAL))?;
        let outcome = loop {
            match once() {
                Err(error) if matches!(error.errno(), Some(libc::EAGAIN | libc::EINTR)) => {}
                outcome => break outcome,
            }
        };
        // This fails if another thread has closed the socket.
        let _ = limit(None);
        outcome
    }

    fn finish_connect(&self, connecting: &Connecting<'_>, connected: Result<()>) -> Result<()> {
        let connection = &connecting.connection;
        if let Err(error) = connected {
            self.replace_tls(connection, Tls::NotStarted);
            return Err(error);
        }
        self.connected.store(true, Ordering::Relaxed);
        if self.do_handshake_on_connect {
            let outcome = self.handshake(connection, self.deadline(), HANDSHAKE_TIMED_OUT);
            if outcome.is_err() {
                self.replace_tls(connection, Tls::Dropped);
            }
            return outcome;
        }
        Ok(())
    }

    /// Does the handshake, or continues it. After the handshake it does nothing, or returns an error if the
    /// connection has failed since.
    ///
    /// ```python
    /// ssl_sock.do_handshake()
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(ssl_sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// ssl_sock.do_handshake()?;
    /// # Ok(()) }
    /// ```
    ///
    /// A socket may be wrapped first and then connected without this type's `connect`: through its
    /// descriptor, or by a `connect` that did not wait. TLS then starts in this call. (Python raises
    /// `AttributeError`.)
    ///
    /// # Errors
    ///
    /// `SSLCertVerificationError` if the peer's certificate does not verify; `SSLError`,
    /// `SSLEOFError`, `OSError` for other failures; `TimeoutError`; on a non-blocking socket
    /// `SSLWantReadError` and `SSLWantWriteError` until it is done.
    pub fn do_handshake(&self) -> Result<()> {
        self.io.check_open()?;
        if !self.connected.load(Ordering::Relaxed) {
            self.getpeername()?;
            self.connected.store(true, Ordering::Relaxed);
        }
        let connection = self.ensure_begun()?;
        let deadline = self.deadline();
        if connection.handshaken() {
            // With `IoMode::BufferOnly`, the step reads nothing from the network, so it does not
            // need the turn to read.
            if let Step::Done(()) = self
                .io
                .checked(connection.do_handshake(IoMode::BufferOnly, deadline))?
            {
                return Ok(());
            }
        }
        self.handshake(&connection, deadline, HANDSHAKE_TIMED_OUT)
    }

    /// The TLS connection. It is created now if the socket was connected without `connect`.
    fn ensure_begun(&self) -> Result<Arc<Connection>> {
        if let Tls::NotStarted = self.tls() {
            let turn = ConnectTurn::take(&self.connecting);
            // Another thread may have created the TLS connection in the meantime.
            if turn.is_some() && matches!(self.tls(), Tls::NotStarted) {
                return self.begin_tls();
            }
        }
        self.wrapped()
    }

    /// Does the handshake if it is not done, within the deadline of another operation.
    pub(super) fn handshake(
        &self,
        connection: &Connection,
        deadline: Deadline,
        timed_out: &'static str,
    ) -> Result<()> {
        if connection.handshaken() {
            return Ok(());
        }
        // The handshake reads and writes, so it needs both turns.
        let _reads = self.turn(connection, &connection.reads, deadline, timed_out)?;
        // Another thread may have done the handshake in the meantime. Waiting for the turn to write
        // cannot deadlock: before the handshake is done, no thread waits for the turn to read while
        // it has the turn to write.
        if connection.handshaken() {
            return Ok(());
        }
        let _writes = self.turn(connection, &connection.writes, deadline, timed_out)?;
        self.drive(connection, deadline, timed_out, |deadline| {
            connection.do_handshake(IoMode::NonBlocking, deadline)
        })?;
        self.sent_last(connection);
        Ok(())
    }
}

/// A `connect` in progress.
struct Connecting<'a> {
    address: SockAddr,
    connection: Arc<Connection>,
    _turn: Option<ConnectTurn<'a>>,
}

/// Prevents a second thread from connecting the same socket.
struct ConnectTurn<'a>(&'a AtomicBool);

impl<'a> ConnectTurn<'a> {
    fn take(taken: &'a AtomicBool) -> Option<ConnectTurn<'a>> {
        (!taken.swap(true, Ordering::Acquire)).then_some(ConnectTurn(taken))
    }
}

impl Drop for ConnectTurn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
