//! The files: the account, the order in progress, and the certificates.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::AcmeError;
#[cfg(test)]
use super::tests::Steps;
use crate::sys;

/// The number of certificates that are kept, with the one in service.
const KEPT: u64 = 3;

pub(super) const KEY: &str = "privkey.pem";
pub(super) const CHAIN: &str = "fullchain.pem";
pub(super) const ORDER: &str = "order.json";

/// The files of a certificate; certbot's lineage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    directory: PathBuf,
}

impl Lineage {
    /// The certificate and its intermediates, `live/NAME/fullchain.pem`.
    pub fn fullchain(&self) -> PathBuf {
        self.directory.join(CHAIN)
    }

    /// The key, `live/NAME/privkey.pem`.
    pub fn privkey(&self) -> PathBuf {
        self.directory.join(KEY)
    }
}

/// The directory of a client.
///
/// A certificate is made in `pending/NAME`, moved to `archive/NAME/NUMBER`, and comes into service when the link
/// `live/NAME` is replaced. Each step is one rename, so a process may end between any two of them.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    root: PathBuf,
    /// The name of the certificate.
    name: String,
    #[cfg(test)]
    steps: Steps,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> AcmeError {
    let path = path.to_owned();
    move |source| AcmeError::Storage { path, source }
}

impl Storage {
    /// Creates the directory if it is missing. On Unix, only its owner has access to it.
    pub(super) fn open(root: &Path, name: &str) -> Result<Storage, AcmeError> {
        // The links must not depend on the current directory.
        let root = std::path::absolute(root).map_err(failed(root))?;
        let storage = Storage {
            root,
            name: name.to_owned(),
            #[cfg(test)]
            steps: Steps::default(),
        };
        storage.create(&storage.root)?;
        sys::check_private(&storage.root, "the keys").map_err(failed(&storage.root))?;
        for directory in [storage.accounts(), storage.archive(), storage.live()] {
            storage.create(&directory)?;
        }
        Ok(storage)
    }

    #[cfg(test)]
    pub(super) fn with(self, steps: Steps) -> Storage {
        Storage { steps, ..self }
    }

    /// Ends the process in a test.
    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        self.steps.next()
    }

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "tests end the process here"
    )]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    /// Keeps other clients, also those of other processes, from changing the files until the result is dropped.
    ///
    /// # Errors
    ///
    /// [`AcmeError::Busy`] if another client does so already.
    pub(super) fn lock(&self) -> Result<File, AcmeError> {
        let path = self.root.join("lock");
        let mut file = match self.step().and_then(|()| sys::lock(&path)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let text = fs::read_to_string(&path).unwrap_or_default();
                return Err(AcmeError::Busy {
                    path: self.root.clone(),
                    process: text.trim().parse().ok(),
                });
            }
            outcome => outcome.map_err(failed(&path))?,
        };
        // The number is for the text of the other client's error only, so an error is ignored.
        let _ = file.set_len(0);
        let _ = write!(file, "{}", std::process::id());
        Ok(file)
    }

    fn create(&self, directory: &Path) -> Result<(), AcmeError> {
        self.step()
            .and_then(|()| sys::create_private_directory(directory))
            .map_err(failed(directory))
    }

    pub(super) fn accounts(&self) -> PathBuf {
        self.root.join("accounts")
    }

    fn archive(&self) -> PathBuf {
        self.root.join("archive").join(&self.name)
    }

    fn live(&self) -> PathBuf {
        self.root.join("live")
    }

    fn pending_directory(&self) -> PathBuf {
        self.root.join("pending").join(&self.name)
    }

    /// A file of the order in progress.
    pub(super) fn pending(&self, file: &str) -> PathBuf {
        self.pending_directory().join(file)
    }

    /// The files in service, if there are any.
    pub(super) fn lineage(&self) -> Option<Lineage> {
        let lineage = Lineage {
            directory: self.live().join(&self.name),
        };
        (lineage.fullchain().exists() && lineage.privkey().exists()).then_some(lineage)
    }

    pub(super) fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, AcmeError> {
        match self.step().and_then(|()| fs::read(path)) {
            Ok(content) => Ok(Some(Zeroizing::new(content))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(path)(error)),
        }
    }

    /// Writes a file that only its owner can read. The file gets its name when its content is on the disk.
    pub(super) fn write(&self, path: &Path, content: &[u8]) -> Result<(), AcmeError> {
        let directory = path.parent().unwrap_or(&self.root);
        self.create(directory)?;
        let new = path.with_extension("new");
        let write = || {
            self.remove_file(&new)?;
            self.step()?;
            let mut file = sys::private_file().create_new(true).open(&new)?;
            self.step()?;
            file.write_all(content)?;
            self.step()?;
            file.sync_all()?;
            self.rename(&new, path)
        };
        write().map_err(|error| {
            // The unfinished file is removed, because a full disk needs its space. An error of the
            // removal is ignored, so that the caller gets the first error. `step` fails in tests only.
            if self.step().is_ok() {
                let _ = fs::remove_file(&new);
            }
            failed(path)(error)
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        sys::rename(from, to)?;
        self.step()?;
        to.parent().map_or(Ok(()), sys::sync_directory)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn remove(&self, path: &Path) -> Result<(), AcmeError> {
        self.remove_file(path).map_err(failed(path))
    }

    fn remove_directory(&self, path: &Path) -> Result<(), AcmeError> {
        match self.step().and_then(|()| fs::remove_dir_all(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
            _ => Ok(()),
        }
    }

    /// Ends the order in progress.
    pub(super) fn discard_pending(&self) -> Result<(), AcmeError> {
        // The certificate is removed first: without it, the rest is never taken for a finished order.
        self.remove(&self.pending(CHAIN))?;
        self.remove(&self.pending(ORDER))?;
        self.remove_directory(&self.pending_directory())
    }

    /// Puts the finished certificate of the order in progress into the archive and into service.
    pub(super) fn publish(&self) -> Result<(), AcmeError> {
        self.remove(&self.pending(ORDER))?;
        let archive = self.archive();
        self.create(&archive)?;
        let number = self.newest()?.map_or(1, |newest| newest + 1);
        let target = archive.join(number.to_string());
        self.rename(&self.pending_directory(), &target)
            .map_err(failed(&target))?;
        self.link(number)?;
        self.prune(number)
    }

    /// Completes what an earlier process has left unfinished.
    pub(super) fn recover(&self) -> Result<(), AcmeError> {
        // If the certificate is there, the order is finished, because the certificate is written last.
        if self.read(&self.pending(CHAIN))?.is_some() {
            return self.publish();
        }
        let Some(newest) = self.newest()? else {
            return Ok(());
        };
        let archived = self.read(&self.archive().join(newest.to_string()).join(CHAIN))?;
        let served = self.read(&self.live().join(&self.name).join(CHAIN))?;
        if archived.is_some() && archived != served {
            self.link(newest)?;
        }
        Ok(())
    }

    fn newest(&self) -> Result<Option<u64>, AcmeError> {
        Ok(self.numbers()?.into_iter().max())
    }

    fn numbers(&self) -> Result<Vec<u64>, AcmeError> {
        let archive = self.archive();
        let entries = match self.step().and_then(|()| fs::read_dir(&archive)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed(&archive))?,
        };
        let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Ok(numbers.collect())
    }

    /// Makes `live/NAME` lead to a certificate of the archive.
    fn link(&self, number: u64) -> Result<(), AcmeError> {
        let live = self.live().join(&self.name);
        if sys::HAS_LINKS {
            let new = self.live().join(format!(".{}.new", self.name));
            let target = format!("../archive/{}/{number}", self.name);
            self.remove(&new)?;
            return self
                .step()
                .and_then(|()| sys::link(Path::new(&target), &new))
                .and_then(|()| self.rename(&new, &live))
                .map_err(failed(&live));
        }
        // Without links, the files are copied. `CertReloader` does not use a certificate without its key, and
        // `recover` repeats an unfinished copy.
        let source = self.archive().join(number.to_string());
        for file in [KEY, CHAIN] {
            if let Some(content) = self.read(&source.join(file))? {
                self.write(&live.join(file), &content)?;
            }
        }
        Ok(())
    }

    /// Removes old certificates.
    fn prune(&self, newest: u64) -> Result<(), AcmeError> {
        for number in self.numbers()? {
            if number + KEPT <= newest {
                self.remove_directory(&self.archive().join(number.to_string()))?;
            }
        }
        Ok(())
    }
}
