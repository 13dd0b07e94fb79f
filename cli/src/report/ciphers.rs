//! The output of `pyssl ciphers`.

mod compat;
mod document;
mod fix;
mod json;
mod lines;

use std::io::{self, Write};

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{
    self, Cipher, CipherDiff, CipherStringError, Effect, Explanation, Finding, Fix, Term,
};
use pyssl_ciphers::negotiate::{Obstacle, Role, Usable};

pub(crate) use compat::{Client, OnVersion};
pub(crate) use fix::FixedLine;
pub(crate) use json::json;
pub(crate) use lines::{FileReport, Linted, ServiceReport, lines, lines_json};

use super::policy::{self, is_violated};
use super::suites::{DOUBTFUL, SuiteRow, counts, is_weak, style, table};
use super::{BAD, BOLD, FAINT, GOOD, Styled, clean, heading};

/// How many names a line shows unless all are requested.
const FEW: usize = 4;

/// Everything known about a cipher string.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) string: String,
    /// Whether to list every suite of an explanation.
    pub(crate) full: bool,
    pub(crate) security_level: Option<u32>,
    /// The enabled versions; empty if none were given.
    pub(crate) versions: Vec<TlsVersion>,
    pub(crate) ciphers: Vec<Cipher>,
    pub(crate) explanation: Option<Explanation>,
    pub(crate) findings: Option<Vec<Finding>>,
    pub(crate) fix: Option<Fix>,
    pub(crate) diff: Option<CipherDiff>,
    pub(crate) policy: Option<cipher::Report>,
    pub(crate) usable: Option<(Role, Vec<Usable>)>,
    pub(crate) on_versions: Vec<OnVersion>,
    pub(crate) clients: Option<Vec<Client>>,
    /// Whether to show the effect of each part also for the other versions of OpenSSL.
    pub(crate) explain: bool,
    /// The invalid argument, and its error.
    pub(crate) error: Option<(&'static str, CipherStringError)>,
}

impl Report {
    /// The exit code: 0 without problems, 1 with findings, 2 if the string is invalid, 3 if it is unknown whether a client
    /// that was requested can connect.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.error.is_some() {
            return 2;
        }
        let findings = self.findings.iter().flatten();
        let found = findings.map(Finding::severity).any(counts);
        let weaker = self.diff.as_ref().is_some_and(CipherDiff::is_weaker);
        let violated = self.policy.as_ref().is_some_and(is_violated);
        let worse = self.on_versions.iter().any(OnVersion::is_worse);
        let missed = self.clients.iter().flatten().any(Client::is_missed);
        let mut clients = self.clients.iter().flatten();
        let unknown = clients.any(|client| client.required && client.unknown.is_some());
        match found || weaker || violated || worse || missed {
            true => 1,
            false if unknown => 3,
            false => 0,
        }
    }

    /// Whether more than the list of suites was requested.
    fn is_asked_for_more(&self) -> bool {
        let findings = self.findings.is_some()
            || self.fix.is_some()
            || self.diff.is_some()
            || self.policy.is_some();
        let compat = !self.on_versions.is_empty() || self.clients.is_some();
        (findings || compat) && self.usable.is_none()
    }

    /// The result of testing the suite at this position in the list.
    fn tried(&self, number: usize) -> Option<&Usable> {
        self.usable
            .as_ref()
            .and_then(|(_, tried)| tried.get(number))
    }

    /// Why the versions exclude a suite.
    fn version_obstacle(&self, cipher: &Cipher) -> Option<String> {
        let (needs, oldest) = if cipher.is_tls13() {
            ("TLS 1.3", TlsVersion::TLSv1_3)
        } else if cipher.protocol == "TLSv1.2" {
            ("TLS 1.2", TlsVersion::TLSv1_2)
        } else {
            ("TLS 1.2 or older", TlsVersion::SSLv3)
        };
        let has = |version: &TlsVersion| {
            *version >= oldest && (*version == TlsVersion::TLSv1_3) == cipher.is_tls13()
        };
        let usable = self.versions.is_empty() || self.versions.iter().any(has);
        (!usable).then(|| format!("needs {needs}"))
    }
}

/// The lines of `openssl ciphers -V`.
pub(crate) fn as_openssl(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for cipher in &report.ciphers {
        writeln!(
            out,
            "          {} - {}",
            cipher.hex_id(),
            cipher.description
        )?;
    }
    Ok(())
}

pub(crate) fn human(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    if let Some(explanation) = &report.explanation {
        explained(out, explanation, report.full)?;
    } else if report.error.is_none() {
        if report.is_asked_for_more() {
            summary(out, report)?;
        } else {
            suites(out, report)?;
        }
    }
    if let Some(findings) = &report.findings {
        heading(out, "Findings")?;
        if findings.is_empty() {
            writeln!(out, "  {}", Styled(GOOD, "none"))?;
        }
        for finding in findings {
            lint_line(out, finding)?;
        }
    }
    if let Some(fix) = &report.fix {
        fix::human(out, fix)?;
    }
    if let Some(diff) = &report.diff {
        changes(out, diff)?;
    }
    if let Some(report) = &report.policy {
        policy::human(out, report)?;
    }
    compat::versions(out, &report.on_versions, report.explain, report.full)?;
    if let Some(clients) = &report.clients {
        compat::clients(out, clients)?;
    }
    if report.explanation.is_some() && report.error.is_none() {
        if report.usable.is_some() {
            heading(out, "Usable")?;
            suites(out, report)?;
        } else {
            writeln!(out)?;
            summary(out, report)?;
        }
    }
    Ok(())
}

/// The suites, with the results of trial handshakes.
fn suite_rows(report: &Report) -> Vec<SuiteRow<'_>> {
    (0..)
        .zip(&report.ciphers)
        .map(|(number, cipher): (usize, _)| {
            let tried = report.tried(number);
            let why = tried.and_then(Usable::why).map(ToString::to_string);
            SuiteRow {
                cipher,
                proven: tried.is_some_and(Usable::usable),
                test_key: tried
                    .and_then(Usable::test_key)
                    .map(|test_key| test_key_for(cipher, test_key)),
                obstacle: why.or_else(|| report.version_obstacle(cipher)),
            }
        })
        .collect()
}

fn suites(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    table(out, &suite_rows(report))?;
    writeln!(out)?;
    summary(out, report)
}

/// Describes the test material that a server used for a suite.
fn test_key_for(cipher: &Cipher, lacked: &Obstacle) -> String {
    let what = match (lacked, cipher.auth) {
        (Obstacle::NoDhParameters, _) => "DH parameters",
        (_, Some("auth-rsa")) => "an RSA certificate",
        (_, Some("auth-ecdsa")) => "an EC certificate",
        (_, Some("auth-dss")) => "a DSA certificate",
        _ => "a certificate",
    };
    format!("given {what}")
}

fn summary(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let all = report.ciphers.len();
    let tls13 = report.ciphers.iter().filter(|c| c.is_tls13()).count();
    let weak = report.ciphers.iter().filter(|c| is_weak(c)).count();
    write!(out, "{} ({tls13} of TLS 1.3)", count(all, "suite"))?;
    if weak > 0 {
        write!(out, ", {}", Styled(DOUBTFUL, format_args!("{weak} weak")))?;
    }
    if let Some((role, tried)) = &report.usable {
        let usable = tried.iter().filter(|u| u.usable()).count();
        write!(out, ", {usable} usable by a {role}")?;
        if tried.iter().any(|u| u.test_key().is_some()) {
            write!(out, " with test keys where it has none")?;
        }
    }
    if let Some(level) = report.security_level {
        write!(out, ", security level {level}")?;
    }
    writeln!(out, ", {}", *ssl::OPENSSL_VERSION)
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn explained(out: &mut dyn Write, explanation: &Explanation, full: bool) -> io::Result<()> {
    let steps = explanation.steps();
    let width = steps.iter().map(|s| s.part().text().len()).max();
    let width = width.unwrap_or(0).min(40);
    let mut before = 0;
    for step in steps {
        let style = match step.effect() {
            Effect::Unknown => BAD,
            Effect::None(_) => DOUBTFUL,
            _ => anstyle::Style::new(),
        };
        let after = step.list().len();
        let part = step.part();
        write!(
            out,
            "{}  {}",
            Styled(BOLD, format_args!("{:<width$}", clean(part.text()))),
            Styled(style, step)
        )?;
        let meanings: Vec<_> = part.terms().iter().filter_map(Term::meaning).collect();
        if meanings.is_empty() {
            writeln!(out)?;
        } else {
            let meanings = format!("({})", meanings.join("; "));
            writeln!(out, "  {}", Styled(FAINT, meanings))?;
        }
        names(out, "+ added", step.added(), full)?;
        names(out, "- removed", step.removed(), full)?;
        names(out, "~ moved to the end", step.moved(), full)?;
        let gone: Vec<u32> = step.removed().map(|c| c.id).collect();
        let kept_out = step.killed().filter(|c| !gone.contains(&c.id));
        names(out, "! kept out", kept_out, full)?;
        if step.changes_list() || after != before {
            names(out, "= list", step.list(), full)?;
        }
        before = after;
    }
    Ok(())
}

/// The names in one line, or with `full` in as many as needed.
fn names<'a>(
    out: &mut dyn Write,
    label: &str,
    suites: impl Iterator<Item = &'a Cipher>,
    full: bool,
) -> io::Result<()> {
    let suites: Vec<_> = suites.map(|cipher| cipher.name).collect();
    if suites.is_empty() && label != "= list" {
        return Ok(());
    }
    let label = format!("{label} ({})", suites.len());
    if full {
        writeln!(out, "    {}", Styled(FAINT, label))?;
        for name in suites {
            writeln!(out, "      {name}")?;
        }
        return Ok(());
    }
    writeln!(out, "    {} {}", Styled(FAINT, label), few(&suites))
}

/// The first few names, and the number of the others.
fn few(names: &[&str]) -> String {
    let first = names.get(..FEW).unwrap_or(names).join(" ");
    match names.len().saturating_sub(FEW) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn lint_line(out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
    let severity = finding.severity();
    write!(
        out,
        "  {} {}",
        finding.code(),
        Styled(style(severity), severity)
    )?;
    if let Some(column) = finding.column() {
        write!(out, " at column {column}")?;
    }
    writeln!(out, ": {}", with_advice(finding))
}

/// A finding with its suggested replacement.
fn with_advice(finding: &Finding) -> String {
    match finding.advice() {
        Some(advice) => format!("{}; {advice}", finding.message()),
        None => finding.message().to_owned(),
    }
}

fn changes(out: &mut dyn Write, diff: &CipherDiff) -> io::Result<()> {
    heading(out, "Changes")?;
    if diff.is_empty() {
        return writeln!(out, "  none");
    }
    for cipher in diff.removed() {
        writeln!(out, "  - {}", cipher.name)?;
    }
    for cipher in diff.added() {
        writeln!(out, "  + {}", cipher.name)?;
    }
    for moved in diff.reordered() {
        let name = moved.cipher.name;
        writeln!(out, "  ~ {name} from place {} to {}", moved.from, moved.to)?;
    }
    let (from, to) = diff.security_levels();
    if from != to {
        writeln!(out, "  security level from {from} to {to}")?;
    }
    if diff.is_weaker() {
        for weakening in diff.weakenings() {
            writeln!(out, "  {}: {weakening}", Styled(BAD, "weaker"))?;
        }
        Ok(())
    } else {
        writeln!(out, "  {}", Styled(GOOD, "not weaker"))
    }
}

/// An error in a string, with a caret below its position.
pub(crate) fn pointed(what: &str, text: &str, error: &CipherStringError) -> String {
    const AROUND: usize = 40;
    let head = format!("{what}: {error}");
    if error.column().is_none() {
        return head;
    }
    let boundary = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
    };
    let start = boundary(error.span().start).unwrap_or(0);
    let from = boundary(start.saturating_sub(AROUND)).unwrap_or(0);
    let shown: String = text
        .get(from..)
        .unwrap_or_default()
        .chars()
        .take(2 * AROUND)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    let before = if from > 0 { "…" } else { "" };
    let whole = text.len() <= from + shown.len();
    let after = if whole { "" } else { "…" };
    // `shown` replaces each control character by one character, so the number of characters before
    // the error is the caret's column.
    let indent = text[from..start].chars().count() + before.chars().count();
    format!("{head}\n  {before}{shown}{after}\n  {:indent$}^", "")
}
