//! Sends the ClientHellos of known clients.

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::registry;
use pyssl_ciphers::negotiate::Profile;
use pyssl_ciphers::wire::{ClientHello, group_name, group_number, suite_number};

use super::parallel;
use super::probe::{Answer, Prober};
use crate::report::scan::ClientScan;

/// The server's answers to the offers of these clients.
pub(super) fn simulate(prober: &Prober<'_>, profiles: &[Profile]) -> ssl::Result<Vec<ClientScan>> {
    let answers = parallel::each(profiles, |profile| client(prober, profile));
    answers.into_iter().collect()
}

fn client(prober: &Prober<'_>, profile: &Profile) -> ssl::Result<ClientScan> {
    let mut found = ClientScan {
        name: profile.name().to_owned(),
        title: profile.title().to_owned(),
        connects: None,
        version: None,
        cipher: None,
        group: None,
        reason: None,
    };
    let Some(hello) = hello(profile) else {
        found.reason = Some("its suites are not in the TLS registry".to_owned());
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
    }
    Ok(found)
}

/// The ClientHello of a client; `None` if the number of none of its suites is known.
fn hello(profile: &Profile) -> Option<ClientHello> {
    let suites: Vec<u16> = profile.ciphers().filter_map(suite_number).collect();
    let (highest, older) = profile.versions().split_last()?;
    if suites.is_empty() {
        return None;
    }
    let older: Vec<TlsVersion> = older.iter().rev().copied().collect();
    let groups: Vec<u16> = profile.groups().filter_map(group_number).collect();
    let hello = ClientHello::new(*highest, &suites).also(&older);
    Some(hello.groups(&groups))
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
