//! The correction of a cipher string.

use std::io::{self, Write};

use pyssl_ciphers::cipher::{Cipher, Finding, Fix};
use serde::Serialize;

use super::{changes, count};
use crate::report::{BAD, BOLD, FAINT, GOOD, Styled, clean, heading};

/// A corrected string in a file.
pub(crate) struct FixedLine {
    pub(crate) fix: Fix,
    /// The line with the string.
    pub(crate) before: String,
    /// The line with the corrected string; `None` if the string spans several lines.
    pub(crate) after: Option<String>,
}

/// Prints the corrected string, the changes, and both lists of suites.
pub(super) fn human(out: &mut dyn Write, fix: &Fix) -> io::Result<()> {
    heading(out, "Corrected")?;
    if fix.changes().is_empty() {
        writeln!(out, "  {}", Styled(GOOD, "nothing to correct"))?;
        return left(out, fix);
    }
    writeln!(out, "  {}", Styled(BOLD, clean(fix.string())))?;
    for change in fix.changes() {
        writeln!(out, "  {}", clean(&change.to_string()))?;
    }
    left(out, fix)?;
    for (label, list) in [("before", fix.before()), ("after", fix.after())] {
        let names: Vec<_> = list.iter().map(|cipher| cipher.name).collect();
        writeln!(
            out,
            "  {label} {}: {}",
            count(names.len(), "suite"),
            names.join(" ")
        )?;
    }
    changes(out, &fix.diff())
}

/// Prints the findings that the corrected string still has.
fn left(out: &mut dyn Write, fix: &Fix) -> io::Result<()> {
    if fix.passes() {
        let policy = match fix.policy() {
            Some(report) => format!(", and no violation of {} by its suites", report.title()),
            None => String::new(),
        };
        return writeln!(out, "  {}{policy}", Styled(GOOD, "no warning is left"));
    }
    for finding in fix.left() {
        writeln!(out, "  {}: {finding}", Styled(BAD, "left"))?;
    }
    for violation in fix.policy().iter().flat_map(|report| report.violations()) {
        writeln!(out, "  {}: {violation}", Styled(BAD, "left"))?;
    }
    Ok(())
}

impl FixedLine {
    /// Prints the changed line like a patch, and then the suites before and after.
    pub(super) fn print(&self, out: &mut dyn Write, file: &str, line: usize) -> io::Result<()> {
        writeln!(
            out,
            "\n{}",
            Styled(BOLD, format!("{file}:{line}: corrected"))
        )?;
        match &self.after {
            Some(after) => {
                writeln!(out, "{}", Styled(BAD, format!("-{}", clean(&self.before))))?;
                writeln!(out, "{}", Styled(GOOD, format!("+{}", clean(after))))?;
            }
            None => writeln!(out, "  {}", clean(self.fix.string()))?,
        }
        for change in self.fix.changes() {
            writeln!(out, "  {}", clean(&change.to_string()))?;
        }
        let names = |list: &[Cipher]| -> String {
            let names: Vec<_> = list.iter().map(|cipher| cipher.name).collect();
            names.join(" ")
        };
        let (before, after) = (self.fix.before(), self.fix.after());
        let label = Styled(FAINT, format!("before {}", count(before.len(), "suite")));
        writeln!(out, "  {label}: {}", names(before))?;
        let label = Styled(FAINT, format!("after {}", count(after.len(), "suite")));
        writeln!(out, "  {label}: {}", names(after))?;
        left(out, &self.fix)
    }
}

/// The correction in JSON.
#[derive(Serialize)]
pub(super) struct FixJson<'a> {
    string: &'a str,
    passes: bool,
    changes: Vec<String>,
    before: Vec<&'static str>,
    after: Vec<&'static str>,
    left: &'a [Finding],
}

impl<'a> From<&'a Fix> for FixJson<'a> {
    fn from(fix: &'a Fix) -> FixJson<'a> {
        let names = |list: &[Cipher]| list.iter().map(|cipher| cipher.name).collect();
        FixJson {
            string: fix.string(),
            passes: fix.passes(),
            changes: fix.changes().iter().map(ToString::to_string).collect(),
            before: names(fix.before()),
            after: names(fix.after()),
            left: fix.left(),
        }
    }
}
