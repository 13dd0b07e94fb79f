//! Texts of headers and bodies.

use std::fmt::Write as _;

use encoding_rs::{Encoding, UTF_8};
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
    let bytes = text.chars().map(u8::try_from);
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().map_err(Error::of_header)?;
    HeaderValue::try_from(bytes).map_err(Error::of_header)
}

/// Decodes a text: Python's `str(bytes, encoding, errors="replace")`. An unknown encoding counts as UTF-8, as in
/// `Response.text`.
pub(super) fn decode(bytes: &[u8], encoding: &str) -> String {
    let label = encoding.trim().to_ascii_lowercase().replace('_', "-");
    match &*label {
        // The WHATWG Encoding Standard, which `encoding_rs` implements, takes these for windows-1252.
        "iso-8859-1" | "iso8859-1" | "8859" | "cp819" | "ibm819" | "iso-ir-100" | "l1"
        | "latin" | "latin1" | "latin-1" | "iso8859" | "csisolatin1" => return latin_1(bytes),
        "ascii" | "us-ascii" | "646" | "ansi-x3.4-1968" => {
            let characters = bytes.iter().map(|byte| match byte.is_ascii() {
                true => char::from(*byte),
                false => '\u{fffd}',
            });
            return characters.collect();
        }
        _ => {}
    }
    let alias = match &*label {
        "cp932" => "shift_jis",
        "cp936" => "gbk",
        "cp949" => "euc-kr",
        "cp950" => "big5",
        "utf-8-sig" => "utf-8",
        "utf-16-le" => "utf-16le",
        "utf-16-be" => "utf-16be",
        label => label,
    };
    let found = Encoding::for_label(alias.as_bytes()).unwrap_or(UTF_8);
    // With these names, a byte-order mark is not a part of the text.
    let text = match &*label {
        "utf-16" | "utf16" | "u16" => found.decode(bytes).0,
        "utf-8-sig" => found.decode_with_bom_removal(bytes).0,
        _ => found.decode_without_bom_handling(bytes).0,
    };
    text.into_owned()
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
