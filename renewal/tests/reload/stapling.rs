//! OCSP responses in files.

use pyssl as ssl;
use pyssl_renewal::{CertReloader, Event};
use pyssl_testing::{Ca, Leaf};

use crate::support::{Pair, Watched, client, connect, replace, server};

fn requiring(ca: &Ca) -> ssl::SslContext {
    let client = client(ca);
    client.set_ocsp_mode(ssl::OcspMode::Require).unwrap();
    client
}

/// Writes the key, the certificate and its CA, because the reloader checks the OCSP response with
/// the issuer's certificate.
fn write(pair: &Pair, ca: &Ca, leaf: &Leaf) {
    replace(&pair.key(), leaf.key_pem().as_bytes());
    replace(
        &pair.chain(),
        (leaf.chain_pem() + &ca.cert_pem()).as_bytes(),
    );
}

#[test]
fn an_ocsp_response_file_is_stapled_and_reloaded() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let pair = Pair::new(&leaf);
    write(&pair, &ca, &leaf);
    let path = pair.dir.path().join("ocsp.der");
    replace(&path, ca.ocsp(&leaf).build());
    let (server, client) = (server(), requiring(&ca));
    let files = pair.files().ocsp_response(&path);
    let watched = Watched::start(CertReloader::builder(&server).certificate(files));
    connect(&client, &server, "localhost").unwrap();
    for (faulty, text) in [
        (ca.ocsp(&leaf).revoked().build(), "revoked"),
        (ca.ocsp(&leaf).unknown().build(), "does not know"),
        (
            ca.ocsp(&leaf).valid(-20_000, Some(-10_000)).build(),
            "expired",
        ),
        (
            ca.ocsp(&ca.issue("localhost")).build(),
            "another certificate",
        ),
        (pyssl_testing::pki::ocsp::try_later(), "error status"),
        (b"garbage".to_vec(), "not an OCSP response"),
        (Ca::new().ocsp(&leaf).build(), ""),
    ] {
        replace(&path, &faulty);
        let error = watched.rejected();
        assert!(error.contains(text), "{error}");
        connect(&client, &server, "localhost").unwrap();
    }
    // The certificate changes first, and its OCSP response after it.
    let renewed = ca.issue("localhost");
    write(&pair, &ca, &renewed);
    replace(&path, ca.ocsp(&renewed).build());
    let mut loaded = 0;
    while loaded < 2 {
        loaded += usize::from(matches!(watched.event(), Event::Loaded { .. }));
    }
    assert_eq!(
        connect(&client, &server, "localhost").unwrap(),
        renewed.der()
    );
}

#[test]
fn a_certificate_is_used_although_its_ocsp_response_is_missing() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let pair = Pair::new(&leaf);
    write(&pair, &ca, &leaf);
    let path = pair.dir.path().join("ocsp.der");
    let server = server();
    let files = pair.files().ocsp_response(&path);
    let watched = Watched::start(CertReloader::builder(&server).certificate(files));
    assert!(watched.rejected().contains("cannot read"));
    connect(&client(&ca), &server, "localhost").unwrap();
    assert!(connect(&requiring(&ca), &server, "localhost").is_err());
    replace(&path, ca.ocsp(&leaf).build());
    watched.loaded();
    connect(&requiring(&ca), &server, "localhost").unwrap();
}

#[test]
fn each_name_has_its_own_ocsp_response() {
    let ca = Ca::new();
    let leaves = ["one.example", "two.example"].map(|name| ca.issue(name));
    let pairs = leaves.each_ref().map(Pair::new);
    let server = server();
    let mut builder = CertReloader::builder(&server);
    for (pair, leaf) in pairs.iter().zip(&leaves) {
        write(pair, &ca, leaf);
        let path = pair.dir.path().join("ocsp.der");
        replace(&path, ca.ocsp(leaf).build());
        builder = builder.certificate_by_name(pair.files().ocsp_response(path));
    }
    let _watched = Watched::start(builder);
    for name in ["one.example", "two.example"] {
        connect(&requiring(&ca), &server, name).unwrap();
    }
}
