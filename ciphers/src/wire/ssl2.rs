use once_cell::sync::Lazy;

use super::flight::WireError;
use super::reader::Reader;
use crate::cipher::{Cipher, from_name};

/// The suites of SSL 2.0: number and name.
pub const SSL2_SUITES: &[(u32, &str)] = &[
    (0x01_0080, "SSL_CK_RC4_128_WITH_MD5"),
    (0x02_0080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
    (0x03_0080, "SSL_CK_RC2_128_CBC_WITH_MD5"),
    (0x04_0080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"),
    (0x05_0080, "SSL_CK_IDEA_128_CBC_WITH_MD5"),
    (0x06_0040, "SSL_CK_DES_64_CBC_WITH_MD5"),
    (0x07_00c0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
    (0x08_0080, "SSL_CK_RC4_64_WITH_MD5"),
];

/// The suites of SSL 2.0.
///
/// ```
/// use pyssl_ciphers::CipherExt;
/// use pyssl_ciphers::cipher::Weakness;
/// use pyssl_ciphers::wire::ssl2_suites;
///
/// let suite = &ssl2_suites()[0];
/// assert_eq!(suite.name, "SSL_CK_RC4_128_WITH_MD5");
/// assert!(suite.weaknesses().contains(&Weakness::Rc4));
/// ```
pub fn ssl2_suites() -> &'static [Cipher] {
    /// The algorithms of these suites. The names are formed as in the registry.
    const ALGORITHMS: [&str; 8] = [
        "TLS_RSA_WITH_RC4_128_MD5",
        "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
        "TLS_RSA_WITH_RC2_CBC_128_MD5",
        "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",
        "TLS_RSA_WITH_IDEA_CBC_MD5",
        "TLS_RSA_WITH_DES_CBC_MD5",
        "TLS_RSA_WITH_3DES_EDE_CBC_MD5",
        "TLS_RSA_WITH_RC4_64_MD5",
    ];
    static ALL: Lazy<Vec<Cipher>> = Lazy::new(|| {
        let all = SSL2_SUITES.iter().zip(ALGORITHMS);
        all.map(|((number, name), algorithms)| {
            let mut cipher = from_name(algorithms, 0);
            cipher.id = 0x0200_0000 | number;
            cipher.name = name;
            cipher.standard_name = None;
            cipher.protocol = "SSLv2";
            cipher.description = (*name).into();
            cipher
        })
        .collect()
    });
    &ALL
}

/// The message CLIENT-HELLO of SSL 2.0 with all suites.
pub fn ssl2_hello(challenge: &[u8; 16]) -> Vec<u8> {
    let mut body = vec![1, 0, 2];
    let length = |n: usize| {
        let bytes = n.to_be_bytes();
        [bytes[bytes.len() - 2], bytes[bytes.len() - 1]]
    };
    body.extend(length(SSL2_SUITES.len() * 3));
    body.extend(length(0));
    body.extend(length(challenge.len()));
    for (number, _) in SSL2_SUITES {
        body.extend(&number.to_be_bytes()[1..]);
    }
    body.extend(challenge);
    let [high, low] = length(body.len());
    let mut out = vec![high | 0x80, low];
    out.extend(body);
    out
}

/// An answer to [`ssl2_hello`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ssl2Answer {
    /// The bytes so far are the beginning of a SERVER-HELLO.
    Incomplete,
    /// The suites that the server accepts.
    Accepted(Vec<u32>),
    /// The server supports TLS, and refuses with an alert or with an error of SSL 2.0.
    Refused,
}

impl Ssl2Answer {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`WireError`], if the answer is neither one of SSL 2.0 nor an alert of SSL 3.0 or TLS.
    pub fn read(bytes: &[u8]) -> Result<Ssl2Answer, WireError> {
        const ALERT: u8 = 21;
        let mut rest = Reader(bytes);
        let (Some(first), Some(second)) = (rest.number(1), rest.number(1)) else {
            return Ok(Ssl2Answer::Incomplete);
        };
        if bytes[0] == ALERT && second == 3 {
            return Ok(Ssl2Answer::Refused);
        }
        // A header of two bytes: the highest bit is set.
        let Some(high) = first.checked_sub(0x80) else {
            return Err(WireError::NotTls);
        };
        let Some(message) = rest.take(high << 8 | second) else {
            return Ok(Ssl2Answer::Incomplete);
        };
        let mut message = Reader(message);
        match message.number(1) {
            Some(4) => {}
            Some(0) => return Ok(Ssl2Answer::Refused),
            _ => return Err(WireError::Malformed),
        }
        let read = |mut message: Reader<'_>| {
            // Skips the session-id hit, the type of certificate, and the version.
            message.take(4)?;
            let (certificate, suites) = (message.number(2)?, message.number(2)?);
            message.number(2)?;
            message.take(certificate)?;
            let suites = message.take(suites)?.chunks_exact(3);
            let number = |suite: &[u8]| suite.iter().fold(0, |n, byte| n << 8 | u32::from(*byte));
            Some(suites.map(number).collect())
        };
        let suites = read(message).ok_or(WireError::Malformed)?;
        Ok(Ssl2Answer::Accepted(suites))
    }
}
