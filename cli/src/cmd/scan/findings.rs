//! The findings of a scan, sorted by severity, without duplicates.

use std::collections::BTreeMap;

use pyssl::TlsVersion;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{Severity, Weakness};
use pyssl_ciphers::wire::{ScanCode, group_bits};

use crate::report::scan::{Finding, Scan, Ssl2};

/// How many suites a finding names.
const MOST_NAMES: usize = 3;

pub(super) fn of(scan: &Scan) -> Vec<Finding> {
    let mut all = Vec::new();
    versions(scan, &mut all);
    suites(scan, &mut all);
    keys(scan, &mut all);
    features(scan, &mut all);
    let mut each: Vec<Finding> = Vec::new();
    for finding in all {
        if !each.contains(&finding) {
            each.push(finding);
        }
    }
    each.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    each
}

fn versions(scan: &Scan, all: &mut Vec<Finding>) {
    if matches!(&scan.ssl2, Ssl2::Suites(suites) if !suites.is_empty()) {
        all.push(Finding::new(
            ScanCode::Ssl2,
            Severity::Error,
            "SSL 2.0 is on (RFC 6176)",
        ));
    }
    for version in scan.on() {
        let (code, severity, source) = match version.version {
            TlsVersion::SSLv3 => (ScanCode::Ssl3, Severity::Error, "RFC 7568"),
            TlsVersion::TLSv1 | TlsVersion::TLSv1_1 => {
                (ScanCode::OldTls, Severity::Warning, "RFC 8996")
            }
            _ => continue,
        };
        let text = format!("{} is on ({source})", version.label);
        all.push(Finding::new(code, severity, text));
    }
    let tls13 = scan
        .versions
        .iter()
        .find(|v| v.version == TlsVersion::TLSv1_3);
    if tls13.is_some_and(|version| version.suites.is_empty() && version.unknown.is_none()) {
        all.push(Finding::new(
            ScanCode::NoTls13,
            Severity::Note,
            "TLS 1.3 is off",
        ));
    }
}

fn suites(scan: &Scan, all: &mut Vec<Finding>) {
    let mut weak: BTreeMap<Weakness, Vec<&str>> = BTreeMap::new();
    for suite in scan.on().flat_map(|version| &version.suites) {
        for weakness in suite.weaknesses() {
            let names = weak.entry(weakness).or_default();
            if !weakness.needs_callback() && !names.contains(&suite.name) {
                names.push(suite.name);
            }
        }
    }
    for (weakness, names) in weak.into_iter().filter(|(_, names)| !names.is_empty()) {
        let few = names.get(..MOST_NAMES).unwrap_or(&names).join(", ");
        let more = match names.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!("{weakness}: {few}{more}");
        all.push(Finding::new(
            ScanCode::WeakSuites,
            weakness.severity(),
            text,
        ));
    }
}

fn keys(scan: &Scan, all: &mut Vec<Finding>) {
    for groups in &scan.groups {
        for (number, name) in groups.numbers.iter().zip(&groups.names) {
            if let Some(bits) = group_bits(*number).filter(|bits| *bits < 224) {
                let text = format!("the group {name} has {bits} bits");
                all.push(Finding::new(ScanCode::SmallGroup, Severity::Error, text));
            }
        }
    }
    for group in scan.dh.iter().filter(|group| group.bits < 2048) {
        let severity = match group.bits {
            ..=1024 => Severity::Error,
            _ => Severity::Warning,
        };
        let text = format!("the DH group has {} bits", group.bits);
        all.push(Finding::new(ScanCode::SmallDh, severity, text));
    }
    for signatures in &scan.signatures {
        let old = signatures.names.iter();
        for name in old.filter(|name| name.ends_with("sha1") || name.ends_with("md5")) {
            let text = format!("{}: the server signs with {name}", signatures.label);
            all.push(Finding::new(
                ScanCode::OldSignature,
                Severity::Warning,
                text,
            ));
        }
    }
    for chain in &scan.chains {
        all.extend(chain.findings.iter().cloned());
    }
}

fn features(scan: &Scan, all: &mut Vec<Finding>) {
    let features = &scan.features;
    if features.compression == Some(true) {
        let text = "compression is on (CRIME)";
        all.push(Finding::new(ScanCode::Compression, Severity::Error, text));
    }
    if features.secure_renegotiation == Some(false) {
        let text = "no secure renegotiation (RFC 5746)";
        all.push(Finding::new(
            ScanCode::InsecureRenegotiation,
            Severity::Warning,
            text,
        ));
    }
    if features.extended_master_secret == Some(false) {
        let text = "no extended master secret (RFC 7627)";
        all.push(Finding::new(
            ScanCode::NoExtendedMasterSecret,
            Severity::Note,
            text,
        ));
    }
}
