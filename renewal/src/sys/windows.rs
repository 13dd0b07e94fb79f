use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// The options for writing a file. A new file inherits the permissions of its directory.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

/// Creates the directory and its parents if they are missing. New ones inherit the permissions of their parent.
pub(crate) fn create_private_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(directory)
}

/// Does nothing. The permissions are those of the parent directory, which the user sets.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the function may fail on other systems"
)]
pub(crate) fn check_private(_directory: &Path, _content: &str) -> io::Result<()> {
    Ok(())
}

#[cfg(feature = "acme")]
mod acme {
    use std::fs::{self, File};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;
    use std::time::Duration;

    /// Others may open the file for reading only (CreateFileW).
    const FILE_SHARE_READ: u32 = 1;

    /// The file is open in a way that excludes this access.
    const ERROR_SHARING_VIOLATION: i32 = 32;

    /// Links need a privilege.
    pub(crate) const HAS_LINKS: bool = false;

    pub(crate) fn link(_target: &Path, _link: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Gives a file or a directory another name. This may fail while another thread or process reads the replaced
    /// file, so it is tried again for a second.
    pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
        for _ in 0..50 {
            match fs::rename(from, to) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                outcome => return outcome,
            }
        }
        fs::rename(from, to)
    }

    /// Opens a file so that nobody else can write to it until it is closed, which the end of the process does too.
    /// `WouldBlock` if another has it open in this way.
    pub(crate) fn lock(path: &Path) -> io::Result<File> {
        let mut options = super::private_file();
        let outcome = options.create(true).share_mode(FILE_SHARE_READ).open(path);
        outcome.map_err(|error| match error.raw_os_error() {
            Some(ERROR_SHARING_VIOLATION) => io::ErrorKind::WouldBlock.into(),
            _ => error,
        })
    }

    /// Does nothing. Windows cannot open a directory as a file.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the function may fail on other systems"
    )]
    pub(crate) fn sync_directory(_directory: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "acme")]
pub(crate) use acme::*;
