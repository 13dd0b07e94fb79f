//! `pyssl explain`: what the code of a finding means.

use std::process::ExitCode;

use pyssl_ciphers::CodeExplanation;

use crate::args::ExplainArgs;
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
        found.push((code.to_ascii_uppercase(), explanation));
    }
    let is_list = found.is_empty();
    if is_list {
        found = CodeExplanation::codes()
            .map(|(code, e)| (code.to_owned(), e))
            .collect();
    }
    report::print(|out| {
        if args.json {
            report::explain::json(out, &found)
        } else if is_list {
            report::explain::list(out, &found)
        } else {
            report::explain::human(out, &found)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
