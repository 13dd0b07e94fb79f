//! Findings for other programs: SARIF, JUnit and Nagios.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use pyssl_ciphers::CodeExplanation;
use pyssl_ciphers::cipher::Severity;
use pyssl_ciphers::wire::ScanCode;
use serde_json::{Value, json};

use super::{Document, Problem, escaped, number_of};

fn rule(code: &str) -> Value {
    match CodeExplanation::of(code) {
        Some(explanation) => json!({
            "id": code,
            "shortDescription": { "text": explanation.meaning() },
            "fullDescription": { "text": explanation.why() },
            "help": { "text": format!("{} ({})", explanation.mend(), explanation.source()) },
        }),
        None => json!({ "id": code }),
    }
}

/// The rule of parts of a policy that were not compared.
const NOT_COMPARED: &str = "not-compared";

/// SARIF 2.1.0. A question without an answer, and a part of a policy that was not compared, are results of the kind
/// `open`.
pub(super) fn sarif(documents: &[Document]) -> Value {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for document in documents {
        for problem in &document.problems {
            rules
                .entry(problem.rule())
                .or_insert_with(|| rule(problem.rule()));
            results.push(result(document, problem));
        }
        let unknown = document.unknown.iter();
        let unknown = unknown.map(|text| (ScanCode::Unanswered.code(), text));
        let open = document.not_compared.iter();
        for (code, text) in unknown.chain(open.map(|text| (NOT_COMPARED, text))) {
            rules.entry(code).or_insert_with(|| rule(code));
            results.push(json!({
                "ruleId": code,
                "kind": "open",
                "level": "none",
                "message": { "text": text },
                "locations": [logical(&document.subject)],
            }));
        }
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pyssl",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(document: &Document, problem: &Problem) -> Value {
    let location = match problem.file.is_empty() {
        true => logical(&document.subject),
        false => json!({
            "physicalLocation": {
                "artifactLocation": { "uri": problem.file },
                "region": { "startLine": problem.line, "startColumn": problem.column },
            }
        }),
    };
    json!({
        "ruleId": problem.rule(),
        "level": problem.severity.to_string(),
        "message": { "text": problem.message },
        "locations": [location],
    })
}

/// A place that is not in a file, such as a server.
fn logical(name: &str) -> Value {
    json!({ "logicalLocations": [{ "name": name, "kind": "resource" }] })
}

fn fails(problem: &&Problem) -> bool {
    problem.severity >= Severity::Warning
}

/// The numbers of test cases, failures, errors and skipped test cases in JUnit's sense. A document without findings is
/// one test case.
fn counted(document: &Document) -> [usize; 4] {
    let (open, skipped) = (document.unknown.len(), document.not_compared.len());
    let tests = (document.problems.len() + open).max(1) + skipped;
    let failures = document.problems.iter().filter(fails).count();
    [tests, failures, open, skipped]
}

pub(super) fn junit(out: &mut dyn Write, documents: &[Document]) -> io::Result<()> {
    let mut all = [0; 4];
    for numbers in documents.iter().map(counted) {
        for (sum, number) in all.iter_mut().zip(numbers) {
            *sum += number;
        }
    }
    let [tests, failures, errors, skipped] = all;
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="pyssl" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}">"#
    )?;
    for document in documents {
        suite(out, document)?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let [tests, failures, errors, skipped] = counted(document);
    let name = escaped(&document.subject);
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}">"#
    )?;
    if document.problems.is_empty() && document.unknown.is_empty() {
        writeln!(
            out,
            r#"    <testcase classname="pyssl" name="no findings"/>"#
        )?;
    }
    for problem in &document.problems {
        let place = escaped(&problem.place());
        let space = if place.is_empty() { "" } else { " " };
        let rule = escaped(problem.rule());
        let message = escaped(&problem.message);
        write!(
            out,
            r#"    <testcase classname="{rule}" name="{place}{space}{message}""#
        )?;
        match fails(&problem) {
            true => writeln!(
                out,
                r#"><failure type="{}" message="{message}">{place}</failure></testcase>"#,
                problem.severity
            )?,
            false => writeln!(out, "/>")?,
        }
    }
    for question in &document.unknown {
        let (rule, question) = (ScanCode::Unanswered.code(), escaped(question));
        writeln!(
            out,
            r#"    <testcase classname="{rule}" name="{question}"><error message="{question}"/></testcase>"#
        )?;
    }
    for text in document.not_compared.iter().map(|text| escaped(text)) {
        writeln!(
            out,
            r#"    <testcase classname="{NOT_COMPARED}" name="{text}"><skipped message="{text}"/></testcase>"#
        )?;
    }
    writeln!(out, "  </testsuite>")
}

/// The states of a Nagios plugin, with their exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

impl State {
    pub(super) fn of(documents: &[Document]) -> State {
        let examined = documents.iter().filter(|document| document.code != 2);
        let worst = examined.flat_map(|document| &document.problems);
        let worst = worst.map(|problem| problem.severity).max();
        let open = |document: &Document| document.code > 1 || !document.unknown.is_empty();
        match worst {
            Some(Severity::Error) => State::Critical,
            Some(Severity::Warning) => State::Warning,
            _ if documents.iter().any(open) => State::Unknown,
            _ => State::Ok,
        }
    }
}

/// One line, with the worst finding and the numbers.
pub(super) fn nagios(out: &mut dyn Write, documents: &[Document]) -> io::Result<()> {
    let state = match State::of(documents) {
        State::Ok => "OK",
        State::Warning => "WARNING",
        State::Critical => "CRITICAL",
        State::Unknown => "UNKNOWN",
    };
    let all = || {
        documents
            .iter()
            .flat_map(|d| d.problems.iter().map(move |p| (d, p)))
    };
    // `min_by_key` returns the first of the worst findings.
    let worst = all()
        .filter(|(_, problem)| fails(problem))
        .min_by_key(|(document, problem)| Reverse((document.code != 2, problem.severity)));
    let open: usize = documents
        .iter()
        .map(|document| document.unknown.len())
        .sum();
    let text = match worst {
        Some((document, problem)) => {
            let of = match documents {
                [_] => String::new(),
                _ => format!("{}: ", document.subject),
            };
            format!("{of}{} {}", problem.rule(), problem.message)
        }
        None if open > 0 => "some questions had no answer".to_owned(),
        None => "no findings".to_owned(),
    };
    let left = documents.iter().map(|document| document.not_compared.len());
    let left: usize = left.sum();
    let text = match left {
        0 => text,
        _ => format!("{text}; not compared: {left}"),
    };
    // In the output of a Nagios plugin, `|` starts the performance data.
    let text: String = text
        .chars()
        .map(|c| if c == '|' || c.is_control() { ' ' } else { c })
        .collect();
    let number = |severity| -> usize {
        let numbers = documents.iter().map(|d| number_of(&d.problems, severity));
        numbers.sum()
    };
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    writeln!(
        out,
        "TLS {state} - {text} | errors={errors} warnings={warnings} unanswered={open} not_compared={left}"
    )
}
