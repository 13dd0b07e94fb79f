//! The problems of a whole context: [`SslContextExt::audit`](crate::SslContextExt::audit).
//!
//! Python's `ssl` makes it easy to write a client that verifies nothing, without a warning. The
//! audit finds such mistakes:
//!
//! ```python
//! context = ssl.SSLContext(ssl.PROTOCOL_TLSv1_2)
//! context.load_verify_locations(cafile="ca_cert.pem")
//! ```
//! ```
//! use pyssl as ssl;
//! use pyssl_ciphers::SslContextExt;
//! use pyssl_ciphers::audit::AuditCode;
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
pub(crate) use policy::check_policy;

use crate::cipher::Severity;
use crate::key::ContextCertificate;
use crate::negotiate::Role;
use finding::Advice;
use pyssl::{ContextSettings, MemoryBio, Protocol, Result, SslContext, WrapBio};

pub(crate) fn audit(context: &SslContext, options: AuditOptions) -> Result<Vec<AuditFinding>> {
    let settings = context.settings();
    let mut auditor = Auditor {
        context,
        held: ContextCertificate::all(&settings)?,
        role: options.role.unwrap_or_else(|| role_of(context)),
        settings,
        server_hostname: options
            .server_hostname
            .as_deref()
            .map(host_name)
            .transpose()?,
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

/// The name as a client sends it, in ASCII.
fn host_name(name: &str) -> Result<String> {
    let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT)?;
    let (incoming, outgoing) = (MemoryBio::new(), MemoryBio::new());
    let object = client.wrap_bio(&incoming, &outgoing, WrapBio::from(name))?;
    let known = object.server_hostname().map(str::to_owned);
    Ok(known.unwrap_or_default())
}

/// The probable role of a context.
fn role_of(context: &SslContext) -> Role {
    let settings = context.settings();
    match context.protocol() {
        Protocol::PROTOCOL_TLS_CLIENT => Role::Client,
        Protocol::PROTOCOL_TLS_SERVER => Role::Server,
        _ if settings.identities().is_empty() && !settings.has_psk_server_callback() => {
            Role::Client
        }
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
    settings: ContextSettings,
    held: Vec<ContextCertificate>,
    server_hostname: Option<String>,
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
