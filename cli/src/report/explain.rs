//! The output of `pyssl explain`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pyssl_ciphers::CodeExplanation;

use super::{BOLD, Styled, row, write_json};

type Found = (String, &'static CodeExplanation);

/// Prints one code per line, with its meaning.
pub(crate) fn list(out: &mut dyn Write, all: &[Found]) -> io::Result<()> {
    for (code, explanation) in all {
        writeln!(out, "{}  {}", Styled(BOLD, code), explanation.meaning())?;
    }
    Ok(())
}

pub(crate) fn human(out: &mut dyn Write, all: &[Found]) -> io::Result<()> {
    for (number, (code, explanation)) in all.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}  {}", Styled(BOLD, code), explanation.meaning())?;
        row(out, "why", explanation.why())?;
        row(out, "what to do", explanation.mend())?;
        row(out, "source", explanation.source())?;
    }
    Ok(())
}

/// Prints one JSON object whose keys are the codes.
pub(crate) fn json(out: &mut dyn Write, all: &[Found]) -> io::Result<()> {
    let by_code: BTreeMap<&str, &CodeExplanation> = all
        .iter()
        .map(|(code, explanation)| (code.as_str(), *explanation))
        .collect();
    write_json(out, &by_code)
}
