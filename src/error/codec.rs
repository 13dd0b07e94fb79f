//! Text decoding and encoding with the error messages of Python's codecs.

use std::ffi::CString;

use super::{Error, Result};
use crate::text::escape;

/// Decodes `bytes` as UTF-8.
///
/// # Errors
///
/// `UnicodeError` with the message of Python's `UnicodeDecodeError`.
pub(crate) fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let bytes = error.as_bytes();
        let start = error.utf8_error().valid_up_to();
        let (end, reason) = match error.utf8_error().error_len() {
            None => (bytes.len(), "unexpected end of data"),
            Some(_) if !matches!(bytes[start], 0xc2..=0xf4) => (start + 1, "invalid start byte"),
            Some(len) => (start + len, "invalid continuation byte"),
        };
        let place = if end - start == 1 {
            format!("byte 0x{:02x} in position {start}", bytes[start])
        } else {
            format!("bytes in position {start}-{}", end - 1)
        };
        Error::unicode(format!("'utf-8' codec can't decode {place}: {reason}"))
    })
}

/// The bytes of `text`, which must be ASCII.
///
/// # Errors
///
/// `UnicodeError` with the message of Python's `UnicodeEncodeError`.
pub(crate) fn ascii(text: &str) -> Result<&[u8]> {
    let Some(start) = text.chars().position(|c| !c.is_ascii()) else {
        return Ok(text.as_bytes());
    };
    let wrong = text.chars().skip(start).take_while(|c| !c.is_ascii());
    let end = start + wrong.count();
    let reason = "ordinal not in range(128)";
    Err(cannot_encode("ascii", text, start, end, reason))
}

/// Python's `UnicodeEncodeError` for the characters `start..end` of `text`.
pub(crate) fn cannot_encode(
    codec: &str,
    text: &str,
    start: usize,
    end: usize,
    reason: &str,
) -> Error {
    let place = match text.chars().nth(start) {
        Some(c) if end == start + 1 => {
            let mut shown = String::new();
            // Writing to a String cannot fail.
            let _ = escape(&mut shown, c);
            format!("character '{shown}' in position {start}")
        }
        _ => format!("characters in position {start}-{}", end.saturating_sub(1)),
    };
    Error::unicode(format!("'{codec}' codec can't encode {place}: {reason}"))
}

/// Converts `text` for C. A NUL in it is an error.
pub(crate) fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::value("embedded null character"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_messages_match_python() {
        for (bytes, text) in [
            (
                &b"ab\xff"[..],
                "byte 0xff in position 2: invalid start byte",
            ),
            (b"\x80", "byte 0x80 in position 0: invalid start byte"),
            (b"\xc0\x80", "byte 0xc0 in position 0: invalid start byte"),
            (
                b"\xe2\x28",
                "byte 0xe2 in position 0: invalid continuation byte",
            ),
            (
                b"\xf0\x9f\x98!",
                "bytes in position 0-2: invalid continuation byte",
            ),
            (
                b"a\xe2\x82",
                "bytes in position 1-2: unexpected end of data",
            ),
            (
                b"\xed\xa0\x80",
                "byte 0xed in position 0: invalid continuation byte",
            ),
        ] {
            assert_eq!(
                utf8(bytes.to_vec()).unwrap_err().to_string(),
                format!("'utf-8' codec can't decode {text}")
            );
        }
        assert_eq!(
            ascii("a\u{2028}b").unwrap_err().to_string(),
            r"'ascii' codec can't encode character '\u2028' in position 1: ordinal not in range(128)"
        );
        assert_eq!(
            ascii("éèb").unwrap_err().to_string(),
            "'ascii' codec can't encode characters in position 0-1: ordinal not in range(128)"
        );
    }
}
