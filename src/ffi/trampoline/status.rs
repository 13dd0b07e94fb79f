use std::ffi::{c_int, c_void};

use foreign_types::ForeignTypeRef;
use openssl::ssl::SslRef;
use openssl_sys as sys;

use super::{CallbackConnection, CallbackFailure, dispatch};

/// A client's results. After the first result, the handshake continues. After the second result,
/// OpenSSL sends the alert `bad_certificate_status_response`.
const ACCEPTED: c_int = 1;
const REFUSED: c_int = 0;

/// Asks for the OCSP response that a server staples, or checks the response that a client received.
/// On a client, OpenSSL calls this function also if the server stapled no response.
pub(in crate::ffi) unsafe extern "C" fn status(ssl: *mut sys::SSL, _arg: *mut c_void) -> c_int {
    // SAFETY: `ssl` is the argument of this callback, so it is live, and no other thread changes it
    // (S4).
    let server = unsafe { sys::SSL_is_server(ssl) } == 1;
    let decide = |state: &CallbackConnection<'_>| {
        // SAFETY: `ssl` is live during the callback, and is only read while user code runs.
        let ours = unsafe { SslRef::from_ptr(ssl) };
        let Some(stapling) = &state.stapling else {
            return if server {
                sys::SSL_TLSEXT_ERR_NOACK
            } else {
                ACCEPTED
            };
        };
        if !server {
            return match stapling.check(ours) {
                Ok(()) => ACCEPTED,
                Err(error) => {
                    state.fail(CallbackFailure::Error(error));
                    REFUSED
                }
            };
        }
        match state.user_code(|| stapling.staple(ours, &*state.current())) {
            Ok(None) => sys::SSL_TLSEXT_ERR_NOACK,
            Ok(Some(response)) => {
                // SAFETY: `ssl` is live during the callback. No other reference is used now: the
                // owner waits for OpenSSL, and the window is closed.
                let ssl = unsafe { SslRef::from_ptr_mut(ssl) };
                match ssl.set_ocsp_status(&response) {
                    Ok(()) => sys::SSL_TLSEXT_ERR_OK,
                    Err(_) => sys::SSL_TLSEXT_ERR_ALERT_FATAL,
                }
            }
            Err(error) => {
                state.fail(CallbackFailure::Error(error));
                sys::SSL_TLSEXT_ERR_ALERT_FATAL
            }
        }
    };
    let refused = if server {
        sys::SSL_TLSEXT_ERR_ALERT_FATAL
    } else {
        REFUSED
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, refused, decide) }
}
