//! Judges the certificates that a server sends. This needs no finished handshake.

use std::net::IpAddr;
use std::time::SystemTime;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspResponseStatus};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder, X509StoreRef};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509Ref, X509StoreContext, X509VerifyResult};
use pyssl as ssl;
use pyssl_ciphers::cipher::{CertificateFacts, Severity};
use pyssl_ciphers::wire::ScanCode;

use crate::args::TrustArgs;
use crate::failure::{Failure, WithContext};
use crate::level::signature_of;
use crate::report::scan::{ChainScan, Finding, Stapled};
use crate::setup;

/// The encoded identifier of the certificate extension `tlsfeature` (RFC 7633), and the part of its
/// value that demands a stapled OCSP response.
const TLS_FEATURE: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18];
const STATUS_REQUEST: &[u8] = &[0x02, 0x01, 0x05];

/// A certificate that expires within so many days causes a warning. For certificates with a short
/// validity the limit is a tenth of it.
const MOST_DAYS_BEFORE_WARNING: i64 = 14;

/// The kinds of authentication for which a server sends no certificate.
pub(super) const NO_CERTIFICATE: [&str; 4] = ["auth-null", "auth-psk", "auth-srp", "auth-krb5"];

/// A certificate chain as the server sent it, and the stapled OCSP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SentChain {
    pub(super) certificates: Vec<ssl::Certificate>,
    pub(super) ocsp_response: Option<Vec<u8>>,
}

/// Verifies certificate chains and OCSP responses against the trusted certificates.
pub(super) struct Judge {
    /// Verifies servers' chains like `pyssl connect`.
    servers: openssl::ssl::SslContext,
    /// Verifies the signatures of OCSP responses.
    any: openssl::ssl::SslContext,
}

/// The verified chain, or OpenSSL's code and text.
type Verdict = Result<Vec<X509>, (i32, String)>;

impl Judge {
    pub(super) fn new(trust: &TrustArgs) -> Result<Judge, Failure> {
        let what = || "cannot copy the trusted certificates".to_owned();
        let mut servers = setup::client_context(trust)?
            .to_openssl()
            .with_context(what)?;
        let store = servers.cert_store_mut();
        let flags = X509VerifyFlags::X509_STRICT | X509VerifyFlags::PARTIAL_CHAIN;
        store
            .set_flags(flags)
            .and_then(|()| store.set_purpose(X509PurposeId::SSL_SERVER))
            .with_context(what)?;
        let any = setup::client_context(trust)?
            .to_openssl()
            .with_context(what)?;
        Ok(Judge {
            servers: servers.build(),
            any: any.build(),
        })
    }

    /// Judges a chain, of which the first certificate is the server's.
    pub(super) fn judge(&self, sent: &SentChain, server_name: &str) -> ssl::Result<ChainScan> {
        let mut chain = Vec::new();
        for certificate in &sent.certificates {
            chain.push(X509::from_der(&certificate.to_der()?)?);
        }
        let Some(leaf) = chain.first() else {
            return Err(ssl::Error::Value("a chain without a certificate".into()));
        };
        let store = self.servers.cert_store();
        let mut findings = Vec::new();
        let (verified, distrust) = match verify(store, leaf, &chain)? {
            Ok(verified) => (verified, None),
            Err(distrust) => (Vec::new(), Some(distrust)),
        };
        let left = days_left(&sent.certificates[0]);
        let is_date = |code: i32| matches!(code, 9 | 10);
        match &distrust {
            // Errors about dates are left out: the dates have findings of their own.
            Some((code, text)) if !is_date(*code) => findings.push(Finding::new(
                ScanCode::Untrusted,
                Severity::Error,
                format!("the certificate is not trusted: {text}"),
            )),
            _ => {}
        }
        findings.extend(validity(leaf, left)?);
        let valid_for_name = is_for_name(leaf, server_name)?;
        if !valid_for_name {
            let text = format!("the certificate is not valid for {server_name}");
            findings.push(Finding::new(ScanCode::WrongName, Severity::Error, text));
        }
        findings.extend(order(&chain));
        for certificate in &chain {
            findings.extend(strength(certificate));
        }
        let must_staple = must_staple(leaf)?;
        let stapled = match &sent.ocsp_response {
            None => Stapled::No,
            Some(response) => self.stapled(response, leaf, &[&chain[..], &verified].concat()),
        };
        match &stapled {
            Stapled::No if must_staple => findings.push(Finding::new(
                ScanCode::Stapling,
                Severity::Error,
                "the certificate demands a stapled OCSP response, and the server sends none",
            )),
            Stapled::No | Stapled::Good => {}
            Stapled::Revoked => findings.push(Finding::new(
                ScanCode::Stapling,
                Severity::Error,
                "the stapled OCSP response says that the certificate was revoked",
            )),
            Stapled::Invalid(reason) => findings.push(Finding::new(
                ScanCode::Stapling,
                Severity::Warning,
                format!("the stapled OCSP response cannot be used: {reason}"),
            )),
        }
        Ok(ChainScan {
            certificates: sent.certificates.clone(),
            facts: CertificateFacts::of(&sent.certificates[0]).ok(),
            intermediates: intermediates(sent, &chain)?,
            key_words: key_words(leaf),
            signature: signature_of(leaf),
            days_left: left,
            distrust,
            valid_for_name,
            must_staple,
            stapled,
            findings,
        })
    }

    fn stapled(&self, response: &[u8], leaf: &X509Ref, chain: &[X509]) -> Stapled {
        match self.ocsp_status(response, leaf, chain) {
            Ok(Ok(OcspCertStatus::GOOD)) => Stapled::Good,
            Ok(Ok(OcspCertStatus::REVOKED)) => Stapled::Revoked,
            Ok(Ok(_)) => Stapled::Invalid("the responder does not know it".to_owned()),
            Ok(Err(reason)) => Stapled::Invalid(reason.to_owned()),
            Err(error) => Stapled::Invalid(ssl::Error::from(error).to_string()),
        }
    }

    fn ocsp_status(
        &self,
        response: &[u8],
        leaf: &X509Ref,
        chain: &[X509],
    ) -> Result<Result<OcspCertStatus, &'static str>, ErrorStack> {
        const CLOCK_SKEW: u32 = 300;
        let response = OcspResponse::from_der(response)?;
        if response.status() != OcspResponseStatus::SUCCESSFUL {
            return Ok(Err("it reports an error of the responder"));
        }
        let basic = response.basic()?;
        let issuer = chain
            .iter()
            .find(|c| c.issued(leaf) == X509VerifyResult::OK);
        let Some(issuer) = issuer else {
            return Ok(Err("the issuer's certificate is unknown"));
        };
        // The server's certificate is left out: its subject may be the same as the responder's.
        let mut authorities = chain.to_vec();
        authorities.retain(|certificate| **certificate != *leaf);
        let store = self.any.cert_store();
        basic.verify(&*stack(&authorities)?, store, OcspFlag::empty())?;
        for digest in [MessageDigest::sha1(), MessageDigest::sha256()] {
            let id = OcspCertId::from_cert(digest, leaf, issuer)?;
            if let Some(status) = basic.find_status(&id) {
                let current = status.check_validity(CLOCK_SKEW, None).is_ok();
                return Ok(match current {
                    true => Ok(status.status),
                    false => Err("it is not current"),
                });
            }
        }
        Ok(Err("it is for another certificate"))
    }
}

/// The certificates after the first one, each in DER and with the facts that policies compare. Self-signed certificates
/// are left out, because clients do not verify their signatures.
fn intermediates(
    sent: &SentChain,
    chain: &[X509],
) -> ssl::Result<Vec<(Vec<u8>, Option<CertificateFacts>)>> {
    let all = sent.certificates.iter().zip(chain).skip(1);
    let is_self_signed = |x509: &X509| {
        let has_own_name = x509.issued(x509) == X509VerifyResult::OK;
        let key = x509.public_key();
        // If the signature cannot be checked, the certificate is compared.
        has_own_name && key.and_then(|key| x509.verify(&key)).unwrap_or(false)
    };
    let others = all.filter(|(_, x509)| !is_self_signed(x509));
    others
        .map(|(certificate, _)| {
            let facts = CertificateFacts::of(certificate).ok();
            Ok((certificate.to_der()?.to_vec(), facts))
        })
        .collect()
}

fn stack(chain: &[X509]) -> Result<Stack<X509>, ErrorStack> {
    let mut stack = Stack::new()?;
    for certificate in chain {
        stack.push(certificate.clone())?;
    }
    Ok(stack)
}

fn verify(store: &X509StoreRef, leaf: &X509Ref, chain: &[X509]) -> Result<Verdict, ErrorStack> {
    let mut context = X509StoreContext::new()?;
    context.init(store, leaf, &*stack(chain)?, |context| {
        let valid = context.verify_cert()?;
        let error = context.error();
        let chain = context
            .chain()
            .map(|chain| chain.iter().map(ToOwned::to_owned));
        Ok(match valid {
            true => Ok(chain.into_iter().flatten().collect()),
            false => Err((error.as_raw(), error.error_string().to_owned())),
        })
    })
}

/// Whether a certificate is valid for a host name or an IP address. Its issuer and its dates are
/// not checked.
fn is_for_name(leaf: &X509Ref, name: &str) -> ssl::Result<bool> {
    let mut param = X509VerifyParam::new()?;
    param.set_flags(X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::NO_CHECK_TIME)?;
    match name.parse::<IpAddr>() {
        Ok(address) => param.set_ip(address)?,
        Err(_) => {
            param.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            param.set_host(name)?;
        }
    }
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(leaf.to_owned())?;
    store.set_param(&param)?;
    let store: X509Store = store.build();
    const MISMATCHES: [i32; 2] = [62, 64];
    let verdict = verify(&store, leaf, &[])?;
    Ok(!verdict.is_err_and(|(code, _)| MISMATCHES.contains(&code)))
}

/// The days until a certificate expires; negative if it has expired.
fn days_left(certificate: &ssl::Certificate) -> Option<i64> {
    let info = certificate.get_info().ok()?;
    let end = ssl::cert_time_to_seconds(info.not_after()).ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.ok()?.as_secs()).ok()?;
    Some((end - now).div_euclid(24 * 60 * 60))
}

fn validity(leaf: &X509Ref, left: Option<i64>) -> Result<Option<Finding>, ErrorStack> {
    let now = openssl::asn1::Asn1Time::days_from_now(0)?;
    if leaf.not_before() > &*now {
        let text = "the certificate is not valid yet";
        return Ok(Some(Finding::new(
            ScanCode::Validity,
            Severity::Error,
            text,
        )));
    }
    let lifetime = leaf.not_before().diff(leaf.not_after())?.days;
    let warning = MOST_DAYS_BEFORE_WARNING.min(i64::from(lifetime) / 10);
    Ok(match left {
        Some(..0) => Some(Finding::new(
            ScanCode::Validity,
            Severity::Error,
            "the certificate has expired",
        )),
        Some(days) if days < warning => Some(Finding::new(
            ScanCode::Validity,
            Severity::Warning,
            format!("the certificate expires in {days} days"),
        )),
        _ => None,
    })
}

/// Finds certificates that are in the wrong order, or that no client needs (RFC 5246, section
/// 7.4.2; TLS 1.3 allows any order).
fn order(chain: &[X509]) -> Vec<Finding> {
    let mut path = vec![0];
    while let Some(next) = path
        .last()
        .and_then(|last| chain.get(*last))
        .and_then(|at| {
            let issues = |other: &X509| other.issued(at) == X509VerifyResult::OK;
            let mut others = chain.iter().enumerate();
            others.find(|(place, other)| !path.contains(place) && issues(other))
        })
    {
        path.push(next.0);
    }
    let mut findings = Vec::new();
    if !path.is_sorted() {
        let text = "the certificates are not in the order of the chain";
        findings.push(Finding::new(ScanCode::ChainOrder, Severity::Warning, text));
    }
    let unused = chain.iter().enumerate();
    for (_, certificate) in unused.filter(|(place, _)| !path.contains(place)) {
        let text = format!(
            "a superfluous certificate was sent: {}",
            subject(certificate)
        );
        findings.push(Finding::new(ScanCode::ChainOrder, Severity::Note, text));
    }
    let root = path.last().and_then(|last| chain.get(*last));
    let is_root = |root: &&X509| root.issued(root) == X509VerifyResult::OK;
    if let Some(root) = root.filter(|root| path.len() > 1 && is_root(root)) {
        let text = format!("the root was sent, which clients ignore: {}", subject(root));
        findings.push(Finding::new(ScanCode::ChainOrder, Severity::Note, text));
    }
    findings
}

/// Finds weak keys and signatures. The signature of a root is not checked.
fn strength(certificate: &X509Ref) -> Vec<Finding> {
    let mut findings = Vec::new();
    let subject = subject(certificate);
    if let Some((kind, bits)) = key(certificate) {
        let least = if kind == "ec" { 224 } else { 2048 };
        if bits < least {
            let text = format!("the key of {subject} has {bits} bits");
            findings.push(Finding::new(
                ScanCode::WeakCertificate,
                Severity::Error,
                text,
            ));
        }
    }
    let signature = signature_of(certificate);
    let lower = signature.to_ascii_lowercase();
    let is_root = certificate.issued(certificate) == X509VerifyResult::OK;
    if !is_root && ["sha1", "md5", "md2"].iter().any(|old| lower.contains(old)) {
        let text = format!("{subject} is signed with {signature}");
        findings.push(Finding::new(
            ScanCode::WeakCertificate,
            Severity::Error,
            text,
        ));
    }
    findings
}

fn subject(certificate: &X509Ref) -> String {
    let certificate = certificate.to_der().ok();
    let certificate = certificate.and_then(|der| ssl::Certificate::from_der(&der).ok());
    certificate.map_or_else(|| "a certificate".to_owned(), |c| c.to_string())
}

fn must_staple(leaf: &X509Ref) -> Result<bool, ErrorStack> {
    /// The number of bytes after the extension's identifier in which the value is searched for. The
    /// value is a short list of numbers.
    const MOST_AFTER: usize = 24;
    let der = leaf.to_der()?;
    let found = der
        .windows(TLS_FEATURE.len())
        .position(|part| part == TLS_FEATURE);
    let value = found.and_then(|at| der.get(at + TLS_FEATURE.len()..));
    let value = value.map(|value| value.get(..MOST_AFTER).unwrap_or(value));
    Ok(value.is_some_and(|value| {
        let mut parts = value.windows(STATUS_REQUEST.len());
        parts.any(|part| part == STATUS_REQUEST)
    }))
}

/// The type and size of a certificate's key, if it can be too small.
fn key(certificate: &X509Ref) -> Option<(&'static str, u32)> {
    let key = certificate.public_key().ok()?;
    let kind = match key.id() {
        openssl::pkey::Id::RSA | openssl::pkey::Id::RSA_PSS => "rsa",
        openssl::pkey::Id::DSA => "dsa",
        openssl::pkey::Id::EC => "ec",
        _ => return None,
    };
    Some((kind, key.bits()))
}

/// The type and size of a certificate's key in words: `RSA 2048 bits`.
fn key_words(certificate: &X509Ref) -> Option<String> {
    let key = certificate.public_key().ok()?;
    let name = match key.id() {
        openssl::pkey::Id::EC => "EC".to_owned(),
        openssl::pkey::Id::RSA => "RSA".to_owned(),
        openssl::pkey::Id::RSA_PSS => "RSA-PSS".to_owned(),
        openssl::pkey::Id::ED25519 => return Some("Ed25519".to_owned()),
        openssl::pkey::Id::ED448 => return Some("Ed448".to_owned()),
        openssl::pkey::Id::DSA => "DSA".to_owned(),
        other => format!("key type {}", other.as_raw()),
    };
    Some(format!("{name} {} bits", key.bits()))
}
