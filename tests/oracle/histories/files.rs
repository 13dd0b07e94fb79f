//! The files and directories of a history.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use pyssl_testing::pki::DistinguishedName;
use pyssl_testing::{Ca, Leaf};

/// The files of one history.
pub(super) struct TrustFiles {
    directory: tempfile::TempDir,
    pub(super) cas: Vec<Ca>,
    /// For each authority, the file with the certificate and key of its server.
    pub(super) servers: Vec<PathBuf>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) environment: Vec<(&'static str, Option<String>)>,
}

impl TrustFiles {
    pub(super) fn new() -> TrustFiles {
        let directory = tempfile::tempdir().unwrap();
        // The last two authorities have the same name.
        let name = |number: usize| {
            let common_name = format!("authority {}", number.min(2));
            DistinguishedName::new().with("CN", &common_name)
        };
        let make = |number| Ca::root_builder().subject(name(number)).build_ca();
        let cas: Vec<Ca> = (0..4).map(make).collect();
        let leaves: Vec<Leaf> = cas.iter().map(|ca| ca.issue("localhost")).collect();
        let mut servers = Vec::new();
        for (number, leaf) in leaves.iter().enumerate() {
            let path = directory.path().join(format!("server{number}.pem"));
            fs::write(&path, leaf.combined_pem()).unwrap();
            servers.push(path);
        }
        for name in ["hashed", "second"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let mut files = TrustFiles {
            directory,
            cas,
            servers,
            leaves,
            environment: Vec::new(),
        };
        files.environment = vec![
            ("SSL_CERT_FILE", Some(files.text("bundle.pem"))),
            ("SSL_CERT_DIR", Some(files.text("hashed"))),
        ];
        files
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A bundle with these authorities.
    pub(super) fn bundle(&self, which: &[usize]) -> String {
        which.iter().map(|&n| self.cas[n].cert_pem()).collect()
    }

    /// Writes a bundle into an existing file. Every bundle has the same size.
    pub(super) fn write(&self, name: &str, which: &[usize]) {
        fs::write(self.path(name), format!("{:<8000}\n", self.bundle(which))).unwrap();
    }

    /// Replaces a file by another one of the same size and modification time.
    pub(super) fn replace(&self, name: &str, which: &[usize]) {
        let modified = fs::metadata(self.path(name)).and_then(|meta| meta.modified());
        self.write("new.pem", which);
        self.set_modified("new.pem", modified.unwrap_or(SystemTime::UNIX_EPOCH));
        fs::rename(self.path("new.pem"), self.path(name)).unwrap();
    }

    /// Writes a bundle into an existing file, and restores the modification time.
    pub(super) fn overwrite(&self, name: &str, which: &[usize]) {
        let modified = fs::metadata(self.path(name)).and_then(|meta| meta.modified());
        self.write(name, which);
        self.set_modified(name, modified.unwrap_or(SystemTime::UNIX_EPOCH));
    }

    fn set_modified(&self, name: &str, time: SystemTime) {
        let file = fs::File::options()
            .write(true)
            .open(self.path(name))
            .unwrap();
        file.set_modified(time).unwrap();
    }

    pub(super) fn link(&self, target: &str, name: &str) {
        let _ = fs::remove_file(self.path(name));
        symlink(self.path(target), self.path(name)).unwrap();
    }

    pub(super) fn hash(&self, directory: &str, which: usize) {
        self.cas[which].write_hashed(&self.path(directory));
    }

    pub(super) fn mode(&self, name: &str, mode: u32) {
        let _ = fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode));
    }

    /// Removes a file, or the files in a directory.
    pub(super) fn remove(&self, name: &str) {
        let path = self.path(name);
        match fs::read_dir(&path) {
            Ok(entries) => {
                entries.for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap())
            }
            Err(_) => drop(fs::remove_file(path)),
        }
    }

    /// Waits until all files are old enough for the library to cache their content. Any later
    /// change then has another time stamp.
    pub(super) fn age(&self) {
        let newest = |directory: &Path| {
            let entries = fs::read_dir(directory).unwrap().flatten();
            entries
                .filter_map(|entry| Some(entry.metadata().ok()?.ctime()))
                .max()
        };
        let newest = newest(self.directory.path()).unwrap_or(0);
        let now = || {
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs()
        };
        while i64::try_from(now()).unwrap() <= newest + 3 {
            thread::sleep(Duration::from_millis(100));
        }
    }
}
