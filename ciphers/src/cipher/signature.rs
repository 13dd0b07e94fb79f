//! The signature schemes of the handshake, by number and by name.

/// The signature schemes of the TLS registry
/// (<https://www.iana.org/assignments/tls-parameters>), with those of TLS 1.2 that name a hash and
/// a key: number and name, strongest first.
pub const SIGNATURE_SCHEMES: &[(u16, &str)] = &[
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0708, "sm2sig_sm3"),
    (0x0709, "gostr34102012_256a"),
    (0x070a, "gostr34102012_256b"),
    (0x070b, "gostr34102012_256c"),
    (0x070c, "gostr34102012_256d"),
    (0x070d, "gostr34102012_512a"),
    (0x070e, "gostr34102012_512b"),
    (0x070f, "gostr34102012_512c"),
    (0x0402, "dsa_sha256"),
    (0x0502, "dsa_sha384"),
    (0x0602, "dsa_sha512"),
    (0x0301, "rsa_pkcs1_sha224"),
    (0x0302, "dsa_sha224"),
    (0x0303, "ecdsa_sha224"),
    (0x0203, "ecdsa_sha1"),
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0202, "dsa_sha1"),
    (0x0101, "rsa_pkcs1_md5"),
];

/// The name of a signature scheme; its number in hexadecimal if it has none.
pub fn signature_name(number: u16) -> String {
    let known = SIGNATURE_SCHEMES.iter().find(|(id, _)| *id == number);
    known.map_or_else(|| format!("{number:#06x}"), |(_, name)| (*name).to_owned())
}

/// The number of a signature scheme, by its name in the TLS registry or in OpenSSL.
///
/// ```
/// use pyssl_ciphers::wire::{signature_name, signature_number};
///
/// let number = signature_number("ECDSA+SHA256").unwrap();
/// assert_eq!(signature_name(number), "ecdsa_secp256r1_sha256");
/// assert_eq!(signature_number("rsa_pss_rsae_sha256"), Some(0x0804));
/// assert_eq!(signature_number("RSA+SHA3"), None);
/// ```
pub fn signature_number(name: &str) -> Option<u16> {
    // OpenSSL ignores a scheme that it does not know if `?` stands before it.
    let name = name.trim_start_matches('?').to_ascii_lowercase();
    let name = match name.split_once('+') {
        Some(("ecdsa", "sha256")) => "ecdsa_secp256r1_sha256".to_owned(),
        Some(("ecdsa", "sha384")) => "ecdsa_secp384r1_sha384".to_owned(),
        Some(("ecdsa", "sha512")) => "ecdsa_secp521r1_sha512".to_owned(),
        Some(("rsa", digest)) => format!("rsa_pkcs1_{digest}"),
        Some(("pss" | "rsa-pss", digest)) => format!("rsa_pss_rsae_{digest}"),
        Some((key, digest)) => format!("{key}_{digest}"),
        // OpenSSL's names for the curves of Brainpool.
        None if name.starts_with("ecdsa_brainpool") => name.replace("r1_", "r1tls13_"),
        None => name,
    };
    let mut known = SIGNATURE_SCHEMES.iter();
    let found = known.find(|(_, other)| other.eq_ignore_ascii_case(&name));
    found.map(|(number, _)| *number)
}
