//! The output of `pyssl scan`: the verdict in three lines, then the findings, then the tables.

mod data;
mod document;
mod json;
mod layout;
mod values;

use std::io::{self, Write};

use anstyle::Style;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{Report, Severity, Weakness};

use super::policy::{self, numbers};
use super::problems::grouped;
use super::suites::{DOUBTFUL, style};
use super::{BAD, FAINT, GOOD, Styled, clean, heading, milliseconds};
use layout::{WIDTH, cut, folded, lines, row};

pub(crate) use data::{
    ChainScan, ClientCertificate, ClientScan, DhGroup, Features, Finding, Groups, Job, Open, Order,
    Outcome, Scan, Signatures, Ssl2, Stapled, VersionScan,
};
pub(crate) use document::document;
pub(crate) use json::{json, json_of_several};

/// The headings of the text, Markdown and HTML.
const KEYS: &str = "Key exchange and signatures";
const SETTINGS: &str = "Settings";

/// The statement about checks that `pyssl scan` does not make.
const NOT_TRIED: &str = "Attacks on implementations (Heartbleed, ROBOT and others) were not tried.";

pub(crate) fn human(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    for (style, line) in [serves(scan), worst(scan), conformity(scan)] {
        writeln!(out, "{}", Styled(style, cut(&line, 0)))?;
    }
    findings(out, "Findings", &scan.findings)?;
    unknown(out, scan)?;
    if let Some(deviations) = &scan.deviations {
        string(out, scan, deviations)?;
    }
    if let Some(report) = &scan.policy {
        compared(out, report)?;
    }
    for (title, version) in by_suites(scan) {
        version_table(out, &title, version)?;
    }
    if let Ssl2::Suites(suites) = &scan.ssl2 {
        if !suites.is_empty() {
            heading(out, "SSL 2.0")?;
        }
        for suite in suites {
            writeln!(out, "  {}", Styled(BAD, suite))?;
        }
    }
    let off = off(scan);
    if !off.is_empty() {
        writeln!(out, "\n{}: {}", off.join(", "), Styled(FAINT, "off"))?;
    }
    section(out, KEYS, values::keys(scan))?;
    for chain in &scan.chains {
        let heading = values::certificate_heading(chain);
        section(out, &heading, values::certificate(chain, scan))?;
    }
    section(out, SETTINGS, values::settings(scan))?;
    clients(out, &scan.clients)?;
    let time = milliseconds(scan.time);
    writeln!(out, "\n{NOT_TRIED}")?;
    writeln!(out, "{} connections in {time}", scan.connections)
}

/// Prints labels and values.
fn section(out: &mut dyn Write, title: &str, values: Vec<(String, String)>) -> io::Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    heading(out, title)?;
    values
        .iter()
        .try_for_each(|(label, value)| row(out, label, value))
}

/// The versions that are off.
fn off(scan: &Scan) -> Vec<&str> {
    let off = scan.versions.iter();
    let off = off.filter(|version| version.suites.is_empty() && version.unknown.is_none());
    let ssl2 = matches!(&scan.ssl2, Ssl2::Suites(suites) if suites.is_empty());
    let labels = off.map(|version| version.label);
    labels.chain(ssl2.then_some("SSL 2.0")).collect()
}

/// The first line of the verdict: the enabled versions, the number of suites, the keys, and the
/// days left.
fn serves(scan: &Scan) -> (Style, String) {
    let versions = scan.versions.iter();
    let versions = versions.map(|version| (version.label, !version.suites.is_empty()));
    let ssl2 = matches!(&scan.ssl2, Ssl2::Suites(suites) if !suites.is_empty());
    let versions: Vec<_> = [("SSL 2.0", ssl2)]
        .into_iter()
        .chain(versions.rev())
        .collect();
    let versions = enabled(&versions);
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

/// The enabled versions in words. `versions` has all of them, the oldest first, and whether each is on.
fn enabled(versions: &[(&str, bool)]) -> String {
    let mut runs = versions.chunk_by(|a, b| a.1 == b.1).filter(|run| run[0].1);
    match (runs.next(), runs.next()) {
        // A range would also name a version in between that is off.
        (Some([(lowest, _), .., (highest, _)]), None) => {
            let (protocol, _) = lowest.split_once(' ').unwrap_or_default();
            let highest = highest.strip_prefix(protocol).unwrap_or(highest);
            format!("{lowest} to {}", highest.trim_start())
        }
        _ => {
            let on = versions.iter().filter(|(_, is_on)| *is_on);
            let on: Vec<&str> = on.map(|(label, _)| *label).collect();
            on.join(", ")
        }
    }
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

/// The second line: the worst finding.
fn worst(scan: &Scan) -> (Style, String) {
    let all = &scan.findings;
    let numbers = numbers(count(all, Severity::Error), count(all, Severity::Warning));
    match all.first().filter(|_| !numbers.is_empty()) {
        Some(worst) => (
            style(worst.severity),
            format!("{numbers}; {}: {}", worst.severity, worst.message),
        ),
        None if scan.unanswered > 0 || !unknown_parts(scan).is_empty() => (
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
    let string = scan
        .deviations
        .as_deref()
        .map(|deviations| difference(scan, deviations));
    let guideline = scan.policy.as_ref().map(policy::verdict);
    let (style, text) = match (guideline, string) {
        // The line may be cut, so a difference comes before a guideline that is followed.
        (Some((style, guideline)), Some((other, string))) if style == GOOD || style == DOUBTFUL => {
            let style = if style == GOOD { other } else { style };
            (style, format!("{string}; {guideline}"))
        }
        (Some((style, guideline)), Some((_, string))) => (style, format!("{guideline}; {string}")),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => (FAINT, "compared with no guideline (--policy)".to_owned()),
    };
    let style = if open.is_empty() || style == BAD {
        style
    } else {
        DOUBTFUL
    };
    (style, format!("{text}{open}"))
}

/// The number of differences from the cipher string.
fn difference(scan: &Scan, deviations: &[Finding]) -> (Style, String) {
    match deviations.len() {
        0 if scan.unanswered == 0 && !scan.string_is_open() => {
            (GOOD, "no difference from the cipher string".to_owned())
        }
        0 => {
            let text = "no difference from the cipher string in what was answered";
            (DOUBTFUL, text.to_owned())
        }
        1 => (DOUBTFUL, "1 difference from the cipher string".to_owned()),
        more => (
            DOUBTFUL,
            format!("{more} differences from the cipher string"),
        ),
    }
}

fn findings(out: &mut dyn Write, title: &str, findings: &[Finding]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    heading(out, title)?;
    for finding in findings {
        let first = format!("  {} {}: ", finding.code, finding.severity);
        folded(out, (style(finding.severity), &first), &finding.message)?;
    }
    Ok(())
}

/// The unanswered questions with their reasons.
fn unknown_parts(scan: &Scan) -> Vec<(String, &str)> {
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
    for open in &scan.open {
        parts.push((open.part.clone(), &open.reason));
    }
    parts
}

fn unknown(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let parts = unknown_parts(scan);
    if !parts.is_empty() {
        heading(out, "Unknown")?;
    }
    for (part, reason) in parts {
        folded(out, (DOUBTFUL, &format!("  {part}: ")), &clean(reason))?;
    }
    Ok(())
}

fn string(out: &mut dyn Write, scan: &Scan, deviations: &[Finding]) -> io::Result<()> {
    heading(out, "Compared with the cipher string")?;
    let mut sorted: Vec<_> = deviations.iter().collect();
    sorted.sort_by_key(|deviation| std::cmp::Reverse(deviation.severity));
    for Finding {
        severity, message, ..
    } in sorted
    {
        folded(out, (style(*severity), &format!("  {severity}: ")), message)?;
    }
    if deviations.is_empty() && scan.unanswered == 0 && !scan.string_is_open() {
        writeln!(out, "  {}", Styled(GOOD, "no difference"))?;
    } else if deviations.is_empty() {
        let text = "no difference in what the server answered";
        writeln!(out, "  {}", Styled(DOUBTFUL, text))?;
    }
    Ok(())
}

fn compared(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let open = policy::open(report);
    if report.violations().is_empty() && open.is_empty() {
        return Ok(());
    }
    heading(out, "Compared with the guideline")?;
    let (title, version) = (report.title(), report.version());
    let about = format!("{title} (version {version}), {}", report.source());
    folded(out, (FAINT, "  source: "), &about)?;
    for (severity, text) in grouped(report) {
        folded(out, (style(severity), &format!("  {severity}: ")), &text)?;
    }
    if !open.is_empty() {
        let text = format!("questions about these were not answered: {open}");
        folded(out, (DOUBTFUL, "  unknown: "), &text)?;
    }
    Ok(())
}

fn in_words(order: Order) -> &'static str {
    match order {
        Order::Server => "in the server's order of preference",
        Order::Client => "the client's order of preference decides",
        Order::Unknown => "whose order of preference decides is unknown",
    }
}

/// The versions that are on, with a heading; one entry for versions with the same suites.
fn by_suites(scan: &Scan) -> Vec<(String, &VersionScan)> {
    let same = |a: &&VersionScan, b: &&VersionScan| a.order == b.order && a.suites == b.suites;
    let on: Vec<&VersionScan> = scan.on().collect();
    let mut all = Vec::new();
    for versions in on.chunk_by(same) {
        let labels: Vec<&str> = versions.iter().map(|version| version.label).collect();
        let Some(first) = versions.first() else {
            continue;
        };
        let order = match first.suites.len() {
            1 => String::new(),
            _ => format!(" ({})", in_words(first.order)),
        };
        all.push((format!("{}{order}", labels.join(", ")), *first));
    }
    all
}

fn version_table(out: &mut dyn Write, title: &str, version: &VersionScan) -> io::Result<()> {
    heading(out, title)?;
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

/// The settings that a client negotiates, or the reason why it cannot connect.
fn connects(client: &ClientScan) -> String {
    let mark = match client.connects {
        Some(true) => "",
        Some(false) => "cannot connect: ",
        None => "unknown: ",
    };
    let text = match (&client.reason, client.version, client.cipher) {
        (Some(reason), ..) => clean(reason),
        (None, Some(version), Some(cipher)) => format!("{version}  {cipher}"),
        _ => String::new(),
    };
    format!("{mark}{text}")
}

fn clients(out: &mut dyn Write, clients: &[ClientScan]) -> io::Result<()> {
    if clients.is_empty() {
        return Ok(());
    }
    heading(out, "Clients")?;
    let rows = clients.iter().map(|client| (client, connects(client)));
    let rows: Vec<_> = rows.collect();
    let title = |client: &ClientScan| client.title.chars().count();
    let width = rows.iter().map(|(client, _)| title(client)).max();
    let width = width.unwrap_or(0);
    let text = rows.iter().map(|(_, text)| text.chars().count()).max();
    // If a row would be longer than a line, each client has two lines.
    let fits = width + text.unwrap_or(0) + 4 <= WIDTH;
    for (client, text) in &rows {
        let color = match client.connects {
            Some(true) => Style::new(),
            Some(false) => BAD,
            None => DOUBTFUL,
        };
        if fits {
            let first = format!("  {:<width$}  ", client.title);
            folded(out, (color, &first), text)?;
        } else {
            folded(out, (color, "  "), &client.title)?;
            folded(out, (color, "    "), text)?;
        }
    }
    Ok(())
}

/// The reports of several servers, after a summary.
pub(crate) fn several(out: &mut dyn Write, outcomes: &[Outcome]) -> io::Result<()> {
    let codes: Vec<u8> = outcomes.iter().map(|outcome| outcome.code).collect();
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

#[cfg(test)]
mod tests {
    use super::enabled;

    #[test]
    fn the_first_line_names_no_version_that_is_off() {
        let of = |on: [bool; 4]| {
            let labels = ["SSL 2.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];
            enabled(&labels.into_iter().zip(on).collect::<Vec<_>>())
        };
        for (on, expected) in [
            ([false, true, true, true], "TLS 1.1 to 1.3"),
            ([false, false, false, true], "TLS 1.3"),
            ([false, true, false, true], "TLS 1.1, TLS 1.3"),
            ([true, false, true, true], "SSL 2.0, TLS 1.2, TLS 1.3"),
            ([true, true, false, false], "SSL 2.0 to TLS 1.1"),
            ([false; 4], ""),
        ] {
            assert_eq!(of(on), expected);
        }
    }
}
