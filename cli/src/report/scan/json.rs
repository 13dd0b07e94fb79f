//! The report as JSON.

use std::io::{self, Write};

use pyssl as ssl;
use pyssl_ciphers::cipher::{Report, Severity};
use pyssl_ciphers::wire::StartTls;
use serde::Serialize;

use super::super::{CertificateJson, SCHEMA, millis, write_json};
use super::data::{
    ChainScan, ClientCertificate, ClientScan, DhGroup, Features, Finding, Groups, Order, Outcome,
    Scan, Signatures, Ssl2, Stapled,
};
use super::{NOT_TRIED, count, unknown_parts};

#[derive(Serialize)]
struct ScanJson<'a> {
    schema: u32,
    target: String,
    starttls: Option<&'static str>,
    server_name: &'a str,
    openssl: &'static str,
    connections: u32,
    unanswered: u32,
    milliseconds: f64,
    findings: &'a [Finding],
    ssl2: Ssl2Json<'a>,
    versions: Vec<VersionJson<'a>>,
    /// The groups of all versions, without duplicates.
    groups: Vec<&'a str>,
    groups_by_version: Vec<FoundJson<'a>>,
    signature_algorithms: Vec<SignatureJson<'a>>,
    signatures_by_version: Vec<FoundJson<'a>>,
    /// The sizes in `dh_groups`.
    dh_bits: Vec<u32>,
    dh_groups: &'a [DhGroup],
    /// The same as `client_certificate.requested`.
    client_certificate_requested: bool,
    client_certificate: &'a ClientCertificate,
    certificates: Vec<KeyJson<'a>>,
    certificates_unknown: Option<&'a str>,
    /// Everything that is unknown, with the reasons.
    unknown: Vec<UnknownJson<'a>>,
    trust: &'a str,
    features: &'a Features,
    clients: &'a [ClientScan],
    not_tried: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviations: Option<&'a [Finding]>,
}

#[derive(Serialize)]
struct UnknownJson<'a> {
    part: String,
    reason: &'a str,
}

impl<'a> From<(String, &'a str)> for UnknownJson<'a> {
    fn from((part, reason): (String, &'a str)) -> UnknownJson<'a> {
        UnknownJson { part, reason }
    }
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

/// The server's certificate, and the results for its chain.
#[derive(Serialize)]
struct KeyJson<'a> {
    key: Option<&'a str>,
    #[serde(flatten)]
    certificate: Option<CertificateJson>,
    signature: &'a str,
    days_left: Option<i64>,
    trusted: bool,
    verify_code: Option<i32>,
    verify_message: Option<&'a str>,
    valid_for_name: bool,
    must_staple: bool,
    stapled: &'a Stapled,
    /// All certificates, in the order in which the server sent them.
    chain: Vec<CertificateJson>,
    findings: &'a [Finding],
}

impl<'a> From<&'a ChainScan> for KeyJson<'a> {
    fn from(chain: &'a ChainScan) -> KeyJson<'a> {
        KeyJson {
            key: chain.key_words.as_deref(),
            certificate: chain.certificates.first().map(Into::into),
            signature: &chain.signature,
            days_left: chain.days_left,
            trusted: chain.distrust.is_none(),
            verify_code: chain.distrust.as_ref().map(|(code, _)| *code),
            verify_message: chain.distrust.as_ref().map(|(_, text)| &**text),
            valid_for_name: chain.valid_for_name,
            must_staple: chain.must_staple,
            stapled: &chain.stapled,
            chain: chain.certificates.iter().map(Into::into).collect(),
            findings: &chain.findings,
        }
    }
}

/// Whether a version is enabled; `None` if this is unknown.
fn enabled(nothing: bool, unknown: Option<&str>) -> Option<bool> {
    match (nothing, unknown) {
        (false, _) => Some(true),
        (true, None) => Some(false),
        (true, Some(_)) => None,
    }
}

pub(crate) fn json(out: &mut dyn Write, scan: &Scan) -> io::Result<()> {
    write_json(out, &of(scan)?)
}

#[derive(Serialize)]
struct SeveralJson<'a> {
    schema: u32,
    exit_code: u8,
    summary: Vec<SummaryJson<'a>>,
    scans: Vec<ScanJson<'a>>,
}

/// One server in the summary.
#[derive(Serialize)]
struct SummaryJson<'a> {
    target: String,
    server_name: &'a str,
    /// The exit code of a scan of this server alone.
    exit_code: u8,
    /// Why the server could not be scanned.
    error: Option<String>,
    errors: Option<usize>,
    warnings: Option<usize>,
    unanswered: Option<u32>,
    /// The worst finding.
    worst: Option<&'a Finding>,
}

/// The summary, and the reports of all servers that could be scanned.
pub(crate) fn json_of_several(
    out: &mut dyn Write,
    outcomes: &[Outcome],
    exit_code: u8,
) -> io::Result<()> {
    let summary = outcomes.iter().map(|outcome| {
        let scan = outcome.result.as_ref().ok();
        let count = |severity| scan.map(|scan| count(&scan.findings, severity));
        SummaryJson {
            target: outcome.job.endpoint.address.to_string(),
            server_name: &outcome.job.server_name,
            exit_code: outcome.code,
            error: outcome.result.as_ref().err().map(ToString::to_string),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            unanswered: scan.map(|scan| scan.unanswered),
            worst: scan.and_then(|scan| scan.findings.first()),
        }
    });
    let summary = summary.collect();
    let scans = outcomes
        .iter()
        .filter_map(|outcome| outcome.result.as_ref().ok());
    let scans = scans.map(of).collect::<io::Result<Vec<_>>>()?;
    write_json(
        out,
        &SeveralJson {
            schema: SCHEMA,
            exit_code,
            summary,
            scans,
        },
    )
}

fn of(scan: &Scan) -> io::Result<ScanJson<'_>> {
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
    let mut dh_bits: Vec<u32> = scan.dh.iter().map(|group| group.bits).collect();
    dh_bits.dedup();
    Ok(ScanJson {
        schema: SCHEMA,
        target: scan.job.endpoint.address.to_string(),
        starttls: scan.job.endpoint.starttls.map(StartTls::name),
        server_name: &scan.job.server_name,
        openssl: *ssl::OPENSSL_VERSION,
        connections: scan.connections,
        unanswered: scan.unanswered,
        milliseconds: millis(scan.time),
        findings: &scan.findings,
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
        dh_bits,
        dh_groups: &scan.dh,
        client_certificate_requested: scan.client_certificate.requested,
        client_certificate: &scan.client_certificate,
        certificates: scan.chains.iter().map(KeyJson::from).collect(),
        certificates_unknown: scan.certificates_unknown(),
        unknown: unknown_parts(scan)
            .into_iter()
            .map(UnknownJson::from)
            .collect(),
        trust: &scan.trust,
        features: &scan.features,
        clients: &scan.clients,
        not_tried: NOT_TRIED,
        policy: scan.policy.as_ref(),
        deviations: scan.deviations.as_deref(),
    })
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
