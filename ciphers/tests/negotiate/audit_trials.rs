//! The audit's trial handshakes.

use pyssl as ssl;
use pyssl_ciphers::audit::{AuditCode, AuditFinding, AuditOptions};
use pyssl_ciphers::cipher::Severity;
use pyssl_testing::Ca;
use pyssl_testing::pki::KeyKind;

use crate::audit::{audit, find};
use crate::support::{load, server};

fn worst(findings: &[AuditFinding], code: AuditCode) -> Option<Severity> {
    let with = findings.iter().filter(|finding| finding.code() == code);
    with.map(AuditFinding::severity).max()
}

#[test]
fn an_audit_reports_an_error_if_no_default_client_connects_and_a_warning_if_one_version_fails() {
    let ca = Ca::new();
    let rsa = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    let own = AuditOptions::new().server_hostname("localhost");
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trusted.path(), ca.cert_pem()).unwrap();
    let own = own.peer_cafile(trusted.path());
    let context = server(&[&rsa]);
    assert_eq!(
        worst(&audit(&context, own.clone()), AuditCode::HandshakeFails),
        None
    );
    // The suites of TLS 1.2 need a key of another type. Those of TLS 1.3 work with any key.
    context
        .set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        .unwrap();
    let findings = audit(&context, own.clone());
    let half = find(&findings, AuditCode::HandshakeFails);
    assert_eq!(half.severity(), Severity::Warning, "{half}");
    assert!(half.message().contains("TLS 1.2"), "{half}");
    context
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    let whole = worst(&audit(&context, own.clone()), AuditCode::HandshakeFails);
    assert_eq!(whole, Some(Severity::Error));
    // The server has a group, a signature algorithm, or versions that no client with default
    // settings supports.
    for change in [
        |context: &ssl::SslContext| context.set_groups("brainpoolP256r1"),
        |context: &ssl::SslContext| context.set_server_sigalgs("RSA+SHA1"),
        |context: &ssl::SslContext| {
            context.set_minimum_version(ssl::TlsVersion::TLSv1)?;
            context.set_maximum_version(ssl::TlsVersion::TLSv1_1)
        },
    ] {
        let context = server(&[&rsa]);
        change(&context).unwrap();
        let findings = audit(&context, own.clone());
        let worst = worst(&findings, AuditCode::HandshakeFails);
        assert_eq!(worst, Some(Severity::Error), "{findings:#?}");
    }
}

#[test]
fn an_audit_tries_a_handshake_with_each_certificate() {
    let ca = Ca::new();
    let good = ca.builder().san("localhost").key(KeyKind::Rsa2048).build();
    let odd = ca
        .builder()
        .san("localhost")
        .extension("1.2.3.4.5", true, &[5, 0])
        .build();
    let findings = audit(&server(&[&good, &odd]), "localhost");
    let refused = find(&findings, AuditCode::HandshakeFails);
    assert!(
        refused.message().contains("unhandled critical extension"),
        "{refused}"
    );
}

#[test]
fn a_client_that_cannot_connect_to_a_default_server_is_reported() {
    let client = || {
        let ca = Ca::new();
        let options = ssl::DefaultContext::default().cadata(ca.cert_pem());
        ssl::create_default_context(options).unwrap()
    };
    for change in [
        |context: &ssl::SslContext| {
            context.set_ciphers("DHE-DSS-AES128-GCM-SHA256:@SECLEVEL=1")?;
            context.set_maximum_version(ssl::TlsVersion::TLSv1_2)
        },
        |context: &ssl::SslContext| context.set_groups("brainpoolP256r1"),
        |context: &ssl::SslContext| {
            context.set_minimum_version(ssl::TlsVersion::TLSv1)?;
            context.set_maximum_version(ssl::TlsVersion::TLSv1_1)
        },
    ] {
        let context = client();
        change(&context).unwrap();
        let findings = audit(&context, "localhost");
        let worst = worst(&findings, AuditCode::HandshakeFails);
        assert_eq!(worst, Some(Severity::Error), "{findings:#?}");
    }
    // The audit tries the client's certificate with a server that requests one.
    let ca = Ca::new();
    let context = client();
    load(&context, &ca.builder().client_only().build());
    assert_eq!(
        worst(&audit(&context, "localhost"), AuditCode::HandshakeFails),
        None
    );
    let context = client();
    load(
        &context,
        &ca.builder()
            .client_only()
            .extension("1.2.3.4.5", true, &[5, 0])
            .build(),
    );
    let findings = audit(&context, "localhost");
    find(&findings, AuditCode::HandshakeFails);
}

#[test]
fn an_audit_reports_what_it_could_not_try() {
    let ca = Ca::new();
    let context = server(&[&ca.issue("localhost")]);
    let options = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context.load_verify_locations(options).unwrap();
    let untried = |findings: &[AuditFinding]| {
        let of = findings.iter().filter(|f| f.code() == AuditCode::NotTried);
        of.count()
    };
    assert_eq!(untried(&audit(&context, "localhost")), 0);
    assert_eq!(untried(&audit(&context, ())), 1);
    context.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
    context
        .set_sni_callback(|_| Ok(ssl::SniAction::Continue))
        .unwrap();
    assert_eq!(untried(&audit(&context, ())), 3);
}
