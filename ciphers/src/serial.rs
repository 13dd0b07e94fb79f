//! Functions for serde's `serialize_with`. They serialize the suites of [`pyssl`], which does not
//! depend on serde.

use pyssl::Cipher;
use serde::Serializer;

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
/// The errors of the serializer.
pub fn dicts<S: Serializer>(ciphers: &[Cipher], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ciphers.iter().map(Dict))
}

/// The names of suites.
///
/// # Errors
///
/// The errors of the serializer.
pub fn names<S: Serializer>(ciphers: &[Cipher], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ciphers.iter().map(|cipher| cipher.name))
}

/// Implements `Serialize` with these names and values.
macro_rules! fields {
    ($(#[$doc:meta])* $type:ty, $this:ident: $($name:ident = $value:expr,)*) => {
        impl serde::Serialize for $type {
            $(#[$doc])*
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let ($this, count) = (self, [$(stringify!($name)),*].len());
                let mut fields = serializer.serialize_struct(stringify!($type), count)?;
                $(fields.serialize_field(stringify!($name), &$value)?;)*
                fields.end()
            }
        }
    };
}

pub(crate) use fields;

/// Serializes a suite with the keys of Python's dict.
struct Dict<'a>(&'a Cipher);

fields! {
    Dict<'_>, this:
    id = this.0.id,
    name = this.0.name,
    protocol = this.0.protocol,
    description = this.0.description,
    strength_bits = this.0.strength_bits,
    alg_bits = this.0.alg_bits,
    aead = this.0.aead,
    symmetric = this.0.symmetric,
    digest = this.0.digest,
    kea = this.0.kea,
    auth = this.0.auth,
}
