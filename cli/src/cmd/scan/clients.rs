//! Sends the ClientHellos of known clients.

use openssl::x509::X509;
use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::cipher::registry;
use pyssl_ciphers::negotiate::Profile;
use pyssl_ciphers::wire::{
    ClientHello, ServerFlight, group_bits, group_name, group_number, suite_number,
};

use super::parallel;
use super::probe::{Answer, Prober};
use crate::report::scan::ClientScan;

/// The server's answers to the offers of these clients. `leaves` are the certificates of the server
/// that handshakes of TLS 1.3 have shown.
pub(super) fn simulate(
    prober: &Prober<'_>,
    profiles: &[Profile],
    leaves: &[ssl::Certificate],
) -> ssl::Result<Vec<ClientScan>> {
    let answers = parallel::each(profiles, |profile| client(prober, profile, leaves));
    answers.into_iter().collect()
}

fn client(
    prober: &Prober<'_>,
    profile: &Profile,
    leaves: &[ssl::Certificate],
) -> ssl::Result<ClientScan> {
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
    } else if let Some(reason) = below_level(profile, &flight, leaves) {
        found.connects = Some(false);
        found.reason = Some(reason);
    }
    Ok(found)
}

/// The reason why the security level of a client rejects the server's parameters, or `None` if it
/// accepts them (SSL_CTX_set_security_level(3)).
fn below_level(
    profile: &Profile,
    flight: &ServerFlight,
    leaves: &[ssl::Certificate],
) -> Option<String> {
    const LEAST: [u32; 6] = [0, 80, 112, 128, 192, 256];
    let level = profile.security_level()?;
    let least = *LEAST.get(usize::try_from(level).ok()?)?;
    if let Some(exchange) = flight.key_exchange() {
        let curve = exchange.group.and_then(group_bits);
        if let Some(bits) = exchange
            .dh_bits
            .filter(|bits| strength_of_dh(*bits) < least)
        {
            return Some(format!(
                "its security level {level} rejects DH with {bits} bits"
            ));
        }
        if let Some(bits) = curve.filter(|bits| bits / 2 < least) {
            return Some(format!(
                "its security level {level} rejects a curve with {bits} bits"
            ));
        }
    }
    let sent: Vec<Vec<u8>> = match flight.certificates().first() {
        Some(der) => vec![der.clone()],
        None => leaves
            .iter()
            .filter_map(|leaf| leaf.to_der().ok())
            .collect(),
    };
    let keys = sent
        .iter()
        .filter_map(|der| X509::from_der(der).ok()?.public_key().ok());
    let keys: Vec<_> = keys.collect();
    // A server with several certificates may choose another one for this client.
    let strongest = keys.iter().max_by_key(|key| key.security_bits())?;
    let bits = strongest.bits();
    (strongest.security_bits() < least)
        .then(|| format!("its security level {level} rejects the server's key with {bits} bits"))
}

/// The strength of finite-field Diffie-Hellman in bits (NIST SP 800-57 part 1, table 2).
fn strength_of_dh(bits: u32) -> u32 {
    match bits {
        15360.. => 256,
        7680.. => 192,
        3072.. => 128,
        2048.. => 112,
        1024.. => 80,
        _ => 0,
    }
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
