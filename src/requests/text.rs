//! Texts of headers and bodies.

use std::fmt::Write as _;

use ureq::http::HeaderValue;

use super::Error;

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The value of a header. Like Python, sends Latin-1.
pub(super) fn header_value(text: &str) -> Result<HeaderValue, Error> {
    if text.is_ascii() {
        return HeaderValue::try_from(text).map_err(Error::of_header);
    }
    HeaderValue::try_from(to_latin_1(text)?).map_err(Error::of_header)
}

/// Encodes a text for a header.
pub(super) fn to_latin_1(text: &str) -> Result<Vec<u8>, Error> {
    let bytes = text.chars().map(u8::try_from);
    bytes.collect::<Result<_, _>>().map_err(Error::of_header)
}

/// Decodes a JSON document. Its first bytes (a byte-order mark, or zero bytes) tell the encoding:
/// `requests.utils.guess_json_utf`.
pub(super) fn decode_json(bytes: &[u8]) -> String {
    let (bytes, big, width) = match bytes {
        [0, 0, 0xfe, 0xff, rest @ ..] | rest @ [0, 0, 0, _, ..] => (rest, true, 4),
        [0xff, 0xfe, 0, 0, rest @ ..] | rest @ [_, 0, 0, 0, ..] => (rest, false, 4),
        [0xfe, 0xff, rest @ ..] | rest @ [0, _, 0, _, ..] => (rest, true, 2),
        [0xff, 0xfe, rest @ ..] | rest @ [_, 0, _, 0, ..] => (rest, false, 2),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => (rest, false, 1),
    };
    let number = |unit: &[u8]| {
        let digit = |number, byte: &u8| number << 8 | u32::from(*byte);
        match big {
            true => unit.iter().fold(0, digit),
            false => unit.iter().rev().fold(0, digit),
        }
    };
    match width {
        4 => {
            let characters = bytes.chunks(4).map(|unit| char::from_u32(number(unit)));
            characters
                .map(|found| found.unwrap_or('\u{fffd}'))
                .collect()
        }
        2 => {
            let units = bytes
                .chunks(2)
                .map(|unit| u16::try_from(number(unit)).unwrap_or_default());
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
