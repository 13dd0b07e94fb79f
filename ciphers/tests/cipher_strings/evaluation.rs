//! `explain` computes the list of suites after each part of a string. The list after the last part
//! must be the one that OpenSSL selects.

use pyssl_ciphers::cipher::{CipherString, CipherStringErrorKind as Kind, Method};

use crate::corpus;

/// Whether OpenSSL, called through the plain `openssl` crate, accepts the string.
fn openssl_takes(text: &str) -> bool {
    let method = openssl::ssl::SslMethod::tls();
    let mut builder = openssl::ssl::SslContext::builder(method).unwrap();
    builder.set_cipher_list(text).is_ok()
}

#[test]
fn the_suites_after_the_last_part_match_openssl() {
    let (mut agree, mut refused, mut nothing) = (0, 0, 0);
    for text in corpus::all(4000) {
        let taken = openssl_takes(&text);
        let string = match CipherString::parse(&text) {
            Ok(string) => string,
            Err(e) => {
                assert!(!taken, "OpenSSL takes {text:?}, and we say {e}");
                refused += 1;
                continue;
            }
        };
        let explanation = string.explain().unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(explanation.method(), Method::Rules, "{text:?}");
        let last = explanation.steps().last().unwrap();
        match string.resolve() {
            Ok(resolved) => {
                assert!(taken, "{text:?}");
                assert_eq!(explanation.ciphers(), resolved.ciphers(), "{text:?}");
                assert!(last.list().eq(resolved.selected()), "{text:?}");
                agree += 1;
            }
            Err(e) => {
                assert!(!taken, "{text:?}");
                assert_eq!(e.kind(), Kind::NothingSelected, "{text:?}: {e}");
                assert!(explanation.selects_nothing(), "{text:?}");
                assert_eq!(last.list().len(), 0, "{text:?}");
                nothing += 1;
            }
        }
    }
    println!("{agree} lists equal, {nothing} select nothing, {refused} refused by both");
    assert!(agree >= 1000);
}
