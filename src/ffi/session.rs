//! What the `openssl` crate does not tell of an `SSL_SESSION`.

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::error::ErrorStack;
use openssl::ssl::{SslSession, SslSessionRef};

use super::{decl, util};

/// A session with the same secrets and no ties to any connection (0.25 µs; through DER, as in
/// Python, it takes 100).
pub(crate) fn copy(session: &SslSessionRef) -> Result<SslSession, ErrorStack> {
    // SAFETY: a live session whose own handshake is over: OpenSSL only reads it from then on, since
    // a server's cache shares it between connections. What is returned is ours, or null.
    unsafe {
        let copy = decl::SSL_SESSION_dup(session.as_ptr());
        if copy.is_null() {
            return Err(ErrorStack::get());
        }
        Ok(SslSession::from_ptr(copy))
    }
}

/// A copy with a note that its encoding takes along. (The field is for what servers put into
/// tickets; a client's session leaves it empty.)
pub(crate) fn noted(session: &SslSessionRef, note: &[u8]) -> Result<SslSession, ErrorStack> {
    let copy = copy(session)?;
    // SAFETY: the copy is this call's alone; OpenSSL copies the bytes.
    let noted = unsafe {
        decl::SSL_SESSION_set1_ticket_appdata(copy.as_ptr(), note.as_ptr().cast(), note.len())
    };
    match noted {
        1 => Ok(copy),
        _ => Err(ErrorStack::get()),
    }
}

/// The note that the session has; empty without one.
pub(crate) fn note(session: &SslSessionRef) -> Vec<u8> {
    let (mut data, mut len) = (std::ptr::null_mut(), 0);
    // SAFETY: a live session, whose field nobody changes; the bytes belong to it and are copied.
    unsafe {
        match decl::SSL_SESSION_get0_ticket_appdata(session.as_ptr(), &mut data, &mut len) {
            1 => util::slice(data.cast(), len).to_vec(),
            _ => Vec::new(),
        }
    }
}

/// Whether the session can be resumed.
pub(crate) fn is_resumable(session: &SslSessionRef) -> bool {
    // SAFETY: a live session, which OpenSSL changes only before it is handed out.
    unsafe { decl::SSL_SESSION_is_resumable(session.as_ptr()) == 1 }
}

/// Whether a ticket came with the session.
pub(crate) fn has_ticket(session: &SslSessionRef) -> bool {
    // SAFETY: a live session, which OpenSSL changes only before it is handed out.
    unsafe { decl::SSL_SESSION_has_ticket(session.as_ptr()) == 1 }
}

/// How long the server means to accept the ticket, in seconds.
pub(crate) fn ticket_lifetime_hint(session: &SslSessionRef) -> u64 {
    // SAFETY: as above.
    #[allow(clippy::useless_conversion, reason = "C's long differs by platform")]
    unsafe {
        decl::SSL_SESSION_get_ticket_lifetime_hint(session.as_ptr()).into()
    }
}
