//! The policies of the crate beside the guidelines that they come from.

use super::*;

/// The suites of this name in the registry, also those that the linked OpenSSL does not have.
fn known(names: &[&str]) -> Vec<Cipher> {
    let all = crate::cipher::registry();
    let find = |name: &&str| all.iter().find(|suite| is_named(suite, name)).cloned();
    let found: Vec<_> = names.iter().filter_map(find).collect();
    assert_eq!(found.len(), names.len(), "{names:?}");
    found
}

/// Each policy with suites and groups that its source allows, and with some that it rejects.
#[test]
fn policies_accept_and_reject_what_their_sources_state() {
    const GCM: &str = "ECDHE-RSA-AES128-GCM-SHA256";
    const TLS13: &str = "TLS_AES_256_GCM_SHA384";
    for (name, accepted, rejected, good, bad) in [
        (
            "mozilla-modern",
            &[TLS13][..],
            &[GCM][..],
            &["X25519"][..],
            &["secp521r1"][..],
        ),
        (
            "mozilla-intermediate",
            &[GCM],
            &["DHE-RSA-AES128-GCM-SHA256"],
            &["X25519MLKEM768"],
            &["x448"],
        ),
        (
            "mozilla-intermediate@5.7",
            &["DHE-RSA-CHACHA20-POLY1305"],
            &["AES128-SHA"],
            &["X25519"],
            &["X25519MLKEM768"],
        ),
        (
            "mozilla-old",
            &["TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
            &["DHE-RSA-AES128-SHA256", "TLS_RSA_WITH_RC4_128_SHA"],
            &["X25519"],
            &["x448"],
        ),
        (
            "mozilla-old@5.7",
            &["DHE-RSA-AES128-SHA256"],
            &["TLS_RSA_WITH_RC4_128_SHA"],
            &["X25519"],
            &["x448"],
        ),
        (
            "rfc9325",
            &[GCM],
            &["NULL-SHA", "TLS_RSA_WITH_RC4_128_SHA"],
            &["X25519"],
            &["secp192r1"],
        ),
        ("rfc9113", &[GCM], &["AES128-SHA"], &[], &[]),
        (
            "nist-800-52r2",
            &["DHE-RSA-AES128-CCM8"],
            &["AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
            &[],
            &[],
        ),
        (
            "bsi-tr-02102-2",
            &[
                "ECDHE-RSA-AES128-SHA256",
                "DHE-RSA-AES256-CCM",
                "TLS_AES_128_CCM_SHA256",
            ],
            &[
                "ECDHE-RSA-CHACHA20-POLY1305",
                "AES128-GCM-SHA256",
                "ECDHE-RSA-AES128-SHA",
                "TLS_CHACHA20_POLY1305_SHA256",
            ],
            &["brainpoolP384r1", "ffdhe3072"],
            &["ffdhe2048", "secp224r1"],
        ),
        (
            "anssi",
            &[
                "ECDHE-RSA-CHACHA20-POLY1305",
                "ECDHE-RSA-CAMELLIA128-SHA256",
                "DHE-RSA-AES128-GCM-SHA256",
            ],
            &[
                "AES128-GCM-SHA256",
                "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                "ECDHE-RSA-AES128-SHA",
            ],
            &["x448", "brainpoolP256r1"],
            &["secp224r1"],
        ),
        (
            "ncsc-nl",
            &["ECDHE-ECDSA-AES128-CCM", "DHE-RSA-AES128-SHA256"],
            &["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8"],
            &["x448", "secp224r1"],
            &["ffdhe2048", "secp192r1"],
        ),
        (
            "pci-dss",
            &["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "AES128-SHA"],
            &[
                "TLS_RSA_WITH_RC4_128_SHA",
                "TLS_RSA_WITH_DES_CBC_SHA",
                "ADH-AES128-SHA",
            ],
            &["secp224r1"],
            &["secp192r1"],
        ),
        (
            "fips-140-3",
            &[GCM, "ECDHE-RSA-AES128-SHA256", "TLS_AES_128_GCM_SHA256"],
            &[
                "ECDHE-RSA-CHACHA20-POLY1305",
                "AES128-GCM-SHA256",
                "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                "ECDHE-RSA-CAMELLIA128-SHA256",
            ],
            &["secp384r1", "X25519MLKEM768", "ffdhe2048"],
            &["x25519", "x448", "brainpoolP256r1"],
        ),
        (
            "cnsa-2.0",
            &[TLS13],
            &["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES256-GCM-SHA384"],
            &["MLKEM1024"],
            &["X25519MLKEM768", "secp384r1"],
        ),
    ] {
        let policy = Policy::named(name).unwrap();
        let is_fine = |suite: &str| {
            policy
                .check_suite(&known(&[suite])[0])
                .is_none_or(|v| v.severity() < Severity::Error)
        };
        for suite in accepted {
            assert!(is_fine(suite), "{name} rejects {suite}");
        }
        for suite in rejected {
            let violation = policy.check_suite(&known(&[suite])[0]);
            assert!(violation.is_some(), "{name} accepts {suite}");
        }
        let is_bad = |group: &str| {
            let report = policy.check_groups(&[group]);
            let of_group = |kind: &ViolationKind| {
                matches!(
                    kind,
                    ViolationKind::Group(_) | ViolationKind::SmallGroup { .. }
                )
            };
            report.violations().iter().any(|v| of_group(v.kind()))
        };
        for group in good {
            assert!(!is_bad(group), "{name} rejects {group}");
        }
        for group in bad {
            assert!(is_bad(group), "{name} accepts {group}");
        }
    }
}

#[test]
fn old_versions_are_rejected_by_every_policy_but_the_old_one() {
    for policy in Policy::all() {
        if policy.versions().is_empty() || policy.name() == "mozilla-old" {
            continue;
        }
        let report = policy.check(&[], &[TlsVersion::TLSv1, TlsVersion::TLSv1_3]);
        let is_old = |v: &Violation| *v.kind() == ViolationKind::Version(TlsVersion::TLSv1);
        assert!(report.violations().iter().any(is_old), "{}", policy.name());
    }
}

#[test]
fn certificates_are_compared_with_mozillas_rules() {
    let found = |name: &str, facts: CertificateFacts| {
        let report = Policy::named(name).unwrap().check_certificate(&facts);
        let all = report.violations().iter();
        all.map(ToString::to_string).collect::<Vec<_>>()
    };
    let good = || CertificateFacts::new("ecdsa", "ecdsa-with-SHA256", 90).curve("prime256v1");
    for name in [
        "mozilla-modern",
        "mozilla-intermediate",
        "mozilla-intermediate@5.7",
    ] {
        assert_eq!(found(name, good()), [""; 0], "{name}");
    }
    let rsa = CertificateFacts::new("rsa", "sha256WithRSAEncryption", 366);
    assert_eq!(found("mozilla-intermediate", rsa.clone()), [""; 0]);
    assert_eq!(found("mozilla-modern", rsa).len(), 3);
    assert_eq!(found("mozilla-modern", good().curve("secp521r1")).len(), 1);
    let ml_dsa = CertificateFacts::new("ml-dsa-87", "ML-DSA-87", 90);
    assert_eq!(found("cnsa-2.0", ml_dsa), [""; 0]);
    assert_eq!(found("cnsa-2.0", good()).len(), 2);
}

/// Mozilla's guidelines and RFC 9113 have no rules on signatures in handshakes. RFC 9113 has no rules on certificates.
#[test]
fn sha1_in_signatures_is_rejected_by_every_guideline_with_a_rule_on_them() {
    for policy in Policy::all() {
        let name = policy.name();
        let is_mozilla = name.starts_with("mozilla");
        for (kind, signature) in [
            ("rsa", "sha1WithRSAEncryption"),
            ("rsa", "rsassaPss with sha1"),
            ("rsa", "md5WithRSAEncryption"),
            ("ecdsa", "ecdsa-with-SHA1"),
        ] {
            let facts = CertificateFacts::new(kind, signature, 90).curve("prime256v1");
            let report = policy.check_certificate(&facts);
            assert_eq!(report.conforms(), name == "rfc9113", "{name} {signature}");
        }
        for scheme in ["rsa_pkcs1_sha1", "ecdsa_sha1", "dsa_sha1"] {
            let conforms = policy.check_signatures(&[scheme]).conforms();
            assert_eq!(conforms, is_mozilla || name == "rfc9113", "{name} {scheme}");
        }
        // An unknown algorithm never conforms.
        let facts = CertificateFacts::new("rsa", "1.2.3.4", 90);
        let report = policy.check_certificate(&facts);
        let is_open = report.not_compared().contains(&Aspect::Certificates);
        assert!(is_open || !report.conforms() || name == "rfc9113", "{name}");
    }
}

#[test]
fn keys_signatures_and_features_are_compared_with_nists_rules() {
    let nist = Policy::named("nist-800-52r2").unwrap();
    let conforms = |kind, signature| {
        let facts = CertificateFacts::new(kind, signature, 90).curve("prime256v1");
        nist.check_certificate(&facts).verdict()
    };
    assert!(nist.check_key("rsa", 2048).conforms() && !nist.check_key("rsa", 2047).conforms());
    assert_eq!(conforms("ed25519", "sha256WithRSAEncryption"), Some(false));
    assert!(nist.check_groups(&["secp384r1", "ffdhe2048"]).conforms());
    assert!(!nist.check_groups(&["x25519"]).conforms());
    assert!(
        nist.check_signatures(&["rsa_pkcs1_sha224", "ecdsa_secp256r1_sha256"])
            .conforms()
    );
    for known in [
        (Feature::ExtendedMasterSecret, false),
        (Feature::SecureRenegotiation, false),
        (Feature::Compression, true),
    ] {
        assert!(!nist.check_features(&[known]).conforms(), "{known:?}");
    }
}

#[test]
fn rfc9852_requires_tls_1_3_beside_the_rules_of_rfc9325() {
    let policy = Policy::named("rfc9852").unwrap();
    let older = policy.check(&known(&["NULL-SHA"]), &[TlsVersion::TLSv1_2]);
    let is_missing =
        |v: &Violation| *v.kind() == ViolationKind::MissingVersion(TlsVersion::TLSv1_3);
    assert!(older.violations().iter().any(is_missing), "{older:?}");
    assert!(
        older
            .violations()
            .iter()
            .any(|v| matches!(v.kind(), ViolationKind::Forbidden { .. }))
    );
    let both = [TlsVersion::TLSv1_2, TlsVersion::TLSv1_3];
    assert!(
        policy
            .check(&known(&["ECDHE-RSA-AES128-GCM-SHA256"]), &both)
            .conforms()
    );
}

/// The test compares all suites of the registry, because the linked OpenSSL has few suites with algorithms that NIST
/// does not approve.
#[test]
fn fips_140_3_accepts_only_suites_with_approved_algorithms() {
    let policy = Policy::named("fips-140-3").unwrap();
    let is_approved = |suite: &Cipher| {
        let name = suite.standard_name.unwrap_or(suite.name);
        let (exchange, rest) = name.split_once("_WITH_").unwrap_or(("TLS", &name[3..]));
        let parts: Vec<_> = exchange.split('_').skip(1).collect();
        let agreed = ["DHE", "ECDHE", "DH", "ECDH", "PSK", "RSA", "ECDSA"];
        let transported = parts.first() == Some(&"RSA");
        let signed = parts.iter().all(|part| agreed.contains(part)) && !transported;
        let mode = rest.trim_start_matches('_').strip_prefix("AES_");
        signed && mode.is_some_and(|mode| !["OCB", "RMD"].iter().any(|other| mode.contains(other)))
    };
    let all = crate::cipher::registry();
    let rejects = |suite: &Cipher| {
        let violation = policy.check_suite(suite);
        violation.is_some_and(|v| v.severity() == Severity::Error)
    };
    for suite in all.iter().filter(|suite| suite.protocol_id() != 0) {
        assert_eq!(rejects(suite), !is_approved(suite), "{}", suite.name);
    }
    for name in [
        "TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC",
        "TLS_ECCPWD_WITH_AES_128_GCM_SHA256",
        "TLS_SM4_GCM_SM3",
    ] {
        assert!(rejects(&known(&[name])[0]), "{name}");
    }
}

#[test]
fn rfc9325_discourages_static_diffie_hellman() {
    for name in [
        "TLS_DH_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_DH_DSS_WITH_AES_256_GCM_SHA384",
        "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384",
    ] {
        let report = Policy::rfc9325().check(&known(&[name]), &[TlsVersion::TLSv1_2]);
        let mut violations = report.violations().iter();
        let discouraged =
            violations.find(|v| matches!(v.kind(), ViolationKind::Discouraged { .. }));
        let discouraged = discouraged.unwrap_or_else(|| panic!("{name}: {report:?}"));
        assert_eq!(discouraged.section(), Some("4.1"), "{name}");
    }
}
