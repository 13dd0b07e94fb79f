//! The first messages of a handshake, built and read without OpenSSL's TLS. Only the encrypted messages of
//! TLS 1.3 are decrypted with OpenSSL's ciphers.
//!
//! The result of a scan must not depend on the algorithms of the linked OpenSSL, except for the certificates and
//! signature schemes of TLS 1.3. A [`ClientHello`] therefore offers any suite, group and signature algorithm, and
//! [`ServerFlight`] reads the answer: the ServerHello, the certificates, the ServerKeyExchange, the CertificateRequest
//! and alerts of SSL 3.0 to TLS 1.2, and the ServerHello or HelloRetryRequest, the certificates, the signature scheme
//! and alerts of TLS 1.3. No handshake is finished.
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
pub use ssl2::{SSL2_SUITES, Ssl2Answer, ssl2_hello, ssl2_suites};
pub use starttls::{Dialogue, StartTls, StartTlsError};
pub use suite::suite_number;

use crate::cipher::Group;
pub use crate::cipher::signature::{SIGNATURE_SCHEMES, signature_name, signature_number};

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
