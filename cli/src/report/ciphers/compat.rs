//! The report on other versions of OpenSSL and on known clients.

use std::io::{self, Write};

use pyssl_ciphers::cipher::{
    Cipher, CipherDiff, CipherStringError, Effect, Explanation, KnownOpenssl, Step,
};
use pyssl_ciphers::negotiate::{Agreement, Negotiation, Profile};
use serde::Serialize;

use super::{count, explained, few};
use crate::report::suites::DOUBTFUL;
use crate::report::{BAD, BOLD, FAINT, GOOD, Styled, heading};

/// How many unknown parts of a version are shown.
const MOST_UNKNOWN: usize = 20;

/// The effect of the string in another version of OpenSSL.
pub(crate) struct OnVersion {
    pub(crate) openssl: &'static KnownOpenssl,
    pub(crate) explanation: Result<Explanation, CipherStringError>,
    /// The difference from the linked version, if both select something.
    pub(crate) diff: Option<CipherDiff>,
}

impl OnVersion {
    /// Whether the string selects nothing in this version of OpenSSL, or weaker suites than in the
    /// linked one.
    pub(super) fn is_worse(&self) -> bool {
        match &self.explanation {
            Err(_) => true,
            Ok(there) => {
                there.selects_nothing() || self.diff.as_ref().is_some_and(CipherDiff::is_weaker)
            }
        }
    }
}

impl OnVersion {
    /// The problem of the string in this version of OpenSSL, in one line.
    pub(super) fn in_words(&self) -> String {
        let openssl = self.openssl.name();
        match (&self.explanation, &self.diff) {
            (Err(error), _) => format!("OpenSSL {openssl} refuses the string: {error}"),
            (Ok(_), None) => format!("with OpenSSL {openssl} the string selects nothing"),
            (Ok(_), Some(diff)) => {
                let all: Vec<_> = diff.weakenings().iter().map(ToString::to_string).collect();
                format!(
                    "with OpenSSL {openssl} the string is weaker: {}",
                    all.join(", ")
                )
            }
        }
    }
}

impl OnVersion {
    /// One line about a string without a problem in this version of OpenSSL: the number of suites, and the difference
    /// from the linked version.
    pub(super) fn effect(&self) -> String {
        let openssl = self.openssl.name();
        let suites = self.explanation.as_ref().map(|there| there.ciphers().len());
        let suites = count(suites.unwrap_or(0), "suite");
        let diff = match &self.diff {
            None => String::new(),
            Some(diff) if diff.is_empty() => ", the same as with the linked OpenSSL".to_owned(),
            Some(diff) => {
                let (less, more) = (diff.removed().len(), diff.added().len());
                format!(", no weaker suite: {less} missing there, {more} additional there")
            }
        };
        format!("with OpenSSL {openssl}: {suites}{diff}")
    }
}

/// The result for a client.
pub(crate) struct Client {
    pub(crate) profile: Profile,
    pub(crate) found: Negotiation,
    /// The reason why it is unknown whether the client can connect, although the negotiation has a result.
    pub(crate) unknown: Option<String>,
    /// Whether the client was requested by name or by a file. Then it must be able to connect.
    pub(crate) required: bool,
}

impl Client {
    pub(super) fn is_missed(&self) -> bool {
        self.required && self.found.agreement().is_none()
    }

    /// The result of the negotiation, if the client is known to connect.
    fn agreed(&self) -> Option<&Agreement> {
        self.found.agreement().filter(|_| self.unknown.is_none())
    }
}

pub(super) fn versions(
    out: &mut dyn Write,
    all: &[OnVersion],
    explain: bool,
    full: bool,
) -> io::Result<()> {
    for on in all {
        let openssl = on.openssl;
        heading(out, &format!("With {openssl} ({})", openssl.build()))?;
        match &on.explanation {
            Err(error) => writeln!(out, "  {}: {error}", Styled(BAD, "refused"))?,
            Ok(there) => {
                version(out, on, there)?;
                if explain {
                    explained(out, there, full)?;
                }
            }
        }
    }
    Ok(())
}

fn version(out: &mut dyn Write, on: &OnVersion, there: &Explanation) -> io::Result<()> {
    if there.selects_nothing() {
        writeln!(
            out,
            "  {}",
            Styled(BAD, "selects nothing: set_ciphers fails")
        )?;
    } else {
        let level = there.security_level();
        let suites = count(there.ciphers().len(), "suite");
        writeln!(out, "  {suites}, security level {level}")?;
    }
    let unknown: Vec<_> = unknown(there).collect();
    for step in unknown.iter().take(MOST_UNKNOWN) {
        let (part, column) = (step.part(), step.part().column());
        write!(out, "  does not know `{part}` at column {column}")?;
        match step.hint() {
            Some(hint) => writeln!(out, ": {hint}")?,
            None => writeln!(out)?,
        }
    }
    if let Some(more @ 1..) = unknown.len().checked_sub(MOST_UNKNOWN) {
        writeln!(out, "  and {more} parts more")?;
    }
    let Some(diff) = &on.diff else {
        return Ok(());
    };
    if diff.is_empty() {
        return writeln!(
            out,
            "  {}",
            Styled(GOOD, "the same as with the linked OpenSSL")
        );
    }
    names(out, "missing there", diff.removed())?;
    names(out, "additional there", diff.added())?;
    if !diff.reordered().is_empty() {
        let moved: Vec<_> = diff.reordered().iter().map(|m| m.cipher.clone()).collect();
        names(out, "in another position", &moved)?;
    }
    for weakening in diff.weakenings() {
        writeln!(out, "  {}: {weakening}", Styled(BAD, "weaker"))?;
    }
    Ok(())
}

/// The parts that are unknown to a version.
fn unknown(explanation: &Explanation) -> impl Iterator<Item = &Step> {
    let steps = explanation.steps().iter();
    steps.filter(|step| step.effect() == Effect::Unknown)
}

fn names(out: &mut dyn Write, what: &str, suites: &[Cipher]) -> io::Result<()> {
    if suites.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = suites.iter().map(|c| c.name).collect();
    writeln!(out, "  {} {what}: {}", names.len(), few(&names))
}

pub(super) fn clients(out: &mut dyn Write, clients: &[Client]) -> io::Result<()> {
    heading(out, "Clients")?;
    let width = clients.iter().map(|c| c.profile.name().len()).max();
    let width = width.unwrap_or(0);
    for client in clients {
        let name = client.profile.name();
        write!(out, "  {}  ", Styled(BOLD, format_args!("{name:<width$}")))?;
        match (&client.found, &client.unknown) {
            (_, Some(reason)) => writeln!(
                out,
                "{}",
                Styled(DOUBTFUL, format_args!("unknown: {reason}"))
            )?,
            (Negotiation::Agreed(agreed), None) => writeln!(out, "{agreed}")?,
            (Negotiation::Refused(refusal), None) => {
                let style = if client.required { BAD } else { FAINT };
                writeln!(
                    out,
                    "{}",
                    Styled(style, format_args!("none: {}", refusal.cause()))
                )?;
            }
        }
    }
    let agreed = clients.iter().filter(|c| c.agreed().is_some());
    write!(
        out,
        "\n{} of {} can connect",
        agreed.count(),
        count(clients.len(), "client")
    )?;
    match clients.iter().filter(|c| c.unknown.is_some()).count() {
        0 => writeln!(out),
        unknown => writeln!(out, ", {unknown} unknown"),
    }
}

#[derive(Serialize)]
pub(super) struct OnVersionJson<'a> {
    name: &'a str,
    openssl: &'a str,
    build: &'a str,
    error: Option<&'a CipherStringError>,
    selects_nothing: bool,
    security_level: Option<u32>,
    ciphers: Vec<&'a str>,
    unknown: Vec<UnknownJson<'a>>,
    /// The difference from the linked version; `None` if the string selects nothing in one of them.
    diff: Option<&'a CipherDiff>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a Explanation>,
}

#[derive(Serialize)]
struct UnknownJson<'a> {
    part: &'a str,
    column: usize,
    hint: Option<String>,
}

impl<'a> OnVersionJson<'a> {
    pub(super) fn new(on: &'a OnVersion, explain: bool) -> OnVersionJson<'a> {
        let there = on.explanation.as_ref().ok();
        OnVersionJson {
            name: on.openssl.name(),
            openssl: on.openssl.version(),
            build: on.openssl.build(),
            error: on.explanation.as_ref().err(),
            selects_nothing: there.is_some_and(Explanation::selects_nothing),
            security_level: there.map(Explanation::security_level),
            ciphers: there
                .map_or(&[][..], Explanation::ciphers)
                .iter()
                .map(|c| c.name)
                .collect(),
            unknown: there
                .into_iter()
                .flat_map(unknown)
                .map(|step| UnknownJson {
                    part: step.part().text(),
                    column: step.part().column(),
                    hint: step.hint().map(|hint| hint.to_string()),
                })
                .collect(),
            diff: on.diff.as_ref(),
            explanation: there.filter(|_| explain),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ClientJson<'a> {
    #[serde(flatten)]
    profile: &'a Profile,
    agreed: Option<&'a Agreement>,
    refused_because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_because: Option<&'a str>,
}

impl<'a> From<&'a Client> for ClientJson<'a> {
    fn from(client: &'a Client) -> ClientJson<'a> {
        ClientJson {
            profile: &client.profile,
            agreed: client.agreed(),
            refused_because: client.found.refusal().map(|r| r.cause().to_string()),
            unknown_because: client.unknown.as_deref(),
        }
    }
}
