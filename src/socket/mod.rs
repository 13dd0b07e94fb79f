//! [`SslSocket`]: TLS on a socket, for several threads at once.

mod address;
mod binding;
mod closing;
mod connect;
mod datagram;
mod file;
mod flight;
mod inherited;
mod io;
mod options;
mod sendfile;
mod transfer;
mod wait;
mod wake;
mod wrap;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use socket2::Socket;

pub use address::{Address, ToAddress};
pub use closing::Closed;
pub use file::SocketFile;
pub use options::{IntoSocket, WrapSocket};
pub use transfer::ReadTarget;

use crate::certificate::{CertDict, Certificate};
use crate::context::{SslContext, SslSession};
use crate::engine::{Connection, Deadline, Overrides, Step, inspection_methods};
use crate::error::{Error, Result};
use crate::hostname::ServerName;
use crate::sys::{self, OwnedDescriptor};
use io::SharedSocket;

/// A socket that speaks TLS: Python's `ssl.SSLSocket`.
///
/// [`SslContext::wrap_socket`] makes one from a connected, an unconnected or a listening socket.
///
/// ```python
/// with context.wrap_socket(sock, server_hostname="localhost") as ssl_sock:
///     ssl_sock.connect(("localhost", port))
///     ssl_sock.sendall(b"Hello from client!")
///     data = ssl_sock.recv(1024)
/// ```
/// ```
/// # use pyssl as ssl;
/// # use ssl::socket2::{Domain, Socket, Type};
/// # let ca = pyssl_testing::Ca::new();
/// # let server = pyssl_testing::EchoServer::start(&ca.issue("localhost"));
/// # let context = ssl::create_default_context(ssl::DefaultContext::default().cadata(ca.cert_pem()))?;
/// # let port = server.port();
/// let sock = Socket::new(Domain::IPV4, Type::STREAM, None)?;
/// let ssl_sock = context.wrap_socket(sock, "localhost")?;
/// ssl_sock.connect(("localhost", port))?;
/// ssl_sock.sendall(b"Hello from client!")?;
/// let data = ssl_sock.recv(1024)?;
/// # assert_eq!(data, b"Hello from client!");
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Threads
///
/// All methods take `&self`, so one thread can receive while another sends. Put the socket into an
/// `Arc`, or let scoped threads borrow it. A thread that is blocked in `recv` does not block other methods.
/// Two threads that receive take turns, and so do two that send. `close` in one thread wakes the
/// threads that wait in others.
///
/// A callback of the connection blocks `send` and `recv` in other threads until it returns. On a non-blocking
/// socket they return `SSLWantWriteError` and `SSLWantReadError` during that time, although `select`
/// reports the descriptor as ready.
///
/// # Waiting for the descriptor
///
/// As in Python, a read takes only the record that it needs from the system's receive buffer. So `select` and
/// `poll` on the descriptor report later records, and [`pending`](Self::pending) reports the rest of
/// this one. [`read_ahead`](WrapSocket::read_ahead) is faster but changes that.
///
/// # Time-outs
///
/// As in Python: with `settimeout(None)` an operation may wait for ever, with zero it never waits, and any
/// other time limits the operation as a whole, with all its system calls.
///
/// # Closing
///
/// Dropping the socket closes it, as `close` does. As in Python, neither sends `close_notify`. `unwrap`
/// ends the TLS connection properly.
#[doc(alias = "SSLSocket")]
#[doc(alias = "dup")]
pub struct SslSocket {
    io: Arc<SharedSocket>,
    tls: RwLock<Tls>,
    context: Mutex<SslContext>,
    /// The time-out in nanoseconds, or `NO_TIMEOUT`.
    timeout: AtomicU64,
    connected: AtomicBool,
    /// Whether a thread is in `connect`.
    connecting: AtomicBool,
    server_side: bool,
    do_handshake_on_connect: bool,
    suppress_ragged_eofs: bool,
    read_ahead: bool,
    busy_poll: Duration,
    server_hostname: Option<ServerName>,
    session: Mutex<Option<SslSession>>,
    overrides: Overrides,
}

/// The state of TLS on the socket.
#[derive(Clone)]
enum Tls {
    /// The socket is not connected yet, or it listens.
    NotStarted,
    Active(Arc<Connection>),
    /// Both sides have ended TLS with `unwrap`. The socket sends and receives in clear text.
    Unwrapped,
    /// The handshake failed, or the socket was shut down or closed. It sends and receives nothing, since
    /// the program would not expect clear text.
    Dropped,
}

const NO_TIMEOUT: u64 = u64::MAX;

impl SslSocket {
    fn tls(&self) -> Tls {
        self.tls
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_tls(&self, tls: Tls) -> Tls {
        let mut current = self.tls.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, tls)
    }

    /// The TLS connection, if there is one.
    fn connection(&self) -> Option<Arc<Connection>> {
        match self.tls() {
            Tls::Active(connection) => Some(connection),
            Tls::NotStarted | Tls::Unwrapped | Tls::Dropped => None,
        }
    }

    /// Replaces this connection with `tls`, unless another thread has replaced it already.
    fn replace_tls(&self, connection: &Arc<Connection>, tls: Tls) {
        let mut current = self.tls.write().unwrap_or_else(PoisonError::into_inner);
        let mut replaced = None;
        if matches!(&*current, Tls::Active(active) if Arc::ptr_eq(active, connection)) {
            replaced = Some(std::mem::replace(&mut *current, tls));
        }
        // Dropping the connection may drop callbacks, which runs user code, so the lock is released
        // first.
        drop(current);
        drop(replaced);
    }

    /// The TLS connection, or the error that Python has without one.
    fn wrapped(&self) -> Result<Arc<Connection>> {
        self.connection()
            .ok_or_else(|| Error::value(format!("No SSL wrapper around {self:?}")))
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.gettimeout())
    }

    /// Python's `sock.context`.
    pub fn context(&self) -> SslContext {
        self.context_lock().clone()
    }

    fn context_lock(&self) -> MutexGuard<'_, SslContext> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches to another context. From now on, the connection uses the certificate, the ALPN
    /// protocols and the trust store of the new context. It keeps the verification settings,
    /// options and versions of its first context.
    ///
    /// ```python
    /// sock.context = other
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket, other: &ssl::SslContext) -> ssl::Result<()> {
    /// sock.set_context(other)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `ValueError` without a TLS connection; `SSLError` if OpenSSL refuses.
    pub fn set_context(&self, context: &SslContext) -> Result<()> {
        self.wrapped()?.set_context(context)?;
        let replaced = std::mem::replace(&mut *self.context_lock(), context.clone());
        // Dropping the context may drop callbacks, which runs user code, so no lock is held here.
        drop(replaced);
        Ok(())
    }

    /// Python's `sock.server_side`.
    pub fn server_side(&self) -> bool {
        self.server_side
    }

    /// Python's `sock.server_hostname`: the name as it is sent, in A-labels.
    pub fn server_hostname(&self) -> Option<&str> {
        self.server_hostname.as_ref().map(ServerName::as_str)
    }

    /// Python's `sock.do_handshake_on_connect`.
    pub fn do_handshake_on_connect(&self) -> bool {
        self.do_handshake_on_connect
    }

    /// Python's `sock.suppress_ragged_eofs`.
    pub fn suppress_ragged_eofs(&self) -> bool {
        self.suppress_ragged_eofs
    }

    /// Python's `sock.gettimeout()`: with `None` operations may wait for ever, with zero they never wait.
    pub fn gettimeout(&self) -> Option<Duration> {
        match self.timeout.load(Ordering::Relaxed) {
            NO_TIMEOUT => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    /// Sets the time limit of each operation.
    ///
    /// ```python
    /// sock.settimeout(2.5)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// sock.settimeout(std::time::Duration::from_secs_f64(2.5))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    #[doc(alias = "set_read_timeout")]
    #[doc(alias = "set_write_timeout")]
    pub fn settimeout(&self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let timeout = timeout.into();
        // As in Python, a socket with a time-out is in non-blocking mode.
        self.io
            .call(|socket| sys::set_nonblocking(socket, timeout.is_some()))?;
        self.limit(timeout);
        Ok(())
    }

    /// Sets the time-out of TLS operations without a system call. The descriptor keeps its mode, which matters only
    /// to programs that use the descriptor themselves: TLS records are read and written with `MSG_DONTWAIT`. On Windows,
    /// which has no such flag, each socket is in non-blocking mode.
    pub(crate) fn limit(&self, timeout: Option<Duration>) {
        let nanos = timeout.map_or(NO_TIMEOUT, |timeout| {
            u64::try_from(timeout.as_nanos()).map_or(NO_TIMEOUT - 1, |n| n.min(NO_TIMEOUT - 1))
        });
        self.timeout.store(nanos, Ordering::Relaxed);
    }

    /// Python's `sock.setblocking(flag)`: true is `settimeout(None)`, and false is a time-out of zero.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    #[doc(alias = "set_nonblocking")]
    pub fn setblocking(&self, flag: bool) -> Result<()> {
        self.settimeout((!flag).then_some(Duration::ZERO))
    }

    /// Python's `sock.getblocking()`.
    pub fn getblocking(&self) -> bool {
        self.gettimeout() != Some(Duration::ZERO)
    }

    /// Python's `sock.fileno()`: the descriptor's number, -1 once the socket is closed.
    #[doc(alias = "as_raw_fd")]
    pub fn fileno(&self) -> sys::Fileno {
        if self.io.is_closed() {
            sys::CLOSED
        } else {
            sys::fileno(self.io.handle.number())
        }
    }

    /// Python's `sock.getpeername()`.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is not connected or is closed.
    #[doc(alias = "peer_addr")]
    pub fn getpeername(&self) -> Result<Address> {
        let address = self.io.call(Socket::peer_addr)?;
        Ok(Address::from_raw(&address))
    }

    /// Python's `sock.getsockname()`.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    #[doc(alias = "local_addr")]
    pub fn getsockname(&self) -> Result<Address> {
        let address = self.io.call(Socket::local_addr)?;
        Ok(Address::from_raw(&address))
    }

    /// The content of the peer's certificate, as Python's dict.
    ///
    /// ```python
    /// cert = sock.getpeercert()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// if let Some(cert) = sock.getpeercert()? { println!("{cert}"); }
    /// # Ok(()) }
    /// ```
    ///
    /// `None` if the peer sent no certificate; an empty dict if it sent one that was not verified
    /// (`CERT_NONE`).
    ///
    /// # Errors
    ///
    /// `OSError` (`ENOTCONN`) before the socket is connected; `ValueError` before the handshake is
    /// done or without TLS; `UnicodeError` for names that are not UTF-8.
    pub fn getpeercert(&self) -> Result<Option<CertDict>> {
        self.peer()?.getpeercert()
    }

    /// The peer's certificate in DER, verified or not; [`Certificate::from_der`] decodes it. `None` if
    /// the peer sent none.
    ///
    /// ```python
    /// der = sock.getpeercert(binary_form=True)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// let der = sock.getpeercert_binary()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as [`getpeercert`](Self::getpeercert).
    #[doc(alias = "getpeercert")]
    pub fn getpeercert_binary(&self) -> Result<Option<Vec<u8>>> {
        self.peer()?
            .peer_certificate()?
            .map(|certificate| certificate.to_der())
            .transpose()
    }

    fn peer(&self) -> Result<Arc<Connection>> {
        if !self.connected.load(Ordering::Relaxed) && self.connection().is_none() {
            self.getpeername()?;
        }
        self.wrapped()
    }

    /// Python's `sock.get_verified_chain()`: the chain that the verification built, from the leaf to the trust
    /// anchor. Empty on resumed sessions and before the handshake.
    ///
    /// # Errors
    ///
    /// `ValueError` without a TLS connection.
    pub fn get_verified_chain(&self) -> Result<Vec<Certificate>> {
        Ok(self.wrapped()?.verified_chain())
    }

    /// Python's `sock.get_unverified_chain()`: the certificates that the peer sent, leaf first. Empty on
    /// resumed sessions and before the handshake.
    ///
    /// # Errors
    ///
    /// `ValueError` without a TLS connection.
    pub fn get_unverified_chain(&self) -> Result<Vec<Certificate>> {
        Ok(self.wrapped()?.unverified_chain())
    }

    /// Python's `sock.session`: the session of this connection; see [`SslSession`].
    pub fn session(&self) -> Option<SslSession> {
        match self.connection() {
            Some(connection) => connection.session(),
            None => self.session_lock().clone(),
        }
    }

    /// Python's `sock.session = session`: sets the session that the handshake resumes.
    ///
    /// # Errors
    ///
    /// `ValueError` for a session of another context, on a server, and after the handshake.
    pub fn set_session(&self, session: &SslSession) -> Result<()> {
        match self.connection() {
            Some(connection) => connection.set_session(session),
            None => {
                *self.session_lock() = Some(session.clone());
                Ok(())
            }
        }
    }

    fn session_lock(&self) -> MutexGuard<'_, Option<SslSession>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Python's `sock.session_reused`: whether the handshake resumed a session; `None` without a
    /// TLS connection.
    pub fn session_reused(&self) -> Option<bool> {
        Some(self.connection()?.session_reused())
    }

    /// Asks the client for its certificate after the handshake of TLS 1.3. The next write sends the request,
    /// and a later read receives the answer.
    ///
    /// ```python
    /// conn.verify_client_post_handshake()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslSocket) -> ssl::Result<()> {
    /// conn.verify_client_post_handshake()?;
    /// # Ok(()) }
    /// ```
    ///
    /// The client must have turned on
    /// [`post_handshake_auth`](crate::SslContext::set_post_handshake_auth), and the server must verify clients. If
    /// the client has no certificate, the server's next read fails
    /// (`PEER_DID_NOT_RETURN_A_CERTIFICATE`) with `CERT_REQUIRED`, and succeeds with `CERT_OPTIONAL`. Source:
    /// RFC 8446, section 4.6.2.
    ///
    /// # Errors
    ///
    /// `SSLError`: `EXTENSION_NOT_RECEIVED` from a client that does not offer it, `INVALID_CONFIG`
    /// on a server that does not verify, `NOT_SERVER` on a client, `WRONG_SSL_VERSION` with TLS
    /// 1.2 and before the handshake, `STILL_IN_INIT` for a second call before the first request was
    /// sent; `ValueError` without a TLS connection.
    pub fn verify_client_post_handshake(&self) -> Result<()> {
        let connection = self.wrapped()?;
        let deadline = self.deadline();
        let _turn = self.turn(
            &connection,
            &connection.writes,
            deadline,
            wait::WRITE_TIMED_OUT,
        )?;
        match connection.verify_client_post_handshake(deadline)? {
            Step::Done(()) => Ok(()),
            _ => Err(wait::deadline_error(deadline, wait::WRITE_TIMED_OUT)),
        }
    }

    /// Python's `sock.detach()`: returns the descriptor, which this socket then does not close. The TLS
    /// connection is dropped without `close_notify`.
    ///
    /// A socket made from the descriptor has the same time-out, set as `SO_RCVTIMEO` and `SO_SNDTIMEO`. (In
    /// Python the time-out belongs to the object, and such a descriptor is in non-blocking mode.)
    ///
    /// With [`read_ahead`](WrapSocket::read_ahead), bytes of clear text that were read together
    /// with the peer's `close_notify` are no longer in the system's receive buffer: receive them
    /// first, while [`pending`](Self::pending) is not 0. (Wrapping the socket again keeps them.)
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    #[doc(alias = "into_raw_fd")]
    pub fn detach(self) -> Result<OwnedDescriptor> {
        self.io
            .call(|socket| hand_back_timeout(socket, self.gettimeout()))?;
        self.set_tls(Tls::Dropped);
        let SslSocket { io, tls, .. } = self;
        drop(tls);
        match Arc::try_unwrap(io) {
            Ok(io) => Ok(io.handle.into_owned()?),
            // A callback may still own the TLS connection, whose transport has a reference to the
            // socket too.
            Err(io) => Ok(io.handle.duplicate()?),
        }
    }
}

/// Sets the time-out of an [`SslSocket`] on the plain socket, where `wrap_socket` finds it again.
fn hand_back_timeout(socket: &Socket, timeout: Option<Duration>) -> std::io::Result<()> {
    match timeout {
        // A socket with a time-out of zero is in non-blocking mode already.
        Some(Duration::ZERO) => Ok(()),
        None => socket
            .set_read_timeout(None)
            .and_then(|()| socket.set_write_timeout(None))
            .and_then(|()| sys::leave(socket)),
        // To the system, zero means no limit.
        Some(timeout) => {
            let timeout = Some(timeout.max(sys::LEAST_TIMEOUT));
            socket.set_read_timeout(timeout)?;
            socket.set_write_timeout(timeout)?;
            socket.set_nonblocking(false)
        }
    }
}

inspection_methods!(SslSocket, "sock");

sys::lend_descriptor!(SslSocket, io.handle);

impl fmt::Debug for SslSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SslSocket");
        debug.field("fd", &self.fileno());
        if let Ok(address) = self.getsockname() {
            debug.field("laddr", &format_args!("{address}"));
        }
        if let Ok(address) = self.getpeername() {
            debug.field("raddr", &format_args!("{address}"));
        }
        let version = self.connection().and_then(|tls| tls.version_at_once());
        debug.field("version", &version).finish()
    }
}
