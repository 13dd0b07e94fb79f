use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ffi::cache::{CacheStatistics, SessionCache};
use crate::ffi::ctx::{CtxHandle, SessionCounters};

/// The session statistics of a context: Python's `session_stats()`.
///
/// ```python
/// print(context.session_stats()["hits"])
/// ```
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// println!("{}", context.session_stats().hits);
/// # Ok::<(), ssl::Error>(())
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionStats {
    /// Sessions currently in the cache.
    pub number: i64,
    /// Handshakes started as a client.
    pub connect: i64,
    /// Handshakes finished as a client.
    pub connect_good: i64,
    /// Renegotiations as a client.
    pub connect_renegotiate: i64,
    /// Handshakes started as a server.
    pub accept: i64,
    /// Handshakes finished as a server.
    pub accept_good: i64,
    /// Renegotiations as a server.
    pub accept_renegotiate: i64,
    /// Resumed sessions.
    pub hits: i64,
    /// Sessions that clients offered but the server did not find.
    pub misses: i64,
    /// Sessions that clients offered after they had expired.
    pub timeouts: i64,
    /// Sessions removed because the cache was full.
    pub cache_full: i64,
}

impl SessionStats {
    /// Names and values in Python's order.
    pub fn items(&self) -> [(&'static str, i64); 11] {
        [
            ("number", self.number),
            ("connect", self.connect),
            ("connect_good", self.connect_good),
            ("connect_renegotiate", self.connect_renegotiate),
            ("accept", self.accept),
            ("accept_good", self.accept_good),
            ("accept_renegotiate", self.accept_renegotiate),
            ("hits", self.hits),
            ("misses", self.misses),
            ("timeouts", self.timeouts),
            ("cache_full", self.cache_full),
        ]
    }

    /// From [`SessionCounters::read`], which returns the values in the order of the fields.
    fn new(c: [i64; 9], cache: CacheStatistics) -> SessionStats {
        SessionStats {
            number: cache.number,
            connect: c[0],
            connect_good: c[1],
            connect_renegotiate: c[2],
            accept: c[3],
            accept_good: c[4],
            accept_renegotiate: c[5],
            hits: c[6],
            misses: c[7] + cache.misses,
            timeouts: c[8],
            cache_full: cache.full,
        }
    }
}

/// The number of objects in a context's trust store: Python's `cert_store_stats()`.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CertStoreStats {
    /// Certificates.
    pub x509: usize,
    /// Certificate revocation lists.
    pub crl: usize,
    /// CA certificates.
    pub x509_ca: usize,
}

/// The counters of a context over all its snapshots.
#[derive(Default)]
pub(crate) struct Statistics(Mutex<Counters>);

#[derive(Default)]
struct Counters {
    /// The totals of dropped snapshots.
    retired: [i64; 9],
    live: Vec<SessionCounters>,
}

impl Statistics {
    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn track(&self, handle: &CtxHandle) {
        self.lock().live.push(handle.session_counters());
    }

    /// Saves the counters of a snapshot that is being dropped.
    pub(crate) fn retire(&self, handle: &CtxHandle) {
        let gone = handle.session_counters();
        let mut counters = self.lock();
        counters.live.retain(|other| *other != gone);
        for (total, count) in counters.retired.iter_mut().zip(gone.read()) {
            *total += count;
        }
    }

    pub(crate) fn total(&self, cache: &SessionCache) -> SessionStats {
        let counters = self.lock();
        let mut sum = counters.retired;
        for live in &counters.live {
            for (total, count) in sum.iter_mut().zip(live.read()) {
                *total += count;
            }
        }
        SessionStats::new(sum, cache.statistics())
    }
}
