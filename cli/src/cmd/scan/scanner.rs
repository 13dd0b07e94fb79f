//! Finds the versions, suites, groups and signatures that a server accepts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl_ciphers::CipherExt;
use pyssl_ciphers::cipher::{Aspect, Weakness, registry};
use pyssl_ciphers::wire::{ClientHello, SSL2_SUITES, ServerFlight, dh_group_name, groups};

use super::chain::{NO_CERTIFICATE, SentChain};
use super::clients::label;
use super::parallel;
use super::probe::{Answer, Prober, Silence, is_refused};
use crate::report::scan::{DhGroup, Open, Order, Ssl2, VersionScan};

/// The versions in the order in which they are offered. TLS 1.2 is first: most servers support it,
/// and an answer shows early that there is a server.
const VERSIONS: [(TlsVersion, &str); 5] = [
    (TlsVersion::TLSv1_2, "TLS 1.2"),
    (TlsVersion::TLSv1_3, "TLS 1.3"),
    (TlsVersion::TLSv1_1, "TLS 1.1"),
    (TlsVersion::TLSv1, "TLS 1.0"),
    (TlsVersion::SSLv3, "SSL 3.0"),
];

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
    /// The number of suites in the longest offer that the server has accepted.
    longest: usize,
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
            return Ok(Chosen::Unknown(
                self.prober.leave_open(Silence::Other(text)),
            ));
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
        let refused = is_refused(flight);
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
        // Whether the server has this version: it has chosen a suite, or has refused the suites of a short offer.
        let mut is_on = false;
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
                    is_on = true;
                    {
                        let mut seen = self.seen();
                        seen.longest = seen.longest.max(left.len());
                    }
                    left.retain(|other| other.id != suite.id);
                    suites.push(suite);
                    offers.push(left);
                }
                Chosen::VersionRefused if !is_on && left.len() <= SHORT => break,
                // The server may send the alert `protocol_version` because the offer is long. So a short offer of
                // common suites follows. If the server sends the alert again, it refuses the version.
                Chosen::VersionRefused if !is_on => {
                    let (common, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(is_common);
                    offers.extend(in_short_offers(rest));
                    offers.push(common);
                }
                // The server has accepted this version before, so the alert does not refuse the version.
                Chosen::VersionRefused => offers.extend(in_short_offers(left)),
                // Some servers choose a suite and then fail with it, such as Dovecot without DH parameters. So after a
                // refusal, the remaining suites are offered again, one kind of key exchange at a time. Other servers
                // refuse long offers. So if the server has not accepted an offer of this length yet, suites of one kind
                // are offered a few at a time.
                Chosen::Refused => {
                    is_on |= left.len() <= SHORT;
                    offers.extend(match left.len() > self.seen().longest {
                        true => in_short_offers(left),
                        false => by_key_exchange(left),
                    });
                }
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
}

/// The name of the server's certificates in the report.
pub(super) const CERTIFICATES: &str = "certificates";

/// Whether the key exchange of a suite is ephemeral Diffie-Hellman with a finite-field group.
fn is_dhe(suite: &ssl::Cipher) -> bool {
    suite.kea.is_some_and(|kea| kea.starts_with("kx-dhe"))
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

/// The largest number of suites in a short offer. Some servers refuse offers of more than 127 suites, and some have a
/// lower limit.
const SHORT: usize = 16;

/// Whether a suite is a common one. Most servers accept at least one of these: AES with static RSA, DHE and ECDHE, and
/// the suites of old servers with 3DES and RC4.
fn is_common(suite: &ssl::Cipher) -> bool {
    const COMMON: [u16; SHORT] = [
        0xc02b, 0xc02c, 0xc02f, 0xc030, 0xc009, 0xc00a, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f,
        0x0035, 0x0033, 0x0039, 0x000a, 0x0005,
    ];
    COMMON.contains(&suite.protocol_id())
}

/// Splits suites by their key exchange or, if they all have the same one, into short offers. The result is empty if the
/// suites cannot be split further.
fn in_short_offers(suites: Vec<ssl::Cipher>) -> Vec<Vec<ssl::Cipher>> {
    let chunks = suites.chunks(SHORT).map(<[_]>::to_vec);
    let chunks: Vec<_> = chunks.filter(|_| suites.len() > SHORT).collect();
    match by_key_exchange(suites) {
        parts if parts.is_empty() => chunks,
        parts => parts,
    }
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
