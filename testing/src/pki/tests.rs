use std::fs;

use openssl::pkey::{Id, PKey};
use openssl::stack::Stack;
use openssl::x509::store::{X509Lookup, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509PurposeId, X509StoreContext};

use super::*;

/// Verifies as Python 3.13's `create_default_context` does; `Err` has OpenSSL's error number.
fn verify(leaf: &Leaf, root: &X509, purpose: X509PurposeId) -> Result<(), i32> {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(root.clone()).unwrap();
    store
        .set_flags(X509VerifyFlags::X509_STRICT | X509VerifyFlags::PARTIAL_CHAIN)
        .unwrap();
    store.set_purpose(purpose).unwrap();
    verify_in(leaf, store)
}

fn verify_in(leaf: &Leaf, store: X509StoreBuilder) -> Result<(), i32> {
    let mut chain = Stack::new().unwrap();
    for cert in leaf.intermediates() {
        chain.push(cert.clone()).unwrap();
    }
    let mut context = X509StoreContext::new().unwrap();
    let error = context
        .init(&store.build(), leaf.cert(), &chain, |context| {
            context.verify_cert()?;
            Ok(context.error())
        })
        .unwrap();
    match error.as_raw() {
        0 => Ok(()),
        number => Err(number),
    }
}

const SERVER: X509PurposeId = X509PurposeId::SSL_SERVER;
const CLIENT: X509PurposeId = X509PurposeId::SSL_CLIENT;

#[test]
fn default_certificates_pass_the_strict_checks() {
    for ca in [
        Ca::new(),
        Ca::rsa(),
        Ca::root_builder().key(KeyKind::Ed25519).build_ca(),
    ] {
        let intermediate = ca.intermediate();
        let deep = intermediate.intermediate();
        let leaves = [
            ca.issue("localhost"),
            ca.issue("127.0.0.1"),
            ca.builder().san("localhost").key(KeyKind::Rsa2048).build(),
            ca.builder().san("localhost").key(KeyKind::Ed25519).build(),
            intermediate.issue("*.example.org"),
            deep.issue("user@example.org"),
            odd::empty_subject(&ca),
        ];
        for leaf in leaves {
            assert_eq!(
                verify(&leaf, ca.cert(), SERVER),
                Ok(()),
                "{:?}",
                leaf.cert()
            );
            assert_eq!(
                verify(&leaf, ca.cert(), CLIENT),
                Ok(()),
                "{:?}",
                leaf.cert()
            );
            assert_eq!(leaf.root(), ca.cert());
        }
    }
}

#[test]
fn a_chain_has_the_intermediates_and_not_the_root() {
    let ca = Ca::new();
    let intermediate = ca.intermediate();
    let deep = intermediate.intermediate();
    let leaf = deep.issue("localhost");
    let chain = X509::stack_from_pem(leaf.chain_pem().as_bytes()).unwrap();
    assert_eq!(
        chain,
        [
            leaf.cert().clone(),
            deep.cert().clone(),
            intermediate.cert().clone()
        ]
    );
    assert_eq!(
        X509::stack_from_pem(ca.issue("localhost").chain_pem().as_bytes())
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn each_bad_certificate_fails_with_its_intended_error() {
    let ca = Ca::new();
    let localhost = || ca.builder().san("localhost");
    let check = |builder: CertBuilder, purpose| verify(&builder.build(), ca.cert(), purpose);
    assert_eq!(check(localhost().expired(), SERVER), Err(10));
    assert_eq!(check(localhost().not_yet_valid(), SERVER), Err(9));
    assert_eq!(check(localhost().client_only(), SERVER), Err(26));
    assert_eq!(check(localhost().client_only(), CLIENT), Ok(()));
    assert_eq!(check(localhost().server_only(), CLIENT), Err(26));
    assert_eq!(check(localhost().server_only(), SERVER), Ok(()));
    assert_eq!(
        check(localhost().without_extended_key_usage(), SERVER),
        Ok(())
    );
    // X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER
    assert_eq!(check(localhost().without_aki(), SERVER), Err(85));
    assert_eq!(
        verify(&ca.issue("localhost"), Ca::new().cert(), SERVER),
        Err(20)
    );
    assert_eq!(verify(&odd::self_signed(), ca.cert(), SERVER), Err(18));
    assert_eq!(
        verify(&odd::unknown_critical_extension(&ca), ca.cert(), SERVER),
        Err(34)
    );
}

#[test]
fn a_self_signed_certificate_is_its_own_root() {
    let leaf = odd::self_signed();
    assert_eq!(verify(&leaf, leaf.root(), SERVER), Ok(()));
}

#[test]
fn each_bad_authority_fails_the_strict_checks_with_its_intended_error() {
    let check = |root: CertBuilder| {
        let ca = root.build_ca();
        verify(&ca.issue("localhost"), ca.cert(), SERVER)
    };
    // X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, X509_V_ERR_CA_BCONS_NOT_CRITICAL
    assert_eq!(check(Ca::root_builder().without_key_usage()), Err(92));
    // OpenSSL 4.0 does not check that the basic constraints are critical.
    let noncritical = match openssl::version::number() >> 28 {
        ..4 => Err(89),
        _ => Ok(()),
    };
    assert_eq!(
        check(Ca::root_builder().noncritical_constraints()),
        noncritical
    );
    let short = Ca::root_builder().path_len(0).build_ca();
    // X509_V_ERR_PATH_LENGTH_EXCEEDED
    assert_eq!(
        verify(
            &short.intermediate().issue("localhost"),
            short.cert(),
            SERVER
        ),
        Err(25)
    );
}

#[test]
fn a_crl_revokes_only_the_listed_certificates() {
    let ca = Ca::new();
    let (good, bad) = (ca.issue("localhost"), ca.issue("localhost"));
    let check = |leaf: &Leaf, crl: Option<String>| {
        let dir = tempfile::tempdir().unwrap();
        ca.write_hashed(dir.path());
        if let Some(crl) = crl {
            write_hashed_crl(dir.path(), &ca, &crl);
        }
        verify_in(leaf, hashed_store(dir.path(), X509VerifyFlags::CRL_CHECK))
    };
    assert_eq!(check(&good, Some(ca.crl(&[&bad]))), Ok(()));
    assert_eq!(check(&good, Some(ca.crl(&[]))), Ok(()));
    assert_eq!(check(&bad, Some(ca.crl(&[&good, &bad]))), Err(23));
    assert_eq!(check(&good, None), Err(3));
    assert_eq!(check(&good, Some(ca.expired_crl(&[&bad]))), Err(12));
}

#[test]
fn a_hashed_directory_keeps_authorities_with_the_same_name_apart() {
    let dir = tempfile::tempdir().unwrap();
    let cas = [1, 2].map(|_| Ca::root_builder().common_name("Same CA").build_ca());
    let paths = cas.each_ref().map(|ca| ca.write_hashed(dir.path()));
    assert_eq!(
        paths
            .each_ref()
            .map(|path| path.extension().unwrap().to_str().unwrap()),
        ["0", "1"]
    );
    for ca in cas {
        let store = hashed_store(dir.path(), X509VerifyFlags::X509_STRICT);
        assert_eq!(verify_in(&ca.issue("localhost"), store), Ok(()));
    }
}

fn hashed_store(dir: &std::path::Path, flags: X509VerifyFlags) -> X509StoreBuilder {
    let mut store = X509StoreBuilder::new().unwrap();
    let lookup = store.add_lookup(X509Lookup::hash_dir()).unwrap();
    lookup
        .add_dir(dir.to_str().unwrap(), openssl::ssl::SslFiletype::PEM)
        .unwrap();
    store.set_flags(flags).unwrap();
    store
}

#[test]
fn keys_are_readable_in_every_format() {
    let ca = Ca::new();
    for kind in [
        KeyKind::EcP256,
        KeyKind::EcP384,
        KeyKind::Rsa2048,
        KeyKind::Rsa1024,
        KeyKind::Ed25519,
    ] {
        let leaf = ca.builder().san("localhost").key(kind).build();
        let same = |key: PKey<_>| key.public_eq(&leaf.cert().public_key().unwrap());
        let encrypted = leaf.encrypted_key_pem(b"secret");
        assert!(encrypted.contains("BEGIN ENCRYPTED PRIVATE KEY"));
        assert!(same(
            PKey::private_key_from_pem(leaf.key_pem().as_bytes()).unwrap()
        ));
        assert!(same(PKey::private_key_from_pkcs8(&leaf.key_der()).unwrap()));
        assert!(same(
            PKey::private_key_from_pem_passphrase(encrypted.as_bytes(), b"secret").unwrap()
        ));
        assert!(PKey::private_key_from_pem_passphrase(encrypted.as_bytes(), b"wrong").is_err());
        if leaf.key().id() == Id::ED25519 {
            continue;
        }
        let traditional = leaf.encrypted_traditional_key_pem(b"secret");
        assert!(traditional.contains("Proc-Type: 4,ENCRYPTED"));
        assert!(same(
            PKey::private_key_from_pem(leaf.traditional_key_pem().as_bytes()).unwrap()
        ));
        assert!(same(
            PKey::private_key_from_pem_passphrase(traditional.as_bytes(), b"secret").unwrap()
        ));
    }
}

#[test]
fn a_renewed_certificate_has_the_same_key() {
    let ca = Ca::new();
    let old = ca.issue("localhost");
    let new = ca.builder().san("localhost").same_key_as(&old).build();
    assert!(old.key().public_eq(new.key()));
    assert_ne!(old.der(), new.der());
}

#[test]
fn temporary_files_have_their_contents_and_are_deleted_on_drop() {
    let ca = Ca::new();
    let leaf = ca.intermediate().issue("localhost");
    let files = Files::new(&ca, &leaf);
    let read = |path| fs::read_to_string(path).unwrap();
    assert_eq!(read(&files.ca), ca.cert_pem());
    assert_eq!(read(&files.cert), leaf.cert_pem());
    assert_eq!(read(&files.chain), leaf.chain_pem());
    assert_eq!(read(&files.key), leaf.key_pem());
    assert_eq!(read(&files.combined), leaf.combined_pem());
    PKey::private_key_from_pem_passphrase(
        read(&files.encrypted_key).as_bytes(),
        PASSWORD.as_bytes(),
    )
    .unwrap();
    let dir = files.dir().to_owned();
    drop(files);
    assert!(!dir.exists());
}
