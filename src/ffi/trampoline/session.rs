use foreign_types::ForeignTypeRef;
use openssl::ssl::{SslRef, SslSessionRef};

use super::dispatch;
use crate::ffi::session;

/// Shows a new session of a client's connection to the connection's keeper.
pub(in crate::ffi) fn client_session(ssl: &SslRef, session: &SslSessionRef) {
    // SAFETY: OpenSSL has called for this connection, which is live.
    unsafe {
        dispatch(ssl.as_ptr(), (), |running| {
            let Some(keeper) = running.keeper.get() else {
                return;
            };
            // Without memory the session is not kept.
            if let Ok(copy) = session::copy(session) {
                keeper.keep(copy, running.current().context_number());
            }
        });
    }
}
