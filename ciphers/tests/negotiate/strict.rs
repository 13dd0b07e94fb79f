//! `set_ciphers_strict`.

use pyssl as ssl;
use pyssl_ciphers::SslContextExt;
use pyssl_ciphers::cipher::CipherStringErrorKind;

#[test]
fn set_ciphers_strict_rejects_a_misspelt_name_without_effect() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let before = context.get_ciphers().unwrap();
    let error = context.set_ciphers_strict("HIGH:!aNUL:!MD5").unwrap_err();
    assert_eq!(error.kind(), CipherStringErrorKind::Unknown);
    assert_eq!((error.column(), error.span()), (Some(7), 6..10));
    assert_eq!(context.get_ciphers().unwrap(), before);
    let error = ssl::Error::from(error);
    assert_eq!(error.python_class(), "ValueError");
}

#[test]
fn set_ciphers_strict_selects_the_same_suites_as_set_ciphers() {
    let [strict, plain] = [(), ()].map(|()| ssl::SslContext::new(ssl::PROTOCOL_TLS).unwrap());
    let string = "@SECLEVEL=1:ECDHE+AESGCM:!aNULL";
    strict.set_ciphers_strict(string).unwrap();
    plain.set_ciphers(string).unwrap();
    assert_eq!(strict.get_ciphers().unwrap(), plain.get_ciphers().unwrap());
    assert_eq!(strict.security_level(), 1);
}

#[test]
fn set_ciphersuites_strict_rejects_a_misspelt_name_without_effect() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context
        .set_ciphersuites_strict("TLS_AES_128_GCM_SHA256")
        .unwrap();
    let names = || {
        let list = context.get_ciphers().unwrap();
        let tls13 = list.iter().filter(|c| c.is_tls13());
        tls13.map(|c| c.name).collect::<Vec<_>>()
    };
    for (text, column) in [
        ("TLS_AES_256_GCM_SHA384:TLS_AES_128_GMC_SHA256", Some(24)),
        ("TLS_AES_256_GCM_SHA384:TLS_AES_256_GCM_SHA384", Some(24)),
        ("ECDHE-RSA-AES128-GCM-SHA256", Some(1)),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", Some(1)),
        ("TLS_AES_256_GCM_SHA384:\0", Some(24)),
        ("", None),
    ] {
        let error = context.set_ciphersuites_strict(text).unwrap_err();
        assert_eq!(error.column(), column, "{text:?}: {error}");
        assert_eq!(names(), ["TLS_AES_128_GCM_SHA256"]);
    }
}
