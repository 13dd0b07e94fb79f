//! Findings on whole contexts.

use pyssl_ciphers::SslContextExt;
use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use pyssl as ssl;
use pyssl_ciphers::audit::{AuditCode, AuditFinding, AuditOptions};
use pyssl_ciphers::cipher::{Aspect, Policy, Severity, Violation, ViolationKind};
use pyssl_ciphers::negotiate::Role;
use pyssl_testing::pki::KeyKind;
use pyssl_testing::{Ca, Files, Leaf};

use crate::support::{load, server, trusting};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn audit(
    context: &ssl::SslContext,
    options: impl Into<AuditOptions>,
) -> Vec<AuditFinding> {
    context.audit(options).unwrap()
}

pub(crate) fn find(findings: &[AuditFinding], code: AuditCode) -> &AuditFinding {
    findings
        .iter()
        .find(|finding| finding.code() == code)
        .unwrap_or_else(|| panic!("no {code:?} in {findings:#?}"))
}

pub(crate) fn has(findings: &[AuditFinding], code: AuditCode) -> bool {
    findings.iter().any(|finding| finding.code() == code)
}

/// The findings of an audit of a server's context with this certificate.
pub(crate) fn on_server(leaf: &Leaf, options: impl Into<AuditOptions>) -> Vec<AuditFinding> {
    audit(&server(&[leaf]), options)
}

/// The context of `examples/tls_client.rs`: it loads the authority's certificate "to verify the
/// server's", but verifies nothing.
///
/// ```python
/// context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
/// # verify the server's certificate
/// context.load_verify_locations(cafile="ca_cert.pem")
/// ```
#[test]
fn a_client_with_trust_anchors_but_no_verification_is_reported() {
    let files = Files::localhost();
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2).unwrap();
    context.load_verify_locations(&files.ca).unwrap();

    let findings = audit(&context, ());
    assert_eq!(findings[0].code(), AuditCode::TrustUnused);
    assert_eq!(findings[0].code().code(), "A001");
    assert_eq!(findings[0].severity(), Severity::Error);
    assert_eq!(
        findings[0].python(),
        Some("context.verify_mode = ssl.CERT_REQUIRED")
    );
    assert_eq!(
        findings[0].rust(),
        Some("context.set_verify_mode(ssl::CERT_REQUIRED)?")
    );
    assert_eq!(
        find(&findings, AuditCode::HostNotChecked).severity(),
        Severity::Error
    );
    let tls13 = find(&findings, AuditCode::NoTls13);
    assert_eq!(
        tls13.python(),
        Some("context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)")
    );

    // A context made by the lines that the findings suggest has only notes.
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.load_verify_locations(&files.ca).unwrap();
    let findings = audit(&context, "localhost");
    assert!(
        findings.iter().all(|f| f.severity() == Severity::Note),
        "{findings:#?}"
    );
}

#[test]
fn the_default_client_context_has_no_findings() {
    let ca = Ca::new();
    let options = ssl::DefaultContext::default().cadata(ca.cert_pem());
    let context = ssl::create_default_context(options).unwrap();
    assert_eq!(audit(&context, "localhost"), []);
}

#[test]
fn a_client_without_verification_or_trust_anchors_is_reported() {
    let findings = audit(&trusting(), ());
    find(&findings, AuditCode::NotVerified);
    find(&findings, AuditCode::HostNotChecked);
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let findings = audit(&context, ());
    find(&findings, AuditCode::NothingTrusted);
    find(&findings, AuditCode::NotStrict);
    assert!(!has(&findings, AuditCode::HostNotChecked));
    let flags = context.verify_flags() | ssl::VERIFY_CRL_CHECK_LEAF;
    context.set_verify_flags(flags).unwrap();
    find(&audit(&context, ()), AuditCode::NoRevocationList);
}

#[test]
fn findings_on_old_versions_are_more_severe_if_a_handshake_with_them_succeeds() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.set_minimum_version(ssl::TlsVersion::TLSv1).unwrap();
    let findings = audit(&context, ());
    let old = find(&findings, AuditCode::OldVersions);
    assert_eq!(old.severity(), Severity::Warning);
    // The handshakes fail because Python's default cipher string has no suite for TLS 1.0 and 1.1.
    assert!(
        old.message().contains("no handshake with them succeeded"),
        "{old}"
    );
    context.set_ciphers("DEFAULT:@SECLEVEL=2").unwrap();
    let findings = audit(&context, ());
    let old = find(&findings, AuditCode::OldVersions);
    assert_eq!(old.severity(), Severity::Warning);
    assert!(
        old.message()
            .contains("only security level 2 prevents them"),
        "{old}"
    );
    context.set_ciphers("DEFAULT:@SECLEVEL=0").unwrap();
    let findings = audit(&context, ());
    let old = find(&findings, AuditCode::OldVersions);
    assert_eq!(old.severity(), Severity::Error);
    assert!(
        old.message().contains("a handshake with TLS 1.1 succeeds"),
        "{old}"
    );
    find(&findings, AuditCode::LowSecurityLevel);
    let server = server(&[]);
    server.set_minimum_version(ssl::TlsVersion::TLSv1).unwrap();
    server.set_ciphers("DEFAULT:@SECLEVEL=0").unwrap();
    let findings = audit(&server, ());
    let old = find(&findings, AuditCode::OldVersions);
    assert_eq!(old.severity(), Severity::Error);
}

#[test]
fn an_empty_range_of_versions_is_reported() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context
        .set_maximum_version(ssl::TlsVersion::TLSv1_2)
        .unwrap();
    find(&audit(&context, ()), AuditCode::NoTls13);
    context
        .set_options(context.options() | ssl::OP_NO_TLSv1_2)
        .unwrap();
    find(&audit(&context, ()), AuditCode::NoVersion);
}

#[test]
fn weak_suites_are_reported_with_the_part_that_excludes_them() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context
        .set_ciphers("ECDHE+AESGCM:AES128-SHA256:AES256-SHA256")
        .unwrap();
    let findings = audit(&context, ());
    let weak = find(&findings, AuditCode::WeakSuites);
    assert_eq!(weak.severity(), Severity::Warning);
    assert!(weak.message().contains("AES128-SHA256"), "{weak}");
    assert_eq!(
        weak.python(),
        Some("context.set_ciphers(\"ECDHE+AESGCM:AES128-SHA256:AES256-SHA256:!kRSA:!kRSAPSK\")")
    );
    context.set_ciphers("HIGH:!aNUL:@SECLEVEL=0").unwrap();
    let findings = audit(&context, ());
    let weak = find(&findings, AuditCode::WeakSuites);
    assert_eq!(weak.severity(), Severity::Error);
    // The audit does not report weak suites that the security level disables.
    context
        .set_ciphers("ECDHE+AESGCM:NULL-SHA256:@SECLEVEL=2")
        .unwrap();
    assert!(!has(&audit(&context, ()), AuditCode::WeakSuites));
}

#[test]
fn a_server_without_a_certificate_is_reported() {
    let context = server(&[]);
    let findings = audit(&context, ());
    assert_eq!(
        find(&findings, AuditCode::NoCertificate).severity(),
        Severity::Error
    );
    context
        .set_sni_callback(|_| Ok(ssl::SniAction::Continue))
        .unwrap();
    let findings = audit(&context, ());
    assert_eq!(
        find(&findings, AuditCode::NoCertificate).severity(),
        Severity::Note
    );
}

#[test]
fn a_well_configured_server_has_only_notes() {
    let ca = Ca::new();
    let context = server(&[&ca.issue("localhost")]);
    let options = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context.load_verify_locations(options).unwrap();
    context.set_verify_mode(ssl::CERT_REQUIRED).unwrap();
    let findings = audit(&context, "localhost");
    assert!(
        findings.iter().all(|f| f.severity() == Severity::Note),
        "{findings:#?}"
    );
    find(&findings, AuditCode::Tickets);
    find(&findings, AuditCode::NoSni);
}

#[test]
fn certificate_validity_is_audited_now_and_at_a_given_time() {
    let ca = Ca::new();
    find(
        &on_server(&ca.builder().san("localhost").expired().build(), ()),
        AuditCode::Expired,
    );
    find(
        &on_server(&ca.builder().san("localhost").not_yet_valid().build(), ()),
        AuditCode::NotYetValid,
    );
    let leaf = ca.issue("localhost");
    let at = |days: u32| AuditOptions::new().now(SystemTime::now() + days * DAY);
    assert!(!has(&on_server(&leaf, at(300)), AuditCode::ExpiresSoon));
    let findings = on_server(&leaf, at(340));
    let soon = find(&findings, AuditCode::ExpiresSoon);
    assert!(soon.message().contains("expires in 2"), "{soon}");
    let now = SystemTime::now() + 363 * DAY + DAY / 2;
    let findings = on_server(&leaf, AuditOptions::new().now(now));
    let last = find(&findings, AuditCode::ExpiresSoon);
    assert!(last.message().contains("expires in 1 day,"), "{last}");
    assert!(!has(
        &on_server(&leaf, at(340).expires_soon(DAY)),
        AuditCode::ExpiresSoon
    ));
    find(&on_server(&leaf, at(400)), AuditCode::Expired);
}

#[test]
fn certificate_validity_is_audited_at_times_that_openssl_cannot_convert() {
    let leaf = Ca::new().issue("localhost");
    let after_9999 = AuditOptions::new().now(SystemTime::now() + 3_000_000 * DAY);
    find(&on_server(&leaf, after_9999), AuditCode::Expired);
    let before_1970 = AuditOptions::new().now(SystemTime::UNIX_EPOCH - DAY);
    find(&on_server(&leaf, before_1970), AuditCode::NotYetValid);
    let always = AuditOptions::new().expires_soon(Duration::MAX);
    find(&on_server(&leaf, always), AuditCode::ExpiresSoon);
}

#[test]
fn names_keys_signatures_and_purposes_of_certificates_are_audited() {
    let ca = Ca::new();
    let leaf = ca.issue("localhost");
    let findings = on_server(&leaf, "other.example");
    let name = find(&findings, AuditCode::NameMismatch);
    assert!(name.message().contains("'other.example'"), "{name}");
    assert!(name.message().contains("localhost"), "{name}");
    assert!(!has(
        &on_server(&leaf, "localhost"),
        AuditCode::NameMismatch
    ));
    let addressed = ca.issue("127.0.0.1");
    assert!(!has(
        &on_server(&addressed, "127.0.0.1"),
        AuditCode::NameMismatch
    ));
    find(&on_server(&addressed, "127.0.0.2"), AuditCode::NameMismatch);

    let common_name = ca.builder().common_name("localhost").build();
    find(&on_server(&common_name, ()), AuditCode::NoAltName);
    let for_clients = ca.builder().san("localhost").client_only().build();
    find(&on_server(&for_clients, ()), AuditCode::WrongPurpose);
    // OpenSSL accepts the old purpose "Netscape Server Gated Crypto" (2.16.840.1.113730.4.1) for servers.
    const GATED: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x86\xf8\x42\x04\x01";
    let gated = ca.builder().san("localhost").without_extended_key_usage();
    let gated = gated.extension("2.5.29.37", false, GATED).build();
    assert!(!has(
        &on_server(&gated, "localhost"),
        AuditCode::WrongPurpose
    ));
    find(&on_server(ca.as_leaf(), ()), AuditCode::SelfSigned);

    let context = server(&[]);
    context.set_ciphers("DEFAULT:@SECLEVEL=0").unwrap();
    load(
        &context,
        &ca.builder()
            .san("localhost")
            .key(KeyKind::Rsa1024)
            .sha1()
            .build(),
    );
    let findings = audit(&context, ());
    let key = find(&findings, AuditCode::SmallKey);
    assert!(key.message().contains("RSA 1024"), "{key}");
    find(&findings, AuditCode::WeakSignature);
}

#[test]
fn certificate_chains_are_audited() {
    let root = Ca::new();
    let middle = root.intermediate();
    let leaf = middle.issue("localhost");
    let trusting_root = |certificates: &[String]| {
        let files = Files::of(&leaf);
        let path = files.write("own.pem", certificates.concat());
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        let trust = ssl::VerifyLocations::new().cadata(root.cert_pem());
        context.load_verify_locations(trust).unwrap();
        context
            .load_cert_chain(ssl::CertChain::new(path).keyfile(&files.key))
            .unwrap();
        audit(&context, ())
    };
    let chain_codes = [
        AuditCode::ChainIncomplete,
        AuditCode::ChainOrder,
        AuditCode::RootSent,
    ];
    let (own, issuer, top) = (leaf.cert_pem(), middle.cert_pem(), root.cert_pem());
    let good = trusting_root(&[own.clone(), issuer.clone()]);
    assert!(
        chain_codes.iter().all(|code| !has(&good, *code)),
        "{good:#?}"
    );
    let alone = trusting_root(std::slice::from_ref(&own));
    assert_eq!(
        find(&alone, AuditCode::ChainIncomplete).severity(),
        Severity::Warning
    );
    let with_root = trusting_root(&[own.clone(), issuer.clone(), top.clone()]);
    find(&with_root, AuditCode::RootSent);
    let twisted = trusting_root(&[own.clone(), top, issuer]);
    let order = find(&twisted, AuditCode::ChainOrder);
    assert!(order.message().contains("the right order is"), "{order}");
    let stranger = trusting_root(&[own, Ca::new().cert_pem()]);
    let order = find(&stranger, AuditCode::ChainOrder);
    assert!(order.message().contains("does not belong"), "{order}");
}

#[test]
fn options_and_the_key_log_are_audited() {
    let context = server(&[&Ca::new().issue("localhost")]);
    let options = context.options() - ssl::OP_NO_COMPRESSION - ssl::OP_CIPHER_SERVER_PREFERENCE;
    context.set_options(options).unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    context.set_keylog_filename(Some(log.path())).unwrap();
    let trust = ssl::VerifyLocations::new().cadata(Ca::new().cert_pem());
    context.load_verify_locations(trust).unwrap();
    let findings = audit(&context, ());
    find(&findings, AuditCode::Compression);
    find(&findings, AuditCode::ClientPreference);
    find(&findings, AuditCode::KeyLog);
    assert_eq!(
        find(&findings, AuditCode::TrustUnused).severity(),
        Severity::Warning
    );
    context.set_verify_mode(ssl::CERT_OPTIONAL).unwrap();
    find(&audit(&context, ()), AuditCode::ClientsOptional);
    context
        .set_options(context.options() | ssl::OP_NO_TICKET)
        .unwrap();
    assert!(!has(&audit(&context, ()), AuditCode::Tickets));
}

#[test]
fn the_audited_role_is_inferred_or_set() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS).unwrap();
    assert!(has(&audit(&context, ()), AuditCode::NotVerified));
    assert!(has(
        &audit(&context, Role::Server),
        AuditCode::NoCertificate
    ));
    load(&context, &Ca::new().issue("localhost"));
    assert!(!has(&audit(&context, ()), AuditCode::NotVerified));
    assert!(has(&audit(&context, Role::Client), AuditCode::NotVerified));
}

#[test]
fn findings_are_sorted_and_codes_are_unique() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2).unwrap();
    let severities: Vec<_> = audit(&context, ())
        .iter()
        .map(AuditFinding::severity)
        .collect();
    assert!(severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
    let codes: HashSet<_> = AuditCode::ALL.iter().map(|c| c.code()).collect();
    assert_eq!(codes.len(), AuditCode::ALL.len());
    let error = context.audit("").unwrap_err();
    assert_eq!(error.python_class(), "ValueError");
}

#[test]
fn ignored_parts_are_reported_and_the_advice_excludes_all_weak_suites() {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
    context.set_ciphers("HIGH:!aNUL").unwrap();
    context
        .set_ciphersuites("TLS_AES_128_GCM_SHA256:TLS_BOGUS")
        .unwrap();
    let findings = audit(&context, ());
    let ignored: Vec<_> = findings
        .iter()
        .filter(|finding| finding.code() == AuditCode::CipherString)
        .map(AuditFinding::message)
        .collect();
    assert_eq!(ignored.len(), 2, "{ignored:?}");
    assert!(ignored[0].contains("column 7") && ignored[0].contains("did you mean `aNULL`?"));
    assert!(ignored[1].contains("TLS 1.3") && ignored[1].contains("`TLS_BOGUS`"));
    // The message does not contain the whole list.
    assert!(!ignored[0].contains("HIGH") && !ignored[1].contains("TLS_AES"));
    // The string that this finding suggests leaves no finding about weak suites.
    let weak = find(&findings, AuditCode::WeakSuites);
    let line = weak.python().unwrap();
    let string = line.split('"').nth(1).unwrap();
    context.set_ciphers(string).unwrap();
    assert!(
        !has(&audit(&context, ()), AuditCode::WeakSuites),
        "{string}"
    );
    let json: serde_json::Value = serde_json::to_value(weak).unwrap();
    assert_eq!(
        (json["code"].as_str(), json["python"].as_str()),
        (Some("A009"), Some(line))
    );
    context.set_ciphers("HIGH:!aNULL:!RC4").unwrap();
    context.set_ciphersuites("TLS_AES_128_GCM_SHA256").unwrap();
    assert!(!has(&audit(&context, ()), AuditCode::CipherString));
}

/// The string suggested by any finding removes all findings about suites.
#[test]
fn the_suggested_cipher_string_leads_to_no_further_suggestion() {
    let codes = [
        AuditCode::WeakSuites,
        AuditCode::LowSecurityLevel,
        AuditCode::NoSuite,
    ];
    for string in [
        "ALL:@SECLEVEL=0",
        "DEFAULT:@SECLEVEL=1",
        // All suites of these strings are weak.
        "AES128-SHA",
        "AES128-SHA:@SECLEVEL=0",
        "PSK:@SECLEVEL=1",
    ] {
        let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        context
            .set_maximum_version(ssl::TlsVersion::TLSv1_2)
            .unwrap();
        context.set_ciphers(string).unwrap();
        let findings = audit(&context, ());
        let about_suites = findings.iter().filter(|f| codes.contains(&f.code()));
        let advised: Vec<_> = about_suites.map(|f| f.python().unwrap()).collect();
        assert!(!advised.is_empty(), "{string}");
        for line in advised {
            context.set_ciphers(string).unwrap();
            context
                .set_ciphers(line.split('"').nth(1).unwrap())
                .unwrap();
            let left = audit(&context, ());
            assert!(!codes.iter().any(|c| has(&left, *c)), "{line}: {left:#?}");
        }
    }
    // The weak suite is one of TLS 1.3. A cipher string does not affect those, so none is suggested.
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    context.set_ciphers("ECDHE+AESGCM:@SECLEVEL=0").unwrap();
    context
        .set_ciphersuites("TLS_AES_128_CCM_8_SHA256")
        .unwrap();
    let findings = audit(&context, ());
    assert_eq!(find(&findings, AuditCode::WeakSuites).python(), None);
}

#[test]
fn an_audit_compares_the_features_of_a_context_with_a_policy() {
    let rule = "require-features = ['extended-master-secret', 'secure-renegotiation']";
    let head = "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\n";
    let policy =
        Policy::parse(&format!("{head}{rule}\nforbid-features = ['compression']")).unwrap();
    let check = |context: &ssl::SslContext| {
        let report = context.check_policy(&policy, Role::Server).unwrap();
        let found = report.violations().iter().map(ToString::to_string);
        (found.collect::<Vec<_>>(), report.not_compared().to_vec())
    };
    let context = server(&[]);
    assert_eq!(check(&context), (Vec::new(), Vec::new()));
    // Without the option, compression depends on how OpenSSL was built.
    context
        .set_options(context.options() - ssl::OP_NO_COMPRESSION)
        .unwrap();
    assert_eq!(check(&context), (Vec::new(), vec![Aspect::Features]));
    // `SSL_OP_NO_EXTENDED_MASTER_SECRET`.
    let without = ssl::OP_NO_COMPRESSION | ssl::Options::from_bits_retain(0x1);
    context.set_options(context.options() | without).unwrap();
    let off = vec!["the extended master secret is off".to_owned()];
    assert_eq!(check(&context), (off, Vec::new()));
    // TLS 1.3 has none of these.
    context
        .set_minimum_version(ssl::TlsVersion::TLSv1_3)
        .unwrap();
    assert_eq!(check(&context), (Vec::new(), Vec::new()));
}

#[test]
fn an_audit_compares_a_context_with_a_policy() {
    let ca = Ca::new();
    let rfc = Policy::rfc9325();
    let context = server(&[&ca.builder().san("localhost").key(KeyKind::Rsa2048).build()]);
    context.set_ciphers("ECDHE+AESGCM").unwrap();
    let report = context.check_policy(&rfc, Role::Server).unwrap();
    assert_eq!(report.violations(), [], "{report:?}");
    assert_eq!(report.not_compared(), []);
    // The default groups are OpenSSL's, some of which Mozilla does not list.
    let mozilla = Policy::mozilla_intermediate();
    let report = context.check_policy(&mozilla, Role::Server).unwrap();
    let own = ViolationKind::Group("secp521r1".into());
    assert!(
        report.violations().iter().any(|v| *v.kind() == own),
        "{report:?}"
    );
    context.set_groups("X25519:prime256v1:secp384r1").unwrap();
    let report = context.check_policy(&mozilla, Role::Server).unwrap();
    assert!(
        report.conforms() && report.not_compared().is_empty(),
        "{report:?}"
    );
    // Without a certificate there is no key to compare.
    let report = server(&[]).check_policy(&rfc, Role::Server).unwrap();
    assert_eq!(report.not_compared(), [Aspect::Keys, Aspect::Certificates]);
    let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    let report = client.check_policy(&rfc, Role::Client).unwrap();
    assert_eq!(report.not_compared(), []);
    // Groups that were set, keys and versions are compared. Suites without a certificate are not.
    context.set_groups("secp384r1").unwrap();
    context.set_minimum_version(ssl::TlsVersion::TLSv1).unwrap();
    let report = context.check_policy(&rfc, Role::Server).unwrap();
    let found: Vec<_> = report.violations().iter().map(Violation::section).collect();
    assert_eq!(
        found,
        [Some("3.1.1"), Some("3.1.1"), Some("4.2.1"), Some("4.2.1")]
    );
    context.set_groups("X25519:secp521r1").unwrap();
    let report = context.check_policy(&mozilla, Role::Server).unwrap();
    let group = ViolationKind::Group("secp521r1".into());
    assert!(
        report.violations().iter().any(|v| *v.kind() == group),
        "{report:?}"
    );
}
