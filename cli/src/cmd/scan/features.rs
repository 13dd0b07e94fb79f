//! The settings of a server, apart from suites and keys.

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::Aspect;

use super::handshake::{self, Kept, Versions};
use super::parallel;
use super::scanner::{Chosen, Scanner};
use crate::report::scan::{Features, VersionScan};

/// The application protocols of the TLS registry that servers may have.
const PROTOCOLS: [&str; 18] = [
    "h2",
    "http/1.1",
    "http/1.0",
    "spdy/3.1",
    "imap",
    "pop3",
    "managesieve",
    "nntp",
    "ftp",
    "irc",
    "xmpp-client",
    "xmpp-server",
    "mqtt",
    "dot",
    "coap",
    "postgresql",
    "smb",
    "tds/8.0",
];

/// The report's name for the settings that the scan reads from one answer of TLS 1.2 or older.
const SETTINGS: &str = "ALPN and the settings before TLS 1.3";

/// The aspect of a policy that depends on these settings.
const FEATURES: &[Aspect] = &[Aspect::Features];

/// Finds the settings of a server that has these versions enabled.
pub(super) fn find(scanner: &Scanner<'_>, versions: &[&VersionScan]) -> ssl::Result<Features> {
    let tls13 = versions.iter().any(|v| v.version == TlsVersion::TLSv1_3);
    let older = versions.iter().copied().filter(|version| {
        // SSL 3.0 has no extensions.
        version.version < TlsVersion::TLSv1_3 && version.version > TlsVersion::SSLv3
    });
    let older = older.max_by_key(|version| version.version);
    let mut features = match older {
        Some(version) => in_the_open(scanner, version)?,
        None => Features::default(),
    };
    if older.is_none() && tls13 {
        let found = all_protocols(|offered| Ok(handshake::alpn(&scanner.prober, offered)))?;
        features.alpn = scanner.known("ALPN", found);
    }
    let mut trials = Vec::new();
    if older.is_some() {
        trials.push((Versions::Older, Kept::Id));
        trials.push((Versions::Older, Kept::Ticket));
    }
    if tls13 {
        trials.push((Versions::Tls13, Kept::Ticket));
    }
    let resumed = parallel::each(&trials, |(versions, kept)| {
        handshake::resumes(&scanner.prober, *versions, *kept)
    });
    for (trial, resumed) in trials.iter().zip(resumed) {
        *match trial {
            (Versions::Tls13, _) => &mut features.resumption_tls13,
            (Versions::Older, Kept::Id) => &mut features.resumption_by_id,
            (Versions::Older, Kept::Ticket) => &mut features.resumption_by_ticket,
        } = scanner.known(what(trial), resumed);
    }
    Ok(features)
}

/// The name of a trial of resumption in the report.
fn what(trial: &(Versions, Kept)) -> &'static str {
    match trial {
        (Versions::Tls13, _) => "resumption, TLS 1.3",
        (Versions::Older, Kept::Id) => "resumption, TLS 1.2 by id",
        (Versions::Older, Kept::Ticket) => "resumption, TLS 1.2 by ticket",
    }
}

/// The settings that a server below TLS 1.3 shows in its ServerHello.
fn in_the_open(scanner: &Scanner<'_>, version: &VersionScan) -> ssl::Result<Features> {
    let offer = |protocols: &[&str]| {
        scanner.offer("extensions", version.version, &version.suites, |hello| {
            let hello = hello.alpn(protocols).compression();
            hello.session_ticket().ocsp_response()
        })
    };
    let mut features = Features::default();
    let mut answer = offer(&PROTOCOLS)?;
    if matches!(answer, Chosen::Refused) {
        // A server also refuses the handshake if it supports none of the offered application
        // protocols (RFC 7301, section 3.2). The second offer has no protocols.
        answer = offer(&[])?;
    }
    let flight = match answer {
        Chosen::Suite(_, flight) => flight,
        Chosen::Refused | Chosen::VersionRefused => {
            scanner.leave_open(
                SETTINGS,
                "the server refuses this offer".to_owned(),
                FEATURES,
            );
            return Ok(features);
        }
        Chosen::Unknown(reason) => {
            scanner.leave_open(SETTINGS, reason, FEATURES);
            return Ok(features);
        }
    };
    if let Some(hello) = flight.hello() {
        features.extended_master_secret = Some(hello.extended_master_secret);
        features.secure_renegotiation = Some(hello.secure_renegotiation);
        features.compression = Some(hello.compression != 0);
    }
    let found = all_protocols(|offered| {
        Ok(match offer(offered)? {
            Chosen::Suite(_, flight) => Ok(flight.hello().and_then(|hello| hello.alpn.clone())),
            Chosen::Refused | Chosen::VersionRefused => Ok(None),
            Chosen::Unknown(reason) => Err(reason),
        })
    })?;
    features.alpn = scanner.known("ALPN", found);
    Ok(features)
}

/// Finds all application protocols that the server accepts: removes the server's choice from the
/// offer until the server chooses nothing. The inner error is the reason why a question had no answer.
fn all_protocols(
    mut choose: impl FnMut(&[&str]) -> ssl::Result<Result<Option<String>, String>>,
) -> ssl::Result<Result<Vec<String>, String>> {
    let mut left = PROTOCOLS.to_vec();
    let mut found = Vec::new();
    while !left.is_empty() {
        match choose(&left)? {
            Err(reason) => return Ok(Err(reason)),
            Ok(Some(chosen)) if left.contains(&&*chosen) => {
                left.retain(|other| *other != chosen);
                found.push(chosen);
            }
            Ok(_) => break,
        }
    }
    Ok(Ok(found))
}
