use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::ffi::paths::{default_paths, is_privileged};

/// Where OpenSSL looks for trusted certificates: what [`get_default_verify_paths`] returns.
#[allow(clippy::exhaustive_structs, reason = "Python's named tuple, for good")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DefaultVerifyPaths {
    /// The file that is used, if it is one: from the environment, else the one built in.
    pub cafile: Option<PathBuf>,
    /// The directory that is used, if it is one: from the environment, else the one built in.
    pub capath: Option<PathBuf>,
    /// The environment variable for the file: `SSL_CERT_FILE`.
    pub openssl_cafile_env: String,
    /// The file built into OpenSSL.
    pub openssl_cafile: PathBuf,
    /// The environment variable for the directory: `SSL_CERT_DIR`.
    pub openssl_capath_env: String,
    /// The directory built into OpenSSL.
    pub openssl_capath: PathBuf,
}

/// Where OpenSSL looks for trusted certificates. The environment and the file system are asked
/// each time.
///
/// ```python
/// print(ssl.get_default_verify_paths().cafile)
/// ```
/// ```
/// # use pyssl as ssl;
/// println!("{:?}", ssl::get_default_verify_paths().cafile);
/// ```
pub fn get_default_verify_paths() -> DefaultVerifyPaths {
    let defaults = default_paths();
    let (file, dir) = built_in();
    DefaultVerifyPaths {
        cafile: Some(chosen(defaults.file_env, file)).filter(|path| path.is_file()),
        capath: Some(chosen(defaults.dir_env, dir)).filter(|path| path.is_dir()),
        openssl_cafile_env: defaults.file_env.to_string_lossy().into_owned(),
        openssl_cafile: path(defaults.file),
        openssl_capath_env: defaults.dir_env.to_string_lossy().into_owned(),
        openssl_capath: path(defaults.dir),
    }
}

/// What the default trust store is read from.
pub(crate) struct Locations {
    pub(crate) file: PathBuf,
    /// Directories with separators between, as OpenSSL takes them.
    pub(crate) directories: PathBuf,
}

/// Where the system's certificates are now. A variable that is set but empty means none.
pub(crate) fn system_locations() -> Locations {
    let defaults = default_paths();
    let (file, dir) = built_in();
    Locations {
        file: trusted(defaults.file_env, file),
        directories: trusted(defaults.dir_env, dir),
    }
}

/// What the environment names, or else the default; the default alone in a program that runs with
/// other rights than its caller has (set-user-ID), as in OpenSSL.
fn trusted(variable: &CStr, default: PathBuf) -> PathBuf {
    if is_privileged() {
        return default;
    }
    chosen(variable, default)
}

/// What the environment names, or else the default.
fn chosen(variable: &CStr, default: PathBuf) -> PathBuf {
    std::env::var_os(OsStr::from_bytes(variable.to_bytes())).map_or(default, PathBuf::from)
}

/// The file and the directory built into OpenSSL. A library that was not built for this system has
/// neither (`vendored` is one); then those where the system's own programs look.
fn built_in() -> (PathBuf, PathBuf) {
    let defaults = default_paths();
    let (file, dir) = (path(defaults.file), path(defaults.dir));
    if file.is_file() || dir.is_dir() {
        return (file, dir);
    }
    let found = openssl_probe::probe();
    (
        found.cert_file.unwrap_or(file),
        found.cert_dir.into_iter().next().unwrap_or(dir),
    )
}

fn path(text: &CStr) -> PathBuf {
    OsStr::from_bytes(text.to_bytes()).into()
}
