//! OCSP responses that are fetched from the CA's responder.

use pyssl as ssl;
use pyssl_renewal::{CertReloader, Event};
use pyssl_testing::Ca;
use pyssl_testing::responder::Responder;

use crate::support::{Pair, Watched, client, connect, replace, server};

fn write(pair: &Pair, ca: &Ca, leaf: &pyssl_testing::Leaf) {
    replace(&pair.key(), leaf.key_pem().as_bytes());
    replace(
        &pair.chain(),
        (leaf.chain_pem() + &ca.cert_pem()).as_bytes(),
    );
}

#[test]
fn ocsp_responses_are_fetched_and_faulty_ones_are_not_stapled() {
    let ca = Ca::new();
    let responder = Responder::start();
    let address = responder.url();
    let issue = || ca.builder().san("localhost").ocsp(address).build();
    let (first, second) = (issue(), issue());
    responder.answer(ca.ocsp(&first).build());
    let pair = Pair::new(&first);
    write(&pair, &ca, &first);
    let server = server();
    let builder = CertReloader::builder(&server)
        .certificate(pair.files())
        .fetch_ocsp();
    let watched = Watched::start(builder);
    assert_eq!(watched.loaded().to_str(), Some(address));
    let requiring = client(&ca);
    requiring.set_ocsp_mode(ssl::OcspMode::Require).unwrap();
    connect(&requiring, &server, "localhost").unwrap();
    // The responder has no response for the new certificate. The certificate comes into service
    // without one.
    write(&pair, &ca, &second);
    loop {
        match watched.event() {
            Event::Rejected { error, .. } if error.to_string().contains("another certificate") => {
                break;
            }
            Event::Rejected { error, .. } => {
                assert!(error.to_string().contains("MISMATCH"), "{error}")
            }
            Event::Loaded { path, .. } => assert_eq!(path, pair.chain()),
            other => panic!("{other}"),
        }
    }
    assert_eq!(
        connect(&client(&ca), &server, "localhost").unwrap(),
        second.der()
    );
    assert!(connect(&requiring, &server, "localhost").is_err());
}
