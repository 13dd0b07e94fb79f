//! The report as JSON.

use pyssl_ciphers::CipherExt;
use std::io::{self, Write};

use pyssl as ssl;
use pyssl_ciphers::cipher::{
    Cipher, CipherDiff, CipherStringError, Effect, Explanation, Finding, Step,
};
use pyssl_ciphers::negotiate::Usable;
use serde::Serialize;
use serde_json::value::RawValue;

use super::compat::{ClientJson, OnVersionJson};
use super::{Judged, Report, changes_list};
use crate::report::write_json;

#[derive(Serialize)]
struct ReportJson<'a> {
    string: &'a str,
    openssl: &'static str,
    /// The result of `get_ciphers()`; `None` if the string is invalid.
    ciphers: Option<Box<RawValue>>,
    error: Option<ArgumentErrorJson<'a>>,
    security_level: Option<u32>,
    details: Vec<Details<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<ExplanationJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<FindingJson<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<DiffJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<OnVersionJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<Vec<ClientJson<'a>>>,
}

pub(crate) fn json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let ciphers = match report.error {
        None => Some(list(&report.ciphers)?),
        Some(_) => None,
    };
    write_json(
        out,
        &ReportJson {
            string: &report.string,
            openssl: *ssl::OPENSSL_VERSION,
            ciphers,
            error: report
                .error
                .as_ref()
                .map(|(argument, error)| ArgumentErrorJson {
                    argument,
                    error: error.into(),
                }),
            security_level: report.security_level,
            details: (0..)
                .zip(&report.ciphers)
                .map(|(number, cipher)| Details::new(report, cipher, report.tried(number)))
                .collect(),
            explanation: report.explanation.as_ref().map(ExplanationJson::from),
            findings: report
                .findings
                .as_ref()
                .map(|findings| findings.iter().map(FindingJson::from).collect()),
            diff: report.diff.as_ref().map(DiffJson::from),
            policy: report.policy.as_ref().map(PolicyJson::from),
            versions: report
                .on_versions
                .iter()
                .map(|on| OnVersionJson::new(on, report.explain))
                .collect(),
            clients: report
                .clients
                .as_ref()
                .map(|clients| clients.iter().map(ClientJson::from).collect()),
        },
    )
}

/// The list of dicts as Python's `json.dumps` prints it, one dict per line.
pub(in crate::report) fn list(ciphers: &[Cipher]) -> io::Result<Box<RawValue>> {
    let rows: Vec<_> = ciphers.iter().map(Cipher::to_json).collect();
    let text = if rows.is_empty() {
        "[]".to_owned()
    } else {
        format!("[\n    {}\n  ]", rows.join(",\n    "))
    };
    Ok(RawValue::from_string(text)?)
}

/// Details of a suite that `get_ciphers()` lacks.
#[derive(Serialize)]
struct Details<'a> {
    name: &'a str,
    standard_name: Option<&'a str>,
    hex: String,
    forward_secret: bool,
    weaknesses: Vec<&'static str>,
    severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_usable_because: Option<String>,
    /// The obstacle that test material removed for the trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    lent: Option<String>,
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
            severity: cipher.severity().map(|severity| severity.to_string()),
            weaknesses: weaknesses.into_iter().map(|w| w.slug()).collect(),
            usable: tried.map(Usable::usable),
            lent: tried.and_then(Usable::lent).map(ToString::to_string),
            not_usable_because: why.or_else(|| report.version_obstacle(cipher)),
        }
    }
}

#[derive(Serialize)]
struct ArgumentErrorJson<'a> {
    argument: &'static str,
    #[serde(flatten)]
    error: CipherErrorJson<'a>,
}

#[derive(Serialize)]
pub(super) struct CipherErrorJson<'a> {
    kind: String,
    column: Option<usize>,
    message: &'a str,
}

impl CipherErrorJson<'_> {
    /// The same with its columns mapped by `to`.
    pub(super) fn moved(mut self, to: impl Fn(usize) -> usize) -> Self {
        self.column = self.column.map(to);
        self
    }
}

impl<'a> From<&'a CipherStringError> for CipherErrorJson<'a> {
    fn from(error: &'a CipherStringError) -> CipherErrorJson<'a> {
        CipherErrorJson {
            kind: kebab(&error.kind()),
            column: error.column(),
            message: error.message(),
        }
    }
}

/// Converts `TooLong` to `too-long`.
fn kebab(value: &impl std::fmt::Debug) -> String {
    let mut text = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// If there are more steps, their lists are omitted: they would take a hundred megabytes.
const MOST_LISTS: usize = 1000;

#[derive(Serialize)]
pub(super) struct ExplanationJson<'a> {
    method: String,
    lists_left_out: bool,
    steps: Vec<StepJson<'a>>,
}

impl<'a> From<&'a Explanation> for ExplanationJson<'a> {
    fn from(explanation: &'a Explanation) -> ExplanationJson<'a> {
        let lists = explanation.steps().len() <= MOST_LISTS;
        ExplanationJson {
            method: kebab(&explanation.method()),
            lists_left_out: !lists,
            steps: explanation
                .steps()
                .iter()
                .map(|step| StepJson::new(step, lists))
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct StepJson<'a> {
    part: &'a str,
    column: usize,
    effect: &'static str,
    text: String,
    hint: Option<String>,
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
    moved: Vec<&'a str>,
    killed: Vec<&'a str>,
    /// The list after the step; `None` if it has not changed or lists are omitted.
    list: Option<Vec<&'a str>>,
}

impl<'a> StepJson<'a> {
    fn new(step: &'a Step, lists: bool) -> StepJson<'a> {
        let hint = match step.effect() {
            Effect::Unknown => step.hint().map(|hint| hint.to_string()),
            _ => None,
        };
        StepJson {
            part: step.part().text(),
            column: step.part().column(),
            effect: match step.effect() {
                Effect::Added => "added",
                Effect::Removed => "removed",
                Effect::Moved => "moved",
                Effect::Excluded => "excluded",
                Effect::SetsLevel(_) => "sets-level",
                Effect::None(_) => "none",
                Effect::Unknown => "unknown",
                _ => "other",
            },
            text: step.to_string(),
            hint,
            added: step.added().map(|c| c.name).collect(),
            removed: step.removed().map(|c| c.name).collect(),
            moved: step.moved().map(|c| c.name).collect(),
            killed: step.killed().map(|c| c.name).collect(),
            list: (lists && changes_list(step)).then(|| step.list().map(|c| c.name).collect()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct FindingJson<'a> {
    code: &'static str,
    severity: String,
    column: Option<usize>,
    end_column: Option<usize>,
    message: &'a str,
    advice: Option<&'a str>,
}

impl FindingJson<'_> {
    /// The same with its columns mapped by `to`.
    pub(super) fn moved(mut self, to: impl Fn(usize) -> usize) -> Self {
        self.column = self.column.map(&to);
        self.end_column = self.end_column.map(&to);
        self
    }
}

impl<'a> From<&'a Finding> for FindingJson<'a> {
    fn from(finding: &'a Finding) -> FindingJson<'a> {
        FindingJson {
            code: finding.code().code(),
            severity: finding.severity().to_string(),
            column: finding.column(),
            end_column: finding.column().map(|_| finding.span().end + 1),
            message: finding.message(),
            advice: finding.advice(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct DiffJson<'a> {
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
    reordered: Vec<MovedJson<'a>>,
    security_level_from: u32,
    security_level_to: u32,
    weaker: bool,
    weakenings: Vec<String>,
}

#[derive(Serialize)]
struct MovedJson<'a> {
    name: &'a str,
    from: usize,
    to: usize,
}

impl<'a> From<&'a CipherDiff> for DiffJson<'a> {
    fn from(diff: &'a CipherDiff) -> DiffJson<'a> {
        let (security_level_from, security_level_to) = diff.security_levels();
        DiffJson {
            added: diff.added().iter().map(|c| c.name).collect(),
            removed: diff.removed().iter().map(|c| c.name).collect(),
            reordered: diff
                .reordered()
                .iter()
                .map(|moved| MovedJson {
                    name: moved.cipher.name,
                    from: moved.from,
                    to: moved.to,
                })
                .collect(),
            security_level_from,
            security_level_to,
            weaker: diff.is_weaker(),
            weakenings: diff.weakenings().iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Serialize)]
pub(in crate::report) struct PolicyJson<'a> {
    name: &'a str,
    title: &'a str,
    version: &'a str,
    date: Option<&'a str>,
    source: &'a str,
    conforms: bool,
    not_compared: Vec<String>,
    violations: Vec<ViolationJson<'a>>,
}

#[derive(Serialize)]
struct ViolationJson<'a> {
    severity: String,
    section: Option<&'a str>,
    message: String,
}

impl<'a> From<&'a Judged> for PolicyJson<'a> {
    fn from(judged: &'a Judged) -> PolicyJson<'a> {
        let Judged { policy, report } = judged;
        PolicyJson {
            name: policy.name(),
            title: policy.title(),
            version: policy.version(),
            date: policy.date(),
            source: policy.source(),
            conforms: report.conforms(),
            not_compared: report
                .not_compared()
                .iter()
                .map(ToString::to_string)
                .collect(),
            violations: report
                .violations()
                .iter()
                .map(|violation| ViolationJson {
                    severity: violation.severity().to_string(),
                    section: violation.section(),
                    message: violation.to_string(),
                })
                .collect(),
        }
    }
}
