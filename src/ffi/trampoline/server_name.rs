use std::ffi::{c_int, c_void};

use openssl::ssl::NameType;
use openssl_sys as sys;

use super::{CallbackConnection, CallbackFailure, dispatch, show_messages};
use crate::ffi::hooks::SniDecision;
use crate::ffi::util;

/// Asks a callback for server names how to continue. The callback is that of the context in use or,
/// if that context has none, of the context from which the connection was made. OpenSSL looks for a
/// callback in the same order (`final_server_name`), but does not report in which context it found
/// one.
pub(in crate::ffi) unsafe extern "C" fn server_name(
    ssl: *mut sys::SSL,
    alert: *mut c_int,
    _arg: *mut c_void,
) -> c_int {
    // SAFETY: OpenSSL passes a pointer to the alert's number, which is valid during the call.
    let refuse = |number| unsafe { refuse(alert, number) };
    let decide = |state: &CallbackConnection<'_>| {
        // SAFETY: `ssl` is the argument of this callback, so it is live. The name belongs to it,
        // and does not change during the callback.
        let name =
            unsafe { util::c_str(sys::SSL_get_servername(ssl, NameType::HOST_NAME.as_raw())) };
        let offered = state.offered.take();
        let decision = state.user_code(|| match state.current().server_name(name, &offered) {
            SniDecision::NotAsked => state.original.server_name(name, &offered),
            decision => decision,
        });
        match decision {
            SniDecision::NotAsked => sys::SSL_TLSEXT_ERR_NOACK,
            SniDecision::Continue => sys::SSL_TLSEXT_ERR_OK,
            SniDecision::Switch(hooks) => {
                // SAFETY: `ssl` is the argument of this callback, and `hooks` owns the context.
                // OpenSSL takes a reference to the new context, and `set_current` keeps its handle
                // (S3).
                let now = unsafe { sys::SSL_set_SSL_CTX(ssl, hooks.handle().as_ptr()) };
                if now.is_null() {
                    return refuse(sys::SSL_AD_INTERNAL_ERROR);
                }
                // SAFETY: `ssl` is the argument of this callback, and no other thread uses it (S4):
                // the window is closed. OpenSSL keeps the earlier context's message callback, so
                // the new context's is set here.
                unsafe { show_messages(ssl, hooks.wants_messages()) };
                let replaced = state.set_current(hooks);
                // Dropping the replaced context may run user code, such as the destructors of its
                // callbacks.
                state.user_code(|| drop(replaced));
                sys::SSL_TLSEXT_ERR_OK
            }
            SniDecision::Refuse(number, error) => {
                if let Some(error) = error {
                    state.fail(CallbackFailure::Error(error));
                }
                refuse(c_int::from(number))
            }
        }
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, refuse(sys::SSL_AD_HANDSHAKE_FAILURE), decide) }
}

/// Sets the number of the alert to the peer.
///
/// # Safety
///
/// `alert` is null, or valid for writing.
unsafe fn refuse(alert: *mut c_int, number: c_int) -> c_int {
    if !alert.is_null() {
        // SAFETY: not null, so the caller promises that it is valid for writing.
        unsafe { *alert = number };
    }
    sys::SSL_TLSEXT_ERR_ALERT_FATAL
}
