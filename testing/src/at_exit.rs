//! Whether OpenSSL cleans up when the process exits.
//!
//! `OPENSSL_cleanup` frees what threads that still run may be using. OpenSSL registers it as an exit
//! handler when it initialises itself, unless `OPENSSL_INIT_NO_ATEXIT` was given the first time. (From
//! 4.0 on it registers none.) The test ends its process with a status that tells; it works with a
//! library that is linked statically, too.

use std::ffi::c_int;

unsafe extern "C" {
    fn OPENSSL_atexit(handler: extern "C" fn()) -> c_int;
    fn OPENSSL_init_crypto(options: u64, settings: *const std::ffi::c_void) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// The exit status of a process in which OpenSSL cleaned up.
pub const CLEANED_UP: i32 = 77;

extern "C" fn cleaning_up() {
    // SAFETY: ends the process at once.
    unsafe { _exit(CLEANED_UP) }
}

/// Makes the process exit with [`CLEANED_UP`] if OpenSSL's exit handler runs. If OpenSSL was not
/// initialised yet, no handler is registered from here on.
pub fn watch() {
    openssl::init();
    // SAFETY: the handler is a function that lives as long as the process.
    assert_eq!(unsafe { OPENSSL_atexit(cleaning_up) }, 1);
}

/// As [`watch`], but if OpenSSL was not initialised yet, its exit handler is registered.
pub fn watch_and_register() {
    /// `OPENSSL_INIT_LOAD_CRYPTO_STRINGS`; without any option the call does nothing.
    const STRINGS: u64 = 2;
    // SAFETY: no settings; OpenSSL does this by itself when it is used without initialisation.
    assert_eq!(unsafe { OPENSSL_init_crypto(STRINGS, std::ptr::null()) }, 1);
    watch();
}
