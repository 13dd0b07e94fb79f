//! What the `openssl` crate does not tell of an `SSL_SESSION`.

use foreign_types::ForeignTypeRef;
use openssl::ssl::SslSessionRef;

use super::decl;

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
