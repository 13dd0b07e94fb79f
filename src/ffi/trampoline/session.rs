use foreign_types::ForeignTypeRef;
use openssl::ssl::{SslRef, SslSessionRef};

use super::dispatch;
use crate::ffi::session;

/// Passes a copy of a client connection's new session to its [`SessionKeeper`](crate::ffi::hooks::SessionKeeper).
pub(in crate::ffi) fn client_session(ssl: &SslRef, session: &SslSessionRef) {
    // SAFETY: OpenSSL has passed `ssl` to the callback that is running.
    unsafe {
        dispatch(ssl.as_ptr(), (), |running| {
            let Some(keeper) = running.keeper.get() else {
                return;
            };
            // Copying fails only if there is no memory. The session is not kept then.
            if let Ok(copy) = session::copy(session) {
                keeper.keep(copy, running.current().context_number());
            }
        });
    }
}
