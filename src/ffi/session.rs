//! Functions for an `SSL_SESSION` that the `openssl` crate lacks.

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::error::ErrorStack;
use openssl::ssl::{SslSession, SslSessionRef};

use super::{decl, util};

/// Copies a session. The copy has the same secrets, and belongs to no connection. This takes 0.25
/// µs; CPython encodes the session as DER and decodes it, which takes 100 µs.
pub(crate) fn copy(session: &SslSessionRef) -> Result<SslSession, ErrorStack> {
    // SAFETY: `session` borrows a live session of a completed handshake. OpenSSL does not change such
    // a session, because its own cache gives one session to several connections. The result is null,
    // or `from_ptr` takes its ownership.
    unsafe {
        let copy = decl::SSL_SESSION_dup(session.as_ptr());
        if copy.is_null() {
            return Err(ErrorStack::get());
        }
        Ok(SslSession::from_ptr(copy))
    }
}

/// Copies a client's session and adds application data: bytes that this library stores with the
/// session, also in its DER encoding. The bytes are in OpenSSL's field for ticket application data.
/// Only servers use this field, so it is empty in a client's session.
pub(crate) fn with_app_data(
    session: &SslSessionRef,
    app_data: &[u8],
) -> Result<SslSession, ErrorStack> {
    let copy = copy(session)?;
    // SAFETY: only this function has the copy; OpenSSL copies the bytes.
    let added = unsafe {
        decl::SSL_SESSION_set1_ticket_appdata(
            copy.as_ptr(),
            app_data.as_ptr().cast(),
            app_data.len(),
        )
    };
    match added {
        1 => Ok(copy),
        _ => Err(ErrorStack::get()),
    }
}

/// The application data of the session; empty if it has none.
pub(crate) fn app_data(session: &SslSessionRef) -> Vec<u8> {
    let (mut data, mut len) = (std::ptr::null_mut(), 0);
    // SAFETY: `session` borrows a live session. `with_app_data` sets the field before it returns
    // the session, and nothing changes it later. The bytes are copied.
    unsafe {
        match decl::SSL_SESSION_get0_ticket_appdata(session.as_ptr(), &mut data, &mut len) {
            1 => util::slice(data.cast(), len).to_vec(),
            _ => Vec::new(),
        }
    }
}

/// Whether the session can be resumed.
pub(crate) fn is_resumable(session: &SslSessionRef) -> bool {
    // SAFETY: `session` is live and belongs to no connection (see `copy`), so it does not change.
    unsafe { decl::SSL_SESSION_is_resumable(session.as_ptr()) == 1 }
}

/// Whether a ticket came with the session.
pub(crate) fn has_ticket(session: &SslSessionRef) -> bool {
    // SAFETY: `session` is live and belongs to no connection (see `copy`), so it does not change.
    unsafe { decl::SSL_SESSION_has_ticket(session.as_ptr()) == 1 }
}

/// The lifetime of the ticket that the server announced, in seconds.
pub(crate) fn ticket_lifetime_hint(session: &SslSessionRef) -> u64 {
    // SAFETY: `session` is live and belongs to no connection (see `copy`), so OpenSSL does not
    // change it.
    #[allow(clippy::useless_conversion, reason = "C's long differs by platform")]
    unsafe {
        decl::SSL_SESSION_get_ticket_lifetime_hint(session.as_ptr()).into()
    }
}
