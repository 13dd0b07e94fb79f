//! The digests of signatures.

use serde::Deserialize;

/// The digests of signatures. The names have lower case and no punctuation, as in `sha3256`. [`digest_of`] takes the
/// first name that it finds, so `sha512256` precedes `sha512`.
const DIGESTS: [&str; 16] = [
    "sha3224",
    "sha3256",
    "sha3384",
    "sha3512",
    "sha512224",
    "sha512256",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha1",
    "md5",
    "md4",
    "md2",
    "ripemd160",
    "sm3",
];

/// The beginnings of the names of signature algorithms without a separate digest.
const WITHOUT: [&str; 3] = ["ed25519", "ed448", "mldsa"];

/// A digest, as its index in [`DIGESTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Digest(usize);

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(word: String) -> Result<Digest, String> {
        let known = DIGESTS.iter().position(|name| *name == word);
        known.map(Digest).ok_or_else(|| {
            let names = DIGESTS.join(", ");
            format!("`{word}` is not a digest; the digests are {names}")
        })
    }
}

impl Digest {
    /// The bits of security against collisions: half the size of the digest, and 0 for SHA-1 and the MD family, which
    /// are broken. NIST SP 800-57 part 1 revision 5, table 3, has the numbers of SHA-2 and SHA-3.
    pub(super) fn bits(self) -> u32 {
        match DIGESTS[self.0] {
            "sha224" | "sha3224" | "sha512224" => 112,
            "sha256" | "sha3256" | "sha512256" | "sm3" => 128,
            "sha384" | "sha3384" => 192,
            "sha512" | "sha3512" => 256,
            "ripemd160" => 80,
            _ => 0,
        }
    }
}

/// The digest of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DigestOf {
    Known(Digest),
    /// The algorithm has no separate digest, as Ed25519.
    Nothing,
    Unknown,
}

/// The digest of a signature algorithm, by its name in OpenSSL or in the TLS registry.
pub(super) fn digest_of(signature: &str) -> DigestOf {
    let mut plain = signature.to_ascii_lowercase();
    plain.retain(|c| c.is_ascii_alphanumeric());
    if let Some(place) = DIGESTS.iter().position(|name| plain.contains(name)) {
        return DigestOf::Known(Digest(place));
    }
    match WITHOUT.iter().any(|name| plain.starts_with(name)) {
        true => DigestOf::Nothing,
        false => DigestOf::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::signature::SIGNATURE_SCHEMES;

    #[test]
    fn the_digest_of_every_signature_scheme_is_known() {
        for (_, name) in SIGNATURE_SCHEMES {
            let found = digest_of(name);
            let is_gost = name.starts_with("gost");
            assert_eq!(found == DigestOf::Unknown, is_gost, "{name}");
            if let DigestOf::Known(Digest(place)) = found {
                assert!(name.ends_with(DIGESTS[place]), "{name}");
            }
        }
    }

    #[test]
    fn the_digest_is_found_in_openssls_names_of_signatures() {
        for (name, digest) in [
            ("sha1WithRSAEncryption", "sha1"),
            ("sha1WithRSA", "sha1"),
            ("ecdsa-with-SHA1", "sha1"),
            ("dsaWithSHA1-old", "sha1"),
            ("rsassaPss with sha1", "sha1"),
            ("md5WithRSAEncryption", "md5"),
            ("sha224WithRSAEncryption", "sha224"),
            ("sha512-256WithRSAEncryption", "sha512256"),
            ("RSA-SHA3-256", "sha3256"),
            ("ecdsa_with_SHA3-384", "sha3384"),
            ("SM2-with-SM3", "sm3"),
        ] {
            let digest = Digest::try_from(digest.to_owned()).unwrap();
            assert_eq!(digest_of(name), DigestOf::Known(digest), "{name}");
        }
        assert_eq!(digest_of("ED25519"), DigestOf::Nothing);
        assert_eq!(digest_of("ML-DSA-87"), DigestOf::Nothing);
        for name in [
            "shaWithRSAEncryption",
            "1.2.3",
            "rsassaPss with an unknown digest",
        ] {
            assert_eq!(digest_of(name), DigestOf::Unknown, "{name}");
        }
    }
}
