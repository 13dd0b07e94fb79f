#![allow(non_upper_case_globals, reason = "Python's names")]

use std::sync::LazyLock;

use crate::constants::Protocol;

/// The version of the loaded OpenSSL, as text.
///
/// ```python
/// print(ssl.OPENSSL_VERSION)
/// ```
/// ```
/// # use pyssl as ssl;
/// println!("{}", *ssl::OPENSSL_VERSION);
/// ```
pub static OPENSSL_VERSION: LazyLock<&'static str> = LazyLock::new(openssl::version::version);

/// The version of the loaded OpenSSL, as one number: `0x30000130` is 3.0.19.
///
/// ```python
/// if ssl.OPENSSL_VERSION_NUMBER >= 0x30500000: ...
/// ```
/// ```
/// # use pyssl as ssl;
/// if *ssl::OPENSSL_VERSION_NUMBER >= 0x30500000 { /* ... */ }
/// ```
pub static OPENSSL_VERSION_NUMBER: LazyLock<i64> = LazyLock::new(openssl::version::number);

/// The version of the loaded OpenSSL in Python's five parts: major, minor, fix, patch, status.
///
/// OpenSSL 3 counts its patch releases in the fourth part: 3.0.19 is `(3, 0, 0, 19, 0)`.
///
/// ```python
/// if ssl.OPENSSL_VERSION_INFO >= (3, 5): ...
/// ```
/// ```
/// # use pyssl as ssl;
/// if *ssl::OPENSSL_VERSION_INFO >= (3, 5, 0, 0, 0) { /* ... */ }
/// ```
pub static OPENSSL_VERSION_INFO: LazyLock<(i64, i64, i64, i64, i64)> = LazyLock::new(|| {
    let number = *OPENSSL_VERSION_NUMBER;
    (
        number >> 28 & 0xff,
        number >> 20 & 0xff,
        number >> 12 & 0xff,
        number >> 4 & 0xff,
        number & 0xf,
    )
});

macro_rules! has {
    ($($(#[$doc:meta])+ $name:ident = $value:expr;)*) => {
        $(
            $(#[$doc])+
            pub const $name: bool = $value;
        )*
    };
}

has! {
    /// Whether clients can send the server's name (SNI).
    HAS_SNI = true;
    /// Whether elliptic curve Diffie-Hellman is supported.
    HAS_ECDH = true;
    /// Whether application protocols can be negotiated (ALPN).
    HAS_ALPN = true;
    /// Whether next protocol negotiation is supported: never, as in Python since 3.10. ALPN
    /// replaced it.
    HAS_NPN = false;
    /// Whether OpenSSL has SSL 2.0: never.
    HAS_SSLv2 = false;
    /// Whether OpenSSL has SSL 3.0. It does only if it was built with `enable-ssl3`.
    HAS_SSLv3 = cfg!(has_sslv3);
    /// Whether OpenSSL has TLS 1.0. The security level may still refuse it.
    HAS_TLSv1 = true;
    /// Whether OpenSSL has TLS 1.1. The security level may still refuse it.
    HAS_TLSv1_1 = true;
    /// Whether OpenSSL has TLS 1.2.
    HAS_TLSv1_2 = true;
    /// Whether OpenSSL has TLS 1.3.
    HAS_TLSv1_3 = true;
    /// Whether the host name check can ignore the subject's common name.
    HAS_NEVER_CHECK_COMMON_NAME = true;
    /// Whether pre-shared keys are supported.
    HAS_PSK = cfg!(has_psk);
    /// Whether a server can request the client's certificate after the handshake (Python 3.14).
    HAS_PHA = true;
    /// Whether pre-shared keys work with TLS 1.3 (Python 3.15).
    HAS_PSK_TLS13 = HAS_PSK && HAS_TLSv1_3;
}

/// The types of channel binding that Python supports.
/// [`get_channel_binding`](crate::SslSocket::get_channel_binding) supports more.
///
/// ```python
/// "tls-unique" in ssl.CHANNEL_BINDING_TYPES
/// ```
/// ```
/// assert!(pyssl::CHANNEL_BINDING_TYPES.contains(&"tls-unique"));
/// ```
pub const CHANNEL_BINDING_TYPES: &[&str] = &["tls-unique"];

/// The name of a protocol number, or `"<unknown>"`.
///
/// ```python
/// ssl.get_protocol_name(16)
/// ```
/// ```
/// # use pyssl as ssl;
/// assert_eq!(ssl::get_protocol_name(16), "PROTOCOL_TLS_CLIENT");
/// assert_eq!(ssl::get_protocol_name(ssl::PROTOCOL_TLSv1_2 as i32), "PROTOCOL_TLSv1_2");
/// ```
pub fn get_protocol_name(protocol_code: i32) -> &'static str {
    Protocol::try_from(protocol_code).map_or("<unknown>", Protocol::name)
}
