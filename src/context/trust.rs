//! Trust stores. Each context has its own; what they share are the contents of files.

use std::ffi::CString;
use std::path::Path;
use std::sync::{Arc, Once, PoisonError, RwLock};

use openssl::x509::X509;

use super::bundle::Bundle;
use super::index::Index;
use crate::error::{Error, Result};
use crate::ffi::lookup::CertificateSource;
use crate::ffi::store::{Lookup, StoreBuilder, StoreHandle, StoreObject};
use crate::paths::{self, Locations};

/// The trust store of a context, which its snapshots share by reference.
pub(crate) struct Trust {
    store: StoreHandle,
    files: Arc<Files>,
    /// Where else certificates are looked for, for copies of the store.
    lookups: Vec<Lookup>,
}

/// The files whose certificates belong to the store, whether it holds them yet or not.
#[derive(Default)]
struct Files(RwLock<Vec<LoadedFile>>);

struct LoadedFile {
    bundle: Arc<Bundle>,
    /// Set when the store holds all of them.
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

/// The lookups of a store that is being made.
struct Lookups {
    store: StoreBuilder,
    added: Vec<Lookup>,
}

impl Lookups {
    /// Adds a lookup. One that is there already stays once.
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
        Trust::looking_in(|_| Ok(()))
    }

    /// A store without certificates, with the lookups that `add` adds.
    fn looking_in(add: impl FnOnce(&mut Lookups) -> Result<()>) -> Result<Trust> {
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
        })
    }

    pub(crate) fn store(&self) -> &StoreHandle {
        &self.store
    }

    /// Everything in the store now, in its order.
    pub(crate) fn objects(&self) -> Vec<StoreObject> {
        self.files.read(|files| {
            for file in files {
                let Some(index) = file.index() else { continue };
                file.complete.call_once(|| {
                    for certificate in index.certificates() {
                        // Only memory can be short, and then it is as if the file had less.
                        let _ = self.store.add_certificate(&certificate);
                    }
                });
            }
        });
        self.store.objects()
    }

    /// Whether certificates are looked for in directories.
    pub(crate) fn has_directories(&self) -> bool {
        !self.lookups.is_empty()
    }

    /// Adds certificates and lists to the store, which may be in use: connections under way see
    /// them.
    pub(crate) fn extend(&self, objects: &[StoreObject]) -> Result<()> {
        for object in objects {
            match object {
                StoreObject::Certificate(certificate) => {
                    // Those of files were there first.
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

    /// Adds what a file holds, as `extend` does.
    pub(super) fn add_bundle(&self, bundle: Arc<Bundle>) -> Result<()> {
        if let Bundle::Objects(objects) = &*bundle {
            return self.extend(objects);
        }
        let mut files = self.files.0.write().unwrap_or_else(PoisonError::into_inner);
        if !files.iter().any(|file| Arc::ptr_eq(&file.bundle, &bundle)) {
            files.push(LoadedFile {
                bundle,
                complete: Once::new(),
            });
        }
        Ok(())
    }

    /// A store of its own with the same certificates, which are not read or parsed again.
    pub(crate) fn copy(&self) -> Result<Trust> {
        self.copy_with(|_| Ok(()))
    }

    /// A copy that also looks for certificates in a directory, or several with separators between.
    pub(crate) fn copy_with_directories(&self, list: CString) -> Result<Trust> {
        self.copy_with(|lookups| lookups.add(Lookup::Directories(list)))
    }

    /// A copy with more lookups.
    fn copy_with(&self, add: impl FnOnce(&mut Lookups) -> Result<()>) -> Result<Trust> {
        let copy = Trust::looking_in(|lookups| {
            for lookup in &self.lookups {
                // OpenSSL opens a URI when it is added. A directory that has gone since it was
                // added to this store holds nothing for the copy either.
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

    /// This store with what the system trusts now: OpenSSL's default file and directory, or what
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` put in their place. Files that are missing, broken or
    /// cannot be read now count as empty, as in OpenSSL, and are looked at again the next time.
    pub(crate) fn with_system(&self) -> Result<Arc<Trust>> {
        let Locations { file, directories } = paths::system_locations();
        let both = self.copy_with(|lookups| {
            // An error is one that OpenSSL passes over too.
            if let Ok(list) = c_path(&directories) {
                let _ = lookups.add(Lookup::Directories(list.clone()));
                if openssl::version::number() < 0x3040_0000 {
                    // OpenSSL before 3.4 takes the default directory for a URI too, which may
                    // name a file.
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
