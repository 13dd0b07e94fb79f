//! `set_ciphers_strict`.

use pyssl as ssl;
use pyssl::cipher::CipherStringErrorKind;

#[test]
fn strict_setting_refuses_a_typing_error_and_changes_nothing() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let before = context.get_ciphers().unwrap();
    let error = context.set_ciphers_strict("HIGH:!aNUL:!MD5").unwrap_err();
    assert_eq!(error.kind(), CipherStringErrorKind::Unknown);
    assert_eq!((error.column(), error.span()), (7, 6..10));
    assert_eq!(context.get_ciphers().unwrap(), before);
    let error = ssl::Error::from(error);
    assert_eq!(error.python_class(), "ValueError");
}

#[test]
fn strict_setting_sets_what_plain_setting_sets() {
    let [strict, plain] = [(), ()].map(|()| ssl::SslContext::new(ssl::PROTOCOL_TLS).unwrap());
    let string = "@SECLEVEL=1:ECDHE+AESGCM:!aNULL";
    strict.set_ciphers_strict(string).unwrap();
    plain.set_ciphers(string).unwrap();
    assert_eq!(strict.get_ciphers().unwrap(), plain.get_ciphers().unwrap());
    assert_eq!(strict.security_level(), 1);
}
