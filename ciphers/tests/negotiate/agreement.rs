//! Agreements and refusals of two contexts.

use pyssl as ssl;
use pyssl_ciphers::negotiate::{Cause, NegotiateOptions, Negotiation, Obstacle, Role, negotiate};
use pyssl_testing::Ca;

use crate::support::{rsa, server, trusting};

fn refused(client: &ssl::SslContext, server: &ssl::SslContext) -> (Cause, String) {
    match negotiate(client, server, ()).unwrap() {
        Negotiation::Agreed(agreement) => panic!("they agree on {agreement}"),
        Negotiation::Refused(refusal) => (refusal.cause().clone(), refusal.to_string()),
    }
}

#[test]
fn negotiate_reports_the_version_suite_group_and_signature_of_a_handshake() {
    let ca = Ca::new();
    let server = server(&[&ca.issue("localhost")]);
    let found = negotiate(&trusting(), &server, ()).unwrap();
    let agreement = found.agreement().expect("they agree");
    assert_eq!(agreement.version(), ssl::TlsVersion::TLSv1_3);
    assert_eq!(agreement.cipher().name, "TLS_AES_256_GCM_SHA384");
    assert!(agreement.group().is_some());
    assert_eq!(agreement.signature(), Some("ecdsa_secp256r1_sha256"));
    assert_eq!(agreement.certificate_key(), Some("EC P-256"));
    assert_eq!(agreement.alpn_protocol(), None);
}

#[test]
fn the_group_is_reported_for_tls_1_2_but_not_for_static_rsa() {
    let ca = Ca::new();
    let server = server(&[&rsa(&ca)]);
    let client = trusting();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
    let found = negotiate(&client, &server, ()).unwrap();
    let agreement = found.agreement().expect("they agree");
    assert_eq!(agreement.group(), Some("x25519"));
    assert_eq!(agreement.signature(), Some("rsa_pss_rsae_sha256"));
    client.set_ciphers("AES128-GCM-SHA256").unwrap();
    server.set_ciphers("AES128-GCM-SHA256").unwrap();
    let found = negotiate(&client, &server, ()).unwrap();
    let agreement = found.agreement().expect("they agree");
    assert_eq!((agreement.group(), agreement.signature()), (None, None));
    assert_eq!(agreement.certificate_key(), Some("RSA 2048"));
}

#[test]
fn negotiate_does_not_change_the_callers_contexts() {
    let server = server(&[]);
    let log = tempfile::NamedTempFile::new().unwrap();
    server.set_keylog_filename(Some(log.path())).unwrap();
    let length = log.path().metadata().unwrap().len();
    let options = NegotiateOptions::new().test_keys(true);
    let found = negotiate(&trusting(), &server, options).unwrap();
    assert!(found.agreement().expect("they agree").used_test_key());
    assert_eq!(server.session_stats().accept, 0);
    assert_eq!(log.path().metadata().unwrap().len(), length);
    let (cause, _) = refused(&trusting(), &server);
    assert_eq!(cause, Cause::NoServerCertificate);
}

#[test]
fn a_failure_without_a_common_version_lists_both_ranges() {
    let server = server(&[&Ca::new().issue("localhost")]);
    server
        .set_minimum_version(ssl::TlsVersion::TLSv1_3)
        .unwrap();
    let client = trusting();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    let (cause, text) = refused(&client, &server);
    assert!(matches!(cause, Cause::NoCommonVersion { .. }), "{cause:?}");
    assert_eq!(
        text,
        "no version in common: the client enables TLS 1.2, the server TLS 1.3 \
         (the server sent the alert PROTOCOL_VERSION)"
    );
}

#[test]
fn an_old_version_at_a_modern_security_level_is_explained() {
    let server = server(&[&Ca::new().issue("localhost")]);
    let client = trusting();
    for context in [&client, &server] {
        context.set_minimum_version(ssl::TlsVersion::TLSv1).unwrap();
        context
            .set_maximum_version(ssl::TlsVersion::TLSv1_1)
            .unwrap();
        context.set_ciphers("DEFAULT").unwrap();
    }
    let (_, text) = refused(&client, &server);
    assert!(text.contains("security level"), "{text}");
}

#[test]
fn a_failure_without_a_common_suite_lists_both_sides_suites() {
    let server = server(&[&Ca::new().issue("localhost")]);
    server
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    server.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256").unwrap();
    let client = trusting();
    client.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384").unwrap();
    let (cause, text) = refused(&client, &server);
    let Cause::NoCommonSuite {
        client,
        server,
        blocked,
    } = cause
    else {
        panic!("{cause:?}")
    };
    assert_eq!(client[0].name, "ECDHE-ECDSA-AES256-GCM-SHA384");
    assert_eq!(server[0].name, "ECDHE-ECDSA-AES128-GCM-SHA256");
    assert!(blocked.is_empty());
    assert!(text.contains("HANDSHAKE_FAILURE"), "{text}");
}

#[test]
fn a_certificate_with_an_unsuitable_key_type_is_reported() {
    let server = server(&[&Ca::new().issue("localhost")]);
    let client = trusting();
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    client.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
    let (cause, text) = refused(&client, &server);
    let Cause::NoCommonSuite { blocked, .. } = cause else {
        panic!("{cause:?}")
    };
    assert_eq!(
        (&blocked[0].1, &blocked[0].2),
        (&Role::Server, &Obstacle::CertificateKind("an RSA"))
    );
    let why = "needs a certificate with an RSA key";
    assert!(
        text.contains(&format!("the server cannot use it: {why}")),
        "{text}"
    );
    // The reason is given once, however many suites it applies to.
    client.set_ciphers("ECDHE+aRSA").unwrap();
    let (_, text) = refused(&client, &server);
    assert_eq!(text.matches(why).count(), 1, "{text}");
    assert!(text.contains("are on both lists"), "{text}");
}

#[test]
fn a_rejected_certificate_is_reported_with_the_side_and_the_reason() {
    let ca = Ca::new();
    let server = server(&[&ca.issue("localhost")]);
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let options = NegotiateOptions::from("localhost");
    let found = negotiate(&client, &server, options.clone()).unwrap();
    let refusal = found.refusal().expect("nobody is trusted");
    let Cause::CertificateRefused { by, code, .. } = refusal.cause() else {
        panic!("{refusal}")
    };
    assert_eq!((*by, *code), (Role::Client, 20));
    assert_eq!(
        refusal.alert(),
        Some((Role::Client, ssl::AlertDescription::UNKNOWN_CA))
    );
    assert!(refusal.server_error().is_some() && refusal.client_error().is_some());

    client
        .load_verify_locations(ssl::VerifyLocations::new().cadata(ca.cert_pem()))
        .unwrap();
    let found = negotiate(&client, &server, "other.example").unwrap();
    let text = found.to_string();
    assert!(text.contains("not valid for 'other.example'"), "{text}");
    assert!(
        negotiate(&client, &server, options)
            .unwrap()
            .agreement()
            .is_some()
    );
    let unverified = NegotiateOptions::from("other.example").verify(false);
    assert!(
        negotiate(&client, &server, unverified)
            .unwrap()
            .agreement()
            .is_some()
    );
}

#[test]
fn a_required_client_certificate_is_reported_in_tls_1_2_and_1_3() {
    let ca = Ca::new();
    let server = server(&[&ca.issue("localhost")]);
    server.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
    let client = trusting();
    let (cause, text) = refused(&client, &server);
    assert_eq!(cause, Cause::NoClientCertificate, "{text}");
    assert!(
        text.contains("the server sent the alert CERTIFICATE_REQUIRED"),
        "{text}"
    );
    client
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    assert_eq!(refused(&client, &server).0, Cause::NoClientCertificate);
}

#[test]
fn a_context_of_the_other_role_is_an_error() {
    let error = negotiate(&server(&[]), &trusting(), ()).unwrap_err();
    assert!(error.to_string().contains("PROTOCOL_TLS_SERVER"), "{error}");
}

#[test]
fn negotiate_runs_the_callbacks_and_reports_their_errors() {
    let server = server(&[&Ca::new().issue("localhost")]);
    server
        .set_sni_callback(|_| {
            Ok(ssl::SniAction::Alert(
                ssl::AlertDescription::UNRECOGNIZED_NAME,
            ))
        })
        .unwrap();
    let (cause, text) = refused(&trusting(), &server);
    assert_eq!(cause, Cause::Other);
    assert!(
        text.contains("the server sent the alert UNRECOGNIZED_NAME"),
        "{text}"
    );
}
