//! A table of cipher suites.

use pyssl_ciphers::CipherExt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use pyssl_ciphers::cipher::{Cipher, Severity, Weakness};

use super::problems::{Row, Table};
use super::{BAD, FAINT, GOOD, Styled};

/// The style of suites that are outdated but not broken.
pub(super) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();

/// One row of the table.
pub(super) struct SuiteRow<'a> {
    pub(super) cipher: &'a Cipher,
    /// Why the suite is not usable; `None` if it is usable.
    pub(super) obstacle: Option<String>,
    /// Whether to report that a handshake with the suite succeeded.
    pub(super) proven: bool,
    /// Test material that the handshake needed.
    pub(super) test_key: Option<String>,
}

/// Whether a finding of this severity changes the exit code.
pub(crate) fn counts(severity: Severity) -> bool {
    severity >= Severity::Warning
}

/// The style of a severity.
pub(super) fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => BAD,
        Severity::Warning => DOUBTFUL,
        _ => FAINT,
    }
}

/// Prints one suite per line, with columns as wide as needed.
pub(super) fn table(out: &mut dyn Write, rows: &[SuiteRow<'_>]) -> io::Result<()> {
    let cells: Vec<[String; 6]> = rows.iter().map(|row| cells(row.cipher)).collect();
    let mut widths = [0; 6];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    for (row, cells) in rows.iter().zip(&cells) {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        let note = note(row.cipher);
        let line = match (&row.obstacle, row.cipher.severity()) {
            (Some(_), _) => format!("{}", Styled(FAINT, line.trim_end())),
            (None, Some(Severity::Error)) => format!("{}", Styled(BAD, line.trim_end())),
            (None, Some(Severity::Warning)) => format!("{}", Styled(DOUBTFUL, line.trim_end())),
            _ => line.trim_end().to_owned(),
        };
        write!(out, "{line}")?;
        // The obstacle, the result of the trial handshake and the weakness are in a column after
        // the suite's properties.
        let pad = widths[5].saturating_sub(cells[5].len()) + 2;
        if let Some(obstacle) = &row.obstacle {
            write!(
                out,
                "{:pad$}{}",
                "",
                Styled(FAINT, format_args!("not usable: {obstacle}"))
            )?;
        } else {
            if row.proven {
                write!(out, "{:pad$}{}", "", Styled(GOOD, "usable"))?;
                if let Some(test_key) = &row.test_key {
                    write!(out, " {}", Styled(FAINT, format_args!("({test_key})")))?;
                }
            }
            if let Some((severity, text)) = note {
                let pad = if row.proven { 2 } else { pad };
                write!(out, "{:pad$}{}", "", Styled(style(severity), text))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The suites as a table of a document.
pub(super) fn suites_table(heading: &str, rows: &[SuiteRow<'_>]) -> Table {
    let rows = rows.iter().map(|row| {
        let notes = match (&row.obstacle, row.proven, note(row.cipher)) {
            (Some(obstacle), ..) => format!("not usable: {obstacle}"),
            (None, true, Some((_, note))) => format!("usable; {note}"),
            (None, true, None) => "usable".to_owned(),
            (None, false, note) => note.map(|(_, note)| note).unwrap_or_default(),
        };
        let cells = cells(row.cipher).into_iter().chain([notes]);
        Row {
            severity: row.cipher.severity(),
            cells: cells.collect(),
        }
    });
    Table {
        heading: heading.to_owned(),
        columns: vec![
            "suite",
            "protocol",
            "key exchange",
            "authentication",
            "encryption",
            "MAC",
            "notes",
        ],
        rows: rows.collect(),
    }
}

/// The columns of a suite: name, protocol, key exchange, authentication, encryption with bits, and
/// MAC.
fn cells(cipher: &Cipher) -> [String; 6] {
    let short = |value: Option<&str>, prefix: &str| {
        let value = value.unwrap_or("-");
        let value = value.strip_prefix(prefix).unwrap_or(value);
        if value == "any" {
            value.to_owned()
        } else {
            value.to_ascii_uppercase()
        }
    };
    let mac = if cipher.aead {
        "AEAD".to_owned()
    } else {
        short(cipher.digest, "")
    };
    let encryption = match cipher.symmetric {
        None => "none".to_owned(),
        Some(name) => format!("{} {:>3}", name.to_ascii_uppercase(), cipher.strength_bits),
    };
    [
        cipher.name.to_owned(),
        cipher.protocol.to_owned(),
        short(cipher.kea, "kx-"),
        short(cipher.auth, "auth-"),
        encryption,
        mac,
    ]
}

/// Whether a suite is weak.
pub(super) fn is_weak(cipher: &Cipher) -> bool {
    cipher.severity().is_some_and(counts)
}

fn note(cipher: &Cipher) -> Option<(Severity, String)> {
    let worst = cipher.severity()?;
    let words: Vec<_> = cipher
        .weaknesses()
        .iter()
        .map(Weakness::to_string)
        .collect();
    let words = words.join(", ");
    Some(if counts(worst) {
        (worst, format!("weak: {words}"))
    } else {
        (worst, words)
    })
}
