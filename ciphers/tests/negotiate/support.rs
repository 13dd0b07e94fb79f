//! Contexts for these tests.

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files, Leaf};

/// A server context with these certificates.
pub(crate) fn server(leaves: &[&Leaf]) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    for leaf in leaves {
        load(&context, leaf);
    }
    context
}

/// Loads a certificate with its chain and key.
pub(crate) fn load(context: &ssl::SslContext, leaf: &Leaf) {
    context
        .load_cert_chain(&Files::of(leaf).combined)
        .expect("a certificate with its key");
}

/// A client context that verifies nothing.
pub(crate) fn trusting() -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.set_check_hostname(false).unwrap();
    context.set_verify_mode(ssl::CERT_NONE).unwrap();
    context
}

/// A certificate for `localhost` with an RSA key.
pub(crate) fn rsa(ca: &Ca) -> Leaf {
    let builder = ca.builder().san("localhost");
    builder.key(KeyKind::Rsa2048).build()
}
