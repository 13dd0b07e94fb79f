//! Findings for people: Markdown and HTML.

use std::io::{self, Write};

use pyssl_ciphers::CodeExplanation;
use pyssl_ciphers::cipher::Severity;

use super::{Document, Problem, Table, escaped, number_of};

type Explained = (String, &'static CodeExplanation);

/// The title of the list of `pyssl explain`.
const CODES: &str = "Codes of findings";

/// A text for a cell of a Markdown table.
fn cell(text: &str) -> String {
    let kept = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    kept.collect::<String>()
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('<', "&lt;")
}

fn markdown_row<'a>(
    out: &mut dyn Write,
    cells: impl IntoIterator<Item = &'a str>,
) -> io::Result<()> {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    writeln!(out, "| {} |", cells.join(" | "))
}

fn markdown_head(out: &mut dyn Write, columns: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |", columns.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(columns.len()))
}

pub(super) fn markdown(out: &mut dyn Write, documents: &[Document]) -> io::Result<()> {
    for (number, document) in documents.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "## TLS findings: {}\n", cell(&document.subject))?;
        for line in &document.verdict {
            writeln!(out, "- {}", cell(line))?;
        }
        if !document.verdict.is_empty() {
            writeln!(out)?;
        }
        if document.problems.is_empty() {
            writeln!(out, "No findings.")?;
        } else {
            markdown_head(out, &["severity", "code", "place", "finding"])?;
        }
        for problem in &document.problems {
            let message = match problem.service.as_str() {
                "" => problem.message.clone(),
                service => format!("{} ({service})", problem.message),
            };
            let severity = problem.severity.to_string();
            let place = problem.place();
            markdown_row(out, [&*severity, problem.rule(), &place, &message])?;
        }
        if !document.unknown.is_empty() {
            writeln!(out, "\n### Unknown\n")?;
        }
        for question in &document.unknown {
            writeln!(out, "- {}", cell(question))?;
        }
        if !document.not_compared.is_empty() {
            writeln!(out, "\n### Not compared\n")?;
        }
        for text in &document.not_compared {
            writeln!(out, "- {}", cell(text))?;
        }
        for table in &document.tables {
            writeln!(out, "\n### {}\n", cell(&table.heading))?;
            match &table.columns[..] {
                [] => markdown_head(out, &["", ""])?,
                columns => markdown_head(out, columns)?,
            }
            for row in &table.rows {
                markdown_row(out, row.cells.iter().map(String::as_str))?;
            }
        }
    }
    Ok(())
}

/// The explanations of codes as Markdown.
pub(crate) fn explanations_markdown(out: &mut dyn Write, all: &[Explained]) -> io::Result<()> {
    writeln!(out, "## {CODES}")?;
    for (code, explanation) in all {
        writeln!(out, "\n### {code}\n\n{}\n", cell(explanation.meaning()))?;
        for (label, text) in parts(explanation) {
            writeln!(out, "- {label}: {}", cell(text))?;
        }
    }
    Ok(())
}

fn parts(explanation: &CodeExplanation) -> [(&'static str, &str); 3] {
    [
        ("why", explanation.why()),
        ("what to do", explanation.mend()),
        ("source", explanation.source()),
    ]
}

/// The page needs no other file. On narrow screens each cell of a finding has a line of its own.
const STYLE: &str = include_str!("page.css");

fn begin(out: &mut dyn Write, title: &str) -> io::Result<()> {
    let title = escaped(title);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title>\n<style>\n{STYLE}</style></head><body>\n<h1>{title}</h1>"
    )
}

fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<footer>pyssl {}, {}</footer>\n</body></html>",
        env!("CARGO_PKG_VERSION"),
        escaped(*pyssl::OPENSSL_VERSION)
    )
}

pub(super) fn html(out: &mut dyn Write, documents: &[Document]) -> io::Result<()> {
    let title = match documents {
        [document] => format!("TLS findings: {}", document.subject),
        _ => format!("TLS findings: {} subjects", documents.len()),
    };
    begin(out, &title)?;
    if documents.len() > 1 {
        writeln!(out, "<ul>")?;
        for (number, document) in documents.iter().enumerate() {
            let (subject, numbers) = (escaped(&document.subject), numbers(document));
            writeln!(
                out,
                "<li><a href=\"#d{number}\">{subject}</a>: {numbers}</li>"
            )?;
        }
        writeln!(out, "</ul>")?;
    }
    let mut explained = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        if documents.len() > 1 {
            let subject = escaped(&document.subject);
            writeln!(out, "<h2 class=\"subject\" id=\"d{number}\">{subject}</h2>")?;
        }
        one(out, document)?;
        explained.extend(document.explanations());
    }
    explained.sort_by(|(a, _), (b, _)| a.cmp(b));
    explained.dedup_by(|(a, _), (b, _)| a == b);
    if !explained.is_empty() {
        writeln!(out, "<h2>{CODES}</h2>")?;
        explanations(out, &explained)?;
    }
    end(out)
}

/// `1 error, 2 warnings, 0 notes`.
fn numbers(document: &Document) -> String {
    let words = [
        ("error", Severity::Error),
        ("warning", Severity::Warning),
        ("note", Severity::Note),
    ];
    let words = words.map(
        |(name, severity)| match number_of(&document.problems, severity) {
            1 => format!("1 {name}"),
            number => format!("{number} {name}s"),
        },
    );
    let mut words = words.join(", ");
    if !document.unknown.is_empty() {
        words.push_str(&format!(", {} unanswered", document.unknown.len()));
    }
    words
}

fn one(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let verdict = document.verdict.iter().map(|line| escaped(line));
    let verdict: Vec<_> = verdict.chain([numbers(document)]).collect();
    writeln!(
        out,
        "<ul class=\"verdict\"><li>{}</li></ul>",
        verdict.join("</li>\n<li>")
    )?;
    if !document.problems.is_empty() {
        let placed = document
            .problems
            .iter()
            .any(|problem| !place(problem).is_empty());
        let head = if placed { "<th>place</th>" } else { "" };
        writeln!(
            out,
            "<table class=\"findings\"><thead><tr><th>severity</th><th>code</th>{head}\
             <th>finding</th></tr></thead><tbody>"
        )?;
        for problem in &document.problems {
            finding(out, problem, placed)?;
        }
        writeln!(out, "</tbody></table>")?;
    }
    if !document.unknown.is_empty() {
        writeln!(out, "<h2>Unknown</h2>\n<ul>")?;
        for question in &document.unknown {
            writeln!(out, "<li>{}</li>", escaped(question))?;
        }
        writeln!(out, "</ul>")?;
    }
    if !document.not_compared.is_empty() {
        writeln!(out, "<h2>Not compared</h2>\n<ul>")?;
        for text in &document.not_compared {
            writeln!(out, "<li>{}</li>", escaped(text))?;
        }
        writeln!(out, "</ul>")?;
    }
    document
        .tables
        .iter()
        .try_for_each(|table| self::table(out, table))
}

/// The place of a finding as HTML.
fn place(problem: &Problem) -> String {
    let parts = [problem.place(), problem.service.clone()];
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts
        .map(|part| escaped(part))
        .collect::<Vec<_>>()
        .join("<br>")
}

fn finding(out: &mut dyn Write, problem: &Problem, placed: bool) -> io::Result<()> {
    let severity = problem.severity;
    let rule = escaped(problem.rule());
    let rule = match CodeExplanation::of(&problem.code) {
        Some(_) => format!("<a href=\"#{rule}\">{rule}</a>"),
        None => rule,
    };
    write!(
        out,
        "<tr><td class=\"{severity}\">{severity}</td><td>{rule}</td>"
    )?;
    if placed {
        write!(out, "<td>{}</td>", place(problem))?;
    }
    writeln!(out, "<td>{}</td></tr>", escaped(&problem.message))
}

fn table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    writeln!(out, "<h2>{}</h2>", escaped(&table.heading))?;
    let labels = table.columns.is_empty();
    writeln!(
        out,
        "<table class=\"{}\">",
        if labels { "values" } else { "rows" }
    )?;
    if !labels {
        let columns = table
            .columns
            .iter()
            .map(|name| format!("<th>{}</th>", escaped(name)));
        writeln!(
            out,
            "<thead><tr>{}</tr></thead>",
            columns.collect::<String>()
        )?;
    }
    writeln!(out, "<tbody>")?;
    for row in &table.rows {
        match row.severity {
            Some(severity) => write!(out, "<tr class=\"{severity}\">")?,
            None => write!(out, "<tr>")?,
        }
        for (number, cell) in row.cells.iter().enumerate() {
            let tag = if labels && number == 0 { "th" } else { "td" };
            write!(out, "<{tag}>{}</{tag}>", escaped(cell))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table>")
}

fn explanations(out: &mut dyn Write, all: &[Explained]) -> io::Result<()> {
    for (code, explanation) in all {
        let meaning = escaped(explanation.meaning());
        writeln!(
            out,
            "<section id=\"{code}\"><h3>{code}</h3><p>{meaning}</p><dl>"
        )?;
        for (label, text) in parts(explanation) {
            writeln!(out, "<dt>{label}</dt><dd>{}</dd>", escaped(text))?;
        }
        writeln!(out, "</dl></section>")?;
    }
    Ok(())
}

/// The explanations of codes as one static page.
pub(crate) fn explanations_html(out: &mut dyn Write, all: &[Explained]) -> io::Result<()> {
    begin(out, CODES)?;
    explanations(out, all)?;
    end(out)
}
