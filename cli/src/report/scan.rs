//! The output of `pyssl scan`.

use std::io::{self, Write};
use std::time::Duration;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{Report, Severity};
use serde::Serialize;

use super::ciphers::{is_violated, violations};
use super::suites::{DOUBTFUL, SuiteRow, counts, style, table};
use super::{
    CertificateJson, FAINT, GOOD, Styled, heading, millis, milliseconds, one_line, row, write_json,
};
use crate::args::HostPort;

/// The results of a scan.
pub(crate) struct Scan {
    pub(crate) target: HostPort,
    pub(crate) server_name: String,
    pub(crate) versions: Vec<VersionScan>,
    pub(crate) groups: Vec<String>,
    pub(crate) group_order: Order,
    /// Each with the version in which it was found.
    pub(crate) signatures: Vec<(&'static str, String)>,
    pub(crate) certificates: Vec<ssl::Certificate>,
    pub(crate) connections: u32,
    /// The connections without an answer in time.
    pub(crate) unanswered: u32,
    pub(crate) time: Duration,
    pub(crate) policy: Option<Report>,
    /// Deviations from the server's intended string.
    pub(crate) deviations: Option<Vec<Deviation>>,
}

/// A version and its suites, in the order in which the server chose them.
pub(crate) struct VersionScan {
    pub(crate) version: TlsVersion,
    pub(crate) label: &'static str,
    pub(crate) suites: Vec<ssl::Cipher>,
    pub(crate) order: Order,
    /// Whether a handshake succeeded.
    pub(crate) completes: bool,
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
pub(crate) struct Deviation {
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

impl Scan {
    /// 0 if the server matches, otherwise 1.
    pub(crate) fn exit_code(&self) -> u8 {
        let deviates = self.deviations.iter().flatten().any(|d| counts(d.severity));
        u8::from(deviates || self.policy.as_ref().is_some_and(is_violated))
    }
}

pub(crate) fn human(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let name = if scan.server_name == scan.target.server_name() {
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
        let text = "had no answer in time; some settings may be missing here";
        writeln!(out, "{} {text}", Styled(DOUBTFUL, scan.unanswered))?;
    }
    for version in &scan.versions {
        if version.suites.is_empty() {
            writeln!(out, "\n{}  {}", version.label, Styled(FAINT, "off"))?;
            continue;
        }
        heading(out, version.label)?;
        let rows = version.suites.iter().map(|cipher| SuiteRow {
            cipher,
            obstacle: None,
            proven: false,
            test_key: None,
        });
        table(out, &rows.collect::<Vec<_>>())?;
        let text = version.order.in_words();
        if version.suites.len() > 1 {
            writeln!(out, "{}", Styled(FAINT, text))?;
        }
        if !version.completes {
            let text = "no handshake succeeded (the server may require a certificate)";
            writeln!(out, "{}", Styled(FAINT, text))?;
        }
    }
    heading(out, "Keys")?;
    let order = if scan.groups.len() > 1 {
        format!(" ({})", scan.group_order.in_words())
    } else {
        String::new()
    };
    row(
        out,
        "groups",
        format_args!("{}{}", words(&scan.groups), Styled(FAINT, order)),
    )?;
    let mut rest = &scan.signatures[..];
    while let Some((label, _)) = rest.first() {
        let (these, others): (&[_], &[_]) =
            rest.split_at(rest.partition_point(|(l, _)| l == label));
        let names: Vec<_> = these.iter().map(|(_, name)| name.clone()).collect();
        row(
            out,
            "signatures",
            format_args!("{label}: {}", words(&names)),
        )?;
        rest = others;
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
    if let Some(deviations) = &scan.deviations {
        heading(out, "Compared with the cipher string")?;
        for Deviation { severity, message } in deviations {
            writeln!(out, "  {}: {message}", Styled(style(*severity), severity))?;
        }
        if deviations.is_empty() {
            writeln!(out, "  {}", Styled(GOOD, "no difference"))?;
        }
    }
    if let Some(judged) = &scan.policy {
        violations(out, judged)?;
    }
    Ok(())
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
    server_name: &'a str,
    openssl: &'static str,
    connections: u32,
    unanswered: u32,
    milliseconds: f64,
    versions: Vec<VersionJson>,
    groups: &'a [String],
    group_order: Order,
    signature_algorithms: Vec<SignatureJson<'a>>,
    certificates: Vec<KeyJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviations: Option<Vec<DeviationJson<'a>>>,
}

#[derive(Serialize)]
struct VersionJson {
    version: String,
    enabled: bool,
    order: Order,
    handshake_completes: bool,
    #[serde(serialize_with = "pyssl_ciphers::serial::dicts")]
    ciphers: Vec<ssl::Cipher>,
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

#[derive(Serialize)]
struct DeviationJson<'a> {
    severity: String,
    message: &'a str,
}

pub(crate) fn json(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    let mut versions = Vec::new();
    for version in &scan.versions {
        versions.push(VersionJson {
            version: version.label.to_owned(),
            enabled: !version.suites.is_empty(),
            order: version.order,
            handshake_completes: version.completes,
            ciphers: version.suites.clone(),
        });
    }
    let signatures = scan.signatures.iter();
    let deviations = scan.deviations.as_ref().map(|deviations| {
        let all = deviations.iter().map(|deviation| DeviationJson {
            severity: deviation.severity.to_string(),
            message: &deviation.message,
        });
        all.collect()
    });
    write_json(
        out,
        &ScanJson {
            target: scan.target.to_string(),
            server_name: &scan.server_name,
            openssl: *ssl::OPENSSL_VERSION,
            connections: scan.connections,
            unanswered: scan.unanswered,
            milliseconds: millis(scan.time),
            versions,
            groups: &scan.groups,
            group_order: scan.group_order,
            signature_algorithms: signatures
                .map(|(version, name)| SignatureJson { version, name })
                .collect(),
            certificates: scan
                .certificates
                .iter()
                .map(|certificate| KeyJson {
                    key: key_type(certificate),
                    certificate: certificate.into(),
                })
                .collect(),
            policy: scan.policy.as_ref(),
            deviations,
        },
    )
}
