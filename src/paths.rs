use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::ffi::paths::default_paths;

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
    let openssl_cafile = path(defaults.file);
    let openssl_capath = path(defaults.dir);
    let chosen = |variable: &CStr, default: &PathBuf| {
        let name = OsStr::from_bytes(variable.to_bytes());
        std::env::var_os(name).map_or_else(|| default.clone(), PathBuf::from)
    };
    DefaultVerifyPaths {
        cafile: Some(chosen(defaults.file_env, &openssl_cafile)).filter(|path| path.is_file()),
        capath: Some(chosen(defaults.dir_env, &openssl_capath)).filter(|path| path.is_dir()),
        openssl_cafile_env: defaults.file_env.to_string_lossy().into_owned(),
        openssl_cafile,
        openssl_capath_env: defaults.dir_env.to_string_lossy().into_owned(),
        openssl_capath,
    }
}

fn path(text: &CStr) -> PathBuf {
    OsStr::from_bytes(text.to_bytes()).into()
}
