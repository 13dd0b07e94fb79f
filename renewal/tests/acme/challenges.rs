//! Challenges that pebble validates.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use openssl::pkey::Id;
use openssl::x509::X509;
use pyssl_renewal::acme::{
    AcmeClient, AcmeError, BoxError, Challenge, ChallengeHook, ChallengeType, HttpListener,
    KeyType, Lineage,
};
use pyssl_testing::pebble::{EAB, Pebble, free_port};

use crate::support::{NAME, server, service};

fn client(pebble: &Pebble, storage: &Path) -> AcmeClient {
    AcmeClient::new(pebble.url(), storage.join("acme"))
        .cafile(pebble.cafile())
        .agree_tos(true)
}

fn leaf(lineage: &Lineage) -> X509 {
    let chain = fs::read(lineage.fullchain()).unwrap();
    X509::stack_from_pem(&chain).unwrap().remove(0)
}

fn dns_names(leaf: &X509) -> Vec<String> {
    let names = leaf.subject_alt_names().unwrap();
    let names = names.iter().filter_map(|name| name.dnsname());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn http_01_validates_several_names_for_a_certificate_with_an_rsa_key() {
    let listener = HttpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().port();
    let Some(pebble) = Pebble::start_on(false, port, free_port()) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let names = ["a.example", "b.example", "c.example"];
    let mut client = client(&pebble, directory.path())
        .domains(names)
        .cert_name("three")
        .key_type(KeyType::Rsa2048)
        .http_01(listener);
    let lineage = client.obtain().unwrap();
    assert!(lineage.fullchain().ends_with("live/three/fullchain.pem"));
    let leaf = leaf(&lineage);
    assert_eq!(dns_names(&leaf), names);
    let key = leaf.public_key().unwrap();
    assert_eq!((key.id(), key.bits()), (Id::RSA, 2048));
}

#[test]
fn tls_alpn_01_validates_names_and_addresses_on_the_services_own_port() {
    let context = server();
    let address = service(&context);
    let Some(pebble) = Pebble::start_on(false, free_port(), address.port()) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut client = client(&pebble, directory.path())
        .domains([NAME, "other.example", "127.0.0.1"])
        .key_type(KeyType::EcdsaP384)
        .tls_alpn_01(&context);
    let leaf = leaf(&client.obtain().unwrap());
    assert_eq!(dns_names(&leaf), ["other.example", NAME]);
    let names = leaf.subject_alt_names().unwrap();
    let localhost = Ipv4Addr::LOCALHOST.octets();
    assert!(
        names
            .iter()
            .any(|name| name.ipaddress() == Some(&localhost))
    );
    assert_eq!(leaf.public_key().unwrap().bits(), 384);
}

struct Records<F>(F);

impl<F: Fn(&str, &str) + Send> ChallengeHook for Records<F> {
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        assert_eq!(challenge.challenge_type(), ChallengeType::Dns01);
        (self.0)(&challenge.record_name(), &challenge.record_value());
        Ok(())
    }

    fn cleanup(&mut self, _: &Challenge) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn dns_01_validates_a_name_and_its_wildcard_by_a_callback() {
    let Some(pebble) = Pebble::start_or_skip(false) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut client = client(&pebble, directory.path())
        .domains(["*.service.example", NAME])
        .dns_01(Records(pebble.txt_setter()));
    let lineage = client.obtain().unwrap();
    assert!(
        lineage
            .fullchain()
            .ends_with("live/service.example/fullchain.pem")
    );
    assert_eq!(dns_names(&leaf(&lineage)), ["*.service.example", NAME]);
}

#[test]
fn an_external_account_is_bound_where_the_server_requires_it() {
    let listener = HttpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().port();
    let Some(pebble) = Pebble::start_on(true, port, free_port()) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut unbound = client(&pebble, directory.path())
        .domains([NAME])
        .http_01(crate::support::Believed);
    let error = unbound.obtain().unwrap_err();
    let AcmeError::Refused { kind, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(kind, "externalAccountRequired");
    let (kid, key) = EAB;
    let mut bound = client(&pebble, directory.path())
        .domains([NAME])
        .eab(kid, key)
        .http_01(listener);
    bound.obtain().unwrap();
    // The client uses the stored account again, without the external account binding: its order is refused only
    // because it publishes no answer.
    let error = unbound.obtain().unwrap_err();
    assert!(matches!(error, AcmeError::Validation { .. }), "{error}");
}

#[test]
fn a_challenge_that_the_server_cannot_verify_is_a_validation_error_with_its_reason() {
    let listener = HttpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().port();
    let Some(pebble) = Pebble::start_on(false, port, free_port()) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    // This listener does not know the token of the challenge.
    let mut client = client(&pebble, directory.path())
        .domains([NAME])
        .http_01(crate::support::Believed);
    let error = client.obtain().unwrap_err();
    let AcmeError::Validation {
        domain, challenge, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((domain.as_str(), *challenge), (NAME, ChallengeType::Http01));
    assert!(error.to_string().contains("404"), "{error}");
    drop(listener);
}
