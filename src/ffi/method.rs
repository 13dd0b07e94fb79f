//! The method table of a `BIO`: the functions that OpenSSL calls to use it.

use std::ffi::{CStr, c_void};

use openssl::error::ErrorStack;
use openssl_sys as sys;

use super::decl;

/// A method table, which is never freed.
pub(super) struct BioMethod(*mut sys::BIO_METHOD);

// SAFETY: `new` fills the table and returns it. No method changes it afterwards, so threads only
// read it.
unsafe impl Send for BioMethod {}
// SAFETY: `new` fills the table and returns it. No method changes it afterwards, so threads only
// read it.
unsafe impl Sync for BioMethod {}

impl BioMethod {
    /// A table into which `fill` puts the functions.
    pub(super) fn new(
        name: &'static CStr,
        fill: impl FnOnce(*mut sys::BIO_METHOD),
    ) -> Result<BioMethod, ErrorStack> {
        // SAFETY: `name` is a C string, which OpenSSL copies.
        let method = unsafe { decl::BIO_meth_new(sys::BIO_TYPE_NONE, name.as_ptr()) };
        if method.is_null() {
            return Err(ErrorStack::get());
        }
        fill(method);
        Ok(BioMethod(method))
    }

    /// A new `BIO`, whose functions find `data` with `BIO_get_data`.
    ///
    /// # Safety
    ///
    /// The functions of the table accept `data`.
    pub(super) unsafe fn bio(&self, data: *mut c_void) -> Result<*mut sys::BIO, ErrorStack> {
        // SAFETY: `self.0` is a table of `new`, and no table is ever freed.
        let bio = unsafe { sys::BIO_new(self.0) };
        if bio.is_null() {
            return Err(ErrorStack::get());
        }
        // SAFETY: the `BIO` is new. The calls set two of its fields.
        unsafe {
            sys::BIO_set_data(bio, data);
            sys::BIO_set_init(bio, 1);
        }
        Ok(bio)
    }
}
