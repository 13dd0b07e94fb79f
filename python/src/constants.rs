//! The module's constants. `ssl.py` derives its enumerations from their prefixes.

use pyo3::prelude::*;
use pyssl as ssl;
use pyssl::TlsVersion;

use crate::certificate::{ENCODING_DER, ENCODING_PEM};

macro_rules! add {
    ($module:ident, $convert:expr; $($name:ident)*) => {
        $($module.add(stringify!($name), $convert(ssl::$name))?;)*
    };
}

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let same = |value: bool| value;
    add! { module, same;
        HAS_SNI HAS_ECDH HAS_NPN HAS_ALPN HAS_SSLv2 HAS_SSLv3 HAS_TLSv1 HAS_TLSv1_1 HAS_TLSv1_2
        HAS_TLSv1_3 HAS_PSK HAS_PHA
    }
    module.add("HAS_TLS_UNIQUE", true)?;
    add! { module, |protocol| protocol as i32;
        PROTOCOL_SSLv23 PROTOCOL_TLS PROTOCOL_TLS_CLIENT PROTOCOL_TLS_SERVER PROTOCOL_TLSv1
        PROTOCOL_TLSv1_1 PROTOCOL_TLSv1_2
    }
    add! { module, |mode| mode as i32; CERT_NONE CERT_OPTIONAL CERT_REQUIRED }
    add! { module, |number| number as i32;
        SSL_ERROR_SSL SSL_ERROR_WANT_READ SSL_ERROR_WANT_WRITE SSL_ERROR_WANT_X509_LOOKUP
        SSL_ERROR_SYSCALL SSL_ERROR_ZERO_RETURN SSL_ERROR_WANT_CONNECT SSL_ERROR_EOF
        SSL_ERROR_INVALID_ERROR_CODE
    }
    add! { module, |options: ssl::Options| options.bits();
        OP_ALL OP_NO_SSLv2 OP_NO_SSLv3 OP_NO_TLSv1 OP_NO_TLSv1_1 OP_NO_TLSv1_2 OP_NO_TLSv1_3
        OP_CIPHER_SERVER_PREFERENCE OP_SINGLE_DH_USE OP_SINGLE_ECDH_USE OP_NO_TICKET
        OP_NO_COMPRESSION OP_NO_RENEGOTIATION OP_ENABLE_MIDDLEBOX_COMPAT OP_IGNORE_UNEXPECTED_EOF
        OP_ENABLE_KTLS OP_LEGACY_SERVER_CONNECT
    }
    add! { module, |flags: ssl::VerifyFlags| flags.bits();
        VERIFY_DEFAULT VERIFY_CRL_CHECK_LEAF VERIFY_CRL_CHECK_CHAIN VERIFY_X509_STRICT
        VERIFY_ALLOW_PROXY_CERTS VERIFY_X509_TRUSTED_FIRST VERIFY_X509_PARTIAL_CHAIN
    }
    add! { module, |alert: ssl::AlertDescription| alert.0;
        ALERT_DESCRIPTION_CLOSE_NOTIFY ALERT_DESCRIPTION_UNEXPECTED_MESSAGE
        ALERT_DESCRIPTION_BAD_RECORD_MAC ALERT_DESCRIPTION_RECORD_OVERFLOW
        ALERT_DESCRIPTION_DECOMPRESSION_FAILURE ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        ALERT_DESCRIPTION_BAD_CERTIFICATE ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE
        ALERT_DESCRIPTION_CERTIFICATE_REVOKED ALERT_DESCRIPTION_CERTIFICATE_EXPIRED
        ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN ALERT_DESCRIPTION_ILLEGAL_PARAMETER
        ALERT_DESCRIPTION_UNKNOWN_CA ALERT_DESCRIPTION_ACCESS_DENIED ALERT_DESCRIPTION_DECODE_ERROR
        ALERT_DESCRIPTION_DECRYPT_ERROR ALERT_DESCRIPTION_PROTOCOL_VERSION
        ALERT_DESCRIPTION_INSUFFICIENT_SECURITY ALERT_DESCRIPTION_INTERNAL_ERROR
        ALERT_DESCRIPTION_USER_CANCELLED ALERT_DESCRIPTION_NO_RENEGOTIATION
        ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE
        ALERT_DESCRIPTION_UNRECOGNIZED_NAME ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE
        ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY
    }
    for (name, version) in [
        ("PROTO_MINIMUM_SUPPORTED", TlsVersion::MINIMUM_SUPPORTED),
        ("PROTO_MAXIMUM_SUPPORTED", TlsVersion::MAXIMUM_SUPPORTED),
        ("PROTO_SSLv3", TlsVersion::SSLv3),
        ("PROTO_TLSv1", TlsVersion::TLSv1),
        ("PROTO_TLSv1_1", TlsVersion::TLSv1_1),
        ("PROTO_TLSv1_2", TlsVersion::TLSv1_2),
        ("PROTO_TLSv1_3", TlsVersion::TLSv1_3),
    ] {
        module.add(name, version as i32)?;
    }
    // OpenSSL's `X509_CHECK_FLAG_*`, for `SslContext::set_host_flags`.
    for (name, flag) in [
        ("HOSTFLAG_ALWAYS_CHECK_SUBJECT", 0x1),
        ("HOSTFLAG_NO_WILDCARDS", 0x2),
        ("HOSTFLAG_NO_PARTIAL_WILDCARDS", 0x4),
        ("HOSTFLAG_MULTI_LABEL_WILDCARDS", 0x8),
        ("HOSTFLAG_SINGLE_LABEL_SUBDOMAINS", 0x10),
        ("HOSTFLAG_NEVER_CHECK_SUBJECT", 0x20),
    ] {
        module.add(name, flag)?;
    }
    module.add("ENCODING_PEM", ENCODING_PEM)?;
    module.add("ENCODING_DER", ENCODING_DER)?;
    module.add("OPENSSL_VERSION", *ssl::OPENSSL_VERSION)?;
    module.add("OPENSSL_VERSION_NUMBER", *ssl::OPENSSL_VERSION_NUMBER)?;
    module.add("OPENSSL_VERSION_INFO", *ssl::OPENSSL_VERSION_INFO)?;
    module.add("_OPENSSL_API_VERSION", *ssl::OPENSSL_VERSION_INFO)?;
    module.add("_ENGINE_VERSION", env!("CARGO_PKG_VERSION"))?;
    let linked = match cfg!(feature = "vendored") {
        true => "a part of this module",
        false => "the library of the system",
    };
    module.add("_ENGINE_OPENSSL", linked)?;
    // The cipher string of a new context, which `ssl.py` imports as `_DEFAULT_CIPHERS`.
    module.add(
        "_DEFAULT_CIPHERS",
        "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM",
    )
}
