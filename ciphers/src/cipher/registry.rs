//! The suites of the TLS registry, whether or not any OpenSSL has them.

use std::collections::HashMap;

use once_cell::sync::Lazy;

use super::names::SuiteFile;
use super::{Cipher, KnownOpenssl};

/// Every suite of the TLS registry, and those that were in use without being registered, by number.
///
/// Suites that a version of [`KnownOpenssl`] has are described as OpenSSL describes them. The
/// others have the registry's name in [`name`](Cipher::name), and the properties that this name
/// states.
///
/// ```
/// use pyssl_ciphers::CipherExt;
/// use pyssl_ciphers::cipher::{Weakness, registry};
///
/// let suite = registry().iter().find(|suite| suite.protocol_id() == 0x0005).unwrap();
/// assert_eq!(suite.name, "TLS_RSA_WITH_RC4_128_SHA");
/// assert_eq!(suite.weaknesses(), [Weakness::Rc4, Weakness::StaticRsa]);
/// ```
pub fn registry() -> &'static [Cipher] {
    static ALL: Lazy<Vec<Cipher>> = Lazy::new(|| {
        let mut known: HashMap<u16, Cipher> = HashMap::new();
        for openssl in KnownOpenssl::all() {
            let suites = openssl.library.suites.iter().map(|suite| &suite.cipher);
            for cipher in suites.chain(&openssl.library.tls13) {
                known
                    .entry(cipher.protocol_id())
                    .or_insert_with(|| cipher.clone());
            }
        }
        let file = SuiteFile::read();
        let mut all: Vec<_> = file
            .registry
            .into_iter()
            .map(|(name, number)| match known.remove(&number) {
                Some(mut cipher) => {
                    cipher.standard_name = Some(Box::leak(name));
                    cipher
                }
                None => from_name(Box::leak(name), number),
            })
            .collect();
        all.sort_unstable_by_key(Cipher::protocol_id);
        all
    });
    &ALL
}

/// A suite with the properties that its name states.
pub(crate) fn from_name(name: &'static str, number: u16) -> Cipher {
    let mut cipher = Cipher::default();
    cipher.id = 0x0300_0000 | u32::from(number);
    cipher.name = name;
    cipher.standard_name = Some(name);
    let rest = name.split_once('_').map_or(name, |(_, rest)| rest);
    let (exchange, encryption) = match rest.split_once("_WITH_") {
        Some((exchange, encryption)) => (exchange, encryption),
        None => ("", rest),
    };
    (cipher.kea, cipher.auth) = key_exchange(exchange);
    let (symmetric, bits) = symmetric(encryption);
    cipher.symmetric = symmetric;
    cipher.strength_bits = bits;
    cipher.alg_bits = if encryption.contains("40") && bits == 40 {
        128
    } else {
        bits
    };
    let aead = ["GCM", "CCM", "POLY1305", "MGM", "AEGIS"];
    cipher.aead = aead.iter().any(|mode| encryption.contains(mode));
    cipher.digest = match encryption.rsplit('_').next() {
        _ if cipher.aead => None,
        Some("MD5") => Some("md5"),
        Some("SHA") => Some("sha1"),
        Some("SHA256") => Some("sha256"),
        Some("SHA384") => Some("sha384"),
        Some("RMD") => Some("ripemd160"),
        Some("OMAC" | "IMIT") => Some("gost-mac"),
        Some("GOSTR3411") => Some("md_gost94"),
        _ => None,
    };
    let newer = cipher.aead || matches!(cipher.digest, Some("sha256" | "sha384"));
    cipher.protocol = match exchange {
        "" => "TLSv1.3",
        _ if name.contains("_MGM_") => "TLSv1.3",
        _ if newer => "TLSv1.2",
        _ => "SSLv3",
    };
    cipher.description = name.into();
    cipher
}

/// OpenSSL's words for the key exchange and the authentication.
fn key_exchange(exchange: &str) -> (Option<&'static str>, Option<&'static str>) {
    let has = |part: &str| exchange.split('_').any(|word| word == part);
    let psk = has("PSK");
    let kea = match exchange.split('_').next().unwrap_or("") {
        "" => "kx-any",
        "DHE" if psk => "kx-dhe-psk",
        "ECDHE" if psk => "kx-ecdhe-psk",
        "RSA" if psk => "kx-rsa-psk",
        "PSK" if has("DHE") => "kx-dhe-psk",
        "PSK" => "kx-psk",
        "DHE" => "kx-dhe",
        "ECDHE" => "kx-ecdhe",
        "DH" if has("anon") => "kx-dhe",
        "ECDH" if has("anon") => "kx-ecdhe",
        "DH" => "kx-dh",
        "ECDH" => "kx-ecdh",
        "RSA" => "kx-rsa",
        "SRP" => "kx-srp",
        "KRB5" => "kx-krb5",
        "ECCPWD" => "kx-eccpwd",
        "FORTEZZA" => "kx-fortezza",
        "GOSTR341112" => "kx-gost18",
        _ => "kx-gost",
    };
    let auth = if exchange.is_empty() {
        "auth-any"
    } else if has("anon") || has("NULL") {
        "auth-null"
    } else if psk && !has("RSA") {
        "auth-psk"
    } else if has("ECDSA") {
        "auth-ecdsa"
    } else if has("DSS") {
        "auth-dss"
    } else if has("RSA") {
        "auth-rsa"
    } else if has("SRP") {
        "auth-srp"
    } else if has("KRB5") {
        "auth-krb5"
    } else if exchange.starts_with("GOST") {
        "auth-gost12"
    } else {
        "auth-other"
    };
    (Some(kea), Some(auth))
}

/// The encryption under OpenSSL's name, and the bits of its key.
fn symmetric(encryption: &str) -> (Option<&'static str>, i32) {
    const ALL: &[(&str, &str, i32)] = &[
        ("AES_128_GCM", "aes-128-gcm", 128),
        ("AES_256_GCM", "aes-256-gcm", 256),
        ("AES_128_CCM", "aes-128-ccm", 128),
        ("AES_256_CCM", "aes-256-ccm", 256),
        ("AES_128_CBC", "aes-128-cbc", 128),
        ("AES_256_CBC", "aes-256-cbc", 256),
        ("CAMELLIA_128_GCM", "camellia-128-gcm", 128),
        ("CAMELLIA_256_GCM", "camellia-256-gcm", 256),
        ("CAMELLIA_128_CBC", "camellia-128-cbc", 128),
        ("CAMELLIA_256_CBC", "camellia-256-cbc", 256),
        ("ARIA_128_GCM", "aria-128-gcm", 128),
        ("ARIA_256_GCM", "aria-256-gcm", 256),
        ("ARIA_128_CBC", "aria-128-cbc", 128),
        ("ARIA_256_CBC", "aria-256-cbc", 256),
        ("CHACHA20_POLY1305", "chacha20-poly1305", 256),
        ("3DES_EDE_CBC", "des-ede3-cbc", 112),
        ("DES40_CBC", "des-cbc", 40),
        ("DES_CBC_40", "des-cbc", 40),
        ("DES_CBC", "des-cbc", 56),
        ("RC2_CBC_40", "rc2-cbc", 40),
        ("RC2_CBC_56", "rc2-cbc", 56),
        ("RC2_CBC_128", "rc2-cbc", 128),
        ("RC4_128", "rc4", 128),
        ("RC4_64", "rc4", 64),
        ("RC4_56", "rc4", 56),
        ("RC4_40", "rc4", 40),
        ("IDEA_CBC", "idea-cbc", 128),
        ("SEED_CBC", "seed-cbc", 128),
        ("SM4_GCM", "sm4-gcm", 128),
        ("SM4_CCM", "sm4-ccm", 128),
        ("AEGIS_256", "aegis-256", 256),
        ("AEGIS_128L", "aegis-128l", 128),
        ("28147_CNT", "gost89-cnt", 256),
        ("KUZNYECHIK_CTR", "kuznyechik-ctr-acpkm", 256),
        ("KUZNYECHIK_MGM", "kuznyechik-mgm", 256),
        ("MAGMA_CTR", "magma-ctr-acpkm", 256),
        ("MAGMA_MGM", "magma-mgm", 256),
        ("FORTEZZA_CBC", "skipjack-cbc", 80),
    ];
    // The name of a suite without encryption contains `NULL`, or in TLS 1.3 two digests (RFC 9150).
    let found = ALL.iter().find(|(part, ..)| encryption.starts_with(part));
    found.map_or((None, 0), |(_, name, bits)| (Some(name), *bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CipherExt;
    use crate::cipher::Weakness;

    /// The properties that are read from a name are the same as OpenSSL's.
    #[test]
    fn properties_derived_from_names_match_openssl() {
        let mut compared = 0;
        for openssl in KnownOpenssl::all() {
            let suites = openssl.library.suites.iter().map(|suite| &suite.cipher);
            for theirs in suites.chain(&openssl.library.tls13) {
                let name = theirs.standard_name.unwrap();
                let ours = from_name(name, theirs.protocol_id());
                let facts = |c: &Cipher| (c.id, c.aead, c.kea, c.symmetric, c.digest);
                assert_eq!(facts(&ours), facts(theirs), "{name}");
                assert_eq!(ours.is_tls13(), theirs.is_tls13(), "{name}");
                assert_eq!(ours.forward_secret(), theirs.forward_secret(), "{name}");
                // OpenSSL counts authentication by SRP and RSA as RSA.
                assert_eq!(ours.auth, theirs.auth, "{name}");
                assert_eq!(ours.weaknesses(), theirs.weaknesses(), "{name}");
                compared += 1;
            }
        }
        assert!(compared > 400);
    }

    /// Policies use the same keywords for suites that no OpenSSL has.
    #[test]
    fn keywords_select_suites_from_the_registry() {
        for (word, part) in [
            ("CAMELLIA", "CAMELLIA"),
            ("ARIA", "ARIA"),
            ("RC4", "RC4_128"),
            ("3DES", "3DES"),
            ("IDEA", "IDEA"),
            ("SEED", "SEED"),
            ("AES", "AES_"),
            ("AESCCM8", "CCM_8"),
            ("aNULL", "_anon_"),
            ("kDHE", "TLS_DHE_RSA"),
            ("CHACHA20", "CHACHA20"),
        ] {
            let text =
                format!("name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\nforbid = ['{word}']");
            let policy = crate::cipher::Policy::parse(&text).unwrap();
            let named = registry()
                .iter()
                .filter(|suite| suite.standard_name.is_some_and(|name| name.contains(part)));
            for suite in named {
                let report = policy.check(std::slice::from_ref(suite), &[]);
                assert!(!report.conforms(), "{word}: {suite:?}");
            }
        }
    }

    #[test]
    fn every_suite_of_the_registry_is_described() {
        let all = registry();
        assert!(all.len() > 370);
        for suite in all {
            let name = suite.standard_name.unwrap();
            let null = name.contains("NULL") || name.starts_with("TLS_SHA");
            assert_eq!(suite.symmetric.is_none(), null, "{suite:?}");
            assert_eq!(suite.strength_bits == 0, null, "{suite:?}");
            let has = |weakness| suite.weaknesses().contains(&weakness);
            assert_eq!(has(Weakness::NoEncryption), null, "{suite:?}");
            assert_eq!(has(Weakness::Export), name.contains("EXPORT"), "{suite:?}");
            assert_eq!(has(Weakness::Rc4), name.contains("RC4"), "{suite:?}");
            assert_eq!(
                has(Weakness::Anonymous),
                name.contains("anon") || name.starts_with("TLS_NULL")
            );
        }
    }
}
