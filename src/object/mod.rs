//! [`SslObject`]: TLS without a network, over two [`MemoryBio`]s.

mod memory_bio;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use memory_bio::MemoryBio;

use crate::certificate::{CertDict, Certificate};
use crate::constants::{OcspMode, VerifyMode};
use crate::context::{Identity, SslContext, SslSession};
use crate::engine::{
    Agreed, Config, Connection, Deadline, Overrides, Step, inspection_methods, override_setters,
};
use crate::error::{Error, Result};
use crate::ffi::bio::ReadMode;
use crate::hostname::ServerName;
use crate::lock::Inside;
use crate::optional::Optional;
use memory_bio::BioTransport;

/// The options of [`SslContext::wrap_bio`], with Python's names and defaults.
///
/// | option | default |
/// |---|---|
/// | `server_side` | `false` |
/// | `server_hostname` | none |
/// | `session` | none |
#[derive(Debug, Clone, Default)]
pub struct WrapBio {
    server_side: bool,
    server_hostname: Option<String>,
    session: Option<SslSession>,
    port: Option<u16>,
    overrides: Overrides,
}

impl WrapBio {
    /// A client's object.
    pub fn new() -> WrapBio {
        WrapBio::default()
    }

    /// Whether the object is a server's.
    #[must_use]
    pub fn server_side(mut self, on: bool) -> WrapBio {
        self.server_side = on;
        self
    }

    /// The name of the server: a host name or an IP address.
    #[must_use]
    pub fn server_hostname(mut self, name: impl Optional<String>) -> WrapBio {
        self.server_hostname = name.into_option();
        self
    }

    /// A session to resume.
    #[must_use]
    pub fn session(mut self, session: impl Into<Option<SslSession>>) -> WrapBio {
        self.session = session.into();
        self
    }

    /// The port of the server, for the sessions that the context keeps; see
    /// [`SslContext::set_client_session_cache`]. Python has no equivalent.
    #[must_use]
    pub fn port(mut self, port: impl Into<Option<u16>>) -> WrapBio {
        self.port = port.into();
        self
    }
}

override_setters!(WrapBio, "`wrap_bio`");

impl From<&str> for WrapBio {
    /// A client that names its server.
    fn from(server_hostname: &str) -> WrapBio {
        WrapBio::new().server_hostname(server_hostname)
    }
}

impl From<&String> for WrapBio {
    /// A client that names its server.
    fn from(server_hostname: &String) -> WrapBio {
        WrapBio::new().server_hostname(server_hostname)
    }
}

impl From<String> for WrapBio {
    /// A client that names its server.
    fn from(server_hostname: String) -> WrapBio {
        WrapBio::new().server_hostname(server_hostname)
    }
}

impl From<Option<&str>> for WrapBio {
    /// A client that names its server, or does not.
    fn from(server_hostname: Option<&str>) -> WrapBio {
        WrapBio::new().server_hostname(server_hostname)
    }
}

impl From<()> for WrapBio {
    /// Python's defaults.
    fn from((): ()) -> WrapBio {
        WrapBio::new()
    }
}

/// TLS without a network: Python's `ssl.SSLObject`, for programs that move the bytes themselves.
///
/// ```python
/// incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
/// obj = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
/// try: obj.do_handshake()
/// except ssl.SSLWantReadError: send(outgoing.read())
/// ```
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// # let send = |bytes: Vec<u8>| assert!(!bytes.is_empty());
/// let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
/// let obj = context.wrap_bio(&incoming, &outgoing, "localhost")?;
/// match obj.do_handshake() {
///     Err(ssl::Error::WantRead(_)) => send(outgoing.read(None)),
///     other => other?,
/// }
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// Nothing here waits. When input is missing, a method returns `SSLWantReadError`; what is in
/// `outgoing` must be sent after every call, also after one that failed (it may hold an alert).
#[doc(alias = "SSLObject")]
pub struct SslObject {
    connection: Connection,
    context: Mutex<SslContext>,
}

impl SslContext {
    /// Puts TLS on a pair of queues.
    ///
    /// ```python
    /// obj = context.wrap_bio(incoming, outgoing, server_side=True)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # let (incoming, outgoing) = (ssl::MemoryBio::new(), ssl::MemoryBio::new());
    /// let obj = context.wrap_bio(&incoming, &outgoing, ssl::WrapBio::new().server_side(true))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// As in Python, a client without `server_hostname` checks no name here, even if the context
    /// has `check_hostname`; `wrap_socket` insists on one.
    ///
    /// # Errors
    ///
    /// `SSLError` for a context of the other role; `ValueError` and `UnicodeError` for host names
    /// that cannot be; `ValueError` for a session of another context.
    pub fn wrap_bio(
        &self,
        incoming: &MemoryBio,
        outgoing: &MemoryBio,
        options: impl Into<WrapBio>,
    ) -> Result<SslObject> {
        // As in Python; `wrap_socket` insists on a name.
        SslObject::wrap(self, incoming, outgoing, options.into(), false)
    }
}

impl SslObject {
    /// TLS on two queues. With `insist_on_hostname` a client whose context checks names must name
    /// its server.
    pub(crate) fn wrap(
        context: &SslContext,
        incoming: &MemoryBio,
        outgoing: &MemoryBio,
        options: WrapBio,
        insist_on_hostname: bool,
    ) -> Result<SslObject> {
        let config = Config {
            server_side: options.server_side,
            server_hostname: match &options.server_hostname {
                Some(name) => Some(ServerName::new(name)?),
                None => None,
            },
            session: options.session,
            insist_on_hostname,
            overrides: options.overrides,
            port: options.port,
            address: None,
        };
        let transport = BioTransport {
            incoming: incoming.clone(),
            outgoing: outgoing.clone(),
        };
        Ok(SslObject {
            connection: Connection::new(context, config, Box::new(transport))?,
            context: Mutex::new(context.clone()),
        })
    }

    /// Does as much of the handshake as the input allows.
    ///
    /// # Errors
    ///
    /// `SSLWantReadError` until it is done; otherwise as
    /// [`SslSocket::do_handshake`](crate::SslSocket::do_handshake).
    pub fn do_handshake(&self) -> Result<()> {
        run(|| {
            self.connection
                .do_handshake(ReadMode::NonBlocking, Deadline::Never)
        })
    }

    /// Reads up to `len` bytes, at most one record's. Nothing is the peer's `close_notify`.
    ///
    /// ```python
    /// data = obj.read(1024)
    /// ```
    /// ```no_run
    /// # use pyssl as ssl;
    /// # fn f(obj: &ssl::SslObject) -> ssl::Result<()> {
    /// let data = obj.read(1024)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLWantReadError` if no whole record is there; `SSLEOFError` for an end without
    /// `close_notify`; `SSLZeroReturnError` if both sides have closed; `SSLError`.
    pub fn read(&self, len: usize) -> Result<Vec<u8>> {
        const RECORD_MAX: usize = 16 * 1024;
        if len == 0 {
            return Ok(Vec::new());
        }
        let limit = len.min(RECORD_MAX);
        run(|| self.connection.read_vec(limit, Deadline::Never))
    }

    /// Reads into a buffer: Python's `obj.read(len, buffer)`.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_into(&self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        run(|| self.connection.read_into(buffer, Deadline::Never))
    }

    /// Threads that write take turns, so that what each writes stays together.
    fn write_turn(&self) -> Result<Inside<'_>> {
        let writes = &self.connection.writes;
        let turn = self.connection.turn(writes, Deadline::Never);
        turn.map_err(|_| Error::in_callback())
    }

    /// Seals `data` and puts the records into the outgoing queue, however long it is.
    ///
    /// # Errors
    ///
    /// `SSLWantReadError` before the handshake is done; `SSLError` after `unwrap`.
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        let _turn = self.write_turn()?;
        let mut writing = self.connection.begin_write(data);
        run(|| writing.step(ReadMode::NonBlocking, Deadline::Never))
    }

    /// Puts `close_notify` into the outgoing queue, once: this side has said all, and goes on reading.
    /// See [`SslSocket::send_close_notify`](crate::SslSocket::send_close_notify). Python has nothing
    /// like it.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(obj: &ssl::SslObject) -> ssl::Result<()> {
    /// obj.send_close_notify()?;
    /// let rest = obj.read(1024)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `SSLError` before the handshake is done (`SHUTDOWN_WHILE_IN_INIT`).
    #[doc(alias = "half_close")]
    #[doc(alias = "shutdown_write")]
    #[doc(alias = "close_write")]
    #[doc(alias = "SSL_shutdown")]
    pub fn send_close_notify(&self) -> Result<()> {
        let _turn = self.write_turn()?;
        run(|| self.connection.send_close_notify(true, Deadline::Never))
    }

    /// Ends the TLS connection: the first call puts `close_notify` into the outgoing queue.
    ///
    /// # Errors
    ///
    /// `SSLWantReadError` until the peer's `close_notify` was read; `SSLError` before the
    /// handshake is done (`SHUTDOWN_WHILE_IN_INIT`); `SSLEOFError`.
    pub fn unwrap(&self) -> Result<()> {
        run(|| self.connection.shutdown(Deadline::Never)).map(drop)
    }

    /// Python's `obj.pending()`: decrypted bytes that the next read gives.
    pub fn pending(&self) -> usize {
        self.connection.pending()
    }

    fn connection(&self) -> Option<&Connection> {
        Some(&self.connection)
    }

    fn wrapped(&self) -> Result<&Connection> {
        Ok(&self.connection)
    }

    /// Python's `obj.context`.
    pub fn context(&self) -> SslContext {
        self.context_lock().clone()
    }

    fn context_lock(&self) -> MutexGuard<'_, SslContext> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Python's `obj.context = other`; see
    /// [`SslSocket::set_context`](crate::SslSocket::set_context).
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL refuses.
    pub fn set_context(&self, context: &SslContext) -> Result<()> {
        self.connection.set_context(context)?;
        let replaced = std::mem::replace(&mut *self.context_lock(), context.clone());
        // Callbacks may go with it: not under the lock.
        drop(replaced);
        Ok(())
    }

    /// Python's `obj.server_side`.
    pub fn server_side(&self) -> bool {
        self.connection.server_side()
    }

    /// Python's `obj.server_hostname`, in the form that goes over the wire.
    pub fn server_hostname(&self) -> Option<&str> {
        self.connection.server_hostname()
    }

    /// Python's `obj.getpeercert()`; see [`SslSocket::getpeercert`](crate::SslSocket::getpeercert).
    ///
    /// # Errors
    ///
    /// `ValueError` before the handshake is done; `UnicodeError` for names that are not UTF-8.
    pub fn getpeercert(&self) -> Result<Option<CertDict>> {
        self.connection.getpeercert()
    }

    /// Python's `obj.getpeercert(binary_form=True)`: the certificate in DER.
    ///
    /// # Errors
    ///
    /// `ValueError` before the handshake is done.
    #[doc(alias = "getpeercert")]
    pub fn getpeercert_binary(&self) -> Result<Option<Vec<u8>>> {
        self.connection
            .peer_certificate()?
            .map(|certificate| certificate.to_der())
            .transpose()
    }

    /// Python's `obj.get_verified_chain()`.
    pub fn get_verified_chain(&self) -> Vec<Certificate> {
        self.connection.verified_chain()
    }

    /// Python's `obj.get_unverified_chain()`.
    pub fn get_unverified_chain(&self) -> Vec<Certificate> {
        self.connection.unverified_chain()
    }

    /// Python's `obj.get_channel_binding(cb_type)`; see
    /// [`SslSocket::get_channel_binding`](crate::SslSocket::get_channel_binding).
    ///
    /// # Errors
    ///
    /// `ValueError` for types that are not known.
    pub fn get_channel_binding(&self, cb_type: &str) -> Result<Option<Vec<u8>>> {
        self.connection.channel_binding(cb_type)
    }

    /// What the handshake has agreed on: what Python's `version()` and `cipher()` tell, and the
    /// group, the peer's signature and its key.
    pub fn agreed(&self) -> Agreed {
        self.connection.agreed()
    }

    /// Python's `obj.session`.
    pub fn session(&self) -> Option<SslSession> {
        self.connection.session()
    }

    /// Python's `obj.session = session`.
    ///
    /// # Errors
    ///
    /// `ValueError` for a session of another context, on a server, and after the handshake.
    pub fn set_session(&self, session: &SslSession) -> Result<()> {
        self.connection.set_session(session)
    }

    /// Python's `obj.session_reused`.
    pub fn session_reused(&self) -> bool {
        self.connection.session_reused()
    }

    /// Asks the client for its certificate, after the handshake of TLS 1.3. The request goes out
    /// with the next write, and the answer comes in with a later read.
    ///
    /// ```python
    /// conn.verify_client_post_handshake()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(conn: &ssl::SslObject) -> ssl::Result<()> {
    /// conn.verify_client_post_handshake()?;
    /// # Ok(()) }
    /// ```
    ///
    /// The client must have [`post_handshake_auth`](crate::SslContext::set_post_handshake_auth) on,
    /// and the server must verify clients. One without a certificate then fails the server's next
    /// read (`PEER_DID_NOT_RETURN_A_CERTIFICATE`) under `CERT_REQUIRED`, and passes under
    /// `CERT_OPTIONAL`. Source: RFC 8446, section 4.6.2.
    ///
    /// # Errors
    ///
    /// `SSLError`: `EXTENSION_NOT_RECEIVED` from a client that does not offer it, `INVALID_CONFIG`
    /// on a server that does not verify, `NOT_SERVER` on a client, `WRONG_SSL_VERSION` with TLS
    /// 1.2 and before the handshake, `STILL_IN_INIT` for a second call before the first has gone
    /// out.
    pub fn verify_client_post_handshake(&self) -> Result<()> {
        let _turn = self.write_turn()?;
        run(|| {
            self.connection
                .verify_client_post_handshake(Deadline::Never)
        })
    }
}

inspection_methods!(SslObject, "obj");

/// Repeats a step until it is done or would have to wait. Between two, other threads have their turn.
fn run<T>(mut step: impl FnMut() -> Result<Step<T>>) -> Result<T> {
    loop {
        match step()? {
            Step::Again => {}
            step => return step.now(),
        }
    }
}

impl fmt::Debug for SslObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslObject")
            .field("server_side", &self.server_side())
            .field("server_hostname", &self.server_hostname())
            .field("version", &self.connection.version_at_once())
            .finish()
    }
}
