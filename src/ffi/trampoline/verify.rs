use std::ffi::{c_int, c_void};

use foreign_types::ForeignTypeRef;
use openssl::ssl::SslRef;
use openssl::x509::{X509StoreContext, X509StoreContextRef, X509VerifyResult};
use openssl_sys as sys;

use super::{CallbackConnection, CallbackFailure, Callbacks, callbacks, dispatch};
use crate::ffi::decl;
use crate::ffi::hooks::{Peer, PeerDecision};

/// Verifies the peer's certificates. Without a callback of the context or a check of the connection, it
/// does the same as OpenSSL.
pub(in crate::ffi) unsafe extern "C" fn verify(
    ctx: *mut sys::X509_STORE_CTX,
    _arg: *mut c_void,
) -> c_int {
    // SAFETY: OpenSSL passes a verification that is ready to run, and that only this thread uses. While
    // `X509_verify_cert` runs, this function holds no Rust reference to `*ctx`.
    unsafe {
        let Some(ssl) =
            connection(ctx).filter(|ssl| callbacks(*ssl).is_some_and(Callbacks::checks_peers))
        else {
            return (sys::X509_verify_cert(ctx) > 0).into();
        };
        dispatch(ssl, 0, |running| {
            let context = running.current();
            let collects = context.verifies_peers();
            if collects {
                running.errors.borrow_mut().clear();
                decl::X509_STORE_CTX_set_verify_cb(ctx, Some(collect));
            }
            let verified = sys::X509_verify_cert(ctx) > 0;
            decide(running, X509StoreContextRef::from_ptr_mut(ctx), verified).into()
        })
    }
}

/// Returns the connection whose peer OpenSSL is verifying.
///
/// # Safety
///
/// `ctx` is the live context of a verification.
unsafe fn connection(ctx: *mut sys::X509_STORE_CTX) -> Option<*mut sys::SSL> {
    let index = X509StoreContext::ssl_idx().ok()?;
    // SAFETY: the caller promises a live context of a verification.
    let verification = unsafe { X509StoreContextRef::from_ptr(ctx) };
    verification.ex_data(index).map(SslRef::as_ptr)
}

/// Adds an error to the list, and lets the verification continue. If the verification stopped at the first error, a
/// callback that accepts this error would also accept later errors, which it has not seen.
unsafe extern "C" fn collect(ok: c_int, ctx: *mut sys::X509_STORE_CTX) -> c_int {
    if ok == 1 {
        return 1;
    }
    // SAFETY: OpenSSL passes the context of the current verification, whose connection is live.
    unsafe {
        let Some(state) = connection(ctx).and_then(|ssl| callbacks(ssl)) else {
            return 0;
        };
        let error = (
            sys::X509_STORE_CTX_get_error(ctx),
            sys::X509_STORE_CTX_get_error_depth(ctx),
        );
        // Nothing else borrows the list while OpenSSL verifies.
        match state.errors.try_borrow_mut() {
            Ok(mut errors) => errors.push(error),
            Err(_) => return 0,
        }
    }
    1
}

/// Whether the connection accepts its peer. `ended` is false if the verification stopped before its end.
fn decide(
    running: &CallbackConnection<'_>,
    verification: &mut X509StoreContextRef,
    ended: bool,
) -> bool {
    let errors: Vec<_> = (running.errors.take().into_iter())
        // SAFETY: the numbers are results of `X509_STORE_CTX_get_error`, so OpenSSL knows them.
        .map(|(code, depth)| (unsafe { X509VerifyResult::from_raw(code) }, depth))
        .collect();
    if let Some((first, _)) = errors.first() {
        // If `collect` were not installed, OpenSSL would have reported the first error.
        verification.set_error(*first);
    }
    let peer = Peer {
        verified: ended && errors.is_empty(),
        chain: match verification.chain() {
            Some(chain) => chain.iter().map(ToOwned::to_owned).collect(),
            None => Vec::new(),
        },
        errors,
    };
    let context = running.current();
    let accepted = match running.user_code(|| context.verify_peer(&peer)) {
        PeerDecision::Keep => peer.verified,
        // If the verification stopped early, the list of errors is not complete.
        PeerDecision::Accept => ended,
        PeerDecision::Refuse(error) => {
            running.fail(CallbackFailure::Error(error));
            reject(verification);
            return false;
        }
    };
    let Some(check) = running.check.get() else {
        return accepted;
    };
    if check.needs_verification() && !accepted {
        return false;
    }
    let accepted = check.accepts(&peer);
    if !accepted {
        reject(verification);
    }
    accepted
}

/// Makes OpenSSL send the alert `bad_certificate`.
fn reject(verification: &mut X509StoreContextRef) {
    // SAFETY: the number is a constant of OpenSSL's headers.
    verification.set_error(unsafe { X509VerifyResult::from_raw(sys::X509_V_ERR_CERT_REJECTED) });
}
