//! The list after the last part is OpenSSL's own, whichever way it is found.

use openssl::ssl::{SslContext, SslMethod};
use pyssl::cipher::{CipherString, CipherStringErrorKind, Method};

use crate::corpus;

/// The names that the plain `openssl` crate ends up with; none if OpenSSL refuses the string.
fn openssl_list(text: &str) -> Option<Vec<String>> {
    let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
    builder.set_cipher_list(text).ok()?;
    builder.set_min_proto_version(None).unwrap();
    let context = builder.build();
    let ssl = openssl::ssl::Ssl::new(&context).unwrap();
    Some(names_of(&ssl))
}

/// Every name that `SSL_get_cipher_list` gives, which the plain crates do offer.
fn names_of(ssl: &openssl::ssl::Ssl) -> Vec<String> {
    use foreign_types::ForeignType;
    unsafe extern "C" {
        fn SSL_get_cipher_list(
            ssl: *const openssl_sys::SSL,
            priority: std::ffi::c_int,
        ) -> *const std::ffi::c_char;
    }
    let name = |n| {
        // SAFETY: a live SSL; the names are static.
        unsafe {
            let name = SSL_get_cipher_list(ssl.as_ptr(), n);
            (!name.is_null()).then(|| std::ffi::CStr::from_ptr(name).to_str().unwrap().to_owned())
        }
    };
    (0..).map_while(name).collect()
}

#[test]
fn the_last_list_is_openssls_own() {
    let (mut agree, mut refused, mut nothing) = (0, 0, 0);
    for text in corpus::all(4000) {
        let real = openssl_list(&text);
        let string = match CipherString::parse(&text) {
            Ok(string) => string,
            Err(e) => {
                assert_eq!(real, None, "OpenSSL takes {text:?}, and we say {e}");
                refused += 1;
                continue;
            }
        };
        let explanation = string.explain().unwrap_or_else(|e| panic!("{text:?}: {e}"));
        let last = explanation.steps().last().unwrap();
        let Some(real) = real else {
            assert!(explanation.selects_nothing(), "{text:?}");
            assert_eq!(last.list().len(), 0, "{text:?}");
            assert_eq!(
                string.resolve().unwrap_err().kind(),
                CipherStringErrorKind::NothingSelected
            );
            nothing += 1;
            continue;
        };
        let tls13 = explanation.ciphers().iter().filter(|c| c.is_tls13());
        let ours: Vec<&str> = tls13.chain(last.list()).map(|c| c.name).collect();
        assert_eq!(ours, real, "{text:?}");
        let resolved = string.resolve().unwrap();
        assert_eq!(explanation.ciphers(), resolved.ciphers(), "{text:?}");
        assert_eq!(explanation.method(), Method::Rules, "{text:?}");
        agree += 1;
    }
    println!("{agree} lists equal, {nothing} select nothing, {refused} refused by both");
    assert!(agree >= 1000);
}
