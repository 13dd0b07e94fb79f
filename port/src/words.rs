//! Rust names, literals and comments.

/// A Rust name for a Python one.
pub(crate) fn variable(python: &str, typed: bool) -> String {
    let part = |part: &str| match part {
        "as" | "async" | "await" | "box" | "const" | "dyn" | "enum" | "extern" | "fn" | "impl"
        | "let" | "loop" | "match" | "mod" | "move" | "mut" | "pub" | "ref" | "static"
        | "struct" | "trait" | "type" | "unsafe" | "use" | "where" | "abstract" | "become"
        | "do" | "final" | "macro" | "override" | "priv" | "typeof" | "unsized" | "virtual"
        | "gen" | "try" | "true" | "false" => format!("r#{part}"),
        "Self" | "crate" | "super" | "Some" | "Ok" | "Err" | "_" => format!("{part}_"),
        _ => part.to_owned(),
    };
    if typed {
        let joined = python.replace('.', "_");
        return match joined.as_str() {
            "self" | "ssl" | "py" | "caught" | "tried" => format!("{joined}_"),
            joined => part(joined),
        };
    }
    python
        .split('.')
        .map(|name| {
            if name == "self" {
                name.to_owned()
            } else {
                part(name)
            }
        })
        .collect::<Vec<_>>()
        .join(".")
}

/// A Rust literal of bytes.
pub(crate) fn quoted_bytes(bytes: &[u8]) -> String {
    let escaped = bytes.iter().map(|byte| match byte {
        b'\'' => "'".to_owned(),
        byte => byte.escape_ascii().to_string(),
    });
    format!("b\"{}\"", escaped.collect::<String>())
}

/// A Rust string literal.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            c if c.is_ascii() && c.is_control() => out += &format!("\\x{:02x}", u32::from(c)),
            c if c.is_control() || is_direction(c) => out += &c.escape_unicode().to_string(),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a character changes the direction of text.
pub(crate) fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with single blanks.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A Rust comment with Python's text.
pub(crate) fn comment(python: &str) -> String {
    let text: String = one_line(python)
        .chars()
        .filter(|c| !is_direction(*c))
        .collect();
    format!("/* {} */", text.replace("*/", "* /").replace("/*", "/ *"))
}
