//! One TLS connection as steps that never wait. The faces (object, socket) are loops around it.

mod agreed;
mod binding;
mod inspection;
mod ocsp;
mod overrides;
mod queries;
mod slot;
#[cfg(test)]
mod tests;
mod warm;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use openssl::ssl::StatusType;

pub(crate) use crate::deadline::Deadline;
pub(crate) use agreed::Agreed;
pub(crate) use binding::Binding;
pub(crate) use inspection::inspection_methods;
pub(crate) use overrides::{Overrides, override_setters};
pub(crate) use slot::Slot;

use crate::constants::{OcspMode, Protocol, SslErrorNumber, VerifyMode};
use crate::context::{SslContext, SslSession, Verified};
use crate::error::{BoxError, Error, Result, SslError};
use crate::ffi::bio::{Hold, Transport};
use crate::ffi::hooks::Stapling;
use crate::ffi::ssl::{Fault, SslHandle, Status};
use crate::ffi::trampoline::Failure;
use crate::ffi::view::View;
use crate::ffi::window::{CallbackWatch, Window};
use crate::hostname::ServerName;
use crate::lock::{Door, FairGuard, FairLock, Refused};

use ocsp::Staples;
use overrides::Verification;
use queries::version;
use warm::Uses;
use write::Unfinished;

/// What one step came to, short of an error.
#[derive(Debug)]
pub(crate) enum Step<T> {
    Done(T),
    WantRead,
    WantWrite,
}

/// What a step finds below the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    /// Bytes that the caller has read from there: they come first.
    pub(crate) received: &'a [u8],
    pub(crate) hold: Hold,
}

impl From<Hold> for Input<'_> {
    fn from(hold: Hold) -> Self {
        Input {
            received: &[],
            hold,
        }
    }
}

/// A TLS connection on some transport.
///
/// The lock on `ssl` is held for one step at a time and never while waiting. Faces that wait take
/// turns: `reads` and `writes` say whose they are. Who has no turn to read must not make the
/// transport read (`Hold::Always`): the bytes would overtake those that the reader has in hand.
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
    server_side: bool,
    server_hostname: Option<ServerName>,
    /// The names of which the certificate must have one; none if it is the server's name.
    expected: Vec<ServerName>,
    verifies: Verified,
    /// A session was offered, which knows the chain of the connection that it is from.
    offered: AtomicBool,
    /// Whether readers may take more from the transport than they were asked for.
    reads_ahead: bool,
}

/// What the connection's lock guards.
struct Locked {
    handle: SslHandle,
    unfinished: Option<Unfinished>,
    /// An error met while looking ahead, which the next read reports.
    deferred: Option<Error>,
    /// The end of the stream, or an error that ended it, was reported by a read.
    ended: bool,
    /// As the connection's, while all that comes belongs to it: after the handshake, where a
    /// program may go on to wait for the descriptor, and until `close_notify`.
    reads_ahead: bool,
}

impl Locked {
    fn begin(&mut self, input: Input<'_>) {
        if !input.received.is_empty() {
            self.handle.feed(input.received);
        }
        self.hold(input.hold);
    }

    fn hold(&mut self, hold: Hold) {
        self.handle.hold(hold, self.reads_ahead);
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
    pub(crate) reads_ahead: bool,
    pub(crate) overrides: Overrides,
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
            reads_ahead,
            overrides,
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
        handle
            .ssl_mut()
            .set_verify(verification.what.verify_mode.to_openssl());
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
        let connection = Connection {
            window,
            version: OnceLock::new(),
            ssl: FairLock::behind(
                door,
                Locked {
                    handle,
                    unfinished: None,
                    deferred: None,
                    ended: false,
                    reads_ahead: false,
                },
            ),
            reads: Slot::default(),
            writes: Slot::default(),
            handshaken: AtomicBool::new(false),
            uses: Uses::default(),
            server_side,
            server_hostname,
            expected: verification.expected,
            verifies: verification.what,
            offered: AtomicBool::new(false),
            reads_ahead,
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

    /// Runs one step and turns what came of it into Python's errors.
    fn step<T>(&self, f: impl FnOnce(&mut Locked) -> Status<T>) -> Result<Step<T>> {
        self.step_unless(|locked| Ok(f(locked)))
    }

    /// The same for a step that may turn out to be none: then the error is `f`'s.
    fn step_unless<T>(&self, f: impl FnOnce(&mut Locked) -> Result<Status<T>>) -> Result<Step<T>> {
        self.step_of_several(f, |_| true)
    }

    /// The same for one of several steps: the operation is over after the `last`.
    fn step_of_several<T>(
        &self,
        f: impl FnOnce(&mut Locked) -> Result<Status<T>>,
        last: impl FnOnce(&T) -> bool,
    ) -> Result<Step<T>> {
        let mut locked = self.lock()?;
        let status = f(&mut locked);
        let outcome = status.and_then(|status| self.outcome(&locked.handle, status));
        let over = match &outcome {
            Ok(Step::Done(value)) => last(value),
            Ok(Step::WantRead | Step::WantWrite) => false,
            Err(_) => true,
        };
        let failure = locked.handle.take_failure(over);
        // Nothing that callers and their callbacks do from here on happens under the lock.
        drop(locked);
        match failure {
            Some(Failure::Panic(panic)) => std::panic::resume_unwind(panic),
            Some(Failure::Error(error)) => Err(callback_error(error)),
            // As in Python, why the operation itself failed counts for more.
            Some(Failure::Aside(error)) => outcome.and(Err(callback_error(error))),
            None => outcome,
        }
    }

    fn outcome<T>(&self, handle: &SslHandle, status: Status<T>) -> Result<Step<T>> {
        match status {
            Status::Done(value) => Ok(Step::Done(value)),
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
            _ => result.error_string().to_owned(),
        };
        (result.as_raw(), message)
    }

    pub(crate) fn do_handshake<'a>(&self, input: impl Into<Input<'a>>) -> Result<Step<()>> {
        let outcome = self.step(|locked| {
            locked.begin(input.into());
            let status = locked.handle.do_handshake();
            // Under the lock: another thread may begin to unwrap as soon as it is free, and reads no
            // further than it must.
            if matches!(status, Status::Done(())) && !self.handshaken() {
                locked.reads_ahead = self.reads_ahead;
                let _ = self.version.set(locked.handle.ssl().version_str());
                // One message follows the other until here; now it may be a while.
                locked.handle.release_buffers();
            }
            status
        });
        if matches!(outcome, Ok(Step::Done(()))) {
            self.handshaken.store(true, Ordering::Release);
        }
        outcome
    }

    /// Reads decrypted bytes; `Done` with nothing is the peer's `close_notify`.
    fn read_with<T>(
        &self,
        input: Input<'_>,
        end: T,
        f: impl FnOnce(&mut SslHandle) -> Status<T>,
    ) -> Result<Step<T>> {
        self.step_unless(|locked| {
            locked.begin(input);
            if let Some(error) = locked.deferred.take() {
                return Err(error);
            }
            let status = f(&mut locked.handle);
            locked.ended |= matches!(status, Status::Closed | Status::Failed(_));
            // Only the peer has closed: an orderly end. Both have: there is nothing to read from.
            let orderly =
                matches!(status, Status::Closed) && locked.handle.view().was_closed_by_peer();
            Ok(if orderly { Status::Done(end) } else { status })
        })
    }

    /// Reads up to `limit` bytes.
    pub(crate) fn read_vec<'a>(
        &self,
        limit: usize,
        input: impl Into<Input<'a>>,
    ) -> Result<Step<Vec<u8>>> {
        self.read_with(input.into(), Vec::new(), |handle| handle.read_vec(limit))
    }

    pub(crate) fn read_into<'a>(
        &self,
        buf: &mut [u8],
        input: impl Into<Input<'a>>,
    ) -> Result<Step<usize>> {
        self.read_with(input.into(), 0, |handle| handle.read_into(buf))
    }

    /// Sends `close_notify`, once, and nothing else: the peer may have more to say.
    pub(crate) fn send_close_notify(&self) -> Result<Step<()>> {
        self.step_unless(|locked| {
            if locked.handle.view().shutdown_state().0 {
                return Ok(Status::Done(()));
            }
            if locked.unfinished.is_some() {
                return Err(Connection::bad_retry());
            }
            locked.hold(Hold::Always);
            Ok(locked.handle.shutdown().map(|_| ()))
        })
    }

    /// Sends `close_notify`, then takes the peer's.
    pub(crate) fn shutdown<'a>(&self, input: impl Into<Input<'a>>) -> Result<Step<()>> {
        let once = |input: Input<'_>| {
            self.step_unless(|locked| {
                locked.begin(input);
                // The rest of a record stands between: as in Python, but the connection survives.
                if locked.unfinished.is_some() {
                    return Err(Connection::bad_retry());
                }
                locked.reads_ahead = false;
                locked.hold(input.hold);
                Ok(locked.handle.shutdown())
            })
        };
        let input = input.into();
        // False says that ours is out; then it is asked once more, as in Python.
        match once(input)? {
            Step::Done(false) => Ok(once(input.hold.into())?.map(|_| ())),
            other => Ok(other.map(|_| ())),
        }
    }

    /// How many bytes a reader may take from the transport; `None` if it reads ahead.
    pub(crate) fn wanted(&self) -> Result<Option<usize>> {
        let locked = self.lock()?;
        match locked.reads_ahead {
            true => Ok(None),
            false => Ok(locked.handle.wanted()),
        }
    }

    /// Whether the peer has closed the connection, and this side has not.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        self.look(|view| view.was_closed_by_peer())
            .unwrap_or_default()
    }

    /// Whether a read can only wait for the peer.
    pub(crate) fn awaits_peer(&self) -> bool {
        self.lock()
            .is_ok_and(|locked| locked.deferred.is_none() && locked.handle.awaits_peer())
    }

    /// How many bytes the next read gives without waiting. An end or an error that was read along
    /// with data counts as one: neither `select` nor `poll` could tell that it is there.
    pub(crate) fn pending(&self) -> usize {
        let mut locked = match self.ssl.lock(Deadline::Now) {
            Ok(locked) => locked,
            Err(_) => return self.look(|view| view.pending()).unwrap_or_default(),
        };
        if locked.deferred.is_some() {
            return 1;
        }
        if locked.ended {
            return 0;
        }
        let status = locked.handle.pending();
        let failure = locked.handle.take_failure(true);
        let pending = match &status {
            Status::Done(pending) => *pending,
            Status::Closed => 1,
            _ => 0,
        };
        locked.ended = matches!(status, Status::Failed(_));
        locked.deferred = match failure {
            Some(Failure::Panic(panic)) => {
                drop(locked);
                std::panic::resume_unwind(panic)
            }
            Some(Failure::Error(error)) => Some(callback_error(error)),
            Some(Failure::Aside(error)) if !locked.ended => Some(callback_error(error)),
            _ if locked.ended => self.outcome(&locked.handle, status).err(),
            _ => return pending,
        };
        pending.max(1)
    }

    /// Bytes that were read from the transport beyond the end of the TLS connection.
    pub(crate) fn take_transport_buffered(&self) -> Result<Vec<u8>> {
        Ok(self.lock()?.handle.take_transport_buffered())
    }
}

fn callback_error(error: BoxError) -> Error {
    error
        .downcast::<Error>()
        .map_or_else(Error::Callback, |own| *own)
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
