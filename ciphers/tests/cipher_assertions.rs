//! A template for tests of a project's TLS settings. Copy this file, put your own contexts into
//! `client()` and `server()`, and your own rules into the tests.
//!
//! They fail when a cipher string has a typing error, when a setting becomes weaker, and when
//! another OpenSSL or distribution selects other suites for the same string.
#![allow(clippy::unwrap_used, reason = "an error fails the test")]

use pyssl as ssl;
use pyssl_ciphers::SslContextExt;
use pyssl_ciphers::assert_ciphers;
use pyssl_ciphers::cipher::Severity;

/// The project's cipher string.
const CIPHERS: &str = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK";

/// The context that the project's clients use.
fn client() -> ssl::Result<ssl::SslContext> {
    let context = ssl::create_default_context(())?;
    context.set_ciphers_strict(CIPHERS)?;
    Ok(context)
}

/// The context that the project's servers use.
fn server() -> ssl::Result<ssl::SslContext> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    context.set_ciphers_strict(CIPHERS)?;
    context.set_options(context.options() | ssl::OP_NO_TICKET)?;
    Ok(context)
}

#[test]
fn both_sides_offer_modern_suites_only() -> ssl::Result<()> {
    for context in [client()?, server()?] {
        assert_ciphers!(
            context,
            forward_secret,
            aead,
            no_cbc,
            no_anonymous,
            no_psk,
            no_weak,
            at_least_tls12,
            tls12_and_tls13,
        );
    }
    Ok(())
}

#[test]
fn the_client_includes_required_suites_and_excludes_weak_ones() -> ssl::Result<()> {
    assert_ciphers!(
        client()?,
        includes("ECDHE-RSA-AES128-GCM-SHA256"),
        includes("TLS_AES_128_GCM_SHA256"),
        excludes("AES128-SHA"),
        that("128 bits or more", |suite| suite.strength_bits >= 128),
    );
    Ok(())
}

#[test]
fn the_client_conforms_to_mozillas_guideline() -> ssl::Result<()> {
    assert_ciphers!(client()?, policy("mozilla-intermediate"));
    Ok(())
}

#[test]
fn the_client_audit_has_no_serious_finding() -> ssl::Result<()> {
    let serious: Vec<_> = client()?
        .audit("service.example")?
        .into_iter()
        .filter(|finding| finding.severity() == Severity::Error)
        // The system on which the tests run may have no trusted certificates.
        .filter(|finding| finding.code() != pyssl_ciphers::audit::AuditCode::NothingTrusted)
        .collect();
    assert!(serious.is_empty(), "{serious:#?}");
    Ok(())
}

/// A rule about an unknown suite would always hold, or always fail.
#[test]
fn a_rule_with_an_unknown_suite_name_fails() -> ssl::Result<()> {
    use pyssl_ciphers::expect::{check_ciphers, rules};
    let context = client()?;
    for name in [
        "AES128_SHA",
        "ECDHE-RSA-AES128-GCM-SHA265",
        "DES",
        "TLS_RSA_WITH_GOLD",
        "",
    ] {
        let broken = check_ciphers(&context, &[rules::excludes(name), rules::includes(name)])?;
        assert_eq!(broken.len(), 2, "{name}: {broken:?}");
        assert!(broken[0].offenders()[0].contains("no suite has this name"));
    }
    let broken = check_ciphers(&context, &[rules::excludes("AES128_SHA")])?;
    assert!(
        broken[0]
            .to_string()
            .contains("did you mean \"AES128-SHA\"?"),
        "{}",
        broken[0]
    );
    // Rules accept names of the IANA registry, and names of older versions of OpenSSL.
    for name in [
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "EXP-RC4-MD5",
        "RC4-SHA",
        "TLS_KRB5_WITH_RC4_128_SHA",
    ] {
        assert_eq!(check_ciphers(&context, &[rules::excludes(name)])?, []);
    }
    Ok(())
}

#[test]
fn a_broken_rule_lists_its_suites_and_the_reason() -> ssl::Result<()> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    context.set_ciphers("ECDHE+AESGCM:AES128-SHA")?;
    let caught =
        std::panic::catch_unwind(|| assert_ciphers!(context, forward_secret, no_cbc, no_rc4));
    let message = *caught.unwrap_err().downcast::<String>().unwrap();
    assert!(
        message.starts_with("2 rules are broken by the suites of SslContext {"),
        "{message}"
    );
    assert!(
        message.ends_with(
            "\n  forward_secret: AES128-SHA (static RSA)\n  no_cbc: AES128-SHA (CBC with SHA-1)"
        ),
        "{message}"
    );
    Ok(())
}
