//! Suites, the security level, and finite-field parameters.

use std::collections::BTreeMap;

use super::finding::advice;
use super::{AuditCode, Auditor};
use crate::cipher::{Cipher, CipherString, Ciphersuites, Finding, Severity, Weakness, first_names};
use crate::error::Result;
use crate::negotiate::{self, Role};

/// What RFC 9325 and NIST ask for.
const MIN_DH_BITS: u32 = 2048;

impl Auditor<'_> {
    pub(super) fn check_suites(&mut self) -> Result<()> {
        self.check_strings()?;
        let level = self.context.security_level();
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
                     SHA-1 signatures may pass"
                ),
                advice(
                    "context.set_ciphers(\"DEFAULT:@SECLEVEL=2\")?",
                    "context.set_ciphers(\"DEFAULT:@SECLEVEL=2\")",
                ),
            );
        }
        let reachable = negotiate::without_obstacles(self.context, self.role)?;
        if reachable.is_empty() && self.role == Role::Client {
            self.find(
                AuditCode::NoSuite,
                Severity::Error,
                "versions, security level and callbacks leave no suite: every handshake fails",
                advice(
                    "context.set_ciphers(\"DEFAULT\")?",
                    "context.set_ciphers(\"DEFAULT\")",
                ),
            );
        }
        self.check_weak_suites(&reachable);
        if let Some(dh) = &self.settings.dh_params {
            let bits = dh.prime_p().num_bits().unsigned_abs();
            if bits < MIN_DH_BITS {
                self.find(
                    AuditCode::SmallDhParams,
                    Severity::Error,
                    format!("the DH parameters have {bits} bits; {MIN_DH_BITS} are the least"),
                    None,
                );
            }
        }
        Ok(())
    }

    /// What OpenSSL ignored in the lists without a word.
    fn check_strings(&mut self) -> Result<()> {
        let list = self.settings.cipher_list.to_string_lossy().into_owned();
        // OpenSSL took it; what we refuse beyond that, such as its length, is no finding.
        if let Ok(string) = CipherString::parse(&list) {
            self.ignored("cipher string", &list, &string.lint()?);
        }
        let tls13 = self.settings.ciphersuites.clone();
        let tls13 = tls13.map(|list| list.to_string_lossy().into_owned());
        if let Some(list) = tls13 {
            if let Ok(suites) = Ciphersuites::parse(&list) {
                self.ignored("list for TLS 1.3", &list, &suites.lint());
            }
        }
        Ok(())
    }

    fn ignored(&mut self, what: &str, list: &str, findings: &[Finding]) {
        for finding in findings {
            let Some(column) = finding.column() else {
                continue;
            };
            if finding.severity() < Severity::Error {
                continue;
            }
            let mut message = format!("{what} {list:?}, column {column}: {}", finding.message());
            if let Some(advice) = finding.advice() {
                message = format!("{message}; {advice}");
            }
            self.find(AuditCode::CipherString, Severity::Error, message, None);
        }
    }

    fn check_weak_suites(&mut self, reachable: &[Cipher]) {
        let mut by_weakness: BTreeMap<Weakness, Vec<&Cipher>> = BTreeMap::new();
        for cipher in reachable {
            let worst = cipher
                .weaknesses()
                .into_iter()
                .find(|weakness| weakness.severity() > Severity::Note);
            if let Some(worst) = worst {
                by_weakness.entry(worst).or_default().push(cipher);
            }
        }
        // Each set_ciphers replaces the one before, so the advice is the same for all of them.
        let mut list = self.settings.cipher_list.to_string_lossy().into_owned();
        for part in by_weakness
            .keys()
            .filter_map(|weakness| weakness.excluded_by())
        {
            list.push(':');
            list.push_str(part);
        }
        for (weakness, suites) in by_weakness {
            let names = first_names(suites.iter().copied(), 4);
            let fix = weakness.excluded_by().and_then(|_| {
                advice(
                    format!("context.set_ciphers(\"{list}\")?"),
                    format!("context.set_ciphers(\"{list}\")"),
                )
            });
            self.find(
                AuditCode::WeakSuites,
                weakness.severity(),
                format!("weak suites can be negotiated ({weakness}): {names}"),
                fix,
            );
        }
    }
}
