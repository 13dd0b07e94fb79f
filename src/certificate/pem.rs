#![allow(non_snake_case, reason = "Python's names")]

use crate::error::codec::ascii;
use crate::error::{Error, Result};
use crate::text::is_space;

/// The first line of a certificate in PEM form.
pub const PEM_HEADER: &str = "-----BEGIN CERTIFICATE-----";
/// The last line of a certificate in PEM form.
pub const PEM_FOOTER: &str = "-----END CERTIFICATE-----";

/// Converts a certificate from DER to PEM. The bytes are not checked.
///
/// ```python
/// pem = ssl.DER_cert_to_PEM_cert(der)
/// ```
/// ```
/// # use pyssl as ssl;
/// # let der = [1, 2, 3];
/// let pem = ssl::DER_cert_to_PEM_cert(&der);
/// assert_eq!(pem, "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n");
/// ```
#[must_use]
pub fn DER_cert_to_PEM_cert(der_cert_bytes: impl AsRef<[u8]>) -> String {
    let mut pem = String::from(PEM_HEADER);
    pem.push('\n');
    // 48 bytes make a line of 64 characters.
    for line in der_cert_bytes.as_ref().chunks(48) {
        pem.push_str(&openssl::base64::encode_block(line));
        pem.push('\n');
    }
    pem.push_str(PEM_FOOTER);
    pem.push('\n');
    pem
}

/// Converts a certificate from PEM to DER.
///
/// The function is as lenient as Python's: characters outside the base64 alphabet are skipped, and
/// decoding stops at complete padding. If the text has other content around the certificate, use
/// [`Certificate::from_pem`](crate::Certificate::from_pem).
///
/// ```python
/// der = ssl.PEM_cert_to_DER_cert(pem)
/// ```
/// ```
/// # use pyssl as ssl;
/// # let pem = ssl::DER_cert_to_PEM_cert([1, 2, 3]);
/// let der = ssl::PEM_cert_to_DER_cert(&pem)?;
/// # assert_eq!(der, [1, 2, 3]);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Value`] if the text does not begin with the header, does not end with the footer and
/// white space, or has a wrong number of base64 characters (Python's `binascii.Error`);
/// [`Error::Unicode`] if it is not ASCII.
pub fn PEM_cert_to_DER_cert(pem_cert_string: &str) -> Result<Vec<u8>> {
    let missing =
        |place, what| Error::value(format!("Invalid PEM encoding; must {place} with {what}"));
    if !pem_cert_string.starts_with(PEM_HEADER) {
        return Err(missing("start", PEM_HEADER));
    }
    let text = pem_cert_string.trim_end_matches(is_space);
    if !text.ends_with(PEM_FOOTER) {
        return Err(missing("end", PEM_FOOTER));
    }
    // The header and the footer may overlap. The body is then empty.
    let body = text
        .get(PEM_HEADER.len()..text.len() - PEM_FOOTER.len())
        .unwrap_or("");
    decode_base64(ascii(body)?)
}

/// `binascii.a2b_base64` in its default, lenient mode.
fn decode_base64(text: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut carry = 0;
    let mut quad = 0;
    let mut pads = 0;
    for &c in text {
        if c == b'=' {
            pads += 1;
            if quad >= 2 && quad + pads >= 4 {
                return Ok(bytes);
            }
            if quad < 2 {
                pads = 0;
            }
            continue;
        }
        let Some(bits) = sextet(c) else { continue };
        pads = 0;
        match quad {
            0 => {}
            1 => bytes.push(carry << 2 | bits >> 4),
            2 => bytes.push(carry << 4 | bits >> 2),
            _ => bytes.push(carry << 6 | bits),
        }
        carry = bits;
        quad = (quad + 1) % 4;
    }
    match quad {
        0 => Ok(bytes),
        1 => Err(Error::value(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than \
             a multiple of 4",
            bytes.len() / 3 * 4 + 1
        ))),
        _ => Err(Error::value("Incorrect padding")),
    }
}

fn sextet(c: u8) -> Option<u8> {
    Some(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}
