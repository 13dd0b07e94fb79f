//! The results of a scan.

use std::fmt;
use std::time::Duration;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{Aspect, CertificateFacts, Report, Severity};
use pyssl_ciphers::wire::ScanCode;
use serde::Serialize;

use super::super::policy::is_violated;
use super::super::suites::counts;
use crate::args::Endpoint;
use crate::failure::Failure;

/// A server, and the name under which it is scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) endpoint: Endpoint,
    pub(crate) server_name: String,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)?;
        match self.server_name == self.endpoint.address.server_name() {
            true => Ok(()),
            false => write!(f, " as {}", self.server_name),
        }
    }
}

/// The result of a scan, or why there is none.
pub(crate) struct Outcome {
    pub(crate) job: Job,
    pub(crate) result: Result<Scan, Failure>,
    /// The exit code of a scan of this server alone.
    pub(crate) code: u8,
}

/// The results for one server under one name.
pub(crate) struct Scan {
    pub(crate) job: Job,
    pub(crate) ssl2: Ssl2,
    pub(crate) versions: Vec<VersionScan>,
    /// One entry for each version that uses groups.
    pub(crate) groups: Vec<Groups>,
    /// One entry for each version that negotiates signatures.
    pub(crate) signatures: Vec<Signatures>,
    pub(crate) chains: Vec<ChainScan>,
    /// The source of the trusted certificates.
    pub(crate) trust: String,
    /// The unanswered questions whose answers are not in a list above.
    pub(crate) open: Vec<Open>,
    /// The finite-field groups of DHE suites.
    pub(crate) dh: Vec<DhGroup>,
    pub(crate) client_certificate: ClientCertificate,
    pub(crate) features: Features,
    /// One entry for each simulated client.
    pub(crate) clients: Vec<ClientScan>,
    /// Whether a client that cannot connect sets the exit code.
    pub(crate) clients_must_connect: bool,
    pub(crate) connections: u32,
    /// The number of unanswered questions.
    pub(crate) unanswered: u32,
    pub(crate) time: Duration,
    pub(crate) policy: Option<Report>,
    /// Deviations from the server's intended string.
    pub(crate) deviations: Option<Vec<Finding>>,
    /// The findings, sorted by severity.
    pub(crate) findings: Vec<Finding>,
}

/// A question without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    /// The name of what is unknown.
    pub(crate) part: String,
    pub(crate) reason: String,
    /// The aspects of guidelines that depend on the answer.
    pub(crate) aspects: &'static [Aspect],
}

/// The answer to the hello of SSL 2.0.
pub(crate) enum Ssl2 {
    /// The names of the suites; empty if the version is disabled.
    Suites(Vec<String>),
    Unknown(String),
}

/// A version and its suites, in the order in which the server chose them.
pub(crate) struct VersionScan {
    pub(crate) version: TlsVersion,
    pub(crate) label: &'static str,
    pub(crate) suites: Vec<ssl::Cipher>,
    pub(crate) order: Order,
    /// Why the list may be incomplete: a question had no answer.
    pub(crate) unknown: Option<String>,
}

/// The groups of a version.
pub(crate) struct Groups {
    pub(crate) label: &'static str,
    pub(crate) numbers: Vec<u16>,
    pub(crate) names: Vec<String>,
    pub(crate) order: Order,
    pub(crate) unknown: Option<String>,
}

/// The signature schemes of a version.
pub(crate) struct Signatures {
    pub(crate) label: &'static str,
    pub(crate) names: Vec<String>,
    pub(crate) unknown: Option<String>,
}

/// A finite-field group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct DhGroup {
    pub(crate) bits: u32,
    /// The group's name, if its prime is that of an RFC.
    pub(crate) name: Option<&'static str>,
}

/// A chain of certificates that the server sends.
pub(crate) struct ChainScan {
    /// The certificates in the order in which the server sent them. The first one is the server's.
    pub(crate) certificates: Vec<ssl::Certificate>,
    /// The facts that guidelines have rules for; `None` if the certificate cannot be read.
    pub(crate) facts: Option<CertificateFacts>,
    /// The other certificates that are not self-signed, each in DER and with its facts.
    pub(crate) intermediates: Vec<(Vec<u8>, Option<CertificateFacts>)>,
    /// The key in words: `RSA 2048 bits`.
    pub(crate) key_words: Option<String>,
    pub(crate) signature: String,
    pub(crate) days_left: Option<i64>,
    /// OpenSSL's code and text if the chain is not trusted.
    pub(crate) distrust: Option<(i32, String)>,
    /// Whether the server's certificate is valid for the server's name.
    pub(crate) valid_for_name: bool,
    pub(crate) must_staple: bool,
    pub(crate) stapled: Stapled,
    pub(crate) findings: Vec<Finding>,
}

/// The stapled OCSP response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "status", content = "reason")]
pub(crate) enum Stapled {
    No,
    Good,
    /// The certificate was revoked.
    Revoked,
    /// The response cannot be used, for this reason.
    Invalid(String),
}

/// How the server treats clients without a certificate.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ClientCertificate {
    pub(crate) requested: bool,
    /// `null` if it is not known.
    pub(crate) required: Option<bool>,
    /// The names of the authorities whose certificates the server wants.
    pub(crate) authorities: Vec<String>,
}

/// The settings apart from suites and keys. `None` means that a setting is unknown, or is not
/// defined for the enabled versions.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Features {
    /// The application protocols (ALPN) that the server accepts.
    pub(crate) alpn: Option<Vec<String>>,
    pub(crate) extended_master_secret: Option<bool>,
    pub(crate) secure_renegotiation: Option<bool>,
    pub(crate) compression: Option<bool>,
    /// Whether a session of TLS 1.2 or older was resumed by its id.
    pub(crate) resumption_by_id: Option<bool>,
    /// Whether a session of TLS 1.2 or older was resumed by a ticket.
    pub(crate) resumption_by_ticket: Option<bool>,
    /// Whether a session of TLS 1.3 was resumed.
    pub(crate) resumption_tls13: Option<bool>,
}

/// The result of a simulated client.
#[derive(Debug, Serialize)]
pub(crate) struct ClientScan {
    pub(crate) name: String,
    pub(crate) title: String,
    /// `null` if it is not known.
    pub(crate) connects: Option<bool>,
    pub(crate) version: Option<&'static str>,
    pub(crate) cipher: Option<&'static str>,
    pub(crate) group: Option<String>,
    /// Why the client does not connect, or why this is unknown.
    pub(crate) reason: Option<String>,
}

/// A fact about the server that should be changed or known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) code: ScanCode,
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn new(code: ScanCode, severity: Severity, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity,
            message: message.into(),
        }
    }
}

/// The side whose order of preference decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    Server,
    Client,
    Unknown,
}

impl Scan {
    /// The exit code without --fail-on: 0 if the server matches the policy or string, 1 if it does not, 3 if this is
    /// unknown.
    pub(crate) fn exit_code(&self) -> u8 {
        let deviates = self.deviations.iter().flatten().any(|d| counts(d.severity));
        let cannot = self.clients.iter().any(|c| c.connects == Some(false));
        let fails = self.clients_must_connect && cannot;
        if deviates || fails || self.policy.as_ref().is_some_and(is_violated) {
            return 1;
        }
        let unknown = self.clients.iter().any(|c| c.connects.is_none());
        let open = self.policy.as_ref().is_some_and(is_open)
            || self.deviations.is_some() && self.string_is_open()
            || self.clients_must_connect && unknown;
        if open || self.unanswered > 0 { 3 } else { 0 }
    }

    /// Whether the server may accept suites that were not compared with the cipher string.
    pub(crate) fn string_is_open(&self) -> bool {
        let mut versions = self.versions.iter();
        versions.any(|v| v.version < TlsVersion::TLSv1_3 && v.unknown.is_some())
    }

    /// The enabled versions.
    pub(crate) fn on(&self) -> impl Iterator<Item = &VersionScan> {
        self.versions.iter().filter(|v| !v.suites.is_empty())
    }

    /// Why certificates are unknown.
    pub(crate) fn certificates_unknown(&self) -> Option<&str> {
        let depends = |open: &&Open| open.aspects.contains(&Aspect::Certificates);
        self.open.iter().find(depends).map(|open| &*open.reason)
    }

    /// The aspects with an unanswered question.
    pub(crate) fn open_aspects(&self) -> Vec<Aspect> {
        let version = self
            .versions
            .iter()
            .any(|version| version.unknown.is_some());
        let versions = version || matches!(self.ssl2, Ssl2::Unknown(_));
        // A version whose support is unknown may have other groups.
        let groups = version || self.groups.iter().any(|groups| groups.unknown.is_some());
        let mut signatures = self.signatures.iter();
        let signatures = version || signatures.any(|found| found.unknown.is_some());
        let all = [
            (Aspect::Suites, version),
            (Aspect::Versions, versions),
            (Aspect::Groups, groups),
            (Aspect::Signatures, signatures),
            // The sizes of groups are compared with the rules on keys.
            (Aspect::Keys, groups),
            (Aspect::Keys, version),
            (Aspect::Certificates, version),
            (Aspect::Features, version),
        ];
        let depends = |aspect| self.open.iter().any(|open| open.aspects.contains(&aspect));
        let open = all
            .into_iter()
            .filter(|(aspect, open)| *open || depends(*aspect));
        open.map(|(aspect, _)| aspect).collect()
    }
}

/// Whether parts of a guideline were not compared.
pub(crate) fn is_open(report: &Report) -> bool {
    !report.not_compared().is_empty()
}
