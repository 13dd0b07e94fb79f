//! One TLS connection as steps that never wait. The faces (object, socket, tokio) are loops
//! around it.

mod agreed;
mod deadline;
mod slot;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::ssl::SslVerifyMode;

pub(crate) use agreed::Agreed;
pub(crate) use deadline::Deadline;
pub(crate) use slot::{Slot, SlotGuard};

use crate::certificate::{CertDict, Certificate};
use crate::constants::{Protocol, SslErrorNumber, VerifyMode};
use crate::context::{Snapshot, SslContext, SslSession};
use crate::error::{Error, Result, SslError};
use crate::ffi::bio::{Hold, Transport};
use crate::ffi::ssl::{Fault, SslHandle, Status};
use crate::ffi::trampoline::Failure;
use crate::hostname::ServerName;

/// What one step came to, short of an error.
#[derive(Debug)]
pub(crate) enum Step<T> {
    Done(T),
    WantRead,
    WantWrite,
}

/// A TLS connection on some transport.
///
/// The lock on `ssl` is held for one step at a time and never while waiting. Faces that wait take
/// turns: `reads` and `writes` say whose they are.
pub(crate) struct Connection {
    ssl: Mutex<Locked>,
    pub(crate) reads: Slot,
    pub(crate) writes: Slot,
    handshaken: AtomicBool,
    server_side: bool,
    server_hostname: Option<ServerName>,
}

/// What the connection's lock guards.
struct Locked {
    handle: SslHandle,
    /// The data of a write that was given up half-way.
    unfinished: Option<Vec<u8>>,
    /// An error met while looking ahead, which the next read reports.
    deferred: Option<Error>,
}

/// How a connection is made.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) server_side: bool,
    pub(crate) server_hostname: Option<ServerName>,
    pub(crate) session: Option<SslSession>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("server_side", &self.server_side)
            .finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(
        context: &SslContext,
        config: Config,
        transport: Box<dyn Transport>,
    ) -> Result<Connection> {
        let Config {
            server_side,
            server_hostname,
            session,
        } = config;
        let role = match context.protocol() {
            Protocol::PROTOCOL_TLS_CLIENT if server_side => Some(("server", "CLIENT")),
            Protocol::PROTOCOL_TLS_SERVER if !server_side => Some(("client", "SERVER")),
            _ => None,
        };
        if let Some((socket, protocol)) = role {
            return Err(Error::ssl_text(format!(
                "Cannot create a {socket} socket with a PROTOCOL_TLS_{protocol} context"
            )));
        }
        let snapshot = context.snapshot()?;
        let settings = snapshot.settings();
        let (check_hostname, authenticate_late) =
            (settings.check_hostname, settings.post_handshake_auth);
        let verifies = settings.verify_mode != VerifyMode::CERT_NONE;
        let mut handle = SslHandle::new(snapshot, transport)?;
        if authenticate_late && (verifies || !server_side) {
            handle.enable_post_handshake_auth(server_side);
        }
        if let Some(name) = &server_hostname {
            set_server_name(&mut handle, name, check_hostname)?;
        }
        if server_side {
            handle.ssl_mut().set_accept_state();
        } else {
            handle.ssl_mut().set_connect_state();
        }
        let connection = Connection {
            ssl: Mutex::new(Locked {
                handle,
                unfinished: None,
                deferred: None,
            }),
            reads: Slot::default(),
            writes: Slot::default(),
            handshaken: AtomicBool::new(false),
            server_side,
            server_hostname,
        };
        if let Some(session) = session {
            connection.set_session(&session)?;
        }
        Ok(connection)
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        // A panic of user code is handed on after the step that ran it is over.
        self.ssl.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn server_side(&self) -> bool {
        self.server_side
    }

    pub(crate) fn server_hostname(&self) -> Option<&str> {
        self.server_hostname.as_ref().map(ServerName::as_str)
    }

    /// Whether the handshake is over.
    pub(crate) fn handshaken(&self) -> bool {
        self.handshaken.load(Ordering::Acquire)
    }

    /// Runs one step and turns what came of it into Python's errors.
    fn step<T>(&self, f: impl FnOnce(&mut Locked) -> Status<T>) -> Result<Step<T>> {
        let mut locked = self.lock();
        let status = f(&mut locked);
        let failure = locked.handle.take_failure();
        let outcome = match status {
            Status::Done(value) => Ok(Step::Done(value)),
            Status::WantRead => Ok(Step::WantRead),
            Status::WantWrite => Ok(Step::WantWrite),
            Status::Closed => Err(Error::zero_return()),
            Status::Failed(fault) => Err(self.fault(&locked.handle, fault)),
        };
        drop(locked);
        match failure {
            Some(Failure::Panic(panic)) => std::panic::resume_unwind(panic),
            Some(Failure::Error(error)) => Err(error
                .downcast::<Error>()
                .map_or_else(Error::Callback, |own| *own)),
            None => outcome,
        }
    }

    fn fault(&self, handle: &SslHandle, fault: Fault) -> Error {
        match fault {
            Fault::Io(error) => error.into(),
            Fault::Eof => Error::eof(),
            Fault::Unknown => Error::Ssl(Box::new(SslError::text(
                Some(SslErrorNumber::SSL_ERROR_INVALID_ERROR_CODE as i32),
                "Invalid error code",
            ))),
            Fault::Ssl(stack) => match Error::from_operation(stack) {
                Error::CertVerification(detail) => {
                    let (code, message) = self.verification(handle);
                    Error::CertVerification(Box::new(detail.with_verification(code, message)))
                }
                other => other,
            },
        }
    }

    /// Why verification failed, in Python's words.
    fn verification(&self, handle: &SslHandle) -> (i32, String) {
        const HOSTNAME_MISMATCH: i32 = 62;
        const IP_ADDRESS_MISMATCH: i32 = 64;
        let result = handle.ssl().verify_result();
        let name = self.server_hostname().unwrap_or_default();
        let message = match result.as_raw() {
            HOSTNAME_MISMATCH => {
                format!("Hostname mismatch, certificate is not valid for '{name}'.")
            }
            IP_ADDRESS_MISMATCH => {
                format!("IP address mismatch, certificate is not valid for '{name}'.")
            }
            _ => result.error_string().to_owned(),
        };
        (result.as_raw(), message)
    }

    pub(crate) fn do_handshake(&self, hold: Hold) -> Result<Step<()>> {
        let outcome = self.step(|locked| {
            locked.handle.hold(hold);
            locked.handle.do_handshake()
        });
        if matches!(outcome, Ok(Step::Done(()))) {
            self.handshaken.store(true, Ordering::Release);
        }
        outcome
    }

    /// Reads decrypted bytes; `Done` with nothing is the peer's `close_notify`.
    fn read_with<T>(
        &self,
        hold: Hold,
        end: T,
        f: impl FnOnce(&mut SslHandle) -> Status<T>,
    ) -> Result<Step<T>> {
        let mut deferred = None;
        let mut ended = false;
        let outcome = self.step(|locked| {
            deferred = locked.deferred.take();
            if deferred.is_some() {
                return Status::WantRead;
            }
            locked.handle.hold(hold);
            let status = f(&mut locked.handle);
            // Only the peer has closed: an orderly end. Both have: there is nothing to read from.
            ended =
                matches!(status, Status::Closed) && locked.handle.shutdown_state() == (false, true);
            if ended { Status::WantRead } else { status }
        });
        match deferred {
            Some(error) => Err(error),
            None if ended => outcome.map(|_| Step::Done(end)),
            None => outcome,
        }
    }

    /// Reads up to `limit` bytes.
    pub(crate) fn read_vec(&self, limit: usize, hold: Hold) -> Result<Step<Vec<u8>>> {
        self.read_with(hold, Vec::new(), |handle| handle.read_vec(limit))
    }

    pub(crate) fn read_into(&self, buf: &mut [u8], hold: Hold) -> Result<Step<usize>> {
        self.read_with(hold, 0, |handle| handle.read_into(buf))
    }

    /// Writes all of `data`. A caller that gives up before it is `Done` says so with
    /// [`Connection::leave_unfinished`].
    pub(crate) fn write(&self, data: &[u8]) -> Result<Step<usize>> {
        let mut refused = None;
        let outcome = self.step(|locked| {
            refused = locked
                .unfinished
                .as_deref()
                .and_then(|begun| refusal(begun, data));
            if refused.is_some() {
                return Status::WantWrite;
            }
            let status = locked.handle.write(data);
            if !matches!(status, Status::WantRead | Status::WantWrite) {
                locked.unfinished = None;
            }
            status
        });
        match refused {
            Some(error) => Err(error),
            None => outcome,
        }
    }

    /// Remembers the data of a write that stopped half-way: the next write must begin with it,
    /// since what OpenSSL already sealed cannot be taken back.
    pub(crate) fn leave_unfinished(&self, data: &[u8]) {
        self.lock().unfinished.get_or_insert_with(|| data.to_vec());
    }

    /// Sends `close_notify`, then takes the peer's.
    pub(crate) fn shutdown(&self, hold: Hold) -> Result<Step<()>> {
        let once = || {
            self.step(|locked| {
                locked.handle.hold(hold);
                locked.handle.shutdown()
            })
        };
        // False says that ours is out; then it is asked once more, as in Python.
        match once()? {
            Step::Done(false) => Ok(once()?.map(|_| ())),
            other => Ok(other.map(|_| ())),
        }
    }

    /// Hands over bytes that were read from below.
    pub(crate) fn feed(&self, bytes: &[u8]) {
        self.lock().handle.feed(bytes);
    }

    /// Decrypted bytes that the next read gives without waiting.
    pub(crate) fn pending(&self) -> usize {
        let mut locked = self.lock();
        let (pending, fault) = locked.handle.pending();
        if let Some(fault) = fault {
            locked.deferred = Some(self.fault(&locked.handle, fault));
        }
        pending
    }

    /// Bytes that were read from the transport beyond the end of the TLS connection.
    pub(crate) fn take_transport_buffered(&self) -> Vec<u8> {
        self.lock().handle.take_transport_buffered()
    }

    pub(crate) fn version(&self) -> Option<&'static str> {
        let locked = self.lock();
        let ssl = locked.handle.ssl();
        ssl.is_init_finished().then(|| ssl.version_str())
    }

    pub(crate) fn cipher(&self) -> Option<(&'static str, &'static str, i32)> {
        self.lock().handle.cipher()
    }

    pub(crate) fn shared_ciphers(&self) -> Option<Vec<(&'static str, &'static str, i32)>> {
        self.lock().handle.shared_ciphers()
    }

    pub(crate) fn compression(&self) -> Option<&'static str> {
        self.lock().handle.compression()
    }

    pub(crate) fn selected_alpn_protocol(&self) -> Option<String> {
        let locked = self.lock();
        let protocol = locked.handle.ssl().selected_alpn_protocol()?;
        Some(String::from_utf8_lossy(protocol).into_owned())
    }

    /// The peer's certificate, if it sent one.
    pub(crate) fn peer_certificate(&self) -> Result<Option<Certificate>> {
        let locked = self.lock();
        let ssl = locked.handle.ssl();
        if !ssl.is_init_finished() {
            return Err(Error::value("handshake not done yet"));
        }
        Ok(ssl.peer_certificate().map(Certificate::from_x509))
    }

    /// Python's dict: empty for a certificate that nobody verified.
    pub(crate) fn getpeercert(&self) -> Result<Option<CertDict>> {
        let Some(certificate) = self.peer_certificate()? else {
            return Ok(None);
        };
        let verified = self
            .lock()
            .handle
            .ssl()
            .verify_mode()
            .contains(SslVerifyMode::PEER);
        if verified {
            certificate.get_info().map(Some)
        } else {
            Ok(Some(CertDict::default()))
        }
    }

    /// The chain that verification built, leaf first.
    pub(crate) fn verified_chain(&self) -> Vec<Certificate> {
        let locked = self.lock();
        chain(locked.handle.ssl().verified_chain())
    }

    /// The chain that the peer sent, leaf first.
    pub(crate) fn unverified_chain(&self) -> Vec<Certificate> {
        let locked = self.lock();
        let ssl = locked.handle.ssl();
        let sent = chain(ssl.peer_cert_chain());
        // OpenSSL leaves the leaf out on a server.
        match ssl.peer_certificate() {
            Some(leaf) if self.server_side && ssl.peer_cert_chain().is_some() => {
                let mut all = vec![Certificate::from_x509(leaf)];
                all.extend(sent);
                all
            }
            _ => sent,
        }
    }

    /// The `tls-unique` channel binding (RFC 5929).
    pub(crate) fn tls_unique(&self) -> Option<Vec<u8>> {
        let locked = self.lock();
        let ssl = locked.handle.ssl();
        // Long enough for every hash of TLS.
        let mut finished = [0; 128];
        let n = if ssl.session_reused() != self.server_side {
            ssl.peer_finished(&mut finished)
        } else {
            ssl.finished(&mut finished)
        };
        let n = n.min(finished.len());
        (n > 0).then(|| finished[..n].to_vec())
    }

    pub(crate) fn session(&self) -> Option<SslSession> {
        let locked = self.lock();
        let id = snapshot(&locked.handle)?.id();
        locked.handle.session().map(|raw| SslSession::new(raw, id))
    }

    pub(crate) fn session_reused(&self) -> bool {
        self.lock().handle.ssl().session_reused()
    }

    /// Offers a session for resumption.
    pub(crate) fn set_session(&self, session: &SslSession) -> Result<()> {
        let mut locked = self.lock();
        if snapshot(&locked.handle).is_none_or(|own| own.id() != session.context_id()) {
            return Err(Error::value("Session refers to a different SSLContext."));
        }
        if self.server_side {
            return Err(Error::value(
                "Cannot set session for server-side SSLSocket.",
            ));
        }
        if locked.handle.ssl().is_init_finished() {
            return Err(Error::value("Cannot set session after handshake."));
        }
        Ok(locked.handle.set_session(session.raw())?)
    }

    /// Asks the client for its certificate; the request goes out with the next write.
    pub(crate) fn verify_client_post_handshake(&self) -> Result<()> {
        Ok(self.lock().handle.verify_client_post_handshake()?)
    }

    /// Switches to another context: its certificate, protocols and trust store.
    pub(crate) fn set_context(&self, context: &SslContext) -> Result<()> {
        let snapshot = context.snapshot()?;
        Ok(self.lock().handle.set_hooks(snapshot)?)
    }
}

impl<T> Step<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Done(value) => Step::Done(f(value)),
            Step::WantRead => Step::WantRead,
            Step::WantWrite => Step::WantWrite,
        }
    }

    /// For faces that cannot wait: Python's errors in place of waiting.
    pub(crate) fn now(self) -> Result<T> {
        match self {
            Step::Done(value) => Ok(value),
            Step::WantRead => Err(Error::want_read()),
            Step::WantWrite => Err(Error::want_write()),
        }
    }
}

/// Why `data` may not follow an unfinished write, if it may not.
fn refusal(unfinished: &[u8], data: &[u8]) -> Option<Error> {
    let text = if data.starts_with(unfinished) {
        return None;
    } else if data.len() < unfinished.len() {
        ("BAD_LENGTH", "bad length")
    } else {
        ("BAD_WRITE_RETRY", "bad write retry")
    };
    Some(Error::Ssl(Box::new(SslError::ssl_reason(text.0, text.1))))
}

fn set_server_name(handle: &mut SslHandle, name: &ServerName, check: bool) -> Result<()> {
    let ssl = handle.ssl_mut();
    match name.ip() {
        Some(ip) if check => ssl.param_mut().set_ip(ip)?,
        Some(_) => {}
        None => {
            ssl.set_hostname(name.as_str())?;
            if check {
                ssl.param_mut().set_host(name.as_str())?;
            }
        }
    }
    Ok(())
}

fn chain(list: Option<&openssl::stack::StackRef<openssl::x509::X509>>) -> Vec<Certificate> {
    list.into_iter()
        .flatten()
        .map(|certificate| Certificate::from_x509(certificate.to_owned()))
        .collect()
}

fn snapshot(handle: &SslHandle) -> Option<Arc<Snapshot>> {
    handle.hooks().as_any().downcast::<Snapshot>().ok()
}
