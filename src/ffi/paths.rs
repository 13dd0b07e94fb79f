//! Where the linked OpenSSL looks for trusted certificates.

use std::ffi::{CStr, c_char};

use super::decl;

/// File and directory: the name of the environment variable, then the path built in.
pub(crate) struct DefaultPaths {
    pub(crate) file_env: &'static CStr,
    pub(crate) file: &'static CStr,
    pub(crate) dir_env: &'static CStr,
    pub(crate) dir: &'static CStr,
}

pub(crate) fn default_paths() -> DefaultPaths {
    // SAFETY: the four take no argument.
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
/// `text` is null, or a string that lives as long as the library.
unsafe fn constant(text: *const c_char) -> &'static CStr {
    if text.is_null() {
        return c"";
    }
    // SAFETY: not null; the caller promises the rest.
    unsafe { CStr::from_ptr(text) }
}
