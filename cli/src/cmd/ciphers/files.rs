//! `pyssl ciphers --server`: the strings in files.

use std::path::Path;
use std::process::ExitCode;

use pyssl_ciphers::cipher::{
    CipherString, CipherStringError, Ciphersuites, Finding, LintCode, Policy, Report,
};

use super::config::{DirectiveKind, Found, Joined, find};
use super::{read_policy, versions};
use crate::args::CiphersArgs;
use crate::failure::{Failure, WithContext};
use crate::input;
use crate::report;
use crate::report::ciphers::Linted;

pub(super) fn run(args: &CiphersArgs) -> Result<ExitCode, Failure> {
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let mut all = Vec::new();
    let mut code = 0;
    for file in &args.server {
        let text = read(file)?;
        let joined = Joined::new(&text);
        let found = find(&joined.text);
        if found.is_empty() {
            let name = file.display();
            Failure::Usage(format!("{name}: no cipher string found")).print();
            code = 2;
        }
        for found in found {
            let places = joined.places(&text, found.at, found.string.len());
            all.push(lint(args, policy.as_ref(), file, places, found));
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
    let bytes = input::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn lint(
    args: &CiphersArgs,
    policy: Option<&Policy>,
    file: &Path,
    places: Vec<(usize, usize)>,
    found: Found<'_>,
) -> Linted {
    let mut linted = Linted {
        file: file.display().to_string(),
        places,
        directive: found.directive.map(str::to_owned),
        string: found.string.to_owned(),
        inserted: Vec::new(),
        findings: Ok(Vec::new()),
        policy: None,
    };
    linted.findings = match found.kind {
        DirectiveKind::Ciphers => {
            linted.policy = policy.and_then(|policy| judged(args, policy, found.string));
            CipherString::parse(found.string).and_then(|string| {
                let mut findings = string.lint()?;
                // This finding applies to every string, so it is not repeated for each.
                findings.retain(|finding| finding.code() != LintCode::Tls13NotGoverned);
                Ok(findings)
            })
        }
        DirectiveKind::Tls13 => Ciphersuites::parse(found.string).map(|list| list.lint()),
        DirectiveKind::Excluded => excluded(found.string, &mut linted.inserted),
    };
    linted
}

/// Compares a string with the policy. A string that is invalid or selects nothing already has a
/// finding.
fn judged(args: &CiphersArgs, policy: &Policy, string: &str) -> Option<Report> {
    let resolved = CipherString::parse(string).and_then(|string| string.resolve());
    Some(policy.check(resolved.ok()?.ciphers(), &versions(args.min, args.max)))
}

/// Reads names like Postfix, which puts a `!` before each and appends them to its own string.
/// `inserted` gets the positions of the added characters in the resulting string.
fn excluded(list: &str, inserted: &mut Vec<usize>) -> Result<Vec<Finding>, CipherStringError> {
    let mut string = "ALL:COMPLEMENTOFALL:".to_owned();
    inserted.extend(0..string.len());
    let separates = |c: char| matches!(c, ',' | ':') || c.is_ascii_whitespace();
    let mut in_name = false;
    for c in list.chars() {
        if separates(c) {
            in_name = false;
            // Postfix accepts more separators than OpenSSL.
            string.push(' ');
            continue;
        }
        if !in_name {
            inserted.push(string.len());
            string.push('!');
            in_name = true;
        }
        string.push(c);
    }
    let mut findings = CipherString::parse(&string)?.lint()?;
    findings.retain(|finding| finding.column().is_some());
    Ok(findings)
}
