use std::ffi::{c_int, c_void};

use openssl_sys as sys;

use super::{CallbackConnection, dispatch};
use crate::ffi::hooks::RawMessage;
use crate::ffi::util;

/// Passes a message or record header to the context in use.
pub(in crate::ffi) unsafe extern "C" fn message(
    sent: c_int,
    version: c_int,
    content_type: c_int,
    data: *const c_void,
    len: usize,
    ssl: *mut sys::SSL,
    _arg: *mut c_void,
) {
    let show = |state: &CallbackConnection<'_>| {
        let message = RawMessage {
            sent: sent != 0,
            version,
            content_type,
            // SAFETY: OpenSSL passes a buffer, which is valid during the call.
            data: unsafe { util::slice(data.cast(), len) },
        };
        if let Err(error) = state.user_code(|| state.current().message(&message)) {
            state.note_failure(error);
        }
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, (), show) }
}
