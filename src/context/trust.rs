//! Trust stores: a context's own, and the system's, which is read once per process.

use std::ffi::{CString, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::SystemTime;

use super::index::Index;
use crate::error::{Error, Result};
use crate::ffi::pem;
use crate::ffi::store::{StoreHandle, StoreObject};
use crate::paths;

/// A trust store that snapshots share by reference.
pub(crate) struct Trust {
    store: StoreHandle,
    /// Directories of hashed names, for copies of the store.
    directories: Vec<CString>,
    /// Several contexts hold it: none of them may add to it.
    shared: bool,
    /// What the store is to hold as soon as somebody looks.
    index: Option<(Arc<Index>, Once)>,
}

impl Trust {
    pub(crate) fn empty() -> Result<Trust> {
        Ok(Trust {
            store: StoreHandle::new()?,
            directories: Vec::new(),
            shared: false,
            index: None,
        })
    }

    /// The certificates and revocation lists of a PEM file; none if any of it is broken, as in
    /// OpenSSL. The certificates of an index are decoded on first use.
    pub(super) fn from_bundle(pem: &[u8]) -> Result<Trust> {
        let mut trust = Trust::empty()?;
        if let Some(index) = Index::new(pem) {
            let index = Arc::new(index);
            trust.store.add_source(index.clone())?;
            trust.index = Some((index, Once::new()));
        } else if let Ok(objects) = pem::read_objects(pem) {
            trust.extend(&objects)?;
        }
        Ok(trust)
    }

    pub(crate) fn store(&self) -> &StoreHandle {
        &self.store
    }

    /// Everything in the store now, in its order.
    pub(crate) fn objects(&self) -> Vec<StoreObject> {
        if let Some((index, decoded)) = &self.index {
            decoded.call_once(|| {
                for certificate in index.certificates() {
                    // Only memory can be short, and then it is as if the file had less.
                    let _ = self.store.add_certificate(&certificate);
                }
            });
        }
        self.store.objects()
    }

    /// Whether certificates are looked for in directories.
    pub(crate) fn has_directories(&self) -> bool {
        !self.directories.is_empty()
    }

    /// Whether nothing was ever put into it.
    fn is_untouched(&self) -> bool {
        !self.shared && self.directories.is_empty() && self.store.objects().is_empty()
    }

    /// Whether `extend` may be called on the store as it is.
    pub(crate) fn can_grow(&self) -> bool {
        !self.shared
    }

    /// Adds to the store, which may be in use: connections under way see the additions.
    pub(crate) fn extend(&self, objects: &[StoreObject]) -> Result<()> {
        debug_assert!(self.can_grow(), "the system's store is everybody's");
        for object in objects {
            match object {
                StoreObject::Certificate(certificate) => self.store.add_certificate(certificate)?,
                StoreObject::Crl(crl) => self.store.add_crl(crl)?,
            }
        }
        Ok(())
    }

    /// A store of its own with the same certificates, which are not read or parsed again.
    pub(crate) fn copy(&self) -> Result<Trust> {
        let mut copy = Trust::empty()?;
        copy.extend(&self.objects())?;
        for directory in &self.directories {
            copy.add_directory(directory.clone())?;
        }
        Ok(copy)
    }

    /// Adds a directory. Adding one that is there already does nothing.
    pub(crate) fn add_directory(&mut self, directory: CString) -> Result<()> {
        if !self.directories.contains(&directory) {
            self.store.add_directory(&directory)?;
            self.directories.push(directory);
        }
        Ok(())
    }

    /// This store with the system's added: the system's own where there is nothing to add it to.
    pub(crate) fn with_system(&self) -> Result<Arc<Trust>> {
        let system = system()?;
        if self.is_untouched() {
            return Ok(system);
        }
        let mut both = self.copy()?;
        both.extend(&system.objects())?;
        for directory in &system.directories {
            both.add_directory(directory.clone())?;
        }
        Ok(Arc::new(both))
    }
}

/// What the system's store was made from: when one of these changes, it is made anew.
#[derive(PartialEq, Clone)]
struct Source {
    file: Option<PathBuf>,
    directories: Option<OsString>,
    stamp: Option<(SystemTime, u64, u64)>,
}

impl Source {
    fn now() -> Source {
        let paths::Locations { file, directories } = paths::system_locations();
        Source {
            stamp: file.as_deref().and_then(stamp),
            file,
            directories,
        }
    }
}

fn stamp(file: &Path) -> Option<(SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(file).ok()?;
    Some((meta.modified().ok()?, meta.len(), meta.ino()))
}

/// The system's trust store (OpenSSL's default file and directory, and what `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` put in their place). Missing or broken files count as empty, as in OpenSSL.
fn system() -> Result<Arc<Trust>> {
    static CACHE: Mutex<Option<(Source, Arc<Trust>)>> = Mutex::new(None);
    let source = Source::now();
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((cached, trust)) = &*cache {
        if *cached == source {
            return Ok(Arc::clone(trust));
        }
    }
    let bundle = source
        .file
        .as_ref()
        .and_then(|file| std::fs::read(file).ok());
    let mut trust = match bundle {
        Some(pem) => Trust::from_bundle(&pem)?,
        None => Trust::empty()?,
    };
    if let Some(directory) = source
        .directories
        .as_deref()
        .and_then(|list| c_path(Path::new(list)).ok())
    {
        trust.add_directory(directory)?;
    }
    trust.shared = true;
    let trust = Arc::new(trust);
    *cache = Some((source, Arc::clone(&trust)));
    Ok(trust)
}

/// A path as C takes it; Python's error for one with a NUL inside.
pub(crate) fn c_path(path: &Path) -> Result<CString> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes()).map_err(|_| null_byte())
}

/// Refuses more bytes than C's `int` can count: the openssl crate panics at them.
pub(crate) fn require_countable(what: &str, bytes: &[u8]) -> Result<()> {
    match i32::try_from(bytes.len()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::overflow(format!("{what} is too long."))),
    }
}

/// Python's error for a path or a name with a NUL inside.
pub(crate) fn null_byte() -> Error {
    Error::value("embedded null byte")
}
