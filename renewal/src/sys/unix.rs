use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The options for writing a file. If the file is new, only its owner has access to it.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Creates the directory and its parents if they are missing. Only the owner has access to new ones.
pub(crate) fn create_private_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// Returns an error if others than the owner have access to the directory. `content` is for its text.
pub(crate) fn check_private(directory: &Path, content: &str) -> io::Result<()> {
    let mode = fs::metadata(directory)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let text = format!(
        "others than the owner have access to {content} (mode {:o}, 700 is needed)",
        mode & 0o777
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(feature = "acme")]
mod acme {
    use std::fs::{self, File};
    use std::io;
    use std::path::Path;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    /// Whether programs can make links to directories.
    pub(crate) const HAS_LINKS: bool = true;

    /// Makes a link to a directory.
    pub(crate) fn link(target: &Path, link: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, link)
    }

    /// Gives a file or a directory another name.
    pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Opens a file and locks it until it is closed, which the end of the process does too. `WouldBlock` if the file is
    /// locked already. A file system without locks is not an error.
    pub(crate) fn lock(path: &Path) -> io::Result<File> {
        let file = super::private_file().create(true).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::NOLCK) => Ok(file),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the names of a directory to the disk.
    pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }
}

#[cfg(feature = "acme")]
pub(crate) use acme::*;
