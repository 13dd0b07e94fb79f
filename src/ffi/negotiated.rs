//! What a handshake agreed on, as far as the `openssl` crate does not tell.

use std::ffi::{c_int, c_long};
use std::ptr;

use foreign_types::ForeignTypeRef;
use openssl::nid::Nid;
use openssl::ssl::SslRef;
use openssl_sys as sys;

use super::{decl, util};

/// The name of the group of the key exchange: `secp256r1`, `x25519`.
pub(crate) fn group(ssl: &SslRef) -> Option<String> {
    // SAFETY: S4, a live connection that this thread has to itself; the call reads a number.
    let id = unsafe {
        sys::SSL_ctrl(
            ssl.as_ptr(),
            decl::SSL_CTRL_GET_NEGOTIATED_GROUP,
            0,
            ptr::null_mut(),
        )
    };
    let id = positive(id)?;
    // SAFETY: S4; the name belongs to the library's table, and is copied at once.
    unsafe { util::text(decl::SSL_group_to_name(ssl.as_ptr(), id)) }.map(str::to_owned)
}

/// What the peer signed the handshake with: the digest, and the kind of signature.
pub(crate) fn peer_signature(ssl: &SslRef) -> Option<(Option<Nid>, Nid)> {
    let (mut digest, mut kind) = (0, 0);
    // SAFETY: S4; the calls write one number each, or return 0.
    let found = unsafe {
        (
            sys::SSL_ctrl(
                ssl.as_ptr(),
                decl::SSL_CTRL_GET_PEER_SIGNATURE_NID,
                0,
                (&raw mut digest).cast(),
            ),
            decl::SSL_get_peer_signature_type_nid(ssl.as_ptr(), &raw mut kind),
        )
    };
    if found.1 != 1 || kind == 0 {
        return None;
    }
    let digest = (found.0 == 1 && digest != 0).then(|| Nid::from_raw(digest));
    Some((digest, Nid::from_raw(kind)))
}

fn positive(number: c_long) -> Option<c_int> {
    c_int::try_from(number).ok().filter(|number| *number > 0)
}
