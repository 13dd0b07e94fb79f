//! `pyssl ciphers --server`: the strings in files.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use pyssl::cipher::{CipherString, LintCode};

use super::config::{Found, find};
use super::{MOST, read_policy, versions};
use crate::args::CiphersArgs;
use crate::failure::{Doing, Failure};
use crate::report;
use crate::report::ciphers::{Judged, Linted};

pub(super) fn run(args: &CiphersArgs) -> Result<ExitCode, Failure> {
    // Read once, so that a mistake in it is told before anything else.
    if let Some(policy) = &args.policy {
        read_policy(policy)?;
    }
    let mut all = Vec::new();
    let mut code = 0;
    for file in &args.server {
        let text = read(file)?;
        let found = find(&text);
        if found.is_empty() {
            let name = file.display();
            Failure::Usage(format!("{name}: no cipher string found")).tell();
            code = 2;
        }
        for found in found {
            all.push(lint(args, file, &text, found)?);
        }
    }
    report::print(|out| {
        if args.json {
            report::ciphers::lines_json(out, &all)
        } else {
            report::ciphers::lines(out, &all)
        }
    })?;
    let worst = all.iter().map(Linted::exit_code).max();
    Ok(ExitCode::from(worst.unwrap_or(0).max(code)))
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let outcome = if file == Path::new("-") {
        io::stdin().take(MOST).read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|file| file.take(MOST).read_to_end(&mut bytes))
    };
    outcome.doing(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn lint(args: &CiphersArgs, file: &Path, text: &str, found: Found<'_>) -> Result<Linted, Failure> {
    let (line, line_start) = found.line;
    let before = text.get(line_start..found.at).unwrap_or_default();
    let parsed = CipherString::parse(found.string);
    let findings = parsed.and_then(|string| {
        let mut findings = string.lint()?;
        // True of every string, and here it would be said for each.
        findings.retain(|finding| finding.code() != LintCode::Tls13NotGoverned);
        Ok((string, findings))
    });
    let mut policy = None;
    let findings = match findings {
        Err(error) => Err(error),
        Ok((string, findings)) => {
            // What selects nothing has a finding that says so.
            if let (Some(name), Ok(resolved)) = (&args.policy, string.resolve()) {
                let named = read_policy(name)?;
                let versions = versions(args.min, args.max);
                policy = Some(Judged {
                    report: named.check(resolved.ciphers(), &versions),
                    policy: named,
                });
            }
            Ok(findings)
        }
    };
    Ok(Linted {
        file: file.display().to_string(),
        line,
        column: before.chars().count() + 1,
        directive: found.directive.map(str::to_owned),
        string: found.string.to_owned(),
        findings,
        policy,
    })
}
