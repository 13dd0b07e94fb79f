//! The output of `pyssl scan`.

use std::io::{self, Write};
use std::time::Duration;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{Aspect, Report, Severity};
use pyssl_ciphers::wire::StartTls;
use serde::Serialize;
use serde_json::Value;

use super::ciphers::{is_violated, policy_heading, violations};
use super::suites::{DOUBTFUL, SuiteRow, counts, style, table};
use super::{
    BAD, CertificateJson, FAINT, GOOD, Styled, clean, heading, millis, milliseconds, one_line, row,
    write_json,
};
use crate::args::Endpoint;

/// The results of a scan.
pub(crate) struct Scan {
    pub(crate) target: Endpoint,
    pub(crate) server_name: String,
    pub(crate) ssl2: Ssl2,
    pub(crate) versions: Vec<VersionScan>,
    /// The groups of each version that uses groups.
    pub(crate) groups: Vec<Groups>,
    /// The signature schemes of each version that negotiates them.
    pub(crate) signatures: Vec<Signatures>,
    pub(crate) certificates: Vec<ssl::Certificate>,
    /// Why no certificate was seen.
    pub(crate) keys_unknown: Option<String>,
    /// The sizes of finite-field groups of DHE suites.
    pub(crate) dh_bits: Vec<u32>,
    /// Whether the server asked for a client certificate below TLS 1.3.
    pub(crate) requests_certificate: bool,
    pub(crate) connections: u32,
    /// The questions without an answer.
    pub(crate) unanswered: u32,
    pub(crate) time: Duration,
    pub(crate) policy: Option<Report>,
    /// Deviations from the server's intended string.
    pub(crate) deviations: Option<Vec<Deviation>>,
}

/// The answer to the hello of SSL 2.0.
pub(crate) enum Ssl2 {
    /// The names of the suites; none if the version is off.
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

/// The side whose order of preference decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    Server,
    Client,
    Unknown,
}

impl Order {
    fn in_words(self) -> &'static str {
        match self {
            Order::Server => "in the server's order of preference",
            Order::Client => "the client's order of preference decides",
            Order::Unknown => "whose order of preference decides is unknown",
        }
    }
}

/// A difference from the string.
#[derive(Serialize)]
pub(crate) struct Deviation {
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

impl Scan {
    /// 0 if the server matches, 1 if it does not, 3 if that is not known.
    pub(crate) fn exit_code(&self) -> u8 {
        let deviates = self.deviations.iter().flatten().any(|d| counts(d.severity));
        if deviates || self.policy.as_ref().is_some_and(is_violated) {
            return 1;
        }
        let open = self.policy.as_ref().is_some_and(is_open);
        if open || self.unanswered > 0 { 3 } else { 0 }
    }

    /// The aspects on which a question had no answer.
    pub(crate) fn open_aspects(&self) -> Vec<Aspect> {
        let version = self
            .versions
            .iter()
            .any(|version| version.unknown.is_some());
        let versions = version || matches!(self.ssl2, Ssl2::Unknown(_));
        // A version whose support is unknown may have other groups.
        let groups = version || self.groups.iter().any(|groups| groups.unknown.is_some());
        let all = [
            (Aspect::Suites, version),
            (Aspect::Versions, versions),
            (Aspect::Groups, groups),
            (Aspect::Keys, version || self.keys_unknown.is_some()),
        ];
        let open = all.into_iter().filter(|(_, open)| *open);
        open.map(|(aspect, _)| aspect).collect()
    }
}

/// Whether a guideline was not compared as a whole.
fn is_open(report: &Report) -> bool {
    !report.not_compared().is_empty()
}

pub(crate) fn human(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let name = if scan.server_name == scan.target.address.server_name() {
        String::new()
    } else {
        format!(" as {}", scan.server_name)
    };
    let time = milliseconds(scan.time);
    let Scan {
        target,
        connections,
        ..
    } = scan;
    writeln!(out, "{target}{name}, {connections} connections in {time}")?;
    if scan.unanswered > 0 {
        let text = "questions had no answer; the results that depend on them are marked as unknown";
        writeln!(out, "{} {text}", Styled(DOUBTFUL, scan.unanswered))?;
    }
    for version in &scan.versions {
        version_table(out, version)?;
    }
    match &scan.ssl2 {
        Ssl2::Unknown(reason) => unknown(out, "SSL 2.0", reason)?,
        Ssl2::Suites(suites) if suites.is_empty() => off(out, "SSL 2.0")?,
        Ssl2::Suites(suites) => {
            heading(out, "SSL 2.0")?;
            for suite in suites {
                writeln!(out, "{}", Styled(BAD, suite))?;
            }
        }
    }
    heading(out, "Keys")?;
    for groups in &scan.groups {
        let order = if groups.names.len() > 1 {
            format!(" ({})", groups.order.in_words())
        } else {
            String::new()
        };
        let names = found(groups.label, &groups.names, groups.unknown.as_deref());
        row(
            out,
            "groups",
            format_args!("{names}{}", Styled(FAINT, order)),
        )?;
    }
    for bits in &scan.dh_bits {
        row(out, "DH group", format_args!("{bits} bits"))?;
    }
    for all in &scan.signatures {
        let names = found(all.label, &all.names, all.unknown.as_deref());
        row(out, "signatures", names)?;
    }
    for certificate in &scan.certificates {
        let issuer = match certificate.get_info() {
            Ok(info) => format!(", from {}", one_line(info.issuer())),
            Err(_) => String::new(),
        };
        let key = key_type(certificate).unwrap_or_else(|| "unknown key".to_owned());
        row(
            out,
            "certificate",
            format_args!("{key}, {certificate}{issuer}"),
        )?;
    }
    if let Some(reason) = &scan.keys_unknown {
        let text = format!("unknown: {}", clean(reason));
        row(out, "certificate", Styled(DOUBTFUL, text))?;
    }
    if scan.requests_certificate {
        row(out, "client", "the server asks for a certificate")?;
    }
    if let Some(deviations) = &scan.deviations {
        heading(out, "Compared with the cipher string")?;
        for Deviation { severity, message } in deviations {
            writeln!(out, "  {}: {message}", Styled(style(*severity), severity))?;
        }
        if deviations.is_empty() && scan.unanswered == 0 {
            writeln!(out, "  {}", Styled(GOOD, "no difference"))?;
        } else if deviations.is_empty() {
            let text = "no difference in the server's answers";
            writeln!(out, "  {}", Styled(DOUBTFUL, text))?;
        }
    }
    if let Some(report) = &scan.policy {
        if is_open(report) && !is_violated(report) {
            policy_heading(out, report)?;
            let open = report.not_compared().iter().map(ToString::to_string);
            let open = open.collect::<Vec<_>>().join(", ");
            let text = format!("unknown, because some questions had no answer: {open}");
            writeln!(out, "  {}", Styled(DOUBTFUL, text))?;
        } else {
            violations(out, report)?;
        }
    }
    Ok(())
}

fn version_table(out: &mut dyn Write, version: &VersionScan) -> io::Result<()> {
    if version.suites.is_empty() {
        return match &version.unknown {
            Some(reason) => unknown(out, version.label, reason),
            None => off(out, version.label),
        };
    }
    heading(out, version.label)?;
    let rows = version.suites.iter().map(|cipher| SuiteRow {
        cipher,
        obstacle: None,
        proven: false,
        test_key: None,
    });
    table(out, &rows.collect::<Vec<_>>())?;
    if version.suites.len() > 1 {
        writeln!(out, "{}", Styled(FAINT, version.order.in_words()))?;
    }
    if let Some(reason) = &version.unknown {
        let text = format!("further suites are unknown: {}", clean(reason));
        writeln!(out, "{}", Styled(DOUBTFUL, text))?;
    }
    Ok(())
}

fn off(out: &mut dyn Write, label: &str) -> io::Result<()> {
    writeln!(out, "\n{label}  {}", Styled(FAINT, "off"))
}

fn unknown(out: &mut dyn Write, label: &str, reason: &str) -> io::Result<()> {
    let text = format!("unknown: {}", clean(reason));
    writeln!(out, "\n{label}  {}", Styled(DOUBTFUL, text))
}

/// The names that were found in a version, and why there may be more.
fn found(label: &str, names: &[String], unknown: Option<&str>) -> String {
    let more = unknown.map(|reason| format!("; more are unknown: {}", clean(reason)));
    format!("{label}: {}{}", words(names), more.unwrap_or_default())
}

fn words(names: &[String]) -> String {
    if names.is_empty() {
        return "none found".to_owned();
    }
    names.join(" ")
}

/// `RSA 2048 bits`
fn key_type(certificate: &ssl::Certificate) -> Option<String> {
    let certificate = openssl::x509::X509::from_der(&certificate.to_der().ok()?).ok()?;
    let key = certificate.public_key().ok()?;
    let name = match key.id() {
        openssl::pkey::Id::EC => "EC".to_owned(),
        openssl::pkey::Id::RSA => "RSA".to_owned(),
        openssl::pkey::Id::RSA_PSS => "RSA-PSS".to_owned(),
        openssl::pkey::Id::ED25519 => return Some("Ed25519".to_owned()),
        openssl::pkey::Id::ED448 => return Some("Ed448".to_owned()),
        openssl::pkey::Id::DSA => "DSA".to_owned(),
        other => format!("key type {}", other.as_raw()),
    };
    Some(format!("{name} {} bits", key.bits()))
}

#[derive(Serialize)]
struct ScanJson<'a> {
    target: String,
    starttls: Option<&'static str>,
    server_name: &'a str,
    openssl: &'static str,
    connections: u32,
    unanswered: u32,
    milliseconds: f64,
    ssl2: Ssl2Json<'a>,
    versions: Vec<VersionJson<'a>>,
    /// The groups of all versions, without duplicates.
    groups: Vec<&'a str>,
    groups_by_version: Vec<FoundJson<'a>>,
    signature_algorithms: Vec<SignatureJson<'a>>,
    signatures_by_version: Vec<FoundJson<'a>>,
    dh_bits: &'a [u32],
    client_certificate_requested: bool,
    certificates: Vec<KeyJson>,
    certificates_unknown: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviations: Option<&'a [Deviation]>,
}

#[derive(Serialize)]
struct Ssl2Json<'a> {
    /// `null` if that is unknown.
    enabled: Option<bool>,
    unknown: Option<&'a str>,
    ciphers: &'a [String],
}

#[derive(Serialize)]
struct VersionJson<'a> {
    version: &'a str,
    /// `null` if that is unknown.
    enabled: Option<bool>,
    order: Order,
    /// Why the list may be incomplete.
    unknown: Option<&'a str>,
    #[serde(serialize_with = "pyssl_ciphers::serial::dicts")]
    ciphers: &'a [ssl::Cipher],
}

#[derive(Serialize)]
struct FoundJson<'a> {
    version: &'a str,
    names: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
    unknown: Option<&'a str>,
}

#[derive(Serialize)]
struct SignatureJson<'a> {
    version: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct KeyJson {
    key: Option<String>,
    #[serde(flatten)]
    certificate: CertificateJson,
}

/// Whether a version is on; none if it is unknown.
fn enabled(nothing: bool, unknown: Option<&str>) -> Option<bool> {
    match (nothing, unknown) {
        (false, _) => Some(true),
        (true, None) => Some(false),
        (true, Some(_)) => None,
    }
}

pub(crate) fn json(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let versions = scan.versions.iter().map(|version| VersionJson {
        version: version.label,
        enabled: enabled(version.suites.is_empty(), version.unknown.as_deref()),
        order: version.order,
        unknown: version.unknown.as_deref(),
        ciphers: &version.suites,
    });
    let (suites, unknown): (&[_], _) = match &scan.ssl2 {
        Ssl2::Suites(suites) => (suites, None),
        Ssl2::Unknown(reason) => (&[], Some(&**reason)),
    };
    let mut groups: Vec<&str> = Vec::new();
    for name in scan.groups.iter().flat_map(|groups| &groups.names) {
        if !groups.contains(&&**name) {
            groups.push(name);
        }
    }
    let signatures = scan.signatures.iter().flat_map(|all| {
        let version = all.label;
        let names = all.names.iter();
        names.map(move |name| SignatureJson { version, name })
    });
    let mut policy = scan.policy.as_ref().map(serde_json::to_value).transpose()?;
    if let (Some(policy), Some(report)) = (&mut policy, &scan.policy) {
        if is_open(report) && report.conforms() {
            policy["conforms"] = Value::Null;
        }
    }
    write_json(
        out,
        &ScanJson {
            target: scan.target.address.to_string(),
            starttls: scan.target.starttls.map(StartTls::name),
            server_name: &scan.server_name,
            openssl: *ssl::OPENSSL_VERSION,
            connections: scan.connections,
            unanswered: scan.unanswered,
            milliseconds: millis(scan.time),
            ssl2: Ssl2Json {
                enabled: enabled(suites.is_empty(), unknown),
                unknown,
                ciphers: suites,
            },
            versions: versions.collect(),
            groups,
            groups_by_version: scan.groups.iter().map(FoundJson::from).collect(),
            signature_algorithms: signatures.collect(),
            signatures_by_version: scan.signatures.iter().map(FoundJson::from).collect(),
            dh_bits: &scan.dh_bits,
            client_certificate_requested: scan.requests_certificate,
            certificates: scan
                .certificates
                .iter()
                .map(|certificate| KeyJson {
                    key: key_type(certificate),
                    certificate: certificate.into(),
                })
                .collect(),
            certificates_unknown: scan.keys_unknown.as_deref(),
            policy,
            deviations: scan.deviations.as_deref(),
        },
    )
}

impl<'a> From<&'a Groups> for FoundJson<'a> {
    fn from(groups: &'a Groups) -> FoundJson<'a> {
        FoundJson {
            version: groups.label,
            names: &groups.names,
            order: Some(groups.order),
            unknown: groups.unknown.as_deref(),
        }
    }
}

impl<'a> From<&'a Signatures> for FoundJson<'a> {
    fn from(signatures: &'a Signatures) -> FoundJson<'a> {
        FoundJson {
            version: signatures.label,
            names: &signatures.names,
            order: None,
            unknown: signatures.unknown.as_deref(),
        }
    }
}
