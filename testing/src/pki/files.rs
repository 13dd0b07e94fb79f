//! Certificates on disk.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use openssl::x509::{X509, X509Crl};
use tempfile::TempDir;

use super::ca::Ca;
use super::leaf::{Leaf, pem};

/// The password of every encrypted key that [`Leaf::write`] writes.
pub const PASSWORD: &str = "somepass";

/// The files that [`Leaf::write`] wrote.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The authority to trust: the root, `root.pem`. After [`Files::new`], the given one, `ca.pem`.
    pub ca: PathBuf,
    /// The certificate alone, `cert.pem`.
    pub cert: PathBuf,
    /// The certificate and the intermediates, `chain.pem`.
    pub chain: PathBuf,
    /// The private key, `key.pem`.
    pub key: PathBuf,
    /// The key, the certificate and the intermediates, `combined.pem`.
    pub combined: PathBuf,
    /// The private key, encrypted with [`PASSWORD`], `key.encrypted.pem`.
    pub encrypted_key: PathBuf,
}

/// Certificates in a temporary directory, which is deleted on drop.
#[derive(Debug)]
pub struct Files {
    paths: Paths,
    dir: TempDir,
}

impl Files {
    /// Writes a certificate, and the authority that its peer should trust.
    pub fn new(ca: &Ca, leaf: &Leaf) -> Self {
        let mut files = Self::of(leaf);
        files.paths.ca = ca.write(files.dir.path());
        files
    }

    /// Writes a certificate, and the root of its chain.
    pub fn of(leaf: &Leaf) -> Self {
        let dir = TempDir::new().expect("a temporary directory can be made");
        Self {
            paths: leaf.write(dir.path()),
            dir,
        }
    }

    /// A new authority, and a certificate of it for `localhost`, `127.0.0.1` and `::1`.
    pub fn localhost() -> Self {
        let ca = Ca::new();
        Self::new(&ca, &ca.issue_for(&["localhost", "127.0.0.1", "::1"]))
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes another file, and returns its path.
    pub fn write<B: AsRef<[u8]>>(&self, name: &str, content: B) -> PathBuf {
        write_named(self.dir(), name, content.as_ref())
    }
}

impl Deref for Files {
    type Target = Paths;

    fn deref(&self) -> &Paths {
        &self.paths
    }
}

/// Writes a certificate into a hashed directory (`<hash of the subject>.0`, or the next free number), and returns
/// its path.
pub fn write_hashed_cert(dir: &Path, cert: &X509) -> PathBuf {
    write_hashed(dir, cert.subject_name_hash(), "", pem(cert).as_bytes())
}

/// Writes the CRL of an authority into a hashed directory (`<hash of the issuer>.r0`, or the next free number), and
/// returns its path.
pub fn write_hashed_crl(dir: &Path, ca: &Ca, crl_pem: &str) -> PathBuf {
    X509Crl::from_pem(crl_pem.as_bytes()).expect("the CRL is PEM");
    write_hashed(dir, ca.cert().subject_name_hash(), "r", crl_pem.as_bytes())
}

fn write_named(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, content)
        .unwrap_or_else(|e| panic!("{} cannot be written: {e}", path.display()));
    path
}

impl Leaf {
    /// Writes the files of [`Paths`] into a directory, and returns their paths.
    pub fn write(&self, dir: &Path) -> Paths {
        let write = |name, content: String| write_named(dir, name, content.as_bytes());
        Paths {
            ca: write("root.pem", pem(self.root())),
            cert: write("cert.pem", self.cert_pem()),
            chain: write("chain.pem", self.chain_pem()),
            key: write("key.pem", self.key_pem()),
            combined: write("combined.pem", self.combined_pem()),
            encrypted_key: write(
                "key.encrypted.pem",
                self.encrypted_key_pem(PASSWORD.as_bytes()),
            ),
        }
    }
}

impl Ca {
    /// Writes the certificate as `ca.pem`, and returns its path.
    pub fn write(&self, dir: &Path) -> PathBuf {
        write_named(dir, "ca.pem", self.cert_pem().as_bytes())
    }

    /// Writes the certificate into a hashed directory, for `capath`, and returns its path.
    pub fn write_hashed(&self, dir: &Path) -> PathBuf {
        write_hashed_cert(dir, self.cert())
    }
}

fn write_hashed(dir: &Path, hash: u32, kind: &str, content: &[u8]) -> PathBuf {
    let name = (0..)
        .map(|number| format!("{hash:08x}.{kind}{number}"))
        .find(|name| !dir.join(name).exists())
        .expect("numbers do not run out");
    write_named(dir, &name, content)
}
