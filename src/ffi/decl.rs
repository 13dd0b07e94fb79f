//! C functions and constants that `openssl-sys` lacks.
//!
//! Each declaration stands next to its prototype in C; a test lets the C compiler compare the
//! prototypes with the installed headers. Prototype and declaration must say the same.

#![allow(non_camel_case_types, reason = "OpenSSL's spelling")]

use std::ffi::{c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};

use openssl_sys::{
    ASN1_OBJECT, ASN1_TYPE, BIO, EVP_CIPHER_CTX, EVP_MAC_CTX, GENERAL_NAME, OSSL_PARAM, SSL,
    SSL_CIPHER, SSL_CTX, SSL_SESSION, X509, X509_CRL, X509_LOOKUP, X509_LOOKUP_METHOD, X509_NAME,
    X509_NAME_ENTRY, X509_OBJECT, X509_STORE, X509_VERIFY_PARAM, stack_st_SSL_CIPHER,
};

pub(crate) type pem_password_cb =
    Option<unsafe extern "C" fn(*mut c_char, c_int, c_int, *mut c_void) -> c_int>;

pub(crate) type msg_callback =
    Option<unsafe extern "C" fn(c_int, c_int, c_int, *const c_void, usize, *mut SSL, *mut c_void)>;

/// The beginning of C's public struct; entries are made and freed by OpenSSL only.
#[repr(C)]
pub(crate) struct X509_INFO {
    pub(crate) x509: *mut X509,
    pub(crate) crl: *mut X509_CRL,
    _rest: [u8; 0],
}

/// Declares functions and keeps their C prototypes for the test below.
macro_rules! c_functions {
    ($($(#[cfg($cfg:meta)])? $prototype:literal
        fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {
        unsafe extern "C" {
            $($(#[cfg($cfg)])? pub(crate) fn $name($($arg: $ty),*) $(-> $ret)?;)*
        }
        #[cfg(test)]
        const PROTOTYPES: &[&str] = &[$($(#[cfg($cfg)])? $prototype),*];
    };
}

c_functions! {
    // Contexts
    "STACK_OF(SSL_CIPHER) *SSL_CTX_get_ciphers(const SSL_CTX *ctx);"
    fn SSL_CTX_get_ciphers(ctx: *const SSL_CTX) -> *mut stack_st_SSL_CIPHER;
    "void SSL_CTX_set1_cert_store(SSL_CTX *ctx, X509_STORE *store);"
    fn SSL_CTX_set1_cert_store(ctx: *mut SSL_CTX, store: *mut X509_STORE);
    "void SSL_CTX_set_msg_callback(SSL_CTX *ctx, void (*cb)(int, int, int, const void *, size_t, SSL *, void *));"
    fn SSL_CTX_set_msg_callback(
        ctx: *mut SSL_CTX,
        cb: msg_callback
    );
    "void SSL_set_msg_callback(SSL *ssl, void (*cb)(int, int, int, const void *, size_t, SSL *, void *));"
    fn SSL_set_msg_callback(ssl: *mut SSL, cb: msg_callback);
    #[cfg(has_psk)]
    "int SSL_CTX_use_psk_identity_hint(SSL_CTX *ctx, const char *identity_hint);"
    fn SSL_CTX_use_psk_identity_hint(ctx: *mut SSL_CTX, hint: *const c_char) -> c_int;

    "int SSL_CTX_set_tlsext_ticket_key_evp_cb(SSL_CTX *ctx, int (*fp)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int));"
    fn SSL_CTX_set_tlsext_ticket_key_evp_cb(
        ctx: *mut SSL_CTX,
        cb: Option<unsafe extern "C" fn(*mut SSL, *mut c_uchar, *mut c_uchar, *mut EVP_CIPHER_CTX, *mut EVP_MAC_CTX, c_int) -> c_int>
    ) -> c_int;
    "OSSL_PARAM OSSL_PARAM_construct_utf8_string(const char *key, char *buf, size_t bsize);"
    fn OSSL_PARAM_construct_utf8_string(key: *const c_char, buf: *mut c_char, size: usize) -> OSSL_PARAM;

    // Fixed versions, gone from 4.0
    #[cfg(has_fixed_version_methods)]
    "const SSL_METHOD *TLSv1_method(void);"
    fn TLSv1_method() -> *const openssl_sys::SSL_METHOD;
    #[cfg(has_fixed_version_methods)]
    "const SSL_METHOD *TLSv1_1_method(void);"
    fn TLSv1_1_method() -> *const openssl_sys::SSL_METHOD;
    #[cfg(has_fixed_version_methods)]
    "const SSL_METHOD *TLSv1_2_method(void);"
    fn TLSv1_2_method() -> *const openssl_sys::SSL_METHOD;

    // Connections
    "STACK_OF(SSL_CIPHER) *SSL_get_ciphers(const SSL *s);"
    fn SSL_get_ciphers(ssl: *const SSL) -> *mut stack_st_SSL_CIPHER;
    "STACK_OF(SSL_CIPHER) *SSL_get1_supported_ciphers(SSL *s);"
    fn SSL_get1_supported_ciphers(ssl: *mut SSL) -> *mut stack_st_SSL_CIPHER;
    "STACK_OF(SSL_CIPHER) *SSL_get_client_ciphers(const SSL *s);"
    fn SSL_get_client_ciphers(ssl: *const SSL) -> *mut stack_st_SSL_CIPHER;
    "OSSL_HANDSHAKE_STATE SSL_get_state(const SSL *ssl);"
    fn SSL_get_state(ssl: *const SSL) -> c_int;

    "int SSL_in_before(const SSL *s);"
    fn SSL_in_before(ssl: *const SSL) -> c_int;
    "int SSL_free_buffers(SSL *ssl);"
    fn SSL_free_buffers(ssl: *mut SSL) -> c_int;
    "const char *SSL_rstate_string(const SSL *s);"
    fn SSL_rstate_string(ssl: *const SSL) -> *const c_char;
    "int SSL_has_pending(const SSL *s);"
    fn SSL_has_pending(ssl: *const SSL) -> c_int;
    "void SSL_set_post_handshake_auth(SSL *s, int val);"
    fn SSL_set_post_handshake_auth(ssl: *mut SSL, val: c_int);
    "int SSL_verify_client_post_handshake(SSL *s);"
    fn SSL_verify_client_post_handshake(ssl: *mut SSL) -> c_int;
    "void SSL_certs_clear(SSL *s);"
    fn SSL_certs_clear(ssl: *mut SSL);
    "int SSL_set_session_id_context(SSL *ssl, const unsigned char *sid_ctx, unsigned int sid_ctx_len);"
    fn SSL_set_session_id_context(ssl: *mut SSL, id: *const c_uchar, len: c_uint) -> c_int;
    "const COMP_METHOD *SSL_get_current_compression(const SSL *s);"
    fn SSL_get_current_compression(ssl: *const SSL) -> *const c_void;

    #[cfg(ossl340)]
    "char *SSL_get1_builtin_sigalgs(OSSL_LIB_CTX *libctx);"
    fn SSL_get1_builtin_sigalgs(library: *mut openssl_sys::OSSL_LIB_CTX) -> *mut c_char;

    // What a handshake agreed on
    #[cfg(not(ossl350))]
    "int SSL_get_peer_signature_type_nid(const SSL *s, int *pnid);"
    fn SSL_get_peer_signature_type_nid(ssl: *const SSL, nid: *mut c_int) -> c_int;

    // Suites
    "uint32_t SSL_CIPHER_get_id(const SSL_CIPHER *c);"
    fn SSL_CIPHER_get_id(cipher: *const SSL_CIPHER) -> u32;
    "int SSL_CIPHER_get_kx_nid(const SSL_CIPHER *c);"
    fn SSL_CIPHER_get_kx_nid(cipher: *const SSL_CIPHER) -> c_int;
    "int SSL_CIPHER_get_auth_nid(const SSL_CIPHER *c);"
    fn SSL_CIPHER_get_auth_nid(cipher: *const SSL_CIPHER) -> c_int;
    "int SSL_CIPHER_is_aead(const SSL_CIPHER *c);"
    fn SSL_CIPHER_is_aead(cipher: *const SSL_CIPHER) -> c_int;
    "const char *OSSL_default_cipher_list(void);"
    fn OSSL_default_cipher_list() -> *const c_char;

    // Sessions
    "SSL_SESSION *SSL_SESSION_dup(const SSL_SESSION *src);"
    fn SSL_SESSION_dup(src: *const SSL_SESSION) -> *mut SSL_SESSION;
    "int SSL_SESSION_set1_ticket_appdata(SSL_SESSION *ss, const void *data, size_t len);"
    fn SSL_SESSION_set1_ticket_appdata(
        session: *mut SSL_SESSION,
        data: *const c_void,
        len: usize
    ) -> c_int;
    "int SSL_SESSION_get0_ticket_appdata(SSL_SESSION *ss, void **data, size_t *len);"
    fn SSL_SESSION_get0_ticket_appdata(
        session: *mut SSL_SESSION,
        data: *mut *mut c_void,
        len: *mut usize
    ) -> c_int;
    "int SSL_SESSION_is_resumable(const SSL_SESSION *s);"
    fn SSL_SESSION_is_resumable(session: *const SSL_SESSION) -> c_int;
    "int SSL_SESSION_has_ticket(const SSL_SESSION *s);"
    fn SSL_SESSION_has_ticket(session: *const SSL_SESSION) -> c_int;
    "unsigned long SSL_SESSION_get_ticket_lifetime_hint(const SSL_SESSION *s);"
    fn SSL_SESSION_get_ticket_lifetime_hint(session: *const SSL_SESSION) -> c_ulong;

    // Certificates
    "int X509_NAME_ENTRY_set(const X509_NAME_ENTRY *ne);"
    fn X509_NAME_ENTRY_set(entry: *const X509_NAME_ENTRY) -> c_int;
    "int X509_NAME_print_ex(BIO *out, const X509_NAME *nm, int indent, unsigned long flags);"
    fn X509_NAME_print_ex(out: *mut BIO, name: *const X509_NAME, indent: c_int, flags: c_ulong) -> c_int;
    "int GENERAL_NAME_get0_otherName(const GENERAL_NAME *gen, ASN1_OBJECT **poid, ASN1_TYPE **pvalue);"
    fn GENERAL_NAME_get0_otherName(
        name: *const GENERAL_NAME,
        oid: *mut *mut ASN1_OBJECT,
        value: *mut *mut ASN1_TYPE
    ) -> c_int;
    "int ASN1_TYPE_get(const ASN1_TYPE *a);"
    fn ASN1_TYPE_get(value: *const ASN1_TYPE) -> c_int;
    "int X509_NAME_get0_der(const X509_NAME *nm, const unsigned char **pder, size_t *pderlen);"
    fn X509_NAME_get0_der(name: *const X509_NAME, der: *mut *const u8, length: *mut usize) -> c_int;
    "int PEM_read_bio(BIO *bp, char **name, char **header, unsigned char **data, long *len);"
    fn PEM_read_bio(
        bio: *mut BIO,
        name: *mut *mut c_char,
        header: *mut *mut c_char,
        data: *mut *mut u8,
        len: *mut c_long
    ) -> c_int;
    "X509 *PEM_read_bio_X509_AUX(BIO *bp, X509 **x, pem_password_cb *cb, void *u);"
    fn PEM_read_bio_X509_AUX(bio: *mut BIO, x: *mut *mut X509, cb: pem_password_cb, u: *mut c_void) -> *mut X509;
    "STACK_OF(X509_INFO) *PEM_X509_INFO_read_bio(BIO *bp, STACK_OF(X509_INFO) *sk, pem_password_cb *cb, void *u);"
    fn PEM_X509_INFO_read_bio(bio: *mut BIO, sk: *mut c_void, cb: pem_password_cb, u: *mut c_void) -> *mut c_void;
    "void X509_INFO_free(X509_INFO *a);"
    fn X509_INFO_free(info: *mut X509_INFO);
    #[cfg(not(ossl400))]
    "int X509_check_ca(X509 *x);"
    fn X509_check_ca(x: *mut X509) -> c_int;
    #[cfg(ossl400)]
    "int X509_check_ca(const X509 *x);"
    fn X509_check_ca(x: *const X509) -> c_int;

    #[cfg(not(ossl400))]
    "int X509_get_signature_info(X509 *x, int *mdnid, int *pknid, int *secbits, uint32_t *flags);"
    fn X509_get_signature_info(x: *mut X509, digest: *mut c_int, key: *mut c_int, bits: *mut c_int, flags: *mut u32) -> c_int;
    #[cfg(ossl400)]
    "int X509_get_signature_info(const X509 *x, int *mdnid, int *pknid, int *secbits, uint32_t *flags);"
    fn X509_get_signature_info(x: *const X509, digest: *mut c_int, key: *mut c_int, bits: *mut c_int, flags: *mut u32) -> c_int;

    // Stores
    "int X509_STORE_up_ref(X509_STORE *xs);"
    fn X509_STORE_up_ref(store: *mut X509_STORE) -> c_int;
    #[cfg(not(ossl330))]
    "int X509_STORE_lock(X509_STORE *xs);"
    fn X509_STORE_lock(store: *mut X509_STORE) -> c_int;
    #[cfg(not(ossl330))]
    "int X509_STORE_unlock(X509_STORE *xs);"
    fn X509_STORE_unlock(store: *mut X509_STORE) -> c_int;
    #[cfg(ossl330)]
    "STACK_OF(X509_OBJECT) *X509_STORE_get1_objects(X509_STORE *xs);"
    fn X509_STORE_get1_objects(store: *mut X509_STORE) -> *mut openssl_sys::stack_st_X509_OBJECT;
    "int X509_STORE_add_crl(X509_STORE *xs, X509_CRL *x);"
    fn X509_STORE_add_crl(store: *mut X509_STORE, crl: *mut X509_CRL) -> c_int;
    "X509_LOOKUP_TYPE X509_OBJECT_get_type(const X509_OBJECT *a);"
    fn X509_OBJECT_get_type(object: *const X509_OBJECT) -> c_int;
    "X509_CRL *X509_OBJECT_get0_X509_CRL(const X509_OBJECT *a);"
    fn X509_OBJECT_get0_X509_CRL(object: *const X509_OBJECT) -> *mut X509_CRL;
    "int X509_OBJECT_set1_X509(X509_OBJECT *a, X509 *obj);"
    fn X509_OBJECT_set1_X509(object: *mut X509_OBJECT, x: *mut X509) -> c_int;

    // Lookup methods
    "X509_LOOKUP_METHOD *X509_LOOKUP_meth_new(const char *name);"
    fn X509_LOOKUP_meth_new(name: *const c_char) -> *mut X509_LOOKUP_METHOD;
    "int X509_LOOKUP_meth_set_free(X509_LOOKUP_METHOD *method, void (*free_fn) (X509_LOOKUP *ctx));"
    fn X509_LOOKUP_meth_set_free(
        method: *mut X509_LOOKUP_METHOD,
        free_fn: Option<unsafe extern "C" fn(*mut X509_LOOKUP)>
    ) -> c_int;
    "int X509_LOOKUP_meth_set_get_by_subject(X509_LOOKUP_METHOD *method, X509_LOOKUP_get_by_subject_fn fn);"
    fn X509_LOOKUP_meth_set_get_by_subject(
        method: *mut X509_LOOKUP_METHOD,
        f: Option<unsafe extern "C" fn(*mut X509_LOOKUP, c_int, *const X509_NAME, *mut X509_OBJECT) -> c_int>
    ) -> c_int;
    "int X509_LOOKUP_set_method_data(X509_LOOKUP *ctx, void *data);"
    fn X509_LOOKUP_set_method_data(lookup: *mut X509_LOOKUP, data: *mut c_void) -> c_int;
    "void *X509_LOOKUP_get_method_data(const X509_LOOKUP *ctx);"
    fn X509_LOOKUP_get_method_data(lookup: *const X509_LOOKUP) -> *mut c_void;
    "X509_STORE *X509_LOOKUP_get_store(const X509_LOOKUP *ctx);"
    fn X509_LOOKUP_get_store(lookup: *const X509_LOOKUP) -> *mut X509_STORE;

    // Verification parameters
    "int X509_VERIFY_PARAM_add1_host(X509_VERIFY_PARAM *param, const char *name, size_t namelen);"
    fn X509_VERIFY_PARAM_add1_host(param: *mut X509_VERIFY_PARAM, name: *const c_char, len: usize) -> c_int;
    "ASN1_OCTET_STRING *a2i_IPADDRESS(const char *ipasc);"
    fn a2i_IPADDRESS(text: *const c_char) -> *mut openssl_sys::ASN1_OCTET_STRING;
}

// Controls that have only a macro in C.
pub(crate) const SSL_CTRL_CLEAR_MODE: c_int = 78;
pub(crate) const SSL_CTRL_CHAIN_CERT: c_int = 89;
pub(crate) const SSL_CTRL_CHAIN: c_int = 88;
pub(crate) const SSL_CTRL_SET_TLSEXT_TICKET_KEYS: c_int = 59;
/// RFC 7633, in OpenSSL's numbering.
pub(crate) const NID_TLSFEATURE: c_int = 1020;
pub(crate) const SSL_CTRL_SET_GROUPS: c_int = 91;
pub(crate) const SSL_CTRL_SET_GROUPS_LIST: c_int = 92;
pub(crate) const SSL_CTRL_SET_SIGALGS_LIST: c_int = 98;
pub(crate) const SSL_CTRL_GET_EXTMS_SUPPORT: c_int = 122;
pub(crate) const SSL_CTRL_SET_CLIENT_SIGALGS_LIST: c_int = 102;
#[cfg(ossl350)]
pub(crate) const SSL_CTRL_GET0_IMPLEMENTED_GROUPS: c_int = 139;
#[cfg(ossl350)]
pub(crate) const SSL_CTRL_GET_SIGNATURE_NAME: c_int = 140;
#[cfg(ossl350)]
pub(crate) const SSL_CTRL_GET_PEER_SIGNATURE_NAME: c_int = 141;
#[cfg(not(ossl350))]
pub(crate) const SSL_CTRL_GET_PEER_SIGNATURE_NID: c_int = 108;
#[cfg(not(ossl320))]
pub(crate) const SSL_CTRL_GET_NEGOTIATED_GROUP: c_int = 134;
pub(crate) const BIO_CTRL_EOF: c_int = 2;
pub(crate) const BIO_CTRL_PENDING: c_int = 10;
pub(crate) const BIO_FLAGS_IN_EOF: c_int = 0x800;
pub(crate) const X509_LU_X509: c_int = 1;
pub(crate) const X509_LU_CRL: c_int = 2;

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    /// A prototype that contradicts the headers does not compile.
    #[test]
    fn prototypes_agree_with_the_headers() {
        let mut source = String::from(
            "#define OPENSSL_SUPPRESS_DEPRECATED\n#include <openssl/ssl.h>\n#include <openssl/x509v3.h>\n#include <openssl/pem.h>\n#include <openssl/params.h>\n",
        );
        for prototype in super::PROTOTYPES {
            source.push_str(prototype);
            source.push('\n');
        }
        let mut cc = Command::new("cc");
        cc.args(["-fsyntax-only", "-Werror", "-x", "c", "-"]);
        if let Some(include) = option_env!("PYSSL_OPENSSL_INCLUDE") {
            cc.arg("-I").arg(include);
        }
        let mut child = cc.stdin(Stdio::piped()).spawn().expect("a C compiler");
        child
            .stdin
            .take()
            .unwrap()
            .write_all(source.as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success());
    }
}
