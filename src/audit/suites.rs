//! Suites, the security level, and finite-field parameters.

use std::collections::BTreeMap;

use super::finding::advice;
use super::{AuditCode, Auditor};
use crate::cipher::{Cipher, Severity, Weakness};
use crate::error::Result;
use crate::negotiate::{self, Role};

/// What RFC 9325 and NIST ask for.
const MIN_DH_BITS: u32 = 2048;

impl Auditor<'_> {
    pub(super) fn check_suites(&mut self) -> Result<()> {
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

    fn check_weak_suites(&mut self, reachable: &[Cipher]) {
        let mut by_weakness: BTreeMap<Weakness, Vec<&str>> = BTreeMap::new();
        for cipher in reachable {
            let worst = cipher
                .weaknesses()
                .into_iter()
                .find(|weakness| weakness.severity() > Severity::Note);
            if let Some(worst) = worst {
                by_weakness.entry(worst).or_default().push(cipher.name);
            }
        }
        for (weakness, names) in by_weakness {
            const MOST: usize = 4;
            let mut list = names[..names.len().min(MOST)].join(", ");
            if let Some(more) = names.len().checked_sub(MOST).filter(|more| *more > 0) {
                list = format!("{list} and {more} more");
            }
            let fix = weakness.excluded_by().and_then(|part| {
                let list = self.settings.cipher_list.to_string_lossy();
                advice(
                    format!("context.set_ciphers(\"{list}:{part}\")?"),
                    format!("context.set_ciphers(\"{list}:{part}\")"),
                )
            });
            self.find(
                AuditCode::WeakSuites,
                weakness.severity(),
                format!("weak suites can be negotiated ({weakness}): {list}"),
                fix,
            );
        }
    }
}
