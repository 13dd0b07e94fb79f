//! Finds the versions, suites, groups and signatures that a server accepts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{Aspect, Weakness, registry};
use pyssl_ciphers::wire::{
    ClientHello, SIGNATURE_SCHEMES, SSL2_SUITES, ServerFlight, dh_group_name, group_name, groups,
    has_key_share, signature_name,
};

use super::chain::SentChain;
use super::clients::label;
use super::parallel;
use super::probe::{Answer, Prober};
use crate::report::scan::{DhGroup, Groups, Open, Order, Signatures, Ssl2, VersionScan};

/// The versions in the order in which they are offered. TLS 1.2 is first: most servers support it,
/// and an answer shows early that there is a server.
const VERSIONS: [(TlsVersion, &str); 5] = [
    (TlsVersion::TLSv1_2, "TLS 1.2"),
    (TlsVersion::TLSv1_3, "TLS 1.3"),
    (TlsVersion::TLSv1_1, "TLS 1.1"),
    (TlsVersion::TLSv1, "TLS 1.0"),
    (TlsVersion::SSLv3, "SSL 3.0"),
];

/// The groups that current clients prefer: hybrids with ML-KEM, X25519, P-256, X448, P-384 and
/// P-521.
const USUAL_GROUPS: [u16; 8] = [4588, 4587, 4589, 29, 23, 30, 24, 25];

/// Finds what one server accepts. Threads share it.
pub(super) struct Scanner<'a> {
    pub(super) prober: Prober<'a>,
    seen: Mutex<Seen>,
}

/// The facts that are collected from all answers.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) chains: Vec<SentChain>,
    pub(super) dh: Vec<DhGroup>,
    pub(super) requests_certificate: bool,
    pub(super) authorities: Vec<Vec<u8>>,
    /// The unanswered questions whose answers are not in a list of their own.
    pub(super) open: Vec<Open>,
    /// The kinds of signature of suites whose answers had a certificate, and of those whose answers had none.
    signed_by: Vec<(&'static str, bool)>,
}

/// The aspects of a certificate.
pub(super) const CERTIFICATE: &[Aspect] = &[Aspect::Keys, Aspect::Certificates];

/// An answer to an offer of one version.
pub(super) enum Chosen {
    Suite(ssl::Cipher, Box<ServerFlight>),
    Refused,
    /// The server refuses the version.
    VersionRefused,
    Unknown(String),
}

impl<'a> Scanner<'a> {
    /// Offers suites in a version.
    pub(super) fn offer(
        &self,
        what: &str,
        version: TlsVersion,
        suites: &[ssl::Cipher],
        hello: impl FnOnce(ClientHello) -> ClientHello,
    ) -> ssl::Result<Chosen> {
        let numbers: Vec<u16> = suites.iter().map(ssl::Cipher::protocol_id).collect();
        let offer = hello(ClientHello::new(version, &numbers));
        let offer = offer.server_name(self.prober.server_name());
        let flight = match self.prober.ask(what, &offer)? {
            Answer::Hello(flight) => flight,
            Answer::Refused => return Ok(Chosen::Refused),
            Answer::VersionRefused => return Ok(Chosen::VersionRefused),
            Answer::Unknown(reason) => return Ok(Chosen::Unknown(reason)),
        };
        let Some(hello) = flight.hello() else {
            return Ok(Chosen::Refused);
        };
        if i32::from(hello.version) != version as i32 {
            // The server chose another version, so it refuses this one.
            return Ok(Chosen::VersionRefused);
        }
        let chosen = suites.iter().find(|s| s.protocol_id() == hello.suite);
        let Some(chosen) = chosen.cloned() else {
            let text = format!(
                "the server chose {:#06x}, which was not offered",
                hello.suite
            );
            return Ok(Chosen::Unknown(text));
        };
        self.look_at(&flight, version, &chosen);
        Ok(Chosen::Suite(chosen, flight))
    }

    /// Collects the facts that any answer may contain.
    fn look_at(&self, flight: &ServerFlight, version: TlsVersion, suite: &ssl::Cipher) {
        let certificates = flight.certificates().iter();
        let certificates: Result<Vec<_>, _> = certificates
            .map(|der| ssl::Certificate::from_der(der))
            .collect();
        match certificates {
            Ok(certificates) => self.keep(SentChain {
                certificates,
                ocsp_response: flight.ocsp_response().map(<[u8]>::to_vec),
            }),
            Err(error) => {
                let reason = format!("a certificate cannot be read: {error}");
                self.leave_open(CERTIFICATES, reason, CERTIFICATE);
            }
        }
        if version < TlsVersion::TLSv1_3 {
            self.look_for_gaps(flight, version, suite);
        }
        let mut seen = self.seen();
        let exchange = flight.key_exchange();
        if let Some((bits, prime)) = exchange.and_then(|e| e.dh_bits.zip(e.dh_prime.as_deref())) {
            let name = dh_group_name(prime);
            let group = DhGroup { bits, name };
            if !seen.dh.contains(&group) {
                seen.dh.push(group);
            }
        }
        if flight.requests_certificate() {
            seen.requests_certificate = true;
            for authority in flight.authorities() {
                if !seen.authorities.contains(authority) {
                    seen.authorities.push(authority.clone());
                }
            }
        }
    }

    /// Records which facts are missing from an answer below TLS 1.3. A server that ends its answer with an alert does
    /// not negotiate the offer, so its answer to another offer may have them.
    fn look_for_gaps(&self, flight: &ServerFlight, version: TlsVersion, suite: &ssl::Cipher) {
        let refused = flight.alert().is_some_and(|alert| alert != 0);
        let label = label(version);
        let name = suite.name;
        if let Some(auth) = suite.auth.filter(|auth| !NO_CERTIFICATE.contains(auth)) {
            let has = !flight.certificates().is_empty();
            self.seen().signed_by.push((auth, has));
            if !has && !refused {
                let reason = format!("the server sent none with {name}");
                self.leave_open(CERTIFICATES, reason, CERTIFICATE);
            }
        }
        if refused {
            return;
        }
        if is_dhe(suite) && flight.key_exchange().and_then(|e| e.dh_bits).is_none() {
            let reason = format!("the server sent none with {name}");
            self.leave_open(&format!("{label}, DH group"), reason, &[Aspect::Keys]);
        }
        if !flight.is_complete() {
            let reason = format!("the server did not end its answer with {name}");
            self.leave_open(&format!("{label}, client certificate"), reason, &[]);
        }
    }

    /// Records an unanswered question: the name of what is unknown, the reason, and the aspects of guidelines that
    /// depend on it.
    pub(super) fn leave_open(&self, part: &str, reason: String, aspects: &'static [Aspect]) {
        let mut seen = self.seen();
        if !seen.open.iter().any(|open| open.part == part) {
            seen.open.push(Open {
                part: part.to_owned(),
                reason,
                aspects,
            });
        }
    }

    /// The answer. If there is none, the reason is recorded.
    pub(super) fn known<T>(&self, part: &str, answer: Result<T, String>) -> Option<T> {
        answer
            .map_err(|reason| self.leave_open(part, reason, &[]))
            .ok()
    }

    /// Records the kinds of certificates that no answer showed, although the server chose suites that need one.
    pub(super) fn look_for_missing_certificates(&self) {
        let signed_by = std::mem::take(&mut self.seen().signed_by);
        for (auth, _) in &signed_by {
            if !signed_by.contains(&(*auth, true)) {
                let kind = auth.trim_start_matches("auth-").to_uppercase();
                let reason = format!("the server sent none with a suite for {kind}");
                self.leave_open(CERTIFICATES, reason, CERTIFICATE);
            }
        }
    }

    /// Adds a chain unless it is known. A chain with a stapled response replaces the same chain
    /// without one.
    pub(super) fn keep(&self, chain: SentChain) {
        if chain.certificates.is_empty() {
            return;
        }
        let mut seen = self.seen();
        let same = |other: &&mut SentChain| other.certificates == chain.certificates;
        match seen.chains.iter_mut().find(same) {
            None => seen.chains.push(chain),
            Some(known) => {
                if known.ocsp_response.is_none() {
                    known.ocsp_response = chain.ocsp_response;
                }
            }
        }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        // Each change adds a complete entry, so the data is valid even after a panic of another
        // thread.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn new(prober: Prober<'a>) -> Scanner<'a> {
        Scanner {
            prober,
            seen: Mutex::default(),
        }
    }

    /// Every version with its suites. Versions without an answer are asked again once the server has
    /// answered another one.
    pub(super) fn versions(&self) -> ssl::Result<Vec<VersionScan>> {
        // The questions are asked one after the other until the server accepts one. That answer shows
        // that there is a server, and makes refusals distinguishable from silence.
        let mut questions = VERSIONS.map(|(version, label)| (version, label, None));
        for (version, label, first) in &mut questions {
            let suites = candidates(*version);
            let answer = self.offer(label, *version, &suites, ClientHello::ocsp_response)?;
            let answer = first.insert(answer);
            if matches!(answer, Chosen::Suite(..)) || self.prober.has_given_up() {
                break;
            }
        }
        let found = parallel::each(questions, |(version, label, first)| {
            self.version(version, label, first)
        });
        let mut found = found.into_iter().collect::<ssl::Result<Vec<_>>>()?;
        let any = found.iter().any(|version| !version.suites.is_empty());
        for version in &mut found {
            let open = version.unknown.is_some() && version.suites.is_empty();
            if any && open && !self.prober.has_given_up() {
                *version = self.version(version.version, version.label, None)?;
            }
        }
        Ok(found)
    }

    /// The suites of a version: removes the server's choice from the offer until the server
    /// refuses. `first` is the answer to the offer of all suites, if the server has answered it
    /// already.
    fn version(
        &self,
        version: TlsVersion,
        label: &'static str,
        mut first: Option<Chosen>,
    ) -> ssl::Result<VersionScan> {
        let mut offers = vec![candidates(version)];
        let mut suites = Vec::new();
        let mut unknown = None;
        while let Some(mut left) = offers.pop() {
            if left.is_empty() {
                continue;
            }
            let answer = match first.take() {
                Some(answer) => answer,
                None => self.offer(label, version, &left, ClientHello::ocsp_response)?,
            };
            match answer {
                Chosen::Suite(suite, _) => {
                    left.retain(|other| other.id != suite.id);
                    suites.push(suite);
                    offers.push(left);
                }
                Chosen::VersionRefused if suites.is_empty() => break,
                // Some servers choose a suite and then fail with it, such as Dovecot without DH
                // parameters. So after a refusal, the remaining suites are offered again, one kind
                // of key exchange at a time.
                // The alert `protocol_version` does not refuse a version of which the server has accepted suites.
                Chosen::Refused | Chosen::VersionRefused => offers.extend(by_key_exchange(left)),
                Chosen::Unknown(reason) => {
                    let parts = by_key_exchange(left);
                    if parts.is_empty() || self.prober.has_given_up() {
                        unknown = Some(reason);
                        break;
                    }
                    // The parts of this offer are asked instead of the whole offer, which does not count as unanswered.
                    self.prober.withdraw_unanswered();
                    offers.extend(parts);
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

    /// Finds the finite-field groups that the server uses with clients that offer no such group.
    /// Some servers use larger ones with clients that offer the groups of RFC 7919. The size can
    /// depend on the key of the certificate and on the suite's strength, so one suite of each kind
    /// is offered alone.
    pub(super) fn dh_groups(&self, version: &VersionScan) -> ssl::Result<()> {
        let mut suites = version.suites.clone();
        suites.retain(is_dhe);
        if version.version == TlsVersion::TLSv1_3 || suites.is_empty() {
            return Ok(());
        }
        let kind = |suite: &ssl::Cipher| {
            let export = suite.weaknesses().contains(&Weakness::Export);
            (suite.kea, suite.auth, export, suite.strength_bits)
        };
        suites.sort_by_key(kind);
        suites.dedup_by_key(|suite| kind(suite));
        let curves: Vec<u16> = groups().filter(|group| group >> 8 != 1).collect();
        let offered = parallel::each(suites, |suite| {
            self.offer("DH groups", version.version, &[suite], |hello| {
                hello.groups(&curves)
            })
        });
        let part = format!("{}, DH group", version.label);
        for answer in offered {
            // `offer` has passed each answer to `look_at`, which keeps the groups.
            let reason = match answer? {
                Chosen::Unknown(reason) => reason,
                Chosen::Suite(suite, flight)
                    if flight.key_exchange().and_then(|e| e.dh_bits).is_none() =>
                {
                    format!("the server sent none with {}", suite.name)
                }
                Chosen::Suite(..) | Chosen::Refused | Chosen::VersionRefused => continue,
            };
            self.leave_open(&part, reason, &[Aspect::Keys]);
        }
        Ok(())
    }

    /// The side whose order of suites decides.
    pub(super) fn order(&self, version: &VersionScan) -> ssl::Result<Order> {
        let [first, .., last] = &version.suites[..] else {
            return Ok(Order::Unknown);
        };
        let (first, last) = (first.id, last.id);
        let reversed: Vec<_> = version.suites.iter().rev().cloned().collect();
        let chosen = self.offer(version.label, version.version, &reversed, |hello| hello)?;
        Ok(match chosen {
            Chosen::Suite(suite, _) if suite.id == first => Order::Server,
            Chosen::Suite(suite, _) if suite.id == last => Order::Client,
            _ => Order::Unknown,
        })
    }

    /// Finds the suites of SSL 2.0. The SERVER-HELLO lists every suite that the server accepts, so
    /// one question is enough.
    pub(super) fn ssl2(&self) -> ssl::Result<Ssl2> {
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

    /// The groups that the server accepts in a version: removes the server's choice from the offer until the server refuses.
    /// None if no suite of the version uses a group.
    pub(super) fn groups(&self, version: &VersionScan) -> ssl::Result<Option<Groups>> {
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
        // Below TLS 1.3, a server can use an EC certificate only if the client offers the
        // certificate's curve as a group (RFC 8422, section 5.1). So if the server refuses the
        // remaining groups, they are offered again, followed by one of the groups that were found.
        // A group that the server does not choose in such an offer is not negotiated with any
        // client.
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
                Chosen::Refused | Chosen::VersionRefused => last,
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
                // The server accepts none of the remaining groups.
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

    /// The side whose order of groups decides. The first two groups are enough to find it.
    fn order_of_groups(
        &self,
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
    pub(super) fn signatures(
        &self,
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
        // OpenSSL may choose a suite before it looks for a signature scheme for it, and then fails. So the
        // suites of each kind of certificate are offered alone.
        let mut kinds: Vec<Option<&str>> = suites.iter().map(|suite| suite.auth).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let found = parallel::each(kinds, |kind| {
            let mut suites = suites.clone();
            suites.retain(|suite| suite.auth == kind);
            self.signatures_tls12(version.version, &suites)
        });
        for found in found {
            let (names, unknown) = found?;
            for name in names {
                if !signatures.names.contains(&name) {
                    signatures.names.push(name);
                }
            }
            signatures.unknown = signatures.unknown.or(unknown);
        }
        Ok(Some(signatures))
    }

    /// The names of the signature schemes that the server uses with these suites, and why there may
    /// be more. The server's choice is removed from the offer until the server refuses.
    fn signatures_tls12(
        &self,
        version: TlsVersion,
        suites: &[ssl::Cipher],
    ) -> ssl::Result<(Vec<String>, Option<String>)> {
        let mut left: Vec<u16> = SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect();
        let mut names = Vec::new();
        while !left.is_empty() {
            let chosen = self.offer("signatures", version, suites, |hello| {
                with_signatures(hello, &left)
            })?;
            let flight = match chosen {
                Chosen::Suite(_, flight) => flight,
                Chosen::Refused | Chosen::VersionRefused => break,
                Chosen::Unknown(reason) => return Ok((names, Some(reason))),
            };
            let Some(scheme) = flight.signature() else {
                return Ok((names, why_unsigned(&flight)));
            };
            names.push(signature_name(scheme));
            if !left.contains(&scheme) {
                // The server uses this scheme although it was not offered.
                break;
            }
            left.retain(|other| *other != scheme);
        }
        Ok((names, None))
    }

    /// The schemes are offered one by one, since a server may choose one with which it cannot sign.
    fn signatures_tls13(
        &self,
        suites: &[ssl::Cipher],
        group: u16,
        signatures: &mut Signatures,
    ) -> ssl::Result<()> {
        // TLS 1.3 handshakes have no signatures with PKCS #1, DSA or SHA-1 (RFC 8446, section
        // 4.2.3).
        let legacy = |scheme: u16| matches!(scheme >> 8, 1..=3) || matches!(scheme & 0xff, 1 | 2);
        let mut schemes = SIGNATURE_SCHEMES.to_vec();
        schemes.retain(|(scheme, _)| *scheme >= 0x0700 || !legacy(*scheme));
        let chosen = parallel::each(&schemes, |(scheme, _)| {
            self.offer("signatures", TlsVersion::TLSv1_3, suites, |hello| {
                let hello = hello.groups(&[group]).key_share(group);
                with_signatures(hello, &[*scheme])
            })
        });
        for chosen in chosen {
            match chosen? {
                Chosen::Suite(_, flight) => match flight.signature().map(signature_name) {
                    // A server may use a scheme that was not offered.
                    Some(name) if signatures.names.contains(&name) => {}
                    Some(name) => signatures.names.push(name),
                    None => {
                        let unknown = why_unsigned(&flight);
                        signatures.unknown = signatures.unknown.take().or(unknown);
                    }
                },
                Chosen::Unknown(reason) => signatures.unknown = Some(reason),
                Chosen::Refused | Chosen::VersionRefused => {}
            }
        }
        Ok(())
    }
}

/// The name of the server's certificates in the report.
pub(super) const CERTIFICATES: &str = "certificates";

/// The kinds of suites whose servers send no certificate.
const NO_CERTIFICATE: [&str; 4] = ["auth-null", "auth-psk", "auth-srp", "auth-krb5"];

/// Whether the key exchange of a suite is ephemeral Diffie-Hellman with a finite-field group.
fn is_dhe(suite: &ssl::Cipher) -> bool {
    suite.kea.is_some_and(|kea| kea.starts_with("kx-dhe"))
}

/// Offers these schemes for the signature of the handshake, and all for those of certificates. Some
/// servers do not send a certificate whose own signature has a scheme that was not offered.
fn with_signatures(hello: ClientHello, schemes: &[u16]) -> ClientHello {
    let all: Vec<u16> = SIGNATURE_SCHEMES.iter().map(|(id, _)| *id).collect();
    hello.signatures(schemes).certificate_signatures(&all)
}

/// The server has sent its ServerHello, but no signature. Returns the reason why the scheme stays unknown,
/// or `None` if the server has refused with an alert. Some servers notice only after the ServerHello that
/// they cannot use the offered schemes.
fn why_unsigned(flight: &ServerFlight) -> Option<String> {
    let refused = flight.alert().is_some_and(|alert| alert != 0);
    (!refused).then(|| "the server did not sign".to_owned())
}

/// Splits suites by the kind of their key exchange. The result is empty if all have the same kind,
/// because the offer could not be split further.
fn by_key_exchange(suites: Vec<ssl::Cipher>) -> Vec<Vec<ssl::Cipher>> {
    const KINDS: [&str; 3] = ["kx-dhe", "kx-rsa", "kx-ecdhe"];
    let mut parts = vec![Vec::new(); KINDS.len() + 1];
    for suite in suites {
        let place = KINDS.iter().position(|kind| suite.kea == Some(kind));
        parts[place.map_or(0, |place| place + 1)].push(suite);
    }
    parts.retain(|part| !part.is_empty());
    if parts.len() < 2 {
        parts.clear();
    }
    parts
}

/// The suites of a version that the scan offers, best first. If the server follows the client's
/// order, the report lists the suites in this order.
fn candidates(version: TlsVersion) -> Vec<ssl::Cipher> {
    let tls13 = version == TlsVersion::TLSv1_3;
    let fits = |suite: &&ssl::Cipher| {
        suite.is_tls13() == tls13
            && suite.protocol_id() != 0
            && (version >= TlsVersion::TLSv1_2 || suite.protocol != "TLSv1.2")
    };
    let mut all: Vec<_> = registry().iter().filter(fits).cloned().collect();
    all.sort_by_key(|suite| {
        let bits = std::cmp::Reverse(suite.strength_bits);
        let ecdhe = suite.kea == Some("kx-ecdhe");
        let good = (suite.severity(), !suite.forward_secret(), !suite.aead);
        (good, !ecdhe, bits)
    });
    all
}

/// The number of the group that the server chose for the key exchange.
fn group_of(flight: &ServerFlight) -> Option<u16> {
    let exchange = flight.key_exchange().and_then(|exchange| exchange.group);
    exchange.or(flight.hello().and_then(|hello| hello.group))
}
