//! What `pyssl audit` prints.

use std::io::{self, Write};

use pyssl as ssl;
use pyssl::audit::AuditFinding;
use pyssl::negotiate::Role;
use serde::Serialize;

use super::ciphers::{Judged, PolicyJson, violations};
use super::suites::style;
use super::{GOOD, Styled, clean, counts, row, write_json};

pub(crate) fn human(
    out: &mut dyn Write,
    role: Role,
    context: &ssl::SslContext,
    findings: &[AuditFinding],
    judged: Option<&Judged>,
) -> io::Result<()> {
    writeln!(out, "The context of a {role} ({})", context.protocol())?;
    if !findings.iter().any(|f| counts(f.severity())) {
        let text = if findings.is_empty() {
            "nothing found"
        } else {
            "nothing to correct"
        };
        writeln!(out, "  {}", Styled(GOOD, text))?;
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
        Some(judged) => violations(out, judged),
        None => Ok(()),
    }
}

#[derive(Serialize)]
struct AuditJson<'a> {
    role: String,
    protocol: &'static str,
    openssl: &'static str,
    findings: Vec<AuditFindingJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyJson<'a>>,
}

#[derive(Serialize)]
struct AuditFindingJson<'a> {
    code: &'static str,
    severity: String,
    summary: &'static str,
    message: &'a str,
    rust: Option<&'a str>,
    python: Option<&'a str>,
}

pub(crate) fn json(
    out: &mut dyn Write,
    role: Role,
    context: &ssl::SslContext,
    findings: &[AuditFinding],
    judged: Option<&Judged>,
) -> io::Result<()> {
    let findings = findings.iter().map(|finding| AuditFindingJson {
        code: finding.code().code(),
        severity: finding.severity().to_string(),
        summary: finding.code().summary(),
        message: finding.message(),
        rust: finding.rust(),
        python: finding.python(),
    });
    write_json(
        out,
        &AuditJson {
            role: role.to_string(),
            protocol: context.protocol().name(),
            openssl: *ssl::OPENSSL_VERSION,
            findings: findings.collect(),
            policy: judged.map(PolicyJson::from),
        },
    )
}
