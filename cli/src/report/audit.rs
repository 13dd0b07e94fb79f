//! The output of `pyssl audit`.

use std::io::{self, Write};

use pyssl as ssl;
use pyssl_ciphers::audit::AuditFinding;
use pyssl_ciphers::cipher::Report;
use pyssl_ciphers::negotiate::Role;
use serde::Serialize;

use super::policy;
use super::problems::{Problem, of_policy};
use super::suites::style;
use super::{GOOD, SCHEMA, Styled, clean, counts, row, write_json};

pub(crate) fn human(
    out: &mut dyn Write,
    role: Role,
    context: &ssl::SslContext,
    findings: &[AuditFinding],
    judged: Option<&Report>,
) -> io::Result<()> {
    writeln!(out, "The context of a {role} ({})", context.protocol())?;
    if !findings.iter().any(|f| counts(f.severity())) {
        let text = if findings.is_empty() {
            "nothing found"
        } else {
            "nothing to correct"
        };
        let peer = match role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        // The audit reports every failed trial handshake as a warning or an error, so all have
        // succeeded here.
        let tried = format!("; handshakes with a default {peer} succeed");
        writeln!(out, "  {}{tried}", Styled(GOOD, text))?;
    }
    for finding in findings {
        let severity = finding.severity();
        writeln!(
            out,
            "\n{} {}: {}",
            finding.code(),
            Styled(style(severity), severity),
            clean(finding.message())
        )?;
        if let Some(line) = finding.rust() {
            row(out, "in Rust", line)?;
        }
        if let Some(line) = finding.python() {
            row(out, "in Python", line)?;
        }
    }
    match judged {
        Some(judged) => policy::human(out, judged),
        None => Ok(()),
    }
}

/// The findings and the violations of a policy.
pub(crate) fn problems(findings: &[AuditFinding], judged: Option<&Report>) -> Vec<Problem> {
    let findings = findings.iter().map(|finding| {
        let message = match finding.python() {
            Some(line) => format!("{}; in Python: {line}", finding.message()),
            None => finding.message().to_owned(),
        };
        Problem::without_file(finding.code().code(), finding.severity(), message)
    });
    let judged = judged.into_iter().flat_map(of_policy);
    let mut all: Vec<_> = findings.chain(judged).collect();
    all.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    all
}

#[derive(Serialize)]
struct AuditJson<'a> {
    schema: u32,
    role: String,
    protocol: &'static str,
    openssl: &'static str,
    findings: &'a [AuditFinding],
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Report>,
}

pub(crate) fn json(
    out: &mut dyn Write,
    role: Role,
    context: &ssl::SslContext,
    findings: &[AuditFinding],
    judged: Option<&Report>,
) -> io::Result<()> {
    write_json(
        out,
        &AuditJson {
            schema: SCHEMA,
            role: role.to_string(),
            protocol: context.protocol().name(),
            openssl: *ssl::OPENSSL_VERSION,
            findings,
            policy: judged,
        },
    )
}
