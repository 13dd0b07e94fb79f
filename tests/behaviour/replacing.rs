//! Replaces the certificates and the trust store of a context.

use pyssl as ssl;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Leaf};

use crate::link::Contexts;
use crate::support::{Pair, client_context, connected, outcome, server_context, trust};

fn identity(leaf: &Leaf) -> ssl::Identity {
    ssl::Identity::load(ssl::CertChain::from_pem(leaf.chain_pem(), leaf.key_pem())).unwrap()
}

fn sent(contexts: &Contexts) -> Vec<u8> {
    let pair = contexts.connected();
    pair.client.getpeercert_binary().unwrap().unwrap()
}

fn leaf(ca: &Ca, key: KeyKind) -> Leaf {
    ca.builder().san("localhost").key(key).build()
}

#[test]
fn set_identities_removes_a_certificate_with_another_key_type() {
    let ca = Ca::new();
    let (rsa, ec) = (leaf(&ca, KeyKind::Rsa2048), leaf(&ca, KeyKind::EcP256));
    let contexts = Contexts {
        client: client_context(&ca),
        server: server_context(&rsa),
    };
    let before = contexts.connected();
    contexts.server.set_identities([&identity(&ec)]).unwrap();
    assert_eq!(sent(&contexts), ec.der());
    // Only the new certificate is left, so a handshake with a client that accepts only RSA fails.
    let client = client_context(&ca);
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
    let (result, _) = handshake(&client, &contexts.server);
    assert!(result.is_err());
    before.talk();
}

fn handshake(
    client: &ssl::SslContext,
    server: &ssl::SslContext,
) -> (ssl::Result<()>, ssl::Result<()>) {
    let pair = Pair::new(client, server, "localhost").unwrap();
    pair.handshake()
}

#[test]
fn set_identities_leaves_the_context_unchanged_if_one_is_rejected() {
    let ca = Ca::new();
    let (old, new, other) = (ca.issue("localhost"), ca.issue("localhost"), ca.issue("a"));
    let mismatched =
        ssl::Identity::load(ssl::CertChain::from_pem(new.chain_pem(), other.key_pem()));
    let weak = leaf(&ca, KeyKind::Rsa1024);
    let contexts = Contexts {
        client: client_context(&ca),
        server: server_context(&old),
    };
    let refused = contexts
        .server
        .set_identities([&identity(&new), &identity(&weak)]);
    let error = refused.unwrap_err();
    assert_eq!(error.reason(), Some("EE_KEY_TOO_SMALL"), "{error}");
    let error = mismatched.and_then(|identity| contexts.server.set_identities([&identity]));
    assert_eq!(error.unwrap_err().reason(), Some("KEY_VALUES_MISMATCH"));
    assert_eq!(sent(&contexts), old.der());
}

#[test]
fn a_context_without_identities_refuses_handshakes() {
    let contexts = Contexts::new();
    contexts.server.set_identities([]).unwrap();
    let (_, server) = contexts.pair().handshake();
    assert!(
        outcome(&server).contains("NO_SHARED_CIPHER")
            || outcome(&server).contains("NO_SUITABLE_SIGNATURE_ALGORITHM"),
        "{}",
        outcome(&server)
    );
}

#[test]
fn set_trust_of_removes_the_old_trusted_certificates() {
    let (old, new) = (Ca::new(), Ca::new());
    let client = client_context(&old);
    let fresh = ssl::SslContext::new(client.protocol()).unwrap();
    trust(&fresh, &new);
    let server = server_context(&old.issue("localhost"));
    let before = connected(&client, &server);
    client.set_trust_of(&fresh).unwrap();
    let (result, _) = handshake(&client, &server);
    assert!(outcome(&result).contains("CERTIFICATE_VERIFY_FAILED"));
    connected(&client, &server_context(&new.issue("localhost"))).talk();
    before.talk();
}

#[test]
fn sessions_resume_after_set_identities() {
    let ca = Ca::new();
    let contexts = Contexts {
        client: client_context(&ca),
        server: server_context(&ca.issue("localhost")),
    };
    let first = contexts.connected();
    first.talk();
    let session = first.client.session().unwrap();
    contexts
        .server
        .set_identities([&identity(&ca.issue("localhost"))])
        .unwrap();
    let second = contexts.pair();
    second.client.set_session(&session).unwrap();
    let second = second.connected();
    assert!(second.client.session_reused());
}
