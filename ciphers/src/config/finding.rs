//! The problems of settings, apart from those of cipher strings.

use std::fmt;
use std::path::{Path, PathBuf};

use pyssl::TlsVersion;

use super::{Config, Service, Setting, SettingKind};
use crate::CipherExt;
use crate::cipher::{Cipher, CipherString, Group, Severity, nearest_suite};
use crate::codes::codes;
use crate::serial::fields;

codes! {
    /// The code of a [`ConfigFinding`], which identifies the kind of problem.
    ConfigCode {
        OldVersions = "F001", "versions below TLS 1.2 are on";
        NoTls13 = "F002", "TLS 1.3 is off";
        Tls13Unused = "F003", "suites of TLS 1.3 are set, but TLS 1.3 is off";
        NoSuite = "F004", "no suite can be used with the versions that are on";
        UnknownGroup = "F005", "a group that is not in the TLS registry";
        WeakGroup = "F006", "a group with less than 112 bits of security";
        SmallDhParams = "F007", "the DH parameters are too small";
        UnknownSuite = "F008", "a name that is not in the TLS registry";
        WeakSuite = "F009", "a weak suite in a list of names of the TLS registry";
        ClientPreference = "F010", "the client's order of suites decides";
        NotRead = "F011", "a file or a value was not read";
        UnknownVersion = "F012", "a word that is not a version";
        NoVersion = "F013", "every version is off";
    }
}

/// A finding about the settings of a file, from [`Config::findings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFinding {
    code: ConfigCode,
    severity: Severity,
    file: PathBuf,
    line: usize,
    column: usize,
    service: Box<str>,
    message: Box<str>,
}

impl ConfigFinding {
    /// The code, which identifies the kind of problem.
    pub fn code(&self) -> ConfigCode {
        self.code
    }

    /// The severity.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column, in characters counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The name of the [`Service`].
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The finding in words.
    pub fn message(&self) -> &str {
        &self.message
    }
}

fields! {
    /// `file` is a string: bytes that are not UTF-8 are replaced.
    ConfigFinding, this:
    code = this.code,
    severity = this.severity,
    file = this.file.to_string_lossy(),
    line = this.line,
    column = this.column,
    service = this.service,
    message = this.message,
}

impl fmt::Display for ConfigFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = (self.file.display(), self.line, self.column);
        let (code, severity, message) = (self.code, self.severity, &self.message);
        write!(f, "{file}:{line}:{column}: {code} {severity}: {message}")
    }
}

impl Config {
    /// The problems of the settings, apart from those of cipher strings and of lists for TLS 1.3, for
    /// which there are [`CipherString::lint`] and
    /// [`Ciphersuites::lint`](crate::cipher::Ciphersuites::lint).
    ///
    /// ```
    /// use pyssl_ciphers::config::{Config, ConfigCode};
    ///
    /// let config = Config::parse("redis.conf", "tls-protocols \"TLSv1.1 TLSv1.2\"\n");
    /// let first = &config.findings()[0];
    /// assert_eq!((first.code(), first.line()), (ConfigCode::OldVersions, 1));
    /// ```
    pub fn findings(&self) -> Vec<ConfigFinding> {
        let mut findings: Vec<ConfigFinding> = Vec::new();
        for service in &self.services {
            let mut judge = Judge {
                service,
                findings: Vec::new(),
            };
            judge.versions();
            judge.suites();
            judge.groups();
            judge.parameters();
            judge.preference();
            for finding in judge.findings {
                // Several servers can inherit a setting, so its finding is reported once.
                let is_same = |other: &ConfigFinding| {
                    let place = |f: &ConfigFinding| (f.line, f.column, f.code);
                    place(other) == place(&finding)
                        && other.file == finding.file
                        && other.message == finding.message
                };
                if !findings.iter().any(is_same) {
                    findings.push(finding);
                }
            }
        }
        for unread in &self.unread {
            findings.push(ConfigFinding {
                code: ConfigCode::NotRead,
                severity: Severity::Warning,
                file: unread.file.clone(),
                line: unread.line,
                column: 1,
                service: Box::default(),
                message: unread.message.clone(),
            });
        }
        findings
    }
}

struct Judge<'a> {
    service: &'a Service,
    findings: Vec<ConfigFinding>,
}

impl Judge<'_> {
    fn find(
        &mut self,
        setting: &Setting,
        byte: usize,
        code: ConfigCode,
        severity: Severity,
        message: impl Into<Box<str>>,
    ) {
        let (line, column) = setting.place(byte);
        self.findings.push(ConfigFinding {
            code,
            severity,
            file: setting.file().to_owned(),
            line,
            column,
            service: self.service.name().into(),
            message: message.into(),
        });
    }

    fn last(&self, kind: SettingKind) -> Option<Setting> {
        self.service.of_kind(kind).last().cloned()
    }

    fn versions(&mut self) {
        let service = self.service;
        for setting in service.of_kind(SettingKind::Versions) {
            for word in &setting.unknown {
                let (line, column) = setting.place_in_file(word.start());
                self.findings.push(ConfigFinding {
                    code: ConfigCode::UnknownVersion,
                    severity: Severity::Error,
                    file: setting.file().to_owned(),
                    line,
                    column,
                    service: service.name().into(),
                    message: format!("`{}` is not a version of the protocol", word.text()).into(),
                });
            }
        }
        let Some(setting) = self.last(SettingKind::Versions) else {
            return;
        };
        let Some(versions) = service.versions().filter(|_| {
            service
                .settings()
                .iter()
                .any(|setting| !setting.rules.is_empty())
        }) else {
            return;
        };
        if versions.is_empty() {
            self.find(
                &setting,
                0,
                ConfigCode::NoVersion,
                Severity::Error,
                "every version is off",
            );
            return;
        }
        let old: Vec<_> = versions
            .iter()
            .filter(|v| **v < TlsVersion::TLSv1_2)
            .collect();
        if !old.is_empty() {
            let severity = match old.contains(&&TlsVersion::SSLv3) {
                true => Severity::Error,
                false => Severity::Warning,
            };
            let names: Vec<_> = old.iter().map(ToString::to_string).collect();
            let (verb, them) = match names.len() {
                1 => ("is", "it"),
                _ => ("are", "them"),
            };
            let message = format!("{} {verb} on; RFC 8996 forbids {them}", names.join(" and "));
            self.find(&setting, 0, ConfigCode::OldVersions, severity, message);
        }
        if versions.contains(&TlsVersion::TLSv1_3) {
            return;
        }
        self.find(
            &setting,
            0,
            ConfigCode::NoTls13,
            Severity::Note,
            "TLS 1.3 is off",
        );
        if let Some(list) = self.last(SettingKind::Ciphersuites) {
            let message = "these suites cannot be used: TLS 1.3 is off";
            self.find(
                &list,
                0,
                ConfigCode::Tls13Unused,
                Severity::Warning,
                message,
            );
        }
        if versions.contains(&TlsVersion::TLSv1_2) {
            return;
        }
        for list in service.of_kind(SettingKind::Ciphers) {
            let resolved = CipherString::parse(list.value()).and_then(|string| string.resolve());
            let Ok(resolved) = resolved else { continue };
            let needs_tls12 = |suite: &Cipher| suite.protocol == "TLSv1.2";
            if resolved.selected().iter().all(needs_tls12) && !resolved.selected().is_empty() {
                let message = "no suite can be used: all need TLS 1.2, which is off";
                self.find(list, 0, ConfigCode::NoSuite, Severity::Error, message);
            }
        }
    }

    fn suites(&mut self) {
        for setting in self.service.of_kind(SettingKind::Suites) {
            for (at, name, suite) in setting.suites() {
                let Some(suite) = suite else {
                    let mut message = format!("`{name}` is not in the TLS registry");
                    if let Some(near) = nearest_suite(name) {
                        message.push_str(&format!("; did you mean `{near}`?"));
                    }
                    self.find(
                        setting,
                        at,
                        ConfigCode::UnknownSuite,
                        Severity::Error,
                        message,
                    );
                    continue;
                };
                let weaknesses = suite.weaknesses();
                if let Some(severity) = suite.severity() {
                    let words: Vec<_> = weaknesses.iter().map(ToString::to_string).collect();
                    let openssl = match suite.name == name {
                        true => String::new(),
                        false => format!(" (OpenSSL's {})", suite.name),
                    };
                    let message = format!("{name}{openssl}: {}", words.join(", "));
                    self.find(setting, at, ConfigCode::WeakSuite, severity, message);
                }
            }
        }
    }

    fn groups(&mut self) {
        for setting in self.service.of_kind(SettingKind::Groups) {
            let mut at = 0;
            for name in setting.value().split(':') {
                let known = Group::named(name);
                let special = matches!(name, "DEFAULT" | "SYSTEM") || name.starts_with(['-', '$']);
                match known {
                    _ if special || name.is_empty() => {}
                    None => {
                        let message = format!("`{name}` is not a group of the TLS registry");
                        self.find(
                            setting,
                            at,
                            ConfigCode::UnknownGroup,
                            Severity::Warning,
                            message,
                        );
                    }
                    Some(group) => {
                        let least = |kind| if kind == "dh" { 2048 } else { 224 };
                        if let Some((_, bits)) =
                            group.size().filter(|(kind, bits)| *bits < least(*kind))
                        {
                            let message = format!("the group {name} has only {bits} bits");
                            self.find(setting, at, ConfigCode::WeakGroup, Severity::Error, message);
                        }
                    }
                }
                at += name.len() + 1;
            }
        }
    }

    fn parameters(&mut self) {
        for setting in self.service.of_kind(SettingKind::DhParams) {
            if let Some(bits) = setting.bits().filter(|bits| *bits < 2048) {
                let message = format!("the DH parameters have {bits} bits; the minimum is 2048");
                self.find(
                    setting,
                    0,
                    ConfigCode::SmallDhParams,
                    Severity::Error,
                    message,
                );
            }
        }
    }

    fn preference(&mut self) {
        if self.service.prefers_server() == Some(false) {
            if let Some(setting) = self.last(SettingKind::Preference) {
                let message = "the client's order of suites decides, not that of the list";
                self.find(
                    &setting,
                    0,
                    ConfigCode::ClientPreference,
                    Severity::Note,
                    message,
                );
            }
        }
    }
}
