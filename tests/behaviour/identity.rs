//! Certificates and keys from memory.

use pyssl as ssl;
use pyssl_testing::openssl::pkcs12::Pkcs12;
use pyssl_testing::openssl::stack::Stack;
use pyssl_testing::openssl::symm::Cipher;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Leaf};

use crate::support::{class, client_context, connected, unverified_client};

fn pkcs12(leaf: &Leaf, password: &str) -> Vec<u8> {
    let mut chain = Stack::new().unwrap();
    for certificate in leaf.intermediates() {
        chain.push(certificate.clone()).unwrap();
    }
    let mut builder = Pkcs12::builder();
    builder.pkey(leaf.key()).cert(leaf.cert()).ca(chain);
    builder.build2(password).unwrap().to_der().unwrap()
}

fn load(chain: ssl::CertChain) -> ssl::Result<ssl::SslContext> {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    context.load_cert_chain(chain)?;
    Ok(context)
}

/// The certificate that a server sends.
fn shown(server: &ssl::SslContext) -> Vec<u8> {
    let pair = connected(&unverified_client(), server);
    pair.client.getpeercert_binary().unwrap().unwrap()
}

#[test]
fn identities_load_from_every_format_with_their_chain() {
    let ca = Ca::new();
    let through = ca.intermediate();
    let client = client_context(&ca);
    for kind in [KeyKind::EcP256, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let leaf = through.builder().san("localhost").key(kind).build();
        let mut ders = vec![leaf.der()];
        ders.extend(leaf.intermediates().iter().map(|c| c.to_der().unwrap()));
        let encrypted = leaf
            .key()
            .private_key_to_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret")
            .unwrap();
        let crlf = leaf.chain_pem().replace('\n', "\r\n") + "trailing text";
        for chain in [
            ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem()),
            ssl::CertChain::from_pem(crlf, leaf.key_pem().replace('\n', "\r\n")),
            ssl::CertChain::from_pem(leaf.combined_pem(), leaf.combined_pem()),
            ssl::CertChain::from_pem(leaf.chain_pem(), leaf.encrypted_key_pem(b"secret"))
                .password("secret"),
            ssl::CertChain::from_der(&ders, leaf.key_der()),
            ssl::CertChain::from_der(&ders, encrypted).password("secret"),
            ssl::CertChain::from_pkcs12(pkcs12(&leaf, "secret"), "secret"),
            ssl::CertChain::from_pkcs12(pkcs12(&leaf, ""), ""),
        ] {
            let text = format!("{chain:?}");
            let server = load(chain).expect(&text);
            let pair = connected(&client, &server);
            assert_eq!(pair.client.get_unverified_chain().len(), 2);
        }
    }
}

#[test]
fn invalid_identities_are_errors_without_effect() {
    let ca = Ca::new();
    let (leaf, other) = (ca.issue("localhost"), ca.issue("other"));
    let der = [leaf.der()];
    let p12 = pkcs12(&leaf, "secret");
    let (pem, key) = (leaf.cert_pem(), leaf.key_pem());
    let from_pem = |certificate: &str, key: &str| ssl::CertChain::from_pem(certificate, key);
    let none: [&[u8]; 0] = [];
    let old = ca.issue("localhost");
    let context = load(from_pem(&old.cert_pem(), &old.key_pem())).unwrap();
    for (chain, class, reason) in [
        (from_pem("", &key), "SSLError", None),
        (from_pem(&pem, ""), "SSLError", None),
        (from_pem(&key, &key), "SSLError", None),
        (
            from_pem(&pem, &other.key_pem()),
            "SSLError",
            Some("KEY_VALUES_MISMATCH"),
        ),
        (
            ssl::CertChain::from_der(&none, leaf.key_der()),
            "ValueError",
            None,
        ),
        (
            ssl::CertChain::from_der(&[b"no"], leaf.key_der()),
            "SSLError",
            None,
        ),
        (ssl::CertChain::from_der(&der, b"no"), "SSLError", None),
        (
            ssl::CertChain::from_der(&der, b"no").password("x"),
            "SSLError",
            None,
        ),
        (
            ssl::CertChain::from_der(&der, b"no").password("x".repeat(2000)),
            "SSLError",
            None,
        ),
        (ssl::CertChain::from_pkcs12(b"no", ""), "SSLError", None),
        (
            ssl::CertChain::from_pkcs12(&p12, "wrong"),
            "SSLError",
            Some("MAC_VERIFY_FAILURE"),
        ),
        (
            ssl::CertChain::from_pkcs12(&p12, "nul\0"),
            "ValueError",
            None,
        ),
        (
            ssl::CertChain::from_pkcs12(&p12, b"\xff"),
            "UnicodeError",
            None,
        ),
    ] {
        let error = context.load_cert_chain(chain).unwrap_err();
        assert_eq!(error.python_class(), class, "{error}");
        if reason.is_some() {
            assert_eq!(error.reason(), reason);
        }
        assert_eq!(shown(&context), old.der());
    }
}

/// A PKCS#12 file without a certificate or without a key, and truncated files, are errors.
#[test]
fn a_pkcs12_file_needs_both_certificate_and_key() {
    let ca = Ca::new();
    let leaf = ca.intermediate().issue("localhost");
    let without = |certificate: bool, key: bool| {
        let mut builder = Pkcs12::builder();
        if certificate {
            builder.cert(leaf.cert());
        }
        if key {
            builder.pkey(leaf.key());
        }
        builder.build2("x").unwrap().to_der().unwrap()
    };
    for (certificate, key) in [(true, false), (false, true)] {
        let chain = ssl::CertChain::from_pkcs12(without(certificate, key), "x");
        assert_eq!(class(load(chain)), "ValueError");
    }
    let whole = pkcs12(&leaf, "x");
    for length in 0..whole.len() {
        let cut = ssl::CertChain::from_pkcs12(&whole[..length], "x");
        assert_eq!(class(load(cut)), "SSLError", "{length} of {}", whole.len());
    }
}

/// The callback for the password is called only if the key is encrypted.
#[test]
fn a_password_callback_runs_once_and_its_error_is_returned() {
    let leaf = Ca::new().issue("localhost");
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let ask = |answer: &'static str| {
        let asked = std::sync::Arc::clone(&asked);
        ssl::Password::callback(move || {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(answer)
        })
    };
    let count = || asked.load(std::sync::atomic::Ordering::Relaxed);
    let plain = ssl::CertChain::from_pem(leaf.cert_pem(), leaf.key_pem());
    load(plain.password(ask("secret"))).unwrap();
    assert_eq!(count(), 0);
    let sealed = || ssl::CertChain::from_pem(leaf.cert_pem(), leaf.encrypted_key_pem(b"secret"));
    load(sealed().password(ask("secret"))).unwrap();
    assert_eq!(count(), 1);
    let wrong = load(sealed().password(ask("wrong")));
    assert_eq!(class(wrong), "SSLError");
    assert_eq!(count(), 2);
    load(ssl::CertChain::from_pkcs12(
        pkcs12(&leaf, "secret"),
        ask("secret"),
    ))
    .unwrap();
    assert_eq!(count(), 3);
    let refuses = || ssl::Password::callback::<String>(|| Err("no terminal".into()));
    for chain in [
        sealed().password(refuses()),
        ssl::CertChain::from_pkcs12(pkcs12(&leaf, "secret"), refuses()),
    ] {
        assert_eq!(load(chain).unwrap_err().to_string(), "no terminal");
    }
}

#[test]
fn debug_output_contains_no_secrets() {
    let leaf = Ca::new().issue("localhost");
    let chain = ssl::CertChain::from_pem(leaf.cert_pem(), leaf.key_pem()).password("secret");
    assert_eq!(format!("{chain:?}"), "CertChain { .. }");
    let chain = ssl::CertChain::new("a.pem").keyfile("b.pem");
    assert_eq!(
        format!("{chain:?}"),
        r#"CertChain { certfile: "a.pem", keyfile: "b.pem", .. }"#
    );
}

/// OpenSSL alone would pair this key with the certificate of the same key type that was loaded
/// earlier.
#[test]
fn a_key_that_fits_only_an_earlier_certificate_is_rejected() {
    let ca = Ca::new();
    let of_kind = |kind| ca.builder().san("localhost").key(kind).build();
    let (ec, rsa) = (of_kind(KeyKind::EcP256), of_kind(KeyKind::Rsa2048));
    let context = load(ssl::CertChain::from_pem(ec.cert_pem(), ec.key_pem())).unwrap();
    let mixed = || ssl::CertChain::from_pem(rsa.cert_pem(), ec.key_pem());
    // The error is the same in a context without certificates.
    for loaded in [context.load_cert_chain(mixed()), load(mixed()).map(drop)] {
        let error = loaded.unwrap_err();
        assert_eq!(error.reason(), Some("NO_CERTIFICATE_ASSIGNED"));
        assert_eq!(error.errno(), Some(177));
    }
}
