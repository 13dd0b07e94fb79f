//! The chains that a peer sent and that verification built, and the values in them.

use std::collections::HashSet;

use pyssl as ssl;
use pyssl_testing::{Ca, Files};

use crate::support::{
    Pair, client_context, require_certificates, server_context, unverified_client,
};

fn ders(chain: &[ssl::Certificate]) -> Vec<Vec<u8>> {
    chain.iter().map(|cert| cert.to_der().unwrap()).collect()
}

#[test]
fn the_verified_chain_leads_to_the_authority_and_the_other_is_what_was_sent() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let pair = Pair::new(&client_context(&ca), &server_context(&leaf), "localhost").unwrap();
    assert!(pair.client.get_verified_chain().is_empty());
    assert!(pair.client.get_unverified_chain().is_empty());
    let pair = pair.connected();
    let verified = pair.client.get_verified_chain();
    assert_eq!(ders(&verified), [leaf.der(), ca.der()]);
    let sent = pair.client.get_unverified_chain();
    assert_eq!(ders(&sent), [leaf.der()]);
    assert!(pair.server.get_verified_chain().is_empty());

    // The same certificate twice, and another one.
    assert_eq!(verified[0], sent[0]);
    assert_ne!(verified[0], verified[1]);
    let distinct: HashSet<_> = verified.iter().chain(&sent).collect();
    assert_eq!(distinct.len(), 2);
    assert!(format!("{:?}", verified[0]).starts_with("<Certificate '"));
    let pem = verified[0].to_pem().unwrap();
    assert_eq!(ssl::PEM_cert_to_DER_cert(&pem).unwrap(), leaf.der());
    let info = verified[0].get_info().unwrap();
    assert_eq!(Some(info), pair.client.getpeercert().unwrap());
}

#[test]
fn a_server_sees_the_chain_of_its_client() {
    for version in crate::link::BOTH_VERSIONS {
        let ca = Ca::new();
        let leaf = ca.issue("client");
        let server = server_context(&ca.issue("localhost"));
        require_certificates(&server, &ca);
        server.set_maximum_version(version).unwrap();
        let files = Files::of(&leaf);
        let both = files.write(
            "chain.pem",
            leaf.key_pem() + &leaf.cert_pem() + &ca.cert_pem(),
        );
        let client = client_context(&ca);
        client.load_cert_chain(&both).unwrap();
        let pair = Pair::new(&client, &server, "localhost")
            .unwrap()
            .connected();
        let chain = [leaf.der(), ca.der()];
        assert_eq!(ders(&pair.server.get_verified_chain()), chain);
        assert_eq!(ders(&pair.server.get_unverified_chain()), chain);
    }
}

#[test]
fn post_handshake_authentication_verifies_nobody_who_was_not_to_be() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    require_certificates(&server, &ca);
    server.set_post_handshake_auth(true).unwrap();
    let client = unverified_client();
    client.set_post_handshake_auth(true).unwrap();
    assert_eq!(client.verify_mode(), ssl::CERT_NONE);
    client
        .load_cert_chain(&Files::of(&ca.issue("client")).combined)
        .unwrap();
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    assert!(pair.server.getpeercert().unwrap().is_some());
    // The server's certificate was not verified, so it reads as an empty dict still.
    assert!(pair.client.getpeercert().unwrap().unwrap().is_empty());
}

#[test]
fn a_server_that_wants_a_certificate_at_once_can_still_ask_later() {
    let ca = Ca::new();
    let server = server_context(&ca.issue("localhost"));
    require_certificates(&server, &ca);
    let client = client_context(&ca);
    client.set_post_handshake_auth(true).unwrap();
    client
        .load_cert_chain(&Files::of(&ca.issue("client")).combined)
        .unwrap();
    let pair = Pair::new(&client, &server, "localhost")
        .unwrap()
        .connected();
    assert!(pair.server.getpeercert().unwrap().is_some());
    pair.server.verify_client_post_handshake().unwrap();
    pair.talk();
    assert!(pair.server.getpeercert().unwrap().is_some());
}
