use std::ffi::{c_int, c_void};

use foreign_types::ForeignTypeRef;
use openssl::ssl::SslRef;
use openssl_sys as sys;

use super::{Failure, Running, dispatch};

/// What a client answers: go on, or send the alert `bad_certificate_status_response`.
const CONTENT: c_int = 1;
const REFUSED: c_int = 0;

/// Asks a server for the response to staple, and a client whether it is content with what it got.
/// A client is asked when the server has stapled nothing, too.
pub(in crate::ffi) unsafe extern "C" fn status(ssl: *mut sys::SSL, _arg: *mut c_void) -> c_int {
    // SAFETY: OpenSSL passes a live connection, which this thread has to itself.
    let server = unsafe { sys::SSL_is_server(ssl) } == 1;
    let decide = |state: &Running<'_>| {
        // SAFETY: live for the call; it is only read while user code runs.
        let ours = unsafe { SslRef::from_ptr(ssl) };
        let Some(stapling) = &state.stapling else {
            return if server {
                sys::SSL_TLSEXT_ERR_NOACK
            } else {
                CONTENT
            };
        };
        if !server {
            return match stapling.check(ours) {
                Ok(()) => CONTENT,
                Err(error) => {
                    state.fail(Failure::Error(error));
                    REFUSED
                }
            };
        }
        match state.user_code(|| stapling.staple(ours, &*state.current())) {
            Ok(None) => sys::SSL_TLSEXT_ERR_NOACK,
            Ok(Some(response)) => {
                // SAFETY: live for the call. Nothing else refers to the connection now: its owner is
                // in OpenSSL, and the window is closed.
                let ssl = unsafe { SslRef::from_ptr_mut(ssl) };
                match ssl.set_ocsp_status(&response) {
                    Ok(()) => sys::SSL_TLSEXT_ERR_OK,
                    Err(_) => sys::SSL_TLSEXT_ERR_ALERT_FATAL,
                }
            }
            Err(error) => {
                state.fail(Failure::Error(error));
                sys::SSL_TLSEXT_ERR_ALERT_FATAL
            }
        }
    };
    let refused = if server {
        sys::SSL_TLSEXT_ERR_ALERT_FATAL
    } else {
        REFUSED
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, refused, decide) }
}
