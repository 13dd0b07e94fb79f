//! The output of `pyssl port`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pyssl_port::{Entry, Finding, Port};
use serde::Serialize;

use super::problems::{self, Document, Problem};
use super::suites::style;
use super::{BAD, BOLD, FAINT, SCHEMA, Styled, clean, write_json};
use crate::args::Format;

mod wrap;

/// How much of the program has a Rust line.
#[derive(Debug, Default, Serialize)]
struct Summary {
    files: usize,
    files_with_tls: usize,
    lines: usize,
    names: usize,
    with_rust: usize,
    /// `None` if the program uses no name of TLS.
    percent: Option<f64>,
    /// The names without a Rust line, and why.
    without_rust: BTreeMap<String, String>,
    features: Vec<String>,
    findings: usize,
}

impl Summary {
    fn of(ports: &[(String, Port)]) -> Summary {
        let mut summary = Summary {
            files: ports.len(),
            ..Summary::default()
        };
        for (_, port) in ports {
            summary.files_with_tls += usize::from(!port.entries.is_empty());
            summary.lines += port.lines;
            summary.findings += port.findings.len();
            for entry in &port.entries {
                for feature in &entry.features {
                    if !summary.features.contains(feature) {
                        summary.features.push(feature.clone());
                    }
                }
                for used in &entry.uses {
                    summary.names += 1;
                    summary.with_rust += usize::from(used.rust);
                    if !used.rust {
                        let reason = used.reason.as_deref().unwrap_or("No rule has this name.");
                        summary
                            .without_rust
                            .insert(used.name.clone(), reason.to_owned());
                    }
                }
            }
        }
        summary.percent = (summary.with_rust * 1000)
            .checked_div(summary.names)
            // Tenths of a percent: far below 2^53.
            .map(|tenths| tenths as f64 / 10.0);
        summary
    }
}

/// Python and Rust side by side.
pub(crate) fn text(
    out: &mut dyn Write,
    ports: &[(String, Port)],
    width: usize,
    findings_only: bool,
) -> io::Result<()> {
    for (path, port) in ports {
        if port.entries.is_empty() {
            continue;
        }
        writeln!(out, "{}", Styled(BOLD, clean(path)))?;
        if port.broken {
            writeln!(out, "  a part of the file is not Python, and was skipped")?;
        }
        if !findings_only {
            for entry in &port.entries {
                side_by_side(out, entry, width)?;
            }
        }
        for finding in &port.findings {
            let severity = finding.severity;
            let place = format!("{}:{}", finding.line, finding.column);
            writeln!(
                out,
                "  {place:<8}{} {}: {}",
                finding.code,
                Styled(style(severity), severity),
                clean(&finding.message)
            )?;
        }
        writeln!(out)?;
    }
    summary(out, &Summary::of(ports))
}

fn side_by_side(out: &mut dyn Write, entry: &Entry, width: usize) -> io::Result<()> {
    // The number, the two columns, and the line between them.
    let column = (width - 8 - 3) / 2;
    let left = wrap::text(&entry.python, column);
    let right = match entry.rust.is_empty() {
        true => vec!["(no Rust line)".to_owned()],
        false => wrap::rust(&entry.rust.join("\n"), width - 8 - 3 - column),
    };
    for row in 0..left.len().max(right.len()) {
        let number = match row {
            0 => entry.line.to_string(),
            _ => String::new(),
        };
        let empty = String::new();
        let (python, rust) = (
            left.get(row).unwrap_or(&empty),
            right.get(row).unwrap_or(&empty),
        );
        let padding = " ".repeat(column - python.chars().count());
        let number = Styled(FAINT, format!("{number:>6}"));
        let line = format!("{number}  {python}{padding} │ {rust}");
        writeln!(out, "{}", line.trim_end())?;
    }
    let features = entry
        .features
        .iter()
        .map(|feature| format!("needs the feature `{feature}`"));
    for note in entry
        .gone
        .iter()
        .chain(&entry.differs)
        .cloned()
        .chain(features)
    {
        for line in wrap::text(&note, width - 10) {
            writeln!(out, "          {}", Styled(FAINT, line))?;
        }
    }
    Ok(())
}

fn summary(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let (files, lines) = (summary.files, summary.lines);
    match summary.percent {
        Some(percent) => writeln!(
            out,
            "{} of {} names have a Rust line ({percent:.1} %), in {} of {files} files with {lines} lines",
            summary.with_rust, summary.names, summary.files_with_tls,
        )?,
        None => writeln!(
            out,
            "no use of ssl or of a module that uses TLS was found in {files} files with {lines} lines"
        )?,
    }
    for (name, reason) in &summary.without_rust {
        writeln!(
            out,
            "  {} {}: {}",
            Styled(BAD, "no Rust line"),
            clean(name),
            clean(reason)
        )?;
    }
    if !summary.features.is_empty() {
        writeln!(
            out,
            "features of the crate pyssl: {}",
            summary.features.join(", ")
        )?;
    }
    match summary.findings {
        0 => Ok(()),
        1 => writeln!(out, "1 finding"),
        count => writeln!(out, "{count} findings"),
    }
}

/// A table for each file.
pub(crate) fn markdown(
    out: &mut dyn Write,
    ports: &[(String, Port)],
    findings_only: bool,
) -> io::Result<()> {
    for (path, port) in ports.iter().filter(|(_, port)| !port.entries.is_empty()) {
        writeln!(out, "# {}\n", clean(path))?;
        if !findings_only {
            writeln!(out, "| line | Python | Rust | notes |\n|---|---|---|---|")?;
            for entry in &port.entries {
                let features = entry
                    .features
                    .iter()
                    .map(|feature| format!("feature `{feature}`"));
                let notes: Vec<String> = entry
                    .gone
                    .iter()
                    .chain(&entry.differs)
                    .cloned()
                    .chain(features)
                    .collect();
                writeln!(
                    out,
                    "| {} | {} | {} | {} |",
                    entry.line,
                    code(&entry.python),
                    code(&entry.rust.join("\n")),
                    cell(&notes.join(" "))
                )?;
            }
            writeln!(out)?;
        }
        if !port.findings.is_empty() {
            writeln!(
                out,
                "| line | code | severity | finding |\n|---|---|---|---|"
            )?;
            for Finding {
                line,
                code,
                severity,
                message,
                ..
            } in &port.findings
            {
                writeln!(out, "| {line} | {code} | {severity} | {} |", cell(message))?;
            }
            writeln!(out)?;
        }
    }
    summary(out, &Summary::of(ports))
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    clean(text).replace('|', "\\|").replace('<', "&lt;")
}

/// Code in a cell of a table: one code span for each line.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = clean(line.trim_end()).replace('|', "\\|");
        let fence = match line.contains('`') {
            true => "``",
            false => "`",
        };
        format!("{fence}{line}{fence}")
    });
    lines.collect::<Vec<_>>().join("<br>")
}

#[derive(Serialize)]
struct PortsJson<'a> {
    schema: u32,
    files: Vec<FileJson<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct FileJson<'a> {
    file: &'a str,
    #[serde(flatten)]
    port: &'a Port,
}

pub(crate) fn json(out: &mut dyn Write, ports: &[(String, Port)]) -> io::Result<()> {
    let files = ports.iter().filter(|(_, port)| !port.entries.is_empty());
    let files = files.map(|(file, port)| FileJson { file, port }).collect();
    let summary = Summary::of(ports);
    write_json(
        out,
        &PortsJson {
            schema: SCHEMA,
            files,
            summary,
        },
    )
}

pub(crate) fn sarif(out: &mut dyn Write, ports: &[(String, Port)]) -> io::Result<()> {
    let problems: Vec<Problem> = ports
        .iter()
        .flat_map(|(file, port)| {
            port.findings.iter().map(|finding| Problem {
                file: file.clone(),
                line: finding.line,
                column: finding.column,
                code: finding.code.clone(),
                severity: finding.severity,
                message: finding.message.clone(),
                service: String::new(),
            })
        })
        .collect();
    let document = Document {
        subject: "Python".to_owned(),
        problems,
        ..Document::default()
    };
    problems::write(out, Format::Sarif, &[document])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_a_markdown_cell_does_not_end_the_cell() {
        assert_eq!(code("a | b\nc"), "`a \\| b`<br>`c`");
    }
}
