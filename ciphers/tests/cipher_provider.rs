//! Suites of a provider that is loaded after a cipher string was parsed. The test has a process of
//! its own, because a provider affects every test of its process.

#![allow(clippy::unwrap_used, reason = "tests")]

use openssl::provider::Provider;
use pyssl_ciphers::cipher::{CipherString, Effect, Method};
use pyssl_testing::skipped;

#[test]
fn suites_of_a_provider_loaded_later_are_explained() {
    let string = CipherString::parse("HIGH:SEED:IDEA").unwrap();
    let effect = || string.explain().unwrap().steps()[1].effect();
    assert_eq!(effect(), Effect::Unknown);
    // The variable keeps the provider loaded, because dropping a `Provider` unloads it.
    let Ok(_legacy) = Provider::load(None, "legacy") else {
        skipped("this OpenSSL has no legacy provider");
        return;
    };
    let _default = Provider::load(None, "default").unwrap();
    let explanation = string.explain().unwrap();
    assert_eq!(explanation.method(), Method::Rules);
    assert_eq!(explanation.ciphers(), string.resolve().unwrap().ciphers());
    match effect() {
        Effect::Unknown => skipped("this OpenSSL was built without SEED"),
        later => assert_eq!(later, Effect::Added),
    }
    string.lint().unwrap();
}
