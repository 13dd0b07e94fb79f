//! Checks the context's own certificates, and the certificates that it trusts.

use std::cmp::Ordering;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::x509::{X509, X509ExtendedKeyUsage, X509Ref, X509VerifyResult};

use super::finding::advice;
use super::{AuditCode, Auditor};
use crate::cipher::{CertificateFacts, Severity};
use crate::key::{self, ContextCertificate};
use crate::negotiate::Role;
use pyssl::{Result, VerifyFlags, VerifyMode};

const DAY: i64 = 24 * 60 * 60;

impl Auditor<'_> {
    pub(super) fn check_trust(&mut self) -> Result<()> {
        if self.context.verify_mode() == VerifyMode::CERT_NONE {
            return Ok(());
        }
        let certificates = self.settings.trusted();
        let crls = self.settings.revocation_lists();
        let flags = self.context.verify_flags();
        let checks_crls = flags.contains(VerifyFlags::VERIFY_CRL_CHECK_LEAF);
        if checks_crls && crls == 0 && !self.settings.trusts_directories() {
            self.find(
                AuditCode::NoRevocationList,
                Severity::Error,
                "revocation is checked, but no revocation list is loaded: every handshake fails",
                advice(
                    "context.load_verify_locations(\"crl.pem\")?",
                    "context.load_verify_locations(\"crl.pem\")",
                ),
            );
        }
        let mut expired = Vec::new();
        for certificate in &certificates {
            let x509 = key::x509(certificate)?;
            if seconds(x509.not_after()).is_some_and(|end| end < self.now) {
                expired.push(name(&x509));
            }
        }
        if let Some(first) = expired.first() {
            let severity = if expired.len() == certificates.len() {
                Severity::Error
            } else {
                Severity::Note
            };
            let message = format!(
                "{} of {} trusted certificates have expired, among them {first}",
                expired.len(),
                certificates.len()
            );
            self.find(AuditCode::ExpiredTrust, severity, message, None);
        }
        Ok(())
    }

    pub(super) fn check_certificates(&mut self) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            if self.role == Role::Server && !self.settings.has_psk_server_callback() {
                let message = "the server has no certificate: every handshake fails, unless the \
                               SNI callback switches to a context that has one";
                let severity = match self.settings.has_sni_callback() {
                    true => Severity::Note,
                    false => Severity::Error,
                };
                let fix = advice(
                    "context.load_cert_chain(ssl::CertChain::new(\"server.crt\").keyfile(\"server.key\"))?",
                    "context.load_cert_chain(certfile=\"server.crt\", keyfile=\"server.key\")",
                );
                self.find(AuditCode::NoCertificate, severity, message, fix);
            }
            return Ok(());
        }
        for identity in &held {
            self.check_times(&identity.leaf);
            self.check_key(&identity.leaf);
            self.check_signature(&identity.leaf);
            self.check_leaf(&identity.leaf);
            for certificate in &identity.chain {
                self.check_times(certificate);
                self.check_key(certificate);
                self.check_signature(certificate);
            }
            self.check_chain(identity);
        }
        self.held = held;
        Ok(())
    }

    /// Malformed times are not reported here, because the trial handshake reports them.
    fn check_times(&mut self, certificate: &X509Ref) {
        let subject = name(certificate);
        let (start, end) = (certificate.not_before(), certificate.not_after());
        if seconds(start).is_some_and(|start| start > self.now) {
            let message = format!("{subject} is not valid before {start}");
            self.find(AuditCode::NotYetValid, Severity::Error, message, None);
        }
        let Some(until) = seconds(end) else { return };
        if until < self.now {
            let message = format!("{subject} expired on {end}");
            self.find(AuditCode::Expired, Severity::Error, message, None);
        } else if until < self.now.saturating_add(self.soon) {
            let left = match until.saturating_sub(self.now) / DAY {
                1 => "1 day".to_owned(),
                days => format!("{days} days"),
            };
            let message = format!("{subject} expires in {left}, on {end}");
            self.find(AuditCode::ExpiresSoon, Severity::Warning, message, None);
        }
    }

    /// Keys of unknown types are not reported here, because the trial handshake reports them.
    fn check_key(&mut self, certificate: &X509Ref) {
        let Ok(key) = certificate.public_key() else {
            return;
        };
        let least = match key.id() {
            Id::RSA | Id::RSA_PSS | Id::DSA => 2048,
            Id::EC => 256,
            _ => return,
        };
        if key.bits() < least {
            let message = format!(
                "{} has a key that is too small: {}; the minimum is {least} bits",
                name(certificate),
                key::certificate(certificate)
                    .ok()
                    .and_then(|c| c.key_name())
                    .unwrap_or_default()
            );
            self.find(AuditCode::SmallKey, Severity::Error, message, None);
        }
    }

    /// Checks the digest of the signature. The signature of a self-signed certificate is not
    /// checked by peers, so it is skipped.
    fn check_signature(&mut self, certificate: &X509Ref) {
        let algorithm = certificate.signature_algorithm().object().nid();
        let digest = algorithm.signature_algorithms().map(|both| both.digest);
        // The digest of RSASSA-PSS is a parameter of the algorithm.
        let read = key::certificate(certificate).ok();
        let facts = read.and_then(|certificate| CertificateFacts::of(&certificate).ok());
        let signature = facts.as_ref().map(CertificateFacts::signature);
        let broken = signature == Some("rsassaPss with sha1")
            || matches!(digest, Some(Nid::SHA1 | Nid::MD5));
        if broken && !signed_itself(certificate) {
            let message = format!(
                "{} is signed with {}, which security levels 1 and above refuse",
                name(certificate),
                signature.unwrap_or("a broken digest")
            );
            self.find(AuditCode::WeakSignature, Severity::Error, message, None);
        }
    }

    fn check_leaf(&mut self, leaf: &X509Ref) {
        let subject = name(leaf);
        let (needed, whom) = match self.role {
            Role::Client => (X509ExtendedKeyUsage::SSL_CLIENT, "clients"),
            // OpenSSL also accepts "Server Gated Crypto" for servers.
            Role::Server => (
                X509ExtendedKeyUsage::SSL_SERVER | X509ExtendedKeyUsage::SGC,
                "servers",
            ),
        };
        let fits =
            |usage: X509ExtendedKeyUsage| usage.intersects(needed | X509ExtendedKeyUsage::ANYEKU);
        if !leaf.extended_key_usage().is_none_or(fits) {
            let message = format!("{subject} is not for {whom} (extended key usage)");
            self.find(AuditCode::WrongPurpose, Severity::Error, message, None);
        }
        if self.role == Role::Server && leaf.subject_alt_names().is_none() {
            let message =
                format!("{subject} has no subjectAltName, and browsers ignore its subject");
            self.find(AuditCode::NoAltName, Severity::Warning, message, None);
        }
        if signed_itself(leaf) {
            let message = format!("{subject} is self-signed: peers must trust it directly");
            self.find(AuditCode::SelfSigned, Severity::Note, message, None);
        } else if key::certificate(leaf).is_ok_and(|leaf| leaf.is_ca()) {
            let message = format!(
                "{subject} is a CA certificate; its key should not be on a {}",
                self.role
            );
            self.find(AuditCode::CaAsLeaf, Severity::Warning, message, None);
        }
    }

    /// Reports that the certificate does not have the server's name.
    pub(super) fn wrong_name(&mut self, leaf: &X509Ref) {
        let info = key::certificate(leaf)
            .ok()
            .and_then(|leaf| leaf.get_info().ok());
        let names = info.iter().flat_map(|info| info.subject_alt_name());
        let names = listed(names.map(ToString::to_string).collect());
        let message = format!(
            "{} is not for '{}', but for {}",
            name(leaf),
            self.server_hostname.as_deref().unwrap_or_default(),
            if names.is_empty() {
                "no name".to_owned()
            } else {
                names
            }
        );
        self.find(AuditCode::NameMismatch, Severity::Error, message, None);
    }

    fn check_chain(&mut self, identity: &ContextCertificate) {
        let sent: Vec<&X509> = std::iter::once(&identity.leaf)
            .chain(&identity.chain)
            .collect();
        let in_order = sent.windows(2).all(|pair| issued(pair[1], pair[0]));
        if !in_order {
            let ordered = path(&sent);
            let message = if ordered.len() == sent.len() {
                let order: Vec<_> = ordered
                    .iter()
                    .map(|certificate| name(certificate))
                    .collect();
                format!(
                    "the chain is in the wrong order; the right order is {}",
                    listed(order)
                )
            } else {
                let stray = sent
                    .iter()
                    .find(|one| !ordered.iter().any(|other| std::ptr::eq(*other, **one)));
                format!(
                    "{} does not belong to the chain of {}",
                    stray.map_or_else(String::new, |certificate| name(certificate)),
                    name(&identity.leaf)
                )
            };
            self.find(AuditCode::ChainOrder, Severity::Error, message, None);
        }
        let ordered = path(&sent);
        if let [_, .., top] = &ordered[..] {
            if signed_itself(top) {
                let message = format!(
                    "the chain ends with the root {}, which peers either have or do not trust",
                    name(top)
                );
                self.find(AuditCode::RootSent, Severity::Note, message, None);
            }
        }
    }

    /// Reports that peers do not find the issuer of the last certificate of the chain.
    pub(super) fn unknown_issuer(&mut self, top: &X509Ref) {
        if matches!(
            top.issuer_name().try_cmp(top.subject_name()),
            Ok(Ordering::Equal)
        ) {
            let message = format!("{} is self-signed: peers must trust it directly", name(top));
            self.find(AuditCode::SelfSigned, Severity::Warning, message, None);
            return;
        }
        let message = format!(
            "the chain ends at {}: peers neither receive nor trust its issuer (they trust the \
             system's and the context's own roots, unless others were given)",
            name(top)
        );
        let fix = advice(
            "context.load_cert_chain(ssl::CertChain::new(\"fullchain.pem\").keyfile(\"server.key\"))?",
            "context.load_cert_chain(certfile=\"fullchain.pem\", keyfile=\"server.key\")",
        );
        self.find(AuditCode::ChainIncomplete, Severity::Warning, message, fix);
    }
}

/// The certificates in the order of issue, starting with the first one.
pub(super) fn path<'a>(sent: &[&'a X509]) -> Vec<&'a X509> {
    let mut path: Vec<&X509> = sent.first().copied().into_iter().collect();
    while let Some(last) = path.last() {
        let next = sent.iter().find(|candidate| {
            issued(candidate, last) && !path.iter().any(|seen| std::ptr::eq(*seen, **candidate))
        });
        match next {
            Some(next) => path.push(next),
            None => break,
        }
    }
    path
}

/// The first few of these names, and how many more there are.
fn listed(names: Vec<String>) -> String {
    const MOST: usize = 8;
    let first = names.get(..MOST).unwrap_or(&names).join(", ");
    match names.len().saturating_sub(MOST) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn issued(issuer: &X509Ref, subject: &X509Ref) -> bool {
    issuer.issued(subject) == X509VerifyResult::OK
}

fn signed_itself(certificate: &X509Ref) -> bool {
    issued(certificate, certificate)
}

pub(super) fn name(certificate: &X509Ref) -> String {
    match key::certificate(certificate) {
        Ok(certificate) => format!("'{certificate}'"),
        Err(_) => "a certificate".to_owned(),
    }
}

/// The time in seconds since 1970; `None` if it is malformed. The audit compares times as numbers, because OpenSSL
/// converts a number to a time only up to the year 9999, and on Windows only from 1970 to 3000.
fn seconds(time: &Asn1TimeRef) -> Option<i64> {
    let since = Asn1Time::from_unix(0)
        .and_then(|start| start.diff(time))
        .ok()?;
    Some(i64::from(since.days) * DAY + i64::from(since.secs))
}
