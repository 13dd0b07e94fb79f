//! Compares a scan with a cipher string or a guideline.

use pyssl_ciphers::CipherExt;
use std::collections::HashSet;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{Aspect, Feature, Policy, Report, Resolved, Severity};
use pyssl_ciphers::wire::{ScanCode, ssl2_suites};

use crate::report::scan::{Finding, Order, Scan, Ssl2};

/// Compares with the server's intended cipher string.
pub(super) fn with_string(scan: &Scan, meant: &Resolved) -> Vec<Finding> {
    let mut found = Vec::new();
    let meant = meant.selected();
    let accepted = accepted(scan);
    let is_meant = |id: u32| meant.iter().any(|suite| suite.id == id);
    let has = |id: u32| accepted.iter().any(|suite| suite.id == id);
    for suite in accepted.iter().filter(|suite| !is_meant(suite.id)) {
        found.push(deviation(
            Severity::Error,
            format!(
                "{} is accepted, and the string does not select it",
                suite.name
            ),
        ));
    }
    // If a question had no answer, the server may accept a suite that was not seen.
    if scan.string_is_open() {
        return found;
    }
    if accepted.is_empty() {
        found.push(deviation(
            Severity::Warning,
            "TLS 1.2 and older are off, so the string has no effect",
        ));
        return found;
    }
    let kinds: HashSet<&str> = accepted.iter().filter_map(|suite| suite.auth).collect();
    let dhe = accepted.iter().any(|suite| suite.kea == Some("kx-dhe"));
    for suite in meant.iter().filter(|suite| !has(suite.id)) {
        let callback = suite.weaknesses().iter().any(|w| w.needs_callback());
        let certificate = suite.auth.is_some_and(|auth| !kinds.contains(auth));
        let (severity, why) = if callback {
            (Severity::Note, "it needs a pre-shared key")
        } else if certificate {
            (Severity::Note, "no certificate of that kind was seen")
        } else if suite.kea == Some("kx-dhe") && !dhe {
            (
                Severity::Note,
                "no DHE suite is accepted: DH parameters may be missing",
            )
        } else {
            (Severity::Warning, "the string selects it")
        };
        found.push(deviation(
            severity,
            format!("{} is not accepted; {why}", suite.name),
        ));
    }
    for version in &scan.versions {
        let old = version.suites.iter().filter(|suite| is_meant(suite.id));
        let old: Vec<_> = old
            .filter(|suite| !suite.is_tls13())
            .map(|s| s.id)
            .collect();
        let wanted = meant
            .iter()
            .map(|suite| suite.id)
            .filter(|id| old.contains(id));
        if version.order == Order::Server && !wanted.eq(old.iter().copied()) {
            found.push(deviation(
                Severity::Warning,
                format!("{}: the order is not that of the string", version.label),
            ));
        }
    }
    found
}

fn deviation(severity: Severity, message: impl Into<String>) -> Finding {
    Finding::new(ScanCode::Deviation, severity, message)
}

/// The suites of TLS 1.2 and older, without duplicates.
fn accepted(scan: &Scan) -> Vec<&ssl::Cipher> {
    let mut seen = HashSet::new();
    let all = scan.versions.iter().flat_map(|version| &version.suites);
    all.filter(|suite| !suite.is_tls13() && seen.insert(suite.id))
        .collect()
}

/// The schemes with which servers sign before TLS 1.2, where schemes are not negotiated: SHA-1, and for RSA a combination
/// of MD5 and SHA-1, which has no name in the registry (RFC 4346, section 7.4.3).
fn fixed_signatures(scan: &Scan) -> Vec<&'static str> {
    let old = scan.versions.iter();
    let old = old.filter(|version| version.version < TlsVersion::TLSv1_2);
    let mut found = Vec::new();
    for suite in old.flat_map(|version| &version.suites) {
        let scheme = match (suite.kea, suite.auth) {
            (Some("kx-ecdhe" | "kx-dhe"), Some("auth-rsa")) => "rsa_pkcs1_sha1",
            (Some("kx-ecdhe" | "kx-dhe"), Some("auth-ecdsa")) => "ecdsa_sha1",
            (Some("kx-ecdhe" | "kx-dhe"), Some("auth-dss")) => "dsa_sha1",
            _ => continue,
        };
        if !found.contains(&scheme) {
            found.push(scheme);
        }
    }
    found
}

/// The features that the server is known to have, or not to have.
fn known_features(scan: &Scan) -> Vec<(Feature, bool)> {
    let features = &scan.features;
    let all = [
        (
            Feature::ExtendedMasterSecret,
            features.extended_master_secret,
        ),
        (Feature::SecureRenegotiation, features.secure_renegotiation),
        (Feature::Compression, features.compression),
    ];
    let known = all.into_iter().map(|(feature, on)| Some((feature, on?)));
    known.flatten().collect()
}

fn leave_certificates_open(report: &mut Report, policy: &Policy) {
    report.leave_open(policy, Aspect::Certificates);
    report.leave_open(policy, Aspect::Keys);
}

/// Compares with a guideline. An aspect with an unanswered question is reported as not compared.
pub(super) fn with_policy(scan: &Scan, policy: &Policy) -> Report {
    let mut seen = HashSet::new();
    let all = scan.versions.iter().flat_map(|version| &version.suites);
    let suites: Vec<_> = all.filter(|s| seen.insert(s.id)).cloned().collect();
    let on = scan.versions.iter().filter(|v| !v.suites.is_empty());
    let on: Vec<TlsVersion> = on.map(|version| version.version).collect();
    let mut report = policy.check(&suites, &on);
    if let Ssl2::Suites(names) = &scan.ssl2 {
        let is_on = |suite: &&ssl::Cipher| names.iter().any(|name| name == suite.name);
        let known: Vec<_> = ssl2_suites().iter().filter(is_on).cloned().collect();
        if !names.is_empty() {
            report.extend(policy.check_ssl2(&known));
        }
        if known.len() < names.len() {
            report.leave_open(policy, Aspect::Suites);
        }
    }
    let mut groups: Vec<&String> = scan.groups.iter().flat_map(|g| &g.names).collect();
    groups.sort_unstable();
    groups.dedup();
    report.extend(match groups.is_empty() {
        true => policy.check_nothing(Aspect::Groups),
        false => policy.check_groups(&groups),
    });
    let schemes = scan.signatures.iter().flat_map(|found| &found.names);
    let mut schemes: Vec<&str> = schemes.map(String::as_str).collect();
    schemes.extend(fixed_signatures(scan));
    report.extend(policy.check_signatures(&schemes));
    for chain in &scan.chains {
        match &chain.facts {
            Some(facts) => {
                report.extend(policy.check_certificate(facts));
                report.extend(policy.check_certificate_key(facts));
            }
            None => leave_certificates_open(&mut report, policy),
        }
    }
    // Several chains may have the same intermediates.
    let mut seen = HashSet::new();
    let intermediates = scan.chains.iter().flat_map(|chain| &chain.intermediates);
    for (der, facts) in intermediates {
        match facts {
            _ if !seen.insert(der) => {}
            Some(facts) => {
                report.extend(policy.check_intermediate(facts));
                report.extend(policy.check_certificate_key(facts));
            }
            None => leave_certificates_open(&mut report, policy),
        }
    }
    for group in &scan.dh {
        report.extend(policy.check_key("dh", group.bits));
    }
    // Without a version before TLS 1.3, the server has none of these features.
    let has_features = on.iter().any(|version| *version < TlsVersion::TLSv1_3);
    report.extend(match has_features {
        true => policy.check_features(&known_features(scan)),
        false => policy.check_nothing(Aspect::Features),
    });
    for aspect in scan.open_aspects() {
        report.leave_open(policy, aspect);
    }
    report
}
