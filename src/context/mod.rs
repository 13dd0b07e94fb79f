//! [`SslContext`]: settings, and the `SSL_CTX` built from them.

mod bundle;
mod cert_chain;
mod ciphers;
mod credential;
mod groups;
mod identity;
mod index;
mod inspect;
mod keylog;
mod locations;
mod message;
pub(crate) mod ocsp;
mod openssl;
mod plain;
mod properties;
mod psk;
mod replace;
pub(crate) mod resumption;
pub(crate) mod rules;
mod session;
mod settings;
mod sigalgs;
mod snapshot;
mod sni;
mod stats;
mod tickets;
mod trust;
#[cfg(test)]
mod trust_tests;
mod variant;
mod verified;
mod verify;

use std::fmt;
use std::sync::Arc;

pub use cert_chain::{CertChain, Password};
pub use identity::Identity;
pub use locations::{CaData, VerifyLocations};
pub use message::{Direction, MessageKind, TlsMessage};
pub use ocsp::OcspRequest;
pub use psk::ClientPsk;
pub(crate) use session::ContextId;
pub use session::SslSession;
pub(crate) use settings::Settings;
pub use sigalgs::get_sigalgs;
pub(crate) use snapshot::Snapshot;
pub use sni::{SniAction, SniRequest};
pub use stats::{CertStoreStats, SessionStats};
pub use tickets::TicketKey;
pub use variant::{ContextSettings, Variant};
pub(crate) use verified::{NO_PINS, VerificationSettings};
pub use verify::{PeerVerification, VerifyDecision, VerifyError};

use crate::constants::Protocol;
use crate::error::{Error, Result};
use crate::ffi::cache::SessionCache;
use crate::ffi::ctx::CtxHandle;
use crate::ffi::hooks::Hooks;
use crate::lock::{FairGuard, FairLock};
use resumption::ClientSessions;
use snapshot::SharedParts;
use stats::Statistics;
use trust::Trust;

/// The settings of TLS connections: Python's `ssl.SSLContext`.
///
/// ```python
/// context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
/// context.set_ciphers("HIGH:!aNULL:!MD5")
/// ```
/// ```
/// # use pyssl as ssl;
/// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// context.set_ciphers("HIGH:!aNULL:!MD5")?;
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// A context is a handle: its clones share the same settings. All threads can use it at once. It
/// can be changed at any time, as in Python. Existing connections keep the settings that they
/// started with, new connections get the new settings, and sessions stay resumable. (CPython can
/// crash if a context is changed during the handshake of another thread.)
///
/// A setter that fails leaves the context unchanged.
#[doc(alias = "SSLContext")]
#[derive(Clone)]
pub struct SslContext(Arc<Inner>);

struct Inner {
    id: ContextId,
    protocol: Protocol,
    statistics: Arc<Statistics>,
    /// The sessions without tickets, which all snapshots share.
    sessions: Arc<SessionCache>,
    /// The sessions for later client connections.
    client_sessions: Arc<ClientSessions>,
    /// A fair lock, so that a thread that changes settings in a loop does not starve handshakes.
    state: FairLock<State>,
}

struct State {
    settings: Arc<Settings>,
    /// The snapshot that was built from `settings`. `None` after a change of the settings, until a
    /// connection needs a new one.
    snapshot: Option<Arc<Snapshot>>,
    /// An `SSL_CTX` with these settings that no connection uses. While connections hold the snapshot, setters
    /// change the draft instead, so that OpenSSL checks their values. The next connection then needs one new
    /// snapshot for all these changes.
    draft: Option<CtxHandle>,
}

/// The result of a closure for [`SslContext::edit`]: nothing, or a `Result`.
trait Outcome {
    fn result(self) -> Result<()>;
}

impl Outcome for () {
    fn result(self) -> Result<()> {
        Ok(())
    }
}

impl<E> Outcome for Result<(), E>
where
    Error: From<E>,
{
    fn result(self) -> Result<()> {
        Ok(self?)
    }
}

impl SslContext {
    /// Creates a context with Python's defaults for the protocol.
    ///
    /// ```python
    /// context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// | | `TLS_CLIENT` | `TLS_SERVER` | `TLS` | `TLSv1`, `TLSv1_1`, `TLSv1_2` |
    /// |---|---|---|---|---|
    /// | verify mode | `CERT_REQUIRED` | `CERT_NONE` | `CERT_NONE` | `CERT_NONE` |
    /// | host name checked | yes | no | no | no |
    /// | versions | 1.2 and up | 1.2 and up | 1.2 and up | one fixed version |
    ///
    /// All of them have Python's cipher list at security level 2, and an empty trust store.
    /// [`create_default_context`](crate::create_default_context) also fills the trust store.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn new(protocol: Protocol) -> Result<SslContext> {
        SslContext::from_settings(Settings::new(protocol)?)
    }

    pub(crate) fn from_settings(settings: Settings) -> Result<SslContext> {
        let (id, protocol) = (ContextId::next(), settings.protocol);
        let (statistics, sessions) = (Arc::default(), Arc::default());
        let shared = SharedParts {
            id,
            statistics: &statistics,
            sessions: &sessions,
        };
        let snapshot = Snapshot::build(Arc::new(settings), &shared)?;
        Ok(SslContext(Arc::new(Inner {
            id,
            protocol,
            statistics,
            sessions,
            client_sessions: Arc::default(),
            state: FairLock::new(State {
                settings: Arc::clone(snapshot.settings()),
                snapshot: Some(Arc::new(snapshot)),
                draft: None,
            }),
        })))
    }

    /// Creates an independent context with the same settings. Python has no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// let lenient = context.copy()?;
    /// lenient.set_check_hostname(false)?;
    /// assert!(context.check_hostname());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Later changes to one, including to its trusted certificates, do not affect the other. Each
    /// has its own ticket keys and statistics, so sessions of one cannot be resumed with the other.
    /// Callbacks are shared. (`clone` returns another handle to the same context.)
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn copy(&self) -> Result<SslContext> {
        let mut settings = self.read(Settings::clone);
        settings.trust = Arc::new(settings.trust.copy()?);
        // The copy must not accept tickets of a context that verifies less.
        settings.ticket_keys = Arc::from([]);
        SslContext::from_settings(settings)
    }

    /// The id of the context, unique in the process.
    pub(crate) fn id(&self) -> ContextId {
        self.0.id
    }

    /// Python's `context.protocol`.
    ///
    /// ```python
    /// context.protocol
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
    /// assert_eq!(context.protocol(), ssl::PROTOCOL_TLS);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// The session statistics of this context since its creation.
    ///
    /// ```python
    /// context.session_stats()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
    /// assert_eq!(context.session_stats().accept, 0);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn session_stats(&self) -> SessionStats {
        self.0.statistics.total(&self.0.sessions)
    }

    fn lock(&self) -> FairGuard<'_, State> {
        self.0.state.lock_data()
    }

    /// The snapshot that a new connection uses.
    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let mut state = self.lock();
        self.built(&mut state)
    }

    /// The current snapshot, built if there is none.
    fn built(&self, state: &mut State) -> Result<Arc<Snapshot>> {
        if let Some(snapshot) = &state.snapshot {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.build(&state.settings)?);
        state.snapshot = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    fn build(&self, settings: &Arc<Settings>) -> Result<Snapshot> {
        Snapshot::build(
            Arc::clone(settings),
            &SharedParts {
                id: self.0.id,
                statistics: &self.0.statistics,
                sessions: &self.0.sessions,
            },
        )
    }

    /// Reads from the settings.
    fn read<T>(&self, f: impl FnOnce(&Settings) -> T) -> T {
        f(&self.lock().settings)
    }

    /// Queries OpenSSL with the current settings.
    fn ask<T>(&self, f: impl FnOnce(&CtxHandle) -> T) -> Result<T> {
        let mut state = self.lock();
        if let Some(draft) = &state.draft {
            return Ok(f(draft));
        }
        let snapshot = self.built(&mut state)?;
        drop(state);
        Ok(f(snapshot.handle()))
    }

    fn trust(&self) -> Arc<Trust> {
        self.read(|settings| Arc::clone(&settings.trust))
    }

    /// Changes the settings: `change` edits the data, `apply` edits an `SSL_CTX` that no connection
    /// holds.
    fn edit<C: Outcome, A: Outcome>(
        &self,
        change: impl FnOnce(&mut Settings) -> C,
        apply: impl FnOnce(&mut CtxHandle, &Settings) -> A,
    ) -> Result<()> {
        self.edit_if(
            |next| change(next).result().map(|()| true),
            |ctx, next| apply(ctx, next).result(),
        )
    }

    /// Like [`edit`](Self::edit), but does nothing if `change` returns false.
    ///
    /// On an error the settings stay unchanged. A half-edited `SSL_CTX` is dropped, and the next one is
    /// built from the settings.
    fn edit_if(
        &self,
        change: impl FnOnce(&mut Settings) -> Result<bool>,
        apply: impl FnOnce(&mut CtxHandle, &Settings) -> Result<()>,
    ) -> Result<()> {
        let mut state = self.lock();
        let mut next = Settings::clone(&state.settings);
        if !change(&mut next)? {
            return Ok(());
        }
        // A snapshot that a connection holds must not change. New references are created only under
        // this lock, so the result of `get_mut` stays valid.
        let outcome = match state.snapshot.as_mut().and_then(Arc::get_mut) {
            Some(snapshot) => {
                (snapshot.edit(next, apply)).map(|()| (Arc::clone(snapshot.settings()), None))
            }
            None => (state.draft.take())
                .map_or_else(|| state.settings.build(), Ok)
                .and_then(|mut draft| {
                    Ok((next.apply_and_read_back(&mut draft, apply)?, Some(draft)))
                }),
        };
        // The replaced values may own callbacks whose `drop` uses this context, so drop them after
        // the lock is released.
        let (result, replaced) = match outcome {
            Ok((settings, draft)) => {
                let snapshot = state.snapshot.take_if(|_| draft.is_some());
                state.draft = draft;
                let old = std::mem::replace(&mut state.settings, settings);
                (Ok(()), (snapshot, Some(old)))
            }
            Err(error) => {
                let half_edited = state.snapshot.take_if(|held| Arc::get_mut(held).is_some());
                (Err(error), (half_edited, None))
            }
        };
        drop(state);
        drop(replaced);
        result
    }
}

impl fmt::Debug for SslContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SslContext");
        debug.field("protocol", &self.0.protocol);
        // `Debug` must not block while another thread changes the settings.
        if let Some(state) = self.0.state.try_lock() {
            debug
                .field("verify_mode", &state.settings.verify_mode)
                .field("check_hostname", &state.settings.check_hostname);
        }
        debug.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::constants::{Options, TlsVersion, VerifyFlags};

    #[test]
    fn several_setters_of_a_context_in_use_build_one_snapshot() {
        let context = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
        let built = || context.lock().snapshot.as_ref().map(Arc::as_ptr);
        let held = context.snapshot().unwrap();
        for list in ["HIGH", "ECDHE+AESGCM", "ECDHE+CHACHA20"] {
            context.set_ciphers(list).unwrap();
            assert_eq!(built(), None);
            context.get_ciphers().unwrap();
            assert_eq!(built(), None);
            context.set_ciphers("BOGUS").unwrap_err();
            assert_eq!(built(), None);
        }
        let next = context.snapshot().unwrap();
        assert_eq!(built(), Some(Arc::as_ptr(&next)));
        // A setter that fails leaves the snapshot as it was.
        context.set_ciphers("BOGUS").unwrap_err();
        assert_eq!(built(), Some(Arc::as_ptr(&next)));
        drop((held, next));
        // No connection holds the snapshot now, so the setter edits it in place.
        let current = built();
        context.set_ciphers("HIGH").unwrap();
        assert_eq!(built(), current);
    }

    /// The values that OpenSSL has for the settings.
    fn values(ctx: &CtxHandle) -> String {
        let mut suites = Vec::new();
        ctx.each_cipher(|suite| suites.push(suite.name().to_owned()));
        let versions = (ctx.min_proto_version(), ctx.max_proto_version());
        let bits = (ctx.options(), ctx.verify_flags(), ctx.security_level());
        format!("{versions:?} {bits:?} {} {suites:?}", ctx.num_tickets())
    }

    #[test]
    fn setters_and_new_connections_have_equal_values() {
        type Setter = fn(&SslContext) -> Result<()>;
        let setters: &[(&str, Setter)] = &[
            ("the level", |c| c.set_ciphers("HIGH:@SECLEVEL=3")),
            ("a list", |c| c.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")),
            ("a lower level", |c| c.set_ciphers("ALL:!eNULL:@SECLEVEL=0")),
            ("an empty range", |c| {
                c.set_maximum_version(TlsVersion::MINIMUM_SUPPORTED)
            }),
            ("the lowest", |c| {
                c.set_minimum_version(TlsVersion::MINIMUM_SUPPORTED)
            }),
            ("only 1.3", |c| c.set_minimum_version(TlsVersion::TLSv1_3)),
            ("no upper bound", |c| {
                c.set_maximum_version(TlsVersion::MAXIMUM_SUPPORTED)
            }),
            ("only the highest", |c| {
                c.set_minimum_version(TlsVersion::MAXIMUM_SUPPORTED)
            }),
            ("1.2", |c| c.set_minimum_version(TlsVersion::TLSv1_2)),
            ("suites of 1.3", |c| {
                c.set_ciphersuites("TLS_AES_256_GCM_SHA384")
            }),
            ("no options", |c| c.set_options(Options::empty())),
            ("all options", |c| c.set_options(Options::OP_ALL)),
            ("flags", |c| {
                c.set_verify_flags(VerifyFlags::VERIFY_X509_STRICT)
            }),
            ("no flags", |c| c.set_verify_flags(VerifyFlags::empty())),
            ("no tickets", |c| c.set_num_tickets(0)),
        ];
        let context = SslContext::new(Protocol::PROTOCOL_TLS_SERVER).unwrap();
        for (name, set) in setters.iter().chain(setters) {
            let _held = context.snapshot().unwrap();
            set(&context).unwrap();
            assert!(context.lock().snapshot.is_none(), "{name}");
            let tried = context.ask(values).unwrap();
            let next = context.snapshot().unwrap();
            assert_eq!(values(next.handle()), tried, "{name}");
        }
    }

    #[test]
    fn a_thread_that_calls_setters_in_a_loop_yields_to_waiting_threads() {
        let context = SslContext::new(Protocol::PROTOCOL_TLS_SERVER).unwrap();
        for _ in 0..100 {
            let asked = AtomicBool::new(false);
            let held = context.lock();
            std::thread::scope(|scope| {
                scope.spawn(|| context.read(|_| asked.store(true, Ordering::SeqCst)));
                while context.0.state.queued() == 0 {
                    std::thread::yield_now();
                }
                drop(held);
                context.set_post_handshake_auth(true).unwrap();
                assert!(asked.load(Ordering::SeqCst));
            });
        }
    }
}
