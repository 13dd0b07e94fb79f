//! Trial handshakes with a default peer. The result of a trial decides whether a context works;
//! rules only explain it.
//!
//! The default peer is what `create_default_context` makes: Python's suites, security level 2,
//! strict verification.

use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::x509::X509;

use super::certificate::{name, path};
use super::{AuditCode, Auditor};
use crate::cipher::Severity;
use crate::key::ContextCertificate;
use crate::negotiate::{
    Authority, Cause, IDENTITY, KEY, NegotiateOptions, Negotiation, Role, negotiate, version_names,
};
use pyssl::{
    Identity, OcspMode, Protocol, Purpose, Result, SslContext, TlsVersion, Variant, VerifyFlags,
    VerifyLocations, VerifyMode,
};

/// `X509_V_FLAG_NO_CHECK_TIME`, for which Python has no name.
const NO_CHECK_TIME: VerifyFlags = VerifyFlags::from_bits_retain(0x20_0000);

/// The versions of a default peer.
const MODERN: [TlsVersion; 2] = [TlsVersion::TLSv1_2, TlsVersion::TLSv1_3];

/// The faults that a default peer ignores in one handshake, so that the handshake shows the next
/// fault.
#[derive(Debug, Clone, Copy, Default)]
struct IgnoredFaults {
    issuer: bool,
    time: bool,
    name: bool,
    strict: bool,
}

/// Why a default peer does not connect.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// The peer does not trust the issuer of the certificate.
    Issuer(String),
    Time(String),
    Name(String),
    /// Only strict verification refuses the certificate.
    Strict(String),
    /// Another verification error, with OpenSSL's number.
    Refused(i32, String),
    /// The handshake failed for a reason other than a certificate.
    Handshake(String),
}

impl Fault {
    fn is_handshake(&self) -> bool {
        matches!(self, Fault::Handshake(_))
    }
}

/// The faults that were found, each with the versions in which it occurs.
type Faults = Vec<(Fault, Vec<TlsVersion>)>;

impl Auditor<'_> {
    /// Tries handshakes with a default peer.
    pub(super) fn check_handshakes(&mut self) -> Result<()> {
        if self.has(AuditCode::NoVersion, Severity::Error)
            || self.has(AuditCode::NoCertificate, Severity::Error)
        {
            return Ok(());
        }
        let enabled = self.settings.versions();
        let versions: Vec<_> = MODERN.into_iter().filter(|v| enabled.contains(v)).collect();
        if versions.is_empty() {
            let message = format!(
                "no default {} connects: TLS 1.2 and TLS 1.3 are off",
                self.peer()
            );
            self.find(AuditCode::HandshakeFails, Severity::Error, message, None);
            return Ok(());
        }
        match self.role {
            Role::Client => self.check_as_client(&versions),
            Role::Server => self.check_as_server(&versions),
        }
    }

    fn peer(&self) -> Role {
        match self.role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }
    }

    pub(super) fn has(&self, code: AuditCode, least: Severity) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|f| f.code == code && f.severity >= least)
    }

    fn not_tried(&mut self, message: &str) {
        self.find(AuditCode::NotTried, Severity::Note, message, None);
    }

    /// A copy of the context without key log, message callback and the user's other callbacks.
    fn copy(&self) -> Variant {
        let copy = self.context.variant().without_observers();
        copy.without_sni_callback().replacing_psk(IDENTITY, KEY)
    }

    /// Whether the context's trust store is empty.
    pub(super) fn trusts_nothing(&self) -> bool {
        !self.settings.trusts_directories()
            && self.settings.trusted().is_empty()
            && self.settings.revocation_lists() == 0
    }

    // The trials of a server's context.

    fn check_as_server(&mut self, versions: &[TlsVersion]) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        let result = self.check_server_with(&held, versions);
        self.held = held;
        result
    }

    fn check_server_with(
        &mut self,
        held: &[ContextCertificate],
        versions: &[TlsVersion],
    ) -> Result<()> {
        if self.settings.has_sni_callback() {
            self.not_tried("the SNI callback was not called, and its contexts were not tried");
        }
        if self.context.verify_mode() != VerifyMode::CERT_NONE {
            self.not_tried(
                "no client certificate was tried: only a trusted authority can issue one",
            );
        }
        if self.server_hostname.is_none() && !held.is_empty() {
            self.not_tried(
                "no host name was given, so the names in the certificate were not checked",
            );
        }
        let copy = |only: Option<&ContextCertificate>| {
            let mut copy = self.copy();
            if let Some(only) = only {
                copy = copy.with_identities([&only.identity]);
            }
            let copy = copy.build()?;
            copy.set_verify_mode(VerifyMode::CERT_NONE)?;
            Ok::<_, pyssl::Error>(copy)
        };
        let whole = self.server_faults(&copy(None)?, held.first(), versions)?;
        if let [] | [_] = held {
            self.report(held.first(), whole, versions);
            return Ok(());
        }
        let mut alone = Vec::new();
        for identity in held {
            let faults = self.server_faults(&copy(Some(identity))?, Some(identity), versions)?;
            alone.push((identity, faults));
        }
        // A server with several certificates chooses one that the client accepts. So the faults of
        // handshakes are taken from the trial with all certificates. A fault of a handshake with one
        // certificate is reported only if no version works with this certificate.
        let (handshake, _): (Faults, Faults) = whole
            .into_iter()
            .partition(|(fault, _)| fault.is_handshake());
        self.report(None, handshake, versions);
        for (identity, mut faults) in alone {
            if handshakes_failed(&faults) < versions.len() {
                faults.retain(|(fault, _)| !fault.is_handshake());
            }
            self.report(Some(identity), faults, versions);
        }
        Ok(())
    }

    fn server_faults(
        &self,
        own: &SslContext,
        identity: Option<&ContextCertificate>,
        versions: &[TlsVersion],
    ) -> Result<Faults> {
        let psk = self.settings.has_psk_server_callback();
        let test_keys = identity.is_none() && !psk;
        let host = self.server_hostname.as_deref();
        let top = identity.and_then(top);
        let mut all = Faults::new();
        for version in versions {
            let attempt = |ignored: IgnoredFaults| {
                let mut last = None;
                for client in self.default_clients(*version, ignored, top.as_ref())? {
                    if ignored.name || host.is_none() {
                        client.set_check_hostname(false)?;
                    }
                    let client = match psk {
                        true => client.variant().with_psk(IDENTITY, KEY).build()?,
                        false => client,
                    };
                    let mut options = NegotiateOptions::new().test_keys(test_keys);
                    if let Some(host) = host {
                        options = options.server_hostname(host);
                    }
                    let found = negotiate(&client, own, options)?;
                    let unknown = refused(&found, Role::Client).is_some_and(is_unknown_issuer);
                    last = Some(found);
                    if !unknown {
                        break;
                    }
                }
                Ok(last)
            };
            add(&mut all, *version, faults(Role::Client, attempt)?);
        }
        Ok(all)
    }

    /// Default clients, one for each trust store that may have the issuer: the system's and the
    /// context's own, or only the given file.
    fn default_clients(
        &self,
        version: TlsVersion,
        ignored: IgnoredFaults,
        top: Option<&X509>,
    ) -> Result<Vec<SslContext>> {
        let client = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT)?;
        only(&client, version)?;
        self.set_flags(&client, ignored)?;
        match &self.peer_cafile {
            Some(file) => client.load_verify_locations(VerifyLocations::new().cafile(file))?,
            None => client.load_default_certs(Purpose::SERVER_AUTH)?,
        }
        if ignored.issuer {
            if let Some(top) = top {
                client.load_verify_locations(VerifyLocations::new().cadata(top.to_der()?))?;
            }
            return Ok(vec![client]);
        }
        let mut clients = Vec::new();
        if self.peer_cafile.is_none() && !self.trusts_nothing() {
            clients.push(client.variant().with_trust_of(self.context).build()?);
        }
        clients.push(client);
        Ok(clients)
    }

    fn set_flags(&self, context: &SslContext, ignored: IgnoredFaults) -> Result<()> {
        let mut flags = context.verify_flags() | VerifyFlags::VERIFY_X509_PARTIAL_CHAIN;
        if !ignored.strict {
            flags |= VerifyFlags::VERIFY_X509_STRICT;
        }
        if ignored.time || self.at_another_time {
            flags |= NO_CHECK_TIME;
        }
        context.set_verify_flags(flags)
    }

    // The trials of a client's context.

    fn check_as_client(&mut self, versions: &[TlsVersion]) -> Result<()> {
        let level = self.context.security_level().max(2);
        let authority = Authority::new(level)?;
        let host = self
            .server_hostname
            .clone()
            .unwrap_or_else(|| "localhost".to_owned());
        let issued = authority.issue(&host, level)?;
        let der = authority.certificate.to_der()?;
        let own = self.copy().without_stapling().with_empty_trust()?.build()?;
        let crls = VerifyFlags::VERIFY_CRL_CHECK_LEAF | VerifyFlags::VERIFY_CRL_CHECK_CHAIN;
        own.set_verify_flags(own.verify_flags() - crls)?;
        own.load_verify_locations(VerifyLocations::new().cadata(der))?;
        if self.context.ocsp_mode() != OcspMode::Off {
            self.not_tried("stapled OCSP responses were not tried: only the issuer can sign one");
        }
        let mut all = Faults::new();
        for version in versions {
            let attempt = |_: IgnoredFaults| {
                with_each(&issued, |issued| {
                    let server = self.default_server(*version, issued)?;
                    negotiate(&own, &server, host.as_str())
                })
            };
            add(&mut all, *version, faults(Role::Server, attempt)?);
        }
        self.report(None, all, versions);
        let held = std::mem::take(&mut self.held);
        let result = self.check_client_with(&held, versions, &own, &issued, &host);
        self.held = held;
        result
    }

    /// The certificates of a client, with a server that asks for one.
    fn check_client_with(
        &mut self,
        held: &[ContextCertificate],
        versions: &[TlsVersion],
        own: &SslContext,
        issued: &[Vec<Identity>],
        host: &str,
    ) -> Result<()> {
        for identity in held {
            if self.peer_cafile.is_none() {
                self.not_tried(
                    "whether servers trust the issuer of the client's certificate was not checked",
                );
            }
            let own = own
                .variant()
                .with_identities([&identity.identity])
                .build()?;
            let top = top(identity);
            let mut all = Faults::new();
            for version in versions {
                let attempt = |ignored: IgnoredFaults| {
                    with_each(issued, |issued| {
                        let server = self.default_server(*version, issued)?;
                        self.set_flags(&server, ignored)?;
                        server.set_verify_mode(VerifyMode::CERT_REQUIRED)?;
                        let mut trust = VerifyLocations::new();
                        match (&self.peer_cafile, &top) {
                            (Some(file), _) if !ignored.issuer => trust = trust.cafile(file),
                            (_, Some(top)) => trust = trust.cadata(top.to_der()?),
                            _ => {}
                        }
                        server.load_verify_locations(trust)?;
                        negotiate(&own, &server, host)
                    })
                };
                add(&mut all, *version, faults(Role::Server, attempt)?);
            }
            self.report(Some(identity), all, versions);
        }
        Ok(())
    }

    fn default_server(&self, version: TlsVersion, issued: &[Identity]) -> Result<SslContext> {
        let server = SslContext::new(Protocol::PROTOCOL_TLS_SERVER)?;
        only(&server, version)?;
        let mut server = server.variant().with_identities(issued);
        if self.settings.has_psk_client_callback() {
            server = server.with_psk(IDENTITY, KEY);
        }
        server.build()
    }

    // The findings of the trials.

    /// Turns faults into findings, unless a check of the settings or certificates has reported the
    /// cause already.
    fn report(
        &mut self,
        identity: Option<&ContextCertificate>,
        faults: Faults,
        tried: &[TlsVersion],
    ) {
        let failed = handshakes_failed(&faults);
        for (fault, versions) in faults {
            let explained = match &fault {
                Fault::Issuer(_) => {
                    let known = self.raise(&[AuditCode::SelfSigned, AuditCode::ChainOrder]);
                    let top = identity.and_then(top);
                    if let Some(top) = top.filter(|_| !known) {
                        self.unknown_issuer(&top);
                    }
                    known || identity.is_some()
                }
                Fault::Time(_) => self.raise(&[AuditCode::Expired, AuditCode::NotYetValid]),
                Fault::Name(_) => {
                    if let Some(identity) = identity {
                        self.wrong_name(&identity.leaf);
                    }
                    identity.is_some()
                }
                Fault::Refused(code, _) => match code {
                    26 => self.raise(&[AuditCode::WrongPurpose]),
                    66 | 67 => self.raise(&[AuditCode::SmallKey]),
                    68 => self.raise(&[AuditCode::WeakSignature]),
                    _ => false,
                },
                Fault::Strict(_) => false,
                Fault::Handshake(_) => self.has(AuditCode::NoSuite, Severity::Error),
            };
            if explained {
                continue;
            }
            let certificate = match identity {
                Some(identity) => name(&identity.leaf),
                None => "the certificate".to_owned(),
            };
            let (peer, with) = (self.peer(), version_names(&versions));
            let (severity, message) = match fault {
                Fault::Strict(why) => (
                    Severity::Warning,
                    format!(
                        "a {peer} that verifies strictly, as create_default_context does since \
                         Python 3.13, refuses {certificate}: {why}"
                    ),
                ),
                Fault::Handshake(why) => {
                    let severity = if failed == tried.len() {
                        Severity::Error
                    } else {
                        Severity::Warning
                    };
                    let hint = identity.and_then(key_hint).unwrap_or_default();
                    (
                        severity,
                        format!("a default {peer} does not connect with {with}: {why}{hint}"),
                    )
                }
                Fault::Issuer(why)
                | Fault::Time(why)
                | Fault::Name(why)
                | Fault::Refused(_, why) => (
                    Severity::Error,
                    format!("a default {peer} refuses {certificate} ({with}): {why}"),
                ),
            };
            self.find(AuditCode::HandshakeFails, severity, message, None);
        }
    }

    /// Raises the findings with these codes to warnings; false if there are none.
    fn raise(&mut self, codes: &[AuditCode]) -> bool {
        let mut any = false;
        for finding in &mut self.findings {
            if codes.contains(&finding.code) {
                finding.severity = finding.severity.max(Severity::Warning);
                any = true;
            }
        }
        any
    }
}

/// The part of a message that names a kind of key which default peers do not accept; none for other
/// keys.
fn key_hint(identity: &ContextCertificate) -> Option<String> {
    let key = identity.leaf.public_key().ok()?;
    let odd = match key.id() {
        Id::DSA => "a DSA key".to_owned(),
        Id::EC => {
            let curve = key.ec_key().ok()?.group().curve_name()?;
            if [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1].contains(&curve) {
                return None;
            }
            format!("a key on {}", curve.short_name().unwrap_or("another curve"))
        }
        _ => return None,
    };
    Some(format!(
        "; default peers accept RSA, Ed25519, Ed448 and EC keys on P-256, P-384 and P-521, not {odd}"
    ))
}

/// Repeats the handshake until it succeeds or shows no new fault. Each attempt ignores the faults
/// found so far.
fn faults(
    peer: Role,
    attempt: impl Fn(IgnoredFaults) -> Result<Option<Negotiation>>,
) -> Result<Vec<Fault>> {
    let mut ignored = IgnoredFaults::default();
    let mut faults = Vec::new();
    loop {
        let Some(found) = attempt(ignored)? else {
            return Ok(faults);
        };
        let Some(refusal) = found.refusal() else {
            return Ok(faults);
        };
        let Cause::CertificateRefused { by, code, message } = refusal.cause() else {
            faults.push(Fault::Handshake(match refusal.cause() {
                Cause::Other => refusal.to_string(),
                cause => cause.to_string(),
            }));
            return Ok(faults);
        };
        if *by != peer {
            faults.push(Fault::Handshake(refusal.to_string()));
            return Ok(faults);
        }
        let why = message.to_string();
        match *code {
            code if is_unknown_issuer(code) && !ignored.issuer => {
                ignored.issuer = true;
                faults.push(Fault::Issuer(why));
            }
            9 | 10 if !ignored.time => {
                ignored.time = true;
                faults.push(Fault::Time(why));
            }
            62 | 64 if !ignored.name => {
                ignored.name = true;
                faults.push(Fault::Name(why));
            }
            code => {
                let lenient = IgnoredFaults {
                    strict: true,
                    ..ignored
                };
                let same = attempt(lenient)?;
                let same = same.as_ref().and_then(|found| refused(found, peer));
                if ignored.strict || same == Some(code) {
                    faults.push(Fault::Refused(code, why));
                    return Ok(faults);
                }
                ignored.strict = true;
                faults.push(Fault::Strict(why));
            }
        }
    }
}

/// The number of versions in which no handshake succeeds.
fn handshakes_failed(faults: &Faults) -> usize {
    let handshakes = faults.iter().filter(|(fault, _)| fault.is_handshake());
    handshakes.map(|(_, versions)| versions.len()).sum()
}

fn add(all: &mut Faults, version: TlsVersion, faults: Vec<Fault>) {
    for fault in faults {
        match all.iter_mut().find(|(other, _)| *other == fault) {
            Some((_, versions)) => versions.push(version),
            None => all.push((fault, vec![version])),
        }
    }
}

/// The first handshake that succeeds with one of these sets of certificates. If none succeeds, the
/// first one that was tried.
fn with_each(
    sets: &[Vec<Identity>],
    attempt: impl Fn(&[Identity]) -> Result<Negotiation>,
) -> Result<Option<Negotiation>> {
    let mut first = None;
    for set in sets {
        let found = attempt(set)?;
        if found.agreement().is_some() {
            return Ok(Some(found));
        }
        first = first.or(Some(found));
    }
    Ok(first)
}

/// The verification error with which the side `by` refused the other side's certificate.
fn refused(found: &Negotiation, by: Role) -> Option<i32> {
    match found.refusal()?.cause() {
        Cause::CertificateRefused { by: who, code, .. } if *who == by => Some(*code),
        _ => None,
    }
}

/// Whether the error is about the issuer, so that a different trust store would avoid it.
fn is_unknown_issuer(code: i32) -> bool {
    matches!(code, 2 | 18..=21)
}

/// The last certificate of the chain that the context sends.
fn top(identity: &ContextCertificate) -> Option<X509> {
    let sent: Vec<&X509> = std::iter::once(&identity.leaf)
        .chain(&identity.chain)
        .collect();
    path(&sent).last().map(|top| (*top).clone())
}

fn only(context: &SslContext, version: TlsVersion) -> Result<()> {
    context.set_minimum_version(version)?;
    context.set_maximum_version(version)
}
