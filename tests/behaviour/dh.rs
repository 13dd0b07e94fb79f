//! Parameters for finite-field key exchange.

use pyssl as ssl;
use pyssl_testing::openssl::bn::BigNum;
use pyssl_testing::openssl::dh::Dh;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files};

use crate::support::{Pair, client_context, server_context};

fn parameters() -> String {
    let prime = BigNum::get_rfc3526_prime_2048().unwrap();
    let dh = Dh::from_pqg(prime, None, BigNum::from_u32(2).unwrap()).unwrap();
    String::from_utf8(dh.params_to_pem().unwrap()).unwrap()
}

/// What stands in front of EC keys: parameters of another kind.
fn curve() -> String {
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".to_owned()
}

#[test]
fn parameters_give_a_server_dhe_suites_also_after_a_rebuild() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    server
        .load_cert_chain(
            &Files::of(&ca.builder().san("localhost").key(KeyKind::Rsa2048).build()).combined,
        )
        .unwrap();
    let client = client_context(&ca);
    client.set_check_hostname(false).unwrap();
    client.set_verify_mode(ssl::CERT_NONE).unwrap();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("DHE-RSA-AES128-GCM-SHA256").unwrap();
    let files = Files::of(&ca.issue("localhost"));
    server
        .load_dh_params(files.write("dh.pem", parameters()))
        .unwrap();
    let kept = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    server.set_alpn_protocols(&["h2"]).unwrap();
    let error = server
        .load_dh_params(files.write("ec.pem", curve()))
        .unwrap_err();
    assert_eq!(error.reason(), Some("NO_START_LINE"));
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    assert_eq!(pair.client.cipher(), kept.client.cipher());
}

#[test]
fn a_path_with_a_nul_is_refused() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let error = context.load_dh_params("dh\0.pem").unwrap_err();
    assert_eq!(error.to_string(), "embedded null byte");
}
