//! The report as a document for other programs and for browsers.

use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{Severity, Weakness};
use pyssl_ciphers::wire::ScanCode;

use super::super::clean;
use super::super::problems::{Document, Problem, Row, Table, of_policy};
use super::data::{ClientScan, Finding, Job, Outcome, Scan, Ssl2, VersionScan};
use super::values::{self, Values};
use super::{
    KEYS, NOT_TRIED, SETTINGS, by_suites, conformity, connects, off, serves, unknown_parts, worst,
};
use crate::failure::Failure;

/// The document for one server.
pub(crate) fn document(outcome: &Outcome) -> Document {
    let job = &outcome.job;
    match &outcome.result {
        Ok(scan) => of_scan(job, scan),
        Err(failure) => of_failure(job, failure),
    }
}

fn of_failure(job: &Job, failure: &Failure) -> Document {
    let (code, text) = (ScanCode::NotScanned.code(), clean(&failure.to_string()));
    Document {
        subject: job.to_string(),
        code: 2,
        problems: vec![Problem::without_file(code, Severity::Error, text)],
        ..Document::default()
    }
}

fn of_scan(job: &Job, scan: &Scan) -> Document {
    let found = scan.findings.iter();
    let found = found.chain(scan.deviations.iter().flatten()).map(problem);
    let mut problems: Vec<Problem> = found.collect();
    problems.extend(scan.policy.iter().flat_map(of_policy));
    let refused = scan.clients.iter().filter(|c| c.connects == Some(false));
    problems.extend(refused.map(|client| of_client(client, scan.clients_must_connect)));
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    let [serves, _, conformity] = [serves(scan), worst(scan), conformity(scan)];
    Document {
        subject: job.to_string(),
        code: scan.exit_code(),
        verdict: vec![clean(&serves.1), conformity.1, not_tried()],
        problems,
        unknown: unknown(scan),
        not_compared: Vec::new(),
        tables: tables(scan),
    }
}

fn not_tried() -> String {
    NOT_TRIED.trim_end_matches('.').to_owned()
}

fn problem(finding: &Finding) -> Problem {
    let message = clean(&finding.message);
    Problem::without_file(finding.code.code(), finding.severity, message)
}

fn of_client(client: &ClientScan, must_connect: bool) -> Problem {
    let severity = match must_connect {
        true => Severity::Error,
        false => Severity::Note,
    };
    let message = format!("{}: {}", client.title, connects(client));
    Problem::without_file(ScanCode::ClientRefused.code(), severity, message)
}

/// The questions without an answer. If the report cannot name them, one line has their number.
fn unknown(scan: &Scan) -> Vec<String> {
    let parts = unknown_parts(scan).into_iter();
    let mut all: Vec<String> = parts
        .map(|(part, reason)| format!("{part}: {}", clean(reason)))
        .collect();
    let unknown = scan.clients.iter().filter(|c| c.connects.is_none());
    all.extend(unknown.map(|client| format!("{}: {}", client.title, connects(client))));
    let open = scan.policy.iter().flat_map(|report| report.not_compared());
    let open: Vec<_> = open.map(ToString::to_string).collect();
    if !open.is_empty() {
        all.push(format!(
            "not compared with the guideline: {}",
            open.join(", ")
        ));
    }
    if all.is_empty() && scan.unanswered > 0 {
        all.push(format!("{} questions had no answer", scan.unanswered));
    }
    all
}

fn tables(scan: &Scan) -> Vec<Table> {
    let mut all = Vec::new();
    for (title, version) in by_suites(scan) {
        all.push(suites(title, version));
    }
    if let Ssl2::Suites(suites) = &scan.ssl2 {
        let rows = suites.iter().map(|name| Row {
            severity: Some(Severity::Error),
            cells: vec![name.clone()],
        });
        all.push(Table {
            heading: "SSL 2.0".to_owned(),
            columns: vec!["suite"],
            rows: rows.collect(),
        });
    }
    let versions = vec![("off".to_owned(), off(scan).join(", "))];
    let of = |heading: &str, values: Values| Table::of_values(heading, values);
    all.push(of("Versions", versions));
    all.push(of(KEYS, values::keys(scan)));
    for chain in &scan.chains {
        let heading = values::certificate_heading(chain);
        all.push(of(&heading, values::certificate(chain, scan)));
    }
    all.push(of(SETTINGS, values::settings(scan)));
    let clients = scan.clients.iter();
    let clients = clients.map(|client| (client.title.clone(), connects(client)));
    all.push(of("Clients", clients.collect()));
    all.retain(|table| !table.rows.is_empty());
    all
}

fn suites(heading: String, version: &VersionScan) -> Table {
    let rows = version.suites.iter().map(|suite| {
        let weaknesses = suite.weaknesses();
        let weaknesses: Vec<_> = weaknesses.iter().map(Weakness::to_string).collect();
        Row {
            severity: suite.severity(),
            cells: vec![
                suite.name.to_owned(),
                suite.strength_bits.to_string(),
                weaknesses.join(", "),
            ],
        }
    });
    Table {
        heading,
        columns: vec!["suite", "bits", "weaknesses"],
        rows: rows.collect(),
    }
}
