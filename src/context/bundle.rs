//! Files of trusted certificates, which are read once for as long as they stay as they are.

use std::fs::{File, Metadata};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::index::Index;
use crate::error::{Error, Result, SslError};
use crate::ffi::pem::{self, Source};
use crate::ffi::store::StoreObject;

/// What a file of trusted certificates held when it was read.
pub(super) enum Bundle {
    /// Certificates that are decoded when they are needed.
    Index(Index),
    /// Certificates and revocation lists, in the file's order.
    Objects(Vec<StoreObject>),
}

impl Bundle {
    /// What the file holds now.
    ///
    /// The file is opened each time, so that whether it may be read, and whether there is a
    /// descriptor for it, counts as in Python. If it is the very file that was read before, and
    /// nothing has changed it since, it is not read again.
    ///
    /// # Errors
    ///
    /// As Python's for a `cafile`. None of them is remembered.
    pub(super) fn open(path: &Path) -> Result<Arc<Bundle>> {
        let file = File::open(path)?;
        let before = Stamp::of(&file.metadata()?);
        let settled = before.as_ref().is_some_and(Stamp::is_settled);
        if let Some(bundle) = before.as_ref().and_then(cached) {
            return Ok(bundle);
        }
        let source = Source::file(file)?;
        let outcome = Bundle::read(&source, before.is_some());
        let failure = source.take_failure();
        let bundle = match (outcome, failure) {
            (Ok(bundle), None) => Arc::new(bundle),
            // Reading failed half-way: nobody notices, as in OpenSSL, but it is tried again.
            (Ok(bundle), Some(_)) => return Ok(Arc::new(bundle)),
            (Err(_), Some(failure)) => return Err(failure.into()),
            (Err(error), None) => return Err(error),
        };
        if let (Some(before), Ok(now)) = (before, source.metadata()) {
            if Stamp::of(&now).as_ref() == Some(&before) && settled {
                cache(before, &bundle);
            }
        }
        Ok(bundle)
    }

    /// Reads all of it; twice, if need be and `again` says that this is possible.
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

/// Tells whether a file is the same and unchanged. Each write to a file, and each change of its
/// owner or its mode, sets the time of its last change (`ctime`), which no program can set.
#[derive(PartialEq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// How coarse the clock may be that file systems take times from. A file that is changed twice
/// within one tick looks the same after the second change.
const TICK: Duration = Duration::from_secs(2);

/// The largest file that is kept in memory.
const MOST: u64 = 8 << 20;

impl Stamp {
    /// None for what is no regular file, whose content comes and goes.
    fn of(meta: &Metadata) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        meta.is_file().then(|| Stamp {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }

    /// Whether a change from now on shows in the stamp.
    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        });
        let tick = i64::try_from(TICK.as_secs()).unwrap_or(i64::MAX);
        self.changed.0.saturating_add(tick) < now
    }
}

/// The files that were read last, the latest first. Nobody reads a file while the lock is held.
static CACHE: Mutex<Vec<(Stamp, Arc<Bundle>)>> = Mutex::new(Vec::new());

/// How many files are remembered: the system's, certifi's, a private one, and their successors.
const FILES: usize = 4;

fn cached(stamp: &Stamp) -> Option<Arc<Bundle>> {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let at = cache.iter().position(|(other, _)| other == stamp)?;
    cache[..=at].rotate_right(1);
    Some(Arc::clone(&cache[0].1))
}

fn cache(stamp: Stamp, bundle: &Arc<Bundle>) {
    if stamp.size > MOST {
        return;
    }
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    // The same file as it was before is of no use to anyone.
    let same_file = |other: &Stamp| (other.device, other.inode) == (stamp.device, stamp.inode);
    cache.retain(|(other, _)| !same_file(other));
    cache.insert(0, (stamp, Arc::clone(bundle)));
    let kept = cache.len().min(FILES);
    let forgotten = cache.split_off(kept);
    drop(cache);
    drop(forgotten);
}
