//! Findings for machines and browsers: SARIF, JUnit, Markdown, Nagios and HTML.

mod machine;
mod page;

use std::io::{self, Write};

use pyssl_ciphers::CodeExplanation;
use pyssl_ciphers::cipher::{Report, Severity, ViolationKind};

use super::write_json;
use crate::args::{Format, OutputArgs};

/// A finding at a place of a file, of a string, of a context or of a server.
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
    let violations = grouped(report).into_iter();
    violations
        .map(|(severity, text)| Problem::without_file(report.policy(), severity, text))
        .collect()
}

/// The violations, sorted by severity. Suites with the same violation share a text, and so do
/// groups.
pub(crate) fn grouped(report: &Report) -> Vec<(Severity, String)> {
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

/// The findings about one subject: a string, a context, files or a server.
#[derive(Default)]
pub(crate) struct Document {
    /// The subject that was examined.
    pub(crate) subject: String,
    /// The exit code without --fail-on.
    pub(crate) code: u8,
    /// The verdict, one sentence a line.
    pub(crate) verdict: Vec<String>,
    pub(crate) problems: Vec<Problem>,
    /// Each question that had no answer.
    pub(crate) unknown: Vec<String>,
    /// Each part of a policy that was not compared, because a string, a file or a context cannot have it. It does not
    /// change the exit code.
    pub(crate) not_compared: Vec<String>,
    pub(crate) tables: Vec<Table>,
}

/// A table of a document, which only Markdown and HTML show.
pub(crate) struct Table {
    pub(crate) heading: String,
    /// The names of the columns; empty if the first cell of each row is its label.
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Default)]
pub(crate) struct Row {
    /// The severity that determines the row's colour.
    pub(crate) severity: Option<Severity>,
    pub(crate) cells: Vec<String>,
}

impl Table {
    /// A table of labels and values.
    pub(crate) fn of_values(heading: &str, values: Vec<(String, String)>) -> Table {
        let row = |(label, value)| Row {
            severity: None,
            cells: vec![label, value],
        };
        Table {
            heading: heading.to_owned(),
            columns: Vec::new(),
            rows: values.into_iter().map(row).collect(),
        }
    }
}

impl Document {
    /// The exit code: `code`, unless --fail-on determines another. With --fail-on, it stays 2 if
    /// the input is invalid, and it is 3 if a question had no answer and no finding counts.
    pub(crate) fn exit_code(&self, args: &OutputArgs) -> u8 {
        let Some(fail_on) = args.fail_on.filter(|_| self.code != 2) else {
            return self.code;
        };
        let fails = |problem: &Problem| fail_on.counts(problem.severity);
        match (self.problems.iter().any(fails), self.unknown.is_empty()) {
            (true, _) => 1,
            (false, false) => 3,
            (false, true) => 0,
        }
    }

    /// The codes of the problems, each once.
    fn explanations(&self) -> Vec<(String, &'static CodeExplanation)> {
        let mut codes: Vec<&str> = self.problems.iter().map(|p| p.rule()).collect();
        codes.sort_unstable();
        codes.dedup();
        let explained = |code: &str| Some((code.to_owned(), CodeExplanation::of(code)?));
        codes.into_iter().filter_map(explained).collect()
    }
}

/// The exit code of the command. For several subjects it is the lowest one that is not 0. The Nagios
/// format has exit codes of its own.
pub(crate) fn exit_code(args: &OutputArgs, documents: &[Document]) -> u8 {
    if args.format == Some(Format::Nagios) {
        return machine::State::of(documents) as u8;
    }
    let codes = documents.iter().map(|document| document.exit_code(args));
    codes.filter(|code| *code > 0).min().unwrap_or(0)
}

fn number_of(problems: &[Problem], severity: Severity) -> usize {
    problems
        .iter()
        .filter(|problem| problem.severity == severity)
        .count()
}

/// Writes the documents in a format.
pub(crate) fn write(out: &mut dyn Write, format: Format, documents: &[Document]) -> io::Result<()> {
    match format {
        Format::Sarif => write_json(out, &machine::sarif(documents)),
        Format::Junit => machine::junit(out, documents),
        Format::Markdown => page::markdown(out, documents),
        Format::Nagios => machine::nagios(out, documents),
        Format::Html => page::html(out, documents),
    }
}

pub(crate) use page::{explanations_html, explanations_markdown};

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
            // XML cannot represent these two characters, not even as entities.
            '\u{fffe}' | '\u{ffff}' => all.push('\u{fffd}'),
            c if c.is_control() => all.push('\u{fffd}'),
            c => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, problems: Vec<Problem>) -> String {
        let evil = "a<b>|&\u{7}";
        let document = Document {
            subject: evil.to_owned(),
            verdict: vec![evil.to_owned()],
            not_compared: vec![evil.to_owned()],
            tables: vec![Table::of_values(
                evil,
                vec![(evil.to_owned(), evil.to_owned())],
            )],
            problems,
            ..Document::default()
        };
        let mut out = Vec::new();
        write(&mut out, format, &[document]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("a<b>") || format == Format::Sarif, "{text}");
        assert!(!text.contains('\u{7}'), "{text}");
        text
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
        let all = || vec![problem()];
        for format in [Format::Junit, Format::Html] {
            let text = written(format, all());
            assert!(
                !text.contains("<script>") && !text.contains('\u{1b}'),
                "{text}"
            );
            assert!(text.contains("&lt;script&gt; &amp;"), "{text}");
        }
        let rows = written(Format::Markdown, all());
        let of_findings = rows.lines().filter(|line| line.starts_with("| error |"));
        assert_eq!(of_findings.count(), 1, "{rows}");
        let nagios = written(Format::Nagios, all());
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
            assert!(!written(format, Vec::new()).is_empty());
        }
    }

    fn of(code: u8, severities: &[Severity], unknown: usize) -> Document {
        let problem = |severity: &Severity| Problem::without_file("S001", *severity, "x".into());
        Document {
            code,
            problems: severities.iter().map(problem).collect(),
            unknown: vec!["x".to_owned(); unknown],
            ..Document::default()
        }
    }

    /// The exit code and the first word of the Nagios line agree. The word is not `OK` if something was not examined.
    #[test]
    fn the_worst_result_sets_the_exit_code_of_a_report() {
        use Severity::{Error, Note, Warning};
        let args = |format, fail_on| OutputArgs { format, fail_on };
        for (documents, state, code) in [
            (vec![of(0, &[], 0)], "OK", 0),
            (vec![of(0, &[Note], 0)], "OK", 0),
            (vec![of(1, &[Warning], 0)], "WARNING", 1),
            (vec![of(1, &[Warning, Error], 0)], "CRITICAL", 2),
            (vec![of(3, &[], 1)], "UNKNOWN", 3),
            (vec![of(3, &[Warning], 1)], "WARNING", 1),
            (vec![of(2, &[Error], 0)], "UNKNOWN", 3),
            (vec![of(2, &[Error], 0), of(0, &[], 0)], "UNKNOWN", 3),
            (vec![of(2, &[Error], 0), of(1, &[Error], 0)], "CRITICAL", 2),
        ] {
            let mut out = Vec::new();
            write(&mut out, Format::Nagios, &documents).unwrap();
            let line = String::from_utf8(out).unwrap();
            assert!(line.starts_with(&format!("TLS {state} - ")), "{line}");
            assert_eq!(
                exit_code(&args(Some(Format::Nagios), None), &documents),
                code
            );
        }
        use crate::args::FailOn;
        for (fail_on, document, code) in [
            (FailOn::Error, of(1, &[Warning], 0), 0),
            (FailOn::Warning, of(0, &[Warning], 0), 1),
            (FailOn::Never, of(1, &[Error], 0), 0),
            (FailOn::Never, of(2, &[Error], 0), 2),
            (FailOn::Never, of(1, &[Error], 1), 3),
            (FailOn::Error, of(3, &[Error], 1), 1),
        ] {
            assert_eq!(exit_code(&args(None, Some(fail_on)), &[document]), code);
        }
        assert_eq!(
            exit_code(&args(None, None), &[of(2, &[], 0), of(3, &[], 1)]),
            2
        );
    }
}
