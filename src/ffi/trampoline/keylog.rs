use std::ffi::c_char;

use openssl_sys as sys;

use super::{CallbackConnection, dispatch};
use crate::ffi::util;

/// Passes a line of the key log to the context in use.
pub(in crate::ffi) unsafe extern "C" fn keylog(ssl: *const sys::SSL, line: *const c_char) {
    let write = |state: &CallbackConnection<'_>| {
        // SAFETY: OpenSSL passes a string that ends with a NUL.
        if let Some(line) = unsafe { util::text(line) } {
            if let Err(error) = state.user_code(|| state.current().keylog(line)) {
                state.note_failure(error);
            }
        }
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, (), write) }
}
