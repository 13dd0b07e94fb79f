//! The values that the text, Markdown and HTML share: labels with their values.

use std::fmt::Display;

use pyssl::TlsVersion;

use super::super::{clean, one_line};
use super::{ChainScan, Groups, Scan, Stapled, days_left, in_words};

/// Labels and values.
pub(super) type Values = Vec<(String, String)>;

fn push(all: &mut Values, label: &str, value: impl Display) {
    all.push((label.to_owned(), value.to_string()));
}

/// The groups and signatures.
pub(super) fn keys(scan: &Scan) -> Values {
    let mut all = Values::new();
    let same = |a: &Groups, b: &Groups| a.order == b.order && a.numbers == b.numbers;
    for same in scan.groups.chunk_by(same) {
        let labels: Vec<&str> = same.iter().map(|groups| groups.label).collect();
        let Some(groups) = same.first() else {
            continue;
        };
        let order = if groups.names.len() > 1 {
            format!(" ({})", in_words(groups.order))
        } else {
            String::new()
        };
        let (labels, names) = (labels.join(", "), words(&groups.names));
        push(&mut all, "groups", format_args!("{labels}: {names}{order}"));
    }
    for group in &scan.dh {
        let name = group
            .name
            .unwrap_or("not a group of RFC 2409, 3526 or 7919");
        push(
            &mut all,
            "DH group",
            format_args!("{} bits, {name}", group.bits),
        );
    }
    for signatures in &scan.signatures {
        let names = words(&signatures.names);
        let label = signatures.label;
        push(&mut all, "signatures", format_args!("{label}: {names}"));
    }
    all
}

fn words(names: &[String]) -> String {
    if names.is_empty() {
        return "none found".to_owned();
    }
    names.join(" ")
}

/// The heading of a chain.
pub(super) fn certificate_heading(chain: &ChainScan) -> String {
    let key = chain.key_words.as_deref().unwrap_or("unknown key");
    format!("Certificate, {key}")
}

/// The certificates of a chain, and the results for it.
pub(super) fn certificate(chain: &ChainScan, scan: &Scan) -> Values {
    let mut all = Values::new();
    let Some(leaf) = chain.certificates.first() else {
        return all;
    };
    push(&mut all, "subject", leaf);
    if let Ok(info) = leaf.get_info() {
        push(&mut all, "issuer", one_line(info.issuer()));
        let left = chain.days_left.map(days_left);
        let left = left.map_or_else(String::new, |left| format!(" ({left})"));
        push(
            &mut all,
            "valid until",
            format_args!("{}{left}", info.not_after()),
        );
    }
    push(&mut all, "signature", &chain.signature);
    let trusted = match &chain.distrust {
        None => format!("by {}", scan.trust),
        Some((code, text)) => format!("no: {} (code {code})", clean(text)),
    };
    push(&mut all, "trusted", trusted);
    let is_valid = if chain.valid_for_name { "yes" } else { "no" };
    let name = &scan.job.server_name;
    push(
        &mut all,
        "name",
        format_args!("valid for {name}: {is_valid}"),
    );
    let stapled = match (&chain.stapled, chain.must_staple) {
        (Stapled::No, false) => "none".to_owned(),
        (Stapled::No, true) => "none, though the certificate demands one".to_owned(),
        (Stapled::Good, _) => "good".to_owned(),
        (Stapled::Revoked, _) => "revoked".to_owned(),
        (Stapled::Invalid(reason), _) => format!("unusable: {}", clean(reason)),
    };
    push(&mut all, "stapled OCSP", stapled);
    for (depth, certificate) in chain.certificates.iter().enumerate().skip(1) {
        push(&mut all, &format!("sent as {depth}"), certificate);
    }
    all
}

/// The settings apart from suites and keys.
pub(super) fn settings(scan: &Scan) -> Values {
    let mut all = Values::new();
    let features = &scan.features;
    let alpn = match &features.alpn {
        None => "unknown".to_owned(),
        Some(names) if names.is_empty() => "none".to_owned(),
        Some(names) => clean(&names.join(" ")),
    };
    push(&mut all, "ALPN", alpn);
    let client = &scan.client_certificate;
    let text = match (client.requested, client.required) {
        (false, _) => "the server does not ask for a certificate",
        (true, Some(true)) => "the server asks for a certificate and requires it",
        (true, Some(false)) => "the server asks for a certificate, and does not require it",
        (true, None) => "the server asks for a certificate; whether it requires it is unknown",
    };
    push(&mut all, "client", text);
    for authority in &client.authorities {
        push(&mut all, "", format_args!("from {}", clean(authority)));
    }
    let state = |on: Option<bool>, yes, no| match on {
        None => "unknown",
        Some(true) => yes,
        Some(false) => no,
    };
    let on = |version| scan.on().any(|on| on.version == version);
    // SSL 3.0 has no extensions.
    let older = [TlsVersion::TLSv1, TlsVersion::TLSv1_1, TlsVersion::TLSv1_2];
    let older = older.into_iter().any(on);
    if older {
        let old = [
            ("secure renegotiation", features.secure_renegotiation),
            ("extended master secret", features.extended_master_secret),
            ("compression", features.compression),
        ];
        let old = old.map(|(name, on)| format!("{name} {}", state(on, "on", "off")));
        push(&mut all, "before 1.3", old.join(", "));
    }
    let resumed = [
        (
            on(TlsVersion::TLSv1_3),
            "TLS 1.3",
            features.resumption_tls13,
        ),
        (older, "TLS 1.2 by ticket", features.resumption_by_ticket),
        (older, "TLS 1.2 by id", features.resumption_by_id),
    ];
    let resumed = resumed.into_iter().filter(|(is_on, ..)| *is_on);
    let resumed = resumed.map(|(_, name, on)| format!("{name} {}", state(on, "yes", "no")));
    let resumed: Vec<_> = resumed.collect();
    if !resumed.is_empty() {
        push(&mut all, "resumption", resumed.join(", "));
    }
    all
}
