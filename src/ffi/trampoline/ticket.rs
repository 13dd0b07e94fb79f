use std::ffi::{c_int, c_uchar};
use std::ptr;
use std::sync::Arc;

use foreign_types::ForeignTypeRef;
use once_cell::sync::OnceCell;
use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtxRef;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::rand::rand_bytes;
use openssl::ssl::{SslContext, SslContextBuilder, SslRef};
use openssl_sys as sys;

use super::{CallbackConnection, dispatch};
use crate::ffi::ctx::TicketBlock;
use crate::ffi::decl;
use crate::ffi::util;

const NAME_LEN: usize = 16;
const IV_LEN: usize = 16;

/// The callback's results in the order of the constants: the context has no key for the ticket; an error occurred; the
/// ticket is valid; the ticket is valid, and the server sends a new one.
const NO_KEY: c_int = 0;
const FAILED: c_int = -1;
const VALID: c_int = 1;
const RENEW: c_int = 2;

/// The parts of a [`TicketBlock`], in OpenSSL's order.
#[derive(Clone, Copy)]
struct Parts<'a> {
    name: &'a [u8; NAME_LEN],
    mac: &'a [u8; 32],
    cipher: &'a [u8; 32],
}

fn parts(block: &TicketBlock) -> Option<Parts<'_>> {
    let (name, rest) = block.split_first_chunk()?;
    let (mac, rest) = rest.split_first_chunk()?;
    Some(Parts {
        name,
        mac,
        cipher: rest.first_chunk()?,
    })
}

/// Encrypts tickets with the first of the context's keys and decrypts them with any of them, in OpenSSL's
/// own format (RFC 5077, section 4).
pub(in crate::ffi) unsafe extern "C" fn ticket(
    ssl: *mut sys::SSL,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut sys::EVP_CIPHER_CTX,
    mac: *mut sys::EVP_MAC_CTX,
    encrypts: c_int,
) -> c_int {
    let prepare = |state: &CallbackConnection<'_>| {
        let keys = state.original.ticket_keys();
        // SAFETY: OpenSSL has passed these arguments to the callback.
        unsafe { prepare(keys, ssl, name, iv, cipher, mac, encrypts) }
    };
    // SAFETY: `ssl` is the argument of this callback, which OpenSSL has called.
    unsafe { dispatch(ssl, NO_KEY, prepare) }
}

/// The index under which a context of the `openssl` crate has its ticket keys.
fn index() -> Result<Index<SslContext, Arc<[TicketBlock]>>, ErrorStack> {
    static INDEX: OnceCell<Index<SslContext, Arc<[TicketBlock]>>> = OnceCell::new();
    INDEX.get_or_try_init(SslContext::new_ex_index).copied()
}

/// Gives ticket keys to a context for connections of the `openssl` crate.
pub(in crate::ffi) fn keep_ticket_keys(
    ctx: &mut SslContextBuilder,
    keys: Arc<[TicketBlock]>,
) -> Result<(), ErrorStack> {
    ctx.set_ex_data(index()?, keys);
    // SAFETY: `&mut SslContextBuilder`: no connection uses this context yet. `foreign_ticket` finds
    // the keys in the context, which OpenSSL keeps for each connection.
    let set =
        unsafe { decl::SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx.as_ptr(), Some(foreign_ticket)) };
    match set {
        1 => Ok(()),
        _ => Err(ErrorStack::get()),
    }
}

/// Like [`ticket`], for a connection of the `openssl` crate. Its ticket keys are stored in its `SSL_CTX`.
unsafe extern "C" fn foreign_ticket(
    ssl: *mut sys::SSL,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut sys::EVP_CIPHER_CTX,
    mac: *mut sys::EVP_MAC_CTX,
    encrypts: c_int,
) -> c_int {
    // SAFETY: OpenSSL passes a live connection, which only this thread uses.
    let connection = unsafe { SslRef::from_ptr(ssl) };
    let keys = index().map(|index| connection.ssl_context().ex_data(index));
    let Ok(Some(keys)) = keys else {
        return NO_KEY;
    };
    // SAFETY: OpenSSL has passed these arguments to the callback.
    unsafe { prepare(keys, ssl, name, iv, cipher, mac, encrypts) }
}

/// Prepares OpenSSL's contexts for one ticket.
///
/// # Safety
///
/// OpenSSL has passed all arguments except `keys` to its ticket callback, which is running.
unsafe fn prepare(
    keys: &[TicketBlock],
    ssl: *mut sys::SSL,
    name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut sys::EVP_CIPHER_CTX,
    mac: *mut sys::EVP_MAC_CTX,
    encrypts: c_int,
) -> c_int {
    let mut keys = keys.iter().filter_map(parts).enumerate();
    // SAFETY: OpenSSL passes a live context, which only this call uses.
    let cipher = unsafe { CipherCtxRef::from_ptr_mut(cipher) };
    let aes = Some(Cipher::aes_256_cbc());
    let (at, key, prepared) = if encrypts == 1 {
        let Some((at, key)) = keys.next() else {
            return NO_KEY;
        };
        let mut fresh = [0; IV_LEN];
        let random = rand_bytes(&mut fresh);
        // SAFETY: OpenSSL passes memory for a name of 16 bytes and for the longest IV, which has 16.
        unsafe {
            ptr::copy_nonoverlapping(key.name.as_ptr(), name, NAME_LEN);
            ptr::copy_nonoverlapping(fresh.as_ptr(), iv, IV_LEN);
        }
        let encrypt = |()| cipher.encrypt_init(aes, Some(key.cipher), Some(&fresh));
        (at, key, random.and_then(encrypt))
    } else {
        // SAFETY: the name and the IV are the first bytes of the client's ticket, whose length OpenSSL
        // has checked.
        let (name, iv) = unsafe { (util::slice(name, NAME_LEN), util::slice(iv, IV_LEN)) };
        let Some((at, key)) = keys.find(|(_, key)| key.name == name) else {
            return NO_KEY;
        };
        (
            at,
            key,
            cipher.decrypt_init(aes, Some(key.cipher), Some(iv)),
        )
    };
    // SAFETY: OpenSSL passes a live context of HMAC, which only this call uses.
    if prepared.is_err() || !unsafe { set_mac_key(mac, key.mac) } {
        return FAILED;
    }
    // SAFETY: `ssl` is the argument of this callback, so it is live. A ticket of TLS 1.3 is used
    // once (RFC 8446, appendix C.4).
    let is_used_once = || unsafe { sys::SSL_version(ssl) } == sys::TLS1_3_VERSION;
    match encrypts != 1 && (at > 0 || is_used_once()) {
        true => RENEW,
        false => VALID,
    }
}

/// Makes a context compute HMAC-SHA256 with this key.
///
/// # Safety
///
/// `mac` is a live context of HMAC that nobody else uses.
unsafe fn set_mac_key(mac: *mut sys::EVP_MAC_CTX, key: &[u8; 32]) -> bool {
    let mut digest = *b"SHA256\0";
    // SAFETY: the parameters point to `key` and `digest`, which outlive the call and are only read. A
    // length of 0 means the length of the C string.
    unsafe {
        let params = [
            decl::OSSL_PARAM_construct_octet_string(
                c"key".as_ptr(),
                key.as_ptr().cast_mut().cast(),
                key.len(),
            ),
            decl::OSSL_PARAM_construct_utf8_string(
                c"digest".as_ptr(),
                digest.as_mut_ptr().cast(),
                0,
            ),
            decl::OSSL_PARAM_construct_end(),
        ];
        sys::EVP_MAC_CTX_set_params(mac, params.as_ptr()) == 1
    }
}
