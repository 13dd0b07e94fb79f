//! The chains that a peer sent and that verification built, and the values in them.

use std::collections::HashSet;

use pyssl as ssl;
use pyssl_testing::Ca;

use crate::link::BOTH_VERSIONS;
use crate::support::{Pair, client_context, connected, require_certificates, server_context};

fn ders(chain: &[ssl::Certificate]) -> Vec<Vec<u8>> {
    chain.iter().map(|cert| cert.to_der().unwrap()).collect()
}

#[test]
fn the_verified_chain_includes_the_root_and_the_unverified_chain_does_not() {
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

    // The leaf of both chains is equal, and its issuer is another value.
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
fn a_server_gets_the_chain_of_its_client() {
    for version in BOTH_VERSIONS {
        let ca = Ca::new();
        let leaf = ca.issue("client");
        let server = server_context(&ca.issue("localhost"));
        require_certificates(&server, &ca);
        server.set_maximum_version(version).unwrap();
        let client = client_context(&ca);
        let both = leaf.cert_pem() + &ca.cert_pem();
        let chain = ssl::CertChain::from_pem(both, leaf.key_pem());
        client.load_cert_chain(chain).unwrap();
        let pair = connected(&client, &server);
        let chain = [leaf.der(), ca.der()];
        assert_eq!(ders(&pair.server.get_verified_chain()), chain);
        assert_eq!(ders(&pair.server.get_unverified_chain()), chain);
    }
}
