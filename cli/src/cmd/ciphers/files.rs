//! `pyssl ciphers --server`: the settings of files.

use std::path::Path;
use std::process::ExitCode;

use openssl::dh::Dh;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{
    Absent, Aspect, Cipher, CipherString, CipherStringError, Ciphersuites, Finding, Fix,
    KnownOpenssl, LintCode, Policy, Report,
};
use pyssl_ciphers::config::{Config, ConfigCode, ConfigFinding, Service, Setting, SettingKind};

use super::{compat, versions};
use crate::args::CiphersArgs;
use crate::cmd::policy::read_policy;
use crate::failure::{Failure, WithContext};
use crate::input;
use crate::report;
use crate::report::ciphers::{FileReport, FixedLine, Linted, ServiceReport};
use crate::report::problems::Document;

pub(super) fn run(args: &CiphersArgs) -> Result<ExitCode, Failure> {
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let openssl = compat::versions(args);
    let mut files = Vec::new();
    let mut code = 0;
    for file in &args.server {
        let config = read(file)?;
        if config.services().is_empty() {
            let name = file.display();
            Failure::Usage(format!(
                "{name}: no cipher string found, and no other TLS setting"
            ))
            .print();
            code = 2;
        }
        files.push(examined(args, policy.as_ref(), &openssl, file, &config));
    }
    let worst = files.iter().map(FileReport::exit_code).max();
    let names = args.server.iter().map(|file| file.display().to_string());
    let documents = [Document {
        subject: names.collect::<Vec<_>>().join(", "),
        code: worst.unwrap_or(0).max(code),
        problems: files.iter().flat_map(FileReport::problems).collect(),
        not_compared: files.iter().flat_map(FileReport::not_compared).collect(),
        tables: files.iter().flat_map(FileReport::tables).collect(),
        ..Document::default()
    }];
    report::print(|out| {
        if let Some(format) = args.output.format {
            report::problems::write(out, format, &documents)
        } else if args.json {
            report::ciphers::lines_json(out, &files)
        } else {
            report::ciphers::lines(out, &files)
        }
    })?;
    Ok(ExitCode::from(report::problems::exit_code(
        &args.output,
        &documents,
    )))
}

fn read(file: &Path) -> Result<Config, Failure> {
    let what = || format!("cannot read {}", file.display());
    if file == Path::new("-") || !file.is_file() {
        // `file` is standard input, a pipe or a directory, or it does not exist. `input::read` reports an
        // error for the last two.
        let bytes = input::read(file).with_context(what)?;
        return Ok(Config::parse(file, &String::from_utf8_lossy(&bytes)));
    }
    Config::read(file).with_context(what)
}

fn examined(
    args: &CiphersArgs,
    policy: Option<&Policy>,
    openssl: &[&'static KnownOpenssl],
    file: &Path,
    config: &Config,
) -> FileReport {
    let mut strings: Vec<Linted> = Vec::new();
    let mut services = Vec::new();
    for service in config.services() {
        for setting in service.settings() {
            let Some(mut linted) = lint(setting) else {
                continue;
            };
            // Several servers inherit a setting of the block around them. Its findings are reported
            // once.
            if strings.iter().any(|other| other.is_at(&linted)) {
                continue;
            }
            linted.service = service.name().to_owned();
            if setting.kind() == SettingKind::Ciphers {
                let here = CipherString::parse(setting.value()).and_then(|string| string.explain());
                let here = here.ok().filter(|here| !here.selects_nothing());
                linted.on_versions = compat::on_versions(openssl, setting.value(), here.as_ref());
            }
            if args.fix && setting.kind() == SettingKind::Ciphers {
                linted.fixed = fixed(setting, policy);
            }
            strings.push(linted);
        }
        let judged = policy.map(|policy| judged(args, policy, service, config));
        services.push(ServiceReport::new(service, policy_place(service), judged));
    }
    FileReport {
        file: file.display().to_string(),
        program: config.program().map(str::to_owned),
        findings: config.findings(),
        strings,
        services,
    }
}

/// The corrected string, with the line of the file before and after; `None` if there is nothing to
/// correct.
fn fixed(setting: &Setting, policy: Option<&Policy>) -> Option<FixedLine> {
    let fix = Fix::new(setting.value(), policy).ok()?;
    (!fix.changes().is_empty()).then(|| FixedLine {
        before: setting.line().to_owned(),
        after: setting.line_with(fix.string()),
        fix,
    })
}

/// The setting at which violations of a policy are reported.
fn policy_place(service: &Service) -> Option<&Setting> {
    let mut settings = service.settings().iter();
    let list = settings.clone().find(|s| s.kind() == SettingKind::Ciphers);
    list.or_else(|| settings.next())
}

/// The string or list of a setting with its findings; none for settings of other kinds.
fn lint(setting: &Setting) -> Option<Linted> {
    let string = setting.value();
    let mut inserted = Vec::new();
    let findings = match setting.kind() {
        SettingKind::Ciphers => CipherString::parse(string).and_then(|string| {
            let mut findings = string.lint()?;
            // This finding applies to every string, so it is not repeated for each.
            findings.retain(|finding| finding.code() != LintCode::Tls13NotGoverned);
            Ok(findings)
        }),
        SettingKind::Ciphersuites => Ciphersuites::parse(string).map(|list| list.lint()),
        SettingKind::Excluded => excluded(string, &mut inserted),
        // `Config::findings` reports the problems of these lists.
        SettingKind::Suites => Ok(Vec::new()),
        _ => return None,
    };
    Some(Linted {
        file: setting.file().display().to_string(),
        places: setting.places(),
        directive: Some(setting.directive())
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        service: String::new(),
        string: string.to_owned(),
        inserted,
        findings,
        on_versions: Vec::new(),
        fixed: None,
    })
}

/// Compares everything that a service sets with the policy. A string that is invalid or selects
/// nothing already has a finding.
fn judged(args: &CiphersArgs, policy: &Policy, service: &Service, config: &Config) -> Report {
    let mut ciphers: Vec<Cipher> = Vec::new();
    // The suites that the linked OpenSSL does not have.
    let mut more: Vec<Cipher> = Vec::new();
    let mut has_unknown = false;
    let mut add = |absent: Absent| {
        more.extend_from_slice(absent.ciphers());
        has_unknown |= absent.unknown().next().is_some();
    };
    let mut known = false;
    let list = service.of_kind(SettingKind::Ciphersuites).last();
    let newer = list.and_then(|list| Ciphersuites::parse(list.value()).ok());
    if let Some(newer) = &newer {
        ciphers.extend(newer.ciphers().iter().cloned());
        add(newer.absent());
    }
    for setting in service.of_kind(SettingKind::Ciphers) {
        let string = CipherString::parse(setting.value());
        if let Ok(string) = &string {
            add(string.absent());
        }
        if let Ok(resolved) = string.and_then(|string| string.resolve()) {
            known = true;
            let all = resolved.ciphers().iter();
            ciphers.extend(all.filter(|c| newer.is_none() || !c.is_tls13()).cloned());
        }
    }
    for setting in service.of_kind(SettingKind::Suites) {
        known = true;
        ciphers.extend(
            setting
                .suites()
                .iter()
                .filter_map(|(_, _, suite)| suite.cloned()),
        );
    }
    let given = versions(args.min, args.max);
    let versions = match service.versions() {
        Some(versions) if given.is_empty() => versions,
        _ => given.clone(),
    };
    let mut report = policy.check(&ciphers, &versions);
    report.extend(policy.check_more(&more, &versions));
    if let Some(groups) = service.groups() {
        report.extend(policy.check_groups(&groups));
    }
    if let Some(schemes) = service.signatures() {
        report.extend(policy.check_signatures(&schemes));
    }
    // Before TLS 1.2, the signature scheme is not negotiated. Without a list of versions, all may be on.
    let is_old = |version: &TlsVersion| *version < TlsVersion::TLSv1_2;
    if versions.is_empty() || versions.iter().any(is_old) {
        report.leave_open(policy, Aspect::Signatures);
    }
    if let Some(bits) = dh_bits(service) {
        report.extend(policy.check_key("dh", bits));
        // The certificate's key is not in the file.
        report.leave_open(policy, Aspect::Keys);
    }
    // If no setting selects suites (a setting may only exclude some), the program's default suites are on. This command
    // does not know them.
    // The suites of a list that cannot be read, and those without a known name, are not known either.
    let unread = list.is_some() && newer.is_none();
    let mut named = service
        .of_kind(SettingKind::Suites)
        .flat_map(Setting::suites);
    let unnamed = named.any(|(_, _, suite)| suite.is_none());
    if !known || unread || unnamed || has_unknown {
        report.leave_open(policy, Aspect::Suites);
    }
    if given.is_empty() && service.is_open(SettingKind::Versions) {
        report.leave_open(policy, Aspect::Versions);
    }
    for (kinds, aspect) in [
        (
            &[
                SettingKind::Ciphers,
                SettingKind::Suites,
                SettingKind::Ciphersuites,
                SettingKind::Excluded,
            ][..],
            Aspect::Suites,
        ),
        (&[SettingKind::Groups], Aspect::Groups),
        (&[SettingKind::Signatures], Aspect::Signatures),
        (&[SettingKind::DhParams], Aspect::Keys),
    ] {
        if kinds.iter().any(|kind| service.is_open(*kind)) {
            report.leave_open(policy, aspect);
        }
    }
    let is_version = |finding: &ConfigFinding| finding.code() == ConfigCode::UnknownVersion;
    if config.findings().iter().any(is_version) {
        report.leave_open(policy, Aspect::Versions);
    }
    // A file that was not read may have other settings.
    if !config.unread().is_empty() {
        for aspect in [
            Aspect::Suites,
            Aspect::Versions,
            Aspect::Groups,
            Aspect::Signatures,
        ] {
            report.leave_open(policy, aspect);
        }
    }
    report
}

/// The size of the parameters that a service states, or of those in its file.
fn dh_bits(service: &Service) -> Option<u32> {
    if let Some(bits) = service.dh_bits() {
        return Some(bits);
    }
    let file = service.dh_file()?;
    let pem = input::read(file).ok()?;
    let bits = Dh::params_from_pem(&pem).ok()?.prime_p().num_bits();
    u32::try_from(bits).ok()
}

/// Evaluates names that are excluded, as Postfix does: it puts a `!` before each name and appends
/// the names to its own string. `inserted` gets the positions of the added characters in the
/// resulting string.
fn excluded(list: &str, inserted: &mut Vec<usize>) -> Result<Vec<Finding>, CipherStringError> {
    let mut string = "ALL:COMPLEMENTOFALL:".to_owned();
    inserted.extend(0..string.len());
    let separates = |c: char| matches!(c, ',' | ':') || c.is_ascii_whitespace();
    let mut in_name = false;
    for c in list.chars() {
        if separates(c) {
            in_name = false;
            // Postfix also accepts separators that OpenSSL does not accept.
            string.push(' ');
            continue;
        }
        if !in_name {
            inserted.push(string.len());
            string.push('!');
            in_name = true;
        }
        string.push(c);
    }
    let mut findings = CipherString::parse(&string)?.lint()?;
    findings.retain(|finding| finding.column().is_some());
    Ok(findings)
}
