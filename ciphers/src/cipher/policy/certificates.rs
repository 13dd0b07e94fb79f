//! The rules of a policy for the certificate of a server.

use openssl::nid::Nid;
use openssl::x509::X509;
use pyssl::Certificate;
use serde::Deserialize;

use super::digests::{Digest, DigestOf, digest_of};
use super::{Aspect, Policy, Report, ViolationKind, same_group};
use crate::data;
use crate::words::GroupName;

/// The properties that the certificate of a server must have.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Certificates {
    #[serde(default, deserialize_with = "data::list")]
    kinds: Vec<Kind>,
    #[serde(default, deserialize_with = "data::list")]
    curves: Vec<GroupName>,
    #[serde(default, deserialize_with = "data::list")]
    signatures: Vec<Box<str>>,
    #[serde(default, deserialize_with = "data::list")]
    forbid_digests: Vec<Digest>,
    days: Option<u32>,
}

impl Certificates {
    pub(super) fn has_rules(&self) -> bool {
        !(self.kinds.is_empty()
            && self.curves.is_empty()
            && self.signatures.is_empty()
            && self.forbid_digests.is_empty()
            && self.days.is_none())
    }
}

/// The kind of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Rsa,
    Ecdsa,
    Dsa,
    Ed25519,
    Ed448,
    #[serde(rename = "ml-dsa-44")]
    MlDsa44,
    #[serde(rename = "ml-dsa-65")]
    MlDsa65,
    #[serde(rename = "ml-dsa-87")]
    MlDsa87,
}

/// The encoded identifiers of the kinds of keys (RFC 3279, RFC 4055, RFC 8410, RFC 9881).
const KINDS: [(&[u8], Kind); 9] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", Kind::Rsa),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", Kind::Rsa),
    (b"\x2a\x86\x48\xce\x3d\x02\x01", Kind::Ecdsa),
    (b"\x2a\x86\x48\xce\x38\x04\x01", Kind::Dsa),
    (b"\x2b\x65\x70", Kind::Ed25519),
    (b"\x2b\x65\x71", Kind::Ed448),
    (b"\x60\x86\x48\x01\x65\x03\x04\x03\x11", Kind::MlDsa44),
    (b"\x60\x86\x48\x01\x65\x03\x04\x03\x12", Kind::MlDsa65),
    (b"\x60\x86\x48\x01\x65\x03\x04\x03\x13", Kind::MlDsa87),
];

/// The signature algorithms whose names OpenSSL before 3.5 does not know.
const SIGNATURES: [(&str, &str); 3] = [
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// OpenSSL's name of RSASSA-PSS, and the name before that of its digest.
const PSS: &str = "rsassaPss";
const PSS_WITH: &str = "rsassaPss with ";

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Rsa => "rsa",
            Kind::Ecdsa => "ecdsa",
            Kind::Dsa => "dsa",
            Kind::Ed25519 => "ed25519",
            Kind::Ed448 => "ed448",
            Kind::MlDsa44 => "ml-dsa-44",
            Kind::MlDsa65 => "ml-dsa-65",
            Kind::MlDsa87 => "ml-dsa-87",
        }
    }
}

/// The facts about a certificate that a [`Policy`] compares.
///
/// ```
/// use pyssl_ciphers::cipher::{CertificateFacts, Policy};
///
/// let policy = Policy::named("mozilla-intermediate@5.7").unwrap();
/// let facts = CertificateFacts::new("rsa", "sha1WithRSAEncryption", 400);
/// let found = policy.check_certificate(&facts);
/// let found: Vec<_> = found.violations().iter().map(ToString::to_string).collect();
/// assert_eq!(found, [
///     "the certificate is signed with sha1WithRSAEncryption",
///     "the certificate is valid for 400 days; the maximum is 366",
/// ]);
/// ```
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    kind: Box<str>,
    curve: Option<Box<str>>,
    /// Whether an EC key has the parameters of its curve instead of a name.
    is_unnamed: bool,
    bits: Option<u32>,
    signature: Box<str>,
    days: u32,
}

impl CertificateFacts {
    /// The facts about this certificate. They do not depend on the algorithms that the linked
    /// OpenSSL supports.
    ///
    /// # Errors
    ///
    /// If the certificate cannot be read.
    pub fn of(certificate: &Certificate) -> pyssl::Result<CertificateFacts> {
        const A_DAY: i32 = 24 * 60 * 60;
        let der = certificate.to_der()?;
        let x509 = X509::from_der(&der)?;
        let (oid, parameters) = key_algorithm(&der).unwrap_or_default();
        let known = KINDS.iter().find(|(known, _)| *known == oid);
        let kind = known.map_or("other", |(_, kind)| kind.name());
        // Both ends belong to the validity (RFC 5280, section 4.1.2.5).
        let validity = x509.not_before().diff(x509.not_after())?;
        let days = validity.days + (validity.secs + 1).min(A_DAY) / A_DAY;
        let signature = x509.signature_algorithm().object();
        let oid = signature.to_string();
        let signature = match SIGNATURES.iter().find(|(known, _)| *known == oid) {
            Some((_, name)) => (*name).to_owned(),
            None if signature.nid() == Nid::RSASSAPSS => pss(&der),
            None => signature.nid().long_name().map_or(oid, str::to_owned),
        };
        let mut facts = CertificateFacts::new(kind, &signature, u32::try_from(days).unwrap_or(0));
        if kind == Kind::Ecdsa.name() {
            match curve(parameters) {
                Some(name) => facts = facts.curve(&name),
                None => facts.is_unnamed = true,
            }
        }
        facts.bits = x509.public_key().ok().map(|key| key.bits());
        Ok(facts)
    }

    /// The facts: the kind of the certificate's key (`"rsa"`, `"ecdsa"`, `"dsa"`, `"ed25519"`,
    /// `"ed448"`, `"ml-dsa-87"`), OpenSSL's long name of its signature algorithm, and the days of its validity.
    pub fn new(kind: &str, signature: &str, days: u32) -> CertificateFacts {
        CertificateFacts {
            kind: kind.into(),
            curve: None,
            is_unnamed: false,
            bits: None,
            signature: signature.into(),
            days,
        }
    }

    /// OpenSSL's long name of the algorithm with which the certificate is signed. The name of RSASSA-PSS, whose digest is a
    /// parameter (RFC 4055, section 3.1), has the digest too: `rsassaPss with sha256`.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::CertificateFacts;
    ///
    /// let facts = CertificateFacts::new("rsa", "sha256WithRSAEncryption", 90);
    /// assert_eq!(facts.signature(), "sha256WithRSAEncryption");
    /// ```
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Whether `name` is the name of the certificate's signature algorithm. The name `rsassaPss` stands for RSASSA-PSS with
    /// SHA-256, SHA-384 or SHA-512.
    fn is_signed_with(&self, name: &str) -> bool {
        let digest = self.signature.strip_prefix(PSS_WITH);
        name.eq_ignore_ascii_case(&self.signature)
            || name.eq_ignore_ascii_case(PSS)
                && matches!(digest, Some("sha256" | "sha384" | "sha512"))
    }

    /// Adds the curve of the certificate's key, by any of the curve's names.
    #[must_use]
    pub fn curve(mut self, curve: &str) -> CertificateFacts {
        self.curve = Some(curve.into());
        self
    }

    /// Adds the size of the certificate's key.
    #[must_use]
    pub fn bits(mut self, bits: u32) -> CertificateFacts {
        self.bits = Some(bits);
        self
    }
}

impl Policy {
    /// Compares the key of a certificate with the rules on the sizes of keys. A key whose kind or size is not known is
    /// [not compared](Report::not_compared).
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{Aspect, CertificateFacts, Policy};
    ///
    /// let rfc = Policy::rfc9325();
    /// let facts = CertificateFacts::new("rsa", "sha256WithRSAEncryption", 90);
    /// assert!(rfc.check_certificate_key(&facts).not_compared().contains(&Aspect::Keys));
    /// let report = rfc.check_certificate_key(&facts.bits(1024));
    /// assert_eq!(
    ///     report.violations()[0].to_string(),
    ///     "an RSA key has 1024 bits; the minimum is 2048 (section 4.5)",
    /// );
    /// ```
    pub fn check_certificate_key(&self, facts: &CertificateFacts) -> Report {
        let kind = match &*facts.kind {
            "rsa" => "rsa",
            "dsa" => "dsa",
            "ecdsa" => "ec",
            // Keys of the other kinds have one size, and no rule can have a minimum for them.
            kind if KINDS.iter().any(|(_, known)| known.name() == kind) => {
                return self.check_nothing(Aspect::Keys);
            }
            _ => "",
        };
        match facts.bits.filter(|_| !kind.is_empty()) {
            Some(bits) => self.check_key(kind, bits),
            None => {
                let mut report = self.check_nothing(Aspect::Keys);
                report.leave_open(self, Aspect::Keys);
                report
            }
        }
    }

    /// Compares the certificate of a server. The certificate is [not compared](Report::not_compared) completely in two
    /// cases: the policy has a rule on curves and the curve of an EC key is not known, or the policy forbids digests
    /// and the digest of the signature is not known.
    pub fn check_certificate(&self, facts: &CertificateFacts) -> Report {
        let mut violations = Vec::new();
        let mut is_open = false;
        for rule in &self.rules {
            let Some(wanted) = &rule.certificates else {
                continue;
            };
            let is_ec = &*facts.kind == Kind::Ecdsa.name();
            let has_curves = is_ec && !wanted.curves.is_empty();
            is_open |= has_curves && facts.curve.is_none() && !facts.is_unnamed;
            let mut found = Vec::new();
            if has_curves && facts.is_unnamed {
                found.push(ViolationKind::UnnamedCurve);
            }
            let kinds = &wanted.kinds;
            if !kinds.is_empty() && !kinds.iter().any(|kind| kind.name() == &*facts.kind) {
                found.push(ViolationKind::CertificateKind(facts.kind.clone()));
            }
            if let Some(curve) = facts.curve.as_ref().filter(|_| !wanted.curves.is_empty()) {
                if !wanted
                    .curves
                    .iter()
                    .any(|allowed| same_group(&allowed.0, curve))
                {
                    found.push(ViolationKind::CertificateCurve(curve.clone()));
                }
            }
            let mut signatures = wanted.signatures.iter().map(|name| &**name);
            if !wanted.signatures.is_empty() && !signatures.any(|name| facts.is_signed_with(name)) {
                found.push(ViolationKind::CertificateSignature(facts.signature.clone()));
            }
            match digest_of(&facts.signature) {
                _ if wanted.forbid_digests.is_empty() => {}
                DigestOf::Known(digest) if wanted.forbid_digests.contains(&digest) => {
                    found.push(ViolationKind::CertificateSignature(facts.signature.clone()));
                }
                DigestOf::Known(_) | DigestOf::Nothing => {}
                DigestOf::Unknown => is_open = true,
            }
            if let Some(most) = wanted.days.filter(|most| facts.days > *most) {
                let days = facts.days;
                found.push(ViolationKind::CertificateLifetime { days, most });
            }
            violations.extend(found.into_iter().map(|kind| rule.violated(kind)));
        }
        let mut report = self.report([Aspect::Certificates], violations);
        if is_open {
            report.leave_open(self, Aspect::Certificates);
        }
        report
    }
}

impl Policy {
    /// Compares the signature of an intermediate certificate, which a server sends after its own.
    ///
    /// The rules on the kind, the curve and the lifetime of the server's certificate do not apply to it. The digest of
    /// its signature must not be forbidden. If the policy lists the signatures of the server's certificate, an
    /// intermediate certificate may have one of these signatures, or another one whose digest is at least as strong as
    /// the weakest digest among them.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{CertificateFacts, Policy};
    ///
    /// let facts = CertificateFacts::new("rsa", "sha1WithRSAEncryption", 3650);
    /// let report = Policy::rfc9325().check_intermediate(&facts);
    /// assert!(report.violations()[0].to_string().starts_with(
    ///     "an intermediate certificate is signed with sha1WithRSAEncryption",
    /// ));
    /// ```
    pub fn check_intermediate(&self, facts: &CertificateFacts) -> Report {
        let mut violations = Vec::new();
        let mut is_open = false;
        let digest = digest_of(&facts.signature);
        for rule in &self.rules {
            let Some(wanted) = &rule.certificates else {
                continue;
            };
            let mut allowed = wanted.signatures.iter().map(|name| &**name);
            let is_allowed = allowed.clone().any(|name| facts.is_signed_with(name));
            let least = allowed.clone().filter_map(|name| match digest_of(name) {
                DigestOf::Known(digest) => Some(digest.bits()),
                _ => None,
            });
            let is_violated = match (digest, least.min()) {
                (DigestOf::Known(digest), _) if wanted.forbid_digests.contains(&digest) => true,
                _ if is_allowed => false,
                // The policy lists only signatures without a digest, such as Ed25519.
                (_, None) if allowed.next().is_some() => true,
                (DigestOf::Known(digest), Some(least)) => digest.bits() < least,
                (DigestOf::Known(_) | DigestOf::Nothing, _) => false,
                (DigestOf::Unknown, least) => {
                    is_open |= least.is_some() || !wanted.forbid_digests.is_empty();
                    false
                }
            };
            if is_violated {
                let signature = facts.signature.clone();
                violations.push(rule.violated(ViolationKind::IntermediateSignature(signature)));
            }
        }
        let mut report = self.report([Aspect::Certificates], violations);
        if is_open {
            report.leave_open(self, Aspect::Certificates);
        }
        report
    }
}

/// The name of the curve of an EC key (RFC 5480, section 2.1.1), or its identifier if OpenSSL has no name for it.
/// `parameters` is the encoded element after the identifier of the algorithm; `None` if it has no identifier.
fn curve(parameters: &[u8]) -> Option<Box<str>> {
    /// The tag of an object identifier.
    const OBJECT: u8 = 6;
    let oid = match element(parameters) {
        Some((OBJECT, oid, _)) => oid,
        _ => return None,
    };
    let text = dotted(oid);
    let object = openssl::asn1::Asn1Object::from_str(&text);
    let name = object.and_then(|object| object.nid().short_name());
    Some(name.map_or(text.into(), Box::from))
}

/// The text of an encoded object identifier: `1.2.840.10045.3.1.7`.
fn dotted(oid: &[u8]) -> String {
    let (mut arcs, mut arc) = (Vec::new(), 0_u64);
    for byte in oid {
        arc = arc
            .saturating_mul(128)
            .saturating_add(u64::from(byte & 0x7f));
        if byte & 0x80 == 0 {
            arcs.push(std::mem::take(&mut arc));
        }
    }
    // The first number holds two arcs (X.690, section 8.19.4).
    let first = arcs.first().copied().unwrap_or_default();
    let root = (first / 40).min(2);
    let rest = arcs.iter().skip(1).copied();
    let all = [root, first - 40 * root].into_iter().chain(rest);
    all.map(|arc| arc.to_string()).collect::<Vec<_>>().join(".")
}

/// The name of the signature algorithm RSASSA-PSS with the digest of this certificate.
fn pss(certificate: &[u8]) -> String {
    let digest = pss_digest(certificate);
    format!(
        "{PSS_WITH}{}",
        digest.as_deref().unwrap_or("an unknown digest")
    )
}

/// The digest of RSASSA-PSS in the signature of a certificate (RFC 4055, section 3.1). SHA-1 is the default.
fn pss_digest(certificate: &[u8]) -> Option<String> {
    const HASH: u8 = 0xa0;
    let serial = fields(certificate)?;
    let (_, algorithm, _) = element(element(serial)?.2)?;
    let (_, _, parameters) = element(algorithm)?;
    let parameters = element(parameters).map_or(&[][..], |(_, fields, _)| fields);
    let Some((HASH, hash, _)) = element(parameters) else {
        return Some("sha1".to_owned());
    };
    let (_, hash, _) = element(hash)?;
    let text = dotted(element(hash)?.1);
    let object = openssl::asn1::Asn1Object::from_str(&text).ok()?;
    Some(object.nid().long_name().map_or(text, str::to_owned))
}

/// The fields of a certificate from the serial number on (RFC 5280, section 4.1).
fn fields(certificate: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(certificate)?;
    let (_, fields, _) = element(certificate)?;
    match fields.first() {
        Some(&VERSION) => Some(element(fields)?.2),
        _ => Some(fields),
    }
}

/// The encoded identifier of the algorithm of a certificate's key, and the bytes after it, which start with its parameters.
fn key_algorithm(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = fields(certificate)?;
    // The serial number, the signature algorithm, the issuer, the validity and the subject.
    for _ in 0..5 {
        rest = element(rest)?.2;
    }
    let (_, key, _) = element(rest)?;
    let (_, algorithm, _) = element(key)?;
    let (_, oid, parameters) = element(algorithm)?;
    Some((oid, parameters))
}

/// The tag and the content of the first element of a DER text, and the bytes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    const LONG: u8 = 0x80;
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & LONG != 0 {
        let count = usize::from(first & !LONG);
        let bytes = rest.get(..count).filter(|bytes| bytes.len() <= 4)?;
        length = bytes
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = rest.get(count..)?;
    }
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

#[cfg(test)]
mod tests {
    use pyssl_testing::Ca;

    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    }

    /// A certificate that says that it is signed with RSASSA-PSS, with these parameters.
    fn certificate(parameters: &[u8]) -> Certificate {
        const SEQUENCE: u8 = 0x30;
        const PSS: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
        let algorithm = der(SEQUENCE, &[PSS, parameters].concat());
        let whole = Ca::new().issue("localhost").cert().to_der().unwrap();
        let (_, parts, _) = element(&whole).unwrap();
        let (_, to_be_signed, after) = element(parts).unwrap();
        let serial = fields(&whole).unwrap();
        let rest = element(serial).unwrap().2;
        let before = &to_be_signed[..to_be_signed.len() - rest.len()];
        let rest = element(rest).unwrap().2;
        let to_be_signed = der(SEQUENCE, &[before, &algorithm, rest].concat());
        let signature = element(after).unwrap().2;
        let whole = der(SEQUENCE, &[&to_be_signed, &algorithm, signature].concat());
        Certificate::from_der(&whole).unwrap()
    }

    #[test]
    fn the_digest_of_rsassa_pss_is_compared_with_a_policy() {
        // [0] { SEQUENCE { the identifier of a digest } }
        let sha2 = |last: u8| {
            let head = b"\x30\x0f\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02";
            [&head[..], &[last]].concat()
        };
        let policy = |signature: &str| {
            Policy::parse(&format!(
                "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\ncertificates = {{ signatures = ['{signature}'] }}\n"
            ))
            .unwrap()
        };
        for (parameters, name, conforms) in [
            (Vec::new(), "rsassaPss with sha1", false),
            (b"\x30\x00".to_vec(), "rsassaPss with sha1", false),
            (sha2(4), "rsassaPss with sha224", false),
            (sha2(1), "rsassaPss with sha256", true),
            (sha2(2), "rsassaPss with sha384", true),
            (sha2(3), "rsassaPss with sha512", true),
            (b"\x30\x02\xa0\x05".to_vec(), "rsassaPss with sha1", false),
            (
                b"\x30\x04\xa0\x02\x30\x05".to_vec(),
                "rsassaPss with an unknown digest",
                false,
            ),
        ] {
            let facts = CertificateFacts::of(&certificate(&parameters)).unwrap();
            assert_eq!(facts.signature(), name);
            let compared =
                |policy: Policy| policy.check_certificate(&facts).violations().is_empty();
            assert_eq!(compared(policy("rsassaPss")), conforms, "{name}");
            assert!(
                compared(policy(name)) && !compared(policy("rsassaPss with md5")),
                "{name}"
            );
        }
    }
}
