//! Findings for machines: SARIF, JUnit, Markdown, Nagios and HTML.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pyssl_ciphers::CodeExplanation;
use pyssl_ciphers::cipher::{Report, Severity};
use serde_json::{Value, json};

use super::write_json;
use crate::args::{Format, OutputArgs};

/// A finding at a place of a file, of a string or of a context.
pub(crate) struct Problem {
    /// The file; empty if there is none.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// The code of the finding, or the name of the violated policy; empty for an invalid string.
    pub(crate) code: String,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// The server, or another part of the file, that has the problem.
    pub(crate) service: String,
}

impl Problem {
    /// A problem that is not in a file.
    pub(crate) fn without_file(code: &str, severity: Severity, message: String) -> Problem {
        Problem {
            file: String::new(),
            line: 1,
            column: 1,
            code: code.to_owned(),
            severity,
            message,
            service: String::new(),
        }
    }

    fn place(&self) -> String {
        match self.file.is_empty() {
            true => String::new(),
            false => format!("{}:{}:{}", self.file, self.line, self.column),
        }
    }

    /// The code, or a word for an error without one.
    fn rule(&self) -> &str {
        if self.code.is_empty() {
            "invalid"
        } else {
            &self.code
        }
    }
}

/// The violations of a policy.
pub(crate) fn of_policy(report: &Report) -> Vec<Problem> {
    let violations = report.violations().iter();
    violations
        .map(|violation| {
            Problem::without_file(report.policy(), violation.severity(), violation.to_string())
        })
        .collect()
}

/// The exit code: `usual`, unless --fail-on or the Nagios format determines another. With
/// --fail-on, it stays 2 if the input is invalid.
pub(crate) fn exit_code(args: &OutputArgs, problems: &[Problem], usual: u8) -> u8 {
    if args.format == Some(Format::Nagios) {
        return match worst(problems) {
            _ if usual > 1 => 3,
            Some(Severity::Error) => 2,
            Some(Severity::Warning) => 1,
            _ => 0,
        };
    }
    match args.fail_on {
        Some(fail_on) if usual < 2 => u8::from(
            problems
                .iter()
                .any(|problem| fail_on.counts(problem.severity)),
        ),
        _ => usual,
    }
}

fn worst(problems: &[Problem]) -> Option<Severity> {
    problems.iter().map(|problem| problem.severity).max()
}

fn number_of(problems: &[Problem], severity: Severity) -> usize {
    problems
        .iter()
        .filter(|problem| problem.severity == severity)
        .count()
}

/// Writes the findings; `subject` names what was examined.
pub(crate) fn write(
    out: &mut dyn Write,
    format: Format,
    subject: &str,
    problems: &[Problem],
) -> io::Result<()> {
    match format {
        Format::Sarif => write_json(out, &sarif(problems)),
        Format::Junit => junit(out, subject, problems),
        Format::Markdown => markdown(out, subject, problems),
        Format::Nagios => nagios(out, problems),
        Format::Html => html(out, subject, problems),
    }
}

fn sarif(problems: &[Problem]) -> Value {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for problem in problems {
        rules.entry(problem.rule()).or_insert_with(|| match CodeExplanation::of(problem.rule()) {
            Some(explanation) => json!({
                "id": problem.rule(),
                "shortDescription": { "text": explanation.meaning() },
                "fullDescription": { "text": explanation.why() },
                "help": { "text": format!("{} ({})", explanation.mend(), explanation.source()) },
            }),
            None => json!({ "id": problem.rule() }),
        });
    }
    let results: Vec<Value> = problems
        .iter()
        .map(|problem| {
            let mut result = json!({
                "ruleId": problem.rule(),
                "level": problem.severity.to_string(),
                "message": { "text": problem.message },
            });
            if !problem.file.is_empty() {
                result["locations"] = json!([{
                    "physicalLocation": {
                        "artifactLocation": { "uri": problem.file },
                        "region": { "startLine": problem.line, "startColumn": problem.column },
                    }
                }]);
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pyssl",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "results": results,
        }],
    })
}

/// Text with the characters that XML and HTML reserve written as entities; control characters are
/// replaced.
fn escaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&#39;"),
            c if c.is_control() => all.push('\u{fffd}'),
            c => all.push(c),
        }
    }
    all
}

fn junit(out: &mut dyn Write, subject: &str, problems: &[Problem]) -> io::Result<()> {
    let failures = problems
        .iter()
        .filter(|p| p.severity >= Severity::Warning)
        .count();
    let tests = problems.len().max(1);
    let name = escaped(subject);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="pyssl" tests="{tests}" failures="{failures}">"#
    )?;
    writeln!(
        out,
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}">"#
    )?;
    if problems.is_empty() {
        writeln!(
            out,
            r#"    <testcase classname="pyssl" name="no findings"/>"#
        )?;
    }
    for problem in problems {
        let place = escaped(&problem.place());
        let rule = escaped(problem.rule());
        let message = escaped(&problem.message);
        write!(
            out,
            r#"    <testcase classname="{rule}" name="{place} {message}""#
        )?;
        match problem.severity >= Severity::Warning {
            true => writeln!(
                out,
                r#"><failure type="{}" message="{message}">{place}</failure></testcase>"#,
                problem.severity
            )?,
            false => writeln!(out, "/>")?,
        }
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn markdown(out: &mut dyn Write, subject: &str, problems: &[Problem]) -> io::Result<()> {
    let cell = |text: &str| -> String {
        let kept = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        kept.collect::<String>()
            .replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace('<', "&lt;")
    };
    writeln!(out, "## TLS findings: {}\n", cell(subject))?;
    if problems.is_empty() {
        return writeln!(out, "None.");
    }
    writeln!(
        out,
        "| severity | code | place | finding |\n|---|---|---|---|"
    )?;
    for problem in problems {
        let message = match problem.service.as_str() {
            "" => cell(&problem.message),
            service => format!("{} ({})", cell(&problem.message), cell(service)),
        };
        let (rule, place) = (cell(problem.rule()), cell(&problem.place()));
        writeln!(
            out,
            "| {} | {rule} | {place} | {message} |",
            problem.severity
        )?;
    }
    Ok(())
}

fn nagios(out: &mut dyn Write, problems: &[Problem]) -> io::Result<()> {
    let errors = number_of(problems, Severity::Error);
    let warnings = number_of(problems, Severity::Warning);
    let state = match (errors, warnings) {
        (1.., _) => "CRITICAL",
        (0, 1..) => "WARNING",
        _ => "OK",
    };
    let first = problems.iter().max_by_key(|problem| problem.severity);
    let first = first.filter(|problem| problem.severity >= Severity::Warning);
    let text = match first {
        // In the output of a Nagios plugin, `|` starts the performance data.
        Some(problem) => format!(
            "{} {}",
            problem.rule(),
            problem.message.replace(['|', '\n'], " ")
        ),
        None => "no findings".to_owned(),
    };
    writeln!(
        out,
        "TLS {state} - {text} | errors={errors} warnings={warnings}"
    )
}

const STYLE: &str = "body{font:15px/1.5 sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222;background:#fff}\
h1{font-size:1.4em}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ddd;padding:.4em .6em;\
text-align:left;vertical-align:top;overflow-wrap:anywhere}th:nth-child(-n+2),td:nth-child(-n+2){white-space:nowrap}.error{color:#b00020;font-weight:bold}\
.warning{color:#8a5a00;font-weight:bold}.note{color:#555}details{color:#444}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}th,td{border-color:#444}.error{color:#ff8a8a}\
.warning{color:#ffcf70}.note,details{color:#aaa}}";

fn html(out: &mut dyn Write, subject: &str, problems: &[Problem]) -> io::Result<()> {
    let subject = escaped(subject);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>TLS findings: {subject}</title><style>{STYLE}</style></head><body>\n\
         <h1>TLS findings: {subject}</h1>"
    )?;
    let numbers: Vec<_> = [
        ("errors", Severity::Error),
        ("warnings", Severity::Warning),
        ("notes", Severity::Note),
    ]
    .map(|(name, severity)| format!("{} {name}", number_of(problems, severity)))
    .into();
    writeln!(
        out,
        "<p>{}. {}</p>",
        numbers.join(", "),
        escaped(*pyssl::OPENSSL_VERSION)
    )?;
    if !problems.is_empty() {
        writeln!(
            out,
            "<table><thead><tr><th>severity</th><th>code</th><th>place</th><th>finding</th></tr></thead><tbody>"
        )?;
    }
    for problem in problems {
        let severity = problem.severity;
        let place = match problem.service.as_str() {
            "" => escaped(&problem.place()),
            service => format!("{}<br>{}", escaped(&problem.place()), escaped(service)),
        };
        write!(
            out,
            "<tr><td class=\"{severity}\">{severity}</td><td>{}</td><td>{place}</td><td>{}",
            escaped(problem.rule()),
            escaped(&problem.message)
        )?;
        if let Some(explanation) = CodeExplanation::of(&problem.code) {
            write!(
                out,
                "<details><summary>why</summary>{} {} {} ({})</details>",
                escaped(explanation.meaning()),
                escaped(explanation.why()),
                escaped(explanation.mend()),
                escaped(explanation.source())
            )?;
        }
        writeln!(out, "</td></tr>")?;
    }
    if !problems.is_empty() {
        writeln!(out, "</tbody></table>")?;
    }
    writeln!(out, "</body></html>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, problems: &[Problem]) -> String {
        let mut out = Vec::new();
        write(&mut out, format, "a<b>|&\u{7}", problems).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn reserved_characters_are_escaped_in_every_output_format() {
        let problem = || Problem {
            file: "a\"<>'|&.conf".to_owned(),
            ..Problem::without_file(
                "C007",
                Severity::Error,
                "x | <script> & \u{1b}\n".to_owned(),
            )
        };
        let all = [problem()];
        for format in [Format::Junit, Format::Html] {
            let text = written(format, &all);
            assert!(
                !text.contains("<script>") && !text.contains('\u{1b}'),
                "{text}"
            );
            assert!(text.contains("&lt;script&gt; &amp;"), "{text}");
        }
        let rows = written(Format::Markdown, &all);
        assert_eq!(rows.lines().count(), 5, "{rows}");
        let nagios = written(Format::Nagios, &all);
        assert_eq!(
            (nagios.lines().count(), nagios.matches('|').count()),
            (1, 1),
            "{nagios}"
        );
        for format in [
            Format::Sarif,
            Format::Junit,
            Format::Markdown,
            Format::Nagios,
            Format::Html,
        ] {
            assert!(!written(format, &[]).is_empty());
        }
    }
}
