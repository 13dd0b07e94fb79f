use foreign_types::ForeignTypeRef;
use openssl::ssl::{SslRef, SslSessionRef};

use super::dispatch;
use crate::ffi::session;

/// Passes a copy of a client connection's new session to its [`SessionKeeper`](crate::ffi::hooks::SessionKeeper).
pub(in crate::ffi) fn client_session(ssl: &SslRef, session: &SslSessionRef) {
    // SAFETY: OpenSSL passed this connection to its callback.
    unsafe {
        dispatch(ssl.as_ptr(), (), |running| {
            let Some(keeper) = running.keeper.get() else {
                return;
            };
            // A failure means that there is no memory. The session is not kept then.
            if let Ok(copy) = session::copy(session) {
                keeper.keep(copy, running.current().context_number());
            }
        });
    }
}
