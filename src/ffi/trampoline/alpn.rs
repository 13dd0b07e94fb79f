use std::ffi::{c_int, c_uchar, c_uint, c_void};

use openssl_sys as sys;

use super::{CallbackConnection, dispatch};
use crate::ffi::util;

/// Chooses the first of the server's protocols that the client offers. If there is none, the handshake
/// continues without a protocol, as in Python.
pub(in crate::ffi) unsafe extern "C" fn alpn_select(
    ssl: *mut sys::SSL,
    out: *mut *const c_uchar,
    out_len: *mut c_uchar,
    offered: *const c_uchar,
    offered_len: c_uint,
    _arg: *mut c_void,
) -> c_int {
    let choose = |state: &CallbackConnection<'_>| {
        // SAFETY: OpenSSL passes the client's list, which is valid during the call.
        let offered = unsafe { util::slice(offered, offered_len as usize) };
        let current = state.current();
        let Some(protocol) = first_common(current.alpn(), offered) else {
            return sys::SSL_TLSEXT_ERR_NOACK;
        };
        let Ok(length) = c_uchar::try_from(protocol.len()) else {
            return sys::SSL_TLSEXT_ERR_NOACK;
        };
        let mut kept = state.alpn.borrow_mut();
        kept.clear();
        kept.extend_from_slice(protocol);
        // SAFETY: OpenSSL passes two pointers to write to. It copies the protocol before the next
        // callback, and the bytes live as long as the connection (S2).
        unsafe {
            *out = kept.as_ptr();
            *out_len = length;
        }
        sys::SSL_TLSEXT_ERR_OK
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, sys::SSL_TLSEXT_ERR_ALERT_FATAL, choose) }
}

/// The first entry of `preferred` that `offered` contains, as a part of `offered`. In both lists,
/// each entry follows a length byte.
pub(crate) fn first_common<'a>(preferred: &[u8], offered: &'a [u8]) -> Option<&'a [u8]> {
    protocols(preferred).find_map(|ours| protocols(offered).find(|theirs| *theirs == ours))
}

/// The entries of a list with length bytes, without an incomplete one at the end.
pub(crate) fn protocols(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (&length, rest) = list.split_first()?;
        let (entry, rest) = rest.split_at_checked(usize::from(length))?;
        list = rest;
        Some(entry)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_order_decides_among_common_alpn_protocols() {
        assert_eq!(
            first_common(b"\x02h2\x08http/1.1", b"\x08http/1.1\x02h2"),
            Some(&b"h2"[..])
        );
        assert_eq!(first_common(b"\x02h2", b"\x03spd"), None);
    }

    #[test]
    fn truncated_or_empty_alpn_lists_select_nothing() {
        assert_eq!(first_common(b"\x02h2", b"\x08htt"), None);
        assert_eq!(first_common(b"", b"\x02h2"), None);
        assert_eq!(first_common(b"\x02h2", b""), None);
    }
}
