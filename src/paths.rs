use std::ffi::CStr;
use std::path::PathBuf;

use crate::ffi::paths::default_paths;
use crate::sys;

/// The default locations of trusted certificates; see [`get_default_verify_paths`].
#[allow(
    clippy::exhaustive_structs,
    reason = "its fields are those of Python's named tuple"
)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DefaultVerifyPaths {
    /// The file in use, from the environment or else OpenSSL's default. `None` if it does not
    /// exist.
    pub cafile: Option<PathBuf>,
    /// The directory in use, from the environment or else OpenSSL's default. `None` if it does not
    /// exist.
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

/// The default locations of trusted certificates. Each call reads the environment and checks the
/// file system.
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
        cafile: Some(from_environment(defaults.file_env, file)).filter(|path| path.is_file()),
        capath: Some(from_environment(defaults.dir_env, dir)).filter(|path| path.is_dir()),
        openssl_cafile_env: defaults.file_env.to_string_lossy().into_owned(),
        openssl_cafile: path(defaults.file),
        openssl_capath_env: defaults.dir_env.to_string_lossy().into_owned(),
        openssl_capath: path(defaults.dir),
    }
}

/// The locations that the default trust store is loaded from.
pub(crate) struct Locations {
    pub(crate) file: PathBuf,
    /// Directories with separators between them, in OpenSSL's format.
    pub(crate) directories: PathBuf,
}

/// The current locations of the system's certificates. An environment variable that is set but
/// empty means no location.
pub(crate) fn system_locations() -> Locations {
    let defaults = default_paths();
    let (file, dir) = built_in();
    Locations {
        file: from_trusted_environment(defaults.file_env, file),
        directories: from_trusted_environment(defaults.dir_env, dir),
    }
}

/// The path from the environment variable, or else the default. As in OpenSSL, a set-user-ID
/// program ignores the environment.
fn from_trusted_environment(variable: &CStr, default: PathBuf) -> PathBuf {
    if sys::is_privileged() {
        return default;
    }
    from_environment(variable, default)
}

/// The path from the environment variable, or else the default.
fn from_environment(variable: &CStr, default: PathBuf) -> PathBuf {
    std::env::var_os(sys::os_string(variable)).map_or(default, PathBuf::from)
}

/// The file and the directory built into OpenSSL. If neither exists, as with the feature
/// `vendored`, the paths that the system's own programs use.
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
    sys::os_string(text).into()
}
