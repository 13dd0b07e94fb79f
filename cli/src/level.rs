//! OpenSSL's security levels (`SSL_CTX_set_security_level(3)`).

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::x509::{X509, X509Ref};
use pyssl::{Cipher, TlsVersion};
use pyssl_ciphers::cipher::CertificateFacts;
use pyssl_ciphers::wire::{SIGNATURE_SCHEMES, group_bits, group_name, signature_name};

/// The fewest bits of security at each level.
const LEAST: [u32; 6] = [0, 80, 112, 128, 192, 256];

/// The signature algorithms of certificates ([`signature_of`]) without a digest in OpenSSL's table of signatures, with
/// their strength in bits. The digest of RSASSA-PSS is a parameter; the other algorithms have no separate digest.
const WITHOUT_DIGEST: [(&str, u32); 10] = [
    ("rsassaPss with sha1", 63),
    ("rsassaPss with sha224", 112),
    ("rsassaPss with sha256", 128),
    ("rsassaPss with sha384", 192),
    ("rsassaPss with sha512", 256),
    ("ED25519", 128),
    ("ED448", 224),
    ("ML-DSA-44", 128),
    ("ML-DSA-65", 192),
    ("ML-DSA-87", 256),
];

/// A limit above the NIDs of all releases of OpenSSL. 4.0 has fewer than 1,600.
const OBJECTS: i32 = 2500;

/// A security level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    number: u32,
    /// The fewest bits of security.
    least: u32,
}

impl Level {
    /// `None` if OpenSSL has no such level.
    pub(crate) fn new(number: u32) -> Option<Level> {
        let least = *LEAST.get(usize::try_from(number).ok()?)?;
        Some(Level { number, least })
    }

    /// Whether the level rejects anything.
    pub(crate) fn has_limits(self) -> bool {
        self.number > 0
    }

    /// Why the level rejects a key exchange before TLS 1.2 that the server signs. OpenSSL 3.0 still connects at TLS 1.0 if
    /// the key exchange is not signed.
    pub(crate) fn rejects_old_signature(self) -> Option<String> {
        (self.number > 0).then(|| self.rejects("a signature of the key exchange with SHA-1"))
    }

    /// Whether the level allows a version at all, in OpenSSL 3.0. It may still reject all suites and signatures of the
    /// version. Newer releases allow versions before TLS 1.2 only at level 0; a client of these does not offer them.
    pub(crate) fn accepts_version(self, version: TlsVersion) -> bool {
        let highest_level = match version {
            TlsVersion::SSLv3 => 1,
            TlsVersion::TLSv1 => 2,
            TlsVersion::TLSv1_1 => 3,
            _ => return true,
        };
        self.number <= highest_level
    }

    pub(crate) fn accepts_suite(self, suite: &Cipher) -> bool {
        if self.number == 0 {
            return true;
        }
        let is_sha1 = suite.digest == Some("sha1");
        let is_ephemeral = suite
            .kea
            .is_some_and(|kea| kea.starts_with("kx-ecdhe") || kea.starts_with("kx-dhe"));
        u32::try_from(suite.strength_bits).is_ok_and(|bits| bits >= self.least)
            && suite.auth != Some("auth-null")
            && suite.digest != Some("md5")
            && !(is_sha1 && self.least > 160)
            && (self.number < 3 || suite.is_tls13() || is_ephemeral)
    }

    pub(crate) fn accepts_group(self, number: u16) -> bool {
        strength_of_group(number).is_none_or(|strength| strength >= self.least)
    }

    pub(crate) fn accepts_signature(self, name: &str) -> bool {
        strength_of_signature(name).is_none_or(|strength| strength >= self.least)
    }

    /// The signature schemes of the TLS registry that a client of this level offers.
    pub(crate) fn signatures(self) -> Vec<u16> {
        let all = SIGNATURE_SCHEMES.iter();
        let accepted = all.filter(|(_, name)| self.accepts_signature(name));
        accepted.map(|(number, _)| *number).collect()
    }

    /// The fewest bits of a key: of RSA, DSA and finite-field Diffie-Hellman, and of a curve.
    pub(crate) fn least_bits(self) -> [u32; 2] {
        match self.number {
            0 => [0, 0],
            1 => [1024, 160],
            2 => [2048, 224],
            3 => [3072, 256],
            4 => [7680, 384],
            _ => [15360, 512],
        }
    }

    /// OpenSSL's names of the signature algorithms that certificates may have.
    pub(crate) fn certificate_signatures(self) -> impl Iterator<Item = &'static str> {
        let all = (1..OBJECTS).map(Nid::from_raw).filter_map(|nid| {
            let strength = strength_of_digest(nid.signature_algorithms()?.digest)?;
            Some((nid.long_name().ok()?, strength))
        });
        let all = all.chain(WITHOUT_DIGEST);
        all.filter_map(move |(name, strength)| (strength >= self.least).then_some(name))
    }

    /// Why the level rejects the group of a key exchange, by its number or by the size of a prime.
    pub(crate) fn rejects_exchange(self, group: Option<u16>, dh: Option<u32>) -> Option<String> {
        // OpenSSL rejects less than 1024 bits at every level.
        if let Some(bits) = dh.filter(|bits| strength_of_dh(*bits) < self.least.max(80)) {
            return Some(self.rejects(&format!("DH with {bits} bits")));
        }
        let group = group.filter(|number| !self.accepts_group(*number))?;
        Some(self.rejects(&format!("the group {}", group_name(group))))
    }

    /// Why the level rejects the scheme with which the server signs its handshake.
    pub(crate) fn rejects_signature(self, scheme: u16) -> Option<String> {
        let name = signature_name(scheme);
        let text = format!("the signature {name}");
        (!self.accepts_signature(&name)).then(|| self.rejects(&text))
    }

    /// Why the level rejects a chain of certificates, the server's own first.
    pub(crate) fn rejects_chain(self, chain: &[X509]) -> Option<String> {
        for (number, certificate) in chain.iter().enumerate() {
            let owner = match number {
                0 => "the server's".to_owned(),
                _ => format!("{}'s", name(certificate)),
            };
            if let Ok(key) = certificate.public_key() {
                let bits = key.bits();
                if key.security_bits() < self.least {
                    return Some(self.rejects(&format!("{owner} key with {bits} bits")));
                }
            }
            // The signature of a trust anchor is not checked.
            let (signed, strength) = strength_of_certificate(certificate);
            if !is_self_issued(certificate) && strength.is_some_and(|bits| bits < self.least) {
                let text = format!("{owner} certificate, which is signed with {signed}");
                return Some(self.rejects(&text));
            }
        }
        None
    }

    fn rejects(self, what: &str) -> String {
        format!("its security level {} rejects {what}", self.number)
    }
}

/// The common name of a certificate's subject.
fn name(certificate: &X509Ref) -> String {
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    let name = names.next().and_then(|name| name.data().to_string().ok());
    name.unwrap_or_else(|| "an authority".to_owned())
}

fn is_self_issued(certificate: &X509Ref) -> bool {
    let (subject, issuer) = (certificate.subject_name(), certificate.issuer_name());
    subject.try_cmp(issuer).is_ok_and(|order| order.is_eq())
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

/// The strength of a curve in bits.
fn strength_of_curve(bits: u32) -> u32 {
    match bits {
        512.. => 256,
        384.. => 192,
        256.. => 128,
        224.. => 112,
        160.. => 80,
        _ => bits / 2,
    }
}

/// The strength of a group in bits; `None` if it is not known.
fn strength_of_group(number: u16) -> Option<u32> {
    /// The numbers of finite-field groups (RFC 7919, section 2).
    const FINITE_FIELDS: std::ops::RangeInclusive<u16> = 0x0100..=0x01ff;
    if let Some(bits) = group_bits(number) {
        return Some(match FINITE_FIELDS.contains(&number) {
            true => strength_of_dh(bits),
            false => strength_of_curve(bits),
        });
    }
    // The groups that have no size in the sense of a policy.
    Some(match &*group_name(number) {
        "x25519" | "curveSM2" | "MLKEM512" => 128,
        "x448" => 224,
        "MLKEM768" | "X25519MLKEM768" | "SecP256r1MLKEM768" => 192,
        "MLKEM1024" | "SecP384r1MLKEM1024" => 256,
        _ => return None,
    })
}

/// The security bits of a signature with this digest, as OpenSSL counts them: half the size of the
/// digest, and less for MD5 and SHA-1 (`X509_get_signature_info(3)`).
fn strength_of_digest(digest: Nid) -> Option<u32> {
    match digest {
        Nid::MD5 => Some(39),
        Nid::SHA1 => Some(63),
        _ => u32::try_from(4 * MessageDigest::from_nid(digest)?.size()).ok(),
    }
}

/// The strength of a signature scheme in bits, by its name in the TLS registry; `None` if it is not known.
fn strength_of_signature(name: &str) -> Option<u32> {
    let digests = [
        ("md5", 39),
        ("sha1", 63),
        ("sha224", 112),
        ("sha256", 128),
        ("sm3", 128),
        ("sha384", 192),
        ("sha512", 256),
        ("ed25519", 128),
        ("ed448", 224),
        ("mldsa44", 128),
        ("mldsa65", 192),
        ("mldsa87", 256),
    ];
    let found = digests.iter().find(|(digest, _)| name.ends_with(digest));
    found.map(|(_, strength)| *strength)
}

/// The name of a certificate's signature algorithm, as [`CertificateFacts::signature`] has it.
pub(crate) fn signature_of(certificate: &X509Ref) -> String {
    let der = certificate.to_der().ok();
    let read = der.and_then(|der| pyssl::Certificate::from_der(&der).ok());
    let facts = read.and_then(|certificate| CertificateFacts::of(&certificate).ok());
    facts.map_or_else(
        || certificate.signature_algorithm().object().to_string(),
        |facts| facts.signature().to_owned(),
    )
}

/// The name of a certificate's signature algorithm, and its strength in bits if that is known.
fn strength_of_certificate(certificate: &X509Ref) -> (String, Option<u32>) {
    let name = signature_of(certificate);
    let nid = certificate.signature_algorithm().object().nid();
    let digest = nid.signature_algorithms().map(|both| both.digest);
    let strength = digest.and_then(strength_of_digest);
    // The others have a digest as a parameter (RSASSA-PSS), or none: Ed25519, Ed448 and ML-DSA, whose names in OpenSSL have
    // hyphens.
    let plain = name
        .to_ascii_lowercase()
        .replace("sha3-", "sha")
        .replace('-', "");
    let strength = strength.or_else(|| strength_of_signature(&plain));
    (name, strength)
}

#[cfg(test)]
mod tests {
    use pyssl_ciphers::CipherExt;
    use pyssl_ciphers::cipher::CipherString;

    use super::*;

    #[test]
    fn a_level_accepts_the_suites_that_openssl_accepts() {
        for number in 0..=5 {
            let level = Level::new(number).unwrap();
            let string = format!("ALL:COMPLEMENTOFALL:@SECLEVEL={number}");
            let resolved = CipherString::parse(&string).unwrap().resolve().unwrap();
            let hidden = resolved.hidden_by_security_level().unwrap();
            for suite in resolved.ciphers() {
                // OpenSSL does not offer suites that need a callback, at any level.
                if suite
                    .weaknesses()
                    .iter()
                    .any(|weakness| weakness.needs_callback())
                {
                    continue;
                }
                let accepted = level.accepts_suite(suite);
                assert_eq!(accepted, !hidden.contains(suite), "{suite:?} at {number}");
            }
        }
    }

    /// Each algorithm stands beside the highest level that accepts it.
    #[test]
    fn a_level_accepts_certificates_by_the_digest_of_their_signature() {
        for (name, highest) in [
            ("md5WithRSAEncryption", 0),
            ("sha1WithRSAEncryption", 0),
            ("ecdsa-with-SHA1", 0),
            ("ripemd160WithRSA", 1),
            ("sha224WithRSAEncryption", 2),
            ("RSA-SHA3-224", 2),
            ("ecdsa_with_SHA3-224", 2),
            ("sha512-224WithRSAEncryption", 2),
            ("sha256WithRSAEncryption", 3),
            ("dsa_with_SHA256", 3),
            ("ecdsa-with-SHA256", 3),
            ("RSA-SHA3-256", 3),
            ("ecdsa_with_SHA3-256", 3),
            ("sha512-256WithRSAEncryption", 3),
            ("SM2-with-SM3", 3),
            ("ED25519", 3),
            ("ML-DSA-44", 3),
            ("ecdsa_with_SHA3-384", 4),
            ("RSA-SHA3-512", 5),
            ("ecdsa_with_SHA3-512", 5),
            ("ecdsa-with-SHA512", 5),
        ] {
            let accepts = |number| {
                let level = Level::new(number).unwrap();
                level.certificate_signatures().any(|known| known == name)
            };
            // OpenSSL 3.0 has names for these algorithms, but cannot verify their signatures.
            let is_new = name.starts_with("ecdsa_with_SHA3") || name.starts_with("sha512-");
            if is_new && !accepts(0) {
                continue;
            }
            for number in 0..=5 {
                assert_eq!(accepts(number), number <= highest, "{name} at {number}");
            }
        }
    }

    #[test]
    fn the_strength_of_every_signature_scheme_and_group_is_known() {
        for (_, name) in SIGNATURE_SCHEMES
            .iter()
            .filter(|(_, name)| !name.starts_with("gost"))
        {
            assert!(strength_of_signature(name).is_some(), "{name}");
        }
        for (name, strength) in WITHOUT_DIGEST {
            let plain = name.to_ascii_lowercase().replace('-', "");
            assert_eq!(strength_of_signature(&plain), Some(strength), "{name}");
        }
        let strength = |name: &str| {
            let number = pyssl_ciphers::wire::group_number(name).unwrap();
            strength_of_group(number)
        };
        for (name, bits) in [
            ("secp224r1", 112),
            ("x25519", 128),
            ("ffdhe2048", 112),
            ("ffdhe8192", 192),
            ("secp521r1", 256),
            ("X25519MLKEM768", 192),
        ] {
            assert_eq!(strength(name), Some(bits), "{name}");
        }
    }
}
