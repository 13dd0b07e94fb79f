//! `pyssl scan`: finds the settings that a server accepts.

mod certificates;
mod compare;
mod probe;

use std::process::ExitCode;
use std::time::Instant;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{CipherString, Policy, Resolved, registry};
use pyssl_ciphers::wire::{
    ClientHello, SIGNATURE_SCHEMES, SSL2_SUITES, ServerFlight, group_name, groups, has_key_share,
    signature_name,
};

use crate::args::ScanArgs;
use crate::cmd::ciphers::read_policy;
use crate::failure::{Failure, WithContext};
use crate::report;
use crate::report::scan::{Groups, Order, Scan, Signatures, Ssl2, VersionScan};
use probe::{Answer, Prober};

/// The version that most servers speak comes first: an answer to it shows that a server is there.
const VERSIONS: [(TlsVersion, &str); 5] = [
    (TlsVersion::TLSv1_2, "TLS 1.2"),
    (TlsVersion::TLSv1_3, "TLS 1.3"),
    (TlsVersion::TLSv1_1, "TLS 1.1"),
    (TlsVersion::TLSv1, "TLS 1.0"),
    (TlsVersion::SSLv3, "SSL 3.0"),
];

/// The groups that clients of today offer first: hybrids with ML-KEM, X25519, P-256, X448, P-384 and
/// P-521.
const USUAL_GROUPS: [u16; 8] = [4588, 4587, 4589, 29, 23, 30, 24, 25];

pub(crate) fn run(args: &ScanArgs) -> Result<ExitCode, Failure> {
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let meant = match &args.ciphers {
        None => None,
        Some(text) => {
            let meant = CipherString::parse(text).and_then(|string| string.resolve());
            Some(meant.map_err(|error| {
                Failure::Usage(report::ciphers::pointed("--ciphers", text, &error))
            })?)
        }
    };
    let scan = scan(args, policy.as_ref(), meant.as_ref())?;
    report::print(|out| {
        if args.json {
            report::scan::json(out, &scan)
        } else {
            report::scan::human(out, &scan)
        }
    })?;
    Ok(ExitCode::from(scan.exit_code()))
}

fn scan(
    args: &ScanArgs,
    policy: Option<&Policy>,
    meant: Option<&Resolved>,
) -> Result<Scan, Failure> {
    let start = Instant::now();
    let endpoint = args.target.endpoint(args.starttls);
    let own_name = endpoint.address.server_name();
    let name = args.server_name.as_deref().unwrap_or(own_name);
    let mut scanner = Scanner {
        prober: Prober::new(&endpoint, name, args.timeout, args.rate),
        certificates: Vec::new(),
        dh_bits: Vec::new(),
        requests_certificate: false,
    };
    let failed = || format!("cannot scan {endpoint}");
    let mut versions = scanner.versions().with_context(failed)?;
    if versions.iter().all(|version| version.suites.is_empty()) {
        let reason = scanner.prober.first_silence.take();
        let reason = reason.unwrap_or_else(|| "it accepts no suite of any version".to_owned());
        return Err(Failure::Usage(format!("{}: {reason}", failed())));
    }
    let ssl2 = scanner.ssl2().with_context(failed)?;
    for version in &mut versions {
        scanner.order(version).with_context(failed)?;
    }
    versions.sort_by_key(|version| std::cmp::Reverse(version.version));
    let mut groups = Vec::new();
    let mut signatures = Vec::new();
    for version in &versions {
        groups.extend(scanner.groups(version).with_context(failed)?);
    }
    for version in &versions {
        let known = groups.iter().find(|g| g.label == version.label);
        signatures.extend(scanner.signatures(version, known).with_context(failed)?);
    }
    let tls13 = versions.iter().find(|v| v.version == TlsVersion::TLSv1_3);
    let mut keys_unknown = None;
    if tls13.is_some_and(|version| !version.suites.is_empty()) {
        // TLS 1.3 encrypts certificates, so OpenSSL does the handshake.
        match certificates::of_tls13(&endpoint, name, args.timeout) {
            Ok(found) => found.into_iter().for_each(|leaf| scanner.keep(leaf)),
            Err(error) => keys_unknown = Some(error.to_string()),
        }
    }
    if scanner.certificates.is_empty() {
        keys_unknown.get_or_insert_with(|| "no certificate was seen".to_owned());
    } else {
        keys_unknown = None;
    }
    let mut scan = Scan {
        server_name: name.to_owned(),
        target: endpoint.clone(),
        ssl2,
        versions,
        groups,
        signatures,
        certificates: scanner.certificates,
        keys_unknown,
        dh_bits: scanner.dh_bits,
        requests_certificate: scanner.requests_certificate,
        connections: scanner.prober.made,
        unanswered: scanner.prober.unanswered,
        time: start.elapsed(),
        policy: None,
        deviations: None,
    };
    if let Some(meant) = meant {
        scan.deviations = Some(compare::with_string(&scan, meant));
    }
    if let Some(policy) = policy {
        scan.policy = Some(compare::with_policy(&scan, policy));
    }
    Ok(scan)
}

struct Scanner<'a> {
    prober: Prober<'a>,
    certificates: Vec<ssl::Certificate>,
    /// The sizes of finite-field groups, each once.
    dh_bits: Vec<u32>,
    requests_certificate: bool,
}

/// An answer to an offer of one version.
enum Chosen {
    Suite(ssl::Cipher, Box<ServerFlight>),
    Refused,
    Unknown(String),
}

impl Scanner<'_> {
    /// Offers suites in a version.
    fn offer(
        &mut self,
        what: &str,
        version: TlsVersion,
        suites: &[ssl::Cipher],
        hello: impl FnOnce(ClientHello) -> ClientHello,
    ) -> ssl::Result<Chosen> {
        let numbers: Vec<u16> = suites.iter().map(ssl::Cipher::protocol_id).collect();
        let offer = hello(ClientHello::new(version, &numbers));
        let flight = match self.prober.ask(what, offer)? {
            Answer::Hello(flight) => flight,
            Answer::Refused => return Ok(Chosen::Refused),
            Answer::Unknown(reason) => return Ok(Chosen::Unknown(reason)),
        };
        let Some(hello) = flight.hello() else {
            return Ok(Chosen::Refused);
        };
        if i32::from(hello.version) != version as i32 {
            // The server negotiated another version, so it does not accept this one.
            return Ok(Chosen::Refused);
        }
        let chosen = suites.iter().find(|s| s.protocol_id() == hello.suite);
        let Some(chosen) = chosen.cloned() else {
            let text = format!(
                "the server chose {:#06x}, which was not offered",
                hello.suite
            );
            return Ok(Chosen::Unknown(text));
        };
        if let Some(leaf) = flight.certificates().first() {
            if let Ok(leaf) = ssl::Certificate::from_der(leaf) {
                self.keep(leaf);
            }
        }
        if let Some(bits) = flight.key_exchange().and_then(|exchange| exchange.dh_bits) {
            if !self.dh_bits.contains(&bits) {
                self.dh_bits.push(bits);
            }
        }
        self.requests_certificate |= flight.requests_certificate();
        Ok(Chosen::Suite(chosen, flight))
    }

    fn keep(&mut self, leaf: ssl::Certificate) {
        if !self.certificates.contains(&leaf) {
            self.certificates.push(leaf);
        }
    }

    /// Every version with its suites. Versions without an answer are asked again once the server has
    /// answered another one.
    fn versions(&mut self) -> ssl::Result<Vec<VersionScan>> {
        let mut found: Vec<VersionScan> = Vec::new();
        for (version, label) in VERSIONS {
            found.push(self.version(version, label)?);
        }
        let any = found.iter().any(|version| !version.suites.is_empty());
        for version in &mut found {
            let open = version.unknown.is_some() && version.suites.is_empty();
            if any && open && !self.prober.has_given_up() {
                *version = self.version(version.version, version.label)?;
            }
        }
        Ok(found)
    }

    /// The suites of a version: removes the server's choice from the offer until the server
    /// refuses.
    fn version(&mut self, version: TlsVersion, label: &'static str) -> ssl::Result<VersionScan> {
        let tls13 = version == TlsVersion::TLSv1_3;
        let fits = |suite: &&ssl::Cipher| {
            suite.is_tls13() == tls13
                && suite.protocol_id() != 0
                && (version >= TlsVersion::TLSv1_2 || suite.protocol != "TLSv1.2")
        };
        let mut left: Vec<_> = registry().iter().filter(fits).cloned().collect();
        // Strong suites are offered first: if the client's order decides, the result has that
        // order.
        left.sort_by_key(|suite| {
            let bits = std::cmp::Reverse(suite.strength_bits);
            (suite.severity(), !suite.forward_secret(), !suite.aead, bits)
        });
        let mut suites = Vec::new();
        let mut unknown = None;
        while !left.is_empty() {
            match self.offer(label, version, &left, |hello| hello)? {
                Chosen::Suite(suite, _) => {
                    left.retain(|other| other.id != suite.id);
                    suites.push(suite);
                }
                Chosen::Refused => break,
                Chosen::Unknown(reason) => {
                    unknown = Some(reason);
                    break;
                }
            }
        }
        Ok(VersionScan {
            version,
            label,
            suites,
            order: Order::Unknown,
            unknown,
        })
    }

    /// Finds the side whose order of suites decides.
    fn order(&mut self, version: &mut VersionScan) -> ssl::Result<()> {
        let [first, .., last] = &version.suites[..] else {
            return Ok(());
        };
        let (first, last) = (first.id, last.id);
        let reversed: Vec<_> = version.suites.iter().rev().cloned().collect();
        let chosen = self.offer(version.label, version.version, &reversed, |hello| hello)?;
        version.order = match chosen {
            Chosen::Suite(suite, _) if suite.id == first => Order::Server,
            Chosen::Suite(suite, _) if suite.id == last => Order::Client,
            _ => Order::Unknown,
        };
        Ok(())
    }

    /// SSL 2.0, whose hello lists every suite that the server accepts.
    fn ssl2(&mut self) -> ssl::Result<Ssl2> {
        Ok(match self.prober.ask_ssl2()? {
            Err(reason) => Ssl2::Unknown(reason),
            Ok(suites) => {
                let name = |number: &u32| {
                    let known = SSL2_SUITES.iter().find(|(id, _)| id == number);
                    known.map_or_else(|| format!("{number:#08x}"), |(_, name)| (*name).to_owned())
                };
                Ssl2::Suites(suites.iter().map(name).collect())
            }
        })
    }

    /// The groups of a version: removes the server's choice from the offer until the server refuses.
    /// None if no suite of the version uses a group.
    fn groups(&mut self, version: &VersionScan) -> ssl::Result<Option<Groups>> {
        let mut suites = version.suites.clone();
        suites.retain(|suite| matches!(suite.kea, Some("kx-any" | "kx-ecdhe" | "kx-ecdhe-psk")));
        if suites.is_empty() || version.version == TlsVersion::SSLv3 {
            return Ok(None);
        }
        let mut left: Vec<u16> = groups().collect();
        left.sort_by_key(|group| {
            let usual = USUAL_GROUPS.iter().position(|usual| usual == group);
            usual.unwrap_or(USUAL_GROUPS.len())
        });
        let mut found: Vec<u16> = Vec::new();
        let mut unknown = None;
        // Below TLS 1.3 a server can use an EC certificate only if its curve is among the groups
        // (RFC 8422, section 5.1). So, when the server refuses the remaining groups, they are offered
        // again with one of the groups that were found, in the last place. Groups that the server does
        // not choose then are not negotiated by any client.
        let curves = version.version < TlsVersion::TLSv1_3;
        let curves = curves && suites.iter().any(|suite| suite.auth == Some("auth-ecdsa"));
        let mut behind: Option<usize> = None;
        loop {
            let last = behind.and_then(|at| found.get(at)).copied();
            let offered: Vec<u16> = left.iter().copied().chain(last).collect();
            let chosen = self.offer("groups", version.version, &suites, |hello| {
                hello.groups(&offered)
            })?;
            let group = match chosen {
                Chosen::Suite(_, flight) => group_of(&flight),
                Chosen::Refused => last,
                Chosen::Unknown(reason) => {
                    unknown = Some(reason);
                    break;
                }
            };
            match group {
                Some(group) if left.contains(&group) => {
                    left.retain(|other| *other != group);
                    found.push(group);
                }
                // The server uses none of the other groups.
                group if group == last => {
                    let next = behind.map_or(0, |at| at + 1);
                    if !curves || next >= found.len() {
                        break;
                    }
                    behind = Some(next);
                }
                _ => {
                    unknown = Some("the server names no group that was offered".to_owned());
                    break;
                }
            }
        }
        let order = self.order_of_groups(version, &suites, &found)?;
        Ok(Some(Groups {
            label: version.label,
            numbers: found.clone(),
            names: found.into_iter().map(group_name).collect(),
            order,
            unknown,
        }))
    }

    /// The side whose order of groups decides; the first two are enough.
    fn order_of_groups(
        &mut self,
        version: &VersionScan,
        suites: &[ssl::Cipher],
        found: &[u16],
    ) -> ssl::Result<Order> {
        let [first, second, ..] = *found else {
            return Ok(Order::Unknown);
        };
        let swapped: Vec<u16> = [second, first]
            .into_iter()
            .chain(found[2..].to_vec())
            .collect();
        let chosen = self.offer("groups", version.version, suites, |hello| {
            hello.groups(&swapped)
        })?;
        let Chosen::Suite(_, flight) = chosen else {
            return Ok(Order::Unknown);
        };
        Ok(match group_of(&flight) {
            Some(group) if group == first => Order::Server,
            Some(group) if group == second => Order::Client,
            _ => Order::Unknown,
        })
    }

    /// The signature schemes that the server uses in a version: none below TLS 1.2, where they are
    /// not negotiated.
    fn signatures(
        &mut self,
        version: &VersionScan,
        groups: Option<&Groups>,
    ) -> ssl::Result<Option<Signatures>> {
        let tls13 = version.version == TlsVersion::TLSv1_3;
        let mut suites = version.suites.clone();
        suites.retain(|suite| {
            let ephemeral = matches!(suite.kea, Some("kx-any" | "kx-ecdhe" | "kx-dhe"));
            ephemeral && suite.auth != Some("auth-null")
        });
        if suites.is_empty() || version.version < TlsVersion::TLSv1_2 {
            return Ok(None);
        }
        let mut signatures = Signatures {
            label: version.label,
            names: Vec::new(),
            unknown: None,
        };
        if tls13 {
            let known = groups.map_or(&[][..], |groups| &groups.numbers);
            match known.iter().copied().find(|group| has_key_share(*group)) {
                Some(group) => self.signatures_tls13(&suites, group, &mut signatures)?,
                None => {
                    let text = "no group with which this scan can continue".to_owned();
                    signatures.unknown = Some(text);
                }
            }
            return Ok(Some(signatures));
        }
        let mut left: Vec<u16> = SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect();
        while !left.is_empty() {
            let chosen = self.offer("signatures", version.version, &suites, |hello| {
                hello.signatures(&left)
            })?;
            let flight = match chosen {
                Chosen::Suite(_, flight) => flight,
                Chosen::Refused => break,
                Chosen::Unknown(reason) => {
                    signatures.unknown = Some(reason);
                    break;
                }
            };
            let Some(scheme) = flight.key_exchange().and_then(|e| e.signature) else {
                signatures.unknown = Some("the server did not sign".to_owned());
                break;
            };
            signatures.names.push(signature_name(scheme));
            if !left.contains(&scheme) {
                // The server signs with a scheme that was not offered.
                break;
            }
            left.retain(|other| *other != scheme);
        }
        signatures.names.dedup();
        Ok(Some(signatures))
    }

    /// TLS 1.3 encrypts the signature, so each scheme is offered alone: a server that cannot use it
    /// refuses, and one that can sends its certificate.
    fn signatures_tls13(
        &mut self,
        suites: &[ssl::Cipher],
        group: u16,
        signatures: &mut Signatures,
    ) -> ssl::Result<()> {
        for (scheme, name) in SIGNATURE_SCHEMES {
            // TLS 1.3 handshakes are not signed with PKCS #1 v1.5, DSA or SHA-1 (RFC 8446, section
            // 4.2.3).
            let legacy = matches!(scheme >> 8, 1..=3) || matches!(scheme & 0xff, 1 | 2);
            if legacy && *scheme < 0x0700 {
                continue;
            }
            let chosen = self.offer("signatures", TlsVersion::TLSv1_3, suites, |hello| {
                let hello = hello.groups(&[group]).key_share(group);
                hello.signatures(&[*scheme])
            })?;
            match chosen {
                Chosen::Suite(_, flight) if flight.sends_certificate_encrypted() => {
                    signatures.names.push((*name).to_owned());
                }
                Chosen::Suite(..) | Chosen::Refused => {}
                Chosen::Unknown(reason) => signatures.unknown = Some(reason),
            }
            if self.prober.has_given_up() {
                break;
            }
        }
        Ok(())
    }
}

/// The group of a key exchange.
fn group_of(flight: &ServerFlight) -> Option<u16> {
    let exchange = flight.key_exchange().and_then(|exchange| exchange.group);
    exchange.or(flight.hello().and_then(|hello| hello.group))
}
