use std::fmt;
use std::str::FromStr;

use super::Certificate;
use crate::error::{Error, Result};

/// A SHA-256 hash of a certificate or of its public key. A connection with pins accepts only peers
/// that match one; see [`WrapSocket::pins`](crate::WrapSocket::pins).
///
/// ```python
/// urllib3.HTTPSConnectionPool("example.com", assert_fingerprint="BA:78:16:BF...")
/// ```
/// ```
/// # use pyssl as ssl;
/// # let leaf = pyssl_testing::Ca::new().issue("localhost");
/// let certificate = ssl::Certificate::from_der(&leaf.der())?;
/// let pin = ssl::Pin::PublicKey(certificate.public_key_fingerprint()?);
/// assert_eq!(pin.to_string().parse::<ssl::Pin>()?, pin);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// A text is one of these; `Display` writes the first form of each:
///
/// | text | pin |
/// |---|---|
/// | 64 hexadecimal digits, with or without colons: `openssl x509 -fingerprint -sha256`, urllib3's `assert_fingerprint` | [`Certificate`](Pin::Certificate) |
/// | `sha256//` and Base64: curl's `--pinnedpubkey`; also with one slash | [`PublicKey`](Pin::PublicKey) |
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pin {
    /// [`Certificate::fingerprint`]: the pin changes with each renewal.
    Certificate([u8; 32]),
    /// [`Certificate::public_key_fingerprint`]: the pin stays while the key is kept.
    PublicKey([u8; 32]),
}

impl Pin {
    /// Whether the certificate has this hash.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot encode the certificate.
    pub fn matches(&self, certificate: &Certificate) -> Result<bool> {
        Ok(match self {
            Pin::Certificate(hash) => *hash == certificate.fingerprint()?,
            Pin::PublicKey(hash) => *hash == certificate.public_key_fingerprint()?,
        })
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pin::Certificate(hash) => {
                for (i, byte) in hash.iter().enumerate() {
                    let colon = if i == 0 { "" } else { ":" };
                    write!(f, "{colon}{byte:02X}")?;
                }
                Ok(())
            }
            Pin::PublicKey(hash) => {
                write!(f, "sha256//{}", openssl::base64::encode_block(hash))
            }
        }
    }
}

impl FromStr for Pin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Pin> {
        let invalid = || {
            Error::value(format!(
                "invalid pin {text:?}: expected 64 hexadecimal digits of a certificate's SHA-256, \
                 or sha256// and the Base64 of a public key's"
            ))
        };
        if let Some(base64) = text.strip_prefix("sha256/") {
            let base64 = base64.strip_prefix('/').unwrap_or(base64);
            // The Base64 of 32 bytes. OpenSSL's decoder also accepts blanks and line breaks, so the form is checked
            // here.
            let well_formed = base64.len() == 44
                && base64.ends_with('=')
                && base64[..43]
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
            let hash = match well_formed {
                true => openssl::base64::decode_block(base64).map_err(|_| invalid())?,
                false => return Err(invalid()),
            };
            return hash.try_into().map(Pin::PublicKey).map_err(|_| invalid());
        }
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut hash = [0; 32];
        for (i, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Pin::Certificate(hash))
    }
}
