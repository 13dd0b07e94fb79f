use std::ffi::{c_int, c_void};

use openssl::ssl::NameType;
use openssl_sys as sys;

use super::{Failure, Running, dispatch, show_messages};
use crate::ffi::hooks::SniDecision;
use crate::ffi::util;

/// Asks what to do for the client's server name: the context in use, or the one that the connection
/// was made from if that one has no callback. That is the order in which OpenSSL looks for a callback
/// (`final_server_name`), but it does not say in which context it has found it.
pub(in crate::ffi) unsafe extern "C" fn server_name(
    ssl: *mut sys::SSL,
    alert: *mut c_int,
    _arg: *mut c_void,
) -> c_int {
    // SAFETY: OpenSSL passes a place for the alert, valid during the call.
    let refuse = |number| unsafe { refuse(alert, number) };
    let decide = |state: &Running<'_>| {
        // SAFETY: `ssl` is live, the name belongs to it and is not changed during the call.
        let name =
            unsafe { util::c_str(sys::SSL_get_servername(ssl, NameType::HOST_NAME.as_raw())) };
        let decision = state.user_code(|| match state.current().server_name(name) {
            SniDecision::NotAsked => state.original.server_name(name),
            decision => decision,
        });
        match decision {
            SniDecision::NotAsked => sys::SSL_TLSEXT_ERR_NOACK,
            SniDecision::Continue => sys::SSL_TLSEXT_ERR_OK,
            SniDecision::Switch(hooks) => {
                // SAFETY: both are live; the state keeps the new context alive as long as the SSL
                // may use it (S3), which holds a reference of its own besides.
                let now = unsafe { sys::SSL_set_SSL_CTX(ssl, hooks.handle().as_ptr()) };
                if now.is_null() {
                    return refuse(sys::SSL_AD_INTERNAL_ERROR);
                }
                // SAFETY: `ssl` is live and this thread's; OpenSSL keeps the old context's choice.
                unsafe { show_messages(ssl, hooks.wants_messages()) };
                let replaced = state.set_current(hooks);
                // Callbacks may go with it.
                state.user_code(|| drop(replaced));
                sys::SSL_TLSEXT_ERR_OK
            }
            SniDecision::Refuse(number, error) => {
                if let Some(error) = error {
                    state.fail(Failure::Error(error));
                }
                refuse(c_int::from(number))
            }
        }
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, refuse(sys::SSL_AD_HANDSHAKE_FAILURE), decide) }
}

/// Sets the alert that goes to the peer.
///
/// # Safety
///
/// `alert` is null or a place for a number.
unsafe fn refuse(alert: *mut c_int, number: c_int) -> c_int {
    if !alert.is_null() {
        // SAFETY: not null; the caller promises the rest.
        unsafe { *alert = number };
    }
    sys::SSL_TLSEXT_ERR_ALERT_FATAL
}
