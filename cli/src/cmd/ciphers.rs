//! `pyssl ciphers`: shows the effect of a cipher string.

mod compat;
mod files;

pub(crate) use compat::{profiles, unknown_key};

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::{
    Aspect, CipherString, CipherStringError, CipherStringErrorKind as Kind, Ciphersuites, Fix,
    LintCode,
};

use super::policy::read_policy;
use crate::args::{CiphersArgs, Version};
use crate::failure::{Failure, WithContext};
use crate::input;
use crate::report;
use crate::report::ciphers::Report;
use crate::setup;

/// The name of the cipher string's argument.
const STRING: &str = "STRING";

pub(crate) fn run(args: &CiphersArgs) -> Result<ExitCode, Failure> {
    setup::check_range(args.min, args.max)?;
    if !args.server.is_empty() {
        return files::run(args);
    }
    let text = match &args.string {
        None => CipherString::PYTHON_DEFAULT.to_owned(),
        Some(text) => string(text)?,
    };
    let mut report = Report {
        string: text.clone(),
        explain: args.explain,
        full: args.full,
        ..Report::default()
    };
    match examine(args, &text, &mut report) {
        Ok(()) => {}
        Err(Problem::Failure(failure)) => return Err(failure),
        Err(Problem::Invalid(what, text, error)) => {
            let unexplained =
                report.explanation.is_none() && report.findings.is_none() && report.fix.is_none();
            let nothing_else = unexplained && report.on_versions.is_empty();
            let mut message = report::ciphers::pointed(what, &text, &error);
            if unexplained && what == STRING && error.kind() == Kind::NothingSelected {
                message.push_str(" --lint explains why.");
            }
            let failure = Failure::Usage(message);
            if !args.json && args.output.format.is_none() && nothing_else {
                return Err(failure);
            }
            failure.print();
            report.error = Some((what, error));
        }
    }
    let documents = [report.document()?];
    report::print(|out| {
        if let Some(format) = args.output.format {
            report::problems::write(out, format, &documents)
        } else if args.json {
            report::ciphers::json(out, &report)
        } else if args.verbose {
            report::ciphers::as_openssl(out, &report)
        } else {
            report::ciphers::human(out, &report)
        }
    })?;
    Ok(ExitCode::from(report::problems::exit_code(
        &args.output,
        &documents,
    )))
}

/// The reason why the examination of the string stopped.
enum Problem {
    Failure(Failure),
    /// An invalid string: the argument's name, the string, and its error.
    Invalid(&'static str, String, CipherStringError),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        Problem::Failure(failure)
    }
}

/// Fills in the report, up to the first error of the string.
fn examine(args: &CiphersArgs, text: &str, report: &mut Report) -> Result<(), Problem> {
    let invalid = |what, text: &str| {
        let text = text.to_owned();
        move |error| Problem::Invalid(what, text, error)
    };
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    if args.fix {
        let fix = Fix::new(text, policy.as_ref()).map_err(invalid(STRING, text))?;
        report.fix = Some(fix);
    }
    let openssl = compat::versions(args);
    if !openssl.is_empty() {
        // Other versions may accept a string that the linked one rejects.
        let here = CipherString::parse(text).and_then(|string| string.explain());
        let here = here.ok().filter(|here| !here.selects_nothing());
        report.on_versions = compat::on_versions(&openssl, text, here.as_ref());
    }
    let string = CipherString::parse(text).map_err(invalid(STRING, text))?;
    if args.explain {
        let explanation = string.explain().map_err(invalid(STRING, text))?;
        report.explanation = Some(explanation);
    }
    if args.lint || args.output.format.is_some() || args.output.fail_on.is_some() {
        let mut findings = string.lint().map_err(invalid(STRING, text))?;
        if args.tls13.is_some() {
            // --tls13 sets these suites.
            findings.retain(|f| f.code() != LintCode::Tls13NotGoverned);
        }
        report.findings = Some(findings);
    }
    // A string that selects nothing is reported as an error of the string, with its kind. The later
    // call of `set_ciphers` has only OpenSSL's error.
    string.resolve().map_err(invalid(STRING, text))?;
    if let Some(suites) = &args.tls13 {
        Ciphersuites::strict(suites).map_err(invalid("--tls13", suites))?;
    }
    let context = context(args, text, ssl::PROTOCOL_TLS_CLIENT)?;
    report.security_level = Some(context.security_level());
    report.versions = versions(args.min, args.max);
    let listed = || "cannot list the suites".to_owned();
    report.ciphers = context.get_ciphers().with_context(listed)?;
    if let Some(role) = args.usable {
        report.usable = Some((role, compat::usable(args, text, &context, role)?));
    }
    if let Some(wanted) = &args.profiles {
        report.clients = Some(compat::clients(args, text, wanted)?);
    }
    if let Some(other) = &args.diff {
        let other = self::string(other)?;
        let changed = CipherString::parse(&other).and_then(|other| string.diff(&other));
        report.diff = Some(changed.map_err(invalid("--diff", &other))?);
    }
    if let Some(policy) = policy {
        let mut compared = policy.check(&report.ciphers, &report.versions);
        // The server's OpenSSL may have suites that the linked one does not have.
        let absent = string.absent();
        compared.extend(policy.check_more(absent.ciphers(), &report.versions));
        if absent.unknown().next().is_some() {
            compared.leave_open(&policy, Aspect::Suites);
        }
        report.policy = Some(compared);
    }
    Ok(())
}

/// Python's context for this string.
fn context(
    args: &CiphersArgs,
    text: &str,
    protocol: ssl::Protocol,
) -> Result<ssl::SslContext, Failure> {
    let context =
        ssl::SslContext::new(protocol).with_context(|| "cannot create a context".to_owned())?;
    context
        .set_ciphers(text)
        .with_context(|| STRING.to_owned())?;
    if let Some(suites) = &args.tls13 {
        context
            .set_ciphersuites(suites)
            .with_context(|| format!("--tls13 '{}'", suites.escape_debug()))?;
    }
    setup::versions(&context, args.min, args.max)?;
    Ok(context)
}

/// The enabled versions. The list is empty if neither --min nor --max was given; a policy is then
/// compared with the suites only.
pub(crate) fn versions(min: Option<Version>, max: Option<Version>) -> Vec<TlsVersion> {
    if min.is_none() && max.is_none() {
        return Vec::new();
    }
    let max = max.unwrap_or(Version::Tls13);
    let min = min.unwrap_or(Version::Tls12.min(max));
    [
        Version::Tls10,
        Version::Tls11,
        Version::Tls12,
        Version::Tls13,
    ]
    .into_iter()
    .filter(|version| (min..=max).contains(version))
    .map(TlsVersion::from)
    .collect()
}

/// The given string, or standard input for `-`. Invalid UTF-8 is replaced by a character that the
/// parser of cipher strings rejects with its column.
fn string(given: &OsStr) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_string_lossy().into_owned());
    }
    let bytes =
        input::read(Path::new("-")).with_context(|| "cannot read standard input".to_owned())?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
