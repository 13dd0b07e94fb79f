//! OpenSSL's random generator.

use std::ffi::c_int;

use openssl::error::ErrorStack;

use super::decl;
use super::util::clear_errors;

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), ErrorStack> {
    clear_errors();
    for part in bytes.chunks_mut(c_int::MAX as usize) {
        let len = c_int::try_from(part.len()).unwrap_or(c_int::MAX);
        // SAFETY: pointer and length are those of `part`, which is borrowed exclusively.
        if unsafe { decl::RAND_bytes(part.as_mut_ptr(), len) } != 1 {
            return Err(ErrorStack::get());
        }
    }
    Ok(())
}

pub(crate) fn add(bytes: &[u8], entropy: f64) {
    for part in bytes.chunks(c_int::MAX as usize) {
        let len = c_int::try_from(part.len()).unwrap_or(c_int::MAX);
        // SAFETY: pointer and length are those of `part`, which is only read. OpenSSL converts `entropy` to an `int`,
        // which is undefined for a number out of range, so `entropy` is limited.
        unsafe { decl::RAND_add(part.as_ptr().cast(), len, entropy.max(0.0).min(len.into())) }
    }
    clear_errors();
}

pub(crate) fn status() -> bool {
    // SAFETY: takes no argument; OpenSSL's generator has its own lock.
    let ready = unsafe { decl::RAND_status() } == 1;
    clear_errors();
    ready
}
