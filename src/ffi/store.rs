//! `StoreHandle`: an `X509_STORE` to which certificates are added while handshakes use it.

use std::ffi::CString;
use std::sync::Arc;

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Crl, X509CrlRef, X509Ref};
use openssl_sys as sys;

use super::decl;
use super::lookup::{self, CertificateSource};
use super::util::check;

/// A reference to an `X509_STORE`.
///
/// Certificates and CRLs may be added while other threads verify, since OpenSSL locks the store's
/// list. It has no lock for the source and the lookups, so only a `StoreBuilder` adds those (S5).
pub(crate) struct StoreHandle(*mut sys::X509_STORE);

// SAFETY: the reference count is atomic, and OpenSSL locks the list (X509_STORE_add_cert).
unsafe impl Send for StoreHandle {}
// SAFETY: the methods only add and list objects, both under the store's lock.
unsafe impl Sync for StoreHandle {}

/// A place where a store looks for certificates when a verification needs one.
#[derive(Clone, PartialEq)]
pub(crate) enum Lookup {
    /// Directories, separated by colons. Their files are named by hashes of subjects, as `openssl
    /// rehash` names them.
    Directories(CString),
    /// A URI or path for OpenSSL's `OSSL_STORE`.
    Uri(CString),
}

/// A store that has one owner.
pub(crate) struct StoreBuilder(StoreHandle);

impl StoreBuilder {
    /// A store without objects. A verification asks `source` before it looks anywhere else.
    pub(crate) fn new(source: Arc<dyn CertificateSource>) -> Result<StoreBuilder, ErrorStack> {
        // SAFETY: the function takes no argument. It returns null, or a store with one reference,
        // which the line after the check gives to a `StoreHandle`.
        let store = unsafe { decl::X509_STORE_new() };
        if store.is_null() {
            return Err(ErrorStack::get());
        }
        let store = StoreHandle(store);
        // SAFETY: this function has just made the store, so nothing else uses it and it has no
        // source yet.
        unsafe { lookup::attach(store.0, source)? };
        Ok(StoreBuilder(store))
    }

    /// Lets the store look for certificates in one more place.
    pub(crate) fn add_lookup(&mut self, lookup: &Lookup) -> Result<(), ErrorStack> {
        // SAFETY: the functions take no argument and return static tables.
        let method = unsafe {
            match lookup {
                Lookup::Directories(_) => decl::X509_LOOKUP_hash_dir(),
                Lookup::Uri(_) => decl::X509_LOOKUP_store(),
            }
        };
        // SAFETY: a live store, which only this builder has. The store frees the lookup.
        let added = unsafe { sys::X509_STORE_add_lookup(self.0.0, method) };
        if added.is_null() {
            return Err(ErrorStack::get());
        }
        // SAFETY: the lookup lives as long as the store, which only this builder has. The text ends
        // with a NUL and is copied.
        check(unsafe {
            match lookup {
                Lookup::Directories(list) => {
                    sys::X509_LOOKUP_add_dir(added, list.as_ptr(), sys::X509_FILETYPE_PEM)
                }
                Lookup::Uri(uri) => sys::X509_LOOKUP_ctrl(
                    added,
                    decl::X509_L_ADD_STORE,
                    uri.as_ptr(),
                    0,
                    std::ptr::null_mut(),
                ),
            }
        })
    }

    /// The store, which can be shared from now on.
    pub(crate) fn build(self) -> StoreHandle {
        self.0
    }
}

/// One entry of a store.
pub(crate) enum StoreObject {
    Certificate(X509),
    Crl(X509Crl),
}

impl StoreHandle {
    pub(super) fn as_ptr(&self) -> *mut sys::X509_STORE {
        self.0
    }

    /// Adds a certificate. It is no error if the store contains it already.
    pub(crate) fn add_certificate(&self, certificate: &X509Ref) -> Result<(), ErrorStack> {
        // SAFETY: `self` owns the store, and the argument is borrowed. OpenSSL locks the list of
        // the store and takes a reference of its own (S5).
        check(unsafe { sys::X509_STORE_add_cert(self.0, certificate.as_ptr()) })
    }

    /// Adds a certificate revocation list. It is no error if the store contains it already.
    pub(crate) fn add_crl(&self, crl: &X509CrlRef) -> Result<(), ErrorStack> {
        // SAFETY: `self` owns the store, and the argument is borrowed. OpenSSL locks the list of
        // the store and takes a reference of its own (S5).
        check(unsafe { decl::X509_STORE_add_crl(self.0, crl.as_ptr()) })
    }

    /// The objects that the store contains now, in its order; since OpenSSL 4.0 in any order.
    pub(crate) fn objects(&self) -> Vec<StoreObject> {
        let listed = StoreEntries::new(self);
        let mut objects = Vec::new();
        // SAFETY: the list does not change until `listed` is dropped. Each object that is kept gets
        // a reference.
        unsafe {
            let list = listed.as_ptr();
            for i in 0..sys::OPENSSL_sk_num(list.cast()) {
                let object: *mut sys::X509_OBJECT = sys::OPENSSL_sk_value(list.cast(), i).cast();
                match decl::X509_OBJECT_get_type(object) {
                    decl::X509_LU_X509 => {
                        let certificate = sys::X509_OBJECT_get0_X509(object);
                        objects.push(StoreObject::Certificate(
                            X509Ref::from_ptr(certificate).to_owned(),
                        ));
                    }
                    decl::X509_LU_CRL => {
                        let crl = decl::X509_OBJECT_get0_X509_CRL(object);
                        sys::X509_CRL_up_ref(crl);
                        objects.push(StoreObject::Crl(X509Crl::from_ptr(crl)));
                    }
                    _ => {}
                }
            }
        }
        objects
    }
}

impl Drop for StoreHandle {
    fn drop(&mut self) {
        // SAFETY: gives back the one reference that this value owns.
        unsafe { sys::X509_STORE_free(self.0) };
    }
}

/// The entries of a store, while its lock is held.
#[cfg(not(ossl330))]
struct StoreEntries<'a>(&'a StoreHandle);

#[cfg(not(ossl330))]
impl<'a> StoreEntries<'a> {
    fn new(store: &'a StoreHandle) -> StoreEntries<'a> {
        // SAFETY: `store` is borrowed. `drop` unlocks it on the same thread, because the pointer in
        // `StoreEntries` is not `Send`.
        unsafe { decl::X509_STORE_lock(store.0) };
        StoreEntries(store)
    }

    fn as_ptr(&self) -> *mut sys::stack_st_X509_OBJECT {
        // SAFETY: the store is borrowed, and `new` has locked it.
        unsafe { sys::X509_STORE_get0_objects(self.0.0) }
    }
}

#[cfg(not(ossl330))]
impl Drop for StoreEntries<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` has locked the store on this thread, and the store is live.
        unsafe { decl::X509_STORE_unlock(self.0.0) };
    }
}

/// A copy of the list of a store's entries. Since OpenSSL 4.0, the function that returns the list itself
/// frees entries that a verification on another thread may use, even if the store is locked.
#[cfg(ossl330)]
struct StoreEntries(*mut sys::stack_st_X509_OBJECT);

#[cfg(ossl330)]
impl StoreEntries {
    fn new(store: &StoreHandle) -> StoreEntries {
        // SAFETY: a live store; OpenSSL locks it while it copies. If there is no memory, the result is
        // null, which the functions that are used here accept as an empty list.
        StoreEntries(unsafe { decl::X509_STORE_get1_objects(store.0) })
    }

    fn as_ptr(&self) -> *mut sys::stack_st_X509_OBJECT {
        self.0
    }
}

#[cfg(ossl330)]
impl Drop for StoreEntries {
    fn drop(&mut self) {
        // SAFETY: this value owns the list and one reference to each entry, and gives up each once.
        unsafe {
            for i in 0..sys::OPENSSL_sk_num(self.0.cast()) {
                sys::X509_OBJECT_free(sys::OPENSSL_sk_value(self.0.cast(), i).cast());
            }
            sys::OPENSSL_sk_free(self.0.cast());
        }
    }
}
