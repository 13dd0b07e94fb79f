//! Sends the ClientHellos of known clients.

use openssl::x509::X509;
use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::registry;
use pyssl_ciphers::negotiate::Profile;
use pyssl_ciphers::wire::{ClientHello, ServerFlight, group_name, group_number, suite_number};

use super::chain::NO_CERTIFICATE;
use super::parallel;
use super::probe::{Answer, Prober, is_refused};
use crate::cmd::ciphers::unknown_key;
use crate::level::Level;
use crate::report::scan::ClientScan;

/// The server's answers to the offers of these clients. `chains` are the chains of the server that handshakes of TLS 1.3
/// have shown.
pub(super) fn simulate(
    prober: &Prober<'_>,
    profiles: &[Profile],
    chains: &[Vec<X509>],
) -> ssl::Result<Vec<ClientScan>> {
    let answers = parallel::each(profiles, |profile| client(prober, profile, chains));
    answers.into_iter().collect()
}

fn client(prober: &Prober<'_>, profile: &Profile, chains: &[Vec<X509>]) -> ssl::Result<ClientScan> {
    let mut found = ClientScan {
        name: profile.name().to_owned(),
        title: profile.title().to_owned(),
        connects: None,
        version: None,
        cipher: None,
        group: None,
        reason: None,
    };
    let level = profile.security_level().and_then(Level::new);
    let Some(hello) = hello(profile, level) else {
        found.reason = Some("none of its suites can be offered".to_owned());
        return Ok(found);
    };
    let hello = match profile.sends_server_name() {
        true => hello.server_name(prober.server_name()),
        false => hello,
    };
    let flight = match prober.ask("clients", &hello)? {
        Answer::Hello(flight) => flight,
        Answer::Refused | Answer::VersionRefused => {
            found.connects = Some(false);
            found.reason = Some("the server refuses its offer".to_owned());
            return Ok(found);
        }
        Answer::Unknown(reason) => {
            found.reason = Some(reason);
            return Ok(found);
        }
    };
    let Some(chosen) = flight.hello() else {
        return Ok(found);
    };
    let mut versions = profile.versions().iter();
    let version = versions.find(|version| **version as i32 == i32::from(chosen.version));
    let suite = registry().iter().find(|s| s.protocol_id() == chosen.suite);
    let mut offered = profile.ciphers().filter_map(suite_number);
    let offered = offered.any(|number| number == chosen.suite);
    found.version = version.map(|version| label(*version));
    found.cipher = suite.map(|suite| suite.name);
    let exchange = flight.key_exchange().and_then(|exchange| exchange.group);
    found.group = exchange.or(chosen.group).map(group_name);
    found.connects = Some(version.is_some() && offered);
    if version.is_none() {
        found.reason =
            Some("the server chooses a version that the client does not have".to_owned());
    } else if !offered {
        found.reason = Some("the server chooses a suite that the client does not have".to_owned());
    } else if is_refused(&flight) {
        found.connects = Some(false);
        found.reason = Some("the server ends the handshake with an alert".to_owned());
    } else if let Some(reason) = level.and_then(|level| below_level(level, &flight, chains)) {
        found.connects = Some(false);
        found.reason = Some(reason);
    } else if !flight.is_complete() {
        found.connects = None;
        found.reason = Some("the server did not end its answer".to_owned());
    } else if level.is_some_and(Level::has_limits)
        && version == Some(&TlsVersion::TLSv1_3)
        && chains.is_empty()
    {
        found.connects = None;
        found.reason = Some("no certificate of TLS 1.3 was seen".to_owned());
    } else if let Some(reason) = suite.and_then(|suite| unknown_certificate(suite, &flight, chains))
    {
        found.connects = None;
        found.reason = Some(reason);
    }
    Ok(found)
}

/// The reason why the security level of a client rejects the server's choices, or `None` if it accepts them.
fn below_level(level: Level, flight: &ServerFlight, chains: &[Vec<X509>]) -> Option<String> {
    let exchange = flight.key_exchange();
    let group = exchange.and_then(|exchange| exchange.group);
    let group = group.or_else(|| flight.hello().and_then(|hello| hello.group));
    let dh = exchange.and_then(|exchange| exchange.dh_bits);
    if let Some(reason) = level.rejects_exchange(group, dh) {
        return Some(reason);
    }
    // Before TLS 1.2, a key exchange is signed with MD5 and SHA-1, or with SHA-1.
    let is_old = flight
        .hello()
        .is_some_and(|hello| hello.version < TlsVersion::TLSv1_2 as u16);
    if is_old && exchange.is_some() {
        if let Some(reason) = level.rejects_old_signature() {
            return Some(reason);
        }
    }
    let signature = flight.signature();
    if let Some(reason) = signature.and_then(|scheme| level.rejects_signature(scheme)) {
        return Some(reason);
    }
    if !flight.certificates().is_empty() {
        let sent = flight.certificates().iter();
        let sent: Result<Vec<_>, _> = sent.map(|der| X509::from_der(der)).collect();
        return match sent {
            Ok(sent) => level.rejects_chain(&sent),
            Err(_) => Some("a certificate of the server cannot be read".to_owned()),
        };
    }
    // A server with several certificates chooses one that this client accepts.
    let reasons = chains.iter().map(|chain| level.rejects_chain(chain));
    reasons.reduce(Option::and).flatten()
}

/// The reason why it is unknown whether a client accepts the server's certificate ([`unknown_key`]); `None` if it is
/// known.
fn unknown_certificate(
    suite: &ssl::Cipher,
    flight: &ServerFlight,
    chains: &[Vec<X509>],
) -> Option<String> {
    let is_tls13 = suite.is_tls13();
    if !is_tls13 && suite.auth.is_none_or(|auth| NO_CERTIFICATE.contains(&auth)) {
        return None;
    }
    let sent = flight.certificates().first();
    let sent = sent.map(|der| ssl::Certificate::from_der(der));
    // In TLS 1.3, the suite does not determine the certificate. The server chooses one by the client's signature
    // schemes.
    let leaves = chains.iter().filter_map(|chain| chain.first());
    let leaves = leaves
        .filter(|_| is_tls13)
        .filter_map(|leaf| leaf.to_der().ok());
    let leaves = leaves.map(|der| ssl::Certificate::from_der(&der));
    let leaves = sent.into_iter().chain(leaves).filter_map(Result::ok);
    let reasons = leaves.map(|leaf| unknown_key(leaf.key_name().as_deref()));
    let none_seen = || Some("the scan has seen no certificate of the server".to_owned());
    reasons.reduce(Option::and).unwrap_or_else(none_seen)
}

/// The ClientHello of a client; `None` if the number of none of its suites is known, or its security level accepts none
/// of them. Suites, groups and signatures below its level are not offered.
fn hello(profile: &Profile, level: Option<Level>) -> Option<ClientHello> {
    let accepts = |suite: &u16| {
        let known = registry().iter().find(|s| s.protocol_id() == *suite);
        level.is_none_or(|level| known.is_none_or(|suite| level.accepts_suite(suite)))
    };
    let suites: Vec<u16> = profile
        .ciphers()
        .filter_map(suite_number)
        .filter(accepts)
        .collect();
    let accepts =
        |version: &&TlsVersion| level.is_none_or(|level| level.accepts_version(**version));
    let versions: Vec<TlsVersion> = profile.versions().iter().filter(accepts).copied().collect();
    let (highest, older) = versions.split_last()?;
    if suites.is_empty() {
        return None;
    }
    let older: Vec<TlsVersion> = older.iter().rev().copied().collect();
    let groups = profile.groups().filter_map(group_number);
    let groups = groups.filter(|group| level.is_none_or(|level| level.accepts_group(*group)));
    let groups: Vec<u16> = groups.collect();
    let hello = ClientHello::new(*highest, &suites).also(&older);
    let hello = hello.groups(&groups);
    Some(match level {
        Some(level) => hello.signatures(&level.signatures()),
        None => hello,
    })
}

/// The name of a version in the report: `TLS 1.2`.
pub(super) fn label(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::TLSv1_3 => "TLS 1.3",
        TlsVersion::TLSv1_2 => "TLS 1.2",
        TlsVersion::TLSv1_1 => "TLS 1.1",
        TlsVersion::TLSv1 => "TLS 1.0",
        _ => "SSL 3.0",
    }
}
