//! Cipher suites: the lists of an `SSL_CTX` or `SSL`, and the properties of a suite.

use foreign_types::{ForeignType, ForeignTypeRef};
use openssl::nid::Nid;
use openssl::ssl::{SslCipher, SslCipherRef, SslContextBuilder, SslContextRef, SslRef};
use openssl::stack::{Stack, StackRef};
use openssl_sys::{SSL, stack_st_SSL_CIPHER};

use super::{decl, util};

/// The cipher string that `DEFAULT` stands for.
pub(crate) fn default_list() -> &'static str {
    // SAFETY: the function takes no argument, and returns null or a constant of the library.
    let text = unsafe { decl::OSSL_default_cipher_list() };
    // SAFETY: null or a C string that lives as long as the library, which is never unloaded.
    unsafe { util::text(text) }.unwrap_or_default()
}

/// Calls `visit` with each suite of the context's list, in order; TLS 1.3 suites come first.
pub(crate) fn each_of_context(ctx: &SslContextRef, visit: impl FnMut(&SslCipherRef)) {
    // SAFETY: the pointer comes from a live reference; the call only reads a field.
    let list = unsafe { decl::SSL_CTX_get_ciphers(ctx.as_ptr()) };
    // SAFETY: null or the context's own list. It lives until the list is set again, which needs
    // `&mut CtxHandle` (S1).
    unsafe { each(list, visit) }
}

/// Like [`each_of_context`], for a context that is not complete yet.
pub(crate) fn each_of_builder(ctx: &SslContextBuilder, visit: impl FnMut(&SslCipherRef)) {
    // SAFETY: the pointer comes from a live reference; the call only reads a field.
    let list = unsafe { decl::SSL_CTX_get_ciphers(ctx.as_ptr()) };
    // SAFETY: null or the context's own list, which only `&mut SslContextBuilder` can replace.
    unsafe { each(list, visit) }
}

/// Calls `visit` with each suite that this `SSL` would offer or accept, given its range of
/// versions, its security level and its callbacks. There are none if the range of versions is
/// empty.
pub(crate) fn each_supported(ssl: &mut SslRef, mut visit: impl FnMut(&SslCipherRef)) {
    let raw: *mut SSL = ssl.as_ptr();
    // SAFETY: the pointer comes from an exclusive reference, so nothing else uses the SSL.
    let list = unsafe { decl::SSL_get1_supported_ciphers(raw) };
    if list.is_null() {
        return;
    }
    // SAFETY: not null, and the caller of a "get1" function frees the stack. That does not free the
    // elements: they are static tables of the library, and `SslCipher` has no destructor.
    let list = unsafe { Stack::<SslCipher>::from_ptr(list) };
    list.iter().for_each(&mut visit);
}

/// # Safety
///
/// `list` is null or a valid stack that nobody changes during the call.
unsafe fn each(list: *mut stack_st_SSL_CIPHER, mut visit: impl FnMut(&SslCipherRef)) {
    if !list.is_null() {
        // SAFETY: not null, so the caller promises a valid stack that nobody changes.
        let list = unsafe { StackRef::<SslCipher>::from_ptr(list) };
        list.iter().for_each(&mut visit);
    }
}

/// OpenSSL's 32-bit number: `0x0300` and the two bytes of the registry.
pub(crate) fn id(cipher: &SslCipherRef) -> u32 {
    // SAFETY: the pointer comes from a live reference; the call reads a field.
    unsafe { decl::SSL_CIPHER_get_id(cipher.as_ptr()) }
}

/// OpenSSL's description of the suite, without the line feed.
pub(crate) fn description(cipher: &SslCipherRef) -> Box<str> {
    // The manual of SSL_CIPHER_description requires 128 bytes.
    let mut line = [0; 128];
    // SAFETY: the pointer comes from a live reference. The call gets the length of the buffer, writes
    // a string that ends with a NUL into it, and returns it.
    let text = unsafe {
        util::text(openssl_sys::SSL_CIPHER_description(
            cipher.as_ptr(),
            line.as_mut_ptr(),
            128,
        ))
    };
    text.unwrap_or_default().trim_end_matches('\n').into()
}

pub(crate) fn is_aead(cipher: &SslCipherRef) -> bool {
    // SAFETY: the pointer comes from a live reference; the call reads a field.
    unsafe { decl::SSL_CIPHER_is_aead(cipher.as_ptr()) != 0 }
}

/// OpenSSL's long names of the cipher, MAC digest, key exchange and authentication.
pub(crate) fn algorithms(cipher: &SslCipherRef) -> [Option<&'static str>; 4] {
    // SAFETY: the pointer comes from a live reference; the calls read static tables.
    let nids = unsafe {
        [
            openssl_sys::SSL_CIPHER_get_cipher_nid(cipher.as_ptr()),
            openssl_sys::SSL_CIPHER_get_digest_nid(cipher.as_ptr()),
            decl::SSL_CIPHER_get_kx_nid(cipher.as_ptr()),
            decl::SSL_CIPHER_get_auth_nid(cipher.as_ptr()),
        ]
    };
    nids.map(|nid| match Nid::from_raw(nid) {
        Nid::UNDEF => None,
        nid => nid.long_name().ok(),
    })
}
