//! Compares the parsing of TLS 1.3 lists with OpenSSL's.

use pyssl as ssl;
use pyssl_ciphers::cipher::Ciphersuites;

use crate::corpus::Random;

const NAMES: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
    "TLS_SHA256_SHA256",
    "tls_aes_128_gcm_sha256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_BOGUS",
    "HIGH",
    " ",
    "",
];

#[test]
fn parsed_ciphersuites_equal_the_tls_1_3_suites_of_a_context() {
    let mut random = Random::new(13);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..600 {
        let mut text = String::new();
        for number in 0..random.below(5) {
            if number > 0 {
                text.push_str([":", ":", ": ", " :", ","][random.below(5)]);
            }
            text.push_str(NAMES[random.below(NAMES.len())]);
        }
        let list = Ciphersuites::parse(&text).unwrap();
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        if context.set_ciphersuites(&text).is_ok() {
            let all = context.get_ciphers().unwrap();
            let mut theirs: Vec<_> = all.iter().filter(|c| c.is_tls13()).cloned().collect();
            let mut seen = Vec::new();
            // If the text names a suite twice, OpenSSL lists it twice, and our list has it once.
            theirs.retain(|c| {
                !seen.contains(&c.id) && {
                    seen.push(c.id);
                    true
                }
            });
            assert_eq!(list.ciphers(), theirs, "{text:?}");
            taken += 1;
        } else {
            assert!(list.ciphers().is_empty(), "{text:?}");
            assert!(!list.lint().is_empty(), "{text:?}");
            refused += 1;
        }
        let strict = Ciphersuites::strict(&text);
        let errors = list
            .lint()
            .iter()
            .any(|f| f.code() != pyssl_ciphers::cipher::LintCode::WeakSuites);
        assert_eq!(strict.is_err(), errors, "{text:?}: {strict:?}");
    }
    println!("{taken} taken, {refused} refused by both");
    assert!(taken > 200 && refused > 50);
}
