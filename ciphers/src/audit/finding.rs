use std::fmt;

use super::AuditCode;
use crate::cipher::Severity;
use crate::serial::fields;

/// A finding about a context, from [`SslContextExt::audit`](crate::SslContextExt::audit).
///
/// `Display`: `A003 error: the server's name is not checked; write
/// `context.set_check_hostname(true)?``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    pub(super) code: AuditCode,
    pub(super) severity: Severity,
    pub(super) message: Box<str>,
    pub(super) advice: Option<Advice>,
}

/// The suggested line, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice {
    rust: Box<str>,
    python: Box<str>,
}

/// The suggested line, in both languages.
pub(super) fn advice(rust: impl Into<Box<str>>, python: impl Into<Box<str>>) -> Option<Advice> {
    Some(Advice {
        rust: rust.into(),
        python: python.into(),
    })
}

impl AuditFinding {
    /// The code, which identifies the kind of problem.
    pub fn code(&self) -> AuditCode {
        self.code
    }

    /// The severity.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The finding in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The suggested line of Rust, if a setting solves the problem.
    pub fn rust(&self) -> Option<&str> {
        self.advice.as_ref().map(|advice| &*advice.rust)
    }

    /// The same line in Python.
    pub fn python(&self) -> Option<&str> {
        self.advice.as_ref().map(|advice| &*advice.python)
    }
}

fields! {
    AuditFinding, this:
    code = this.code,
    severity = this.severity,
    summary = this.code.summary(),
    message = this.message,
    rust = this.rust(),
    python = this.python(),
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.severity, self.message)?;
        match self.rust() {
            Some(rust) => write!(f, "; write `{rust}`"),
            None => Ok(()),
        }
    }
}
