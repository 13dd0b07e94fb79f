//! Findings in files, one per line, in the format of compiler messages.

use std::io::{self, Write};

use pyssl_ciphers::cipher::{CipherStringError, Finding, Report};
use serde::Serialize;
use serde_json::Value;

use super::{counts, is_violated, style, with_advice};
use crate::report::{BAD, BOLD, Styled, write_json};

/// A string in a file, and its findings.
pub(crate) struct Linted {
    pub(crate) file: String,
    /// Line and column in the file for each byte of the string, and for its end.
    pub(crate) places: Vec<(usize, usize)>,
    /// The directive's name, for example `ssl_ciphers`.
    pub(crate) directive: Option<String>,
    pub(crate) string: String,
    /// The positions of characters in the linted string that are not in the file, sorted.
    pub(crate) inserted: Vec<usize>,
    pub(crate) findings: Result<Vec<Finding>, CipherStringError>,
    pub(crate) policy: Option<Report>,
}

impl Linted {
    /// 0 no problem, 1 findings, 2 invalid.
    pub(crate) fn exit_code(&self) -> u8 {
        match &self.findings {
            Err(_) => 2,
            Ok(findings) => {
                let found = findings.iter().map(Finding::severity).any(counts);
                u8::from(found || self.policy.as_ref().is_some_and(is_violated))
            }
        }
    }

    /// The place in the file of a column of the string; its start for findings on the whole string.
    fn place(&self, column: Option<usize>) -> String {
        let (line, column) = self.line_and_column(self.original(column.unwrap_or(1)));
        format!("{}:{line}:{column}:", self.file)
    }

    /// Line and column in the file of a column of the string.
    fn line_and_column(&self, column: usize) -> (usize, usize) {
        let place = self.places.get(column - 1).or(self.places.last());
        place.copied().unwrap_or((1, 1))
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
        let Some(report) = &linted.policy else {
            continue;
        };
        for violation in report.violations() {
            let severity = violation.severity();
            writeln!(
                out,
                "{} {} {}: {violation}",
                Styled(BOLD, linted.place(None)),
                report.policy(),
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
    error: Option<Value>,
    findings: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Report>,
}

#[derive(Serialize)]
struct AllJson<'a> {
    strings: Vec<LintedJson<'a>>,
}

pub(crate) fn lines_json(out: &mut dyn Write, all: &[Linted]) -> io::Result<()> {
    let mut strings = Vec::new();
    for linted in all {
        let (findings, error) = match &linted.findings {
            Ok(findings) => (&findings[..], None),
            Err(error) => (&[][..], Some(error)),
        };
        let findings: Result<Vec<_>, _> = findings.iter().map(|f| linted.in_file(f)).collect();
        strings.push(LintedJson {
            file: &linted.file,
            line: linted.line_and_column(1).0,
            column: linted.line_and_column(1).1,
            directive: linted.directive.as_deref(),
            string: &linted.string,
            error: error.map(|error| linted.in_file(error)).transpose()?,
            findings: findings?,
            policy: linted.policy.as_ref(),
        });
    }
    write_json(out, &AllJson { strings })
}

impl Linted {
    /// A finding or an error as JSON, with the columns of the string in the file.
    fn in_file(&self, found: &impl Serialize) -> serde_json::Result<Value> {
        let mut found = serde_json::to_value(found)?;
        for key in ["column", "end_column"] {
            let column = found.get(key).and_then(Value::as_u64);
            if let Some(column) = column.and_then(|column| usize::try_from(column).ok()) {
                found[key] = self.original(column).into();
            }
        }
        Ok(found)
    }
}
