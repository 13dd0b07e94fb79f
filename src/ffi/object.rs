//! Lookups in OpenSSL's table of object identifiers.

use std::ffi::CString;

use openssl::error::ErrorStack;
use openssl_sys as sys;

use super::util::clear_errors;
use super::{decl, util, x509};

/// An entry of the table.
pub(crate) struct Object {
    /// `NID_undef` if the table does not have the object.
    pub(crate) nid: i32,
    pub(crate) shortname: String,
    pub(crate) longname: String,
    /// The dotted form; empty if there is none.
    pub(crate) oid: String,
}

/// The NID of the object with this short name.
pub(crate) fn number_of_short_name(name: &std::ffi::CStr) -> Option<i32> {
    // SAFETY: `name` is a C string that outlives the call, and OpenSSL locks its table.
    let nid = unsafe { decl::OBJ_sn2nid(name.as_ptr()) };
    (nid != sys::NID_undef).then_some(nid)
}

/// Finds an object by its dotted form, or by its name unless `numeric` is set. Returns `None` if
/// there is no such object.
pub(crate) fn from_text(text: &str, numeric: bool) -> Result<Option<Object>, ErrorStack> {
    let Ok(text) = CString::new(text) else {
        return Ok(None);
    };
    clear_errors();
    // SAFETY: `text` ends in NUL and outlives the call.
    let object = unsafe { decl::OBJ_txt2obj(text.as_ptr(), std::ffi::c_int::from(numeric)) };
    if object.is_null() {
        clear_errors();
        return Ok(None);
    }
    // SAFETY: not null, and the caller of OBJ_txt2obj frees the object: once, after its last use.
    unsafe {
        let known = describe(object);
        sys::ASN1_OBJECT_free(object);
        known.map(Some)
    }
}

/// Finds an object by its NID. `None` if the NID is not assigned.
pub(crate) fn from_nid(nid: i32) -> Result<Option<Object>, ErrorStack> {
    clear_errors();
    // SAFETY: the call accepts any number, and its result belongs to OpenSSL's table.
    let object = unsafe { decl::OBJ_nid2obj(nid) };
    if object.is_null() {
        clear_errors();
        return Ok(None);
    }
    // SAFETY: not null; entries of the table live as long as the library.
    unsafe { describe(object) }.map(Some)
}

/// # Safety
///
/// `object` is live.
unsafe fn describe(object: *const sys::ASN1_OBJECT) -> Result<Object, ErrorStack> {
    // SAFETY: the caller promises a live object. The names are null, or strings of the table, which
    // are copied at once.
    unsafe {
        let nid = sys::OBJ_obj2nid(object);
        let oid = x509::object_text(object, true)?;
        Ok(Object {
            nid,
            shortname: util::text(decl::OBJ_nid2sn(nid)).unwrap_or_default().into(),
            longname: util::text(decl::OBJ_nid2ln(nid)).unwrap_or_default().into(),
            oid: String::from_utf8_lossy(&oid).into_owned(),
        })
    }
}
