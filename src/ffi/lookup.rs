//! Certificates that are added to a store when a verification first looks for their subject.

use std::ffi::{c_int, c_long, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use foreign_types::ForeignTypeRef;
use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl::x509::X509;
use openssl_sys as sys;

use super::decl;
use super::util;

/// A source of certificates that a store does not contain yet. Several threads use it at once.
pub(crate) trait CertificateSource: Send + Sync {
    /// All certificates with this subject (a name in DER). The result may contain other
    /// certificates too.
    fn by_subject(&self, name: &[u8]) -> Vec<X509>;
}

#[cfg(not(ossl400))]
type Certificate = *mut sys::X509;
#[cfg(ossl400)]
type Certificate = *const sys::X509;
#[cfg(not(ossl400))]
type Verification = *mut sys::X509_STORE_CTX;
#[cfg(ossl400)]
type Verification = *const sys::X509_STORE_CTX;

/// The `ex_data` index of a store's source.
fn slot() -> Result<c_int, ErrorStack> {
    static SLOT: OnceCell<c_int> = OnceCell::new();
    SLOT.get_or_try_init(|| {
        // SAFETY: `release` frees the value that `attach` stores. OpenSSL never copies a store.
        let index = unsafe {
            decl::CRYPTO_get_ex_new_index(
                decl::CRYPTO_EX_INDEX_X509_STORE,
                0,
                ptr::null_mut(),
                None,
                None,
                Some(release),
            )
        };
        if index < 0 {
            return Err(ErrorStack::get());
        }
        Ok(index)
    })
    .copied()
}

/// Makes a store ask `source` before it looks for certificates anywhere else. Several certificates
/// can have the same subject, and OpenSSL considers all of them. So the store asks even if it
/// contains a certificate with the subject already.
///
/// # Safety
///
/// `store` is live, has no source yet, and nobody else uses it during the call.
pub(super) unsafe fn attach(
    store: *mut sys::X509_STORE,
    source: Arc<dyn CertificateSource>,
) -> Result<(), ErrorStack> {
    let slot = slot()?;
    let data = Box::into_raw(Box::new(source));
    // SAFETY: the caller promises a live store that nobody else uses. The setters only store their
    // argument. If the first one fails, the store does not have the box.
    unsafe {
        if decl::X509_STORE_set_ex_data(store, slot, data.cast()) != 1 {
            drop(Box::from_raw(data));
            return Err(ErrorStack::get());
        }
        decl::X509_STORE_set_get_issuer(store, Some(get_issuer));
        decl::X509_STORE_set_lookup_certs(store, Some(lookup_certs));
    }
    Ok(())
}

/// Frees the source when OpenSSL frees the store.
unsafe extern "C" fn release(
    _store: *mut c_void,
    data: *mut c_void,
    _ad: *mut sys::CRYPTO_EX_DATA,
    _index: c_int,
    _argl: c_long,
    _argp: *mut c_void,
) {
    let data = data.cast::<Arc<dyn CertificateSource>>();
    if !data.is_null() {
        // SAFETY: the pointer comes from `Box::into_raw` in `attach`, and OpenSSL calls this once.
        let source = unsafe { Box::from_raw(data) };
        // A source should not panic in `drop`. If one does, the panic must not unwind into C.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(source)));
    }
}

unsafe extern "C" fn get_issuer(
    issuer: *mut *mut sys::X509,
    ctx: *mut sys::X509_STORE_CTX,
    certificate: Certificate,
) -> c_int {
    // SAFETY: OpenSSL calls this for a verification with a store of ours, a live certificate, and a
    // place for the result. The last call is the function that OpenSSL would have called.
    unsafe {
        fill(ctx, sys::X509_get_issuer_name(certificate));
        decl::X509_STORE_CTX_get1_issuer(issuer, ctx, certificate)
    }
}

unsafe extern "C" fn lookup_certs(
    ctx: Verification,
    name: *const sys::X509_NAME,
) -> *mut sys::stack_st_X509 {
    // SAFETY: OpenSSL calls this for a verification with a store of ours and a live name. The last
    // call is the function that OpenSSL would have called.
    unsafe {
        fill(ctx, name);
        decl::X509_STORE_CTX_get1_certs(ctx, name)
    }
}

/// Adds to the store the certificates of its source that have this subject.
///
/// # Safety
///
/// `ctx` is a live verification with a live store, `name` a live name that nobody changes.
unsafe fn fill(ctx: *const sys::X509_STORE_CTX, name: *const sys::X509_NAME) {
    // Errors that the source queues after this mark are removed at the end. Errors and marks that
    // the verification has queued before stay.
    // SAFETY: takes no argument, and changes only this thread's queue.
    unsafe { decl::ERR_set_mark() };
    // SAFETY: the caller promises a live verification and name. The index has null or the value of
    // `attach`, which lives as long as the store. The encoding belongs to the name.
    // X509_STORE_add_cert locks the store's list, takes a reference of its own, and ignores a
    // certificate that the list contains already.
    let _ = catch_unwind(AssertUnwindSafe(|| unsafe {
        let store = decl::X509_STORE_CTX_get0_store(ctx);
        let Ok(slot) = slot() else { return };
        let data = decl::X509_STORE_get_ex_data(store, slot).cast::<Arc<dyn CertificateSource>>();
        let Some(source) = data.as_ref() else { return };
        let (mut der, mut length) = (ptr::null(), 0);
        if decl::X509_NAME_get0_der(name, &mut der, &mut length) != 1 {
            return;
        }
        for certificate in source.by_subject(util::slice(der, length)) {
            sys::X509_STORE_add_cert(store, certificate.as_ptr());
        }
    }));
    // SAFETY: takes no argument, and changes only this thread's queue.
    unsafe { decl::ERR_pop_to_mark() };
}
