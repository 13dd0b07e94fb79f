use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pyssl::TicketKey;
use zeroize::Zeroizing;

use super::{StoreError, TicketKeyStore};
use crate::sys;

/// Ticket keys as files of a directory that all servers reach: several processes on one machine, or a network
/// file system with hard links.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    directory: PathBuf,
}

impl DirectoryStore {
    /// Creates the directory if it is missing. On Unix, only its owner has access to it.
    ///
    /// # Errors
    ///
    /// If the directory cannot be created, or if others than its owner have access to it.
    pub fn new(directory: impl Into<PathBuf>) -> io::Result<DirectoryStore> {
        let directory = directory.into();
        sys::create_private_directory(&directory)?;
        sys::check_private(&directory, "the ticket keys").map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", directory.display()))
        })?;
        Ok(DirectoryStore { directory })
    }

    fn file(&self, period: u64) -> PathBuf {
        self.directory.join(format!("{period}.key"))
    }
}

impl TicketKeyStore for DirectoryStore {
    fn get_or_insert(
        &mut self,
        period: u64,
        candidate: &TicketKey,
        _expires: SystemTime,
    ) -> Result<TicketKey, StoreError> {
        let path = self.file(period);
        if let Some(key) = read(&path)? {
            return Ok(key);
        }
        // The key is written to a temporary file, which is then linked to the final name. So no server reads
        // a partial file. The link fails if another server has stored a key for this period.
        let name = format!(
            "{period}.{}.{:?}.new",
            std::process::id(),
            std::thread::current().id()
        );
        let new = self.directory.join(name);
        let written = write(&new, candidate).and_then(|()| match fs::hard_link(&new, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        });
        let removed = fs::remove_file(&new);
        written?;
        removed?;
        read(&path)?.ok_or_else(|| format!("{}: the key was removed", path.display()).into())
    }

    fn remove_before(&mut self, period: u64) -> Result<(), StoreError> {
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            // The temporary files of servers that ended while they wrote are removed too.
            let Some((number, rest)) = name.split_once('.') else {
                continue;
            };
            let ours = rest == "key" || rest.ends_with(".new");
            if ours && number.parse().is_ok_and(|number: u64| number < period) {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(error.into());
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<TicketKey>, StoreError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(TicketKey::LEN + 1));
    file.take(TicketKey::LEN as u64 + 1)
        .read_to_end(&mut bytes)?;
    let key = TicketKey::try_from(bytes.as_slice());
    Ok(Some(
        key.map_err(|error| format!("{}: {error}", path.display()))?,
    ))
}

fn write(path: &Path, key: &TicketKey) -> io::Result<()> {
    let mut file = sys::private_file().create(true).truncate(true).open(path)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()
}
