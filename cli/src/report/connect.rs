//! The output of `pyssl connect`.

use std::io::{self, Write};
use std::net::SocketAddr;

use pyssl as ssl;
use pyssl_ciphers::wire::StartTls;
use serde::Serialize;

use super::{
    BAD, CertificateJson, ErrorJson, FAINT, GOOD, Styled, certificate, clean, heading, millis,
    milliseconds, row, write_json,
};
use crate::args::TrustArgs;
use crate::attempt::{ConnectOutcome, Stage};
use crate::hint;

/// Describes the source of the trusted certificates.
pub(crate) fn trust_source(args: &TrustArgs) -> String {
    match (&args.cafile, &args.capath) {
        (Some(path), _) | (_, Some(path)) => path.display().to_string(),
        _ if args.no_verify => "nothing".to_owned(),
        _ => "the system's authorities".to_owned(),
    }
}

pub(crate) fn brief(out: &mut dyn Write, outcome: &ConnectOutcome) -> io::Result<()> {
    match (&outcome.error, &outcome.handshake) {
        (Some(error), _) => {
            write!(
                out,
                "ERR {} {} {}",
                error.python_class(),
                error.library().unwrap_or("-"),
                error.reason().unwrap_or("-")
            )?;
            if let Some(code) = error.verify_code() {
                let text = error.verify_message().unwrap_or_default();
                write!(out, " {code} {}", clean(text))?;
            }
            writeln!(out)
        }
        (None, Some(handshake)) => writeln!(out, "OK {} {}", handshake.version, handshake.cipher),
        (None, None) => Ok(()),
    }
}

pub(crate) fn human(out: &mut dyn Write, outcome: &ConnectOutcome) -> io::Result<()> {
    let target = &outcome.target;
    let address = outcome
        .address
        .filter(|address| address.to_string() != target.address.to_string())
        .map_or_else(String::new, |address| format!(" ({address})"));
    match &outcome.error {
        None => writeln!(out, "{} {target}{address}", Styled(GOOD, "connected to"))?,
        Some(error) => {
            let what = match outcome.stage {
                Stage::Setup | Stage::Connect => "cannot connect to",
                Stage::StartTls => "no TLS with",
                Stage::Handshake => "the handshake failed with",
                Stage::Afterwards | Stage::Done if is_alert(error) => {
                    "refused after the handshake by"
                }
                Stage::Afterwards | Stage::Done => {
                    "the connection broke right after the handshake with"
                }
            };
            writeln!(out, "{} {target}{address}", Styled(BAD, what))?;
            row(out, "error", clean(&error.to_string()))?;
            row(out, "Python class", error.python_class())?;
            if let Some(hint) = hint::for_failure(outcome, error) {
                row(out, "hint", hint)?;
            }
        }
    }
    if let Some(handshake) = &outcome.handshake {
        row(out, "protocol", handshake.version)?;
        row(
            out,
            "cipher",
            format_args!("{} ({} bits)", handshake.cipher, handshake.bits),
        )?;
        if let Some(group) = &handshake.group {
            row(out, "key exchange", group)?;
        }
        if let Some(alpn) = &handshake.alpn {
            row(out, "ALPN", clean(alpn))?;
        }
        let connecting = outcome.connect_time.map_or_else(String::new, |time| {
            format!(", after {} to connect", milliseconds(time))
        });
        row(
            out,
            "handshake",
            format_args!("{}{connecting}", milliseconds(handshake.time)),
        )?;
        if handshake.closed {
            row(
                out,
                "afterwards",
                "the server closed the connection at once",
            )?;
        }
    }
    verification(out, outcome)?;
    if let Some(leaf) = outcome.chain.first() {
        heading(out, "Certificate")?;
        certificate(out, leaf)?;
    }
    chain(out, "Chain that the server sent", &outcome.chain)?;
    if outcome.checked {
        chain(out, "Chain that was verified", &outcome.verified_chain)?;
    }
    Ok(())
}

/// Whether the server sent an alert.
fn is_alert(error: &ssl::Error) -> bool {
    error
        .reason()
        .is_some_and(|reason| reason.contains("_ALERT_"))
}

fn verification(out: &mut dyn Write, outcome: &ConnectOutcome) -> io::Result<()> {
    let failure = outcome.error.as_ref().and_then(|error| {
        let code = error.verify_code()?;
        Some((code, error.verify_message().unwrap_or_default()))
    });
    let text = match failure {
        Some((code, message)) => format!(
            "{}: {} (code {code})",
            Styled(BAD, "failed"),
            clean(message)
        ),
        None if outcome.chain.is_empty() => return Ok(()),
        None if !outcome.checked => format!("{}: --no-verify", Styled(BAD, "not done")),
        // The report has no line about verification: the handshake failed before it, or after it
        // for another reason.
        None if outcome.handshake.is_none() => return Ok(()),
        None => format!(
            "{}: trusted by {}, and valid for {}",
            Styled(GOOD, "passed"),
            outcome.trust,
            outcome.server_name
        ),
    };
    row(out, "verification", text)
}

fn chain(out: &mut dyn Write, title: &str, chain: &[ssl::Certificate]) -> io::Result<()> {
    if chain.is_empty() {
        return Ok(());
    }
    heading(out, title)?;
    for (depth, certificate) in chain.iter().enumerate() {
        writeln!(out, "  {} {certificate}", Styled(FAINT, depth))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Json<'a> {
    ok: bool,
    host: &'a str,
    port: u16,
    starttls: Option<&'static str>,
    server_name: &'a str,
    address: Option<SocketAddr>,
    stage: Stage,
    version: Option<&'a str>,
    cipher: Option<CipherJson<'a>>,
    group: Option<&'a str>,
    alpn: Option<&'a str>,
    session_ticket: Option<bool>,
    closed_by_server: Option<bool>,
    connect_ms: Option<f64>,
    handshake_ms: Option<f64>,
    verification: VerificationJson<'a>,
    chain: Vec<CertificateJson>,
    verified_chain: Vec<CertificateJson>,
    error: Option<ErrorJson<'a>>,
}

#[derive(Serialize)]
struct CipherJson<'a> {
    name: &'a str,
    protocol: &'a str,
    bits: i32,
}

#[derive(Serialize)]
struct VerificationJson<'a> {
    /// `null` if the certificate was not checked.
    ok: Option<bool>,
    required: bool,
    trust: &'a str,
    code: Option<i32>,
    message: Option<&'a str>,
}

pub(crate) fn json(out: &mut dyn Write, outcome: &ConnectOutcome) -> io::Result<()> {
    let error = outcome.error.as_ref();
    let handshake = outcome.handshake.as_ref();
    let code = error.and_then(ssl::Error::verify_code);
    let verified = match (code, handshake) {
        (Some(_), _) => Some(false),
        (None, Some(_)) if outcome.checked => Some(true),
        _ => None,
    };
    let json = Json {
        ok: error.is_none(),
        host: &outcome.target.address.host,
        port: outcome.target.address.port,
        starttls: outcome.target.starttls.map(StartTls::name),
        server_name: &outcome.server_name,
        address: outcome.address,
        stage: outcome.stage,
        version: handshake.map(|handshake| handshake.version),
        cipher: handshake.map(|handshake| CipherJson {
            name: handshake.cipher,
            protocol: handshake.cipher_protocol,
            bits: handshake.bits,
        }),
        group: handshake.and_then(|handshake| handshake.group.as_deref()),
        alpn: handshake.and_then(|handshake| handshake.alpn.as_deref()),
        session_ticket: handshake.map(|handshake| handshake.session_ticket),
        closed_by_server: handshake.map(|handshake| handshake.closed),
        connect_ms: outcome.connect_time.map(millis),
        handshake_ms: handshake.map(|handshake| millis(handshake.time)),
        verification: VerificationJson {
            ok: verified,
            required: outcome.checked,
            trust: &outcome.trust,
            code,
            message: error.and_then(ssl::Error::verify_message),
        },
        chain: outcome.chain.iter().map(Into::into).collect(),
        verified_chain: outcome.verified_chain.iter().map(Into::into).collect(),
        error: error.map(|error| ErrorJson::new(error, hint::for_failure(outcome, error))),
    };
    write_json(out, &json)
}
