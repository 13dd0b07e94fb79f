//! A context for TLS 1.2 with a cipher string.
//!
//! `cargo run --example set_ciphers ['CIPHER STRING']`

use pyssl as ssl;

fn main() -> ssl::Result<()> {
    let ciphers = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "HIGH:!aNULL:!MD5".to_owned());
    // context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2)?;
    // context.set_ciphers('HIGH:!aNULL:!MD5')
    context.set_ciphers(&ciphers)?;

    // for c in context.get_ciphers(): print(c["name"])
    for cipher in context.get_ciphers()? {
        println!("{}", cipher.name);
    }
    Ok(())
}
