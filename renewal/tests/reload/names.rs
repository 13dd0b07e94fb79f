//! Certificates that clients choose by server name.

use pyssl_renewal::CertReloader;
use pyssl_testing::Ca;
use pyssl_testing::pki::KeyKind;

use crate::support::{Pair, Watched, client, connect, server};

#[test]
fn clients_get_the_certificate_for_their_server_name() {
    let ca = Ca::new();
    let fallback = ca.issue_for(&["default.example", "unknown.example"]);
    let (one, many) = (ca.issue("one.example"), ca.issue("*.many.example"));
    let pairs = [&fallback, &one, &many].map(Pair::new);
    let (server, client) = (server(), client(&ca));
    let builder = CertReloader::builder(&server)
        .certificate(pairs[0].files())
        .certificate_by_name(pairs[1].files())
        .certificate_by_name(pairs[2].files());
    let watched = Watched::start(builder);
    for (name, leaf) in [
        ("unknown.example", &fallback),
        ("one.example", &one),
        ("ONE.example", &one),
        ("a.many.example", &many),
        ("default.example", &fallback),
    ] {
        assert_eq!(
            connect(&client, &server, name).unwrap(),
            leaf.der(),
            "{name}"
        );
    }
    let renewed = ca.issue_for(&["one.example", "two.example"]);
    pairs[1].write(&renewed);
    while !matches!(watched.event(), pyssl_renewal::Event::Loaded { .. }) {}
    for name in ["one.example", "two.example"] {
        assert_eq!(
            connect(&client, &server, name).unwrap(),
            renewed.der(),
            "{name}"
        );
    }
    assert_eq!(
        connect(&client, &server, "b.many.example").unwrap(),
        many.der()
    );
    assert_eq!(watched.reloader.status().len(), 3);
}

#[test]
fn one_name_can_have_a_certificate_of_each_key_type() {
    let ca = Ca::new();
    let of = |key| ca.builder().san("both.example").key(key).build();
    let (ec, rsa) = (of(KeyKind::EcP256), of(KeyKind::Rsa2048));
    let pairs = [&ec, &rsa].map(Pair::new);
    let server = server();
    let builder = CertReloader::builder(&server)
        .certificate_by_name(pairs[0].files())
        .certificate_by_name(pairs[1].files());
    let _watched = Watched::start(builder);
    for (suite, leaf) in [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", &ec),
        ("ECDHE-RSA-AES128-GCM-SHA256", &rsa),
    ] {
        let client = client(&ca);
        client
            .set_maximum_version(pyssl::TlsVersion::TLSv1_2)
            .unwrap();
        client.set_ciphers(suite).unwrap();
        assert_eq!(
            connect(&client, &server, "both.example").unwrap(),
            leaf.der(),
            "{suite}"
        );
    }
}
