use std::ffi::{c_int, c_uint, c_void};
use std::ptr;

use openssl_sys as sys;

use super::{CallbackConnection, dispatch};
use crate::ffi::util;

/// The type of the ALPN extension (IANA registry "TLS ExtensionType Values").
const ALPN: c_uint = 16;

/// Keeps the ALPN protocols that the client offers, for the callback for server names. OpenSSL gives
/// access to the extension in this callback only (SSL_CTX_set_client_hello_cb(3)).
pub(in crate::ffi) unsafe extern "C" fn client_hello(
    ssl: *mut sys::SSL,
    _alert: *mut c_int,
    _arg: *mut c_void,
) -> c_int {
    let keep = |state: &CallbackConnection<'_>| {
        let (mut data, mut length) = (ptr::null(), 0);
        // SAFETY: `ssl` is the argument of this callback. OpenSSL writes to the two variables, and the
        // extension is valid during the callback.
        let extension = unsafe {
            match sys::SSL_client_hello_get0_ext(ssl, ALPN, &mut data, &mut length) {
                1 => util::slice(data, length),
                _ => &[],
            }
        };
        // The list follows its length. OpenSSL refuses a list with another length later.
        let list = extension.get(2..).unwrap_or_default();
        state.offered.replace(list.to_vec());
        sys::SSL_CLIENT_HELLO_SUCCESS
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, sys::SSL_CLIENT_HELLO_ERROR, keep) }
}
