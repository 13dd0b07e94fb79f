//! [`SslObject`]: TLS without a network, over two [`MemoryBio`]s.

mod memory_bio;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use memory_bio::MemoryBio;

use crate::certificate::{CertDict, Certificate};
use crate::constants::{OcspMode, VerifyMode};
use crate::context::{Identity, SslContext, SslSession};
use crate::engine::{
    Agreed, Config, Connection, Deadline, Overrides, Step, inspection_methods, override_setters,
};
use crate::error::{Error, Result};
use crate::ffi::bio::{IoMode, Transport};
use crate::hostname::ServerName;
use crate::lock::RawFairGuard;
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
    /// The options of a client without a host name.
    pub fn new() -> WrapBio {
        WrapBio::default()
    }

    /// Whether the object is the server of the connection. By default, it is the client.
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
    /// A client. `None` means that its server has no name to check.
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
/// No method waits. If input is missing, a method returns `SSLWantReadError`. Send the content of
/// `outgoing` after every call, also after one that failed: it may contain an alert.
#[doc(alias = "SSLObject")]
pub struct SslObject {
    connection: Arc<Connection>,
    context: Mutex<SslContext>,
}

impl SslContext {
    /// Starts TLS over two memory buffers.
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
    /// As in Python, a client without `server_hostname` compares no name, even if the context has
    /// `check_hostname`. In this case, `wrap_socket` requires a name.
    ///
    /// # Errors
    ///
    /// `SSLError` for a context of the other role; `ValueError` and `UnicodeError` for invalid host
    /// names; `ValueError` for a session of another context.
    pub fn wrap_bio(
        &self,
        incoming: &MemoryBio,
        outgoing: &MemoryBio,
        options: impl Into<WrapBio>,
    ) -> Result<SslObject> {
        // The argument `insist_on_hostname` is false: as in Python, only `wrap_socket` requires a
        // name.
        let transport = BioTransport {
            incoming: incoming.clone(),
            outgoing: outgoing.clone(),
        };
        SslObject::wrap(self, Box::new(transport), options.into(), false)
    }
}

impl SslObject {
    /// Starts TLS over a transport. If `insist_on_hostname` is set, a client whose context checks host
    /// names needs the name of its server.
    pub(crate) fn wrap(
        context: &SslContext,
        transport: Box<dyn Transport>,
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
        Ok(SslObject {
            connection: Arc::new(Connection::new(context, config, transport)?),
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
        self.try_do_handshake()?.now()
    }

    /// Like `do_handshake`, but returns a step instead of an error if it needs bytes of the peer.
    pub(crate) fn try_do_handshake(&self) -> Result<Step<()>> {
        steps(|| {
            self.connection
                .do_handshake(IoMode::NonBlocking, Deadline::Never)
        })
    }

    /// Reads up to `len` bytes of one record. An empty result means that the peer sent `close_notify`.
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
    /// `SSLWantReadError` if `incoming` contains no whole record; `SSLEOFError` for an end without
    /// `close_notify`; `SSLZeroReturnError` if both sides have closed; `SSLError`.
    pub fn read(&self, len: usize) -> Result<Vec<u8>> {
        const RECORD_MAX: usize = 16 * 1024;
        if len == 0 {
            return Ok(Vec::new());
        }
        let limit = len.min(RECORD_MAX);
        let data = run(|| self.connection.read_vec(limit, Deadline::Never))?;
        self.count_message();
        Ok(data)
    }

    /// Reads into a buffer: Python's `obj.read(len, buffer)`.
    ///
    /// # Errors
    ///
    /// The same as [`read`](Self::read).
    pub fn read_into(&self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = self.try_read_into(buffer)?.now()?;
        self.count_message();
        Ok(n)
    }

    /// Counts a message that was sent or received. A connection with many messages keeps OpenSSL's
    /// buffers.
    pub(crate) fn count_message(&self) {
        self.connection.count_message();
    }

    /// Whether a read would need bytes of the peer. The method ignores the bytes in the incoming buffer, which the
    /// caller checks itself.
    #[cfg(feature = "tokio")]
    pub(crate) fn awaits_peer(&self) -> bool {
        self.connection.awaits_peer()
    }

    /// Like [`read_into`](Self::read_into), but without an error if bytes of the peer are missing.
    pub(crate) fn try_read_into(&self, buffer: &mut [u8]) -> Result<Step<usize>> {
        steps(|| self.connection.read_into(buffer, Deadline::Never))
    }

    /// Takes the turn to write. Because of the turns, the data of one call stays together.
    fn write_turn(&self) -> Result<RawFairGuard<'_>> {
        let writes = &self.connection.writes;
        let turn = self.connection.turn(writes, Deadline::Never);
        turn.map_err(|_| Error::in_callback())
    }

    /// Encrypts all of `data` and writes the records to the outgoing buffer.
    ///
    /// # Errors
    ///
    /// `SSLWantReadError` before the handshake is done; `SSLError` after `unwrap`.
    pub fn write(&self, data: &[u8]) -> Result<usize> {
        let n = self.try_write(data)?.now()?;
        self.count_message();
        Ok(n)
    }

    /// Like `write`, but returns a step instead of an error if it needs bytes of the peer.
    pub(crate) fn try_write(&self, data: &[u8]) -> Result<Step<usize>> {
        let _turn = self.write_turn()?;
        let mut writing = self.connection.begin_write(data);
        steps(|| writing.step(IoMode::NonBlocking, Deadline::Never))
    }

    /// Writes `close_notify` to the outgoing buffer, once. This side can still read (half-close). See
    /// [`SslSocket::send_close_notify`](crate::SslSocket::send_close_notify). Python has no equivalent.
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

    /// Ends the TLS connection: the first call writes `close_notify` to the outgoing buffer.
    ///
    /// # Errors
    ///
    /// `SSLWantReadError` until the peer's `close_notify` was read; `SSLError` before the
    /// handshake is done (`SHUTDOWN_WHILE_IN_INIT`); `SSLEOFError`.
    pub fn unwrap(&self) -> Result<()> {
        self.try_unwrap()?.now()
    }

    /// Like `unwrap`, but returns a step instead of an error if it needs bytes of the peer.
    pub(crate) fn try_unwrap(&self) -> Result<Step<()>> {
        let step = steps(|| self.connection.shutdown(Deadline::Never))?;
        Ok(step.map(drop))
    }

    /// Python's `obj.pending()`: the number of decrypted bytes that the next read returns.
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
    /// `SSLError` if OpenSSL rejects the context.
    pub fn set_context(&self, context: &SslContext) -> Result<()> {
        self.connection.set_context(context)?;
        let replaced = std::mem::replace(&mut *self.context_lock(), context.clone());
        // Dropping the context may drop its callbacks, which is user code, so the lock is not held
        // here.
        drop(replaced);
        Ok(())
    }

    /// Python's `obj.server_side`.
    pub fn server_side(&self) -> bool {
        self.connection.server_side()
    }

    /// Python's `obj.server_hostname`, in the form that is sent to the server.
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
    /// `ValueError` for unknown types.
    pub fn get_channel_binding(&self, cb_type: &str) -> Result<Option<Vec<u8>>> {
        self.connection.channel_binding(cb_type)
    }

    /// The results of the handshake: the version and suite, as in Python's `version()` and `cipher()`, and
    /// the group, the peer's signature and its key.
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

    /// Requests the client's certificate after the handshake of TLS 1.3. The next write sends the request,
    /// and a later read receives the answer.
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
    /// The client's context needs
    /// [`post_handshake_auth`](crate::SslContext::set_post_handshake_auth), and the server must verify
    /// clients. If a client has no certificate, the server's next read fails under `CERT_REQUIRED`
    /// (`PEER_DID_NOT_RETURN_A_CERTIFICATE`), and succeeds under `CERT_OPTIONAL`. Source: RFC 8446,
    /// section 4.6.2.
    ///
    /// # Errors
    ///
    /// `SSLError`: `EXTENSION_NOT_RECEIVED` if the client does not offer it, `INVALID_CONFIG` on a server
    /// that does not verify, `NOT_SERVER` on a client, `WRONG_SSL_VERSION` with TLS 1.2 and before the
    /// handshake, `STILL_IN_INIT` for a second call before the first request was sent.
    pub fn verify_client_post_handshake(&self) -> Result<()> {
        let _turn = self.write_turn()?;
        run(|| {
            self.connection
                .verify_client_post_handshake(Deadline::Never)
        })
    }
}

inspection_methods!(SslObject, "obj");

/// Repeats a step until the operation is done or the step would have to wait. Between two steps, other threads can use
/// the connection.
fn run<T>(step: impl FnMut() -> Result<Step<T>>) -> Result<T> {
    steps(step)?.now()
}

/// Like [`run`], but returns `Step::WantRead` or `Step::WantWrite` where `run` returns an error.
fn steps<T>(mut step: impl FnMut() -> Result<Step<T>>) -> Result<Step<T>> {
    loop {
        match step()? {
            Step::Again => {}
            step => return Ok(step),
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
