//! The default locations of trusted certificates of the linked OpenSSL.

use std::ffi::{CStr, c_char};

use super::decl;

/// For the file and the directory: the name of the environment variable and OpenSSL's built-in path.
pub(crate) struct DefaultPaths {
    pub(crate) file_env: &'static CStr,
    pub(crate) file: &'static CStr,
    pub(crate) dir_env: &'static CStr,
    pub(crate) dir: &'static CStr,
}

pub(crate) fn default_paths() -> DefaultPaths {
    // SAFETY: the functions take no argument and return strings that are never freed.
    unsafe {
        DefaultPaths {
            file_env: constant(decl::X509_get_default_cert_file_env()),
            file: constant(decl::X509_get_default_cert_file()),
            dir_env: constant(decl::X509_get_default_cert_dir_env()),
            dir: constant(decl::X509_get_default_cert_dir()),
        }
    }
}

/// # Safety
///
/// `text` is null, or a string that is never freed.
unsafe fn constant(text: *const c_char) -> &'static CStr {
    if text.is_null() {
        return c"";
    }
    // SAFETY: not null, so the caller promises a string that is never freed.
    unsafe { CStr::from_ptr(text) }
}
