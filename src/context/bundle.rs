//! Files of trusted certificates, with a cache of unchanged files.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::index::Index;
use crate::error::{Error, Result, SslError};
use crate::ffi::pem::{self, Source};
use crate::ffi::store::StoreObject;
use crate::sys::FileState;

/// The content of a file of trusted certificates.
pub(super) enum Bundle {
    /// Certificates that are decoded on first use.
    Index(Index),
    /// Certificates and revocation lists, in the file's order.
    Objects(Vec<StoreObject>),
}

impl Bundle {
    /// Reads the file, or returns its cached content.
    ///
    /// The file is opened each time, so that permission errors and a lack of descriptors are
    /// reported as in Python. It is read again only if it has changed.
    ///
    /// # Errors
    ///
    /// As in Python for a `cafile`. Errors are not cached.
    pub(super) fn open(path: &Path) -> Result<Arc<Bundle>> {
        let file = File::open(path)?;
        let before = FileState::of(&file)?;
        let settled = before.as_ref().is_some_and(is_settled);
        if let Some(bundle) = before.as_ref().and_then(cached) {
            return Ok(bundle);
        }
        let source = Source::file(file)?;
        let outcome = Bundle::read(&source, before.is_some());
        let failure = source.take_failure();
        let bundle = match (outcome, failure) {
            (Ok(bundle), None) => Arc::new(bundle),
            // Reading failed half-way. As in OpenSSL this is not an error, but the content is not
            // cached.
            (Ok(bundle), Some(_)) => return Ok(Arc::new(bundle)),
            (Err(_), Some(failure)) => return Err(failure.into()),
            (Err(error), None) => return Err(error),
        };
        if let (Some(before), Ok(now)) = (before, source.file_state()) {
            if now.as_ref() == Some(&before) && settled {
                cache(before, &bundle);
            }
        }
        Ok(bundle)
    }

    /// Reads the whole source. `again` says whether the source can be rewound. Without an index of
    /// the certificates, OpenSSL must read the source from its start.
    pub(super) fn read(source: &Source<'_>, again: bool) -> Result<Bundle> {
        if again {
            match Index::read(source) {
                Some(index) if index.len() > 0 => return Ok(Bundle::Index(index)),
                _ => source.rewind()?,
            }
        }
        let objects = pem::read_objects(source)
            .map_err(|stack| Error::Ssl(Box::new(SslError::pem_lib("X509", stack))))?;
        if objects.is_empty() {
            let error = SslError::no_certificate_or_crl_found();
            return Err(Error::Ssl(Box::new(error)));
        }
        Ok(Bundle::Objects(objects))
    }
}

/// The coarsest time resolution of a file system. Two changes of a file within one tick leave the
/// same times.
const TICK: Duration = Duration::from_secs(2);

/// The largest file that is cached.
const MAX_CACHED_SIZE: u64 = 8 << 20;

/// Whether the file's last change is older than [`TICK`]. Only then does every later change give the
/// file another time, which shows that the cached copy is stale.
fn is_settled(state: &FileState) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    });
    let tick = i64::try_from(TICK.as_secs()).unwrap_or(i64::MAX);
    state.changed().saturating_add(tick) < now
}

/// The most recently used files, latest first. The lock is not held while a file is read.
static CACHE: Mutex<Vec<(FileState, Arc<Bundle>)>> = Mutex::new(Vec::new());

/// The number of cached files. It suffices for the system's bundle, certifi's bundle, a private
/// file, and a new version of one of these.
const MAX_CACHED_FILES: usize = 4;

fn cached(state: &FileState) -> Option<Arc<Bundle>> {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let at = cache.iter().position(|(other, _)| other == state)?;
    cache[..=at].rotate_right(1);
    Some(Arc::clone(&cache[0].1))
}

fn cache(state: FileState, bundle: &Arc<Bundle>) {
    if state.size() > MAX_CACHED_SIZE {
        return;
    }
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    // Remove older versions of the same file.
    cache.retain(|(other, _)| !other.is_same_file(&state));
    cache.insert(0, (state, Arc::clone(bundle)));
    let kept = cache.len().min(MAX_CACHED_FILES);
    let forgotten = cache.split_off(kept);
    drop(cache);
    drop(forgotten);
}
