use std::fmt;

use super::AuditCode;
use crate::cipher::{Severity, text_field};

/// Something to know about a context, from [`SslContext::audit`](crate::SslContext::audit).
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

/// What to write instead, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice {
    rust: Box<str>,
    python: Box<str>,
}

/// What to write instead, in both languages.
pub(super) fn advice(rust: impl Into<Box<str>>, python: impl Into<Box<str>>) -> Option<Advice> {
    Some(Advice {
        rust: rust.into(),
        python: python.into(),
    })
}

impl AuditFinding {
    /// What it is about.
    pub fn code(&self) -> AuditCode {
        self.code
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What was found.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line of Rust to write instead, if there is one: a setting, not a new certificate.
    pub fn rust(&self) -> Option<&str> {
        self.advice.as_ref().map(|advice| &*advice.rust)
    }

    /// The same line in Python.
    pub fn python(&self) -> Option<&str> {
        self.advice.as_ref().map(|advice| &*advice.python)
    }

    /// One JSON object, in one line; what there is none of is null.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// for finding in context.audit(())? {
    ///     println!("{}", finding.to_json());
    /// }
    /// # let first = context.audit(())?.remove(0).to_json();
    /// # assert!(first.starts_with("{\"code\": \"A0"), "{first}");
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        let mut out = format!(
            "{{\"code\": \"{}\", \"severity\": \"{}\"",
            self.code, self.severity
        );
        text_field(&mut out, "summary", Some(self.code.summary()));
        text_field(&mut out, "message", Some(&self.message));
        text_field(&mut out, "rust", self.rust());
        text_field(&mut out, "python", self.python());
        out.push('}');
        out
    }
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
