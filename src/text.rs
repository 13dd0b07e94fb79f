//! Text as Python writes it: `repr` and JSON.

use std::fmt::{self, Write};
use std::str;

/// Python's `character.isspace()`: Unicode's white space, and the four separators of ASCII.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Python's `repr(text)`, for `Display`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repr<'a>(pub(crate) &'a str);

impl fmt::Display for Repr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = quote(self.0.contains('\''), self.0.contains('"'));
        f.write_char(quote)?;
        for c in self.0.chars() {
            match c {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c == quote || c == '\\' => write!(f, "\\{c}")?,
                c if is_printable(c) => f.write_char(c)?,
                c => escape(f, c)?,
            }
        }
        f.write_char(quote)
    }
}

/// Python's `repr(bytes)`, for `Display`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BytesRepr<'a>(pub(crate) &'a [u8]);

impl fmt::Display for BytesRepr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = quote(self.0.contains(&b'\''), self.0.contains(&b'"'));
        write!(f, "b{quote}")?;
        for &byte in self.0 {
            match byte {
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b'\t' => f.write_str("\\t")?,
                b'\\' => f.write_str("\\\\")?,
                b' '..=b'~' if char::from(byte) == quote => write!(f, "\\{quote}")?,
                b' '..=b'~' => f.write_char(byte.into())?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_char(quote)
    }
}

/// Python uses single quotes, unless the text has single quotes and no double ones.
fn quote(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

/// Writes a character as a hexadecimal escape.
pub(crate) fn escape(out: &mut impl Write, c: char) -> fmt::Result {
    match u32::from(c) {
        code @ ..0x100 => write!(out, "\\x{code:02x}"),
        code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    }
}

/// Python's `character.isprintable()`. `escape_debug` escapes characters of the same Unicode
/// categories.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // A dot comes first, because `escape_debug` escapes a combining mark only at the start of a
    // text.
    let mut buffer = [b'.'; 5];
    let len = c.encode_utf8(&mut buffer[1..]).len();
    str::from_utf8(&buffer[..=len]).is_ok_and(|text| text.escape_debug().eq(['.', c]))
}

/// Python's `json.dumps(text)`, for `Display`: ASCII, with UTF-16 escapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'a>(pub(crate) &'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\x08' => f.write_str("\\b")?,
                '\x0c' => f.write_str("\\f")?,
                ' '..='~' => f.write_char(c)?,
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(f, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_reprs_match_cpython() {
        assert_eq!(Repr("a'b").to_string(), r#""a'b""#);
        assert_eq!(Repr("a'b\"c").to_string(), r#"'a\'b"c'"#);
        assert_eq!(
            Repr("\0\x7f\u{a0}e\u{301}\u{200b}\u{e000}\u{1f600}\u{e0001}\\\n").to_string(),
            "'\\x00\\x7f\\xa0e\u{301}\\u200b\\ue000\u{1f600}\\U000e0001\\\\\\n'"
        );
        assert_eq!(BytesRepr(b"\x00'~\xff\\").to_string(), r#"b"\x00'~\xff\\""#);
    }

    #[test]
    fn json_output_is_ascii() {
        assert_eq!(
            Json("a\"\\\n\x01\x7fé\u{1f600}/").to_string(),
            r#""a\"\\\n\u0001\u007f\u00e9\ud83d\ude00/""#
        );
    }
}
