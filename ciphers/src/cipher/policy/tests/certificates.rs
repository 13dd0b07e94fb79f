//! Certificates whose key cannot be read or has no named curve.

use pyssl::Certificate;

use super::*;

/// The DER of a certificate with an EC key on a named curve, and of one whose key states the parameters of its curve.
fn with_ec_key(is_named: bool) -> Certificate {
    use openssl::asn1::Asn1Time;
    use openssl::ec::{Asn1Flag, EcGroup, EcKey};
    use openssl::hash::MessageDigest;
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    use openssl::x509::X509;

    let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    group.set_asn1_flag(match is_named {
        true => Asn1Flag::NAMED_CURVE,
        false => Asn1Flag::EXPLICIT_CURVE,
    });
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(90).unwrap())
        .unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Certificate::from_der(&builder.build().to_der().unwrap()).unwrap()
}

#[test]
fn an_ec_key_whose_curve_is_unknown_does_not_conform_to_a_rule_on_curves() {
    let mozilla = Policy::mozilla_intermediate();
    let facts = CertificateFacts::of(&with_ec_key(true)).unwrap();
    let report = mozilla.check_certificate(&facts);
    assert_eq!(report.violations(), []);
    assert!(!report.not_compared().contains(&Aspect::Certificates));
    let facts = CertificateFacts::of(&with_ec_key(false)).unwrap();
    let report = mozilla.check_certificate(&facts);
    let found: Vec<_> = report
        .violations()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("instead of a name"), "{found:?}");
    // The caller does not state the curve.
    let facts = CertificateFacts::new("ecdsa", "ecdsa-with-SHA256", 90);
    let report = mozilla.check_certificate(&facts);
    assert!(report.not_compared().contains(&Aspect::Certificates));
}

/// The algorithm of this key has no name in OpenSSL, and its certificate cannot be used to read the key.
#[test]
fn a_certificate_whose_key_cannot_be_read_is_compared_and_its_key_stays_open() {
    let certificate = with_ec_key(true);
    let mut der = certificate.to_der().unwrap();
    let ec = b"\x2a\x86\x48\xce\x3d\x02\x01";
    let at = der.windows(ec.len()).position(|part| part == ec).unwrap();
    der[at + ec.len() - 1] = 0x7f;
    let facts = CertificateFacts::of(&Certificate::from_der(&der).unwrap()).unwrap();
    let rfc = Policy::rfc9325();
    let mozilla = Policy::mozilla_intermediate();
    let kind = ViolationKind::CertificateKind("other".into());
    let report = mozilla.check_certificate(&facts);
    assert!(report.violations().iter().any(|v| *v.kind() == kind));
    let report = rfc.check_certificate_key(&facts);
    assert_eq!(report.violations(), []);
    assert!(report.not_compared().contains(&Aspect::Keys));
    // A second certificate, whose key can be read, does not complete the comparison.
    let rsa = CertificateFacts::new("rsa", "sha256WithRSAEncryption", 90).bits(2048);
    for order in [[&facts, &rsa], [&rsa, &facts]] {
        let mut report = rfc.check(&[], &[]);
        for facts in order {
            report.extend(rfc.check_certificate_key(facts));
        }
        assert!(report.not_compared().contains(&Aspect::Keys), "{report:?}");
    }
    // Keys of some kinds have one size.
    let fixed = CertificateFacts::new("ed25519", "ED25519", 90);
    assert!(
        !rfc.check_certificate_key(&fixed)
            .not_compared()
            .contains(&Aspect::Keys)
    );
}

#[test]
fn an_empty_table_of_rules_for_certificates_has_no_effect() {
    let text =
        "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\nforbid = ['rc4']\ncertificates = {}";
    let policy = Policy::parse(text).unwrap();
    assert!(!policy.covers(Aspect::Certificates));
    assert_eq!(policy.check(&[], &[]).verdict(), Some(true));
}
