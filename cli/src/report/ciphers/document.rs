//! The report as a document for other programs and for browsers.

use std::io;

use pyssl_ciphers::cipher::{Cipher, CipherDiff, Effect, Explanation, Severity, Step, Term};

use super::compat::{Client, OnVersion};
use super::{Report, few, suite_rows, summary, with_advice};
use crate::report::policy;
use crate::report::problems::{Document, Problem, Row, Table, of_policy};
use crate::report::suites::suites_table;

impl Report {
    /// Everything that was found about the string.
    pub(crate) fn document(&self) -> io::Result<Document> {
        let mut verdict = Vec::new();
        let mut tables = Vec::new();
        if self.error.is_none() {
            let mut text = Vec::new();
            summary(&mut text, self)?;
            let text = String::from_utf8_lossy(&text);
            verdict.push(anstream::adapter::strip_str(text.trim_end()).to_string());
            tables.push(suites_table("Suites", &suite_rows(self)));
        }
        let judged = self.policy.iter();
        verdict.extend(judged.map(|report| policy::full_verdict(report).1));
        if let Some(explanation) = &self.explanation {
            tables.insert(0, parts("Parts of the string", explanation));
        }
        for on in self.on_versions.iter().filter(|_| self.explain) {
            if let Ok(explanation) = &on.explanation {
                tables.push(parts(&format!("With {}", on.openssl), explanation));
            }
        }
        let clients = self.clients.iter().flatten();
        let unknown = clients.filter_map(|client| {
            let reason = client.unknown.as_ref()?;
            Some(format!("{}: unknown: {reason}", client.profile.title()))
        });
        Ok(Document {
            subject: self.string.clone(),
            code: self.exit_code(),
            verdict,
            problems: self.problems(),
            unknown: unknown.collect(),
            not_compared: self.policy.iter().flat_map(policy::not_compared).collect(),
            tables,
        })
    }

    /// The findings, the error, the violations of a policy, and whatever else determines the exit
    /// code.
    fn problems(&self) -> Vec<Problem> {
        let findings = self.findings.iter().flatten().map(|finding| {
            let column = finding.column().map(|column| format!("column {column}: "));
            let message = format!("{}{}", column.unwrap_or_default(), with_advice(finding));
            Problem::without_file(finding.code().code(), finding.severity(), message)
        });
        let error = self.error.iter().map(|(what, error)| {
            Problem::without_file("", Severity::Error, format!("{what}: {error}"))
        });
        let judged = self.policy.iter().flat_map(of_policy);
        let weaker = self.diff.iter().flat_map(CipherDiff::weakenings);
        let weaker = weaker.map(|weakening| {
            let message = format!("the other string is weaker: {weakening}");
            Problem::without_file("diff", Severity::Warning, message)
        });
        let worse = self.on_versions.iter().filter(|on| on.is_worse());
        let worse = worse.map(|on: &OnVersion| {
            Problem::without_file("openssl", Severity::Warning, on.in_words())
        });
        let missed = self.clients.iter().flatten().filter(|c| c.is_missed());
        let missed = missed.map(|client: &Client| {
            let message = format!("{} cannot connect", client.profile.title());
            Problem::without_file("client", Severity::Error, message)
        });
        let rest = weaker.chain(worse).chain(missed);
        let mut all: Vec<_> = error.chain(findings).chain(judged).chain(rest).collect();
        all.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
        all
    }
}

/// The effect of each part of a string.
fn parts(heading: &str, explanation: &Explanation) -> Table {
    Table {
        heading: heading.to_owned(),
        columns: vec!["part", "effect", "suites"],
        rows: explanation.steps().iter().map(part).collect(),
    }
}

fn part(step: &Step) -> Row {
    let severity = match step.effect() {
        Effect::Unknown => Some(Severity::Error),
        Effect::None(_) => Some(Severity::Warning),
        _ => None,
    };
    let meanings: Vec<_> = step
        .part()
        .terms()
        .iter()
        .filter_map(Term::meaning)
        .collect();
    let effect = match meanings.is_empty() {
        true => step.to_string(),
        false => format!("{step} ({})", meanings.join("; ")),
    };
    let named = |label: &str, suites: Vec<&Cipher>| {
        let names: Vec<_> = suites.iter().map(|suite| suite.name).collect();
        (!names.is_empty()).then(|| format!("{label} {}: {}", names.len(), few(&names)))
    };
    let suites = [
        named("added", step.added().collect()),
        named("removed", step.removed().collect()),
        named("moved", step.moved().collect()),
    ];
    let suites: Vec<_> = suites.into_iter().flatten().collect();
    Row {
        severity,
        cells: vec![step.part().text().to_owned(), effect, suites.join("; ")],
    }
}
