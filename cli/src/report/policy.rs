//! The comparison with a guideline, in the same words in every output.

use std::io::{self, Write};

use anstyle::Style;
use pyssl_ciphers::cipher::{Report, Severity};

use super::suites::{DOUBTFUL, style};
use super::{BAD, GOOD, Styled, heading};

/// Whether there is a violation, including warnings.
pub(crate) fn is_violated(report: &Report) -> bool {
    !report.violations().is_empty()
}

/// Whether the server or string follows a guideline. The three answers are those of `conforms` in JSON: `true`, `false`
/// and `null`.
pub(super) fn verdict(report: &Report) -> (Style, String) {
    let name = format!("{} {}", report.policy(), report.version());
    let of = |severity| {
        let all = report.violations().iter();
        all.filter(|v| v.severity() == severity).count()
    };
    let numbers = numbers(of(Severity::Error), of(Severity::Warning));
    match (report.verdict(), numbers.is_empty()) {
        (Some(false), _) => (BAD, format!("does not conform to {name}: {numbers}")),
        (Some(true), true) => (GOOD, format!("conforms to {name}")),
        (Some(true), false) => (DOUBTFUL, format!("conforms to {name}, with {numbers}")),
        (None, true) => (DOUBTFUL, format!("unknown whether it follows {name}")),
        (None, false) => (
            DOUBTFUL,
            format!("unknown whether it follows {name}: {numbers}"),
        ),
    }
}

/// The verdict, with the aspects that were not compared.
pub(crate) fn full_verdict(report: &Report) -> (Style, String) {
    let (style, text) = verdict(report);
    let open = open(report);
    match open.is_empty() {
        true => (style, text),
        false => (style, format!("{text} (not compared: {open})")),
    }
}

/// The aspects that were not compared.
pub(super) fn open(report: &Report) -> String {
    let open = report.not_compared().iter().map(ToString::to_string);
    open.collect::<Vec<_>>().join(", ")
}

/// One line for each aspect that was not compared.
pub(crate) fn not_compared(report: &Report) -> impl Iterator<Item = String> {
    let name = format!("{} {}", report.policy(), report.version());
    let open = report.not_compared().iter();
    open.map(move |aspect| format!("not compared with {name}: {aspect}"))
}

/// The name of a policy, its version and its source, then the violations and the verdict.
pub(super) fn human(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let (title, version, source) = (report.title(), report.version(), report.source());
    heading(out, &format!("{title} (version {version}), {source}"))?;
    for violation in report.violations() {
        let severity = violation.severity();
        writeln!(out, "  {}: {violation}", Styled(style(severity), severity))?;
    }
    let (style, text) = full_verdict(report);
    writeln!(out, "  {}", Styled(style, text))
}

/// `2 errors, 1 warning`; empty if there are neither.
pub(super) fn numbers(errors: usize, warnings: usize) -> String {
    let words = [(errors, "error"), (warnings, "warning")].into_iter();
    let words = words.filter(|(number, _)| *number > 0);
    let words = words.map(|(number, word)| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    });
    words.collect::<Vec<_>>().join(", ")
}
