//! `pyssl explain`: what the code of a finding means.

use std::process::ExitCode;

use pyssl_ciphers::CodeExplanation;

use crate::args::{ExplainArgs, PageFormat};
use crate::failure::Failure;
use crate::report;

pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let mut found = Vec::new();
    for code in &args.codes {
        let Some(explanation) = CodeExplanation::of(code) else {
            let code = code.escape_debug();
            return Err(Failure::Usage(format!(
                "there is no code '{code}'; `pyssl explain` lists all"
            )));
        };
        // The codes of findings are in upper case, and the names of policies in lower case.
        let is_code = CodeExplanation::codes().any(|(known, _)| known.eq_ignore_ascii_case(code));
        let name = match is_code {
            true => code.to_ascii_uppercase(),
            false => code.to_ascii_lowercase(),
        };
        found.push((name, explanation));
    }
    let is_list = found.is_empty();
    if is_list {
        found = CodeExplanation::codes()
            .map(|(code, e)| (code.to_owned(), e))
            .collect();
    }
    report::print(|out| match args.format {
        Some(PageFormat::Markdown) => report::problems::explanations_markdown(out, &found),
        Some(PageFormat::Html) => report::problems::explanations_html(out, &found),
        None if args.json => report::explain::json(out, &found),
        None if is_list => report::explain::list(out, &found),
        None => report::explain::human(out, &found),
    })?;
    Ok(ExitCode::SUCCESS)
}
