//! The output of `pyssl scan`: the verdict in three lines, then the findings, then the tables.

mod data;
mod json;
mod layout;

use std::io::{self, Write};

use anstyle::Style;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{Report, Severity, ViolationKind, Weakness};

use super::ciphers::is_violated;
use super::suites::{DOUBTFUL, style};
use super::{BAD, FAINT, GOOD, Styled, clean, heading, milliseconds, one_line};
use layout::{WIDTH, cut, folded, lines, row};

pub(crate) use data::{
    ChainScan, ClientCertificate, ClientScan, Deviation, DhGroup, Features, Finding, Groups, Job,
    Order, Outcome, Scan, Signatures, Ssl2, Stapled, VersionScan, exit_code,
};
pub(crate) use json::{json, json_of_several};

/// The statement about checks that `pyssl scan` does not make.
const NOT_TRIED: &str = "Attacks on implementations (Heartbleed, ROBOT and others) were not tried.";

pub(crate) fn human(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    for (style, line) in [serves(scan), worst(scan), conformity(scan)] {
        writeln!(out, "{}", Styled(style, cut(&line, 0)))?;
    }
    findings(out, "Findings", &scan.findings)?;
    unknown_parts(out, scan)?;
    if let Some(deviations) = &scan.deviations {
        string(out, scan, deviations)?;
    }
    if let Some(report) = &scan.policy {
        policy(out, report)?;
    }
    let off = scan.versions.iter();
    let off = off.filter(|version| version.suites.is_empty() && version.unknown.is_none());
    let mut off: Vec<&str> = off.map(|version| version.label).collect();
    version_tables(out, scan)?;
    if let Ssl2::Suites(suites) = &scan.ssl2 {
        if !suites.is_empty() {
            heading(out, "SSL 2.0")?;
            for suite in suites {
                writeln!(out, "  {}", Styled(BAD, suite))?;
            }
        } else {
            off.push("SSL 2.0");
        }
    }
    if !off.is_empty() {
        writeln!(out, "\n{}: {}", off.join(", "), Styled(FAINT, "off"))?;
    }
    keys(out, scan)?;
    for chain in &scan.chains {
        certificate(out, chain, scan)?;
    }
    settings(out, scan)?;
    clients(out, &scan.clients)?;
    let time = milliseconds(scan.time);
    writeln!(out, "\n{NOT_TRIED}")?;
    writeln!(out, "{} connections in {time}", scan.connections)
}

/// The first line: what is served.
fn serves(scan: &Scan) -> (Style, String) {
    let versions = scan.on().map(|version| version.label);
    let mut versions: Vec<&str> = versions.collect();
    if matches!(&scan.ssl2, Ssl2::Suites(suites) if !suites.is_empty()) {
        versions.push("SSL 2.0");
    }
    let versions = match &versions[..] {
        [only] => (*only).to_owned(),
        [highest, .., lowest] => {
            let highest = highest.trim_start_matches("TLS ");
            format!("{lowest} to {highest}")
        }
        [] => String::new(),
    };
    let mut suites: Vec<u32> = scan.on().flat_map(|v| &v.suites).map(|s| s.id).collect();
    suites.sort_unstable();
    suites.dedup();
    let mut line = format!("{}: {versions}; {} suites", scan.job, suites.len());
    let mut keys: Vec<&str> = Vec::new();
    for key in scan.chains.iter().filter_map(|c| c.key_words.as_deref()) {
        let key = key.trim_end_matches(" bits");
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    if !keys.is_empty() {
        line.push_str(&format!("; {}", keys.join(", ")));
    }
    let days = scan.chains.iter().filter_map(|chain| chain.days_left).min();
    if let Some(days) = days {
        line.push_str(&format!("; {}", days_left(days)));
    }
    (Style::new(), line)
}

fn days_left(days: i64) -> String {
    match days {
        ..0 => "expired".to_owned(),
        0 => "less than a day left".to_owned(),
        1 => "1 day left".to_owned(),
        _ => format!("{days} days left"),
    }
}

/// The number of findings of a severity.
fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|f| f.severity == severity).count()
}

/// `2 errors, 1 warning`; empty if there are neither.
fn numbers(errors: usize, warnings: usize) -> String {
    let words = [(errors, "error"), (warnings, "warning")].into_iter();
    let words = words.filter(|(number, _)| *number > 0);
    let words = words.map(|(number, word)| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The second line: the worst finding.
fn worst(scan: &Scan) -> (Style, String) {
    let all = &scan.findings;
    let numbers = numbers(count(all, Severity::Error), count(all, Severity::Warning));
    match all.first().filter(|_| !numbers.is_empty()) {
        Some(worst) => (
            style(worst.severity),
            format!("{numbers}; {}: {}", worst.severity, worst.message),
        ),
        None if scan.unanswered > 0 => (
            DOUBTFUL,
            "neither errors nor warnings in what the server answered".to_owned(),
        ),
        None => (GOOD, "neither errors nor warnings".to_owned()),
    }
}

/// The third line: the comparison with a guideline or a string.
fn conformity(scan: &Scan) -> (Style, String) {
    let open = match scan.unanswered {
        0 => String::new(),
        1 => "; 1 question had no answer".to_owned(),
        more => format!("; {more} questions had no answer"),
    };
    let (style, text) = match (&scan.policy, &scan.deviations) {
        (Some(report), _) => {
            let name = format!("{} {}", report.policy(), report.version());
            if is_violated(report) {
                let of = |severity| {
                    let all = report.violations().iter();
                    all.filter(|v| v.severity() == severity).count()
                };
                let numbers = numbers(of(Severity::Error), of(Severity::Warning));
                let verdict = match report.conforms() {
                    true => "differs from",
                    false => "does not conform to",
                };
                (BAD, format!("{verdict} {name}: {numbers}"))
            } else if data::is_open(report) {
                (DOUBTFUL, format!("unknown whether it follows {name}"))
            } else {
                (GOOD, format!("conforms to {name}"))
            }
        }
        (None, Some(deviations)) if deviations.is_empty() && scan.unanswered == 0 => {
            (GOOD, "no difference from the cipher string".to_owned())
        }
        (None, Some(deviations)) => {
            let text = match deviations.len() {
                0 => "no difference from the cipher string in what was answered".to_owned(),
                1 => "1 difference from the cipher string".to_owned(),
                more => format!("{more} differences from the cipher string"),
            };
            (DOUBTFUL, text)
        }
        (None, None) => (FAINT, "compared with no guideline (--policy)".to_owned()),
    };
    let style = if open.is_empty() || style == BAD {
        style
    } else {
        DOUBTFUL
    };
    (style, format!("{text}{open}"))
}

fn findings(out: &mut dyn Write, title: &str, findings: &[Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    heading(out, title)?;
    for finding in findings {
        let first = format!("  {}: ", finding.severity);
        folded(out, (style(finding.severity), &first), &finding.message)?;
    }
    Ok(())
}

/// Prints the unanswered questions with their reasons.
fn unknown_parts(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let mut parts: Vec<(String, &str)> = Vec::new();
    if let Ssl2::Unknown(reason) = &scan.ssl2 {
        parts.push(("SSL 2.0".to_owned(), reason));
    }
    for version in &scan.versions {
        if let Some(reason) = &version.unknown {
            let more = if version.suites.is_empty() {
                ""
            } else {
                ", further suites"
            };
            parts.push((format!("{}{more}", version.label), reason));
        }
    }
    for groups in &scan.groups {
        if let Some(reason) = &groups.unknown {
            parts.push((format!("{}, further groups", groups.label), reason));
        }
    }
    for signatures in &scan.signatures {
        if let Some(reason) = &signatures.unknown {
            let part = format!("{}, further signatures", signatures.label);
            parts.push((part, reason));
        }
    }
    if let Some(reason) = &scan.keys_unknown {
        parts.push(("certificates".to_owned(), reason));
    }
    if parts.is_empty() {
        return Ok(());
    }
    heading(out, "Unknown")?;
    for (part, reason) in parts {
        folded(out, (DOUBTFUL, &format!("  {part}: ")), &clean(reason))?;
    }
    Ok(())
}

fn string(out: &mut dyn Write, scan: &Scan, deviations: &[Deviation]) -> io::Result<()> {
    heading(out, "Compared with the cipher string")?;
    let mut sorted: Vec<_> = deviations.iter().collect();
    sorted.sort_by_key(|deviation| std::cmp::Reverse(deviation.severity));
    for Deviation { severity, message } in sorted {
        folded(out, (style(*severity), &format!("  {severity}: ")), message)?;
    }
    if deviations.is_empty() && scan.unanswered == 0 {
        writeln!(out, "  {}", Styled(GOOD, "no difference"))?;
    } else if deviations.is_empty() {
        let text = "no difference in what the server answered";
        writeln!(out, "  {}", Styled(DOUBTFUL, text))?;
    }
    Ok(())
}

fn policy(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let open = report.not_compared().iter().map(ToString::to_string);
    let open = open.collect::<Vec<_>>().join(", ");
    if report.violations().is_empty() && open.is_empty() {
        return Ok(());
    }
    heading(out, "Compared with the guideline")?;
    let (title, version) = (report.title(), report.version());
    let about = format!("{title} (version {version}), {}", report.source());
    folded(out, (FAINT, "  source: "), &about)?;
    for (severity, text) in violations(report) {
        folded(out, (style(severity), &format!("  {severity}: ")), &text)?;
    }
    if !open.is_empty() {
        let text = format!("questions about these were not answered: {open}");
        folded(out, (DOUBTFUL, "  unknown: "), &text)?;
    }
    Ok(())
}

/// The violations, sorted by severity. Suites with the same violation share a text, and so do
/// groups.
fn violations(report: &Report) -> Vec<(Severity, String)> {
    let mut lines: Vec<(Severity, String, Vec<&str>)> = Vec::new();
    for violation in report.violations() {
        let text = violation.to_string();
        let (text, name) = match violation.kind() {
            ViolationKind::NotAllowed(cipher)
            | ViolationKind::Forbidden { cipher, .. }
            | ViolationKind::Discouraged { cipher, .. } => {
                (text.replacen(cipher.name, "suite", 1), cipher.name)
            }
            ViolationKind::Group(name) => {
                let full = format!("the group {name}");
                (text.replacen(&full, "group", 1), &**name)
            }
            _ => (text, ""),
        };
        match lines.iter_mut().find(|(_, other, _)| *other == text) {
            Some((.., names)) => names.push(name),
            None => lines.push((violation.severity(), text, vec![name])),
        }
    }
    lines.sort_by_key(|(severity, ..)| std::cmp::Reverse(*severity));
    let join = |(severity, text, names): (Severity, String, Vec<&str>)| {
        let text = match (&names[..], text.split_once(' ')) {
            ([""], _) => text,
            ([name], Some((_, rest))) => format!("{name} {rest}"),
            (names, Some((kind, rest))) => {
                let rest = rest.replacen("is ", "are ", 1);
                format!("{} {kind}s {rest}: {}", names.len(), names.join(", "))
            }
            _ => text,
        };
        (severity, text)
    };
    lines.into_iter().map(join).collect()
}

fn in_words(order: Order) -> &'static str {
    match order {
        Order::Server => "in the server's order of preference",
        Order::Client => "the client's order of preference decides",
        Order::Unknown => "whose order of preference decides is unknown",
    }
}

/// The suites of each version; one table for versions with the same ones.
fn version_tables(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let same = |a: &&VersionScan, b: &&VersionScan| a.order == b.order && a.suites == b.suites;
    let on: Vec<&VersionScan> = scan.on().collect();
    for versions in on.chunk_by(same) {
        let labels: Vec<&str> = versions.iter().map(|version| version.label).collect();
        if let Some(first) = versions.first() {
            version_table(out, &labels.join(", "), first)?;
        }
    }
    Ok(())
}

fn version_table(out: &mut dyn Write, label: &str, version: &VersionScan) -> io::Result<()> {
    let order = match version.suites.len() {
        1 => String::new(),
        _ => format!(" ({})", in_words(version.order)),
    };
    heading(out, &format!("{label}{order}"))?;
    let width = version.suites.iter().map(|suite| suite.name.len()).max();
    let width = width.unwrap_or(0);
    for suite in &version.suites {
        let severity = suite.severity();
        let words = suite.weaknesses();
        let words: Vec<_> = words.iter().map(Weakness::to_string).collect();
        let bits = suite.strength_bits;
        let first = format!("  {:<width$}  {bits:>3}", suite.name);
        let color = severity.map_or(Style::new(), style);
        let room = WIDTH.saturating_sub(first.chars().count() + 2);
        let notes = lines(&words.join(", "), room);
        for (number, note) in notes.iter().enumerate() {
            let line = match number {
                0 => format!("{first}  {note}"),
                _ => format!("{:1$}  {note}", "", first.chars().count()),
            };
            writeln!(out, "{}", Styled(color, line.trim_end()))?;
        }
    }
    Ok(())
}

fn keys(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    if scan.groups.is_empty() && scan.dh.is_empty() && scan.signatures.is_empty() {
        return Ok(());
    }
    heading(out, "Key exchange and signatures")?;
    let same = |a: &Groups, b: &Groups| a.order == b.order && a.numbers == b.numbers;
    for all in scan.groups.chunk_by(same) {
        let labels: Vec<&str> = all.iter().map(|groups| groups.label).collect();
        let Some(groups) = all.first() else {
            continue;
        };
        let order = if groups.names.len() > 1 {
            format!(" ({})", in_words(groups.order))
        } else {
            String::new()
        };
        let (labels, names) = (labels.join(", "), words(&groups.names));
        row(out, "groups", format_args!("{labels}: {names}{order}"))?;
    }
    for group in &scan.dh {
        let name = group
            .name
            .unwrap_or("not a group of RFC 2409, 3526 or 7919");
        row(out, "DH group", format_args!("{} bits, {name}", group.bits))?;
    }
    for all in &scan.signatures {
        let names = words(&all.names);
        row(out, "signatures", format_args!("{}: {names}", all.label))?;
    }
    Ok(())
}

fn words(names: &[String]) -> String {
    if names.is_empty() {
        return "none found".to_owned();
    }
    names.join(" ")
}

fn certificate(out: &mut dyn Write, chain: &ChainScan, scan: &Scan) -> io::Result<()> {
    let Some(leaf) = chain.certificates.first() else {
        return Ok(());
    };
    let key = chain.key_words.as_deref().unwrap_or("unknown key");
    heading(out, &format!("Certificate, {key}"))?;
    row(out, "subject", leaf)?;
    if let Ok(info) = leaf.get_info() {
        row(out, "issuer", one_line(info.issuer()))?;
        let left = chain.days_left.map(days_left);
        let left = left.map_or_else(String::new, |left| format!(" ({left})"));
        row(
            out,
            "valid until",
            format_args!("{}{left}", info.not_after()),
        )?;
    }
    row(out, "signature", &chain.signature)?;
    let trusted = match &chain.distrust {
        None => format!("by {}", scan.trust),
        Some((code, text)) => format!("no: {} (code {code})", clean(text)),
    };
    row(out, "trusted", trusted)?;
    let is_valid = if chain.valid_for_name { "yes" } else { "no" };
    let name = &scan.job.server_name;
    row(out, "name", format_args!("valid for {name}: {is_valid}"))?;
    let stapled = match (&chain.stapled, chain.must_staple) {
        (Stapled::No, false) => "none".to_owned(),
        (Stapled::No, true) => "none, though the certificate demands one".to_owned(),
        (Stapled::Good, _) => "good".to_owned(),
        (Stapled::Revoked, _) => "revoked".to_owned(),
        (Stapled::Invalid(reason), _) => format!("unusable: {}", clean(reason)),
    };
    row(out, "stapled OCSP", stapled)?;
    for (depth, certificate) in chain.certificates.iter().enumerate().skip(1) {
        row(out, &format!("sent as {depth}"), certificate)?;
    }
    Ok(())
}

fn settings(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    heading(out, "Settings")?;
    let features = &scan.features;
    let alpn = match &features.alpn {
        None => "unknown".to_owned(),
        Some(names) if names.is_empty() => "none".to_owned(),
        Some(names) => clean(&names.join(" ")),
    };
    row(out, "ALPN", alpn)?;
    let client = &scan.client_certificate;
    let text = match (client.requested, client.required) {
        (false, _) => "the server does not ask for a certificate",
        (true, Some(true)) => "the server asks for a certificate and requires it",
        (true, Some(false)) => "the server asks for a certificate, and does not require it",
        (true, None) => "the server asks for a certificate; whether it requires it is unknown",
    };
    row(out, "client", text)?;
    for authority in &client.authorities {
        row(out, "", format_args!("from {}", clean(authority)))?;
    }
    let old = [
        ("secure renegotiation", features.secure_renegotiation),
        ("extended master secret", features.extended_master_secret),
        ("compression", features.compression),
    ];
    let old: Vec<_> = old
        .into_iter()
        .filter_map(|(name, on)| Some(format!("{name} {}", if on? { "on" } else { "off" })))
        .collect();
    if !old.is_empty() {
        row(out, "before 1.3", old.join(", "))?;
    }
    let resumed = [
        ("TLS 1.3", features.resumption_tls13),
        ("TLS 1.2 by ticket", features.resumption_by_ticket),
        ("TLS 1.2 by id", features.resumption_by_id),
    ];
    let resumed: Vec<_> = resumed
        .into_iter()
        .filter_map(|(name, on)| Some(format!("{name} {}", if on? { "yes" } else { "no" })))
        .collect();
    let resumed = match resumed.is_empty() {
        true => "unknown".to_owned(),
        false => resumed.join(", "),
    };
    row(out, "resumption", resumed)
}

fn clients(out: &mut dyn Write, clients: &[ClientScan]) -> io::Result<()> {
    if clients.is_empty() {
        return Ok(());
    }
    heading(out, "Clients")?;
    let width = clients.iter().map(|client| client.title.chars().count());
    let width = width.max().unwrap_or(0).min(WIDTH / 2);
    for client in clients {
        let (color, mark) = match client.connects {
            Some(true) => (Style::new(), ""),
            Some(false) => (BAD, "cannot connect: "),
            None => (DOUBTFUL, "unknown: "),
        };
        let text = match (&client.reason, client.version, client.cipher) {
            (Some(reason), ..) => clean(reason),
            (None, Some(version), Some(cipher)) => {
                format!("{version}  {cipher}")
            }
            _ => String::new(),
        };
        let first = format!("  {:<width$}  ", client.title);
        folded(out, (color, &first), &format!("{mark}{text}"))?;
    }
    Ok(())
}

/// The reports of several servers, after a summary.
pub(crate) fn several(out: &mut dyn Write, outcomes: &[Outcome]) -> io::Result<()> {
    let codes: Vec<u8> = outcomes.iter().map(Outcome::exit_code).collect();
    let number = |code| codes.iter().filter(|other| **other == code).count();
    let verdicts = [
        (number(0), "without a mismatch"),
        (number(1), "with a mismatch"),
        (number(3), "partly unknown"),
        (number(2), "not scanned"),
    ];
    let verdicts = verdicts.into_iter().filter(|(number, _)| *number > 0);
    let verdicts: Vec<_> = verdicts
        .map(|(number, text)| format!("{number} {text}"))
        .collect();
    let line = format!("{} servers: {}", outcomes.len(), verdicts.join(", "));
    writeln!(out, "{}", cut(&line, 0))?;
    for outcome in outcomes {
        writeln!(out, "  {}", cut(&outcome.job.to_string(), 2))?;
        let (style, text) = match &outcome.result {
            Err(failure) => (BAD, failure.to_string()),
            Ok(scan) => worst(scan),
        };
        writeln!(out, "    {}", Styled(style, cut(&clean(&text), 4)))?;
        if let Ok(scan) = &outcome.result {
            let (style, text) = conformity(scan);
            writeln!(out, "    {}", Styled(style, cut(&text, 4)))?;
        }
    }
    for outcome in outcomes {
        if let Ok(scan) = &outcome.result {
            writeln!(out, "\n{}", "=".repeat(WIDTH))?;
            human(out, scan)?;
        }
    }
    Ok(())
}
