//! An index of certificates by subject, which decodes certificates on first use.

use std::sync::{Mutex, PoisonError};

use openssl::x509::X509;

use super::plain::{
    self, BMP_STRING, Elements, OBJECT_IDENTIFIER, SEQUENCE, SET, UNIVERSAL_STRING, content,
};
use crate::ffi::pem::{self, Source};

/// The certificates of a PEM file, indexed by subject. Decoding all of the system's certificates
/// takes twenty milliseconds; finding their subjects takes one.
pub(super) struct Index {
    /// The certificates in the file's order.
    entries: Vec<Mutex<Entry>>,
    /// The keys of the subjects, sorted, each with the index of its entry.
    keys: Vec<(u64, usize)>,
}

enum Entry {
    /// The DER form of a certificate that is not decoded yet.
    Encoded(Vec<u8>),
    Decoded(X509),
    /// A certificate that OpenSSL cannot decode.
    Broken,
}

impl Index {
    /// `None` if the file contains anything other than certificates that OpenSSL is certain to
    /// decode. OpenSSL must read such a file itself.
    pub(super) fn read(source: &Source<'_>) -> Option<Index> {
        let certificates = pem::read_encoded_certificates(source)?;
        let mut keys = Vec::with_capacity(certificates.len());
        for (number, certificate) in certificates.iter().enumerate() {
            keys.push((key(plain::subject(certificate)?)?, number));
        }
        keys.sort_unstable();
        let entries = certificates.into_iter().map(Entry::Encoded);
        Some(Index {
            entries: entries.map(Mutex::new).collect(),
            keys,
        })
    }

    /// The number of certificates, including duplicates.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All certificates, in the file's order.
    pub(super) fn certificates(&self) -> impl Iterator<Item = X509> {
        self.entries.iter().filter_map(decoded)
    }

    /// The certificates with this subject (a name in DER), in the file's order. They may include
    /// others whose subject has the same hash.
    pub(super) fn by_subject(&self, name: &[u8]) -> Vec<X509> {
        let Some(key) = key(name) else {
            // `key` cannot parse the name, so OpenSSL gets all certificates and compares their
            // subjects.
            return self.certificates().collect();
        };
        let start = self.keys.partition_point(|(other, _)| *other < key);
        self.keys[start..]
            .iter()
            .take_while(|(other, _)| *other == key)
            .filter_map(|(_, number)| decoded(&self.entries[*number]))
            .collect()
    }
}

/// The certificate of an entry, decoded on first use.
fn decoded(entry: &Mutex<Entry>) -> Option<X509> {
    let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
    if let Entry::Encoded(der) = &*entry {
        *entry = X509::from_der(der).map_or(Entry::Broken, Entry::Decoded);
    }
    match &*entry {
        Entry::Decoded(certificate) => Some(certificate.clone()),
        _ => None,
    }
}

/// A hash of a name. Names that OpenSSL considers equal have the same hash, regardless of string
/// types, case, white space and the order within an RDN.
///
/// OpenSSL compares names in UTF-8, with ASCII letters in lower case and white space collapsed. So
/// only the ASCII letters and digits of each value are hashed.
fn key(name: &[u8]) -> Option<u64> {
    let mut rdns = Elements(content(name, SEQUENCE)?);
    let mut key = 0_u64;
    while !rdns.0.is_empty() {
        let mut attributes = Elements(rdns.take(SET)?);
        while !attributes.0.is_empty() {
            let mut attribute = Elements(attributes.take(SEQUENCE)?);
            let kind = attribute.take(OBJECT_IDENTIFIER)?;
            let (tag, value) = attribute.next()?;
            attribute.end()?;
            let mut hash = Fnv::new();
            kind.iter().for_each(|&byte| hash.add(byte));
            match tag {
                BMP_STRING => ascii_of_units::<2>(value, &mut hash)?,
                UNIVERSAL_STRING => ascii_of_units::<4>(value, &mut hash)?,
                _ => value.iter().for_each(|&byte| hash.add_if_ascii(byte)),
            }
            key = key.wrapping_add(hash.0);
        }
    }
    Some(key)
}

/// Adds the ASCII characters of a string with `N` bytes per character.
fn ascii_of_units<const N: usize>(value: &[u8], hash: &mut Fnv) -> Option<()> {
    let mut units = value.chunks_exact(N);
    for unit in &mut units {
        if let [zeros @ .., byte] = unit {
            if zeros.iter().all(|&byte| byte == 0) {
                hash.add_if_ascii(*byte);
            }
        }
    }
    units.remainder().is_empty().then_some(())
}

/// The hash of Fowler, Noll and Vo (FNV-1a).
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }

    fn add_if_ascii(&mut self, byte: u8) {
        if byte.is_ascii_alphanumeric() {
            self.add(byte.to_ascii_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use openssl::x509::X509Name;
    use proptest::prelude::*;
    use pyssl_testing::pki::{Attribute, DistinguishedName};

    use super::*;

    const UTF8_STRING: u8 = 12;
    const PRINTABLE_STRING: u8 = 19;
    const T61_STRING: u8 = 20;
    const IA5_STRING: u8 = 22;
    const TAGS: [u8; 6] = [
        UTF8_STRING,
        BMP_STRING,
        UNIVERSAL_STRING,
        PRINTABLE_STRING,
        T61_STRING,
        IA5_STRING,
    ];

    /// A name with this common name, without the characters that the string type cannot encode.
    fn name(value: &str, tag: u8) -> Vec<u8> {
        let one_byte = |limit: u32| {
            let chars = value.chars().map(u32::from);
            chars
                .filter(move |&c| c < limit)
                .flat_map(|c| c.to_be_bytes().last().copied())
        };
        let bytes: Vec<u8> = match tag {
            UTF8_STRING => value.as_bytes().to_vec(),
            BMP_STRING => value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            UNIVERSAL_STRING => value
                .chars()
                .map(u32::from)
                .flat_map(u32::to_be_bytes)
                .collect(),
            T61_STRING => one_byte(0x100).collect(),
            _ => one_byte(0x80).collect(),
        };
        let attributes = [
            Attribute::with_tag("2.5.4.3", tag, &bytes),
            Attribute::new("2.5.4.10", "x"),
        ];
        DistinguishedName::new().with_rdn(attributes).to_der()
    }

    proptest! {
        #[test]
        fn names_equal_in_openssl_have_equal_index_keys(
            one in "[a-c A-Cé䅂1.]{0,6}",
            other in "[a-c A-Cé䅂1.]{0,6}",
            same in any::<bool>(),
            tags in (0..TAGS.len(), 0..TAGS.len()),
        ) {
            let other = if same { format!(" {} ", one.to_ascii_uppercase()) } else { other };
            let (one, other) = (name(&one, TAGS[tags.0]), name(&other, TAGS[tags.1]));
            let (key_one, key_other) = (key(&one), key(&other));
            prop_assert!(key_one.is_some() && key_other.is_some());
            let parsed = (X509Name::from_der(&one).unwrap(), X509Name::from_der(&other).unwrap());
            if parsed.0.try_cmp(&parsed.1).unwrap().is_eq() {
                prop_assert_eq!(key_one, key_other);
            }
        }

        #[test]
        fn the_name_parser_accepts_or_rejects_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = key(&bytes);
        }
    }
}
