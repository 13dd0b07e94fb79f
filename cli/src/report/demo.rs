//! The output of `pyssl demo`.

use std::io::{self, Write};
use std::time::Duration;

use pyssl as ssl;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    BAD, ErrorJson, GOOD, Styled, dict_json, heading, millis, milliseconds, row, write_json,
};

/// The suite, as returned by `cipher()`.
type Cipher = Option<(&'static str, &'static str, i32)>;

/// The result of the demo.
pub(crate) struct DemoOutcome {
    pub(crate) sent_by_client: &'static [u8],
    pub(crate) sent_by_server: &'static [u8],
    pub(crate) server: ssl::Result<ServerSide>,
    /// None if the server failed before the client could connect.
    pub(crate) client: Option<ssl::Result<ClientSide>>,
    /// The comparisons of both sides; empty if a side failed.
    pub(crate) checks: Vec<Check>,
}

/// The observations of the server.
pub(crate) struct ServerSide {
    pub(crate) client: String,
    pub(crate) version: Option<&'static str>,
    pub(crate) cipher: Cipher,
    pub(crate) received: Vec<u8>,
}

/// The observations of the client.
pub(crate) struct ClientSide {
    pub(crate) port: u16,
    pub(crate) handshake_time: Duration,
    pub(crate) version: Option<&'static str>,
    pub(crate) cipher: Cipher,
    pub(crate) group: Option<String>,
    pub(crate) certificate: Option<ssl::CertDict>,
    pub(crate) verified_chain: Vec<ssl::Certificate>,
    pub(crate) received: Vec<u8>,
}

/// A comparison of an observation with the expected value.
#[derive(Serialize)]
pub(crate) struct Check {
    what: &'static str,
    ok: bool,
}

impl Check {
    pub(crate) fn new(what: &'static str, ok: bool) -> Check {
        Check { what, ok }
    }
}

impl DemoOutcome {
    pub(crate) fn ok(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.ok)
    }
}

pub(crate) fn human(out: &mut dyn Write, outcome: &DemoOutcome) -> io::Result<()> {
    if let Err(error) = &outcome.server {
        let class = error.python_class();
        writeln!(out, "{} {class}: {error}", Styled(BAD, "server failed:"))?;
    }
    if let Some(Err(error)) = &outcome.client {
        let class = error.python_class();
        writeln!(out, "{} {class}: {error}", Styled(BAD, "client failed:"))?;
    }
    if let (Ok(server), Some(Ok(client))) = (&outcome.server, &outcome.client) {
        talk(out, outcome, server, client)?;
    }
    writeln!(out)?;
    for check in &outcome.checks {
        let mark = match check.ok {
            true => Styled(GOOD, "ok    "),
            false => Styled(BAD, "FAILED"),
        };
        writeln!(out, "{mark} {}", check.what)?;
    }
    Ok(())
}

fn talk(
    out: &mut dyn Write,
    outcome: &DemoOutcome,
    server: &ServerSide,
    client: &ClientSide,
) -> io::Result<()> {
    let openssl = *ssl::OPENSSL_VERSION;
    writeln!(
        out,
        "A TLS server and its client in two threads, on {openssl}"
    )?;

    heading(out, "Connection")?;
    row(out, "server", format_args!("localhost:{}", client.port))?;
    row(out, "client", &server.client)?;
    row(out, "protocol", client.version.unwrap_or("none"))?;
    if let Some((cipher, _, bits)) = client.cipher {
        row(out, "cipher", format_args!("{cipher} ({bits} bits)"))?;
    }
    if let Some(group) = &client.group {
        row(out, "key exchange", group)?;
    }
    row(out, "handshake", milliseconds(client.handshake_time))?;

    heading(out, "Messages")?;
    message(out, "to server", outcome.sent_by_client, &server.received)?;
    message(out, "to client", outcome.sent_by_server, &client.received)?;

    heading(out, "The server's certificate (getpeercert)")?;
    match &client.certificate {
        Some(certificate) => dict(out, certificate)?,
        None => writeln!(out, "  none")?,
    }

    heading(out, "Verified chain")?;
    for (depth, certificate) in client.verified_chain.iter().enumerate() {
        writeln!(out, "  {depth} {certificate}")?;
    }
    Ok(())
}

fn message(out: &mut dyn Write, label: &str, sent: &[u8], received: &[u8]) -> io::Result<()> {
    let text = received.escape_ascii();
    let (sent, received) = (sent.len(), received.len());
    row(
        out,
        label,
        format_args!("\"{text}\" ({sent} bytes sent, {received} received)"),
    )
}

/// Prints the dict of Python's `getpeercert()`, one line for each key.
fn dict(out: &mut dyn Write, certificate: &ssl::CertDict) -> io::Result<()> {
    let names: Vec<_> = certificate
        .subject_alt_name()
        .iter()
        .map(|name| name.to_string())
        .collect();
    writeln!(out, "  subject         {}", certificate.subject())?;
    writeln!(out, "  issuer          {}", certificate.issuer())?;
    writeln!(out, "  version         {}", certificate.version())?;
    writeln!(out, "  serialNumber    {}", certificate.serial_number())?;
    writeln!(out, "  notBefore       {}", certificate.not_before())?;
    writeln!(out, "  notAfter        {}", certificate.not_after())?;
    writeln!(out, "  subjectAltName  {}", names.join(", "))
}

#[derive(Serialize)]
struct Json<'a> {
    ok: bool,
    openssl: &'a str,
    port: Option<u16>,
    version: Option<&'a str>,
    cipher: Cipher,
    group: Option<&'a str>,
    handshake_ms: Option<f64>,
    certificate: Option<Box<RawValue>>,
    verified_chain: Vec<String>,
    messages: Vec<MessageJson<'a>>,
    checks: &'a [Check],
    server_error: Option<ErrorJson<'a>>,
    client_error: Option<ErrorJson<'a>>,
}

#[derive(Serialize)]
struct MessageJson<'a> {
    from: &'a str,
    text: String,
    bytes_sent: usize,
    bytes_received: usize,
}

impl<'a> MessageJson<'a> {
    fn new(from: &'a str, sent: &[u8], received: &[u8]) -> MessageJson<'a> {
        MessageJson {
            from,
            text: String::from_utf8_lossy(received).into_owned(),
            bytes_sent: sent.len(),
            bytes_received: received.len(),
        }
    }
}

pub(crate) fn json(out: &mut dyn Write, outcome: &DemoOutcome) -> io::Result<()> {
    let server = outcome.server.as_ref().ok();
    let client = outcome
        .client
        .as_ref()
        .and_then(|client| client.as_ref().ok());
    let client_error = outcome
        .client
        .as_ref()
        .and_then(|client| client.as_ref().err());
    let mut messages = Vec::new();
    if let (Some(server), Some(client)) = (server, client) {
        messages.push(MessageJson::new(
            "client",
            outcome.sent_by_client,
            &server.received,
        ));
        messages.push(MessageJson::new(
            "server",
            outcome.sent_by_server,
            &client.received,
        ));
    }
    let json = Json {
        ok: outcome.ok(),
        openssl: *ssl::OPENSSL_VERSION,
        port: client.map(|client| client.port),
        version: client.and_then(|client| client.version),
        cipher: client.and_then(|client| client.cipher),
        group: client.and_then(|client| client.group.as_deref()),
        handshake_ms: client.map(|client| millis(client.handshake_time)),
        certificate: client
            .and_then(|client| client.certificate.as_ref())
            .and_then(dict_json),
        verified_chain: client
            .iter()
            .flat_map(|client| &client.verified_chain)
            .map(ToString::to_string)
            .collect(),
        messages,
        checks: &outcome.checks,
        server_error: outcome
            .server
            .as_ref()
            .err()
            .map(|error| ErrorJson::new(error, None)),
        client_error: client_error.map(|error| ErrorJson::new(error, None)),
    };
    write_json(out, &json)
}
