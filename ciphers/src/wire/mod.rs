//! The first messages of a handshake, built and read without OpenSSL's TLS. Only the encrypted messages of
//! TLS 1.3 are decrypted with OpenSSL's ciphers.
//!
//! The result of a scan must not depend on the algorithms of the linked OpenSSL, except for the signature
//! schemes of TLS 1.3. A [`ClientHello`] therefore offers any suite, group and signature algorithm, and
//! [`ServerFlight`] reads the answer: the ServerHello, the certificates, the ServerKeyExchange, the CertificateRequest and alerts of SSL 3.0
//! to TLS 1.2, and the ServerHello or HelloRetryRequest, the signature scheme and alerts of TLS 1.3. No
//! handshake is finished.
//!
//! ```
//! use pyssl::TlsVersion;
//! use pyssl_ciphers::wire::{ClientHello, ServerFlight};
//!
//! let hello = ClientHello::new(TlsVersion::TLSv1_2, &[0xc02f, 0x0005]).server_name("example.com");
//! let record = hello.to_bytes(&[7; 32]);
//! assert_eq!(record[0], 22); // a record with a handshake message
//!
//! let mut answer = ServerFlight::new();
//! answer.feed(&[21, 3, 3, 0, 2, 2, 40])?; // the alert handshake_failure
//! assert!(answer.is_complete());
//! assert_eq!(answer.alert(), Some(40));
//! # Ok::<(), pyssl_ciphers::wire::WireError>(())
//! ```
//!
//! [`Dialogue`] is the part before TLS of protocols that start in plain text, such as SMTP.
//!
//! Formats: RFC 8446, RFC 5246 and RFC 8422; RFC 6101 for SSL 3.0; for SSL 2.0 the draft by Hickman
//! of 1995.

mod code;
mod decryption;
mod dh;
mod flight;
mod hello;
pub(crate) mod reader;
mod ssl2;
mod starttls;
mod suite;

pub use code::ScanCode;
pub use dh::dh_group_name;
pub use flight::{KeyExchange, ServerFlight, ServerHello, WireError, certificate_authorities};
pub use hello::{ClientHello, has_key_share};
pub use ssl2::{SSL2_SUITES, Ssl2Answer, ssl2_hello};
pub use starttls::{Dialogue, StartTls, StartTlsError};
pub use suite::suite_number;

use crate::cipher::Group;

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

/// The numbers of all groups of the TLS registry.
pub fn groups() -> impl Iterator<Item = u16> {
    Group::all().iter().map(|group| group.number)
}

/// The name of a group in the TLS registry; its number in hexadecimal if it has none.
pub fn group_name(number: u16) -> String {
    let known = Group::numbered(number);
    known.map_or_else(|| format!("{number:#06x}"), |group| group.name.to_string())
}

/// The size of a group's field in bits; none if it is not known.
///
/// ```
/// assert_eq!(pyssl_ciphers::wire::group_bits(23), Some(256)); // secp256r1
/// ```
pub fn group_bits(number: u16) -> Option<u32> {
    Group::numbered(number)?.size().map(|(_, bits)| bits)
}

/// The number of a group, by its name in the TLS registry or in OpenSSL.
///
/// ```
/// assert_eq!(pyssl_ciphers::wire::group_number("P-256"), Some(23));
/// ```
pub fn group_number(name: &str) -> Option<u16> {
    Group::named(name).map(|group| group.number)
}
