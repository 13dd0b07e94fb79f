//! Checks suites, the security level, and finite-field parameters.

use crate::CipherExt;
use std::collections::BTreeMap;

use super::finding::{Advice, advice};
use super::{AuditCode, Auditor};
use crate::cipher::{Cipher, CipherString, Ciphersuites, Finding, Severity, Weakness};
use crate::negotiate::{self, Role};
use crate::text::first_names;
use pyssl::Result;

/// A string without weak suites.
const GOOD: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The minimum of RFC 9325 and NIST.
const MIN_DH_BITS: u32 = 2048;

impl Auditor<'_> {
    pub(super) fn check_suites(&mut self) -> Result<()> {
        self.check_strings()?;
        let reachable = negotiate::without_obstacles(self.context, self.role)?;
        let mut by_weakness: BTreeMap<Weakness, Vec<&Cipher>> = BTreeMap::new();
        for cipher in &reachable {
            let mut weaknesses = cipher.weaknesses().into_iter();
            if let Some(worst) = weaknesses.find(|weakness| weakness.severity() > Severity::Note) {
                by_weakness.entry(worst).or_default().push(cipher);
            }
        }
        let level = self.context.security_level();
        let better = self.better_string(&reachable, by_weakness.keys());
        if level < 2 {
            let severity = if level == 0 {
                Severity::Error
            } else {
                Severity::Warning
            };
            self.find(
                AuditCode::LowSecurityLevel,
                severity,
                format!(
                    "the security level is {level}: keys of less than 112 bits of security and \
                     SHA-1 signatures may be accepted"
                ),
                set_ciphers(&better),
            );
        }
        if reachable.is_empty() && self.role == Role::Client {
            self.find(
                AuditCode::NoSuite,
                Severity::Error,
                "no suite can be used with these versions, security level and callbacks: every handshake \
                 fails",
                set_ciphers(&better),
            );
        }
        for (weakness, suites) in &by_weakness {
            let names = first_names(suites.iter().copied(), 4);
            // The cipher string does not affect suites of TLS 1.3, so it is suggested only if there
            // are others.
            let governed = suites.iter().any(|cipher| !cipher.is_tls13());
            self.find(
                AuditCode::WeakSuites,
                weakness.severity(),
                format!("weak suites can be negotiated ({weakness}): {names}"),
                weakness
                    .excluded_by()
                    .filter(|_| governed)
                    .and_then(|_| set_ciphers(&better)),
            );
        }
        if let Some(bits) = self.settings.dh_bits() {
            if bits < MIN_DH_BITS {
                self.find(
                    AuditCode::SmallDhParams,
                    Severity::Error,
                    format!("the DH parameters have {bits} bits; the minimum is {MIN_DH_BITS}"),
                    None,
                );
            }
        }
        Ok(())
    }

    /// Reports the parts of the lists that OpenSSL ignored silently.
    fn check_strings(&mut self) -> Result<()> {
        let list = self.settings.ciphers().into_owned();
        // OpenSSL has accepted the string. If this crate refuses it, for example because of its
        // length, that is only a note.
        match CipherString::parse(&list) {
            Ok(string) => self.ignored("cipher string", &string.lint()?),
            Err(error) => {
                let message = format!("the cipher string was not analysed: {error}");
                self.find(AuditCode::NotTried, Severity::Note, message, None);
            }
        }
        let suites = self.settings.ciphersuites().map(|list| list.into_owned());
        if let Some(list) = suites {
            if let Ok(suites) = Ciphersuites::parse(&list) {
                self.ignored("list for TLS 1.3", &suites.lint());
            }
        }
        Ok(())
    }

    fn ignored(&mut self, what: &str, findings: &[Finding]) {
        for finding in findings {
            let (Some(column), Severity::Error) = (finding.column(), finding.severity()) else {
                continue;
            };
            let mut message = format!("{what}, column {column}: {}", finding.message());
            if let Some(advice) = finding.advice() {
                message = format!("{message}; {advice}");
            }
            self.find(AuditCode::CipherString, Severity::Error, message, None);
        }
    }

    /// A cipher string without these weaknesses. All findings suggest the same string, because each
    /// call of `set_ciphers` replaces the string of the previous one.
    fn better_string<'w>(
        &self,
        reachable: &[Cipher],
        weaknesses: impl Iterator<Item = &'w Weakness>,
    ) -> String {
        let mut string = self.settings.ciphers().into_owned();
        for part in weaknesses.filter_map(|weakness| weakness.excluded_by()) {
            string.push(':');
            string.push_str(part);
        }
        let left = CipherString::parse(&string).and_then(|string| string.resolve());
        if reachable.is_empty() || left.is_err() {
            string = GOOD.to_owned();
        }
        if self.context.security_level() < 2 {
            string.push_str(":@SECLEVEL=2");
        }
        string
    }
}

fn set_ciphers(string: &str) -> Option<Advice> {
    advice(
        format!("context.set_ciphers(\"{string}\")?"),
        format!("context.set_ciphers(\"{string}\")"),
    )
}
