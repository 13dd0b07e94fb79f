//! Detects whether OpenSSL cleans up when the process exits.
//!
//! `OPENSSL_cleanup` frees memory that running threads may still use. OpenSSL registers it as an exit handler
//! during initialisation, unless the first initialisation passed `OPENSSL_INIT_NO_ATEXIT`. (From 4.0 on it
//! registers none.) The test's process reports the cleanup by its exit status, which also works with a statically
//! linked library.

use std::ffi::c_int;

unsafe extern "C" {
    #[cfg(not(ossl400))]
    fn OPENSSL_atexit(handler: extern "C" fn()) -> c_int;
    fn OPENSSL_init_crypto(options: u64, settings: *const std::ffi::c_void) -> c_int;
    #[cfg(not(ossl400))]
    fn _exit(status: c_int) -> !;
}

/// The exit status of a process in which OpenSSL cleaned up.
pub const CLEANED_UP: i32 = 77;

#[cfg(not(ossl400))]
extern "C" fn cleaning_up() {
    // SAFETY: `_exit` may be called from any thread, and does not return.
    unsafe { _exit(CLEANED_UP) }
}

/// Makes the process exit with [`CLEANED_UP`] if OpenSSL's exit handler runs. If OpenSSL is not initialised yet, this
/// call initialises it without the handler. From 4.0 on, OpenSSL has no exit handler, and this does nothing else.
pub fn watch() {
    openssl::init();
    #[cfg(not(ossl400))]
    // SAFETY: the handler is a function that lives as long as the process.
    assert_eq!(unsafe { OPENSSL_atexit(cleaning_up) }, 1);
}

/// Makes the process exit with [`CLEANED_UP`] if OpenSSL's exit handler runs. If OpenSSL is not initialised yet, this
/// registers the handler.
pub fn watch_and_register() {
    /// `OPENSSL_INIT_LOAD_CRYPTO_STRINGS`; without any option the call does nothing.
    const STRINGS: u64 = 2;
    // SAFETY: the second argument may be null, and OpenSSL itself makes this call on first use.
    assert_eq!(unsafe { OPENSSL_init_crypto(STRINGS, std::ptr::null()) }, 1);
    watch();
}
