//! Functions for serde's `serialize_with`. They serialize the suites of [`pyssl`], which does not
//! depend on serde.

use pyssl::Cipher;
use serde::{Serialize, Serializer};

/// A suite as Python's `get_ciphers()` describes it, with the keys of Python's dict.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Report {
///     #[serde(serialize_with = "pyssl_ciphers::serial::dicts")]
///     ciphers: Vec<pyssl::Cipher>,
/// }
///
/// let context = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT)?;
/// let ciphers = context.get_ciphers()?;
/// let json = serde_json::to_value(Report { ciphers }).unwrap();
/// assert_eq!(json["ciphers"][0]["name"], "TLS_AES_256_GCM_SHA384");
/// # Ok::<(), pyssl::Error>(())
/// ```
///
/// # Errors
///
/// Those of the serializer.
pub fn dicts<S: Serializer>(ciphers: &[Cipher], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ciphers.iter().map(Dict::from))
}

/// The names of suites.
///
/// # Errors
///
/// Those of the serializer.
pub fn names<S: Serializer>(ciphers: &[Cipher], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ciphers.iter().map(|cipher| cipher.name))
}

/// Python's dict.
#[derive(Serialize)]
struct Dict<'a> {
    id: u32,
    name: &'a str,
    protocol: &'a str,
    description: &'a str,
    strength_bits: i32,
    alg_bits: i32,
    aead: bool,
    symmetric: Option<&'a str>,
    digest: Option<&'a str>,
    kea: Option<&'a str>,
    auth: Option<&'a str>,
}

impl<'a> From<&'a Cipher> for Dict<'a> {
    fn from(cipher: &'a Cipher) -> Dict<'a> {
        Dict {
            id: cipher.id,
            name: cipher.name,
            protocol: cipher.protocol,
            description: &cipher.description,
            strength_bits: cipher.strength_bits,
            alg_bits: cipher.alg_bits,
            aead: cipher.aead,
            symmetric: cipher.symmetric,
            digest: cipher.digest,
            kea: cipher.kea,
            auth: cipher.auth,
        }
    }
}
