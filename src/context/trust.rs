//! Trust stores. Each context has its own store. Stores share the contents of files.

use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Once, PoisonError, RwLock};

use openssl::x509::X509;

use super::bundle::Bundle;
use super::index::Index;
use crate::error::{Error, Result};
use crate::ffi::lookup::CertificateSource;
use crate::ffi::store::{Lookup, StoreBuilder, StoreHandle, StoreObject};
use crate::paths::{self, Locations};

/// The trust store of a context. Its snapshots share it.
pub(crate) struct Trust {
    store: StoreHandle,
    files: Arc<Files>,
    /// The lookups of the store, for use in copies.
    lookups: Vec<Lookup>,
    /// The number of attempts to add something to the store. A client session that a context keeps
    /// remembers this number, and is not offered after the number has changed.
    additions: AtomicU64,
}

/// The files that were loaded into the store. A certificate of such a file is added to the store
/// when a verification first looks for its subject, or when all certificates are listed.
#[derive(Default)]
struct Files(RwLock<Vec<LoadedFile>>);

struct LoadedFile {
    bundle: Arc<Bundle>,
    /// Completed when all certificates of the file are in the store.
    complete: Once,
}

impl LoadedFile {
    fn index(&self) -> Option<&Index> {
        match &*self.bundle {
            Bundle::Index(index) if !self.complete.is_completed() => Some(index),
            _ => None,
        }
    }
}

impl Files {
    fn read<T>(&self, f: impl FnOnce(&[LoadedFile]) -> T) -> T {
        f(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CertificateSource for Files {
    fn by_subject(&self, name: &[u8]) -> Vec<X509> {
        self.read(|files| {
            let indexes = files.iter().filter_map(LoadedFile::index);
            indexes.flat_map(|index| index.by_subject(name)).collect()
        })
    }
}

/// The lookups of a store under construction.
struct Lookups {
    store: StoreBuilder,
    added: Vec<Lookup>,
}

impl Lookups {
    /// Adds a lookup, unless it is already present.
    fn add(&mut self, lookup: Lookup) -> Result<()> {
        if !self.added.contains(&lookup) {
            self.store.add_lookup(&lookup)?;
            self.added.push(lookup);
        }
        Ok(())
    }
}

impl Trust {
    pub(crate) fn empty() -> Result<Trust> {
        Trust::with_lookups(|_| Ok(()))
    }

    /// A store without certificates, with the lookups that `add` adds.
    fn with_lookups(add: impl FnOnce(&mut Lookups) -> Result<()>) -> Result<Trust> {
        let files = Arc::<Files>::default();
        let mut lookups = Lookups {
            store: StoreBuilder::new(files.clone())?,
            added: Vec::new(),
        };
        add(&mut lookups)?;
        Ok(Trust {
            store: lookups.store.build(),
            files,
            lookups: lookups.added,
            additions: AtomicU64::new(0),
        })
    }

    pub(crate) fn store(&self) -> &StoreHandle {
        &self.store
    }

    /// All objects of the store, in its order.
    pub(crate) fn objects(&self) -> Vec<StoreObject> {
        self.files.read(|files| {
            for file in files {
                let Some(index) = file.index() else { continue };
                file.complete.call_once(|| {
                    for certificate in index.certificates() {
                        // This fails only if memory is short. The certificate is then ignored.
                        let _ = self.store.add_certificate(&certificate);
                    }
                });
            }
        });
        self.store.objects()
    }

    /// Whether the store searches directories.
    pub(crate) fn has_directories(&self) -> bool {
        !self.lookups.is_empty()
    }

    /// Adds certificates and revocation lists to the store. Connections that use the store see
    /// them.
    pub(crate) fn extend(&self, objects: &[StoreObject]) -> Result<()> {
        self.additions.fetch_add(1, Ordering::Relaxed);
        for object in objects {
            match object {
                StoreObject::Certificate(certificate) => {
                    // If an earlier file has certificates with this subject, they come first in the
                    // store, as if the file had been decoded at once.
                    let name = certificate.subject_name().to_der()?;
                    for earlier in self.files.by_subject(&name) {
                        self.store.add_certificate(&earlier)?;
                    }
                    self.store.add_certificate(certificate)?;
                }
                StoreObject::Crl(crl) => self.store.add_crl(crl)?,
            }
        }
        Ok(())
    }

    /// The number of additions, including those that failed or added nothing new.
    pub(crate) fn additions(&self) -> u64 {
        self.additions.load(Ordering::Relaxed)
    }

    /// Adds the objects of a file, as `extend` does.
    pub(super) fn add_bundle(&self, bundle: Arc<Bundle>) -> Result<()> {
        if let Bundle::Objects(objects) = &*bundle {
            return self.extend(objects);
        }
        self.additions.fetch_add(1, Ordering::Relaxed);
        let mut files = self.files.0.write().unwrap_or_else(PoisonError::into_inner);
        if !files.iter().any(|file| Arc::ptr_eq(&file.bundle, &bundle)) {
            files.push(LoadedFile {
                bundle,
                complete: Once::new(),
            });
        }
        Ok(())
    }

    /// An independent store with the same certificates, which are not parsed again.
    pub(crate) fn copy(&self) -> Result<Trust> {
        self.copy_with(|_| Ok(()))
    }

    /// A copy that also searches a directory, or several with separators between them.
    pub(crate) fn copy_with_directories(&self, list: CString) -> Result<Trust> {
        self.copy_with(|lookups| lookups.add(Lookup::Directories(list)))
    }

    /// A copy with more lookups.
    fn copy_with(&self, add: impl FnOnce(&mut Lookups) -> Result<()>) -> Result<Trust> {
        let copy = Trust::with_lookups(|lookups| {
            for lookup in &self.lookups {
                // OpenSSL opens a URI when its lookup is added. This fails if the directory was
                // removed after this store had added it. The copy then ignores the directory.
                let _ = lookups.add(lookup.clone());
            }
            add(lookups)
        })?;
        let bundles: Vec<_> = self
            .files
            .read(|files| files.iter().map(|file| Arc::clone(&file.bundle)).collect());
        for bundle in bundles {
            copy.add_bundle(bundle)?;
        }
        copy.extend(&self.store.objects())?;
        Ok(copy)
    }

    /// A copy of the store with the system's trusted certificates: OpenSSL's default file and
    /// directory, or those in `SSL_CERT_FILE` and `SSL_CERT_DIR`. As in OpenSSL, a file that is
    /// missing, invalid or unreadable counts as empty. The next call tries again.
    pub(crate) fn with_system(&self) -> Result<Arc<Trust>> {
        let Locations { file, directories } = paths::system_locations();
        let both = self.copy_with(|lookups| {
            // OpenSSL ignores these errors too.
            if let Ok(list) = c_path(&directories) {
                let _ = lookups.add(Lookup::Directories(list.clone()));
                if openssl::version::number() < 0x3040_0000 {
                    // OpenSSL before 3.4 also treats the default directory as a URI, which may name
                    // a file.
                    let _ = lookups.add(Lookup::Uri(list));
                }
            }
            Ok(())
        })?;
        if let Ok(bundle) = Bundle::open(&file) {
            both.add_bundle(bundle)?;
        }
        Ok(Arc::new(both))
    }
}

/// The path as a C string. Fails with Python's error if it contains a NUL.
pub(crate) fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| null_byte())
}

/// Rejects lengths that exceed C's `int`, because the openssl crate panics at them.
pub(crate) fn require_countable(what: &str, bytes: &[u8]) -> Result<()> {
    match i32::try_from(bytes.len()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::overflow(format!("{what} is too long."))),
    }
}

/// Python's error for a path or a name that contains a NUL.
pub(crate) fn null_byte() -> Error {
    Error::value("embedded null byte")
}
