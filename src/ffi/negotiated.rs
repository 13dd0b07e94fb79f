//! What a handshake agreed on, as far as neither the `openssl` crate nor newer calls tell.

use foreign_types::ForeignTypeRef;
use openssl::nid::Nid;
use openssl::ssl::SslRef;
use openssl_sys as sys;

use super::decl;

/// What the peer signed the handshake with: the digest, and the kind of signature.
pub(crate) fn peer_signature(ssl: &SslRef) -> Option<(Option<Nid>, Nid)> {
    let (mut digest, mut kind) = (0, 0);
    // SAFETY: S4, a live connection that this thread has to itself; the calls write one number
    // each, or return 0.
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
