//! Python's literals: the values of texts and bytes, and numbers as in Rust.

use crate::syntax::{children, text};
use crate::tree::Node;

/// The value of a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Bytes(Vec<u8>),
}

/// The parts of a string with its quotes.
struct Parts<'t> {
    is_raw: bool,
    is_bytes: bool,
    is_format: bool,
    inner: &'t str,
}

impl<'t> Parts<'t> {
    /// `None` for a template string (`t""`), for a string without its closing quote, and for Python 2's `ur""`.
    fn of(all: &'t str) -> Option<Parts<'t>> {
        let quote = all.find(['\'', '"'])?;
        let (prefix, rest) = all.split_at(quote);
        let prefix = prefix.to_ascii_lowercase();
        if prefix.contains('t') || prefix == "ur" {
            return None;
        }
        let marks = match rest.get(..3) {
            Some(marks @ ("\"\"\"" | "'''")) => marks,
            _ => rest.get(..1)?,
        };
        let inner = rest.strip_prefix(marks)?.strip_suffix(marks)?;
        (marks.len() == 3 || !has_break(inner)).then(|| Parts {
            is_raw: prefix.contains('r'),
            is_bytes: prefix.contains('b'),
            is_format: prefix.contains('f'),
            inner,
        })
    }
}

/// The value of a literal without interpolation. `None` if it has none in Rust (a surrogate), if it is
/// an error in Python, and for `\N{NAME}`, whose table of names is not here.
pub(crate) fn literal(source: &str, node: Node<'_>) -> Option<Literal> {
    match node.kind() {
        "string" => {
            let parts = Parts::of(text(source, node))?;
            let mut inner = lines(parts.inner);
            if parts.is_format {
                let is_field = |part: &Node<'_>| part.kind() == "interpolation";
                if children(node).iter().any(is_field) {
                    return None;
                }
                inner = inner.replace("{{", "{").replace("}}", "}");
            }
            match (parts.is_bytes, parts.is_raw) {
                (false, true) => Some(Literal::Text(inner)),
                (false, false) => unescape(&inner).map(Literal::Text),
                (true, _) if !inner.is_ascii() => None,
                (true, true) => Some(Literal::Bytes(inner.into_bytes())),
                (true, false) => unescape_bytes(&inner).map(Literal::Bytes),
            }
        }
        "concatenated_string" => {
            let parts = children(node);
            let mut parts = parts.into_iter().map(|part| literal(source, part));
            let mut value = parts.next()??;
            for part in parts {
                match (&mut value, part?) {
                    (Literal::Text(all), Literal::Text(more)) => *all += &more,
                    (Literal::Bytes(all), Literal::Bytes(more)) => all.extend(more),
                    _ => return None,
                }
            }
            Some(value)
        }
        "parenthesized_expression" => match children(node)[..] {
            [inner] => literal(source, inner),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text has a line break that no backslash precedes. In a string that is not triple-quoted, this is an error.
pub(crate) fn has_break(text: &str) -> bool {
    let text = lines(text);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\n' => return true,
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
    false
}

/// Python reads all ends of lines as `\n`.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The text between two interpolations of an f-string, in which braces are doubled.
pub(crate) fn format_text(python: &str, is_raw: bool) -> Option<String> {
    let mut text = String::new();
    let all = lines(python);
    let mut chars = all.chars();
    while let Some(c) = chars.next() {
        if matches!(c, '{' | '}') && chars.next() != Some(c) {
            // A single brace is an error in Python.
            return None;
        }
        text.push(c);
    }
    if is_raw { Some(text) } else { unescape(&text) }
}

/// An escape in a literal.
enum Escape {
    Number(u32),
    /// The end of a line, which is not a part of the value.
    Nothing,
    /// The character after a backslash that has no meaning: both are parts of the value.
    Unknown(char),
}

/// Reads an escape after its backslash. `None` if it is an error in Python.
fn escape(rest: &mut &str, is_bytes: bool) -> Option<Escape> {
    let first = rest.chars().next()?;
    *rest = &rest[first.len_utf8()..];
    let mut hex = |digits: usize| {
        let text = rest.get(..digits)?;
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
        *rest = &rest[digits..];
        Some(Escape::Number(number))
    };
    let number = match first {
        '\n' => return Some(Escape::Nothing),
        'x' => return hex(2),
        'u' if !is_bytes => return hex(4),
        'U' if !is_bytes => return hex(8),
        'N' if !is_bytes => return None,
        '0'..='7' => {
            let more = rest.bytes().take(2);
            let more = more.take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let digits = format!("{first}{}", &rest[..more]);
            *rest = &rest[more..];
            u32::from_str_radix(&digits, 8).ok()?
        }
        'a' => 7,
        'b' => 8,
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        '\\' | '\'' | '"' => u32::from(first),
        other => return Some(Escape::Unknown(other)),
    };
    Some(Escape::Number(number))
}

fn unescape(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        value += before;
        rest = after;
        match escape(&mut rest, false)? {
            Escape::Number(number) => value.push(char::from_u32(number)?),
            Escape::Nothing => {}
            Escape::Unknown(c) => value.extend(['\\', c]),
        }
    }
    Some(value + rest)
}

/// The value of an ASCII text.
fn unescape_bytes(text: &str) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        value.extend(before.bytes());
        rest = after;
        match escape(&mut rest, true)? {
            // Python takes the low eight bits of `\777`.
            Escape::Number(number) => value.extend(&number.to_le_bytes()[..1]),
            Escape::Nothing => {}
            Escape::Unknown(c) => {
                value.push(b'\\');
                value.extend(c.to_string().bytes());
            }
        }
    }
    value.extend(rest.bytes());
    Some(value)
}

/// A Python integer as a Rust literal of at most this value. `None` for a larger one, and for one that
/// Rust does not have, such as `5j`.
pub(crate) fn integer(python: &str, most: u128) -> Option<String> {
    let text = python.trim_end_matches(['l', 'L']).to_ascii_lowercase();
    let digits = text.replace('_', "");
    let (digits, radix) = match digits.get(..2) {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        // Python 2's octal numbers; in Python 3, only zero may begin with zeros.
        Some(_) if digits.starts_with('0') => (&digits[1..], 8),
        _ => (&digits[..], 10),
    };
    let value = u128::from_str_radix(digits, radix).ok()?;
    let is_old = radix == 8 && !text.starts_with("0o");
    (value <= most).then(|| match is_old {
        true => format!("0o{digits}"),
        false => text,
    })
}

/// A Python number as a Rust literal of a floating-point type, without its suffix.
pub(crate) fn float(python: &str) -> Option<String> {
    let text = python.to_ascii_lowercase().replace('_', "");
    let is_finite = text.parse::<f64>().ok()?.is_finite();
    let text = match text.split_once('.') {
        Some(("", after)) => format!("0.{after}"),
        Some((before, after)) if !after.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{before}.0{after}")
        }
        _ => text,
    };
    is_finite.then_some(text)
}
