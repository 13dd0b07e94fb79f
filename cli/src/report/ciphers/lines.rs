//! Findings in files, one per line, in the format of compiler messages.

use std::io::{self, Write};

use pyssl_ciphers::cipher::{CipherStringError, Finding, Report, Severity, ViolationKind};
use pyssl_ciphers::config::{ConfigFinding, Service, Setting, SettingKind};
use serde::Serialize;
use serde_json::Value;

use super::compat::{OnVersion, OnVersionJson};
use super::fix::{FixJson, FixedLine};
use super::{counts, few, is_violated, style, with_advice};
use crate::report::policy;
use crate::report::problems::{Problem, Table};
use crate::report::{BOLD, FAINT, SCHEMA, Styled, clean, write_json};

/// A file with its servers and their problems.
pub(crate) struct FileReport {
    pub(crate) file: String,
    pub(crate) program: Option<String>,
    pub(crate) strings: Vec<Linted>,
    /// The findings on settings that are no cipher strings.
    pub(crate) findings: Vec<ConfigFinding>,
    pub(crate) services: Vec<ServiceReport>,
}

/// A string in a file, and its findings.
pub(crate) struct Linted {
    pub(crate) file: String,
    /// Line and column in the file for each byte of the string, and for its end.
    pub(crate) places: Vec<(usize, usize)>,
    /// The directive's name, for example `ssl_ciphers`.
    pub(crate) directive: Option<String>,
    /// The name of the server that uses the string.
    pub(crate) service: String,
    pub(crate) string: String,
    /// The positions of characters in the linted string that are not in the file, sorted.
    pub(crate) inserted: Vec<usize>,
    pub(crate) findings: Result<Vec<Finding>, CipherStringError>,
    pub(crate) on_versions: Vec<OnVersion>,
    pub(crate) fixed: Option<FixedLine>,
}

/// The settings of a server, and the result of their comparison with a policy.
pub(crate) struct ServiceReport {
    name: String,
    file: String,
    line: usize,
    column: usize,
    facts: Vec<String>,
    settings: Vec<SettingJson>,
    versions: Option<Vec<String>>,
    policy: Option<Report>,
}

#[derive(Serialize)]
struct SettingJson {
    kind: &'static str,
    directive: String,
    value: String,
    file: String,
    line: usize,
    column: usize,
}

impl ServiceReport {
    /// `place` is the setting at which violations are reported.
    pub(crate) fn new(
        service: &Service,
        place: Option<&Setting>,
        policy: Option<Report>,
    ) -> ServiceReport {
        let (line, column) = place.map_or((1, 1), |setting| setting.place(0));
        let mut facts = Vec::new();
        let mut settings = Vec::new();
        for setting in service.settings() {
            let (line, column) = setting.place(0);
            let value = setting.value();
            match setting.kind() {
                SettingKind::Versions | SettingKind::Preference | SettingKind::Groups => {}
                kind => facts.push(format!("{} {value} (line {line})", kind.name())),
            }
            settings.push(SettingJson {
                kind: setting.kind().name(),
                directive: setting.directive().to_owned(),
                value: value.to_owned(),
                file: setting.file().display().to_string(),
                line,
                column,
            });
        }
        let versions: Option<Vec<String>> = service
            .versions()
            .map(|versions| versions.iter().map(ToString::to_string).collect());
        if let Some(versions) = &versions {
            let open = match service.is_open(SettingKind::Versions) {
                true => " (not certain: depends on a default or a condition)",
                false => "",
            };
            facts.push(format!("versions {}{open}", versions.join(", ")));
        }
        if let Some(groups) = service.groups() {
            facts.push(format!("groups {}", groups.join(":")));
        }
        match service.prefers_server() {
            Some(true) => facts.push("the server's order".to_owned()),
            Some(false) => facts.push("the client's order".to_owned()),
            None => {}
        }
        if service.settings().is_empty() {
            let text = match service.is_open(SettingKind::Ciphers) {
                true => "unknown: the values of the settings were not read",
                false => "no setting for TLS: the program's defaults hold",
            };
            facts.push(text.to_owned());
        }
        ServiceReport {
            name: service.name().to_owned(),
            file: place.map_or_else(String::new, |setting| setting.file().display().to_string()),
            line,
            column,
            facts,
            settings,
            versions,
            policy,
        }
    }
}

impl FileReport {
    /// The exit code: 0 without problems, 1 with findings, 2 if a string is invalid.
    pub(crate) fn exit_code(&self) -> u8 {
        let found = self
            .findings
            .iter()
            .map(ConfigFinding::severity)
            .any(counts);
        let violated = self
            .services
            .iter()
            .filter_map(|s| s.policy.as_ref())
            .any(is_violated);
        let strings = self.strings.iter().map(Linted::exit_code).max();
        strings.unwrap_or(0).max(u8::from(found || violated))
    }
}

impl Linted {
    /// The exit code: 0 without problems, 1 with findings, 2 if the string is invalid.
    fn exit_code(&self) -> u8 {
        match &self.findings {
            Err(_) => 2,
            Ok(findings) => {
                let found = findings.iter().map(Finding::severity).any(counts);
                u8::from(found || self.on_versions.iter().any(OnVersion::is_worse))
            }
        }
    }

    /// Whether both are the same string at the same place of a file.
    pub(crate) fn is_at(&self, other: &Linted) -> bool {
        self.file == other.file
            && self.places.first() == other.places.first()
            && self.string == other.string
    }

    /// The line and column in the file for a column of the string. `None` stands for a finding on
    /// the whole string; its place is the start of the string.
    fn line_and_column(&self, column: Option<usize>) -> (usize, usize) {
        let column = self.original(column.unwrap_or(1));
        let place = self.places.get(column - 1).or(self.places.last());
        place.copied().unwrap_or((1, 1))
    }

    /// Converts a column of the linted string to one of the string in the file.
    fn original(&self, column: usize) -> usize {
        let before = self.inserted.iter().take_while(|at| **at + 1 < column);
        column - before.count()
    }

    fn problems(&self) -> Vec<Problem> {
        let problem = |column, code: &str, severity, message| {
            let (line, column) = self.line_and_column(column);
            Problem {
                file: self.file.clone(),
                line,
                column,
                code: code.to_owned(),
                severity,
                message,
                service: self.service.clone(),
            }
        };
        let mut all = match &self.findings {
            Err(error) => {
                let message = error.message().to_owned();
                vec![problem(error.column(), "", Severity::Error, message)]
            }
            Ok(findings) => findings
                .iter()
                .map(|f| problem(f.column(), f.code().code(), f.severity(), with_advice(f)))
                .collect(),
        };
        for on in self.on_versions.iter().filter(|on| on.is_worse()) {
            all.push(problem(None, "", Severity::Warning, on.in_words()));
        }
        all
    }
}

impl FileReport {
    /// The settings of each server, as tables.
    pub(crate) fn tables(&self) -> Vec<Table> {
        let services = self.services.iter();
        let tables = services.map(|service| {
            let settings = service.settings.iter().map(|setting| {
                let name = match setting.directive.is_empty() {
                    true => setting.kind,
                    false => &setting.directive,
                };
                (name.to_owned(), setting.value.clone())
            });
            let heading = match service.name.is_empty() {
                true => self.file.clone(),
                false => format!("{}, {}", self.file, service.name),
            };
            let mut values: Vec<_> = settings.collect();
            values.extend(
                service
                    .policy
                    .as_ref()
                    .map(|p| ("policy".to_owned(), policy::full_verdict(p).1)),
            );
            Table::of_values(&heading, values)
        });
        tables.filter(|table| !table.rows.is_empty()).collect()
    }

    /// Every problem: of the strings, of the other settings, then of the policy.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut all: Vec<Problem> = self.strings.iter().flat_map(Linted::problems).collect();
        all.extend(self.findings.iter().map(|finding| Problem {
            file: finding.file().display().to_string(),
            line: finding.line(),
            column: finding.column(),
            code: finding.code().code().to_owned(),
            severity: finding.severity(),
            message: finding.message().to_owned(),
            service: finding.service().to_owned(),
        }));
        for service in &self.services {
            for problem in service.problems() {
                let is_same = |other: &Problem| {
                    other.message == problem.message
                        && (other.line, &other.file) == (problem.line, &problem.file)
                };
                if !all.iter().any(is_same) {
                    all.push(problem);
                }
            }
        }
        all
    }
}

impl FileReport {
    /// What was not compared with the policy.
    pub(crate) fn not_compared(&self) -> Vec<String> {
        let mut all = Vec::new();
        for service in &self.services {
            for text in service.policy.iter().flat_map(policy::not_compared) {
                all.push(match service.name.as_str() {
                    "" => format!("{}: {text}", self.file),
                    name => format!("{}, {name}: {text}", self.file),
                });
            }
        }
        all
    }
}

impl ServiceReport {
    /// The violations of the policy; suites that violate it in the same way are in one line.
    fn problems(&self) -> Vec<Problem> {
        let Some(policy) = &self.policy else {
            return Vec::new();
        };
        let mut all: Vec<Problem> = Vec::new();
        let mut grouped: Vec<(String, Severity, Vec<&str>)> = Vec::new();
        for violation in policy.violations() {
            let text = violation.to_string();
            let suite = match violation.kind() {
                ViolationKind::NotAllowed(cipher)
                | ViolationKind::Forbidden { cipher, .. }
                | ViolationKind::Discouraged { cipher, .. } => Some(cipher.name),
                _ => None,
            };
            let Some((suite, rest)) = suite.and_then(|name| Some((name, text.strip_prefix(name)?)))
            else {
                all.push(self.problem(place_of(violation.kind()), violation.severity(), text));
                continue;
            };
            match grouped.iter_mut().find(|(other, ..)| other == rest) {
                Some((.., names)) => names.push(suite),
                None => grouped.push((rest.to_owned(), violation.severity(), vec![suite])),
            }
        }
        for (rest, severity, names) in grouped {
            let rest = match names.len() {
                1 => rest,
                _ => rest.replacen(" is ", " are ", 1),
            };
            let message = format!("{}{rest}", few(&names));
            all.push(self.problem(SettingKind::Ciphers, severity, message));
        }
        all
    }

    /// A problem whose place is the setting of this kind, or the first setting if there is none of
    /// this kind.
    fn problem(&self, kind: SettingKind, severity: Severity, message: String) -> Problem {
        let setting = self
            .settings
            .iter()
            .rfind(|setting| setting.kind == kind.name());
        let (file, line, column) = match setting {
            Some(setting) => (&setting.file, setting.line, setting.column),
            None => (&self.file, self.line, self.column),
        };
        Problem {
            file: file.clone(),
            line,
            column,
            code: self.policy.as_ref().map_or("", Report::policy).to_owned(),
            severity,
            message,
            service: self.name.clone(),
        }
    }
}

/// The kind of the setting at which a violation is reported.
fn place_of(violation: &ViolationKind) -> SettingKind {
    match violation {
        ViolationKind::Version(_) | ViolationKind::Ssl2 | ViolationKind::MissingVersion(_) => {
            SettingKind::Versions
        }
        ViolationKind::Group(_)
        | ViolationKind::MissingGroup(_)
        | ViolationKind::SmallGroup { .. }
        | ViolationKind::UnknownName(_) => SettingKind::Groups,
        ViolationKind::Signature(_) | ViolationKind::SignatureDigest(_) => SettingKind::Signatures,
        ViolationKind::SmallKey { .. } => SettingKind::DhParams,
        _ => SettingKind::Ciphers,
    }
}

/// Prints one line for each problem, such as `nginx.conf:12:17: C001 error: ... [server
/// a.example]`, then what was read, and the verdict.
pub(crate) fn lines(out: &mut dyn Write, files: &[FileReport]) -> io::Result<()> {
    for file in files {
        for problem in file.problems() {
            let place = format!("{}:{}:{}:", problem.file, problem.line, problem.column);
            let code = if problem.code.is_empty() {
                String::new()
            } else {
                format!("{} ", problem.code)
            };
            write!(
                out,
                "{} {code}{}: {}",
                Styled(BOLD, place),
                Styled(style(problem.severity), problem.severity),
                clean(&problem.message)
            )?;
            match problem.service.as_str() {
                "" => writeln!(out)?,
                service => writeln!(out, " {}", Styled(FAINT, format!("[{}]", clean(service))))?,
            }
        }
    }
    for linted in files.iter().flat_map(|file| &file.strings) {
        let line = linted.line_and_column(None).0;
        for on in linted.on_versions.iter().filter(|on| !on.is_worse()) {
            let place = Styled(BOLD, format!("{}:{line}:", linted.file));
            writeln!(out, "{place} {}", on.effect())?;
        }
        if let Some(fixed) = &linted.fixed {
            fixed.print(out, &linted.file, line)?;
        }
    }
    for file in files.iter().filter(|file| !file.services.is_empty()) {
        let program = file
            .program
            .as_deref()
            .unwrap_or("a list of cipher strings");
        writeln!(out, "\n{} ({program})", Styled(BOLD, &file.file))?;
        for service in &file.services {
            summary(out, service)?;
        }
    }
    Ok(())
}

fn summary(out: &mut dyn Write, service: &ServiceReport) -> io::Result<()> {
    if !service.name.is_empty() {
        writeln!(out, "  {}", clean(&service.name))?;
    }
    for fact in &service.facts {
        writeln!(out, "    {}", clean(fact))?;
    }
    let Some(report) = &service.policy else {
        return Ok(());
    };
    let (style, text) = policy::full_verdict(report);
    writeln!(out, "    {}", Styled(style, text))
}

#[derive(Serialize)]
struct LintedJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    directive: Option<&'a str>,
    server: &'a str,
    string: &'a str,
    error: Option<Value>,
    findings: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<OnVersionJson<'a>>,
}

#[derive(Serialize)]
struct ServiceJson<'a> {
    file: &'a str,
    name: &'a str,
    settings: &'a [SettingJson],
    versions: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Report>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    file: &'a str,
    program: Option<&'a str>,
    findings: &'a [ConfigFinding],
    servers: Vec<ServiceJson<'a>>,
}

impl<'a> From<&'a ServiceReport> for ServiceJson<'a> {
    fn from(service: &'a ServiceReport) -> ServiceJson<'a> {
        ServiceJson {
            file: &service.file,
            name: &service.name,
            settings: &service.settings,
            versions: service.versions.as_deref(),
            policy: service.policy.as_ref(),
        }
    }
}

impl<'a> From<&'a FileReport> for FileJson<'a> {
    fn from(file: &'a FileReport) -> FileJson<'a> {
        FileJson {
            file: &file.file,
            program: file.program.as_deref(),
            findings: &file.findings,
            servers: file.services.iter().map(ServiceJson::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct AllJson<'a> {
    schema: u32,
    strings: Vec<LintedJson<'a>>,
    files: Vec<FileJson<'a>>,
}

pub(crate) fn lines_json(out: &mut dyn Write, files: &[FileReport]) -> io::Result<()> {
    let mut strings = Vec::new();
    for linted in files.iter().flat_map(|file| &file.strings) {
        let (findings, error) = match &linted.findings {
            Ok(findings) => (&findings[..], None),
            Err(error) => (&[][..], Some(error)),
        };
        let findings: Result<Vec<_>, _> = findings.iter().map(|f| linted.in_file(f)).collect();
        let (line, column) = linted.line_and_column(None);
        strings.push(LintedJson {
            file: &linted.file,
            line,
            column,
            directive: linted.directive.as_deref(),
            server: &linted.service,
            string: &linted.string,
            error: error.map(|error| linted.in_file(error)).transpose()?,
            findings: findings?,
            fix: linted.fixed.as_ref().map(|fixed| FixJson::from(&fixed.fix)),
            versions: linted
                .on_versions
                .iter()
                .map(|on| OnVersionJson::new(on, false))
                .collect(),
        });
    }
    let files = files.iter().map(FileJson::from).collect();
    write_json(
        out,
        &AllJson {
            schema: SCHEMA,
            strings,
            files,
        },
    )
}

impl Linted {
    /// A finding or an error as JSON, with the columns of the string in the file.
    fn in_file(&self, found: &impl Serialize) -> serde_json::Result<Value> {
        let mut found = serde_json::to_value(found)?;
        for key in ["column", "end_column"] {
            let column = found.get(key).and_then(Value::as_u64);
            if let Some(column) = column.and_then(|column| usize::try_from(column).ok()) {
                found[key] = self.original(column).into();
            }
        }
        Ok(found)
    }
}
