//! Slices and strings from C, and OpenSSL's error queue. Null pointers and negative lengths become
//! empty slices.

#![allow(
    clippy::disallowed_methods,
    reason = "this module checks for null pointers"
)]

use std::ffi::{CStr, c_char, c_int};
use std::mem::MaybeUninit;

use openssl::error::ErrorStack;

use super::decl;

/// The errors of the queue, unless `result` is 1, which means success.
pub(super) fn check(result: c_int) -> Result<(), ErrorStack> {
    match result {
        1 => Ok(()),
        _ => Err(ErrorStack::get()),
    }
}

/// The bytes at `ptr`, as a slice; empty if `ptr` is null.
///
/// # Safety
///
/// Unless it is null, `ptr` points to `len` bytes that do not change during `'a`.
pub(crate) unsafe fn slice<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: not null, so the caller promises `len` bytes that do not change during `'a`.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// The memory at `ptr`, which need not be initialised; empty if `ptr` is null.
///
/// # Safety
///
/// Unless it is null, `ptr` points to `len` bytes that only the caller uses during `'a`.
pub(crate) unsafe fn uninit_slice<'a>(ptr: *mut c_char, len: c_int) -> &'a mut [MaybeUninit<u8>] {
    match usize::try_from(len) {
        // SAFETY: not null, so the caller promises `len` bytes that only it uses.
        Ok(len) if !ptr.is_null() => unsafe {
            std::slice::from_raw_parts_mut(ptr.cast::<MaybeUninit<u8>>(), len)
        },
        _ => &mut [],
    }
}

/// The string at `ptr`, if it is not null.
///
/// # Safety
///
/// Unless it is null, `ptr` points to a string that ends with a NUL and does not change during `'a`.
pub(crate) unsafe fn c_str<'a>(ptr: *const c_char) -> Option<&'a CStr> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: not null, so the caller promises a string that ends with a NUL.
    Some(unsafe { CStr::from_ptr(ptr) })
}

/// The text at `ptr`, if it is not null and UTF-8.
///
/// # Safety
///
/// Unless it is null, `ptr` points to a string that ends with a NUL and does not change in `'a`.
pub(crate) unsafe fn text<'a>(ptr: *const c_char) -> Option<&'a str> {
    // SAFETY: the caller promises what `c_str` needs.
    unsafe { c_str(ptr) }?.to_str().ok()
}

/// `text` as a C string, up to its first NUL.
pub(crate) fn c_string_lossy(text: &str) -> std::ffi::CString {
    let end = text.find('\0').unwrap_or(text.len());
    std::ffi::CString::new(&text[..end]).unwrap_or_default()
}

/// Empties this thread's error queue, so that it holds only errors of the next call.
pub(crate) fn clear_errors() {
    // SAFETY: both calls take no argument and touch only this thread's queue. To look at an empty queue is faster than
    // to clear it.
    unsafe {
        if decl::ERR_peek_last_error() != 0 {
            decl::ERR_clear_error();
        }
    }
}
