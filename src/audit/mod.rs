//! What is wrong with a whole context: [`SslContext::audit`].
//!
//! Python's `ssl` makes it easy to write a client that verifies nothing, and nothing says so. The
//! audit reads a context as a reviewer would:
//!
//! ```python
//! context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
//! context.load_verify_locations(cafile="ca_cert.pem")
//! ```
//! ```
//! use pyssl as ssl;
//! use pyssl::audit::AuditCode;
//!
//! # let ca = pyssl_testing::Ca::new().cert_pem();
//! let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2)?;
//! context.load_verify_locations(ssl::VerifyLocations::new().cadata(ca))?;
//! for finding in context.audit(())? {
//!     println!("{finding}");
//! }
//! # let first = &context.audit(())?[0];
//! # assert_eq!(first.code(), AuditCode::TrustUnused);
//! # Ok::<(), ssl::Error>(())
//! ```

mod certificate;
mod code;
mod finding;
mod options;
mod policy;
mod settings;
mod suites;
mod trial;

use std::path::PathBuf;
use std::time::SystemTime;

pub use code::AuditCode;
pub use finding::AuditFinding;
pub use options::AuditOptions;

use crate::cipher::Severity;
use crate::constants::Protocol;
use crate::context::{Settings, SslContext};
use crate::error::Result;
use crate::hostname::ServerName;
use crate::negotiate::Role;
use finding::Advice;

impl SslContext {
    /// What is wrong with the context as a whole, or worth knowing about it, worst first.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl::audit::AuditCode;
    ///
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_check_hostname(false)?;
    /// context.set_verify_mode(ssl::CERT_NONE)?;
    /// let findings = context.audit("example.com")?;
    /// let unverified = findings.iter().find(|f| f.code() == AuditCode::NotVerified);
    /// let unverified = unverified.ok_or("it is verified").unwrap();
    /// assert_eq!(unverified.rust(), Some("context.set_verify_mode(ssl::CERT_REQUIRED)?"));
    /// assert_eq!(unverified.python(), Some("context.verify_mode = ssl.CERT_REQUIRED"));
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// It looks at verification, versions, suites, the trust store and the certificates that are
    /// loaded, and tries handshakes in memory with a default peer (what `create_default_context`
    /// makes), one with TLS 1.2 and one with TLS 1.3 for each certificate. A handshake that fails
    /// is a finding of severity warning or error. So without such a finding, default peers
    /// connect; the notes of code [`NotTried`](AuditCode::NotTried) say what was not tried.
    ///
    /// A default client trusts what the system and this context trust; with
    /// [`peer_cafile`](AuditOptions::peer_cafile) it trusts that file instead. A default server's
    /// certificate comes from an authority that is made for the trial.
    ///
    /// Nothing is sent anywhere, the context is not changed, and its callbacks are not called.
    ///
    /// # Errors
    ///
    /// `ValueError`, `TypeError` and `UnicodeError` for an invalid host name; `OSError` and
    /// `SSLError` for a `peer_cafile` that cannot be read; `SSLError` if OpenSSL cannot make
    /// contexts.
    pub fn audit(&self, options: impl Into<AuditOptions>) -> Result<Vec<AuditFinding>> {
        let options = options.into();
        let settings = self.settings();
        let mut auditor = Auditor {
            context: self,
            role: options.role.unwrap_or_else(|| role_of(&settings)),
            settings,
            server_hostname: match &options.server_hostname {
                Some(name) => {
                    let name = ServerName::new(name)?;
                    name.require_no_nul()?;
                    name.require_usable()?;
                    Some(name)
                }
                None => None,
            },
            at_another_time: options.now.is_some(),
            peer_cafile: options.peer_cafile.clone(),
            now: seconds(options.now.unwrap_or_else(SystemTime::now)),
            soon: i64::try_from(options.expires_soon.as_secs()).unwrap_or(i64::MAX),
            findings: Vec::new(),
        };
        auditor.check_verification();
        auditor.check_versions()?;
        auditor.check_suites()?;
        auditor.check_options();
        auditor.check_trust()?;
        auditor.check_certificates()?;
        auditor.check_handshakes()?;
        let mut findings = auditor.findings;
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
        Ok(findings)
    }
}

/// What the context is probably for.
fn role_of(settings: &Settings) -> Role {
    match settings.protocol {
        Protocol::PROTOCOL_TLS_CLIENT => Role::Client,
        Protocol::PROTOCOL_TLS_SERVER => Role::Server,
        _ if settings.identities.is_empty() && settings.psk_server.is_none() => Role::Client,
        _ => Role::Server,
    }
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> i64 {
    let seconds = |period: std::time::Duration| i64::try_from(period.as_secs());
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(period) => seconds(period).unwrap_or(i64::MAX),
        Err(before) => seconds(before.duration()).map_or(i64::MIN, |n| -n),
    }
}

struct Auditor<'a> {
    context: &'a SslContext,
    role: Role,
    settings: Settings,
    server_hostname: Option<ServerName>,
    at_another_time: bool,
    peer_cafile: Option<PathBuf>,
    now: i64,
    soon: i64,
    findings: Vec<AuditFinding>,
}

impl Auditor<'_> {
    fn find(
        &mut self,
        code: AuditCode,
        severity: Severity,
        message: impl Into<Box<str>>,
        advice: Option<Advice>,
    ) {
        self.findings.push(AuditFinding {
            code,
            severity,
            message: message.into(),
            advice,
        });
    }
}
