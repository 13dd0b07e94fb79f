//! Checks verification, versions and options.

use super::finding::advice;
use super::{AuditCode, Auditor};
use crate::cipher::Severity;
use crate::negotiate::{self, Role, version_name, version_names};
use pyssl::{Options, Protocol, Result, TlsVersion, VerifyFlags, VerifyMode};

/// `SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION`, for which Python has no name.
const ALLOW_UNSAFE_LEGACY_RENEGOTIATION: u64 = 0x4_0000;

impl Auditor<'_> {
    pub(super) fn check_verification(&mut self) {
        let verifies = self.context.verify_mode() != VerifyMode::CERT_NONE;
        let trusts = !self.trusts_nothing();
        let verify = advice(
            "context.set_verify_mode(ssl::CERT_REQUIRED)?",
            "context.verify_mode = ssl.CERT_REQUIRED",
        );
        match (self.role, verifies) {
            (Role::Client, false) if trusts => self.find(
                AuditCode::TrustUnused,
                Severity::Error,
                "trusted certificates are loaded, but the mode is CERT_NONE: every server is \
                 accepted, with any certificate",
                verify,
            ),
            (Role::Client, false) => self.find(
                AuditCode::NotVerified,
                Severity::Error,
                "the mode is CERT_NONE: every server is accepted, with any certificate",
                verify,
            ),
            (Role::Server, false) if trusts => self.find(
                AuditCode::TrustUnused,
                Severity::Warning,
                "trusted certificates are loaded, but the mode is CERT_NONE: no client is asked \
                 for its certificate",
                verify,
            ),
            (_, true) if !trusts => self.find(
                AuditCode::NothingTrusted,
                Severity::Error,
                format!(
                    "certificates are verified, but the trust store is empty: no {} can be verified",
                    match self.role {
                        Role::Client => Role::Server,
                        Role::Server => Role::Client,
                    }
                ),
                match self.role {
                    Role::Client => advice(
                        "context.load_default_certs(ssl::Purpose::SERVER_AUTH)?",
                        "context.load_default_certs(ssl.Purpose.SERVER_AUTH)",
                    ),
                    Role::Server => advice(
                        "context.load_verify_locations(\"clients-ca.pem\")?",
                        "context.load_verify_locations(\"clients-ca.pem\")",
                    ),
                },
            ),
            _ => {}
        }
        if self.role == Role::Client && !self.context.check_hostname() {
            self.find(
                AuditCode::HostNotChecked,
                Severity::Error,
                "check_hostname is off: a certificate for any other host is accepted",
                advice(
                    "context.set_check_hostname(true)?",
                    "context.check_hostname = True",
                ),
            );
        }
        if self.role == Role::Server && self.context.verify_mode() == VerifyMode::CERT_OPTIONAL {
            self.find(
                AuditCode::ClientsOptional,
                Severity::Note,
                "the mode is CERT_OPTIONAL: clients without a certificate are accepted",
                advice(
                    "context.set_verify_mode(ssl::CERT_REQUIRED)?",
                    "context.verify_mode = ssl.CERT_REQUIRED",
                ),
            );
        }
        let flags = self.context.verify_flags();
        if verifies && !flags.contains(VerifyFlags::VERIFY_X509_STRICT) {
            self.find(
                AuditCode::NotStrict,
                Severity::Note,
                "certificates that break RFC 5280 are accepted; create_default_context is strict \
                 since Python 3.13",
                advice(
                    "context.set_verify_flags(context.verify_flags() | ssl::VERIFY_X509_STRICT)?",
                    "context.verify_flags |= ssl.VERIFY_X509_STRICT",
                ),
            );
        }
    }

    pub(super) fn check_versions(&mut self) -> Result<()> {
        let versions = self.settings.versions();
        let fixed = !matches!(
            self.context.protocol(),
            Protocol::PROTOCOL_TLS | Protocol::PROTOCOL_TLS_CLIENT | Protocol::PROTOCOL_TLS_SERVER
        );
        let minimum = if fixed {
            let side = match self.role {
                Role::Client => "CLIENT",
                Role::Server => "SERVER",
            };
            advice(
                format!("let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_{side})?"),
                format!("context = ssl.SSLContext(ssl.PROTOCOL_TLS_{side})"),
            )
        } else {
            advice(
                "context.set_minimum_version(ssl::TlsVersion::TLSv1_2)?",
                "context.minimum_version = ssl.TLSVersion.TLSv1_2",
            )
        };
        if versions.is_empty() {
            self.find(
                AuditCode::NoVersion,
                Severity::Error,
                "minimum version, maximum version and options leave no version: every handshake fails",
                minimum,
            );
            return Ok(());
        }
        if versions.contains(&TlsVersion::SSLv3) {
            self.find(
                AuditCode::SslV3,
                Severity::Error,
                "SSL 3.0 is on, which POODLE broke and RFC 7568 forbids",
                minimum.clone(),
            );
        }
        let old: Vec<_> = versions
            .iter()
            .copied()
            .filter(|v| (TlsVersion::TLSv1..TlsVersion::TLSv1_2).contains(v))
            .collect();
        if !old.is_empty() {
            let names = version_names(&old);
            let are = if old.len() == 1 { "is" } else { "are" };
            let highest = |level| negotiate::highest_below_tls12(self.context, self.role, level);
            let (severity, how) = match (highest(None)?, highest(Some(0))?) {
                (Some(version), _) => (
                    Severity::Error,
                    format!("a handshake with {} succeeds", version_name(version)),
                ),
                (None, Some(_)) => (
                    Severity::Warning,
                    format!(
                        "only security level {} prevents them",
                        self.context.security_level()
                    ),
                ),
                (None, None) => (
                    Severity::Warning,
                    "but no handshake with them succeeded".to_owned(),
                ),
            };
            self.find(
                AuditCode::OldVersions,
                severity,
                format!("{names} {are} on, which RFC 8996 forbids; {how}"),
                minimum.clone(),
            );
        }
        if !versions.contains(&TlsVersion::TLSv1_3) {
            let fix = if fixed {
                minimum
            } else if self.context.options().contains(Options::OP_NO_TLSv1_3) {
                advice(
                    "context.set_options(context.options() - ssl::OP_NO_TLSv1_3)?",
                    "context.options &= ~ssl.OP_NO_TLSv1_3",
                )
            } else {
                advice(
                    "context.set_maximum_version(ssl::TlsVersion::MAXIMUM_SUPPORTED)?",
                    "context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED",
                )
            };
            self.find(
                AuditCode::NoTls13,
                Severity::Warning,
                format!("TLS 1.3 is off; on: {}", version_names(&versions)),
                fix,
            );
        }
        Ok(())
    }

    pub(super) fn check_options(&mut self) {
        let options = self.context.options();
        if !options.contains(Options::OP_NO_COMPRESSION) {
            self.find(
                AuditCode::Compression,
                Severity::Warning,
                "compression is allowed, which reveals secrets through their lengths (CRIME)",
                advice(
                    "context.set_options(context.options() | ssl::OP_NO_COMPRESSION)?",
                    "context.options |= ssl.OP_NO_COMPRESSION",
                ),
            );
        }
        let unsafe_renegotiation = Options::from_bits_retain(ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
        if options.contains(unsafe_renegotiation) {
            self.find(
                AuditCode::UnsafeRenegotiation,
                Severity::Error,
                "renegotiation without RFC 5746 is allowed: an attacker can insert data at the start",
                advice(
                    "context.set_options(context.options() - ssl::Options::from_bits_retain(0x40000))?",
                    "context.options &= ~0x40000",
                ),
            );
        } else if self.role == Role::Client && options.contains(Options::OP_LEGACY_SERVER_CONNECT) {
            self.find(
                AuditCode::UnsafeRenegotiation,
                Severity::Warning,
                "servers without secure renegotiation (RFC 5746) are accepted",
                advice(
                    "context.set_options(context.options() - ssl::OP_LEGACY_SERVER_CONNECT)?",
                    "context.options &= ~ssl.OP_LEGACY_SERVER_CONNECT",
                ),
            );
        }
        if let Some(filename) = self.context.keylog_filename() {
            self.find(
                AuditCode::KeyLog,
                Severity::Warning,
                format!(
                    "secrets are written to {}: anyone who can read it can decrypt every connection",
                    filename.display()
                ),
                advice(
                    "context.set_keylog_filename(None::<&str>)?",
                    "context.keylog_filename = None",
                ),
            );
        }
        if self.role == Role::Server {
            self.check_server_options(options);
        }
    }

    fn check_server_options(&mut self, options: Options) {
        if !options.contains(Options::OP_CIPHER_SERVER_PREFERENCE) {
            self.find(
                AuditCode::ClientPreference,
                Severity::Note,
                "the client's order of suites decides, not the server's",
                advice(
                    "context.set_options(context.options() | ssl::OP_CIPHER_SERVER_PREFERENCE)?",
                    "context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE",
                ),
            );
        }
        let tls12 = self.settings.versions();
        let tls12 = tls12.iter().any(|version| *version < TlsVersion::TLSv1_3);
        if tls12 && !options.contains(Options::OP_NO_TICKET) {
            self.find(
                AuditCode::Tickets,
                Severity::Note,
                "session tickets of TLS 1.2 are encrypted with a key as old as the context, unless the \
                 program changes it (set_ticket_keys): after weeks there is no forward secrecy",
                advice(
                    "context.set_options(context.options() | ssl::OP_NO_TICKET)?",
                    "context.options |= ssl.OP_NO_TICKET",
                ),
            );
        }
        if !self.settings.has_sni_callback() && !self.held.is_empty() {
            self.find(
                AuditCode::NoSni,
                Severity::Note,
                "without an SNI callback, clients get the same certificate for every name",
                advice(
                    "context.set_sni_callback(|request| ...)?",
                    "context.sni_callback = choose",
                ),
            );
        }
    }
}
