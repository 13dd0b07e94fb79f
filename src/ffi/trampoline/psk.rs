use std::ffi::{CStr, c_char, c_uchar, c_uint};

use openssl_sys as sys;

use super::{CallbackConnection, CallbackFailure, dispatch};
use crate::ffi::hooks::PskLimits;

/// A key length that OpenSSL rejects. OpenSSL compares the length with its limit before it reads
/// the key, and ends the handshake.
const TOO_LONG: c_uint = c_uint::MAX;

/// The result if there is no pre-shared key. A connection with a check of its own (`PeerCheck`)
/// uses none, because in a handshake with a pre-shared key the peer sends no certificate.
const NO_KEY: c_uint = 0;

/// The result that ends the handshake after user code has failed. In TLS 1.3, OpenSSL would
/// continue without a pre-shared key after a result of 0, so it gets a length that it rejects.
///
/// # Safety
///
/// `ssl` is live, and only this thread uses it.
unsafe fn failed(ssl: *const sys::SSL) -> c_uint {
    // SAFETY: the caller promises a live SSL.
    if unsafe { sys::SSL_version(ssl) } == sys::TLS1_3_VERSION {
        TOO_LONG
    } else {
        0
    }
}

/// Copies `from` to memory of `room` bytes. False if it does not fit.
///
/// # Safety
///
/// `room` bytes can be written at `to`.
unsafe fn fill(to: *mut u8, room: usize, from: &[u8]) -> bool {
    if to.is_null() || from.len() > room {
        return false;
    }
    // SAFETY: `from` fits into the memory that the caller promises. It is Rust's memory, so it does not
    // overlap with OpenSSL's buffer.
    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
    true
}

/// The bytes of a C string; empty for null.
///
/// # Safety
///
/// Unless it is null, `text` points to a string that ends with a NUL and does not change during `'a`.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: not null, so the caller promises a string that ends with a NUL.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// Asks the callback of the context in use for a client's identity and key.
///
/// OpenSSL copies the callback into a new connection, and keeps it there when the context is switched.
/// As in CPython, the callback of the context in use is called.
pub(in crate::ffi) unsafe extern "C" fn psk_client(
    ssl: *mut sys::SSL,
    hint: *const c_char,
    identity: *mut c_char,
    max_identity_len: c_uint,
    psk: *mut c_uchar,
    max_psk_len: c_uint,
) -> c_uint {
    // SAFETY: `ssl` is the argument of this callback, so it is live.
    let failed = unsafe { failed(ssl) };
    let answer = |state: &CallbackConnection<'_>| {
        if state.check.get().is_some() {
            return NO_KEY;
        }
        // SAFETY: OpenSSL passes null, or a string that does not change during the call.
        let hint = unsafe { bytes(hint) };
        let room = max_identity_len as usize;
        let limits = PskLimits {
            // The last byte of the buffer is for the NUL.
            identity: room.saturating_sub(1),
            key: max_psk_len as usize,
        };
        let found = match state.user_code(|| state.current().psk_client(hint, limits)) {
            Ok(found) => found,
            Err(error) => {
                state.fail(CallbackFailure::Error(error));
                return failed;
            }
        };
        let mut name = found.identity;
        name.push(0);
        // SAFETY: OpenSSL passes buffers of `max_identity_len` and `max_psk_len` bytes.
        let copied = unsafe {
            fill(identity.cast(), room, &name) && fill(psk, max_psk_len as usize, &found.key)
        };
        match c_uint::try_from(found.key.len()) {
            Ok(length) if copied => length,
            _ => TOO_LONG,
        }
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, failed, answer) }
}

/// Asks a callback for the key of an identity that a client sent; see [`psk_client`].
pub(in crate::ffi) unsafe extern "C" fn psk_server(
    ssl: *mut sys::SSL,
    identity: *const c_char,
    psk: *mut c_uchar,
    max_psk_len: c_uint,
) -> c_uint {
    // SAFETY: `ssl` is the argument of this callback, so it is live.
    let failed = unsafe { failed(ssl) };
    let answer = |state: &CallbackConnection<'_>| {
        if state.check.get().is_some() {
            return NO_KEY;
        }
        // SAFETY: OpenSSL passes null, or a string that does not change during the call.
        let identity = unsafe { bytes(identity) };
        let room = max_psk_len as usize;
        let key = match state.user_code(|| state.current().psk_server(identity, room)) {
            Ok(key) => key,
            Err(error) => {
                state.fail(CallbackFailure::Error(error));
                return failed;
            }
        };
        // SAFETY: OpenSSL passes a buffer of `max_psk_len` bytes.
        let copied = unsafe { fill(psk, room, &key) };
        match c_uint::try_from(key.len()) {
            Ok(length) if copied => length,
            _ => TOO_LONG,
        }
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, failed, answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pre_shared_key_that_does_not_fit_is_not_copied() {
        let mut room = [7u8; 4];
        // SAFETY: three bytes can be written there.
        unsafe {
            assert!(!fill(room.as_mut_ptr(), 3, b"four"));
            assert_eq!(room, [7; 4]);
            assert!(fill(room.as_mut_ptr(), 3, b"abc"));
            assert!(!fill(std::ptr::null_mut(), 3, b"abc"));
        }
        assert_eq!(&room, b"abc\x07");
    }
}
