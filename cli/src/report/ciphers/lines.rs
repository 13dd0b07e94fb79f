//! Findings in files, one per line, in the format of compiler messages.

use std::io::{self, Write};

use pyssl_ciphers::cipher::{CipherStringError, Finding};
use serde::Serialize;

use super::json::{CipherErrorJson, FindingJson, PolicyJson};
use super::{Judged, counts, style, with_advice};
use crate::report::{BAD, BOLD, Styled, write_json};

/// A string in a file, and its findings.
pub(crate) struct Linted {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The column of the string in its line.
    pub(crate) column: usize,
    /// The directive's name, for example `ssl_ciphers`.
    pub(crate) directive: Option<String>,
    pub(crate) string: String,
    /// The positions of characters in the linted string that are not in the file, sorted.
    pub(crate) inserted: Vec<usize>,
    pub(crate) findings: Result<Vec<Finding>, CipherStringError>,
    pub(crate) policy: Option<Judged>,
}

impl Linted {
    /// 0 no problem, 1 findings, 2 invalid.
    pub(crate) fn exit_code(&self) -> u8 {
        match &self.findings {
            Err(_) => 2,
            Ok(findings) => {
                let found = findings.iter().map(Finding::severity).any(counts);
                u8::from(found || self.policy.as_ref().is_some_and(Judged::is_violated))
            }
        }
    }

    /// The column in the file for a column of the string; 1 for findings on the whole string.
    fn place(&self, column: Option<usize>) -> String {
        let column = self.column + self.original(column.unwrap_or(1)) - 1;
        format!("{}:{}:{column}:", self.file, self.line)
    }

    /// Converts a column of the linted string to one of the string in the file.
    fn original(&self, column: usize) -> usize {
        let before = self.inserted.iter().take_while(|at| **at + 1 < column);
        column - before.count()
    }
}

/// `nginx.conf:12:17: C001 error: ...`
pub(crate) fn lines(out: &mut dyn Write, all: &[Linted]) -> io::Result<()> {
    for linted in all {
        match &linted.findings {
            Err(error) => {
                let place = linted.place(error.column());
                let severity = Styled(BAD, "error");
                writeln!(
                    out,
                    "{} {severity}: {}",
                    Styled(BOLD, place),
                    error.message()
                )?;
            }
            Ok(findings) => {
                for finding in findings {
                    let severity = finding.severity();
                    writeln!(
                        out,
                        "{} {} {}: {}",
                        Styled(BOLD, linted.place(finding.column())),
                        finding.code(),
                        Styled(style(severity), severity),
                        with_advice(finding)
                    )?;
                }
            }
        }
        let Some(judged) = &linted.policy else {
            continue;
        };
        for violation in judged.report.violations() {
            let severity = violation.severity();
            writeln!(
                out,
                "{} {} {}: {violation}",
                Styled(BOLD, linted.place(None)),
                judged.policy.name(),
                Styled(style(severity), severity)
            )?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct LintedJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    directive: Option<&'a str>,
    string: &'a str,
    error: Option<CipherErrorJson<'a>>,
    findings: Vec<FindingJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyJson<'a>>,
}

#[derive(Serialize)]
struct AllJson<'a> {
    strings: Vec<LintedJson<'a>>,
}

pub(crate) fn lines_json(out: &mut dyn Write, all: &[Linted]) -> io::Result<()> {
    let strings = all.iter().map(|linted| LintedJson {
        file: &linted.file,
        line: linted.line,
        column: linted.column,
        directive: linted.directive.as_deref(),
        string: &linted.string,
        error: linted
            .findings
            .as_ref()
            .err()
            .map(|error| CipherErrorJson::from(error).moved(|column| linted.original(column))),
        findings: linted
            .findings
            .iter()
            .flatten()
            .map(|finding| FindingJson::from(finding).moved(|column| linted.original(column)))
            .collect(),
        policy: linted.policy.as_ref().map(PolicyJson::from),
    });
    write_json(
        out,
        &AllJson {
            strings: strings.collect(),
        },
    )
}
