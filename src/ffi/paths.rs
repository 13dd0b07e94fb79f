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

/// Whether the program has rights that its caller may lack, so that the caller's environment must
/// not decide what it trusts.
pub(crate) fn is_privileged() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: takes a number and gives one.
    return unsafe { libc::getauxval(libc::AT_SECURE) != 0 };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: the four take no argument and do not fail.
    return unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() };
}
