//! One TLS connection as steps that never wait. The faces (object, socket) are loops around it.

mod agreed;
mod binding;
mod inspection;
mod ocsp;
mod overrides;
mod pins;
mod queries;
mod rare;
mod readers;
mod shutdown;
mod slot;
#[cfg(test)]
mod tests;
mod warm;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use openssl::ssl::{SslVerifyMode, StatusType};

pub(crate) use crate::deadline::Deadline;
pub use agreed::Agreed;
pub(crate) use binding::Binding;
pub(crate) use inspection::inspection_methods;
pub(crate) use overrides::{Overrides, override_setters};
pub(crate) use slot::Slot;

use crate::constants::{OcspMode, Protocol, SslErrorNumber, VerifyMode};
use crate::context::resumption::{Resumption, Server};
use crate::context::{NO_PINS, Snapshot, SslContext, SslSession, Verified};
use crate::error::{BoxError, Error, Result, SslError};
use crate::ffi::bio::{ReadMode, Transport};
use crate::ffi::hooks::{Hooks, Stapling};
use crate::ffi::ssl::{Fault, SslHandle, Status};
use crate::ffi::trampoline::Failure;
use crate::ffi::view::View;
use crate::ffi::window::{CallbackWatch, Window};
use crate::hostname::ServerName;
use crate::lock::{Door, FairGuard, FairLock, Inside, Refused};

use ocsp::Staples;
use overrides::Verification;
use pins::Pins;
use queries::version;
use rare::Rare;
use readers::Readers;
use warm::Uses;
use write::Unfinished;

/// What one step came to, short of an error.
#[derive(Debug)]
pub(crate) enum Step<T> {
    Done(T),
    /// It did a part of its work and let go of the lock: it is to be repeated at once.
    Again,
    /// Another thread kept the lock until the deadline.
    Busy,
    WantRead,
    WantWrite,
}

/// A TLS connection on some transport.
///
/// The lock on `ssl` is held for one step at a time and never while waiting. Faces that wait take
/// turns: `reads` and `writes` say whose they are. A thread without the turn to read must not make
/// the transport read (`ReadMode::BufferOnly`): the thread that waits for the transport would not learn of
/// what has come.
pub(crate) struct Connection {
    ssl: FairLock<Locked>,
    /// For questions while a callback runs under the lock.
    window: Arc<Window>,
    /// The version that the first handshake has agreed on, for `Debug`.
    version: OnceLock<&'static str>,
    pub(crate) reads: Slot,
    pub(crate) writes: Slot,
    handshaken: AtomicBool,
    uses: Uses,
    /// The rest of a write that was given up: the turn to write goes with it.
    unfinished: Rare<Unfinished>,
    /// The end, or an error, that [`pending`](Connection::pending) has met and the next read reports.
    deferred: Rare<Error>,
    /// The context to switch to at the end of the step in which another thread is.
    next_context: Rare<Arc<Snapshot>>,
    /// Reads take what the transport has read ahead, and no more.
    drains: AtomicBool,
    readers: Readers,
    server_side: bool,
    server_hostname: Option<ServerName>,
    /// The names of which the certificate must have one; none if it is the server's name.
    expected: Vec<ServerName>,
    verifies: Verified,
    /// The handshake must show a certificate of the peer.
    needs_certificate: bool,
    /// A session was offered, which knows the chain of the connection that it is from.
    offered: AtomicBool,
    /// The sessions that the context keeps for this server.
    resumption: Option<Resumption>,
}

/// What the connection's lock guards.
struct Locked {
    handle: SslHandle,
    /// Ours was a half-close: to the reader, the peer's `close_notify` is a clean end.
    half_closed: bool,
}

/// Reads take what the transport has read ahead, and no more, until this is dropped.
pub(crate) struct Draining<'a>(&'a AtomicBool);

impl Drop for Draining<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// How a connection is made.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) server_side: bool,
    pub(crate) server_hostname: Option<ServerName>,
    pub(crate) session: Option<SslSession>,
    /// A client whose context checks host names must name one.
    pub(crate) insist_on_hostname: bool,
    pub(crate) overrides: Overrides,
    /// The server's port, if it is known.
    pub(crate) port: Option<u16>,
    /// The server's address, in place of its name.
    pub(crate) address: Option<String>,
}

impl CallbackWatch for Door {
    fn in_callback(&self, on: bool) {
        self.calling(on);
    }
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
            insist_on_hostname,
            overrides,
            port,
            address,
        } = config;
        if let Some(name) = &server_hostname {
            name.require_no_nul()?;
        }
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
        if let Some(name) = &server_hostname {
            name.require_usable()?;
        }
        let snapshot = context.snapshot()?;
        let settings = snapshot.settings();
        let verification = overrides.resolve(settings)?;
        // The context may have been changed since the socket was wrapped.
        let insist = overrides.check_hostname == Some(true)
            || insist_on_hostname && verification.what.check_hostname;
        let named = server_hostname.is_some() || !verification.expected.is_empty();
        if insist && !named {
            return Err(Error::value("check_hostname requires server_hostname"));
        }
        let may_keep = settings.client_session_cache > 0
            && !server_side
            && session.is_none()
            && overrides.identity.is_none();
        let authenticate_late = settings.post_handshake_auth;
        let asks = !server_side && verification.what.ocsp_mode != OcspMode::Off;
        let stapling: Option<Box<dyn Stapling>> = match server_side || asks {
            true => Some(Box::new(Staples::new(&overrides, &verification, settings))),
            false => None,
        };
        let door = Arc::<Door>::default();
        let window = Arc::new(Window::new(door.clone()));
        let mut handle = SslHandle::new(snapshot.clone(), stapling, transport, window.clone())?;
        handle.keep_buffers();
        if asks {
            handle.ssl_mut().set_status_type(StatusType::OCSP)?;
        }
        let mut verify_mode = verification.what.verify_mode.to_openssl();
        let verifies_chain = verification.what.verify_mode != VerifyMode::CERT_NONE;
        if let Some(pins) = Pins::new(&overrides.pins, verifies_chain) {
            if server_side && !verifies_chain {
                return Err(Error::value(
                    "pins of a server need a verify mode other than CERT_NONE",
                ));
            }
            handle.set_peer_check(Box::new(pins));
            verify_mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
        }
        handle.ssl_mut().set_verify(verify_mode);
        if let Some(identity) = &overrides.identity {
            let identity = identity.get();
            identity.require_one_kind()?;
            handle.use_identity(&identity.leaf, &identity.chain, &identity.key)?;
        }
        let verifies = verification.what.verify_mode != VerifyMode::CERT_NONE;
        if authenticate_late && (verifies || !server_side) {
            handle.enable_post_handshake_auth(server_side);
        }
        set_server_names(&mut handle, server_hostname.as_ref(), &verification)?;
        if server_side {
            // A client has none, since external keys of TLS 1.3 come without.
            handle.set_session_id_context(&verification.session_id_context())?;
            handle.ssl_mut().set_accept_state();
        } else {
            handle.ssl_mut().set_connect_state();
        }
        let host = server_hostname.as_ref().map(ServerName::as_str);
        let resumption = (port.filter(|_| may_keep).zip(host.or(address.as_deref())))
            .map(|(port, host)| Server {
                host: host.to_ascii_lowercase(),
                port,
                verified: verification.what,
                expected: overrides.expected_names,
            })
            .map(|server| context.resumption(server, settings));
        if let Some(resumption) = &resumption {
            handle.set_session_keeper(Box::new(resumption.clone()));
        }
        let session = session.or_else(|| resumption.as_ref()?.take());
        let connection = Connection {
            window,
            version: OnceLock::new(),
            ssl: FairLock::behind(
                door,
                Locked {
                    handle,
                    half_closed: false,
                },
            ),
            reads: Slot::default(),
            writes: Slot::default(),
            handshaken: AtomicBool::new(false),
            uses: Uses::default(),
            unfinished: Rare::default(),
            deferred: Rare::default(),
            next_context: Rare::default(),
            drains: AtomicBool::new(false),
            readers: Readers::default(),
            server_side,
            server_hostname,
            expected: verification.expected,
            needs_certificate: verification.what.pins != NO_PINS
                && !(server_side && authenticate_late),
            verifies: verification.what,
            offered: AtomicBool::new(false),
            resumption,
        };
        if let Some(session) = session {
            connection.set_session(&session)?;
        }
        Ok(connection)
    }

    /// Waits for the connection; an error in a callback that the connection itself has called.
    fn lock(&self) -> Result<FairGuard<'_, Locked>> {
        self.ssl
            .lock(Deadline::Never)
            .map_err(|_| Error::in_callback())
    }

    /// The same until the deadline; `None` if that passes before. `Deadline::Now` waits for what is
    /// short, and not for callbacks.
    fn lock_until(&self, deadline: Deadline) -> Result<Option<FairGuard<'_, Locked>>> {
        match self.ssl.lock(deadline) {
            Ok(locked) => Ok(Some(locked)),
            Err(Refused::Late) => Ok(None),
            Err(Refused::Own) => Err(Error::in_callback()),
        }
    }

    /// A turn to read or to write. Refused in a callback that the connection itself has called: the
    /// thread that has the turn may wait for the lock, which this thread has.
    pub(crate) fn turn<'a>(
        &self,
        slot: &'a Slot,
        deadline: Deadline,
    ) -> Result<Inside<'a>, Refused> {
        match self.ssl.is_own() {
            true => Err(Refused::Own),
            false => slot.take(deadline),
        }
    }

    /// Looks at the connection. This waits for what is short only: while another thread is in a
    /// callback, or this one is, the connection is looked at as it stands there, as in Python.
    ///
    /// An error if this thread holds the lock and is in no callback: it drops what callbacks own.
    fn look<R>(&self, look: impl Fn(&View<'_>) -> R) -> Result<R> {
        loop {
            let refused = match self.ssl.lock(Deadline::Now) {
                Ok(locked) => return Ok(look(&locked.handle.view())),
                Err(refused) => refused,
            };
            match (self.window.ask(&look), refused) {
                (Some(answer), _) => return Ok(answer),
                (None, Refused::Own) => return Err(Error::in_callback()),
                // It has come out of the callback.
                (None, Refused::Late) => {}
            }
        }
    }

    /// The version, for `Debug`: this waits for nothing.
    pub(crate) fn version_at_once(&self) -> Option<&'static str> {
        match self.ssl.try_lock() {
            Some(locked) => version(&locked.handle.view()),
            None => self.version.get().copied(),
        }
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

    /// Runs one step. Its failure becomes Python's error.
    fn step<T>(
        &self,
        deadline: Deadline,
        f: impl FnOnce(&mut Locked) -> Status<T>,
    ) -> Result<Step<T>> {
        self.step_unless(deadline, |locked| Ok(f(locked)))
    }

    /// The same for a step that `f` may refuse with an error of its own.
    fn step_unless<T>(
        &self,
        deadline: Deadline,
        f: impl FnOnce(&mut Locked) -> Result<Status<T>>,
    ) -> Result<Step<T>> {
        self.step_of_several(deadline, f, |_| true)
    }

    /// The same for one of several steps: the operation is over after the `last`.
    fn step_of_several<T>(
        &self,
        deadline: Deadline,
        f: impl FnOnce(&mut Locked) -> Result<Status<T>>,
        last: impl FnOnce(&T) -> bool,
    ) -> Result<Step<T>> {
        match self.lock_until(deadline)? {
            Some(locked) => self.locked_step(locked, f, last, |outcome| outcome),
            None => Ok(Step::Busy),
        }
    }

    /// The same under a lock that is held. `settle` sees the outcome before the lock is released.
    fn locked_step<T>(
        &self,
        mut locked: FairGuard<'_, Locked>,
        f: impl FnOnce(&mut Locked) -> Result<Status<T>>,
        last: impl FnOnce(&T) -> bool,
        settle: impl FnOnce(Result<Step<T>>) -> Result<Step<T>>,
    ) -> Result<Step<T>> {
        let status = f(&mut locked);
        let outcome = status.and_then(|status| self.outcome(&locked.handle, status));
        let over = match &outcome {
            Ok(Step::Done(value)) => last(value),
            Ok(_) => false,
            Err(_) => true,
        };
        let (outcome, panic) = match locked.handle.take_failure(over) {
            Some(Failure::Panic(panic)) => (outcome, Some(panic)),
            Some(Failure::Error(error)) => (Err(callback_error(error)), None),
            // As in Python, the error of the operation itself takes precedence.
            Some(Failure::Aside(error)) => (outcome.and(Err(callback_error(error))), None),
            None => (outcome, None),
        };
        let outcome = settle(outcome);
        let replaced = self.switch_context(&mut locked);
        // User code runs from here on: not under the lock.
        drop(locked);
        drop(replaced);
        match panic {
            Some(panic) => std::panic::resume_unwind(panic),
            None => outcome,
        }
    }

    /// Switches to the context that another thread has set during a callback; what it replaces.
    fn switch_context(&self, locked: &mut Locked) -> Option<Arc<dyn Hooks>> {
        if !self.next_context.is_there() || locked.handle.view().is_mid_handshake() {
            return None;
        }
        // OpenSSL refuses only if there is no memory.
        locked.handle.set_hooks(self.next_context.take()?).ok()
    }

    fn outcome<T>(&self, handle: &SslHandle, status: Status<T>) -> Result<Step<T>> {
        match status {
            Status::Done(value) => Ok(Step::Done(value)),
            Status::Again => Ok(Step::Again),
            Status::WantRead => Ok(Step::WantRead),
            Status::WantWrite => Ok(Step::WantWrite),
            Status::Closed => Err(Error::zero_return()),
            Status::Failed(fault) => Err(self.fault(handle, fault)),
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
        const CERT_REJECTED: i32 = 28;
        const HOSTNAME_MISMATCH: i32 = 62;
        const IP_ADDRESS_MISMATCH: i32 = 64;
        let result = handle.ssl().verify_result();
        let names = names(self.server_hostname.as_ref(), &self.expected)
            .map(|name| format!("'{}'", name.as_str()))
            .collect::<Vec<_>>()
            .join(" or ");
        let message = match result.as_raw() {
            HOSTNAME_MISMATCH => {
                format!("Hostname mismatch, certificate is not valid for {names}.")
            }
            IP_ADDRESS_MISMATCH => {
                format!("IP address mismatch, certificate is not valid for {names}.")
            }
            CERT_REJECTED if self.verifies.pins != NO_PINS => {
                "the peer's certificates match none of the pins".to_owned()
            }
            _ => result.error_string().to_owned(),
        };
        (result.as_raw(), message)
    }

    pub(crate) fn do_handshake(&self, mode: ReadMode, deadline: Deadline) -> Result<Step<()>> {
        let outcome = self.step_unless(deadline, |locked| {
            self.set_read_mode(locked, mode);
            let status = match self.handshaken() || mode == ReadMode::BufferOnly {
                true => locked.handle.do_handshake(),
                false => {
                    let waits = !matches!(deadline, Deadline::Now);
                    locked.handle.first_handshake(waits)
                }
            };
            if matches!(status, Status::Done(())) && !self.handshaken() {
                if self.needs_certificate && locked.handle.ssl().peer_certificate().is_none() {
                    locked.handle.end();
                    let text = "the peer has shown no certificate to compare with the pins";
                    return Err(Error::ssl_text(text));
                }
                let _ = self.version.set(locked.handle.ssl().version_str());
                // One message follows the other until here; now it may be a while.
                locked.handle.release_buffers();
            }
            Ok(status)
        });
        match &outcome {
            Ok(Step::Done(())) => self.handshaken.store(true, Ordering::Release),
            Err(_) if !self.handshaken() => self.resumption.iter().for_each(Resumption::forget),
            _ => {}
        }
        outcome
    }

    /// Reads decrypted bytes; `Done` with nothing is the peer's `close_notify`.
    fn read_with<T>(
        &self,
        mode: ReadMode,
        deadline: Deadline,
        end: T,
        f: impl FnOnce(&mut SslHandle) -> Status<T>,
    ) -> Result<Step<T>> {
        self.step_unless(deadline, |locked| {
            match self.deferred.take() {
                // The connection remembers an end.
                None | Some(Error::ZeroReturn(_)) => {}
                Some(error) => return Err(error),
            }
            self.set_read_mode(locked, mode);
            let status = f(&mut locked.handle);
            locked.handle.set_read_mode(ReadMode::NonBlocking);
            // Only the peer has closed, or this side by a half-close: a clean end. Both have by
            // `unwrap`: there is nothing to read from.
            let orderly = matches!(status, Status::Closed)
                && (locked.half_closed || locked.handle.view().was_closed_by_peer());
            Ok(if orderly { Status::Done(end) } else { status })
        })
    }

    /// Reads up to `limit` bytes.
    pub(crate) fn read_vec(&self, limit: usize, deadline: Deadline) -> Result<Step<Vec<u8>>> {
        self.read_with(ReadMode::NonBlocking, deadline, Vec::new(), |handle| {
            handle.read_vec(limit)
        })
    }

    pub(crate) fn read_into(&self, buf: &mut [u8], deadline: Deadline) -> Result<Step<usize>> {
        self.read_into_as(ReadMode::NonBlocking, buf, deadline)
    }

    /// The same in another mode. [`ReadMode::Blocking`] waits for the peer under the connection's lock: no
    /// other thread may use the connection meanwhile.
    pub(crate) fn read_into_as(
        &self,
        mode: ReadMode,
        buf: &mut [u8],
        deadline: Deadline,
    ) -> Result<Step<usize>> {
        self.read_with(mode, deadline, 0, |handle| handle.read_into(buf))
    }

    /// Whether there is application data: 0 is the end, as for [`read_into`](Self::read_into). The
    /// data stays for the next read.
    pub(crate) fn peek(&self, deadline: Deadline) -> Result<Step<usize>> {
        self.read_with(ReadMode::NonBlocking, deadline, 0, |handle| {
            handle.peek().map(|()| 1)
        })
    }

    /// Whether the peer has closed the connection, and this side has not.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        self.look(|view| view.was_closed_by_peer())
            .unwrap_or_default()
    }

    /// Whether a read can only wait for the peer. False while another thread is in a callback.
    pub(crate) fn awaits_peer(&self) -> bool {
        !self.deferred.is_there()
            && matches!(self.lock_until(Deadline::Now), Ok(Some(locked)) if locked.handle.awaits_peer())
    }

    /// Lets reads take what the transport has read ahead, and no more. The caller has the turn to read.
    pub(crate) fn drain(&self) -> Draining<'_> {
        self.drains.store(true, Ordering::Relaxed);
        Draining(&self.drains)
    }

    fn set_read_mode(&self, locked: &mut Locked, mode: ReadMode) {
        locked
            .handle
            .set_read_mode(match self.drains.load(Ordering::Relaxed) {
                true => ReadMode::BufferOnly,
                false => mode,
            });
    }

    /// Whether the transport has read bytes that OpenSSL has not taken. `poll` tells nothing of them.
    pub(crate) fn has_buffered(&self) -> bool {
        matches!(self.lock_until(Deadline::Now), Ok(Some(locked)) if locked.handle.transport_buffered() > 0)
    }

    /// Gives the next step of the handshake what was seen of the transport while waiting.
    pub(crate) fn feed(&self, seen: std::io::Result<Vec<u8>>) -> Result<()> {
        self.lock()?.handle.feed(seen);
        Ok(())
    }

    /// How many bytes the next read gives without waiting.
    ///
    /// If the transport has read ahead, the next record counts too; an end or an error in its place
    /// counts as one byte, since `poll` could not tell of it.
    pub(crate) fn pending(&self) -> usize {
        loop {
            let Ok(locked) = self.ssl.lock(Deadline::Now) else {
                return self.look(|view| view.pending()).unwrap_or_default();
            };
            let pending = locked.handle.view().pending();
            if self.deferred.is_there() {
                return pending.max(1);
            }
            if pending > 0 || !locked.handle.has_read_ahead() {
                return pending;
            }
            let peek = |locked: &mut Locked| {
                locked.handle.set_read_mode(ReadMode::BufferOnly);
                let status = locked.handle.peek();
                Ok(status.map(|()| locked.handle.view().pending()))
            };
            // Under the lock: a read of another thread may come next, and must report it.
            let defer = |outcome: Result<Step<usize>>| match outcome {
                Err(error) => {
                    self.deferred.put(error);
                    Ok(Step::Done(1))
                }
                outcome => outcome,
            };
            match self.locked_step(locked, peek, |_| true, defer) {
                Ok(Step::Done(pending)) => return pending,
                Ok(Step::Again | Step::Busy) => {}
                Ok(Step::WantRead | Step::WantWrite) | Err(_) => return 0,
            }
        }
    }
}

fn callback_error(error: BoxError) -> Error {
    error
        .downcast::<Error>()
        .map_or_else(Error::Callback, |own| *own)
}

impl<T> Step<T> {
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Done(value) => Step::Done(f(value)),
            Step::Again => Step::Again,
            Step::Busy => Step::Busy,
            Step::WantRead => Step::WantRead,
            Step::WantWrite => Step::WantWrite,
        }
    }

    /// For faces that cannot wait: Python's errors in place of waiting.
    pub(crate) fn now(self) -> Result<T> {
        match self {
            Step::Done(value) => Ok(value),
            Step::Again | Step::Busy | Step::WantRead => Err(Error::want_read()),
            Step::WantWrite => Err(Error::want_write()),
        }
    }
}

/// The names of which the certificate must have one.
fn names<'a>(
    server: Option<&'a ServerName>,
    expected: &'a [ServerName],
) -> impl Iterator<Item = &'a ServerName> {
    expected
        .iter()
        .chain(server.filter(|_| expected.is_empty()))
}

/// Sends the server's name, and has the names checked that the certificate must have.
fn set_server_names(
    handle: &mut SslHandle,
    server: Option<&ServerName>,
    verification: &Verification,
) -> Result<()> {
    if let Some(name) = server.filter(|name| name.ip().is_none()) {
        handle.ssl_mut().set_hostname(name.as_str())?;
    }
    if !verification.what.check_hostname {
        return Ok(());
    }
    for (i, name) in names(server, &verification.expected).enumerate() {
        match name.ip() {
            Some(ip) => handle.ssl_mut().param_mut().set_ip(ip)?,
            None if i == 0 => handle.ssl_mut().param_mut().set_host(name.as_str())?,
            None => handle.add_host(name.as_str())?,
        }
    }
    Ok(())
}
