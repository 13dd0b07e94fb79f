//! Every rule, made by a test of `rules.rs`.

#![allow(unused, unreachable_code, deprecated, non_snake_case, bindings_with_variant_name, clippy::all, reason = "a skeleton")]

use std::time::Duration;

use pyssl as ssl;

type AnyError = Box<dyn std::error::Error>;

/// A Python expression that is not ported yet.
fn py<T>(python: &str) -> T {
    todo!("{python}")
}

/// How the lines of a `try` are left.
enum Leave<T = ()> {
    /// By their end.
    No,
    Break,
    Continue,
    Return(T),
}

/// The error of a `try`, if it is an `E`. Other errors are passed on.
fn caught<T, E>(result: Result<T, AnyError>) -> Result<Result<T, E>, AnyError>
where
    E: std::error::Error + 'static,
{
    let error = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(error) => error,
    };
    let error: AnyError = match error.downcast::<std::io::Error>() {
        Ok(error) => Box::new(ssl::Error::from(*error)),
        Err(error) => error,
    };
    error.downcast::<E>().map(|error| Err(*error))
}

pub fn module() -> Result<(), AnyError> {
    Ok(())
}

pub fn rule_0_0(a_path: &str) -> Result<(), AnyError> {
    let x = ssl::Certificate::from_pem(std::fs::read(a_path)?)?.get_info()?;
    let y = ssl::Certificate::from_pem(std::fs::read(a_path)?)?.get_info()?;
    Ok(())
}

pub fn rule_1_0(a_cafile: &str, a_capath: &str, a_cadata: &str, a_purpose: ssl::Purpose) -> Result<(), AnyError> {
    let x = ssl::create_default_context(())?;
    let y = ssl::create_default_context(ssl::DefaultContext::new(a_purpose).cafile(a_cafile).capath(a_capath).cadata(a_cadata))?;
    Ok(())
}

pub fn rule_2_0(a_protocol: ssl::Protocol) -> Result<(), AnyError> {
    let x = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
    let y = ssl::SslContext::new(a_protocol)?;
    Ok(())
}

pub fn rule_3_0(a_protocol: ssl::Protocol, a_cert_reqs: ssl::VerifyMode, a_check_hostname: bool, a_purpose: ssl::Purpose, a_certfile: &str, a_keyfile: &str, a_cafile: &str, a_capath: &str, a_cadata: &str) -> Result<(), AnyError> {
    let x = ssl::create_unverified_context(())?;
    let y = ssl::create_unverified_context(ssl::UnverifiedContext::new().protocol(a_protocol).cert_reqs(a_cert_reqs).check_hostname(a_check_hostname).purpose(a_purpose).certfile(a_certfile).keyfile(a_keyfile).cafile(a_cafile).capath(a_capath).cadata(a_cadata))?;
    Ok(())
}

pub fn rule_3_1(a_protocol: ssl::Protocol, a_cert_reqs: ssl::VerifyMode, a_check_hostname: bool, a_purpose: ssl::Purpose, a_certfile: &str, a_keyfile: &str, a_cafile: &str, a_capath: &str, a_cadata: &str) -> Result<(), AnyError> {
    let x = ssl::create_stdlib_context(())?;
    let y = ssl::create_stdlib_context(ssl::UnverifiedContext::new().protocol(a_protocol).cert_reqs(a_cert_reqs).check_hostname(a_check_hostname).purpose(a_purpose).certfile(a_certfile).keyfile(a_keyfile).cafile(a_cafile).capath(a_capath).cadata(a_cadata))?;
    Ok(())
}

pub fn rule_4_0(a_cafile: &str, a_capath: &str, a_cadata: &str, a_purpose: ssl::Purpose) -> Result<(), AnyError> {
    let x = ssl::create_default_https_context(())?;
    let y = ssl::create_default_https_context(ssl::DefaultContext::new(a_purpose).cafile(a_cafile).capath(a_capath).cadata(a_cadata))?;
    Ok(())
}

pub fn rule_5_0(a_addr: (&str, u16), a_ssl_version: ssl::Protocol, a_ca_certs: &str, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::get_server_certificate(a_addr, ())?;
    let y = ssl::get_server_certificate(a_addr, ssl::ServerCertificate::new().ssl_version(a_ssl_version).ca_certs(a_ca_certs).timeout(Duration::from_secs_f64(a_timeout)))?;
    Ok(())
}

pub fn rule_6_0() -> Result<(), AnyError> {
    let y = ssl::get_default_verify_paths();
    Ok(())
}

pub fn rule_7_0(obj: ssl::DefaultVerifyPaths) -> Result<(), AnyError> {
    let x = obj.cafile.clone();
    let y = obj.cafile.clone();
    Ok(())
}

pub fn rule_7_1(obj: ssl::DefaultVerifyPaths) -> Result<(), AnyError> {
    let x = obj.capath.clone();
    let y = obj.capath.clone();
    Ok(())
}

pub fn rule_7_2(obj: ssl::DefaultVerifyPaths) -> Result<(), AnyError> {
    let x = obj.openssl_cafile.clone();
    let y = obj.openssl_cafile.clone();
    Ok(())
}

pub fn rule_7_3(obj: ssl::DefaultVerifyPaths) -> Result<(), AnyError> {
    let x = obj.openssl_capath.clone();
    let y = obj.openssl_capath.clone();
    Ok(())
}

pub fn rule_7_4(obj: ssl::DefaultVerifyPaths) -> Result<(), AnyError> {
    let x = obj.openssl_cafile_env.clone();
    let y = obj.openssl_cafile_env.clone();
    Ok(())
}

pub fn rule_7_5(obj: ssl::DefaultVerifyPaths) -> Result<(), AnyError> {
    let x = obj.openssl_capath_env.clone();
    let y = obj.openssl_capath_env.clone();
    Ok(())
}

pub fn rule_8_0(a_protocol_code: i32) -> Result<(), AnyError> {
    let x = ssl::get_protocol_name(a_protocol_code as i32);
    let y = ssl::get_protocol_name(a_protocol_code as i32);
    Ok(())
}

pub fn rule_9_0(a_cert_time: &str) -> Result<(), AnyError> {
    let x = ssl::cert_time_to_seconds(a_cert_time)?;
    let y = ssl::cert_time_to_seconds(a_cert_time)?;
    Ok(())
}

pub fn rule_10_0(a_der_cert_bytes: &[u8]) -> Result<(), AnyError> {
    let x = ssl::DER_cert_to_PEM_cert(&a_der_cert_bytes);
    let y = ssl::DER_cert_to_PEM_cert(&a_der_cert_bytes);
    Ok(())
}

pub fn rule_11_0(a_pem_cert_string: &str) -> Result<(), AnyError> {
    let x = ssl::PEM_cert_to_DER_cert(a_pem_cert_string)?;
    let y = ssl::PEM_cert_to_DER_cert(a_pem_cert_string)?;
    Ok(())
}

pub fn rule_12_0(a_s: &[u8], a_entropy: f64) -> Result<(), AnyError> {
    let x = ssl::RAND_add(&a_s, a_entropy);
    let y = ssl::RAND_add(&a_s, a_entropy);
    Ok(())
}

pub fn rule_13_0(a_n: usize) -> Result<(), AnyError> {
    let x = ssl::RAND_bytes(a_n)?;
    let y = ssl::RAND_bytes(a_n)?;
    Ok(())
}

pub fn rule_14_0() -> Result<(), AnyError> {
    let y = ssl::RAND_status();
    Ok(())
}

pub fn rule_15_0(a_n: usize) -> Result<(), AnyError> {
    let x = ssl::RAND_bytes(a_n)?;
    let y = ssl::RAND_bytes(a_n)?;
    Ok(())
}

pub fn rule_17_0() -> Result<(), AnyError> {
    let y = ssl::get_sigalgs()?;
    Ok(())
}

pub fn rule_19_0(a_hostname: &str) -> Result<(), AnyError> {
    let x = ssl::WrapSocket::new().server_hostname(a_hostname);
    let y = ssl::WrapSocket::new().server_hostname(a_hostname);
    Ok(())
}

pub fn rule_20_0(a_sock: std::net::TcpStream, a_ssl_version: ssl::Protocol, a_cert_reqs: ssl::VerifyMode, a_certfile: &str, a_keyfile: &str, a_ca_certs: &str, a_server_side: bool, a_do_handshake_on_connect: bool, a_suppress_ragged_eofs: bool) -> Result<(), AnyError> {
    let x = ssl::create_unverified_context(ssl::UnverifiedContext::new())?.wrap_socket(&a_sock, ())?;
    let y = ssl::create_unverified_context(ssl::UnverifiedContext::new().protocol(a_ssl_version).cert_reqs(a_cert_reqs).certfile(a_certfile).keyfile(a_keyfile).cafile(a_ca_certs))?.wrap_socket(&a_sock, ssl::WrapSocket::new().server_side(a_server_side).do_handshake_on_connect(a_do_handshake_on_connect).suppress_ragged_eofs(a_suppress_ragged_eofs))?;
    Ok(())
}

pub fn rule_21_0() -> Result<(), AnyError> {
    let x = ssl::HAS_SNI;
    let y = ssl::HAS_SNI;
    Ok(())
}

pub fn rule_21_1() -> Result<(), AnyError> {
    let x = ssl::HAS_ECDH;
    let y = ssl::HAS_ECDH;
    Ok(())
}

pub fn rule_21_2() -> Result<(), AnyError> {
    let x = ssl::HAS_NPN;
    let y = ssl::HAS_NPN;
    Ok(())
}

pub fn rule_21_3() -> Result<(), AnyError> {
    let x = ssl::HAS_ALPN;
    let y = ssl::HAS_ALPN;
    Ok(())
}

pub fn rule_21_4() -> Result<(), AnyError> {
    let x = ssl::HAS_SSLv2;
    let y = ssl::HAS_SSLv2;
    Ok(())
}

pub fn rule_21_5() -> Result<(), AnyError> {
    let x = ssl::HAS_SSLv3;
    let y = ssl::HAS_SSLv3;
    Ok(())
}

pub fn rule_21_6() -> Result<(), AnyError> {
    let x = ssl::HAS_TLSv1;
    let y = ssl::HAS_TLSv1;
    Ok(())
}

pub fn rule_21_7() -> Result<(), AnyError> {
    let x = ssl::HAS_TLSv1_1;
    let y = ssl::HAS_TLSv1_1;
    Ok(())
}

pub fn rule_21_8() -> Result<(), AnyError> {
    let x = ssl::HAS_TLSv1_2;
    let y = ssl::HAS_TLSv1_2;
    Ok(())
}

pub fn rule_21_9() -> Result<(), AnyError> {
    let x = ssl::HAS_TLSv1_3;
    let y = ssl::HAS_TLSv1_3;
    Ok(())
}

pub fn rule_21_10() -> Result<(), AnyError> {
    let x = ssl::HAS_NEVER_CHECK_COMMON_NAME;
    let y = ssl::HAS_NEVER_CHECK_COMMON_NAME;
    Ok(())
}

pub fn rule_21_11() -> Result<(), AnyError> {
    let x = ssl::HAS_PSK;
    let y = ssl::HAS_PSK;
    Ok(())
}

pub fn rule_21_12() -> Result<(), AnyError> {
    let x = ssl::HAS_PHA;
    let y = ssl::HAS_PHA;
    Ok(())
}

pub fn rule_21_13() -> Result<(), AnyError> {
    let x = ssl::HAS_PSK_TLS13;
    let y = ssl::HAS_PSK_TLS13;
    Ok(())
}

pub fn rule_21_14() -> Result<(), AnyError> {
    let x = ssl::PEM_HEADER;
    let y = ssl::PEM_HEADER;
    Ok(())
}

pub fn rule_21_15() -> Result<(), AnyError> {
    let x = ssl::PEM_FOOTER;
    let y = ssl::PEM_FOOTER;
    Ok(())
}

pub fn rule_21_16() -> Result<(), AnyError> {
    let x = ssl::CHANNEL_BINDING_TYPES;
    let y = ssl::CHANNEL_BINDING_TYPES;
    Ok(())
}

pub fn rule_22_0() -> Result<(), AnyError> {
    let x = *ssl::OPENSSL_VERSION;
    let y = *ssl::OPENSSL_VERSION;
    Ok(())
}

pub fn rule_22_1() -> Result<(), AnyError> {
    let x = *ssl::OPENSSL_VERSION_INFO;
    let y = *ssl::OPENSSL_VERSION_INFO;
    Ok(())
}

pub fn rule_22_2() -> Result<(), AnyError> {
    let x = *ssl::OPENSSL_VERSION_NUMBER;
    let y = *ssl::OPENSSL_VERSION_NUMBER;
    Ok(())
}

pub fn rule_23_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS_CLIENT;
    let y = ssl::PROTOCOL_TLS_CLIENT;
    Ok(())
}

pub fn rule_23_1() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS_SERVER;
    let y = ssl::PROTOCOL_TLS_SERVER;
    Ok(())
}

pub fn rule_24_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS;
    let y = ssl::PROTOCOL_TLS;
    Ok(())
}

pub fn rule_24_1() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_SSLv23;
    let y = ssl::PROTOCOL_SSLv23;
    Ok(())
}

pub fn rule_25_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLSv1;
    let y = ssl::PROTOCOL_TLSv1;
    Ok(())
}

pub fn rule_25_1() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLSv1_1;
    let y = ssl::PROTOCOL_TLSv1_1;
    Ok(())
}

pub fn rule_26_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLSv1_2;
    let y = ssl::PROTOCOL_TLSv1_2;
    Ok(())
}

pub fn rule_28_0() -> Result<(), AnyError> {
    let x = ssl::CERT_NONE;
    let y = ssl::CERT_NONE;
    Ok(())
}

pub fn rule_28_1() -> Result<(), AnyError> {
    let x = ssl::CERT_OPTIONAL;
    let y = ssl::CERT_OPTIONAL;
    Ok(())
}

pub fn rule_28_2() -> Result<(), AnyError> {
    let x = ssl::CERT_REQUIRED;
    let y = ssl::CERT_REQUIRED;
    Ok(())
}

pub fn rule_28_3() -> Result<(), AnyError> {
    let x = ssl::CERT_NONE;
    let y = ssl::CERT_NONE;
    Ok(())
}

pub fn rule_28_4() -> Result<(), AnyError> {
    let x = ssl::CERT_OPTIONAL;
    let y = ssl::CERT_OPTIONAL;
    Ok(())
}

pub fn rule_28_5() -> Result<(), AnyError> {
    let x = ssl::CERT_REQUIRED;
    let y = ssl::CERT_REQUIRED;
    Ok(())
}

pub fn rule_29_0() -> Result<(), AnyError> {
    let x = ssl::VERIFY_DEFAULT;
    let y = ssl::VERIFY_DEFAULT;
    Ok(())
}

pub fn rule_29_1() -> Result<(), AnyError> {
    let x = ssl::VERIFY_CRL_CHECK_LEAF;
    let y = ssl::VERIFY_CRL_CHECK_LEAF;
    Ok(())
}

pub fn rule_29_2() -> Result<(), AnyError> {
    let x = ssl::VERIFY_CRL_CHECK_CHAIN;
    let y = ssl::VERIFY_CRL_CHECK_CHAIN;
    Ok(())
}

pub fn rule_29_3() -> Result<(), AnyError> {
    let x = ssl::VERIFY_X509_STRICT;
    let y = ssl::VERIFY_X509_STRICT;
    Ok(())
}

pub fn rule_29_4() -> Result<(), AnyError> {
    let x = ssl::VERIFY_ALLOW_PROXY_CERTS;
    let y = ssl::VERIFY_ALLOW_PROXY_CERTS;
    Ok(())
}

pub fn rule_29_5() -> Result<(), AnyError> {
    let x = ssl::VERIFY_X509_TRUSTED_FIRST;
    let y = ssl::VERIFY_X509_TRUSTED_FIRST;
    Ok(())
}

pub fn rule_29_6() -> Result<(), AnyError> {
    let x = ssl::VERIFY_X509_PARTIAL_CHAIN;
    let y = ssl::VERIFY_X509_PARTIAL_CHAIN;
    Ok(())
}

pub fn rule_29_7() -> Result<(), AnyError> {
    let x = ssl::VERIFY_DEFAULT;
    let y = ssl::VERIFY_DEFAULT;
    Ok(())
}

pub fn rule_29_8() -> Result<(), AnyError> {
    let x = ssl::VERIFY_CRL_CHECK_LEAF;
    let y = ssl::VERIFY_CRL_CHECK_LEAF;
    Ok(())
}

pub fn rule_29_9() -> Result<(), AnyError> {
    let x = ssl::VERIFY_CRL_CHECK_CHAIN;
    let y = ssl::VERIFY_CRL_CHECK_CHAIN;
    Ok(())
}

pub fn rule_29_10() -> Result<(), AnyError> {
    let x = ssl::VERIFY_X509_STRICT;
    let y = ssl::VERIFY_X509_STRICT;
    Ok(())
}

pub fn rule_29_11() -> Result<(), AnyError> {
    let x = ssl::VERIFY_ALLOW_PROXY_CERTS;
    let y = ssl::VERIFY_ALLOW_PROXY_CERTS;
    Ok(())
}

pub fn rule_29_12() -> Result<(), AnyError> {
    let x = ssl::VERIFY_X509_TRUSTED_FIRST;
    let y = ssl::VERIFY_X509_TRUSTED_FIRST;
    Ok(())
}

pub fn rule_29_13() -> Result<(), AnyError> {
    let x = ssl::VERIFY_X509_PARTIAL_CHAIN;
    let y = ssl::VERIFY_X509_PARTIAL_CHAIN;
    Ok(())
}

pub fn rule_30_0() -> Result<(), AnyError> {
    let x = ssl::OP_ALL;
    let y = ssl::OP_ALL;
    Ok(())
}

pub fn rule_30_1() -> Result<(), AnyError> {
    let x = ssl::OP_NO_RENEGOTIATION;
    let y = ssl::OP_NO_RENEGOTIATION;
    Ok(())
}

pub fn rule_30_2() -> Result<(), AnyError> {
    let x = ssl::OP_CIPHER_SERVER_PREFERENCE;
    let y = ssl::OP_CIPHER_SERVER_PREFERENCE;
    Ok(())
}

pub fn rule_30_3() -> Result<(), AnyError> {
    let x = ssl::OP_SINGLE_DH_USE;
    let y = ssl::OP_SINGLE_DH_USE;
    Ok(())
}

pub fn rule_30_4() -> Result<(), AnyError> {
    let x = ssl::OP_SINGLE_ECDH_USE;
    let y = ssl::OP_SINGLE_ECDH_USE;
    Ok(())
}

pub fn rule_30_5() -> Result<(), AnyError> {
    let x = ssl::OP_ENABLE_MIDDLEBOX_COMPAT;
    let y = ssl::OP_ENABLE_MIDDLEBOX_COMPAT;
    Ok(())
}

pub fn rule_30_6() -> Result<(), AnyError> {
    let x = ssl::OP_NO_COMPRESSION;
    let y = ssl::OP_NO_COMPRESSION;
    Ok(())
}

pub fn rule_30_7() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TICKET;
    let y = ssl::OP_NO_TICKET;
    Ok(())
}

pub fn rule_30_8() -> Result<(), AnyError> {
    let x = ssl::OP_IGNORE_UNEXPECTED_EOF;
    let y = ssl::OP_IGNORE_UNEXPECTED_EOF;
    Ok(())
}

pub fn rule_30_9() -> Result<(), AnyError> {
    let x = ssl::OP_ENABLE_KTLS;
    let y = ssl::OP_ENABLE_KTLS;
    Ok(())
}

pub fn rule_30_10() -> Result<(), AnyError> {
    let x = ssl::OP_ALL;
    let y = ssl::OP_ALL;
    Ok(())
}

pub fn rule_30_11() -> Result<(), AnyError> {
    let x = ssl::OP_NO_RENEGOTIATION;
    let y = ssl::OP_NO_RENEGOTIATION;
    Ok(())
}

pub fn rule_30_12() -> Result<(), AnyError> {
    let x = ssl::OP_CIPHER_SERVER_PREFERENCE;
    let y = ssl::OP_CIPHER_SERVER_PREFERENCE;
    Ok(())
}

pub fn rule_30_13() -> Result<(), AnyError> {
    let x = ssl::OP_SINGLE_DH_USE;
    let y = ssl::OP_SINGLE_DH_USE;
    Ok(())
}

pub fn rule_30_14() -> Result<(), AnyError> {
    let x = ssl::OP_SINGLE_ECDH_USE;
    let y = ssl::OP_SINGLE_ECDH_USE;
    Ok(())
}

pub fn rule_30_15() -> Result<(), AnyError> {
    let x = ssl::OP_ENABLE_MIDDLEBOX_COMPAT;
    let y = ssl::OP_ENABLE_MIDDLEBOX_COMPAT;
    Ok(())
}

pub fn rule_30_16() -> Result<(), AnyError> {
    let x = ssl::OP_NO_COMPRESSION;
    let y = ssl::OP_NO_COMPRESSION;
    Ok(())
}

pub fn rule_30_17() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TICKET;
    let y = ssl::OP_NO_TICKET;
    Ok(())
}

pub fn rule_30_18() -> Result<(), AnyError> {
    let x = ssl::OP_IGNORE_UNEXPECTED_EOF;
    let y = ssl::OP_IGNORE_UNEXPECTED_EOF;
    Ok(())
}

pub fn rule_30_19() -> Result<(), AnyError> {
    let x = ssl::OP_ENABLE_KTLS;
    let y = ssl::OP_ENABLE_KTLS;
    Ok(())
}

pub fn rule_31_0() -> Result<(), AnyError> {
    let x = ssl::OP_NO_SSLv2;
    let y = ssl::OP_NO_SSLv2;
    Ok(())
}

pub fn rule_31_1() -> Result<(), AnyError> {
    let x = ssl::OP_NO_SSLv3;
    let y = ssl::OP_NO_SSLv3;
    Ok(())
}

pub fn rule_31_2() -> Result<(), AnyError> {
    let x = ssl::OP_NO_SSLv2;
    let y = ssl::OP_NO_SSLv2;
    Ok(())
}

pub fn rule_31_3() -> Result<(), AnyError> {
    let x = ssl::OP_NO_SSLv3;
    let y = ssl::OP_NO_SSLv3;
    Ok(())
}

pub fn rule_32_0() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1;
    let y = ssl::OP_NO_TLSv1;
    Ok(())
}

pub fn rule_32_1() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_1;
    let y = ssl::OP_NO_TLSv1_1;
    Ok(())
}

pub fn rule_32_2() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_2;
    let y = ssl::OP_NO_TLSv1_2;
    Ok(())
}

pub fn rule_32_3() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_3;
    let y = ssl::OP_NO_TLSv1_3;
    Ok(())
}

pub fn rule_32_4() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1;
    let y = ssl::OP_NO_TLSv1;
    Ok(())
}

pub fn rule_32_5() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_1;
    let y = ssl::OP_NO_TLSv1_1;
    Ok(())
}

pub fn rule_32_6() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_2;
    let y = ssl::OP_NO_TLSv1_2;
    Ok(())
}

pub fn rule_32_7() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_3;
    let y = ssl::OP_NO_TLSv1_3;
    Ok(())
}

pub fn rule_33_0() -> Result<(), AnyError> {
    let x = ssl::OP_LEGACY_SERVER_CONNECT;
    let y = ssl::OP_LEGACY_SERVER_CONNECT;
    Ok(())
}

pub fn rule_33_1() -> Result<(), AnyError> {
    let x = ssl::OP_LEGACY_SERVER_CONNECT;
    let y = ssl::OP_LEGACY_SERVER_CONNECT;
    Ok(())
}

pub fn rule_34_0() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::MINIMUM_SUPPORTED;
    let y = ssl::TlsVersion::MINIMUM_SUPPORTED;
    Ok(())
}

pub fn rule_34_1() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_2;
    let y = ssl::TlsVersion::TLSv1_2;
    Ok(())
}

pub fn rule_34_2() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_3;
    let y = ssl::TlsVersion::TLSv1_3;
    Ok(())
}

pub fn rule_34_3() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::MAXIMUM_SUPPORTED;
    let y = ssl::TlsVersion::MAXIMUM_SUPPORTED;
    Ok(())
}

pub fn rule_35_0() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::SSLv3;
    let y = ssl::TlsVersion::SSLv3;
    Ok(())
}

pub fn rule_35_1() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1;
    let y = ssl::TlsVersion::TLSv1;
    Ok(())
}

pub fn rule_35_2() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_1;
    let y = ssl::TlsVersion::TLSv1_1;
    Ok(())
}

pub fn rule_36_0() -> Result<(), AnyError> {
    let x = ssl::Purpose::SERVER_AUTH;
    let y = ssl::Purpose::SERVER_AUTH;
    Ok(())
}

pub fn rule_36_1() -> Result<(), AnyError> {
    let x = ssl::Purpose::CLIENT_AUTH;
    let y = ssl::Purpose::CLIENT_AUTH;
    Ok(())
}

pub fn rule_37_0(obj: ssl::Purpose) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::from(obj).oid.clone();
    let y = ssl::Asn1Object::from(obj).oid.clone();
    Ok(())
}

pub fn rule_37_1(obj: ssl::Purpose) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::from(obj).nid.clone();
    let y = ssl::Asn1Object::from(obj).nid.clone();
    Ok(())
}

pub fn rule_37_2(obj: ssl::Purpose) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::from(obj).shortname.clone();
    let y = ssl::Asn1Object::from(obj).shortname.clone();
    Ok(())
}

pub fn rule_37_3(obj: ssl::Purpose) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::from(obj).longname.clone();
    let y = ssl::Asn1Object::from(obj).longname.clone();
    Ok(())
}

pub fn rule_38_0(obj: ssl::Asn1Object) -> Result<(), AnyError> {
    let x = obj.oid.clone();
    let y = obj.oid.clone();
    Ok(())
}

pub fn rule_38_1(obj: ssl::Asn1Object) -> Result<(), AnyError> {
    let x = obj.nid.clone();
    let y = obj.nid.clone();
    Ok(())
}

pub fn rule_38_2(obj: ssl::Asn1Object) -> Result<(), AnyError> {
    let x = obj.shortname.clone();
    let y = obj.shortname.clone();
    Ok(())
}

pub fn rule_38_3(obj: ssl::Asn1Object) -> Result<(), AnyError> {
    let x = obj.longname.clone();
    let y = obj.longname.clone();
    Ok(())
}

pub fn rule_39_0(a_oid: &str) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::new(a_oid)?;
    let y = ssl::Asn1Object::new(a_oid)?;
    Ok(())
}

pub fn rule_40_0(a_name: &str) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::fromname(a_name)?;
    let y = ssl::Asn1Object::fromname(a_name)?;
    Ok(())
}

pub fn rule_41_0(a_nid: i32) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::fromnid(a_nid)?;
    let y = ssl::Asn1Object::fromnid(a_nid)?;
    Ok(())
}

pub fn rule_42_0(obj: ssl::SslContext, a_certfile: &str, a_keyfile: &str, a_password: &str) -> Result<(), AnyError> {
    let x = obj.load_cert_chain(a_certfile)?;
    let y = obj.load_cert_chain(ssl::CertChain::new(a_certfile).keyfile(a_keyfile).password(a_password))?;
    Ok(())
}

pub fn rule_43_0(obj: ssl::SslContext, a_cafile: &str, a_capath: &str, a_cadata: &str) -> Result<(), AnyError> {
    let x = obj.load_verify_locations(ssl::VerifyLocations::new())?;
    let y = obj.load_verify_locations(ssl::VerifyLocations::new().cafile(a_cafile).capath(a_capath).cadata(a_cadata))?;
    let z = obj.load_verify_locations(a_cafile)?;
    Ok(())
}

pub fn rule_44_0(obj: ssl::SslContext, a_purpose: ssl::Purpose) -> Result<(), AnyError> {
    let x = obj.load_default_certs(ssl::Purpose::SERVER_AUTH)?;
    let y = obj.load_default_certs(a_purpose)?;
    Ok(())
}

pub fn rule_45_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let y = obj.set_default_verify_paths()?;
    Ok(())
}

pub fn rule_46_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.get_ca_certs();
    let y = obj.get_ca_certs();
    Ok(())
}

pub fn rule_47_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let y = obj.cert_store_stats();
    Ok(())
}

pub fn rule_47_1(obj: ssl::SslContext) -> Result<(), AnyError> {
    let y = obj.session_stats();
    Ok(())
}

pub fn rule_48_0(obj: ssl::SslContext, value: bool) -> Result<(), AnyError> {
    let x = obj.check_hostname();
    let y = obj.check_hostname();
    obj.set_check_hostname(value)?;
    Ok(())
}

pub fn rule_49_0(obj: ssl::SslContext, value: ssl::VerifyMode) -> Result<(), AnyError> {
    let x = obj.verify_mode();
    let y = obj.verify_mode();
    obj.set_verify_mode(value)?;
    Ok(())
}

pub fn rule_50_0(obj: ssl::SslContext, value: ssl::VerifyFlags) -> Result<(), AnyError> {
    let x = obj.verify_flags();
    let y = obj.verify_flags();
    obj.set_verify_flags(value)?;
    Ok(())
}

pub fn rule_51_0(obj: ssl::SslContext, value: ssl::Options) -> Result<(), AnyError> {
    let x = obj.options();
    let y = obj.options();
    obj.set_options(value)?;
    Ok(())
}

pub fn rule_52_0(obj: ssl::SslContext, value: ssl::TlsVersion) -> Result<(), AnyError> {
    let x = obj.minimum_version();
    let y = obj.minimum_version();
    obj.set_minimum_version(value)?;
    Ok(())
}

pub fn rule_52_1(obj: ssl::SslContext, value: ssl::TlsVersion) -> Result<(), AnyError> {
    let x = obj.maximum_version();
    let y = obj.maximum_version();
    obj.set_maximum_version(value)?;
    Ok(())
}

pub fn rule_53_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.protocol();
    let y = obj.protocol();
    Ok(())
}

pub fn rule_53_1(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.security_level();
    let y = obj.security_level();
    Ok(())
}

pub fn rule_54_0(obj: ssl::SslContext, value: usize) -> Result<(), AnyError> {
    let x = obj.num_tickets();
    let y = obj.num_tickets();
    obj.set_num_tickets(value)?;
    Ok(())
}

pub fn rule_55_0(obj: ssl::SslContext, value: bool) -> Result<(), AnyError> {
    let x = obj.post_handshake_auth();
    let y = obj.post_handshake_auth();
    obj.set_post_handshake_auth(value)?;
    Ok(())
}

pub fn rule_55_1(obj: ssl::SslContext, value: bool) -> Result<(), AnyError> {
    let x = obj.hostname_checks_common_name();
    let y = obj.hostname_checks_common_name();
    obj.set_hostname_checks_common_name(value)?;
    Ok(())
}

pub fn rule_56_0(obj: ssl::SslContext, value: &str) -> Result<(), AnyError> {
    let x = obj.keylog_filename();
    let y = obj.keylog_filename();
    obj.set_keylog_filename(value)?;
    obj.set_keylog_filename(None::<&str>)?;
    Ok(())
}

pub fn rule_57_0(obj: ssl::SslContext, value: u32) -> Result<(), AnyError> {
    let x = obj.host_flags();
    let y = obj.host_flags();
    obj.set_host_flags(value)?;
    Ok(())
}

pub fn rule_58_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.message_callback().is_some();
    let y = obj.message_callback().is_some();
    obj.set_message_callback(|message| { /* value */ Ok(()) })?;
    obj.clear_message_callback()?;
    Ok(())
}

pub fn rule_60_0(obj: ssl::SslContext, a_cipherlist: &str) -> Result<(), AnyError> {
    let x = obj.set_ciphers(a_cipherlist)?;
    let y = obj.set_ciphers(a_cipherlist)?;
    Ok(())
}

pub fn rule_61_0(obj: ssl::SslContext, a_list: &str) -> Result<(), AnyError> {
    let x = obj.set_ciphersuites(a_list)?;
    let y = obj.set_ciphersuites(a_list)?;
    Ok(())
}

pub fn rule_61_1(obj: ssl::SslContext, a_list: &str) -> Result<(), AnyError> {
    let x = obj.set_groups(a_list)?;
    let y = obj.set_groups(a_list)?;
    Ok(())
}

pub fn rule_61_2(obj: ssl::SslContext, a_list: &str) -> Result<(), AnyError> {
    let x = obj.set_client_sigalgs(a_list)?;
    let y = obj.set_client_sigalgs(a_list)?;
    Ok(())
}

pub fn rule_61_3(obj: ssl::SslContext, a_list: &str) -> Result<(), AnyError> {
    let x = obj.set_server_sigalgs(a_list)?;
    let y = obj.set_server_sigalgs(a_list)?;
    Ok(())
}

pub fn rule_61_4(obj: ssl::SslContext, a_list: &str) -> Result<(), AnyError> {
    let x = obj.set_ecdh_curve(a_list)?;
    let y = obj.set_ecdh_curve(a_list)?;
    Ok(())
}

pub fn rule_62_0(obj: ssl::SslContext, a_path: &str) -> Result<(), AnyError> {
    let x = obj.load_dh_params(a_path)?;
    let y = obj.load_dh_params(a_path)?;
    Ok(())
}

pub fn rule_63_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let y = obj.get_ciphers()?;
    Ok(())
}

pub fn rule_64_0(obj: ssl::SslContext, a_include_aliases: bool) -> Result<(), AnyError> {
    let x = obj.get_groups(false)?;
    let y = obj.get_groups(a_include_aliases)?;
    Ok(())
}

pub fn rule_65_0(obj: ssl::SslContext, a_alpn_protocols: &[&str]) -> Result<(), AnyError> {
    let x = obj.set_alpn_protocols(a_alpn_protocols)?;
    let y = obj.set_alpn_protocols(a_alpn_protocols)?;
    Ok(())
}

pub fn rule_66_0(obj: ssl::SslContext, a_npn_protocols: &[&str]) -> Result<(), AnyError> {
    let x = obj.set_alpn_protocols(a_npn_protocols)?;
    let y = obj.set_alpn_protocols(a_npn_protocols)?;
    Ok(())
}

pub fn rule_67_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.sni_callback().is_some();
    let y = obj.sni_callback().is_some();
    obj.set_sni_callback(|request| { /* value */ Ok(ssl::SniAction::Continue) })?;
    obj.clear_sni_callback()?;
    Ok(())
}

pub fn rule_68_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.set_servername_callback(|request| { /* a_server_name_callback */ Ok(ssl::SniAction::Continue) })?;
    let y = obj.set_servername_callback(|request| { /* a_server_name_callback */ Ok(ssl::SniAction::Continue) })?;
    let z = obj.clear_sni_callback()?;
    Ok(())
}

pub fn rule_69_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.set_psk_client_callback(|hint| { /* a_callback */ Err::<(&str, Vec<u8>), _>("not ported".into()) })?;
    let y = obj.set_psk_client_callback(|hint| { /* a_callback */ Err::<(&str, Vec<u8>), _>("not ported".into()) })?;
    let z = obj.clear_psk_client_callback()?;
    Ok(())
}

pub fn rule_70_0(obj: ssl::SslContext, a_identity_hint: &str) -> Result<(), AnyError> {
    let x = obj.set_psk_server_callback(|identity| { /* a_callback */ Err::<Vec<u8>, _>("not ported".into()) }, None)?;
    let y = obj.set_psk_server_callback(|identity| { /* a_callback */ Err::<Vec<u8>, _>("not ported".into()) }, Some(a_identity_hint))?;
    let z = obj.clear_psk_server_callback()?;
    Ok(())
}

pub fn rule_72_0(a_protocol: ssl::Protocol) -> Result<(), AnyError> {
    let x = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
    let y = ssl::SslContext::new(a_protocol)?;
    Ok(())
}

pub fn rule_72_1(a_protocol: ssl::Protocol) -> Result<(), AnyError> {
    let x = ssl::SslContext::new(ssl::PROTOCOL_TLS)?;
    let y = ssl::SslContext::new(a_protocol)?;
    Ok(())
}

pub fn rule_73_0(obj: ssl::SslContext, a_sock: std::net::TcpStream, a_server_side: bool, a_do_handshake_on_connect: bool, a_suppress_ragged_eofs: bool, a_server_hostname: &str, a_session: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.wrap_socket(&a_sock, ())?;
    let y = obj.wrap_socket(&a_sock, ssl::WrapSocket::new().server_side(a_server_side).do_handshake_on_connect(a_do_handshake_on_connect).suppress_ragged_eofs(a_suppress_ragged_eofs).server_hostname(a_server_hostname).session(a_session.clone()))?;
    let z = obj.wrap_socket(&a_sock, a_server_hostname)?;
    Ok(())
}

pub fn rule_74_0(obj: ssl::SslContext, a_incoming: ssl::MemoryBio, a_outgoing: ssl::MemoryBio, a_server_side: bool, a_server_hostname: &str, a_session: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.wrap_bio(&a_incoming, &a_outgoing, ())?;
    let y = obj.wrap_bio(&a_incoming, &a_outgoing, ssl::WrapBio::new().server_side(a_server_side).server_hostname(a_server_hostname).session(a_session.clone()))?;
    let z = obj.wrap_bio(&a_incoming, &a_outgoing, a_server_hostname)?;
    Ok(())
}

pub fn rule_75_0(obj: ssl::SslSocket, a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.connect(a_address)?;
    let y = obj.connect(a_address)?;
    let z = obj.connect(std::path::Path::new("text"))?;
    Ok(())
}

pub fn rule_76_0(obj: ssl::SslSocket, a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.connect_ex(a_address)?;
    let y = obj.connect_ex(a_address)?;
    Ok(())
}

pub fn rule_77_0(obj: ssl::SslSocket, a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.bind(a_address)?;
    let y = obj.bind(a_address)?;
    let z = obj.bind(std::path::Path::new("text"))?;
    Ok(())
}

pub fn rule_78_0(obj: ssl::SslSocket, a_backlog: i32) -> Result<(), AnyError> {
    let x = obj.listen(128)?;
    let y = obj.listen(a_backlog)?;
    Ok(())
}

pub fn rule_79_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.accept()?;
    Ok(())
}

pub fn rule_80_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.do_handshake()?;
    let y = obj.do_handshake()?;
    Ok(())
}

pub fn rule_81_0(obj: ssl::SslSocket, a_buflen: usize) -> Result<(), AnyError> {
    let x = obj.recv(1024)?;
    let y = obj.recv(a_buflen)?;
    Ok(())
}

pub fn rule_82_0(obj: ssl::SslSocket, a_buffer: &mut [u8]) -> Result<(), AnyError> {
    let x = obj.recv_into(a_buffer)?;
    let y = obj.recv_into(a_buffer)?;
    Ok(())
}

pub fn rule_83_0(obj: ssl::SslSocket, a_buffer: &mut [u8]) -> Result<(), AnyError> {
    let x = obj.read(1024)?;
    let y = obj.recv_into(a_buffer)?;
    let z = obj.recv_into(a_buffer)?;
    Ok(())
}

pub fn rule_84_0(obj: ssl::SslSocket, a_data: &[u8]) -> Result<(), AnyError> {
    let x = obj.send(&a_data)?;
    let y = obj.send(&a_data)?;
    Ok(())
}

pub fn rule_84_1(obj: ssl::SslSocket, a_data: &[u8]) -> Result<(), AnyError> {
    let x = obj.sendall(&a_data)?;
    let y = obj.sendall(&a_data)?;
    Ok(())
}

pub fn rule_84_2(obj: ssl::SslSocket, a_data: &[u8]) -> Result<(), AnyError> {
    let x = obj.write(&a_data)?;
    let y = obj.write(&a_data)?;
    Ok(())
}

pub fn rule_85_0(obj: ssl::SslSocket, a_buflen: usize) -> Result<(), AnyError> {
    let x = obj.recvfrom(1024)?;
    let y = obj.recvfrom(a_buflen)?;
    Ok(())
}

pub fn rule_86_0(obj: ssl::SslSocket, a_buffer: &mut [u8]) -> Result<(), AnyError> {
    let x = obj.recvfrom_into(a_buffer)?;
    let y = obj.recvfrom_into(a_buffer)?;
    Ok(())
}

pub fn rule_87_0(obj: ssl::SslSocket, a_data: &[u8], a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.sendto(&a_data, a_address)?;
    let y = obj.sendto(&a_data, a_address)?;
    Ok(())
}

pub fn rule_89_0(obj: ssl::SslSocket, a_file: std::fs::File, a_offset: u64, a_count: u64) -> Result<(), AnyError> {
    let x = obj.sendfile(&a_file, 0, None)?;
    let y = obj.sendfile(&a_file, a_offset, Some(a_count))?;
    Ok(())
}

pub fn rule_90_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.pending();
    Ok(())
}

pub fn rule_90_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.close();
    Ok(())
}

pub fn rule_90_2(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.fileno();
    Ok(())
}

pub fn rule_90_3(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.gettimeout();
    Ok(())
}

pub fn rule_90_4(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.getblocking();
    Ok(())
}

pub fn rule_91_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    obj.unwrap()?;
    Ok(())
}

pub fn rule_92_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.shutdown(std::net::Shutdown::Write)?;
    let y = obj.shutdown(std::net::Shutdown::Write)?;
    Ok(())
}

pub fn rule_93_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.detach()?;
    Ok(())
}

pub fn rule_94_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    std::io::BufReader::new(&obj);
    std::io::BufReader::new(&obj);
    Ok(())
}

pub fn rule_95_0(obj: ssl::SslSocket, a_value: f64) -> Result<(), AnyError> {
    let x = obj.settimeout(Duration::from_secs_f64(a_value))?;
    let y = obj.settimeout(Duration::from_secs_f64(a_value))?;
    let z = obj.settimeout(None)?;
    Ok(())
}

pub fn rule_96_0(obj: ssl::SslSocket, a_flag: bool) -> Result<(), AnyError> {
    let x = obj.setblocking(a_flag)?;
    let y = obj.setblocking(a_flag)?;
    Ok(())
}

pub fn rule_96_1(obj: ssl::SslSocket, a_flag: bool) -> Result<(), AnyError> {
    let x = obj.set_inheritable(a_flag)?;
    let y = obj.set_inheritable(a_flag)?;
    Ok(())
}

pub fn rule_97_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.getpeername()?;
    Ok(())
}

pub fn rule_97_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.getsockname()?;
    Ok(())
}

pub fn rule_97_2(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.get_inheritable()?;
    Ok(())
}

pub fn rule_98_0() -> Result<(), AnyError> {
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_reuse_address(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_tcp_nodelay(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_keepalive(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_broadcast(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_only_v6(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_recv_buffer_size(py::<usize>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).set_send_buffer_size(py::<usize>("value"))?;
    Ok(())
}

pub fn rule_99_0() -> Result<(), AnyError> {
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).take_error()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).r#type()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).reuse_address()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).tcp_nodelay()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).keepalive()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).broadcast()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).recv_buffer_size()?;
    let z = ssl::socket2::SockRef::from(&py::<ssl::SslSocket>("ssl.SSLSocket")).send_buffer_size()?;
    Ok(())
}

pub fn rule_100_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.timeout();
    let y = obj.timeout();
    Ok(())
}

pub fn rule_101_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.family()?;
    let y = obj.family()?;
    Ok(())
}

pub fn rule_101_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.proto()?;
    let y = obj.proto()?;
    Ok(())
}

pub fn rule_102_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.r#type()?;
    let y = obj.r#type()?;
    Ok(())
}

pub fn rule_103_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.server_side();
    let y = obj.server_side();
    Ok(())
}

pub fn rule_103_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.server_hostname();
    let y = obj.server_hostname();
    Ok(())
}

pub fn rule_103_2(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.do_handshake_on_connect();
    let y = obj.do_handshake_on_connect();
    Ok(())
}

pub fn rule_103_3(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.suppress_ragged_eofs();
    let y = obj.suppress_ragged_eofs();
    Ok(())
}

pub fn rule_103_4(obj: ssl::SslObject) -> Result<(), AnyError> {
    let x = obj.server_side();
    let y = obj.server_side();
    Ok(())
}

pub fn rule_103_5(obj: ssl::SslObject) -> Result<(), AnyError> {
    let x = obj.server_hostname();
    let y = obj.server_hostname();
    Ok(())
}

pub fn rule_104_0(obj: ssl::SslSocket, value: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.context();
    let y = obj.context();
    obj.set_context(&value)?;
    Ok(())
}

pub fn rule_104_1(obj: ssl::SslObject, value: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.context();
    let y = obj.context();
    obj.set_context(&value)?;
    Ok(())
}

pub fn rule_105_0(obj: ssl::SslSocket, value: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.session();
    let y = obj.session();
    obj.set_session(&value)?;
    Ok(())
}

pub fn rule_105_1(obj: ssl::SslObject, value: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.session();
    let y = obj.session();
    obj.set_session(&value)?;
    Ok(())
}

pub fn rule_106_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.session_reused();
    let y = obj.session_reused();
    Ok(())
}

pub fn rule_106_1(obj: ssl::SslObject) -> Result<(), AnyError> {
    let x = obj.session_reused();
    let y = obj.session_reused();
    Ok(())
}

pub fn rule_107_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let x = obj.getpeercert()?;
    let y = obj.getpeercert()?;
    let z = obj.getpeercert_binary()?;
    Ok(())
}

pub fn rule_107_1(obj: ssl::SslObject) -> Result<(), AnyError> {
    let x = obj.getpeercert()?;
    let y = obj.getpeercert()?;
    let z = obj.getpeercert_binary()?;
    Ok(())
}

pub fn rule_108_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.get_verified_chain()?;
    Ok(())
}

pub fn rule_108_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.get_unverified_chain()?;
    Ok(())
}

pub fn rule_109_0(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.get_verified_chain();
    Ok(())
}

pub fn rule_109_1(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.get_unverified_chain();
    Ok(())
}

pub fn rule_110_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.cipher();
    Ok(())
}

pub fn rule_110_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.shared_ciphers();
    Ok(())
}

pub fn rule_110_2(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.compression();
    Ok(())
}

pub fn rule_110_3(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.version();
    Ok(())
}

pub fn rule_110_4(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.selected_alpn_protocol();
    Ok(())
}

pub fn rule_110_5(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.group();
    Ok(())
}

pub fn rule_110_6(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.cipher();
    Ok(())
}

pub fn rule_110_7(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.shared_ciphers();
    Ok(())
}

pub fn rule_110_8(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.compression();
    Ok(())
}

pub fn rule_110_9(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.version();
    Ok(())
}

pub fn rule_110_10(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.selected_alpn_protocol();
    Ok(())
}

pub fn rule_110_11(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.group();
    Ok(())
}

pub fn rule_110_12(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.pending();
    Ok(())
}

pub fn rule_111_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.selected_npn_protocol();
    Ok(())
}

pub fn rule_111_1(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.selected_npn_protocol();
    Ok(())
}

pub fn rule_112_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.client_sigalg()?;
    Ok(())
}

pub fn rule_112_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.server_sigalg()?;
    Ok(())
}

pub fn rule_112_2(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.client_sigalg()?;
    Ok(())
}

pub fn rule_112_3(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.server_sigalg()?;
    Ok(())
}

pub fn rule_112_4(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.verify_client_post_handshake()?;
    Ok(())
}

pub fn rule_112_5(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.verify_client_post_handshake()?;
    Ok(())
}

pub fn rule_112_6(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.do_handshake()?;
    Ok(())
}

pub fn rule_112_7(obj: ssl::SslObject) -> Result<(), AnyError> {
    let y = obj.unwrap()?;
    Ok(())
}

pub fn rule_113_0(obj: ssl::SslSocket, a_cb_type: &str) -> Result<(), AnyError> {
    let x = obj.get_channel_binding("tls-unique")?;
    let y = obj.get_channel_binding(a_cb_type)?;
    Ok(())
}

pub fn rule_113_1(obj: ssl::SslObject, a_cb_type: &str) -> Result<(), AnyError> {
    let x = obj.get_channel_binding("tls-unique")?;
    let y = obj.get_channel_binding(a_cb_type)?;
    Ok(())
}

pub fn rule_114_0(obj: ssl::SslObject, a_buffer: &mut [u8]) -> Result<(), AnyError> {
    let x = obj.read(1024)?;
    let y = obj.read_into(a_buffer)?;
    let z = obj.read_into(a_buffer)?;
    Ok(())
}

pub fn rule_115_0(obj: ssl::SslObject, a_data: &[u8]) -> Result<(), AnyError> {
    let x = obj.write(&a_data)?;
    let y = obj.write(&a_data)?;
    Ok(())
}

pub fn rule_118_0() -> Result<(), AnyError> {
    let y = ssl::MemoryBio::new();
    Ok(())
}

pub fn rule_119_0(obj: ssl::MemoryBio, a_size: usize) -> Result<(), AnyError> {
    let x = obj.read(None);
    let y = obj.read(a_size);
    Ok(())
}

pub fn rule_120_0(obj: ssl::MemoryBio, a_buf: &[u8]) -> Result<(), AnyError> {
    let x = obj.write(&a_buf)?;
    let y = obj.write(&a_buf)?;
    Ok(())
}

pub fn rule_121_0(obj: ssl::MemoryBio) -> Result<(), AnyError> {
    let y = obj.write_eof();
    Ok(())
}

pub fn rule_122_0(obj: ssl::MemoryBio) -> Result<(), AnyError> {
    let x = obj.eof();
    let y = obj.eof();
    Ok(())
}

pub fn rule_122_1(obj: ssl::MemoryBio) -> Result<(), AnyError> {
    let x = obj.pending();
    let y = obj.pending();
    Ok(())
}

pub fn rule_123_0(obj: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.id();
    let y = obj.id();
    Ok(())
}

pub fn rule_123_1(obj: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.time();
    let y = obj.time();
    Ok(())
}

pub fn rule_123_2(obj: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.timeout();
    let y = obj.timeout();
    Ok(())
}

pub fn rule_123_3(obj: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.ticket_lifetime_hint();
    let y = obj.ticket_lifetime_hint();
    Ok(())
}

pub fn rule_123_4(obj: ssl::SslSession) -> Result<(), AnyError> {
    let x = obj.has_ticket();
    let y = obj.has_ticket();
    Ok(())
}

pub fn rule_124_0(obj: ssl::Certificate) -> Result<(), AnyError> {
    let x = obj.to_pem()?;
    let y = obj.to_pem()?;
    let z = obj.to_der()?;
    let z = obj.to_der()?;
    let z = obj.to_der()?;
    let z = obj.to_der()?;
    Ok(())
}

pub fn rule_125_0(obj: ssl::Certificate) -> Result<(), AnyError> {
    let y = obj.get_info()?;
    Ok(())
}

pub fn rule_126_0() -> Result<(), AnyError> {
    let x = ssl::Certificate::to_pem;
    let y = ssl::Certificate::to_pem;
    Ok(())
}

pub fn rule_126_1() -> Result<(), AnyError> {
    let x = ssl::Certificate::to_pem;
    let y = ssl::Certificate::to_pem;
    Ok(())
}

pub fn rule_127_0() -> Result<(), AnyError> {
    let x = ssl::Certificate::to_der;
    let y = ssl::Certificate::to_der;
    Ok(())
}

pub fn rule_127_1() -> Result<(), AnyError> {
    let x = ssl::Certificate::to_der;
    let y = ssl::Certificate::to_der;
    Ok(())
}

pub fn rule_128_0(a_message: &str, a_errno: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.ssl().is_some() => {
            |e: &ssl::Error| e.ssl().is_some();
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::Ssl(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::Ssl(Box::new(ssl::SslError::new(a_message)));
    let z = ssl::Error::Ssl(Box::new(ssl::SslError::new(a_errno)));
    Ok(())
}

pub fn rule_129_0(a_message: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::ZeroReturn(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::ZeroReturn(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::ZeroReturn(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::ZeroReturn(Box::new(ssl::SslError::new(a_message)));
    Ok(())
}

pub fn rule_130_0(a_message: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::WantRead(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::WantRead(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::WantRead(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::WantRead(Box::new(ssl::SslError::new(a_message)));
    Ok(())
}

pub fn rule_131_0(a_message: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::WantWrite(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::WantWrite(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::WantWrite(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::WantWrite(Box::new(ssl::SslError::new(a_message)));
    Ok(())
}

pub fn rule_132_0(a_message: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Syscall(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::Syscall(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::Syscall(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::Syscall(Box::new(ssl::SslError::new(a_message)));
    Ok(())
}

pub fn rule_133_0(a_message: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Eof(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::Eof(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::Eof(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::Eof(Box::new(ssl::SslError::new(a_message)));
    Ok(())
}

pub fn rule_134_0(a_message: &str, a_errno: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::CertVerification(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::CertVerification(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::CertVerification(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::CertVerification(Box::new(ssl::SslError::new(a_message)));
    let z = ssl::Error::CertVerification(Box::new(ssl::SslError::new(a_errno)));
    Ok(())
}

pub fn rule_135_0(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.library();
    let y = obj.library();
    Ok(())
}

pub fn rule_135_1(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.reason();
    let y = obj.reason();
    Ok(())
}

pub fn rule_135_2(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.errno();
    let y = obj.errno();
    Ok(())
}

pub fn rule_135_3(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.verify_code();
    let y = obj.verify_code();
    Ok(())
}

pub fn rule_135_4(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.verify_message();
    let y = obj.verify_message();
    Ok(())
}

pub fn rule_136_0(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.to_string();
    let y = obj.to_string();
    Ok(())
}

pub fn rule_136_1(obj: ssl::Error) -> Result<(), AnyError> {
    let x = obj.to_string();
    let y = obj.to_string();
    Ok(())
}

pub fn rule_137_0() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_SSL as i32;
    let y = ssl::SSL_ERROR_SSL as i32;
    Ok(())
}

pub fn rule_137_1() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_READ as i32;
    let y = ssl::SSL_ERROR_WANT_READ as i32;
    Ok(())
}

pub fn rule_137_2() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_WRITE as i32;
    let y = ssl::SSL_ERROR_WANT_WRITE as i32;
    Ok(())
}

pub fn rule_137_3() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_X509_LOOKUP as i32;
    let y = ssl::SSL_ERROR_WANT_X509_LOOKUP as i32;
    Ok(())
}

pub fn rule_137_4() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_SYSCALL as i32;
    let y = ssl::SSL_ERROR_SYSCALL as i32;
    Ok(())
}

pub fn rule_137_5() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_ZERO_RETURN as i32;
    let y = ssl::SSL_ERROR_ZERO_RETURN as i32;
    Ok(())
}

pub fn rule_137_6() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_CONNECT as i32;
    let y = ssl::SSL_ERROR_WANT_CONNECT as i32;
    Ok(())
}

pub fn rule_137_7() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_EOF as i32;
    let y = ssl::SSL_ERROR_EOF as i32;
    Ok(())
}

pub fn rule_137_8() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_INVALID_ERROR_CODE as i32;
    let y = ssl::SSL_ERROR_INVALID_ERROR_CODE as i32;
    Ok(())
}

pub fn rule_137_9() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_SSL as i32;
    let y = ssl::SSL_ERROR_SSL as i32;
    Ok(())
}

pub fn rule_137_10() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_READ as i32;
    let y = ssl::SSL_ERROR_WANT_READ as i32;
    Ok(())
}

pub fn rule_137_11() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_WRITE as i32;
    let y = ssl::SSL_ERROR_WANT_WRITE as i32;
    Ok(())
}

pub fn rule_137_12() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_X509_LOOKUP as i32;
    let y = ssl::SSL_ERROR_WANT_X509_LOOKUP as i32;
    Ok(())
}

pub fn rule_137_13() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_SYSCALL as i32;
    let y = ssl::SSL_ERROR_SYSCALL as i32;
    Ok(())
}

pub fn rule_137_14() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_ZERO_RETURN as i32;
    let y = ssl::SSL_ERROR_ZERO_RETURN as i32;
    Ok(())
}

pub fn rule_137_15() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_WANT_CONNECT as i32;
    let y = ssl::SSL_ERROR_WANT_CONNECT as i32;
    Ok(())
}

pub fn rule_137_16() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_EOF as i32;
    let y = ssl::SSL_ERROR_EOF as i32;
    Ok(())
}

pub fn rule_137_17() -> Result<(), AnyError> {
    let x = ssl::SSL_ERROR_INVALID_ERROR_CODE as i32;
    let y = ssl::SSL_ERROR_INVALID_ERROR_CODE as i32;
    Ok(())
}

pub fn rule_138_0() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CLOSE_NOTIFY;
    let y = ssl::ALERT_DESCRIPTION_CLOSE_NOTIFY;
    Ok(())
}

pub fn rule_138_1() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CLOSE_NOTIFY;
    let y = ssl::ALERT_DESCRIPTION_CLOSE_NOTIFY;
    Ok(())
}

pub fn rule_138_2() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNEXPECTED_MESSAGE;
    let y = ssl::ALERT_DESCRIPTION_UNEXPECTED_MESSAGE;
    Ok(())
}

pub fn rule_138_3() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNEXPECTED_MESSAGE;
    let y = ssl::ALERT_DESCRIPTION_UNEXPECTED_MESSAGE;
    Ok(())
}

pub fn rule_138_4() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_RECORD_MAC;
    let y = ssl::ALERT_DESCRIPTION_BAD_RECORD_MAC;
    Ok(())
}

pub fn rule_138_5() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_RECORD_MAC;
    let y = ssl::ALERT_DESCRIPTION_BAD_RECORD_MAC;
    Ok(())
}

pub fn rule_138_6() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_RECORD_OVERFLOW;
    let y = ssl::ALERT_DESCRIPTION_RECORD_OVERFLOW;
    Ok(())
}

pub fn rule_138_7() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_RECORD_OVERFLOW;
    let y = ssl::ALERT_DESCRIPTION_RECORD_OVERFLOW;
    Ok(())
}

pub fn rule_138_8() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_DECOMPRESSION_FAILURE;
    let y = ssl::ALERT_DESCRIPTION_DECOMPRESSION_FAILURE;
    Ok(())
}

pub fn rule_138_9() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_DECOMPRESSION_FAILURE;
    let y = ssl::ALERT_DESCRIPTION_DECOMPRESSION_FAILURE;
    Ok(())
}

pub fn rule_138_10() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_HANDSHAKE_FAILURE;
    let y = ssl::ALERT_DESCRIPTION_HANDSHAKE_FAILURE;
    Ok(())
}

pub fn rule_138_11() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_HANDSHAKE_FAILURE;
    let y = ssl::ALERT_DESCRIPTION_HANDSHAKE_FAILURE;
    Ok(())
}

pub fn rule_138_12() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE;
    let y = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE;
    Ok(())
}

pub fn rule_138_13() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE;
    let y = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE;
    Ok(())
}

pub fn rule_138_14() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE;
    let y = ssl::ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE;
    Ok(())
}

pub fn rule_138_15() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE;
    let y = ssl::ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE;
    Ok(())
}

pub fn rule_138_16() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_REVOKED;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_REVOKED;
    Ok(())
}

pub fn rule_138_17() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_REVOKED;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_REVOKED;
    Ok(())
}

pub fn rule_138_18() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_EXPIRED;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_EXPIRED;
    Ok(())
}

pub fn rule_138_19() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_EXPIRED;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_EXPIRED;
    Ok(())
}

pub fn rule_138_20() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN;
    Ok(())
}

pub fn rule_138_21() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN;
    Ok(())
}

pub fn rule_138_22() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_ILLEGAL_PARAMETER;
    let y = ssl::ALERT_DESCRIPTION_ILLEGAL_PARAMETER;
    Ok(())
}

pub fn rule_138_23() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_ILLEGAL_PARAMETER;
    let y = ssl::ALERT_DESCRIPTION_ILLEGAL_PARAMETER;
    Ok(())
}

pub fn rule_138_24() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNKNOWN_CA;
    let y = ssl::ALERT_DESCRIPTION_UNKNOWN_CA;
    Ok(())
}

pub fn rule_138_25() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNKNOWN_CA;
    let y = ssl::ALERT_DESCRIPTION_UNKNOWN_CA;
    Ok(())
}

pub fn rule_138_26() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_ACCESS_DENIED;
    let y = ssl::ALERT_DESCRIPTION_ACCESS_DENIED;
    Ok(())
}

pub fn rule_138_27() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_ACCESS_DENIED;
    let y = ssl::ALERT_DESCRIPTION_ACCESS_DENIED;
    Ok(())
}

pub fn rule_138_28() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_DECODE_ERROR;
    let y = ssl::ALERT_DESCRIPTION_DECODE_ERROR;
    Ok(())
}

pub fn rule_138_29() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_DECODE_ERROR;
    let y = ssl::ALERT_DESCRIPTION_DECODE_ERROR;
    Ok(())
}

pub fn rule_138_30() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_DECRYPT_ERROR;
    let y = ssl::ALERT_DESCRIPTION_DECRYPT_ERROR;
    Ok(())
}

pub fn rule_138_31() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_DECRYPT_ERROR;
    let y = ssl::ALERT_DESCRIPTION_DECRYPT_ERROR;
    Ok(())
}

pub fn rule_138_32() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_PROTOCOL_VERSION;
    let y = ssl::ALERT_DESCRIPTION_PROTOCOL_VERSION;
    Ok(())
}

pub fn rule_138_33() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_PROTOCOL_VERSION;
    let y = ssl::ALERT_DESCRIPTION_PROTOCOL_VERSION;
    Ok(())
}

pub fn rule_138_34() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_INSUFFICIENT_SECURITY;
    let y = ssl::ALERT_DESCRIPTION_INSUFFICIENT_SECURITY;
    Ok(())
}

pub fn rule_138_35() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_INSUFFICIENT_SECURITY;
    let y = ssl::ALERT_DESCRIPTION_INSUFFICIENT_SECURITY;
    Ok(())
}

pub fn rule_138_36() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_INTERNAL_ERROR;
    let y = ssl::ALERT_DESCRIPTION_INTERNAL_ERROR;
    Ok(())
}

pub fn rule_138_37() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_INTERNAL_ERROR;
    let y = ssl::ALERT_DESCRIPTION_INTERNAL_ERROR;
    Ok(())
}

pub fn rule_138_38() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_USER_CANCELLED;
    let y = ssl::ALERT_DESCRIPTION_USER_CANCELLED;
    Ok(())
}

pub fn rule_138_39() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_USER_CANCELLED;
    let y = ssl::ALERT_DESCRIPTION_USER_CANCELLED;
    Ok(())
}

pub fn rule_138_40() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_NO_RENEGOTIATION;
    let y = ssl::ALERT_DESCRIPTION_NO_RENEGOTIATION;
    Ok(())
}

pub fn rule_138_41() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_NO_RENEGOTIATION;
    let y = ssl::ALERT_DESCRIPTION_NO_RENEGOTIATION;
    Ok(())
}

pub fn rule_138_42() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION;
    let y = ssl::ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION;
    Ok(())
}

pub fn rule_138_43() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION;
    let y = ssl::ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION;
    Ok(())
}

pub fn rule_138_44() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE;
    Ok(())
}

pub fn rule_138_45() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE;
    let y = ssl::ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE;
    Ok(())
}

pub fn rule_138_46() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNRECOGNIZED_NAME;
    let y = ssl::ALERT_DESCRIPTION_UNRECOGNIZED_NAME;
    Ok(())
}

pub fn rule_138_47() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNRECOGNIZED_NAME;
    let y = ssl::ALERT_DESCRIPTION_UNRECOGNIZED_NAME;
    Ok(())
}

pub fn rule_138_48() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE;
    let y = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE;
    Ok(())
}

pub fn rule_138_49() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE;
    let y = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE;
    Ok(())
}

pub fn rule_138_50() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE;
    let y = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE;
    Ok(())
}

pub fn rule_138_51() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE;
    let y = ssl::ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE;
    Ok(())
}

pub fn rule_138_52() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY;
    let y = ssl::ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY;
    Ok(())
}

pub fn rule_138_53() -> Result<(), AnyError> {
    let x = ssl::ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY;
    let y = ssl::ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY;
    Ok(())
}

pub fn rule_139_0() -> Result<(), AnyError> {
    let x = ssl::TlsContentType::CHANGE_CIPHER_SPEC;
    let y = ssl::TlsContentType::CHANGE_CIPHER_SPEC;
    Ok(())
}

pub fn rule_139_1() -> Result<(), AnyError> {
    let x = ssl::TlsContentType::ALERT;
    let y = ssl::TlsContentType::ALERT;
    Ok(())
}

pub fn rule_139_2() -> Result<(), AnyError> {
    let x = ssl::TlsContentType::HANDSHAKE;
    let y = ssl::TlsContentType::HANDSHAKE;
    Ok(())
}

pub fn rule_139_3() -> Result<(), AnyError> {
    let x = ssl::TlsContentType::APPLICATION_DATA;
    let y = ssl::TlsContentType::APPLICATION_DATA;
    Ok(())
}

pub fn rule_139_4() -> Result<(), AnyError> {
    let x = ssl::TlsContentType::HEADER;
    let y = ssl::TlsContentType::HEADER;
    Ok(())
}

pub fn rule_139_5() -> Result<(), AnyError> {
    let x = ssl::TlsContentType::INNER_CONTENT_TYPE;
    let y = ssl::TlsContentType::INNER_CONTENT_TYPE;
    Ok(())
}

pub fn rule_140_0() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::CLOSE_NOTIFY;
    let y = ssl::TlsAlertType::CLOSE_NOTIFY;
    Ok(())
}

pub fn rule_140_1() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::UNEXPECTED_MESSAGE;
    let y = ssl::TlsAlertType::UNEXPECTED_MESSAGE;
    Ok(())
}

pub fn rule_140_2() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::BAD_RECORD_MAC;
    let y = ssl::TlsAlertType::BAD_RECORD_MAC;
    Ok(())
}

pub fn rule_140_3() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::DECRYPTION_FAILED;
    let y = ssl::TlsAlertType::DECRYPTION_FAILED;
    Ok(())
}

pub fn rule_140_4() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::RECORD_OVERFLOW;
    let y = ssl::TlsAlertType::RECORD_OVERFLOW;
    Ok(())
}

pub fn rule_140_5() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::DECOMPRESSION_FAILURE;
    let y = ssl::TlsAlertType::DECOMPRESSION_FAILURE;
    Ok(())
}

pub fn rule_140_6() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::HANDSHAKE_FAILURE;
    let y = ssl::TlsAlertType::HANDSHAKE_FAILURE;
    Ok(())
}

pub fn rule_140_7() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::NO_CERTIFICATE;
    let y = ssl::TlsAlertType::NO_CERTIFICATE;
    Ok(())
}

pub fn rule_140_8() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::BAD_CERTIFICATE;
    let y = ssl::TlsAlertType::BAD_CERTIFICATE;
    Ok(())
}

pub fn rule_140_9() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::UNSUPPORTED_CERTIFICATE;
    let y = ssl::TlsAlertType::UNSUPPORTED_CERTIFICATE;
    Ok(())
}

pub fn rule_140_10() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::CERTIFICATE_REVOKED;
    let y = ssl::TlsAlertType::CERTIFICATE_REVOKED;
    Ok(())
}

pub fn rule_140_11() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::CERTIFICATE_EXPIRED;
    let y = ssl::TlsAlertType::CERTIFICATE_EXPIRED;
    Ok(())
}

pub fn rule_140_12() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::CERTIFICATE_UNKNOWN;
    let y = ssl::TlsAlertType::CERTIFICATE_UNKNOWN;
    Ok(())
}

pub fn rule_140_13() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::ILLEGAL_PARAMETER;
    let y = ssl::TlsAlertType::ILLEGAL_PARAMETER;
    Ok(())
}

pub fn rule_140_14() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::UNKNOWN_CA;
    let y = ssl::TlsAlertType::UNKNOWN_CA;
    Ok(())
}

pub fn rule_140_15() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::ACCESS_DENIED;
    let y = ssl::TlsAlertType::ACCESS_DENIED;
    Ok(())
}

pub fn rule_140_16() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::DECODE_ERROR;
    let y = ssl::TlsAlertType::DECODE_ERROR;
    Ok(())
}

pub fn rule_140_17() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::DECRYPT_ERROR;
    let y = ssl::TlsAlertType::DECRYPT_ERROR;
    Ok(())
}

pub fn rule_140_18() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::EXPORT_RESTRICTION;
    let y = ssl::TlsAlertType::EXPORT_RESTRICTION;
    Ok(())
}

pub fn rule_140_19() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::PROTOCOL_VERSION;
    let y = ssl::TlsAlertType::PROTOCOL_VERSION;
    Ok(())
}

pub fn rule_140_20() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::INSUFFICIENT_SECURITY;
    let y = ssl::TlsAlertType::INSUFFICIENT_SECURITY;
    Ok(())
}

pub fn rule_140_21() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::INTERNAL_ERROR;
    let y = ssl::TlsAlertType::INTERNAL_ERROR;
    Ok(())
}

pub fn rule_140_22() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::INAPPROPRIATE_FALLBACK;
    let y = ssl::TlsAlertType::INAPPROPRIATE_FALLBACK;
    Ok(())
}

pub fn rule_140_23() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::USER_CANCELED;
    let y = ssl::TlsAlertType::USER_CANCELED;
    Ok(())
}

pub fn rule_140_24() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::NO_RENEGOTIATION;
    let y = ssl::TlsAlertType::NO_RENEGOTIATION;
    Ok(())
}

pub fn rule_140_25() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::MISSING_EXTENSION;
    let y = ssl::TlsAlertType::MISSING_EXTENSION;
    Ok(())
}

pub fn rule_140_26() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::UNSUPPORTED_EXTENSION;
    let y = ssl::TlsAlertType::UNSUPPORTED_EXTENSION;
    Ok(())
}

pub fn rule_140_27() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::CERTIFICATE_UNOBTAINABLE;
    let y = ssl::TlsAlertType::CERTIFICATE_UNOBTAINABLE;
    Ok(())
}

pub fn rule_140_28() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::UNRECOGNIZED_NAME;
    let y = ssl::TlsAlertType::UNRECOGNIZED_NAME;
    Ok(())
}

pub fn rule_140_29() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::BAD_CERTIFICATE_STATUS_RESPONSE;
    let y = ssl::TlsAlertType::BAD_CERTIFICATE_STATUS_RESPONSE;
    Ok(())
}

pub fn rule_140_30() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::BAD_CERTIFICATE_HASH_VALUE;
    let y = ssl::TlsAlertType::BAD_CERTIFICATE_HASH_VALUE;
    Ok(())
}

pub fn rule_140_31() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::UNKNOWN_PSK_IDENTITY;
    let y = ssl::TlsAlertType::UNKNOWN_PSK_IDENTITY;
    Ok(())
}

pub fn rule_140_32() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::CERTIFICATE_REQUIRED;
    let y = ssl::TlsAlertType::CERTIFICATE_REQUIRED;
    Ok(())
}

pub fn rule_140_33() -> Result<(), AnyError> {
    let x = ssl::TlsAlertType::NO_APPLICATION_PROTOCOL;
    let y = ssl::TlsAlertType::NO_APPLICATION_PROTOCOL;
    Ok(())
}

pub fn rule_141_0() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::HELLO_REQUEST;
    let y = ssl::TlsMessageType::HELLO_REQUEST;
    Ok(())
}

pub fn rule_141_1() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CLIENT_HELLO;
    let y = ssl::TlsMessageType::CLIENT_HELLO;
    Ok(())
}

pub fn rule_141_2() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::SERVER_HELLO;
    let y = ssl::TlsMessageType::SERVER_HELLO;
    Ok(())
}

pub fn rule_141_3() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::HELLO_VERIFY_REQUEST;
    let y = ssl::TlsMessageType::HELLO_VERIFY_REQUEST;
    Ok(())
}

pub fn rule_141_4() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::NEWSESSION_TICKET;
    let y = ssl::TlsMessageType::NEWSESSION_TICKET;
    Ok(())
}

pub fn rule_141_5() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::END_OF_EARLY_DATA;
    let y = ssl::TlsMessageType::END_OF_EARLY_DATA;
    Ok(())
}

pub fn rule_141_6() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::HELLO_RETRY_REQUEST;
    let y = ssl::TlsMessageType::HELLO_RETRY_REQUEST;
    Ok(())
}

pub fn rule_141_7() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::ENCRYPTED_EXTENSIONS;
    let y = ssl::TlsMessageType::ENCRYPTED_EXTENSIONS;
    Ok(())
}

pub fn rule_141_8() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CERTIFICATE;
    let y = ssl::TlsMessageType::CERTIFICATE;
    Ok(())
}

pub fn rule_141_9() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::SERVER_KEY_EXCHANGE;
    let y = ssl::TlsMessageType::SERVER_KEY_EXCHANGE;
    Ok(())
}

pub fn rule_141_10() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CERTIFICATE_REQUEST;
    let y = ssl::TlsMessageType::CERTIFICATE_REQUEST;
    Ok(())
}

pub fn rule_141_11() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::SERVER_DONE;
    let y = ssl::TlsMessageType::SERVER_DONE;
    Ok(())
}

pub fn rule_141_12() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CERTIFICATE_VERIFY;
    let y = ssl::TlsMessageType::CERTIFICATE_VERIFY;
    Ok(())
}

pub fn rule_141_13() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CLIENT_KEY_EXCHANGE;
    let y = ssl::TlsMessageType::CLIENT_KEY_EXCHANGE;
    Ok(())
}

pub fn rule_141_14() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::FINISHED;
    let y = ssl::TlsMessageType::FINISHED;
    Ok(())
}

pub fn rule_141_15() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CERTIFICATE_URL;
    let y = ssl::TlsMessageType::CERTIFICATE_URL;
    Ok(())
}

pub fn rule_141_16() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CERTIFICATE_STATUS;
    let y = ssl::TlsMessageType::CERTIFICATE_STATUS;
    Ok(())
}

pub fn rule_141_17() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::SUPPLEMENTAL_DATA;
    let y = ssl::TlsMessageType::SUPPLEMENTAL_DATA;
    Ok(())
}

pub fn rule_141_18() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::KEY_UPDATE;
    let y = ssl::TlsMessageType::KEY_UPDATE;
    Ok(())
}

pub fn rule_141_19() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::NEXT_PROTO;
    let y = ssl::TlsMessageType::NEXT_PROTO;
    Ok(())
}

pub fn rule_141_20() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::MESSAGE_HASH;
    let y = ssl::TlsMessageType::MESSAGE_HASH;
    Ok(())
}

pub fn rule_141_21() -> Result<(), AnyError> {
    let x = ssl::TlsMessageType::CHANGE_CIPHER_SPEC;
    let y = ssl::TlsMessageType::CHANGE_CIPHER_SPEC;
    Ok(())
}

pub fn rule_142_0(a_address: (&str, u16), a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_connection(a_address, None)?;
    let y = ssl::create_connection(a_address, Duration::from_secs_f64(a_timeout))?;
    Ok(())
}

pub fn rule_143_0(a_family: i32, a_type: i32, a_proto: i32) -> Result<(), AnyError> {
    let x = ssl::socket2::Socket::new(ssl::socket2::Domain::IPV4, ssl::socket2::Type::STREAM, None)?;
    let y = ssl::socket2::Socket::new(ssl::socket2::Domain::from(a_family), ssl::socket2::Type::from(a_type), Some(ssl::socket2::Protocol::from(a_proto)))?;
    let z = ssl::socket2::Socket::new(ssl::socket2::Domain::UNIX, ssl::socket2::Type::STREAM, None)?;
    Ok(())
}

pub fn rule_144_0(obj: ssl::socket2::Socket, a_address: &str) -> Result<(), AnyError> {
    let x = obj.connect(&ssl::socket2::SockAddr::unix(a_address)?)?;
    let y = obj.connect(&ssl::socket2::SockAddr::unix(a_address)?)?;
    Ok(())
}

pub fn rule_144_1(obj: ssl::socket2::Socket, a_address: &str) -> Result<(), AnyError> {
    let x = obj.bind(&ssl::socket2::SockAddr::unix(a_address)?)?;
    let y = obj.bind(&ssl::socket2::SockAddr::unix(a_address)?)?;
    Ok(())
}

pub fn rule_145_0(a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = std::net::TcpListener::bind(a_address)?;
    let y = std::net::TcpListener::bind(a_address)?;
    Ok(())
}

pub fn rule_146_0(obj: std::net::TcpListener) -> Result<(), AnyError> {
    let y = obj.accept()?;
    Ok(())
}

pub fn rule_147_0(obj: ssl::socket2::Socket, a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.connect(&std::net::ToSocketAddrs::to_socket_addrs(&a_address)?.next().ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?.into())?;
    let y = obj.connect(&std::net::ToSocketAddrs::to_socket_addrs(&a_address)?.next().ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?.into())?;
    let z = obj.connect(&ssl::socket2::SockAddr::unix("text")?)?;
    Ok(())
}

pub fn rule_148_0(obj: ssl::socket2::Socket, a_address: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.bind(&std::net::ToSocketAddrs::to_socket_addrs(&a_address)?.next().ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?.into())?;
    let y = obj.bind(&std::net::ToSocketAddrs::to_socket_addrs(&a_address)?.next().ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?.into())?;
    let z = obj.bind(&ssl::socket2::SockAddr::unix("text")?)?;
    Ok(())
}

pub fn rule_149_0(obj: ssl::socket2::Socket, a_backlog: i32) -> Result<(), AnyError> {
    let x = obj.listen(128)?;
    let y = obj.listen(a_backlog)?;
    Ok(())
}

pub fn rule_150_0(obj: ssl::socket2::Socket) -> Result<(), AnyError> {
    let y = obj.accept()?;
    Ok(())
}

pub fn rule_151_0(obj: std::net::TcpStream, a_value: f64) -> Result<(), AnyError> {
    let x = obj.set_read_timeout(Some(Duration::from_secs_f64(a_value)))?;
    let y = obj.set_read_timeout(Some(Duration::from_secs_f64(a_value)))?;
    let z = obj.set_read_timeout(None)?;
    Ok(())
}

pub fn rule_152_0(obj: ssl::socket2::Socket, a_value: f64) -> Result<(), AnyError> {
    let x = obj.set_read_timeout(Some(Duration::from_secs_f64(a_value)))?;
    let y = obj.set_read_timeout(Some(Duration::from_secs_f64(a_value)))?;
    let z = obj.set_read_timeout(None)?;
    Ok(())
}

pub fn rule_153_0(obj: std::net::TcpStream, a_data: &[u8]) -> Result<(), AnyError> {
    let x = std::io::Write::write_all(&mut &obj, &a_data)?;
    let y = std::io::Write::write_all(&mut &obj, &a_data)?;
    Ok(())
}

pub fn rule_154_0(obj: std::net::TcpStream, a_data: &[u8]) -> Result<(), AnyError> {
    let x = std::io::Write::write(&mut &obj, &a_data)?;
    let y = std::io::Write::write(&mut &obj, &a_data)?;
    Ok(())
}

pub fn rule_155_0(obj: ssl::socket2::Socket, a_data: &[u8]) -> Result<(), AnyError> {
    let x = std::io::Write::write_all(&mut &obj, &a_data)?;
    let y = std::io::Write::write_all(&mut &obj, &a_data)?;
    Ok(())
}

pub fn rule_156_0(obj: ssl::socket2::Socket, a_data: &[u8]) -> Result<(), AnyError> {
    let x = std::io::Write::write(&mut &obj, &a_data)?;
    let y = std::io::Write::write(&mut &obj, &a_data)?;
    Ok(())
}

pub fn rule_157_0() -> Result<(), AnyError> {
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_reuse_address(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_tcp_nodelay(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_keepalive(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_broadcast(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_only_v6(py::<bool>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_recv_buffer_size(py::<usize>("value"))?;
    ssl::socket2::SockRef::from(&py::<ssl::socket2::Socket>("socket.socket")).set_send_buffer_size(py::<usize>("value"))?;
    Ok(())
}

pub fn rule_158_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "gaierror" => {
            let _ = |e: &ssl::Error| e.python_class() == "gaierror";
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_159_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if ssl::aio::asyncio::IncompleteReadError::of(&e).is_some() => {
            |e: &ssl::Error| ssl::aio::asyncio::IncompleteReadError::of(&e).is_some();
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub async fn rule_160_0(a_host: &str, a_port: u16, a_server_hostname: &str, a_ssl_handshake_timeout: f64, a_ssl_shutdown_timeout: f64, a_ssl: ssl::SslContext) -> Result<(), AnyError> {
    let x = ssl::aio::asyncio::open_connection((a_host, a_port), ()).await?;
    let y = ssl::aio::asyncio::open_connection((a_host, a_port), ssl::aio::asyncio::Ssl::new(&a_ssl).server_hostname(a_server_hostname).ssl_handshake_timeout(Duration::from_secs_f64(a_ssl_handshake_timeout)).ssl_shutdown_timeout(Duration::from_secs_f64(a_ssl_shutdown_timeout))).await?;
    let z = ssl::aio::asyncio::open_connection((a_host, a_port), ()).await?;
    let z = ssl::aio::asyncio::open_connection((a_host, a_port), ()).await?;
    Ok(())
}

pub async fn rule_161_0(a_host: &str, a_port: u16, a_ssl_handshake_timeout: f64, a_ssl_shutdown_timeout: f64, a_ssl: ssl::SslContext) -> Result<(), AnyError> {
    let mut x = ssl::aio::asyncio::start_server(|reader, writer| async move { /* a_client_connected_cb */ drop((reader, writer)) }, ("::", 443), ()).await?;
    let mut y = ssl::aio::asyncio::start_server(|reader, writer| async move { /* a_client_connected_cb */ drop((reader, writer)) }, (a_host, a_port), ssl::aio::asyncio::Ssl::new(&a_ssl).ssl_handshake_timeout(Duration::from_secs_f64(a_ssl_handshake_timeout)).ssl_shutdown_timeout(Duration::from_secs_f64(a_ssl_shutdown_timeout))).await?;
    let mut z = ssl::aio::asyncio::start_server(|reader, writer| async move { /* a_client_connected_cb */ drop((reader, writer)) }, ("::", 443), ()).await?;
    Ok(())
}

pub async fn rule_162_0(a_host: &str, a_port: u16, a_server_hostname: &str, a_ssl_handshake_timeout: f64, a_ssl_shutdown_timeout: f64, a_ssl: ssl::SslContext) -> Result<(), AnyError> {
    ssl::aio::asyncio::open_connection((py::<&str>("host"), py::<u16>("port")), ()).await?;
    ssl::aio::asyncio::open_connection((a_host, a_port), ssl::aio::asyncio::Ssl::new(&a_ssl).server_hostname(a_server_hostname).ssl_handshake_timeout(Duration::from_secs_f64(a_ssl_handshake_timeout)).ssl_shutdown_timeout(Duration::from_secs_f64(a_ssl_shutdown_timeout))).await?;
    ssl::aio::asyncio::open_connection((py::<&str>("host"), py::<u16>("port")), ()).await?;
    Ok(())
}

pub async fn rule_163_0(a_host: &str, a_port: u16, a_ssl_handshake_timeout: f64, a_ssl_shutdown_timeout: f64, a_ssl: ssl::SslContext) -> Result<(), AnyError> {
    let mut x = ssl::aio::asyncio::start_server(|reader, writer| async move { /* a_protocol_factory */ drop((reader, writer)) }, ("::", 443), ()).await?;
    let mut y = ssl::aio::asyncio::start_server(|reader, writer| async move { /* a_protocol_factory */ drop((reader, writer)) }, (a_host, a_port), ssl::aio::asyncio::Ssl::new(&a_ssl).ssl_handshake_timeout(Duration::from_secs_f64(a_ssl_handshake_timeout)).ssl_shutdown_timeout(Duration::from_secs_f64(a_ssl_shutdown_timeout))).await?;
    let mut z = ssl::aio::asyncio::start_server(|reader, writer| async move { /* a_protocol_factory */ drop((reader, writer)) }, ("::", 443), ()).await?;
    Ok(())
}

pub async fn rule_164_0(mut a_transport: ssl::aio::asyncio::StreamWriter, a_sslcontext: ssl::SslContext, a_server_hostname: &str, a_ssl_handshake_timeout: f64, a_ssl_shutdown_timeout: f64) -> Result<(), AnyError> {
    a_transport.start_tls(&a_sslcontext).await?;
    a_transport.start_tls(ssl::aio::asyncio::Ssl::new(&a_sslcontext).server_hostname(a_server_hostname).ssl_handshake_timeout(Duration::from_secs_f64(a_ssl_handshake_timeout)).ssl_shutdown_timeout(Duration::from_secs_f64(a_ssl_shutdown_timeout))).await?;
    Ok(())
}

pub async fn rule_169_0(mut obj: ssl::aio::asyncio::StreamReader, a_n: usize) -> Result<(), AnyError> {
    let x = obj.read(None).await?;
    let y = obj.read(a_n).await?;
    Ok(())
}

pub async fn rule_170_0(mut obj: ssl::aio::asyncio::StreamReader, a_n: usize) -> Result<(), AnyError> {
    let x = obj.readexactly(a_n).await?;
    let y = obj.readexactly(a_n).await?;
    Ok(())
}

pub async fn rule_171_0(mut obj: ssl::aio::asyncio::StreamReader, a_separator: &[u8]) -> Result<(), AnyError> {
    let x = obj.readuntil(b"\n").await?;
    let y = obj.readuntil(&a_separator).await?;
    Ok(())
}

pub async fn rule_172_0(mut obj: ssl::aio::asyncio::StreamReader) -> Result<(), AnyError> {
    let y = obj.readline().await?;
    Ok(())
}

pub fn rule_173_0(mut obj: ssl::aio::asyncio::StreamReader) -> Result<(), AnyError> {
    let y = obj.at_eof();
    Ok(())
}

pub fn rule_173_1(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let y = obj.close();
    Ok(())
}

pub fn rule_173_2(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let y = obj.is_closing();
    Ok(())
}

pub fn rule_173_3(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let y = obj.write_eof();
    Ok(())
}

pub fn rule_173_4(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let y = obj.can_write_eof();
    Ok(())
}

pub fn rule_174_0(mut obj: ssl::aio::asyncio::StreamWriter, a_data: &[u8]) -> Result<(), AnyError> {
    let x = obj.write(&a_data);
    let y = obj.write(&a_data);
    Ok(())
}

pub async fn rule_175_0(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let y = obj.drain().await?;
    Ok(())
}

pub async fn rule_175_1(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let y = obj.wait_closed().await?;
    Ok(())
}

pub async fn rule_176_0(mut obj: ssl::aio::asyncio::StreamWriter, a_sslcontext: ssl::SslContext, a_server_hostname: &str, a_ssl_handshake_timeout: f64, a_ssl_shutdown_timeout: f64) -> Result<(), AnyError> {
    let x = obj.start_tls(&a_sslcontext).await?;
    let y = obj.start_tls(ssl::aio::asyncio::Ssl::new(&a_sslcontext).server_hostname(a_server_hostname).ssl_handshake_timeout(Duration::from_secs_f64(a_ssl_handshake_timeout)).ssl_shutdown_timeout(Duration::from_secs_f64(a_ssl_shutdown_timeout))).await?;
    Ok(())
}

pub fn rule_177_0(mut obj: ssl::aio::asyncio::StreamWriter) -> Result<(), AnyError> {
    let x = obj.object();
    let y = obj.object();
    Ok(())
}

pub async fn rule_178_0(mut obj: ssl::aio::asyncio::Server) -> Result<(), AnyError> {
    let y = obj.serve_forever().await;
    Ok(())
}

pub fn rule_179_0(mut obj: ssl::aio::asyncio::Server) -> Result<(), AnyError> {
    let y = obj.close();
    Ok(())
}

pub async fn rule_180_0(mut obj: ssl::aio::asyncio::Server) -> Result<(), AnyError> {
    let y = obj.wait_closed().await;
    Ok(())
}

pub fn rule_181_0(a_context: ssl::SslContext) -> Result<(), AnyError> {
    let x = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&ssl::create_default_context(())?));
    let y = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&a_context));
    Ok(())
}

pub fn rule_182_0(obj: ssl::requests::Session, a_method: &str, a_url: &str, a_body: Vec<u8>, a_headers: Vec<(String, String)>) -> Result<(), AnyError> {
    let mut x = obj.request(a_method, a_url, ())?;
    let mut y = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().data(&a_body[..]).headers(a_headers))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    Ok(())
}

pub fn rule_183_0(a_url: &str, a_context: ssl::SslContext, a_data: Vec<u8>, a_timeout: f64) -> Result<(), AnyError> {
    let mut x = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&ssl::create_default_context(())?)).get(a_url, ())?;
    let mut y = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&a_context)).get(a_url, ssl::requests::RequestOptions::new().data(&a_data[..]).timeout(Duration::from_secs_f64(a_timeout)))?;
    Ok(())
}

pub fn rule_184_0(a_context: ssl::SslContext) -> Result<(), AnyError> {
    let x = ssl::requests::HttpAdapter::new().ssl_context(&ssl::create_default_context(())?);
    let y = ssl::requests::HttpAdapter::new().ssl_context(&a_context);
    Ok(())
}

pub fn rule_185_0(a_handler: ssl::requests::HttpAdapter) -> Result<(), AnyError> {
    let mut x = ssl::requests::Session::new(()).mount("https://", a_handler);
    let a_handler: ssl::requests::HttpAdapter = py("a_handler");
    let mut y = ssl::requests::Session::new(()).mount("https://", a_handler);
    Ok(())
}

pub fn rule_186_0(a_context: ssl::SslContext, a_host: &str, a_port: u16, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_stdlib_context(())?.wrap_socket(ssl::create_connection(("localhost", 465), None)?, "localhost")?;
    let y = a_context.wrap_socket(ssl::create_connection((a_host, a_port), Duration::from_secs_f64(a_timeout))?, a_host)?;
    Ok(())
}

pub fn rule_187_0(a_host: &str, a_port: u16, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_connection(("localhost", 25), None)?;
    let y = ssl::create_connection((a_host, a_port), Duration::from_secs_f64(a_timeout))?;
    Ok(())
}

pub fn rule_188_0(obj: std::net::TcpStream, a_ssl_context: ssl::SslContext) -> Result<(), AnyError> {
    ssl::create_stdlib_context(())?.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    a_ssl_context.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    a_ssl_context.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    Ok(())
}

pub fn rule_188_1(obj: std::net::TcpStream, a_ssl_context: ssl::SslContext) -> Result<(), AnyError> {
    ssl::create_stdlib_context(())?.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    a_ssl_context.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    a_ssl_context.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    Ok(())
}

pub fn rule_188_2(obj: std::net::TcpStream, a_ssl_context: ssl::SslContext) -> Result<(), AnyError> {
    ssl::create_stdlib_context(())?.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    a_ssl_context.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    a_ssl_context.wrap_socket(obj.try_clone()?, py::<&str>("host"))?;
    Ok(())
}

pub fn rule_189_0(a_ssl_context: ssl::SslContext, a_host: &str, a_port: u16, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_stdlib_context(())?.wrap_socket(ssl::create_connection(("localhost", 993), None)?, "localhost")?;
    let y = a_ssl_context.wrap_socket(ssl::create_connection((a_host, a_port), Duration::from_secs_f64(a_timeout))?, a_host)?;
    Ok(())
}

pub fn rule_190_0(a_host: &str, a_context: ssl::SslContext, a_port: u16, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_stdlib_context(())?.wrap_socket(ssl::create_connection((a_host, 995), None)?, a_host)?;
    let y = a_context.wrap_socket(ssl::create_connection((a_host, a_port), Duration::from_secs_f64(a_timeout))?, a_host)?;
    Ok(())
}

pub fn rule_191_0(a_host: &str, a_port: u16, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_connection(("localhost", 143), None)?;
    let y = ssl::create_connection((a_host, a_port), Duration::from_secs_f64(a_timeout))?;
    Ok(())
}

pub fn rule_192_0(a_host: &str, a_port: u16, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_connection((a_host, 110), None)?;
    let y = ssl::create_connection((a_host, a_port), Duration::from_secs_f64(a_timeout))?;
    Ok(())
}

pub fn rule_193_0(a_host: &str, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_connection(("localhost", 21), None)?;
    let y = ssl::create_connection((a_host, 21), Duration::from_secs_f64(a_timeout))?;
    Ok(())
}

pub fn rule_194_0(a_context: ssl::SslContext, a_host: &str, a_timeout: f64) -> Result<(), AnyError> {
    let x = ssl::create_stdlib_context(())?.wrap_socket(ssl::create_connection(("localhost", 21), None)?, "localhost")?;
    let y = a_context.wrap_socket(ssl::create_connection((a_host, 21), Duration::from_secs_f64(a_timeout))?, a_host)?;
    Ok(())
}

pub fn rule_195_0(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str, path: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::get(a_url, ())?;
    let mut y = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::get(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("GET", a_url, ())?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().without_params(["a"]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().form([("name", "value")]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().data_file(std::fs::File::open("file")?))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().data_reader(py::<std::io::Empty>("(part for part in parts)")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().data(b"body"))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("a.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"content")), ("c", ssl::requests::FilePart::new(py::<Vec<u8>>("text")))]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read(path)?).filename(std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy())), ("b", ssl::requests::FilePart::new(std::fs::read(py::<&str>("folder + '/b.txt'"))?).filename(std::path::Path::new(py::<&str>("folder + '/b.txt'")).file_name().unwrap_or_default().to_string_lossy()))]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("b.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"text").no_filename()), ("c", ssl::requests::FilePart::new(b"").filename("c").content_type("text/plain").headers([("X-A", "b")]))]))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().auth_bytes(b"user", b"secret"))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().digest_auth(ssl::requests::HttpDigestAuth::new("user", "secret")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().auth_with(py::<fn(&mut ssl::requests::PreparedRequest)>("lambda request: request")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_millis(4500)))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hook")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("first")).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("second")))?;
    let mut z = ssl::requests::get(a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hooks")))?;
    Ok(())
}

pub fn rule_195_1(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::post(a_url, ())?;
    let mut y = ssl::requests::post(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::post(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("POST", a_url, ())?;
    Ok(())
}

pub fn rule_195_2(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::head(a_url, ())?;
    let mut y = ssl::requests::head(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::head(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("HEAD", a_url, ())?;
    Ok(())
}

pub fn rule_195_3(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::put(a_url, ())?;
    let mut y = ssl::requests::put(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::put(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("PUT", a_url, ())?;
    Ok(())
}

pub fn rule_195_4(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::patch(a_url, ())?;
    let mut y = ssl::requests::patch(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::patch(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("PATCH", a_url, ())?;
    Ok(())
}

pub fn rule_195_5(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::delete(a_url, ())?;
    let mut y = ssl::requests::delete(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::delete(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("DELETE", a_url, ())?;
    Ok(())
}

pub fn rule_195_6(a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::options(a_url, ())?;
    let mut y = ssl::requests::options(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::options(a_url, a_verify)?;
    let mut z = ssl::requests::Session::new(()).stream("OPTIONS", a_url, ())?;
    Ok(())
}

pub fn rule_196_0(a_method: &str, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str, path: &str) -> Result<(), AnyError> {
    let mut x = ssl::requests::request(a_method, a_url, ())?;
    let mut y = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = ssl::requests::Session::new(()).stream(a_method, a_url, ())?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().without_params(["a"]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().form([("name", "value")]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().data_file(std::fs::File::open("file")?))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().data_reader(py::<std::io::Empty>("(part for part in parts)")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().data(b"body"))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("a.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"content")), ("c", ssl::requests::FilePart::new(py::<Vec<u8>>("text")))]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read(path)?).filename(std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy())), ("b", ssl::requests::FilePart::new(std::fs::read(py::<&str>("folder + '/b.txt'"))?).filename(std::path::Path::new(py::<&str>("folder + '/b.txt'")).file_name().unwrap_or_default().to_string_lossy()))]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("b.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"text").no_filename()), ("c", ssl::requests::FilePart::new(b"").filename("c").content_type("text/plain").headers([("X-A", "b")]))]))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().auth_bytes(b"user", b"secret"))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().digest_auth(ssl::requests::HttpDigestAuth::new("user", "secret")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().auth_with(py::<fn(&mut ssl::requests::PreparedRequest)>("lambda request: request")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_millis(4500)))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hook")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("first")).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("second")))?;
    let mut z = ssl::requests::request(a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hooks")))?;
    Ok(())
}

pub fn rule_197_0() -> Result<(), AnyError> {
    let mut y = ssl::requests::Session::new(());
    Ok(())
}

pub fn rule_198_0(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str, path: &str) -> Result<(), AnyError> {
    let mut x = obj.get(a_url, ())?;
    let mut y = obj.get(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("GET", a_url, ())?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().without_params(["a"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().form([("name", "value")]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().data_file(std::fs::File::open("file")?))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().data_reader(py::<std::io::Empty>("(part for part in parts)")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().data(b"body"))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("a.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"content")), ("c", ssl::requests::FilePart::new(py::<Vec<u8>>("text")))]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read(path)?).filename(std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy())), ("b", ssl::requests::FilePart::new(std::fs::read(py::<&str>("folder + '/b.txt'"))?).filename(std::path::Path::new(py::<&str>("folder + '/b.txt'")).file_name().unwrap_or_default().to_string_lossy()))]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("b.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"text").no_filename()), ("c", ssl::requests::FilePart::new(b"").filename("c").content_type("text/plain").headers([("X-A", "b")]))]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().auth_bytes(b"user", b"secret"))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().digest_auth(ssl::requests::HttpDigestAuth::new("user", "secret")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().auth_with(py::<fn(&mut ssl::requests::PreparedRequest)>("lambda request: request")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_millis(4500)))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hook")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("first")).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("second")))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hooks")))?;
    Ok(())
}

pub fn rule_198_1(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.post(a_url, ())?;
    let mut y = obj.post(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("POST", a_url, ())?;
    Ok(())
}

pub fn rule_198_2(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.head(a_url, ())?;
    let mut y = obj.head(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("HEAD", a_url, ())?;
    Ok(())
}

pub fn rule_198_3(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.put(a_url, ())?;
    let mut y = obj.put(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("PUT", a_url, ())?;
    Ok(())
}

pub fn rule_198_4(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.patch(a_url, ())?;
    let mut y = obj.patch(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("PATCH", a_url, ())?;
    Ok(())
}

pub fn rule_198_5(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.delete(a_url, ())?;
    let mut y = obj.delete(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("DELETE", a_url, ())?;
    Ok(())
}

pub fn rule_198_6(mut obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.options(a_url, ())?;
    let mut y = obj.options(a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream("OPTIONS", a_url, ())?;
    Ok(())
}

pub fn rule_199_0(mut obj: ssl::requests::Session, a_method: &str, a_url: &str, a_params: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_headers: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str, path: &str) -> Result<(), AnyError> {
    let mut x = obj.request(a_method, a_url, ())?;
    let mut y = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().params(a_params).data(&a_data[..]).json(&a_json).headers(a_headers).cookies(a_cookies).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).verify(a_verify).cert(a_cert))?;
    let mut z = obj.stream(a_method, a_url, ())?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().without_params(["a"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().form([("name", "value")]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().data_file(std::fs::File::open("file")?))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().data_reader(py::<std::io::Empty>("(part for part in parts)")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().data(b"body"))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("a.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"content")), ("c", ssl::requests::FilePart::new(py::<Vec<u8>>("text")))]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read(path)?).filename(std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy())), ("b", ssl::requests::FilePart::new(std::fs::read(py::<&str>("folder + '/b.txt'"))?).filename(std::path::Path::new(py::<&str>("folder + '/b.txt'")).file_name().unwrap_or_default().to_string_lossy()))]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("b.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"text").no_filename()), ("c", ssl::requests::FilePart::new(b"").filename("c").content_type("text/plain").headers([("X-A", "b")]))]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().auth_bytes(b"user", b"secret"))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().auth("user", "secret"))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().digest_auth(ssl::requests::HttpDigestAuth::new("user", "secret")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().auth_with(py::<fn(&mut ssl::requests::PreparedRequest)>("lambda request: request")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_millis(4500)))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': None}")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hook")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("first")).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("second")))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hooks")))?;
    Ok(())
}

pub fn rule_200_0(mut obj: ssl::requests::Session, a_prefix: &str, a_adapter: ssl::requests::HttpAdapter) -> Result<(), AnyError> {
    obj.mount(a_prefix, a_adapter);
    let mut obj: ssl::requests::Session = py("obj");
    let a_adapter: ssl::requests::HttpAdapter = py("a_adapter");
    obj.mount(a_prefix, a_adapter);
    Ok(())
}

pub fn rule_201_0(value: &str) -> Result<(), AnyError> {
    let y = ssl::requests::RequestOptions::new();
    py::<ssl::requests::Session>("requests.Session").update(|options| options.verify(value));
    Ok(())
}

pub fn rule_202_0(value: &str) -> Result<(), AnyError> {
    let y = ssl::requests::RequestOptions::new();
    py::<ssl::requests::Session>("requests.Session").update(|options| options.cert(value));
    Ok(())
}

pub fn rule_203_0() -> Result<(), AnyError> {
    let y = ssl::requests::RequestOptions::new();
    py::<ssl::requests::Session>("requests.Session").update(|options| options.auth(py::<&str>("value[0]"), py::<&str>("value[1]")));
    Ok(())
}

pub fn rule_204_0(value: Vec<(String, String)>) -> Result<(), AnyError> {
    let y = ssl::requests::RequestOptions::new();
    py::<ssl::requests::Session>("requests.Session").update(|options| options.proxies(value));
    Ok(())
}

pub fn rule_205_0(value: Vec<(String, String)>) -> Result<(), AnyError> {
    let y = ssl::requests::RequestOptions::new();
    py::<ssl::requests::Session>("requests.Session").update(|options| options.params(value));
    Ok(())
}

pub fn rule_206_0(value: Vec<(String, String)>) -> Result<(), AnyError> {
    let y = ssl::requests::RequestOptions::new();
    py::<ssl::requests::Session>("requests.Session").update(|options| options.headers(value));
    Ok(())
}

pub fn rule_207_0(a_headers: Vec<(String, String)>) -> Result<(), AnyError> {
    py::<ssl::requests::Session>("session").update(|options| options.headers(a_headers));
    let a_headers: Vec<(String, String)> = py("a_headers");
    py::<ssl::requests::Session>("session").update(|options| options.headers(a_headers));
    let a_headers: Vec<(String, String)> = py("a_headers");
    py::<ssl::requests::Session>("session").update(|options| options.headers(a_headers));
    let a_headers: Vec<(String, String)> = py("a_headers");
    py::<ssl::requests::Session>("session").update(|options| options.headers(a_headers));
    Ok(())
}

pub fn rule_208_0(value: &str) -> Result<(), AnyError> {
    py::<ssl::requests::Session>("session").update(|options| options.headers([("key", value)]));
    Ok(())
}

pub fn rule_209_0(mut obj: ssl::requests::Session, value: Vec<(String, String)>) -> Result<(), AnyError> {
    let x = obj.cookies();
    let y = obj.cookies();
    obj.update(|options| options.cookies(value));
    Ok(())
}

pub fn rule_210_0(a_key: &str, a_value: &str) -> Result<(), AnyError> {
    py::<ssl::requests::Session>("session").set_cookie(a_key, a_value);
    py::<ssl::requests::Session>("session").set_cookie(a_key, a_value);
    Ok(())
}

pub fn rule_211_0(value: &str) -> Result<(), AnyError> {
    py::<ssl::requests::Session>("session").set_cookie("key", value);
    Ok(())
}

pub fn rule_212_0(a_cookies: Vec<(String, String)>) -> Result<(), AnyError> {
    let _ = for (name, value) in a_cookies { py::<ssl::requests::Session>("session").set_cookie(name, value); };
    let a_cookies: Vec<(String, String)> = py("a_cookies");
    let _ = for (name, value) in a_cookies { py::<ssl::requests::Session>("session").set_cookie(name, value); };
    let a_cookies: Vec<(String, String)> = py("a_cookies");
    let _ = for (name, value) in a_cookies { py::<ssl::requests::Session>("session").set_cookie(name, value); };
    let a_cookies: Vec<(String, String)> = py("a_cookies");
    let _ = for (name, value) in a_cookies { py::<ssl::requests::Session>("session").set_cookie(name, value); };
    Ok(())
}

pub fn rule_213_0(a_key: &str) -> Result<(), AnyError> {
    py::<ssl::requests::Session>("session").remove_cookie(a_key);
    py::<ssl::requests::Session>("session").remove_cookie(a_key);
    Ok(())
}

pub fn rule_214_0() -> Result<(), AnyError> {
    py::<ssl::requests::Session>("session").clear_cookies();
    py::<ssl::requests::Session>("session").clear_cookies();
    Ok(())
}

pub fn rule_215_0() -> Result<(), AnyError> {
    let x = py::<ssl::requests::Session>("session").cookies();
    let y = py::<ssl::requests::Session>("session").cookies();
    Ok(())
}

pub fn rule_216_0(value: bool) -> Result<(), AnyError> {
    let y = ssl::requests::Session::new(());
    ssl::requests::Session::new(()).trust_env(value);
    Ok(())
}

pub fn rule_217_0(mut obj: ssl::requests::Session) -> Result<(), AnyError> {
    let y = drop(obj);
    Ok(())
}

pub fn rule_218_0(a_pool_connections: usize, a_pool_maxsize: usize, a_max_retries: ssl::requests::Retry) -> Result<(), AnyError> {
    let x = ssl::requests::HttpAdapter::new();
    let y = ssl::requests::HttpAdapter::new().pool_connections(a_pool_connections).pool_maxsize(a_pool_maxsize).max_retries(a_max_retries);
    let z = ssl::requests::HttpAdapter::new().max_retries(3);
    let z = ssl::requests::HttpAdapter::new().max_retries(ssl::requests::Retry::new(3));
    Ok(())
}

pub fn rule_219_0(a_ssl_context: ssl::SslContext, a_assert_hostname: &str, a_assert_fingerprint: &str) -> Result<(), AnyError> {
    ssl::requests::HttpAdapter::new();
    ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context).assert_hostname(a_assert_hostname).assert_fingerprint(a_assert_fingerprint);
    Ok(())
}

pub fn rule_220_0(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.status_code();
    let y = obj.status_code();
    Ok(())
}

pub fn rule_220_1(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.ok();
    let y = obj.ok();
    Ok(())
}

pub fn rule_220_2(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.text();
    let y = obj.text();
    Ok(())
}

pub fn rule_220_3(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.content();
    let y = obj.content();
    Ok(())
}

pub fn rule_220_4(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.headers();
    let y = obj.headers();
    Ok(())
}

pub fn rule_220_5(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.url();
    let y = obj.url();
    Ok(())
}

pub fn rule_220_6(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.reason();
    let y = obj.reason();
    Ok(())
}

pub fn rule_220_7(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.elapsed();
    let y = obj.elapsed();
    Ok(())
}

pub fn rule_220_8(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.history();
    let y = obj.history();
    Ok(())
}

pub fn rule_220_9(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.is_redirect();
    let y = obj.is_redirect();
    Ok(())
}

pub fn rule_220_10(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.is_permanent_redirect();
    let y = obj.is_permanent_redirect();
    Ok(())
}

pub fn rule_220_11(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.links();
    let y = obj.links();
    Ok(())
}

pub fn rule_220_12(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.next();
    let y = obj.next();
    Ok(())
}

pub fn rule_220_13(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.cookies();
    let y = obj.cookies();
    Ok(())
}

pub fn rule_220_14(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.request();
    let y = obj.request();
    Ok(())
}

pub fn rule_221_0(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let y = obj.raise_for_status()?;
    Ok(())
}

pub fn rule_222_0(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let y = obj.json::<std::collections::HashMap<String, String>>()?;
    Ok(())
}

pub fn rule_223_0(mut obj: ssl::requests::Response, value: &str) -> Result<(), AnyError> {
    let x = obj.encoding();
    let y = obj.encoding();
    obj.set_encoding(value);
    Ok(())
}

pub fn rule_224_0(mut obj: ssl::requests::Response, a_chunk_size: usize) -> Result<(), AnyError> {
    let x = obj.content().chunks(1);
    let y = obj.content().chunks(a_chunk_size);
    Ok(())
}

pub fn rule_225_0(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let x = obj.iter_lines();
    let y = obj.iter_lines();
    Ok(())
}

pub fn rule_226_0(mut obj: ssl::requests::Response) -> Result<(), AnyError> {
    let y = drop(obj);
    Ok(())
}

pub fn rule_228_0(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.status_code();
    let y = obj.status_code();
    Ok(())
}

pub fn rule_228_1(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.ok();
    let y = obj.ok();
    Ok(())
}

pub fn rule_228_2(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.headers();
    let y = obj.headers();
    Ok(())
}

pub fn rule_228_3(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.url();
    let y = obj.url();
    Ok(())
}

pub fn rule_228_4(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.reason();
    let y = obj.reason();
    Ok(())
}

pub fn rule_228_5(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.elapsed();
    let y = obj.elapsed();
    Ok(())
}

pub fn rule_228_6(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.history();
    let y = obj.history();
    Ok(())
}

pub fn rule_228_7(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.encoding();
    let y = obj.encoding();
    Ok(())
}

pub fn rule_228_8(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.cookies();
    let y = obj.cookies();
    Ok(())
}

pub fn rule_228_9(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.links();
    let y = obj.links();
    Ok(())
}

pub fn rule_228_10(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.next();
    let y = obj.next();
    Ok(())
}

pub fn rule_228_11(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.request();
    let y = obj.request();
    Ok(())
}

pub fn rule_228_12(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.is_redirect();
    let y = obj.is_redirect();
    Ok(())
}

pub fn rule_228_13(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.is_permanent_redirect();
    let y = obj.is_permanent_redirect();
    Ok(())
}

pub fn rule_229_0(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.into_raw();
    let mut obj: ssl::requests::StreamingResponse = py("obj");
    let y = obj.into_raw();
    Ok(())
}

pub fn rule_230_0(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let y = obj.raise_for_status()?;
    Ok(())
}

pub fn rule_231_0(mut obj: ssl::requests::StreamingResponse, a_chunk_size: usize) -> Result<(), AnyError> {
    obj.iter_content(1);
    obj.iter_content(a_chunk_size);
    Ok(())
}

pub fn rule_232_0(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    obj.iter_lines();
    obj.iter_lines();
    Ok(())
}

pub fn rule_233_0(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.into_response()?.content();
    let mut obj: ssl::requests::StreamingResponse = py("obj");
    let y = obj.into_response()?.content();
    Ok(())
}

pub fn rule_233_1(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let x = obj.into_response()?.text();
    let mut obj: ssl::requests::StreamingResponse = py("obj");
    let y = obj.into_response()?.text();
    Ok(())
}

pub fn rule_234_0(mut obj: ssl::requests::StreamingResponse) -> Result<(), AnyError> {
    let y = obj.into_response()?.json::<std::collections::HashMap<String, String>>()?;
    Ok(())
}

pub fn rule_235_0(a_method: &str, a_url: &str, a_headers: Vec<(String, String)>, a_data: Vec<u8>, a_params: Vec<(String, String)>, a_cookies: Vec<(String, String)>, a_json: std::collections::HashMap<String, String>, path: &str) -> Result<(), AnyError> {
    let x = (a_method, a_url, ssl::requests::RequestOptions::new());
    let y = (a_method, a_url, ssl::requests::RequestOptions::new().headers(a_headers).files(py::<Vec<(String, ssl::requests::FilePart)>>("a_files")).data(&a_data[..]).params(a_params).auth(py::<&str>("a_auth[0]"), py::<&str>("a_auth[1]")).cookies(a_cookies).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hooks")).json(&a_json));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().without_headers(["a"]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("a.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"content")), ("c", ssl::requests::FilePart::new(py::<Vec<u8>>("text")))]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read(path)?).filename(std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy())), ("b", ssl::requests::FilePart::new(std::fs::read(py::<&str>("folder + '/b.txt'"))?).filename(std::path::Path::new(py::<&str>("folder + '/b.txt'")).file_name().unwrap_or_default().to_string_lossy()))]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().files([("a", ssl::requests::FilePart::new(std::fs::read("b.txt")?).filename("a.txt")), ("b", ssl::requests::FilePart::new(b"text").no_filename()), ("c", ssl::requests::FilePart::new(b"").filename("c").content_type("text/plain").headers([("X-A", "b")]))]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().form([("name", "value")]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().data_file(std::fs::File::open("file")?));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().data_reader(py::<std::io::Empty>("(part for part in parts)")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().data(b"body"));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().without_params(["a"]));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().auth("user", "secret"));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().auth_bytes(b"user", b"secret"));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().auth("user", "secret"));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().digest_auth(ssl::requests::HttpDigestAuth::new("user", "secret")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().auth_with(py::<fn(&mut ssl::requests::PreparedRequest)>("lambda request: request")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().cookies(py::<Vec<(String, String)>>("{'a': None}")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hook")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("first")).response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("second")));
    let z = (a_method, a_url, ssl::requests::RequestOptions::new().response_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("hooks")));
    Ok(())
}

pub fn rule_236_0(obj: (&str, &str, ssl::requests::RequestOptions)) -> Result<(), AnyError> {
    let mut y = { let (method, url, options) = obj; ssl::requests::Session::new(()).prepare_request(method, url, options)? };
    Ok(())
}

pub fn rule_237_0(a_request: (&str, &str, ssl::requests::RequestOptions), mut obj: ssl::requests::Session) -> Result<(), AnyError> {
    let mut x = { let (method, url, options) = a_request; obj.prepare_request(method, url, options)? };
    let a_request: (&str, &str, ssl::requests::RequestOptions) = py("a_request");
    let mut y = { let (method, url, options) = a_request; obj.prepare_request(method, url, options)? };
    Ok(())
}

pub fn rule_238_0(mut obj: ssl::requests::Session, mut a_request: ssl::requests::PreparedRequest, a_timeout: f64, a_allow_redirects: bool, a_proxies: Vec<(String, String)>, a_verify: &str, a_cert: &str) -> Result<(), AnyError> {
    let mut x = obj.send(a_request, ())?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut y = obj.send(a_request, ssl::requests::RequestOptions::new().timeout(Duration::from_secs_f64(a_timeout)).allow_redirects(a_allow_redirects).proxies(a_proxies).verify(a_verify).cert(a_cert))?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut z = obj.send_stream(a_request, ())?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut z = obj.send(a_request, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_millis(4500)))?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut z = obj.send(a_request, ssl::requests::RequestOptions::new().connect_timeout(Duration::from_secs(3)))?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut z = obj.send(a_request, ssl::requests::RequestOptions::new().timeout(Duration::from_secs(5)))?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut z = obj.send(a_request, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': 'b', 'c': None}")))?;
    let mut a_request: ssl::requests::PreparedRequest = py("a_request");
    let mut z = obj.send(a_request, ssl::requests::RequestOptions::new().proxies(py::<Vec<(String, String)>>("{'a': None}")))?;
    Ok(())
}

pub fn rule_239_0(mut obj: ssl::requests::PreparedRequest, value: &str) -> Result<(), AnyError> {
    let x = obj.method();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    let y = obj.method();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    obj.set_method(value)?;
    Ok(())
}

pub fn rule_240_0(mut obj: ssl::requests::PreparedRequest, value: &str) -> Result<(), AnyError> {
    let x = obj.url();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    let y = obj.url();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    obj.set_url(value)?;
    Ok(())
}

pub fn rule_241_0(mut obj: ssl::requests::PreparedRequest, value: Vec<u8>) -> Result<(), AnyError> {
    let x = obj.body();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    let y = obj.body();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    obj.set_body(&value[..]);
    Ok(())
}

pub fn rule_242_0(mut obj: ssl::requests::PreparedRequest) -> Result<(), AnyError> {
    let x = obj.headers();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    let y = obj.headers();
    Ok(())
}

pub fn rule_243_0(mut obj: ssl::requests::PreparedRequest) -> Result<(), AnyError> {
    let x = obj.path_url();
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    let y = obj.path_url();
    Ok(())
}

pub fn rule_244_0(mut obj: ssl::requests::PreparedRequest) -> Result<(), AnyError> {
    let _ = obj;
    let mut obj: ssl::requests::PreparedRequest = py("obj");
    obj.register_hook(py::<fn(ssl::requests::Response) -> Result<ssl::requests::Response, ssl::requests::Error>>("a_hook"));
    Ok(())
}

pub fn rule_245_0(a_username: &str, a_password: &str) -> Result<(), AnyError> {
    let x = (a_username, a_password);
    let y = (a_username, a_password);
    Ok(())
}

pub fn rule_246_0(a_username: &str, a_password: &str) -> Result<(), AnyError> {
    let x = ssl::requests::HttpDigestAuth::new(a_username, a_password);
    let y = ssl::requests::HttpDigestAuth::new(a_username, a_password);
    Ok(())
}

pub fn rule_249_0(value: u32) -> Result<(), AnyError> {
    let y = ssl::requests::Session::new(());
    ssl::requests::Session::new(()).max_redirects(value);
    Ok(())
}

pub fn rule_250_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::MissingSchema(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::MissingSchema(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_251_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::InvalidSchema(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::InvalidSchema(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_252_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ (ssl::requests::Error::InvalidURL(_) | ssl::requests::Error::InvalidProxyURL(_))) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::InvalidURL(_) | ssl::requests::Error::InvalidProxyURL(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_253_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::InvalidHeader(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::InvalidHeader(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_254_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::InvalidProxyURL(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::InvalidProxyURL(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_255_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::InvalidJSONError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::InvalidJSONError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_256_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::TooManyRedirects { .. }) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::TooManyRedirects { .. });
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_257_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::ChunkedEncodingError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::ChunkedEncodingError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_258_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::ContentDecodingError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::ContentDecodingError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_259_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::RetryError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::RetryError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_260_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::UnrewindableBodyError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::UnrewindableBodyError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_261_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::ProxyError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::ProxyError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_262_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::ConnectTimeout) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::ConnectTimeout);
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_263_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::ReadTimeout) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::ReadTimeout);
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_264_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::SSLError(_)) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::SSLError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_265_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.is_connection_error() => {
            |e: &ssl::requests::Error| e.is_connection_error();
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_266_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.is_timeout() => {
            |e: &ssl::requests::Error| e.is_timeout();
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_267_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::requests::Error::HTTPError { .. }) => {
            |e: &ssl::requests::Error| matches!(e, ssl::requests::Error::HTTPError { .. });
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_268_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::requests::Error>(tried)? {
        Ok(_) => {}
        Err(e) if !matches!(e, ssl::requests::Error::OSError(_) | ssl::requests::Error::ValueError(_)) => {
            |e: &ssl::requests::Error| !matches!(e, ssl::requests::Error::OSError(_) | ssl::requests::Error::ValueError(_));
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_269_0(obj: ssl::requests::Error) -> Result<(), AnyError> {
    let x = obj.response();
    let y = obj.response();
    Ok(())
}

pub fn rule_269_1(obj: ssl::requests::Error) -> Result<(), AnyError> {
    let x = obj.request();
    let y = obj.request();
    Ok(())
}

pub fn rule_270_0(a_total: u32, a_connect: u32, a_read: u32, a_status: u32, a_other: u32, a_backoff_factor: f64, a_backoff_max: f64, a_backoff_jitter: f64, a_retry_after_max: f64, a_raise_on_status: bool, a_respect_retry_after_header: bool) -> Result<(), AnyError> {
    let x = ssl::requests::Retry::new(10);
    let y = ssl::requests::Retry::new(a_total).connect(a_connect).read(a_read).status(a_status).other(a_other).allowed_methods(py::<Vec<String>>("a_allowed_methods")).allowed_methods(py::<Vec<String>>("a_method_whitelist")).status_forcelist(py::<Vec<u16>>("range(500, 600)")).backoff_factor(a_backoff_factor).backoff_max(a_backoff_max).backoff_jitter(a_backoff_jitter).retry_after_max(Duration::from_secs_f64(a_retry_after_max)).raise_on_status(a_raise_on_status).respect_retry_after_header(a_respect_retry_after_header);
    let z = ssl::requests::Retry::new(10).total(None);
    let z = ssl::requests::Retry::new(10).allowed_methods(["GET", "PUT"]);
    let z = ssl::requests::Retry::new(10).all_methods();
    let z = ssl::requests::Retry::new(10).all_methods();
    let z = ssl::requests::Retry::new(10).status_forcelist([500, 503]);
    let z = ssl::requests::Retry::new(10).status_forcelist([500]);
    let z = ssl::requests::Retry::new(10).allowed_methods(["GET", "PUT"]);
    let z = ssl::requests::Retry::new(10).all_methods();
    let z = ssl::requests::Retry::new(10).all_methods();
    Ok(())
}

pub fn rule_271_0(a_ssl_version: ssl::Protocol, a_cert_reqs: ssl::VerifyMode, a_ssl_minimum_version: ssl::TlsVersion, a_ssl_maximum_version: ssl::TlsVersion, a_options: ssl::Options, a_ciphers: &str) -> Result<(), AnyError> {
    let x = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    let y = { let context = ssl::SslContext::new(a_ssl_version)?; context.set_check_hostname(a_cert_reqs == ssl::CERT_REQUIRED)?; context.set_verify_mode(a_cert_reqs)?; context.set_minimum_version(a_ssl_minimum_version)?; context.set_maximum_version(a_ssl_maximum_version)?; context.set_options(context.options() | a_options)?; context.set_ciphers(a_ciphers)?; context };
    Ok(())
}

pub fn rule_272_0(a_sock: std::net::TcpStream, a_ssl_context: ssl::SslContext, a_cert_reqs: ssl::VerifyMode, a_ciphers: &str, a_ca_certs: &str, a_ca_cert_dir: &str, a_ca_cert_data: &str, a_certfile: &str, a_keyfile: &str, a_key_password: &str, a_server_hostname: &str) -> Result<(), AnyError> {
    let x = ssl::create_default_context(())?.wrap_socket(&a_sock, ())?;
    let y = ({ let context = a_ssl_context; context.set_check_hostname(a_cert_reqs == ssl::CERT_REQUIRED)?; context.set_verify_mode(a_cert_reqs)?; context.set_ciphers(a_ciphers)?; context.load_verify_locations(a_ca_certs)?; context.load_verify_locations(ssl::VerifyLocations::new().capath(a_ca_cert_dir))?; context.load_verify_locations(ssl::VerifyLocations::new().cadata(a_ca_cert_data))?; context.load_cert_chain(ssl::CertChain::new(a_certfile).keyfile(a_keyfile).password(a_key_password))?; context }).wrap_socket(&a_sock, ssl::WrapSocket::new().server_hostname(a_server_hostname))?;
    Ok(())
}

pub fn rule_273_0(a_candidate: ssl::VerifyMode) -> Result<(), AnyError> {
    let x = a_candidate;
    let y = a_candidate;
    Ok(())
}

pub fn rule_274_0(a_ssl_context: ssl::SslContext, a_assert_fingerprint: &str) -> Result<(), AnyError> {
    let x = ssl::requests::Session::new(());
    let y = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context));
    let z = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context));
    let z = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().assert_fingerprint(a_assert_fingerprint));
    Ok(())
}

pub fn rule_275_0(a_ssl_context: ssl::SslContext) -> Result<(), AnyError> {
    let x = ssl::requests::Session::new(());
    let y = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context));
    let z = ssl::requests::Session::new(()).mount("https://", ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context));
    Ok(())
}

pub fn rule_276_0(obj: ssl::requests::Session, a_method: &str, a_url: &str, a_headers: Vec<(String, String)>, a_body: Vec<u8>, a_json: std::collections::HashMap<String, String>, a_timeout: f64, a_fields: Vec<(String, String)>) -> Result<(), AnyError> {
    let mut x = obj.request(a_method, a_url, ())?;
    let mut y = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().headers(a_headers).data(&a_body[..]).json(&a_json).timeout(Duration::from_secs_f64(a_timeout)).params(a_fields))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().without_params(["a"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = obj.request(a_method, a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    Ok(())
}

pub fn rule_278_0(a_ssl_context: ssl::SslContext) -> Result<(), AnyError> {
    let x = ssl::requests::HttpAdapter::new().ssl_context(&ssl::create_default_context(())?);
    let y = ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context);
    let z = ssl::requests::HttpAdapter::new().ssl_context(&ssl::create_unverified_context(())?);
    let z = ssl::requests::HttpAdapter::new().ssl_context(&a_ssl_context);
    Ok(())
}

pub fn rule_279_0(a_connector: ssl::requests::HttpAdapter) -> Result<(), AnyError> {
    let x = ssl::requests::Session::new(());
    let y = ssl::requests::Session::new(()).mount("https://", a_connector);
    let a_connector: ssl::requests::HttpAdapter = py("a_connector");
    let z = ssl::requests::Session::new(()).mount("https://", a_connector);
    Ok(())
}

pub fn rule_280_0(obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_headers: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>) -> Result<(), AnyError> {
    let mut x = obj.get(a_url, ())?;
    let mut y = obj.get(a_url, ssl::requests::RequestOptions::new().params(a_params).headers(a_headers).data(&a_data[..]).json(&a_json))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().params([("a", "b")]).without_params(["c"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().without_params(["a"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().headers([("a", "b")]).without_headers(["c"]))?;
    let mut z = obj.get(a_url, ssl::requests::RequestOptions::new().without_headers(["a"]))?;
    Ok(())
}

pub fn rule_280_1(obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_headers: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>) -> Result<(), AnyError> {
    let mut x = obj.post(a_url, ())?;
    let mut y = obj.post(a_url, ssl::requests::RequestOptions::new().params(a_params).headers(a_headers).data(&a_data[..]).json(&a_json))?;
    Ok(())
}

pub fn rule_280_2(obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_headers: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>) -> Result<(), AnyError> {
    let mut x = obj.put(a_url, ())?;
    let mut y = obj.put(a_url, ssl::requests::RequestOptions::new().params(a_params).headers(a_headers).data(&a_data[..]).json(&a_json))?;
    Ok(())
}

pub fn rule_280_3(obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_headers: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>) -> Result<(), AnyError> {
    let mut x = obj.delete(a_url, ())?;
    let mut y = obj.delete(a_url, ssl::requests::RequestOptions::new().params(a_params).headers(a_headers).data(&a_data[..]).json(&a_json))?;
    Ok(())
}

pub fn rule_280_4(obj: ssl::requests::Session, a_url: &str, a_params: Vec<(String, String)>, a_headers: Vec<(String, String)>, a_data: Vec<u8>, a_json: std::collections::HashMap<String, String>) -> Result<(), AnyError> {
    let mut x = obj.head(a_url, ())?;
    let mut y = obj.head(a_url, ssl::requests::RequestOptions::new().params(a_params).headers(a_headers).data(&a_data[..]).json(&a_json))?;
    Ok(())
}

pub fn rule_281_0(a_method: ssl::Protocol) -> Result<(), AnyError> {
    let x = ssl::SslContext::new(a_method)?;
    let y = ssl::SslContext::new(a_method)?;
    Ok(())
}

pub fn rule_282_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS;
    let y = ssl::PROTOCOL_TLS;
    Ok(())
}

pub fn rule_282_1() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS;
    let y = ssl::PROTOCOL_TLS;
    Ok(())
}

pub fn rule_283_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS_CLIENT;
    let y = ssl::PROTOCOL_TLS_CLIENT;
    Ok(())
}

pub fn rule_284_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLS_SERVER;
    let y = ssl::PROTOCOL_TLS_SERVER;
    Ok(())
}

pub fn rule_285_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLSv1;
    let y = ssl::PROTOCOL_TLSv1;
    Ok(())
}

pub fn rule_286_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLSv1_1;
    let y = ssl::PROTOCOL_TLSv1_1;
    Ok(())
}

pub fn rule_287_0() -> Result<(), AnyError> {
    let x = ssl::PROTOCOL_TLSv1_2;
    let y = ssl::PROTOCOL_TLSv1_2;
    Ok(())
}

pub fn rule_288_0() -> Result<(), AnyError> {
    let x = ssl::CERT_NONE;
    let y = ssl::CERT_NONE;
    Ok(())
}

pub fn rule_289_0() -> Result<(), AnyError> {
    let x = ssl::CERT_OPTIONAL;
    let y = ssl::CERT_OPTIONAL;
    Ok(())
}

pub fn rule_290_0() -> Result<(), AnyError> {
    let x = ssl::CERT_REQUIRED;
    let y = ssl::CERT_REQUIRED;
    Ok(())
}

pub fn rule_291_0() -> Result<(), AnyError> {
    let x = ssl::OP_NO_SSLv2;
    let y = ssl::OP_NO_SSLv2;
    Ok(())
}

pub fn rule_291_1() -> Result<(), AnyError> {
    let x = ssl::OP_NO_SSLv3;
    let y = ssl::OP_NO_SSLv3;
    Ok(())
}

pub fn rule_291_2() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1;
    let y = ssl::OP_NO_TLSv1;
    Ok(())
}

pub fn rule_291_3() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_1;
    let y = ssl::OP_NO_TLSv1_1;
    Ok(())
}

pub fn rule_291_4() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_2;
    let y = ssl::OP_NO_TLSv1_2;
    Ok(())
}

pub fn rule_291_5() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TLSv1_3;
    let y = ssl::OP_NO_TLSv1_3;
    Ok(())
}

pub fn rule_291_6() -> Result<(), AnyError> {
    let x = ssl::OP_NO_TICKET;
    let y = ssl::OP_NO_TICKET;
    Ok(())
}

pub fn rule_291_7() -> Result<(), AnyError> {
    let x = ssl::OP_NO_COMPRESSION;
    let y = ssl::OP_NO_COMPRESSION;
    Ok(())
}

pub fn rule_291_8() -> Result<(), AnyError> {
    let x = ssl::OP_CIPHER_SERVER_PREFERENCE;
    let y = ssl::OP_CIPHER_SERVER_PREFERENCE;
    Ok(())
}

pub fn rule_291_9() -> Result<(), AnyError> {
    let x = ssl::OP_ALL;
    let y = ssl::OP_ALL;
    Ok(())
}

pub fn rule_291_10() -> Result<(), AnyError> {
    let x = ssl::OP_SINGLE_DH_USE;
    let y = ssl::OP_SINGLE_DH_USE;
    Ok(())
}

pub fn rule_291_11() -> Result<(), AnyError> {
    let x = ssl::OP_SINGLE_ECDH_USE;
    let y = ssl::OP_SINGLE_ECDH_USE;
    Ok(())
}

pub fn rule_291_12() -> Result<(), AnyError> {
    let x = ssl::OP_NO_RENEGOTIATION;
    let y = ssl::OP_NO_RENEGOTIATION;
    Ok(())
}

pub fn rule_292_0(obj: ssl::SslContext, a_certfile: &str) -> Result<(), AnyError> {
    let x = obj.load_cert_chain(a_certfile)?;
    let y = obj.load_cert_chain(a_certfile)?;
    Ok(())
}

pub fn rule_292_1(obj: ssl::SslContext, a_certfile: &str) -> Result<(), AnyError> {
    let x = obj.load_cert_chain(a_certfile)?;
    let y = obj.load_cert_chain(a_certfile)?;
    Ok(())
}

pub fn rule_293_0(obj: ssl::SslContext, a_keyfile: &str) -> Result<(), AnyError> {
    let x = obj.load_cert_chain((py::<&str>("certfile"), a_keyfile))?;
    let y = obj.load_cert_chain((py::<&str>("certfile"), a_keyfile))?;
    Ok(())
}

pub fn rule_294_0(obj: ssl::SslContext, a_cafile: &str, a_capath: &str) -> Result<(), AnyError> {
    let x = obj.load_verify_locations(ssl::VerifyLocations::new())?;
    let y = obj.load_verify_locations(ssl::VerifyLocations::new().cafile(a_cafile).capath(a_capath))?;
    let z = obj.load_verify_locations(a_cafile)?;
    Ok(())
}

pub fn rule_295_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let y = obj.set_default_verify_paths()?;
    Ok(())
}

pub fn rule_296_0(obj: ssl::SslContext, a_mode: ssl::VerifyMode) -> Result<(), AnyError> {
    let x = obj.set_verify_mode(a_mode)?;
    let y = obj.set_verify_mode(a_mode)?;
    Ok(())
}

pub fn rule_297_0(obj: ssl::SslContext, a_ciphers: &str) -> Result<(), AnyError> {
    let x = obj.set_ciphers(a_ciphers)?;
    let y = obj.set_ciphers(a_ciphers)?;
    Ok(())
}

pub fn rule_298_0(obj: ssl::SslContext, a_options: ssl::Options) -> Result<(), AnyError> {
    let x = obj.set_options(obj.options() | a_options)?;
    let y = obj.set_options(obj.options() | a_options)?;
    Ok(())
}

pub fn rule_299_0(obj: ssl::SslContext, a_protos: &[&str]) -> Result<(), AnyError> {
    let x = obj.set_alpn_protocols(a_protos)?;
    let y = obj.set_alpn_protocols(a_protos)?;
    Ok(())
}

pub fn rule_300_0(obj: ssl::SslContext, a_version: ssl::TlsVersion) -> Result<(), AnyError> {
    let x = obj.set_minimum_version(a_version)?;
    let y = obj.set_minimum_version(a_version)?;
    Ok(())
}

pub fn rule_301_0(obj: ssl::SslContext, a_version: ssl::TlsVersion) -> Result<(), AnyError> {
    let x = obj.set_maximum_version(a_version)?;
    let y = obj.set_maximum_version(a_version)?;
    Ok(())
}

pub fn rule_302_0(obj: ssl::SslContext) -> Result<(), AnyError> {
    let x = obj.set_sni_callback(|request| { /* a_callback */ Ok(ssl::SniAction::Continue) })?;
    let y = obj.set_sni_callback(|request| { /* a_callback */ Ok(ssl::SniAction::Continue) })?;
    Ok(())
}

pub fn rule_303_0() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_2;
    let y = ssl::TlsVersion::TLSv1_2;
    Ok(())
}

pub fn rule_304_0() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_3;
    let y = ssl::TlsVersion::TLSv1_3;
    Ok(())
}

pub fn rule_306_0(a_context: ssl::SslContext, a_socket: std::net::TcpStream) -> Result<(), AnyError> {
    let x = a_context.wrap_socket(py::<std::net::TcpStream>("socket"), ssl::WrapSocket::new().do_handshake_on_connect(false))?;
    let y = a_context.wrap_socket(&a_socket, ssl::WrapSocket::new().do_handshake_on_connect(false))?;
    Ok(())
}

pub fn rule_307_0(a_name: &str) -> Result<(), AnyError> {
    let x = ssl::WrapSocket::new().server_hostname(a_name);
    let y = ssl::WrapSocket::new().server_hostname(a_name);
    Ok(())
}

pub fn rule_308_0() -> Result<(), AnyError> {
    let y = ssl::WrapSocket::new().server_side(false);
    Ok(())
}

pub fn rule_309_0() -> Result<(), AnyError> {
    let y = ssl::WrapSocket::new().server_side(true);
    Ok(())
}

pub fn rule_310_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.do_handshake()?;
    Ok(())
}

pub fn rule_311_0(obj: ssl::SslSocket, a_bufsiz: usize) -> Result<(), AnyError> {
    let x = obj.recv(a_bufsiz)?;
    let y = obj.recv(a_bufsiz)?;
    Ok(())
}

pub fn rule_311_1(obj: ssl::SslSocket, a_bufsiz: usize) -> Result<(), AnyError> {
    let x = obj.recv(a_bufsiz)?;
    let y = obj.recv(a_bufsiz)?;
    Ok(())
}

pub fn rule_312_0(obj: ssl::SslSocket, a_buf: &[u8]) -> Result<(), AnyError> {
    let x = obj.send(&a_buf)?;
    let y = obj.send(&a_buf)?;
    Ok(())
}

pub fn rule_312_1(obj: ssl::SslSocket, a_buf: &[u8]) -> Result<(), AnyError> {
    let x = obj.sendall(&a_buf)?;
    let y = obj.sendall(&a_buf)?;
    Ok(())
}

pub fn rule_312_2(obj: ssl::SslSocket, a_buf: &[u8]) -> Result<(), AnyError> {
    let x = obj.write(&a_buf)?;
    let y = obj.write(&a_buf)?;
    Ok(())
}

pub fn rule_313_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.unwrap()?;
    Ok(())
}

pub fn rule_314_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.close();
    Ok(())
}

pub fn rule_314_1(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.pending();
    Ok(())
}

pub fn rule_314_2(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.fileno();
    Ok(())
}

pub fn rule_315_0(obj: ssl::SslSocket, a_addr: (&str, u16)) -> Result<(), AnyError> {
    let x = obj.connect(a_addr)?;
    let y = obj.connect(a_addr)?;
    Ok(())
}

pub fn rule_316_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.getpeercert()?;
    Ok(())
}

pub fn rule_317_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.get_unverified_chain()?;
    Ok(())
}

pub fn rule_318_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.version();
    Ok(())
}

pub fn rule_319_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.cipher();
    Ok(())
}

pub fn rule_320_0(obj: ssl::SslSocket) -> Result<(), AnyError> {
    let y = obj.selected_alpn_protocol();
    Ok(())
}

pub fn rule_321_0(a_message: &str) -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.ssl().is_some() => {
            |e: &ssl::Error| e.ssl().is_some();
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::Ssl(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::Ssl(Box::new(ssl::SslError::new(a_message)));
    Ok(())
}

pub fn rule_322_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::WantRead(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::WantRead(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::WantRead(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::WantRead(Box::new(ssl::SslError::new("")));
    Ok(())
}

pub fn rule_323_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::WantWrite(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::WantWrite(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::WantWrite(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::WantWrite(Box::new(ssl::SslError::new("")));
    Ok(())
}

pub fn rule_324_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::ZeroReturn(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::ZeroReturn(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::ZeroReturn(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::ZeroReturn(Box::new(ssl::SslError::new("")));
    Ok(())
}

pub fn rule_325_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Syscall(_)) => {
            |e: &ssl::Error| matches!(e, ssl::Error::Syscall(_));
        }
        Err(e) => return Err(e.into()),
    }
    let x = ssl::Error::Syscall(Box::new(ssl::SslError::new("")));
    let y = ssl::Error::Syscall(Box::new(ssl::SslError::new("")));
    Ok(())
}

pub fn rule_326_0(a_value: i32) -> Result<(), AnyError> {
    let x = ssl::VerifyMode::try_from(a_value)?;
    let y = ssl::VerifyMode::try_from(a_value)?;
    Ok(())
}

pub fn rule_326_1(a_value: i32) -> Result<(), AnyError> {
    let x = ssl::TlsVersion::try_from(a_value)?;
    let y = ssl::TlsVersion::try_from(a_value)?;
    Ok(())
}

pub fn rule_326_2(a_value: i32) -> Result<(), AnyError> {
    let x = ssl::Protocol::try_from(a_value)?;
    let y = ssl::Protocol::try_from(a_value)?;
    Ok(())
}

pub fn rule_326_3(a_value: i32) -> Result<(), AnyError> {
    let x = ssl::SslErrorNumber::try_from(a_value)?;
    let y = ssl::SslErrorNumber::try_from(a_value)?;
    Ok(())
}

pub fn rule_327_0(a_value: i32) -> Result<(), AnyError> {
    let x = ssl::VerifyFlags::from_bits_retain(a_value as _);
    let y = ssl::VerifyFlags::from_bits_retain(a_value as _);
    Ok(())
}

pub fn rule_327_1(a_value: i32) -> Result<(), AnyError> {
    let x = ssl::Options::from_bits_retain(a_value as _);
    let y = ssl::Options::from_bits_retain(a_value as _);
    Ok(())
}

pub fn rule_329_0() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::SSLv3;
    let y = ssl::TlsVersion::SSLv3;
    Ok(())
}

pub fn rule_329_1() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1;
    let y = ssl::TlsVersion::TLSv1;
    Ok(())
}

pub fn rule_329_2() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_1;
    let y = ssl::TlsVersion::TLSv1_1;
    Ok(())
}

pub fn rule_329_3() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_2;
    let y = ssl::TlsVersion::TLSv1_2;
    Ok(())
}

pub fn rule_329_4() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::TLSv1_3;
    let y = ssl::TlsVersion::TLSv1_3;
    Ok(())
}

pub fn rule_329_5() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::MINIMUM_SUPPORTED;
    let y = ssl::TlsVersion::MINIMUM_SUPPORTED;
    Ok(())
}

pub fn rule_329_6() -> Result<(), AnyError> {
    let x = ssl::TlsVersion::MAXIMUM_SUPPORTED;
    let y = ssl::TlsVersion::MAXIMUM_SUPPORTED;
    Ok(())
}

pub fn rule_330_0() -> Result<(), AnyError> {
    let x = ssl::PYTHON_DEFAULT_CIPHERS;
    let y = ssl::PYTHON_DEFAULT_CIPHERS;
    Ok(())
}

pub fn rule_331_0(a_txt: &str) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::new(a_txt)?;
    let y = ssl::Asn1Object::new(a_txt)?;
    Ok(())
}

pub fn rule_332_0(a_nid: i32) -> Result<(), AnyError> {
    let x = ssl::Asn1Object::fromnid(a_nid)?;
    let y = ssl::Asn1Object::fromnid(a_nid)?;
    Ok(())
}

pub fn rule_334_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match tried {
        Ok(_) => {}
        Err(e) => {
        }
    }
    Ok(())
}

pub fn rule_334_1() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match tried {
        Ok(_) => {}
        Err(e) => {
        }
    }
    Ok(())
}

pub fn rule_335_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.ssl().is_some() || matches!(e, ssl::Error::Os(_) | ssl::Error::Timeout(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_336_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "TimeoutError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_337_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if matches!(e.python_class(), "BrokenPipeError" | "ConnectionAbortedError" | "ConnectionRefusedError" | "ConnectionResetError") => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "BrokenPipeError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_1() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "ConnectionAbortedError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_2() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "ConnectionRefusedError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_3() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "ConnectionResetError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_4() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "BlockingIOError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_5() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "ChildProcessError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_6() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "FileExistsError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_7() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "FileNotFoundError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_8() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "InterruptedError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_9() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "IsADirectoryError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_10() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "NotADirectoryError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_11() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "PermissionError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_338_12() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e) if e.python_class() == "ProcessLookupError" => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_339_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ (ssl::Error::Value(_) | ssl::Error::Unicode(_) | ssl::Error::CertVerification(_))) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_340_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Unicode(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_340_1() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Unicode(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_340_2() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Unicode(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_341_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Type(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_342_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Overflow(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_342_1() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::Overflow(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_343_0() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::NotImplemented(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_343_1() -> Result<(), AnyError> {
    let tried = (|| -> Result<(), AnyError> {
        ssl::RAND_status();
        Ok(())
    })();
    match caught::<_, ssl::Error>(tried)? {
        Ok(_) => {}
        Err(e @ ssl::Error::NotImplemented(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_344_0() -> Result<(), AnyError> {
    match ssl::requests::get("https://a.example", ()) {
        Ok(_) => {}
        Err(e) => {
        }
    }
    Ok(())
}

pub fn rule_344_1() -> Result<(), AnyError> {
    match ssl::requests::get("https://a.example", ()) {
        Ok(_) => {}
        Err(e) => {
        }
    }
    Ok(())
}

pub fn rule_345_0() -> Result<(), AnyError> {
    match ssl::requests::get("https://a.example", ()) {
        Ok(_) => {}
        Err(e) if !matches!(e, ssl::requests::Error::ValueError(_)) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub fn rule_346_0() -> Result<(), AnyError> {
    match ssl::requests::get("https://a.example", ()) {
        Ok(_) => {}
        Err(e @ (ssl::requests::Error::MissingSchema(_) | ssl::requests::Error::InvalidSchema(_) | ssl::requests::Error::InvalidURL(_) | ssl::requests::Error::InvalidProxyURL(_) | ssl::requests::Error::InvalidHeader(_) | ssl::requests::Error::InvalidJSONError(_) | ssl::requests::Error::ValueError(_))) => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub async fn rule_347_0() -> Result<(), AnyError> {
    match ssl::aio::asyncio::open_connection(("a.example", 443), ()).await.map_err(ssl::Error::from) {
        Ok(_) => {}
        Err(e) if ssl::aio::asyncio::IncompleteReadError::of(&e).is_some() => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

pub async fn rule_348_0() -> Result<(), AnyError> {
    match ssl::aio::asyncio::open_connection(("a.example", 443), ()).await.map_err(ssl::Error::from) {
        Ok(_) => {}
        Err(e) if (e.ssl().is_some() || matches!(e, ssl::Error::Os(_) | ssl::Error::Timeout(_))) && ssl::aio::asyncio::IncompleteReadError::of(&e).is_none() => {
        }
        Err(e) => return Err(e.into()),
    }
    Ok(())
}

