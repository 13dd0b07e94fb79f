use std::ffi::{CStr, c_char, c_uchar, c_uint};

use openssl_sys as sys;

use super::{Failure, Running, dispatch};
use crate::ffi::hooks::PskLimits;

/// More than OpenSSL has room for: it looks at the number first and gives up the handshake.
const TOO_LONG: c_uint = c_uint::MAX;

/// Tells OpenSSL that there is no key. A connection that checks its peer's certificate has none, since
/// the peer of a handshake with a key shows no certificate.
const NO_KEY: c_uint = 0;

/// What tells OpenSSL that there is no key because user code failed. In TLS 1.2 that ends the
/// handshake. In TLS 1.3 it would go on without the key, so there it is given a length that it
/// refuses.
///
/// # Safety
///
/// `ssl` is live, and this thread is in it.
unsafe fn failed(ssl: *const sys::SSL) -> c_uint {
    // SAFETY: the caller's.
    if unsafe { sys::SSL_version(ssl) } == sys::TLS1_3_VERSION {
        TOO_LONG
    } else {
        0
    }
}

/// Copies `from` to a place with room for `room` bytes; false if it does not fit.
///
/// # Safety
///
/// `room` bytes can be written at `to`.
unsafe fn fill(to: *mut u8, room: usize, from: &[u8]) -> bool {
    if to.is_null() || from.len() > room {
        return false;
    }
    // SAFETY: checked against the room that the caller promises; `from` is Rust's memory and does
    // not overlap with OpenSSL's buffer.
    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
    true
}

/// The bytes of a C string; none if there is none.
///
/// # Safety
///
/// As for [`CStr::from_ptr`], unless `text` is null.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return &[];
    }
    // SAFETY: not null; the caller promises the rest.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// Asks a client's context for its identity and key.
///
/// OpenSSL copies the callback into the connection when the connection is made, and keeps it when the
/// context is switched. It asks the context in use, as CPython's does.
pub(in crate::ffi) unsafe extern "C" fn psk_client(
    ssl: *mut sys::SSL,
    hint: *const c_char,
    identity: *mut c_char,
    max_identity_len: c_uint,
    psk: *mut c_uchar,
    max_psk_len: c_uint,
) -> c_uint {
    // SAFETY: OpenSSL passes the running connection to its callbacks.
    let failed = unsafe { failed(ssl) };
    let answer = |state: &Running<'_>| {
        if state.check.get().is_some() {
            return NO_KEY;
        }
        // SAFETY: OpenSSL passes null or a string that stays during the call.
        let hint = unsafe { bytes(hint) };
        let room = max_identity_len as usize;
        let limits = PskLimits {
            // One byte is the NUL's.
            identity: room.saturating_sub(1),
            key: max_psk_len as usize,
        };
        let found = match state.user_code(|| state.current().psk_client(hint, limits)) {
            Ok(found) => found,
            Err(error) => {
                state.fail(Failure::Error(error));
                return failed;
            }
        };
        let mut name = found.identity;
        name.push(0);
        // SAFETY: OpenSSL has as much room in its buffers as it says.
        let copied = unsafe {
            fill(identity.cast(), room, &name) && fill(psk, max_psk_len as usize, &found.key)
        };
        match c_uint::try_from(found.key.len()) {
            Ok(length) if copied => length,
            _ => TOO_LONG,
        }
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, failed, answer) }
}

/// Asks a server's context for the key of an identity; as [`psk_client`] asks a client's.
pub(in crate::ffi) unsafe extern "C" fn psk_server(
    ssl: *mut sys::SSL,
    identity: *const c_char,
    psk: *mut c_uchar,
    max_psk_len: c_uint,
) -> c_uint {
    // SAFETY: OpenSSL passes the running connection to its callbacks.
    let failed = unsafe { failed(ssl) };
    let answer = |state: &Running<'_>| {
        if state.check.get().is_some() {
            return NO_KEY;
        }
        // SAFETY: OpenSSL passes null or a string that stays during the call.
        let identity = unsafe { bytes(identity) };
        let room = max_psk_len as usize;
        let key = match state.user_code(|| state.current().psk_server(identity, room)) {
            Ok(key) => key,
            Err(error) => {
                state.fail(Failure::Error(error));
                return failed;
            }
        };
        // SAFETY: OpenSSL has as much room in its buffer as it says.
        let copied = unsafe { fill(psk, room, &key) };
        match c_uint::try_from(key.len()) {
            Ok(length) if copied => length,
            _ => TOO_LONG,
        }
    };
    // SAFETY: called by OpenSSL with the running connection.
    unsafe { dispatch(ssl, failed, answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_not_copied() {
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
