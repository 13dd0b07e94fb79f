//! The report as JSON.

use std::io::{self, Write};

use pyssl as ssl;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{self, Cipher, CipherDiff, CipherStringError, Explanation, Finding};
use pyssl_ciphers::negotiate::Usable;
use serde::Serialize;

use super::Report;
use super::compat::{ClientJson, OnVersionJson};
use super::fix::FixJson;
use crate::report::{SCHEMA, write_json};

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: u32,
    string: &'a str,
    openssl: &'static str,
    /// The result of `get_ciphers()`; `None` if the string is invalid.
    ciphers: Option<Suites<'a>>,
    error: Option<ArgumentErrorJson<'a>>,
    security_level: Option<u32>,
    details: Vec<Details<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a [Finding]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<&'a CipherDiff>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a cipher::Report>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<OnVersionJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<Vec<ClientJson<'a>>>,
}

pub(crate) fn json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let on_versions = report.on_versions.iter();
    let clients = report.clients.as_ref();
    write_json(
        out,
        &ReportJson {
            schema: SCHEMA,
            string: &report.string,
            openssl: *ssl::OPENSSL_VERSION,
            ciphers: report.error.is_none().then_some(Suites(&report.ciphers)),
            error: report
                .error
                .as_ref()
                .map(|(argument, error)| ArgumentErrorJson { argument, error }),
            security_level: report.security_level,
            details: (0..)
                .zip(&report.ciphers)
                .map(|(number, cipher)| Details::new(report, cipher, report.tried(number)))
                .collect(),
            explanation: report.explanation.as_ref(),
            findings: report.findings.as_deref(),
            fix: report.fix.as_ref().map(FixJson::from),
            diff: report.diff.as_ref(),
            policy: report.policy.as_ref(),
            versions: on_versions
                .map(|on| OnVersionJson::new(on, report.explain))
                .collect(),
            clients: clients.map(|clients| clients.iter().map(ClientJson::from).collect()),
        },
    )
}

/// The list of `get_ciphers()`.
#[derive(Serialize)]
struct Suites<'a>(#[serde(serialize_with = "pyssl_ciphers::serial::dicts")] &'a [Cipher]);

/// The details of a suite that `get_ciphers()` does not give.
#[derive(Serialize)]
struct Details<'a> {
    name: &'a str,
    standard_name: Option<&'a str>,
    hex: String,
    forward_secret: bool,
    weaknesses: Vec<&'static str>,
    severity: Option<cipher::Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_usable_because: Option<String>,
    /// Why the suite would not be usable without the test key that the trial used, because the server
    /// has no certificate of that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_key: Option<String>,
}

impl<'a> Details<'a> {
    fn new(report: &Report, cipher: &'a Cipher, tried: Option<&Usable>) -> Details<'a> {
        let weaknesses = cipher.weaknesses();
        let why = tried.and_then(Usable::why).map(ToString::to_string);
        Details {
            name: cipher.name,
            standard_name: cipher.standard_name,
            hex: cipher.hex_id(),
            forward_secret: cipher.forward_secret(),
            severity: cipher.severity(),
            weaknesses: weaknesses.into_iter().map(|w| w.slug()).collect(),
            usable: tried.map(Usable::usable),
            test_key: tried.and_then(Usable::test_key).map(ToString::to_string),
            not_usable_because: why.or_else(|| report.version_obstacle(cipher)),
        }
    }
}

#[derive(Serialize)]
struct ArgumentErrorJson<'a> {
    argument: &'static str,
    #[serde(flatten)]
    error: &'a CipherStringError,
}
