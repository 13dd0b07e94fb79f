//! CA certificates, revocation lists and ticket keys.

use pyssl as ssl;
use pyssl_renewal::{CertReloader, ReloadError};
use pyssl_testing::Ca;

use crate::support::{Watched, client, connect, connected, replace, server};

fn server_with(leaf: &pyssl_testing::Leaf) -> ssl::SslContext {
    let server = server();
    let chain = ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem());
    server.load_cert_chain(chain).unwrap();
    server
}

#[test]
fn a_ca_certificate_removed_from_the_file_is_no_longer_trusted() {
    let (old, new) = (Ca::new(), Ca::new());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    replace(&path, old.cert_pem().as_bytes());
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let watched = Watched::start(CertReloader::builder(&client).ca_certs(&path));
    let servers = [&old, &new].map(|ca| server_with(&ca.issue("localhost")));
    assert!(connect(&client, &servers[0], "localhost").is_ok());
    assert!(connect(&client, &servers[1], "localhost").is_err());
    replace(&path, b"nothing");
    assert!(watched.rejected().contains("NO_CERTIFICATE_OR_CRL_FOUND"));
    assert!(connect(&client, &servers[0], "localhost").is_ok());
    replace(&path, new.cert_pem().as_bytes());
    watched.loaded();
    assert!(connect(&client, &servers[0], "localhost").is_err());
    assert!(connect(&client, &servers[1], "localhost").is_ok());
}

#[test]
fn a_new_revocation_list_is_used_and_a_faulty_one_is_rejected() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("crl.pem");
    replace(&path, ca.crl(&[]).as_bytes());
    let (client, server) = (client(&ca), server_with(&leaf));
    client
        .set_verify_flags(client.verify_flags() | ssl::VERIFY_CRL_CHECK_LEAF)
        .unwrap();
    let watched = Watched::start(CertReloader::builder(&client).crl(&path));
    connect(&client, &server, "localhost").unwrap();
    replace(&path, ca.expired_crl(&[]).as_bytes());
    let error = watched.rejected();
    assert!(error.contains("expired on"), "{error}");
    connect(&client, &server, "localhost").unwrap();
    replace(&path, ca.crl(&[&leaf]).as_bytes());
    watched.loaded();
    let error = connect(&client, &server, "localhost").unwrap_err();
    assert_eq!(error.verify_message(), Some("certificate revoked"));
}

#[test]
fn ticket_keys_are_shared_through_a_file() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let servers = [server_with(&leaf), server_with(&leaf)];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    replace(&path, [7; 80]);
    let watched = servers
        .each_ref()
        .map(|server| Watched::start(CertReloader::builder(server).ticket_keys(&path)));
    let client = client(&ca);
    let session = connected(&client, &servers[0], "localhost".into())
        .unwrap()
        .session()
        .unwrap();
    let resumed = |server| {
        let options = ssl::WrapBio::from("localhost").session(session.clone());
        connected(&client, server, options)
            .unwrap()
            .session_reused()
    };
    assert!(resumed(&servers[1]));
    replace(&path, [7; 81]);
    for watched in &watched {
        assert!(watched.rejected().contains("has 81 bytes"));
    }
    assert!(resumed(&servers[1]));
    replace(&path, [[8; 80], [7; 80]].concat());
    for watched in &watched {
        watched.loaded();
    }
    assert!(resumed(&servers[1]));
    replace(&path, [8; 80]);
    for watched in &watched {
        watched.loaded();
    }
    assert!(!resumed(&servers[1]));
}

#[test]
fn an_empty_file_of_ticket_keys_is_an_error_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    replace(&path, b"");
    let error = CertReloader::builder(&server())
        .ticket_keys(&path)
        .start()
        .unwrap_err();
    assert!(
        matches!(error, ReloadError::TicketKeys { length: 0, .. }),
        "{error}"
    );
}
