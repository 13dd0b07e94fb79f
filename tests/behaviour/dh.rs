//! Parameters for finite-field key exchange.

use pyssl as ssl;
use pyssl_testing::openssl::bn::BigNum;
use pyssl_testing::openssl::dh::Dh;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files};

use crate::support::{client_context, connected, outcome, server_context, show, told};

fn parameters() -> String {
    let prime = BigNum::get_rfc3526_prime_2048().unwrap();
    let dh = Dh::from_pqg(prime, None, BigNum::from_u32(2).unwrap()).unwrap();
    String::from_utf8(dh.params_to_pem().unwrap()).unwrap()
}

/// A PEM block with EC parameters. Files with EC keys contain such blocks, which must not be taken
/// for DH parameters.
fn curve() -> String {
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".to_owned()
}

#[test]
fn load_dh_params_enables_dhe_also_after_a_rebuild() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    show(
        &server,
        &ca.builder().san("localhost").key(KeyKind::Rsa2048).build(),
    );
    let client = client_context(&ca);
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("DHE-RSA-AES128-GCM-SHA256").unwrap();
    let files = Files::of(&ca.issue("localhost"));
    server
        .load_dh_params(files.write("dh.pem", parameters()))
        .unwrap();
    let kept = connected(&client, &server);
    server.set_alpn_protocols(&["h2"]).unwrap();
    let refused = server.load_dh_params(files.write("ec.pem", curve()));
    assert_eq!(outcome(&refused), "SSLError:NO_START_LINE");
    let pair = connected(&client, &server);
    for pair in [kept, pair] {
        assert_eq!(pair.client.cipher().unwrap().0, "DHE-RSA-AES128-GCM-SHA256");
    }
}

#[test]
fn a_path_with_a_nul_is_refused() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    let text = "ValueError: embedded null byte";
    assert_eq!(told(context.load_dh_params("dh\0.pem")), text);
}
