//! A lookup method of our own: certificates that a store is given when it first asks for them.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use foreign_types::ForeignTypeRef;
use once_cell::sync::OnceCell;
use openssl::error::ErrorStack;
use openssl::x509::X509;
use openssl_sys as sys;

use super::decl;
use super::util::{self, clear_errors};

/// Where a store finds certificates that it does not hold yet. Several threads ask at once.
pub(crate) trait CertificateSource: Send + Sync {
    /// Certificates among which are all that have this subject (a name in DER). The source keeps
    /// a reference to each for as long as it lives.
    fn by_subject(&self, name: &[u8]) -> Vec<X509>;
}

struct Method(*mut sys::X509_LOOKUP_METHOD);

// SAFETY: a table of function pointers, complete before it is shared and never changed after.
unsafe impl Send for Method {}
// SAFETY: as above.
unsafe impl Sync for Method {}

fn method() -> Result<&'static Method, ErrorStack> {
    static METHOD: OnceCell<Method> = OnceCell::new();
    METHOD.get_or_try_init(|| {
        openssl::init();
        // SAFETY: a name that lives for ever; the setters only store the functions.
        unsafe {
            let method = decl::X509_LOOKUP_meth_new(c"pyssl".as_ptr());
            if method.is_null() {
                return Err(ErrorStack::get());
            }
            decl::X509_LOOKUP_meth_set_free(method, Some(free));
            decl::X509_LOOKUP_meth_set_get_by_subject(method, Some(get_by_subject));
            Ok(Method(method))
        }
    })
}

/// Makes a store look into `source`. A store has at most one.
///
/// # Safety
///
/// `store` is live and nobody else uses it during the call.
pub(super) unsafe fn attach(
    store: *mut sys::X509_STORE,
    source: Arc<dyn CertificateSource>,
) -> Result<(), ErrorStack> {
    let method = method()?;
    // SAFETY: the caller's; the method is complete and lives for ever.
    let lookup = unsafe { sys::X509_STORE_add_lookup(store, method.0) };
    if lookup.is_null() {
        return Err(ErrorStack::get());
    }
    // SAFETY: the lookup belongs to the store. If the store has a source already, this is that
    // source's lookup, whose data `free` would find no more: it is freed here.
    unsafe {
        free(lookup);
        let data = Box::into_raw(Box::new(source));
        decl::X509_LOOKUP_set_method_data(lookup, data.cast());
    }
    Ok(())
}

/// What [`attach`] has put into the lookup, or null.
///
/// # Safety
///
/// `lookup` is a live lookup of our method.
unsafe fn data(lookup: *mut sys::X509_LOOKUP) -> *mut Arc<dyn CertificateSource> {
    // SAFETY: the caller's.
    unsafe { decl::X509_LOOKUP_get_method_data(lookup).cast() }
}

/// OpenSSL frees the lookup together with its store.
unsafe extern "C" fn free(lookup: *mut sys::X509_LOOKUP) {
    // SAFETY: called by OpenSSL, or by `attach`, with a live lookup of our method. Its data is
    // null or comes from `Box::into_raw`; nobody else has it any more.
    unsafe {
        let data = data(lookup);
        if !data.is_null() {
            decl::X509_LOOKUP_set_method_data(lookup, std::ptr::null_mut());
            drop(Box::from_raw(data));
        }
    }
}

/// Adds all certificates with the subject to the store, since OpenSSL looks for further ones
/// there (`X509_STORE_CTX_get1_certs`), and gives out one. The store is not locked meanwhile.
unsafe extern "C" fn get_by_subject(
    lookup: *mut sys::X509_LOOKUP,
    kind: c_int,
    name: *const sys::X509_NAME,
    ret: *mut sys::X509_OBJECT,
) -> c_int {
    if kind != decl::X509_LU_X509 {
        return 0;
    }
    // The queue stays as the verification under way has left it.
    let queue = ErrorStack::get();
    // SAFETY: OpenSSL calls this with a live lookup of our method and a live name.
    let found = catch_unwind(AssertUnwindSafe(|| unsafe { find(lookup, name) }));
    clear_errors();
    queue.put();
    let Ok(Some(certificate)) = found else {
        return 0;
    };
    // SAFETY: OpenSSL passes an object to be filled in. It counts the reference in the object as
    // the store's and takes one of its own at once (X509_STORE_CTX_get_by_subject; by_store.c
    // does the same as this). So the one that `set1` has taken is given back; the certificate
    // lives on, since its source, which lives as long as the lookup, keeps it.
    unsafe {
        if decl::X509_OBJECT_set1_X509(ret, certificate.as_ptr()) != 1 {
            return 0;
        }
        sys::X509_free(certificate.as_ptr());
    }
    1
}

/// # Safety
///
/// `lookup` is a live lookup of our method, `name` a live name.
unsafe fn find(lookup: *mut sys::X509_LOOKUP, name: *const sys::X509_NAME) -> Option<X509> {
    // SAFETY: the caller's; the data was put there by `attach` and is freed with the lookup.
    let source = unsafe { data(lookup).as_ref() }?;
    let (mut der, mut length) = (std::ptr::null(), 0);
    // SAFETY: the caller's; the encoding belongs to the name, which nobody changes meanwhile.
    let der = unsafe {
        if decl::X509_NAME_get0_der(name, &mut der, &mut length) != 1 {
            return None;
        }
        util::slice(der, length)
    };
    let certificates = source.by_subject(der);
    for certificate in &certificates {
        // SAFETY: both are live; OpenSSL locks the store's list, takes a reference of its own,
        // and passes over what is there already.
        unsafe {
            sys::X509_STORE_add_cert(decl::X509_LOOKUP_get_store(lookup), certificate.as_ptr())
        };
    }
    certificates.into_iter().find(|certificate| {
        // SAFETY: both names are live.
        unsafe { sys::X509_NAME_cmp(certificate.subject_name().as_ptr(), name) == 0 }
    })
}
