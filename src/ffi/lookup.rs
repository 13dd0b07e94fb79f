//! Certificates that a store is given when a verification first asks for their subject.

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

/// Where a store finds certificates that it does not hold yet. Several threads ask at once.
pub(crate) trait CertificateSource: Send + Sync {
    /// Certificates among which are all that have this subject (a name in DER).
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

/// The slot of a store in which its source stands.
fn slot() -> Result<c_int, ErrorStack> {
    static SLOT: OnceCell<c_int> = OnceCell::new();
    SLOT.get_or_try_init(|| {
        // SAFETY: `release` frees what `attach` puts there; a store is never duplicated.
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

/// Makes a store ask `source` before it looks for certificates anywhere else. It is asked each
/// time, not only if the store has none with the subject: OpenSSL looks at all that have it.
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
    // SAFETY: the caller's; the setters only store their argument, and the functions live for ever.
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

/// OpenSSL frees the slot's content together with the store.
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
        // SAFETY: it comes from `Box::into_raw` in `attach`, and the store that had it is going.
        let source = unsafe { Box::from_raw(data) };
        // Sources are ours and do not panic in `drop`.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(source)));
    }
}

unsafe extern "C" fn get_issuer(
    issuer: *mut *mut sys::X509,
    ctx: *mut sys::X509_STORE_CTX,
    certificate: Certificate,
) -> c_int {
    // SAFETY: OpenSSL calls this for a verification that uses our store, with a live certificate
    // and a place for the result. The function called last is the one that this stands in for.
    unsafe {
        fill(ctx, sys::X509_get_issuer_name(certificate));
        decl::X509_STORE_CTX_get1_issuer(issuer, ctx, certificate)
    }
}

unsafe extern "C" fn lookup_certs(
    ctx: Verification,
    name: *const sys::X509_NAME,
) -> *mut sys::stack_st_X509 {
    // SAFETY: OpenSSL calls this for a verification that uses our store, with a live name. The
    // function called last is the one that this stands in for.
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
    // The queue stays as the verification under way has left it, with its marks.
    // SAFETY: touches only this thread's queue.
    unsafe { decl::ERR_set_mark() };
    // SAFETY: the caller's. The slot holds null or what `attach` has put there, which lives as
    // long as the store. The encoding belongs to the name. OpenSSL locks the store's list while it
    // adds, takes a reference of its own, and passes over what is there already.
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
    // SAFETY: as above.
    unsafe { decl::ERR_pop_to_mark() };
}
