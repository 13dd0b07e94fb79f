//! A server's cache of sessions without tickets.
//!
//! OpenSSL's own cache belongs to one `SSL_CTX`. This cache belongs to one `SslContext`, and all its `SSL_CTX`s share
//! the cache. Limit, order and statistics are those of OpenSSL's cache.

use std::collections::{BTreeMap, HashMap};
use std::ffi::c_int;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use foreign_types::ForeignTypeRef;
use openssl::ssl::{SslRef, SslSession, SslSessionRef};
use openssl_sys as sys;

use super::{decl, session};

/// The most sessions: OpenSSL's `SSL_SESSION_CACHE_MAX_SIZE_DEFAULT`.
const LIMIT: usize = 20 * 1024;
#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_cast,
    reason = "the type depends on the version of OpenSSL"
)]
const NO_TICKET: u64 = sys::SSL_OP_NO_TICKET as u64;
/// The number of new sessions after which expired sessions are removed. OpenSSL removes expired sessions after the same
/// number of handshakes.
const EXPIRY_INTERVAL: u64 = 256;

/// The version of the protocol, and the session's id.
type Key = (c_int, Box<[u8]>);

/// The cache keeps copies of sessions and returns copies, because a connection changes its session without a lock.
#[derive(Default)]
pub(crate) struct SessionCache(Mutex<Sessions>);

#[derive(Default)]
struct Sessions {
    by_key: HashMap<Key, (u64, SslSession)>,
    /// The keys, oldest first. All sessions of a context have the same lifetime, so the oldest
    /// expires first.
    by_age: BTreeMap<u64, Key>,
    added: u64,
    statistics: CacheStatistics,
}

/// The statistics that OpenSSL has for its own cache.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CacheStatistics {
    pub(crate) number: i64,
    pub(crate) misses: i64,
    pub(crate) full: i64,
}

impl SessionCache {
    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        let sessions = self.lock();
        CacheStatistics {
            number: i64::try_from(sessions.by_key.len()).unwrap_or(i64::MAX),
            ..sessions.statistics
        }
    }

    /// Keeps the session of a server's handshake, unless the client has all of it in a ticket.
    pub(super) fn add(&self, ssl: &SslRef, session: &SslSessionRef) {
        // SAFETY: `ssl` borrows a live connection, and the callback runs on the only thread that
        // uses it (S4).
        let (version, options) = unsafe {
            let ssl = ssl.as_ptr();
            (sys::SSL_version(ssl), decl::SSL_get_options(ssl))
        };
        // Before TLS 1.3, OpenSSL itself leaves out sessions with a ticket (`ssl_update_cache`).
        let in_ticket = version == sys::TLS1_3_VERSION && options & NO_TICKET == 0;
        let Some(key) = key(session).filter(|_| !in_ticket) else {
            return;
        };
        // Copying fails only if there is no memory. The session is not kept then.
        if let Ok(copy) = session::copy(session) {
            self.lock().add(key, copy);
        }
    }

    /// The session with the id that a client sent, for the current handshake.
    pub(super) fn find(&self, ssl: &SslRef, id: &[u8]) -> Option<SslSession> {
        // SAFETY: `ssl` borrows a live connection, and the callback runs on the only thread that
        // uses it (S4).
        let version = unsafe { sys::SSL_version(ssl.as_ptr()) };
        let mut sessions = self.lock();
        match sessions.by_key.get(&(version, id.into())) {
            Some((_, found)) => session::copy(found).ok(),
            None => {
                sessions.statistics.misses += 1;
                None
            }
        }
    }

    /// Removes a session that has expired, or whose connection failed or ended without
    /// `close_notify`.
    pub(super) fn remove(&self, session: &SslSessionRef) {
        if let Some(key) = key(session) {
            self.lock().remove(&key);
        }
    }
}

impl Sessions {
    fn add(&mut self, key: Key, session: SslSession) {
        self.remove(&key);
        self.added += 1;
        if self.added % EXPIRY_INTERVAL == 0 {
            self.drop_expired();
        }
        while self.by_key.len() >= LIMIT {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                break;
            };
            self.by_key.remove(&oldest);
            self.statistics.full += 1;
        }
        self.by_age.insert(self.added, key.clone());
        self.by_key.insert(key, (self.added, session));
    }

    fn remove(&mut self, key: &Key) {
        if let Some((age, _)) = self.by_key.remove(key) {
            self.by_age.remove(&age);
        }
    }

    fn drop_expired(&mut self) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        while let Some(oldest) = self.by_age.first_entry() {
            let expired = self.by_key.get(oldest.get()).is_none_or(|(_, session)| {
                #[allow(clippy::useless_conversion, reason = "OpenSSL's versions differ")]
                let began = i64::from(session.time());
                began.saturating_add(session.timeout()) < now
            });
            if !expired {
                return;
            }
            self.by_key.remove(&oldest.remove());
        }
    }
}

/// The key of a session; `None` for one without an id.
fn key(session: &SslSessionRef) -> Option<Key> {
    let id = session.id();
    // SAFETY: `session` borrows a live session. OpenSSL sets the version before the session gets
    // its id.
    let version = unsafe { sys::SSL_SESSION_get_protocol_version(session.as_ptr()) };
    (!id.is_empty()).then(|| (version, id.into()))
}
