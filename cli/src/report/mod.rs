//! The command's output: text and JSON.

pub(crate) mod audit;
pub(crate) mod ciphers;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod policy;
pub(crate) mod port;
pub(crate) mod problems;
pub(crate) mod scan;
mod suites;

use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use pyssl as ssl;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::Failure;

pub(crate) use suites::counts;

/// The version of the JSON output, described by `docs/schema/`. It is increased when a key changes
/// its meaning or is removed.
const SCHEMA: u32 = 1;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// Text in a style. The style is dropped unless the output is a terminal.
struct Styled<T>(Style, T);

impl<T: fmt::Display> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.0, self.1, self.0)
    }
}

/// Prints to standard output. Colours only go to terminals, and not if `NO_COLOR` is set.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut text = Vec::new();
    write(&mut text)?;
    let mut out = anstream::stdout().lock();
    match out.write_all(&text).and_then(|()| out.flush()) {
        // The reader has closed the pipe; this does not change the exit code.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Prints one line with a label and a value.
fn row(out: &mut dyn Write, label: &str, value: impl fmt::Display) -> io::Result<()> {
    writeln!(out, "  {label:<14}{value}")
}

fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{}", Styled(BOLD, text))
}

fn millis(time: Duration) -> f64 {
    // Rounds to microseconds: more digits say nothing about a network.
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", millis(time))
}

/// A certificate in a few lines.
fn certificate(out: &mut dyn Write, certificate: &ssl::Certificate) -> io::Result<()> {
    let info = match certificate.get_info() {
        Ok(info) => info,
        Err(error) => return row(out, "unreadable", error),
    };
    row(out, "subject", certificate)?;
    row(out, "issuer", one_line(info.issuer()))?;
    if !info.subject_alt_name().is_empty() {
        let names: Vec<_> = info
            .subject_alt_name()
            .iter()
            .map(|name| format!("{}:{}", name.kind(), alt_name(name)))
            .collect();
        row(out, "names", names.join(", "))?;
    }
    row(out, "valid from", info.not_before())?;
    let left =
        validity_left(info.not_after()).map_or_else(String::new, |left| format!(" ({left})"));
    row(
        out,
        "valid until",
        format_args!("{}{left}", info.not_after()),
    )?;
    row(out, "serial", info.serial_number())?;
    if let Some(fingerprint) = fingerprint(certificate) {
        row(out, "SHA-256", fingerprint)?;
    }
    Ok(())
}

/// The value of an alternative name. IPv6 addresses are in short form, unlike Python's.
pub(crate) fn alt_name(name: &ssl::SubjectAltName) -> String {
    match name {
        ssl::SubjectAltName::IpAddress(Some(address)) => address.to_string(),
        other => clean(&other.value()),
    }
}

/// A name in the one-line form of OpenSSL's command, as in the `Display` of [`ssl::Certificate`].
fn one_line(name: &ssl::DistinguishedName) -> String {
    let parts: Vec<_> = name
        .iter()
        .rev()
        .map(|rdn| {
            let pairs: Vec<_> = rdn
                .iter()
                .map(|(key, value)| format!("{}={value}", short_name(key)))
                .collect();
            pairs.join("+")
        })
        .collect();
    clean(&parts.join(","))
}

/// The short name of an attribute (RFC 4514), for its long name.
fn short_name(long: &str) -> &str {
    match long {
        "commonName" => "CN",
        "organizationName" => "O",
        "organizationalUnitName" => "OU",
        "countryName" => "C",
        "stateOrProvinceName" => "ST",
        "localityName" => "L",
        other => other,
    }
}

/// Escapes the control characters of a certificate's text.
fn clean(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let kept = (!c.is_control()).then_some(c);
            escaped.into_iter().flatten().chain(kept)
        })
        .collect()
}

fn validity_left(not_after: &str) -> Option<String> {
    let end = ssl::cert_time_to_seconds(not_after).ok()?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    let days = (end - i64::try_from(now.as_secs()).ok()?).div_euclid(24 * 60 * 60);
    Some(match days {
        ..0 => "expired".to_owned(),
        0 => "less than a day left".to_owned(),
        1 => "1 day left".to_owned(),
        _ => format!("{days} days left"),
    })
}

fn fingerprint(certificate: &ssl::Certificate) -> Option<String> {
    let digest = openssl::sha::sha256(&certificate.to_der().ok()?);
    let pairs: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    Some(pairs.join(":"))
}

/// A certificate in JSON.
#[derive(Serialize)]
struct CertificateJson {
    subject: String,
    sha256: Option<String>,
    /// The result of `getpeercert()`.
    info: Option<Box<RawValue>>,
    pem: Option<String>,
}

impl From<&ssl::Certificate> for CertificateJson {
    fn from(certificate: &ssl::Certificate) -> CertificateJson {
        CertificateJson {
            subject: certificate.to_string(),
            sha256: fingerprint(certificate),
            info: certificate
                .get_info()
                .ok()
                .and_then(|info| dict_json(&info)),
            pem: certificate.to_pem().ok(),
        }
    }
}

fn dict_json(info: &ssl::CertDict) -> Option<Box<RawValue>> {
    RawValue::from_string(info.to_json()).ok()
}

/// The attributes of Python's exception.
#[derive(Serialize)]
struct ErrorJson<'a> {
    class: &'static str,
    message: String,
    errno: Option<i32>,
    library: Option<&'static str>,
    reason: Option<&'a str>,
    verify_code: Option<i32>,
    verify_message: Option<&'a str>,
    hint: Option<String>,
}

impl<'a> ErrorJson<'a> {
    fn new(error: &'a ssl::Error, hint: Option<String>) -> ErrorJson<'a> {
        ErrorJson {
            class: error.python_class(),
            message: error.to_string(),
            errno: error.errno(),
            library: error.library(),
            reason: error.reason(),
            verify_code: error.verify_code(),
            verify_message: error.verify_message(),
            hint,
        }
    }
}

fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(clean("CN=a\u{1b}[31mb\u{7}ü"), "CN=a\\u{1b}[31mb\\u{7}ü");
    }

    #[test]
    fn the_remaining_validity_is_in_days() {
        assert_eq!(
            validity_left("Jan  5 09:34:43 2018 GMT").as_deref(),
            Some("expired")
        );
        assert_eq!(validity_left("Bad time value"), None);
    }
}
