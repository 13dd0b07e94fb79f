//! C functions and constants that `openssl-sys` lacks, and every function that a process may call before OpenSSL is
//! initialised.
//!
//! A test converts the declarations to C and lets the C compiler compare them with the installed
//! headers, also the numbers and the layouts of structs (`header.rs`).

#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "the names are OpenSSL's"
)]

#[cfg(test)]
mod header;

use std::ffi::{c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};

#[cfg(ossl350)]
use openssl_sys::OPENSSL_STACK;
#[cfg(ossl340)]
use openssl_sys::OSSL_LIB_CTX;
#[cfg(has_fixed_version_methods)]
use openssl_sys::SSL_METHOD;
#[cfg(ossl330)]
use openssl_sys::stack_st_X509_OBJECT;
use openssl_sys::{
    ASN1_OBJECT, ASN1_OCTET_STRING, ASN1_TYPE, BIO, BIO_METHOD, CRYPTO_EX_dup, CRYPTO_EX_free,
    CRYPTO_EX_new, EVP_CIPHER_CTX, EVP_MAC_CTX, GENERAL_NAME, OSSL_PARAM, SSL, SSL_CIPHER, SSL_CTX,
    SSL_SESSION, X509, X509_CRL, X509_LOOKUP_METHOD, X509_NAME, X509_NAME_ENTRY, X509_OBJECT,
    X509_STORE, X509_STORE_CTX, X509_VERIFY_PARAM, stack_st_SSL_CIPHER, stack_st_X509,
};

/// Declares the types of functions that OpenSSL calls.
macro_rules! c_callbacks {
    ($($(#[cfg($cfg:meta)])? type $name:ident = fn($($ty:ty),*) $(-> $ret:ty)?;)*) => {
        $($(#[cfg($cfg)])? pub(crate) type $name = Option<unsafe extern "C" fn($($ty),*) $(-> $ret)?>;)*
        #[cfg(test)]
        const CALLBACKS: &[header::Signature] = &[$($(#[cfg($cfg)])? header::Signature {
            name: stringify!($name),
            arguments: &[$(stringify!($ty)),*],
            result: concat!($(stringify!($ret))?),
        }),*];
    };
}

/// Declares functions that take an OpenSSL object. Such an object exists only after initialisation.
macro_rules! c_functions {
    ($($(#[cfg($cfg:meta)])? fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {
        unsafe extern "C" {
            $($(#[cfg($cfg)])? pub(crate) fn $name($($arg: $ty),*) $(-> $ret)?;)*
        }
        #[cfg(test)]
        const FUNCTIONS: &[header::Signature] = &[$($(#[cfg($cfg)])? header::Signature {
            name: stringify!($name),
            arguments: &[$(stringify!($ty)),*],
            result: concat!($(stringify!($ret))?),
        }),*];
    };
}

/// Declares functions that take no OpenSSL object, so they can be the first call in a process. Each
/// initialises OpenSSL first, with `OPENSSL_INIT_NO_ATEXIT`. Otherwise OpenSSL would initialise itself
/// and free its state at exit, while other threads still use it.
///
/// `clippy.toml` forbids the declarations of these functions in `openssl-sys`.
macro_rules! c_entries {
    ($($(#[cfg($cfg:meta)])? fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {
        $($(#[cfg($cfg)])?
        pub(crate) unsafe fn $name($($arg: $ty),*) $(-> $ret)? {
            unsafe extern "C" {
                fn $name($($arg: $ty),*) $(-> $ret)?;
            }
            openssl::init();
            // SAFETY: the caller promises what the C function requires.
            unsafe { $name($($arg),*) }
        })*
        #[cfg(test)]
        const ENTRIES: &[header::Signature] = &[$($(#[cfg($cfg)])? header::Signature {
            name: stringify!($name),
            arguments: &[$(stringify!($ty)),*],
            result: concat!($(stringify!($ret))?),
        }),*];
    };
}

/// Declares numbers that are macros or enumerators in C.
macro_rules! c_numbers {
    ($($(#[cfg($cfg:meta)])? $name:ident: $ty:ty = $value:literal;)*) => {
        $($(#[cfg($cfg)])? pub(crate) const $name: $ty = $value;)*
        #[cfg(test)]
        const NUMBERS: &[(&str, i64)] = &[$($(#[cfg($cfg)])? (stringify!($name), $value)),*];
    };
}

/// An enumeration in C. The test compares its size.
type OSSL_HANDSHAKE_STATE = c_int;
/// An enumeration in C. The test compares its size.
type X509_LOOKUP_TYPE = c_int;

/// Used only through pointers.
pub(crate) enum COMP_METHOD {}
/// Used only through pointers.
pub(crate) enum X509_PUBKEY {}
/// Used only through pointers.
pub(crate) enum stack_st_X509_INFO {}

/// The first fields of the C struct. Only OpenSSL allocates and frees it.
#[repr(C)]
pub(crate) struct X509_INFO {
    pub(crate) x509: *mut X509,
    pub(crate) crl: *mut X509_CRL,
    _rest: [u8; 0],
}

c_callbacks! {
    type password_callback = fn(*mut c_char, c_int, c_int, *mut c_void) -> c_int;
    type message_callback = fn(c_int, c_int, c_int, *const c_void, usize, *mut SSL, *mut c_void);
    type ticket_callback = fn(*mut SSL, *mut c_uchar, *mut c_uchar, *mut EVP_CIPHER_CTX, *mut EVP_MAC_CTX, c_int) -> c_int;
    type psk_client_callback = fn(*mut SSL, *const c_char, *mut c_char, c_uint, *mut c_uchar, c_uint) -> c_uint;
    type psk_server_callback = fn(*mut SSL, *const c_char, *mut c_uchar, c_uint) -> c_uint;
    type X509_STORE_CTX_verify_cb = fn(c_int, *mut X509_STORE_CTX) -> c_int;
    type cert_verify_callback = fn(*mut X509_STORE_CTX, *mut c_void) -> c_int;
    type gets_callback = fn(*mut BIO, *mut c_char, c_int) -> c_int;
    #[cfg(not(ossl400))]
    type X509_STORE_CTX_get_issuer_fn = fn(*mut *mut X509, *mut X509_STORE_CTX, *mut X509) -> c_int;
    #[cfg(ossl400)]
    type X509_STORE_CTX_get_issuer_fn = fn(*mut *mut X509, *mut X509_STORE_CTX, *const X509) -> c_int;
    #[cfg(not(ossl400))]
    type X509_STORE_CTX_lookup_certs_fn = fn(*mut X509_STORE_CTX, *const X509_NAME) -> *mut stack_st_X509;
    #[cfg(ossl400)]
    type X509_STORE_CTX_lookup_certs_fn = fn(*const X509_STORE_CTX, *const X509_NAME) -> *mut stack_st_X509;
}

c_entries! {
    // Errors and the random generator
    fn ERR_clear_error();
    fn ERR_peek_last_error() -> c_ulong;
    fn ERR_set_mark() -> c_int;
    fn ERR_pop_to_mark() -> c_int;
    fn RAND_bytes(buf: *mut c_uchar, num: c_int) -> c_int;
    fn RAND_add(buf: *const c_void, num: c_int, entropy: f64);
    fn RAND_status() -> c_int;

    // The table of objects
    fn OBJ_sn2nid(name: *const c_char) -> c_int;
    fn OBJ_txt2obj(text: *const c_char, numeric: c_int) -> *mut ASN1_OBJECT;
    fn OBJ_nid2obj(nid: c_int) -> *mut ASN1_OBJECT;
    fn OBJ_nid2sn(nid: c_int) -> *const c_char;
    fn OBJ_nid2ln(nid: c_int) -> *const c_char;

    // New objects
    fn a2i_IPADDRESS(text: *const c_char) -> *mut ASN1_OCTET_STRING;
    fn BIO_meth_new(kind: c_int, name: *const c_char) -> *mut BIO_METHOD;
    fn BIO_s_mem() -> *const BIO_METHOD;
    fn BIO_new_mem_buf(buf: *const c_void, len: c_int) -> *mut BIO;
    fn CRYPTO_get_ex_new_index(
        class: c_int,
        argument: c_long,
        pointer: *mut c_void,
        new: Option<CRYPTO_EX_new>,
        dup: Option<CRYPTO_EX_dup>,
        free: Option<CRYPTO_EX_free>
    ) -> c_int;
    #[cfg(ossl350)]
    fn OPENSSL_sk_new_null() -> *mut OPENSSL_STACK;
    fn X509_STORE_new() -> *mut X509_STORE;
    fn X509_LOOKUP_hash_dir() -> *mut X509_LOOKUP_METHOD;
    fn X509_LOOKUP_store() -> *mut X509_LOOKUP_METHOD;

    // Constants
    fn X509_get_default_cert_file_env() -> *const c_char;
    fn X509_get_default_cert_file() -> *const c_char;
    fn X509_get_default_cert_dir_env() -> *const c_char;
    fn X509_get_default_cert_dir() -> *const c_char;
    fn OSSL_default_cipher_list() -> *const c_char;
    #[cfg(ossl340)]
    fn SSL_get1_builtin_sigalgs(library: *mut OSSL_LIB_CTX) -> *mut c_char;

    // Parameters of algorithms
    fn OSSL_PARAM_construct_octet_string(key: *const c_char, buf: *mut c_void, size: usize) -> OSSL_PARAM;
    fn OSSL_PARAM_construct_utf8_string(key: *const c_char, buf: *mut c_char, size: usize) -> OSSL_PARAM;
    fn OSSL_PARAM_construct_end() -> OSSL_PARAM;

    // Methods for one version, which OpenSSL 4.0 does not have
    #[cfg(has_fixed_version_methods)]
    fn TLSv1_method() -> *const SSL_METHOD;
    #[cfg(has_fixed_version_methods)]
    fn TLSv1_1_method() -> *const SSL_METHOD;
    #[cfg(has_fixed_version_methods)]
    fn TLSv1_2_method() -> *const SSL_METHOD;
}

c_functions! {
    // Contexts
    fn SSL_CTX_get_ciphers(ctx: *const SSL_CTX) -> *mut stack_st_SSL_CIPHER;
    fn SSL_CTX_set_cert_verify_callback(ctx: *mut SSL_CTX, cb: cert_verify_callback, arg: *mut c_void);
    fn SSL_CTX_set1_cert_store(ctx: *mut SSL_CTX, store: *mut X509_STORE);
    fn SSL_CTX_set_msg_callback(ctx: *mut SSL_CTX, cb: message_callback);
    fn SSL_set_msg_callback(ssl: *mut SSL, cb: message_callback);
    #[cfg(has_psk)]
    fn SSL_CTX_set_psk_client_callback(ctx: *mut SSL_CTX, cb: psk_client_callback);
    #[cfg(has_psk)]
    fn SSL_CTX_set_psk_server_callback(ctx: *mut SSL_CTX, cb: psk_server_callback);
    #[cfg(has_psk)]
    fn SSL_CTX_use_psk_identity_hint(ctx: *mut SSL_CTX, hint: *const c_char) -> c_int;

    fn SSL_CTX_set_tlsext_ticket_key_evp_cb(
        ctx: *mut SSL_CTX,
        cb: ticket_callback
    ) -> c_int;

    // Connections
    fn SSL_get_ciphers(ssl: *const SSL) -> *mut stack_st_SSL_CIPHER;
    fn SSL_get1_supported_ciphers(ssl: *mut SSL) -> *mut stack_st_SSL_CIPHER;
    fn SSL_get_client_ciphers(ssl: *const SSL) -> *mut stack_st_SSL_CIPHER;
    fn SSL_get_state(ssl: *const SSL) -> OSSL_HANDSHAKE_STATE;
    fn SSL_get_options(ssl: *const SSL) -> u64;

    fn SSL_in_before(ssl: *const SSL) -> c_int;
    fn SSL_free_buffers(ssl: *mut SSL) -> c_int;
    fn SSL_rstate_string(ssl: *const SSL) -> *const c_char;
    fn SSL_has_pending(ssl: *const SSL) -> c_int;
    fn SSL_set_post_handshake_auth(ssl: *mut SSL, val: c_int);
    fn SSL_verify_client_post_handshake(ssl: *mut SSL) -> c_int;
    fn SSL_certs_clear(ssl: *mut SSL);
    fn SSL_set_session_id_context(ssl: *mut SSL, id: *const c_uchar, len: c_uint) -> c_int;
    fn SSL_get_current_compression(ssl: *const SSL) -> *const COMP_METHOD;

    // Results of a handshake
    #[cfg(not(ossl350))]
    fn SSL_get_peer_signature_type_nid(ssl: *const SSL, nid: *mut c_int) -> c_int;

    // Suites
    fn SSL_CIPHER_get_id(cipher: *const SSL_CIPHER) -> u32;
    fn SSL_CIPHER_get_kx_nid(cipher: *const SSL_CIPHER) -> c_int;
    fn SSL_CIPHER_get_auth_nid(cipher: *const SSL_CIPHER) -> c_int;
    fn SSL_CIPHER_is_aead(cipher: *const SSL_CIPHER) -> c_int;

    // Sessions
    fn SSL_SESSION_dup(src: *const SSL_SESSION) -> *mut SSL_SESSION;
    fn SSL_SESSION_set1_ticket_appdata(
        session: *mut SSL_SESSION,
        data: *const c_void,
        len: usize
    ) -> c_int;
    fn SSL_SESSION_get0_ticket_appdata(
        session: *mut SSL_SESSION,
        data: *mut *mut c_void,
        len: *mut usize
    ) -> c_int;
    fn SSL_SESSION_is_resumable(session: *const SSL_SESSION) -> c_int;
    fn SSL_SESSION_has_ticket(session: *const SSL_SESSION) -> c_int;
    fn SSL_SESSION_get_ticket_lifetime_hint(session: *const SSL_SESSION) -> c_ulong;

    // Certificates
    fn X509_NAME_ENTRY_set(entry: *const X509_NAME_ENTRY) -> c_int;
    fn X509_NAME_print_ex(out: *mut BIO, name: *const X509_NAME, indent: c_int, flags: c_ulong) -> c_int;
    fn GENERAL_NAME_get0_otherName(
        name: *const GENERAL_NAME,
        oid: *mut *mut ASN1_OBJECT,
        value: *mut *mut ASN1_TYPE
    ) -> c_int;
    #[cfg(not(ossl400))]
    fn X509_get_X509_PUBKEY(x: *const X509) -> *mut X509_PUBKEY;
    #[cfg(ossl400)]
    fn X509_get_X509_PUBKEY(x: *const X509) -> *const X509_PUBKEY;
    fn i2d_X509_PUBKEY(key: *const X509_PUBKEY, out: *mut *mut c_uchar) -> c_int;
    fn ASN1_TYPE_get(value: *const ASN1_TYPE) -> c_int;
    fn X509_NAME_get0_der(name: *const X509_NAME, der: *mut *const u8, length: *mut usize) -> c_int;
    fn PEM_read_bio(
        bio: *mut BIO,
        name: *mut *mut c_char,
        header: *mut *mut c_char,
        data: *mut *mut u8,
        len: *mut c_long
    ) -> c_int;
    fn PEM_read_bio_X509_AUX(bio: *mut BIO, x: *mut *mut X509, cb: password_callback, u: *mut c_void) -> *mut X509;
    fn PEM_X509_INFO_read_bio(bio: *mut BIO, list: *mut stack_st_X509_INFO, cb: password_callback, u: *mut c_void) -> *mut stack_st_X509_INFO;
    fn X509_INFO_free(info: *mut X509_INFO);
    #[cfg(not(ossl400))]
    fn X509_check_ca(x: *mut X509) -> c_int;
    #[cfg(ossl400)]
    fn X509_check_ca(x: *const X509) -> c_int;

    #[cfg(not(ossl400))]
    fn X509_get_signature_info(x: *mut X509, digest: *mut c_int, key: *mut c_int, bits: *mut c_int, flags: *mut u32) -> c_int;
    #[cfg(ossl400)]
    fn X509_get_signature_info(x: *const X509, digest: *mut c_int, key: *mut c_int, bits: *mut c_int, flags: *mut u32) -> c_int;

    // Stores
    #[cfg(not(ossl330))]
    fn X509_STORE_lock(store: *mut X509_STORE) -> c_int;
    #[cfg(not(ossl330))]
    fn X509_STORE_unlock(store: *mut X509_STORE) -> c_int;
    #[cfg(ossl330)]
    fn X509_STORE_get1_objects(store: *mut X509_STORE) -> *mut stack_st_X509_OBJECT;
    fn X509_STORE_add_crl(store: *mut X509_STORE, crl: *mut X509_CRL) -> c_int;
    fn X509_OBJECT_get_type(object: *const X509_OBJECT) -> X509_LOOKUP_TYPE;
    fn X509_OBJECT_get0_X509_CRL(object: *const X509_OBJECT) -> *mut X509_CRL;

    // Lookups
    fn X509_STORE_set_ex_data(store: *mut X509_STORE, index: c_int, data: *mut c_void) -> c_int;
    fn X509_STORE_get_ex_data(store: *const X509_STORE, index: c_int) -> *mut c_void;
    fn X509_STORE_set_get_issuer(store: *mut X509_STORE, f: X509_STORE_CTX_get_issuer_fn);
    fn X509_STORE_set_lookup_certs(store: *mut X509_STORE, f: X509_STORE_CTX_lookup_certs_fn);
    fn X509_STORE_CTX_set_verify_cb(ctx: *mut X509_STORE_CTX, cb: X509_STORE_CTX_verify_cb);
    fn X509_STORE_CTX_get0_store(ctx: *const X509_STORE_CTX) -> *mut X509_STORE;
    #[cfg(not(ossl400))]
    fn X509_STORE_CTX_get1_issuer(issuer: *mut *mut X509, ctx: *mut X509_STORE_CTX, x: *mut X509) -> c_int;
    #[cfg(ossl400)]
    fn X509_STORE_CTX_get1_issuer(issuer: *mut *mut X509, ctx: *mut X509_STORE_CTX, x: *const X509) -> c_int;
    #[cfg(not(ossl400))]
    fn X509_STORE_CTX_get1_certs(ctx: *mut X509_STORE_CTX, name: *const X509_NAME) -> *mut stack_st_X509;
    #[cfg(ossl400)]
    fn X509_STORE_CTX_get1_certs(ctx: *const X509_STORE_CTX, name: *const X509_NAME) -> *mut stack_st_X509;

    // BIOs
    fn BIO_meth_set_gets(method: *mut BIO_METHOD, gets: gets_callback) -> c_int;

    // Verification parameters
    fn X509_VERIFY_PARAM_get0_host(param: *mut X509_VERIFY_PARAM, index: c_int) -> *mut c_char;
    fn X509_VERIFY_PARAM_get1_ip_asc(param: *mut X509_VERIFY_PARAM) -> *mut c_char;
    fn X509_STORE_CTX_get0_param(ctx: *const X509_STORE_CTX) -> *mut X509_VERIFY_PARAM;
    fn X509_VERIFY_PARAM_add1_host(param: *mut X509_VERIFY_PARAM, name: *const c_char, len: usize) -> c_int;
}

c_numbers! {
    // Controls
    SSL_CTRL_GET_TLSEXT_TICKET_KEYS: c_int = 58;
    SSL_CTRL_SET_TLSEXT_TICKET_KEYS: c_int = 59;
    SSL_CTRL_CLEAR_MODE: c_int = 78;
    SSL_CTRL_CHAIN: c_int = 88;
    SSL_CTRL_CHAIN_CERT: c_int = 89;
    SSL_CTRL_SET_GROUPS: c_int = 91;
    SSL_CTRL_SET_GROUPS_LIST: c_int = 92;
    SSL_CTRL_SET_SIGALGS_LIST: c_int = 98;
    SSL_CTRL_SET_CLIENT_SIGALGS_LIST: c_int = 102;
    #[cfg(not(ossl350))]
    SSL_CTRL_GET_PEER_SIGNATURE_NID: c_int = 108;
    SSL_CTRL_GET_EXTMS_SUPPORT: c_int = 122;
    #[cfg(not(ossl320))]
    SSL_CTRL_GET_NEGOTIATED_GROUP: c_int = 134;
    #[cfg(ossl350)]
    SSL_CTRL_GET0_IMPLEMENTED_GROUPS: c_int = 139;
    #[cfg(ossl350)]
    SSL_CTRL_GET_SIGNATURE_NAME: c_int = 140;
    #[cfg(ossl350)]
    SSL_CTRL_GET_PEER_SIGNATURE_NAME: c_int = 141;
    BIO_CTRL_RESET: c_int = 1;
    BIO_CTRL_EOF: c_int = 2;
    BIO_CTRL_INFO: c_int = 3;
    BIO_CTRL_PENDING: c_int = 10;
    BIO_C_FILE_SEEK: c_int = 128;
    BIO_C_FILE_TELL: c_int = 133;
    X509_L_ADD_STORE: c_int = 3;

    // Counters of sessions
    SSL_CTRL_SESS_CONNECT: c_int = 21;
    SSL_CTRL_SESS_CONNECT_GOOD: c_int = 22;
    SSL_CTRL_SESS_CONNECT_RENEGOTIATE: c_int = 23;
    SSL_CTRL_SESS_ACCEPT: c_int = 24;
    SSL_CTRL_SESS_ACCEPT_GOOD: c_int = 25;
    SSL_CTRL_SESS_ACCEPT_RENEGOTIATE: c_int = 26;
    SSL_CTRL_SESS_HIT: c_int = 27;
    SSL_CTRL_SESS_MISSES: c_int = 29;
    SSL_CTRL_SESS_TIMEOUTS: c_int = 30;

    // Objects
    NID_tlsfeature: c_int = 1020;
    NID_id_on_SmtpUTF8Mailbox: c_int = 1208;
    NID_XmppAddr: c_int = 1209;
    NID_SRVName: c_int = 1210;
    NID_NAIRealm: c_int = 1211;

    // Flags, states, kinds and reasons
    BIO_FLAGS_IN_EOF: c_int = 0x800;
    CRYPTO_EX_INDEX_X509_STORE: c_int = 4;
    PEM_R_NO_START_LINE: c_int = 108;
    SSL3_RT_MAX_PLAIN_LENGTH: usize = 16384;
    TLS_ST_OK: OSSL_HANDSHAKE_STATE = 1;
    V_ASN1_NEG: c_int = 0x100;
    X509_LU_X509: X509_LOOKUP_TYPE = 1;
    X509_LU_CRL: X509_LOOKUP_TYPE = 2;
    // Prints the most specific attribute of a name first, and prints ASCII with escapes.
    XN_FLAG_RFC2253: c_ulong = 0x0111_0317;
}
