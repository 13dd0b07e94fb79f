//! [`SslContext`]: settings, and the immutable `SSL_CTX` built from them.

mod bundle;
mod cert_chain;
mod ciphers;
mod groups;
mod hooks;
mod identity;
mod index;
mod inspect;
mod keylog;
mod locations;
mod message;
pub(crate) mod ocsp;
mod plain;
mod properties;
mod psk;
mod session;
mod settings;
mod sigalgs;
mod snapshot;
mod stats;
mod tickets;
mod trust;
#[cfg(test)]
mod trust_tests;
mod variant;
mod verified;

use std::fmt;
use std::sync::Arc;

pub use cert_chain::{CertChain, Password};
pub use hooks::{SniAction, SniRequest};
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
pub use stats::{CertStoreStats, SessionStats};
pub use tickets::TicketKey;
pub use variant::{ContextSettings, Variant};
pub(crate) use verified::Verified;

use crate::constants::Protocol;
use crate::error::Result;
use crate::ffi::cache::SessionCache;
use crate::ffi::ctx::CtxHandle;
use crate::ffi::hooks::Hooks;
use crate::lock::{FairGuard, FairLock};
use snapshot::Origin;
use stats::Statistics;
use trust::Trust;

/// Settings that connections share: Python's `ssl.SSLContext`.
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
/// A context is a handle: cloning it gives another handle on the same settings, and it can be
/// used from all threads at once. As in Python, it can be changed at any time, also while
/// connections made from it are at work: those go on with the settings that they began with,
/// later ones get the new settings, and sessions stay resumable. (In CPython, changing a context
/// while another thread's handshake reads it crashes the interpreter.)
///
/// A setter that fails changes nothing.
#[doc(alias = "SSLContext")]
#[derive(Clone)]
pub struct SslContext(Arc<Inner>);

struct Inner {
    id: ContextId,
    protocol: Protocol,
    statistics: Arc<Statistics>,
    /// The sessions without tickets, which all snapshots share.
    sessions: Arc<SessionCache>,
    /// Fair: a thread that changes settings in a loop would keep handshakes out.
    state: FairLock<State>,
}

struct State {
    settings: Arc<Settings>,
    /// Built from `settings`, which it shares; none after an edit in place went wrong, until it is needed.
    snapshot: Option<Arc<Snapshot>>,
}

impl SslContext {
    /// A context with the defaults of its protocol, which are Python's.
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
    /// | versions | 1.2 and up | 1.2 and up | 1.2 and up | the one |
    ///
    /// All of them start with Python's cipher list at security level 2 and with an empty trust
    /// store; [`create_default_context`](crate::create_default_context) fills that.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make a context.
    pub fn new(protocol: Protocol) -> Result<SslContext> {
        SslContext::from_settings(Settings::new(protocol)?)
    }

    pub(crate) fn from_settings(settings: Settings) -> Result<SslContext> {
        let (id, protocol) = (ContextId::next(), settings.protocol);
        let (statistics, sessions) = (Arc::default(), Arc::default());
        let origin = Origin {
            id,
            statistics: &statistics,
            sessions: &sessions,
        };
        let snapshot = Snapshot::build(Arc::new(settings), &origin)?;
        Ok(SslContext(Arc::new(Inner {
            id,
            protocol,
            statistics,
            sessions,
            state: FairLock::new(State {
                settings: Arc::clone(snapshot.settings()),
                snapshot: Some(Arc::new(snapshot)),
            }),
        })))
    }

    /// A context of its own with the same settings. Python has nothing like it.
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
    /// Changes to one do not show in the other, trusted certificates included; sessions of one
    /// cannot be resumed with the other (each has ticket keys of its own), and each counts its own
    /// statistics. Callbacks are shared. (`clone` gives another handle on the same context.)
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make a context.
    pub fn copy(&self) -> Result<SslContext> {
        let mut settings = self.read(Settings::clone);
        settings.trust = Arc::new(settings.trust.copy()?);
        // A ticket of a context that verifies less must not pass here.
        settings.ticket_keys = Arc::from([]);
        SslContext::from_settings(settings)
    }

    /// Which context this is, among all that ever were.
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

    /// How connections of this context came to their sessions, over its whole life.
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

    /// What a new connection starts from.
    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let mut state = self.lock();
        self.built(&mut state)
    }

    /// The snapshot of the settings, built if there is none.
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
            &Origin {
                id: self.0.id,
                statistics: &self.0.statistics,
                sessions: &self.0.sessions,
            },
        )
    }

    /// Reads one of the settings.
    fn read<T>(&self, f: impl FnOnce(&Settings) -> T) -> T {
        f(&self.lock().settings)
    }

    /// Asks OpenSSL, through the current snapshot.
    fn ask<T>(&self, f: impl FnOnce(&CtxHandle) -> T) -> Result<T> {
        let snapshot = self.snapshot()?;
        Ok(f(snapshot.handle()))
    }

    fn trust(&self) -> Arc<Trust> {
        self.read(|settings| Arc::clone(&settings.trust))
    }

    /// Changes the settings: `change` as data, `apply` on an `SSL_CTX` that nobody else holds.
    fn edit(
        &self,
        change: impl FnOnce(&mut Settings) -> Result<()>,
        apply: impl FnOnce(&mut CtxHandle, &Settings) -> Result<()>,
    ) -> Result<()> {
        self.edit_if(|next| change(next).map(|()| true), apply)
    }

    /// The same, if `change` says that there is something to apply.
    ///
    /// If an error comes, the settings stay as they were. A snapshot that is half edited by then
    /// is thrown away; the next one is built from the settings.
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
        // Held by the state alone, or by connections too? Those must not see it change. References
        // are given out under this lock only, so the answer stays true.
        let outcome = match state.snapshot.as_mut().and_then(Arc::get_mut) {
            Some(snapshot) => {
                (snapshot.edit(next, apply)).map(|()| (None, Arc::clone(snapshot.settings())))
            }
            None => self.build(&state.settings).and_then(|mut snapshot| {
                snapshot.edit(next, apply)?;
                let settings = Arc::clone(snapshot.settings());
                Ok((Some(Arc::new(snapshot)), settings))
            }),
        };
        // What is replaced may own callbacks, whose own `drop` may use this context: not under
        // its lock.
        let (result, replaced) = match outcome {
            Ok((snapshot, settings)) => {
                let old = std::mem::replace(&mut state.settings, settings);
                let snapshot = snapshot.and_then(|snapshot| state.snapshot.replace(snapshot));
                (Ok(()), (snapshot, Some(old)))
            }
            Err(error) => {
                let half_edited = match state.snapshot.as_mut().and_then(Arc::get_mut) {
                    Some(_) => state.snapshot.take(),
                    None => None,
                };
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
        // Not while another thread changes the settings: this waits for nothing.
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

    #[test]
    fn a_thread_that_changes_settings_in_a_loop_lets_others_in_after_each_change() {
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
