//! Breaks long lines of Python and Rust, which are printed in two columns.

use super::clean;

/// The spaces before each continuation of a line.
const INDENT: usize = 4;

/// The lines of a text. Lines that are too long are broken after spaces and punctuation.
pub(super) fn text(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line: Vec<char> = clean(&line.replace('\t', "    ")).chars().collect();
        let (mut rest, mut indent) = (&line[..], 0);
        while rest.len() + indent > width {
            let room = width - indent;
            // A space is a better place than a comma or a bracket.
            let place = [' ', ',', '('].iter().find_map(|mark| {
                let place = rest[..room].iter().rposition(|c| c == mark)? + 1;
                (place > room / 2).then_some(place)
            });
            let (part, after) = rest.split_at(place.unwrap_or(room));
            push(&mut lines, indent, "", part, "");
            (rest, indent) = (after, INDENT);
        }
        push(&mut lines, indent, "", rest, "");
    }
    lines
}

/// The lines of Rust code. Lines that are too long are broken where this does not change the code:
/// between tokens, after a space in a comment, and in a string with a `\` at the end of the line
/// ([reference]). A token that is too long is not broken.
///
/// [reference]: https://doc.rust-lang.org/reference/expressions/literal-expr.html#string-continuation-escapes
pub(super) fn rust(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let line: Vec<char> = clean(&line.replace('\t', "    ")).chars().collect();
        let breaks = breaks(&line);
        let (mut start, mut indent, mut prefix) = (0, 0, "");
        while line.len() - start + indent + prefix.len() > width {
            let room = width.saturating_sub(indent + prefix.len()).max(2);
            let (place, kind) = place(&breaks, start, room);
            if place >= line.len() {
                break;
            }
            let suffix = if kind == Break::Continue { "\\" } else { "" };
            push(&mut lines, indent, prefix, &line[start..place], suffix);
            prefix = if kind == Break::Comment { "// " } else { "" };
            (start, indent) = (place, INDENT);
        }
        push(&mut lines, indent, prefix, &line[start..], "");
    }
    lines
}

fn push(lines: &mut Vec<String>, indent: usize, prefix: &str, part: &[char], suffix: &str) {
    let part: String = part.iter().collect();
    let part = match suffix {
        "" => part.trim_end(),
        _ => &part,
    };
    lines.push(format!("{}{prefix}{part}{suffix}", " ".repeat(indent)));
}

/// How a line can be broken after a character.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    Never,
    /// After a space outside of strings and line comments.
    Blank,
    Comma,
    /// After a bracket or a `::`, or before a dot.
    Token,
    /// In a line comment. The next line begins with `//`.
    Comment,
    /// In a string. The line ends with `\`.
    Continue,
}

/// The place of the next break after `start`, and its kind.
fn place(breaks: &[Break], start: usize, room: usize) -> (usize, Break) {
    let window = &breaks[start..breaks.len().min(start + room)];
    let last = |kinds: &[Break], least: usize| {
        let place = window.iter().rposition(|kind| kinds.contains(kind))?;
        (place + 1 > least).then(|| (start + place + 1, window[place]))
    };
    // The backslash needs a column.
    let continued = || {
        let window = &window[..room - 1];
        let place = window.iter().rposition(|kind| *kind == Break::Continue)?;
        Some((start + place + 1, Break::Continue))
    };
    let half = room / 2;
    last(&[Break::Blank, Break::Comment], half)
        .or_else(|| last(&[Break::Comma], half))
        .or_else(|| last(&[Break::Token], half))
        .or_else(|| {
            let any = [Break::Blank, Break::Comment, Break::Comma, Break::Token];
            last(&any, 0)
        })
        .or_else(continued)
        .or_else(|| {
            let later = breaks[start..].iter();
            let place = start + later.take_while(|kind| **kind == Break::Never).count();
            Some((place + 1, *breaks.get(place)?))
        })
        .unwrap_or((breaks.len(), Break::Never))
}

/// The kind of break that is possible after each character of a line of Rust.
fn breaks(line: &[char]) -> Vec<Break> {
    let mut breaks = vec![Break::Never; line.len()];
    let at = |place: usize| line.get(place).copied().unwrap_or('\0');
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    let mut place = 0;
    while place < line.len() {
        match (at(place), at(place + 1)) {
            ('/', '/') => {
                for (place, kind) in breaks.iter_mut().enumerate().skip(place + 3) {
                    if at(place) == ' ' {
                        *kind = Break::Comment;
                    }
                }
                return breaks;
            }
            ('/', '*') => {
                place += 2;
                while place < line.len() && (at(place), at(place + 1)) != ('*', '/') {
                    if at(place) == ' ' {
                        breaks[place] = Break::Blank;
                    }
                    place += 1;
                }
                place += 1;
            }
            ('r', '"' | '#') if place == 0 || !is_word(at(place - 1)) || at(place - 1) == 'b' => {
                let hashes = (place + 1..).take_while(|place| at(*place) == '#').count();
                place += 1 + hashes;
                // `r#type` is an identifier and not a raw string.
                if at(place) == '"' {
                    place += 1;
                    let is_end = |place: usize| {
                        at(place) == '"' && (1..=hashes).all(|hash| at(place + hash) == '#')
                    };
                    while place < line.len() && !is_end(place) {
                        place += 1;
                    }
                    place += hashes;
                } else {
                    place -= 1;
                }
            }
            ('"', _) => {
                place += 1;
                while place < line.len() && at(place) != '"' {
                    if at(place) == '\\' {
                        place += 1;
                        if at(place) == 'x' {
                            place += 2;
                        } else if at(place) == 'u' {
                            place += (place..line.len()).take_while(|p| at(*p) != '}').count();
                        }
                    }
                    // After `\` at the end of a line, Rust skips the leading whitespace of the next line.
                    if !at(place + 1).is_whitespace() && place < line.len() {
                        breaks[place] = Break::Continue;
                    }
                    place += 1;
                }
            }
            ('\'', '\\') => {
                place += 2;
                while place < line.len() && at(place + 1) != '\'' {
                    place += 1;
                }
                place += 1;
            }
            ('\'', _) if at(place + 2) == '\'' => place += 2,
            (' ', _) => breaks[place] = Break::Blank,
            (',', _) => breaks[place] = Break::Comma,
            ('(' | '[' | '{', _) => breaks[place] = Break::Token,
            (':', after) if place > 0 && at(place - 1) == ':' && after != '<' => {
                breaks[place] = Break::Token;
            }
            (before, '.')
                if (before == ')' || is_word(before)) && at(place + 2).is_alphabetic() =>
            {
                breaks[place] = Break::Token;
            }
            _ => (),
        }
        place += 1;
    }
    breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_of_text_are_broken_within_the_width() {
        let lines = text(
            "context = ssl.create_default_context(cafile=\"a-long-name.pem\")",
            30,
        );
        assert!(
            lines.iter().all(|line| line.chars().count() <= 30),
            "{lines:?}"
        );
        assert!(lines.len() > 2);
        assert_eq!(text("short", 30), ["short"]);
    }

    #[test]
    fn rust_code_is_broken_between_tokens() {
        assert_eq!(
            rust(
                "let context = ssl::create_default_context(\"a-long-name.pem\")?;",
                30
            ),
            [
                "let context = ssl::",
                "    create_default_context(",
                "    \"a-long-name.pem\")?;"
            ]
        );
        assert_eq!(
            rust("f(\"one two three four five\"); // a note", 16),
            [
                "f(",
                "    \"one two th\\",
                "    ree four fi\\",
                "    ve\"); // a",
                "    // note"
            ]
        );
    }

    /// Joins the broken lines of code again, and removes the whitespace outside of strings.
    fn joined(lines: &[String]) -> String {
        let mut code = String::new();
        let (mut in_string, mut in_comment) = (false, false);
        for line in lines {
            let part = line.trim_start();
            let part = match part.strip_prefix("// ") {
                Some(comment) if in_comment => comment,
                _ => part,
            };
            in_comment |= part.contains("//");
            let mut chars = part.chars().peekable();
            let mut continued = false;
            while let Some(c) = chars.next() {
                match c {
                    '\\' if in_string && chars.peek().is_none() => continued = true,
                    '\\' if in_string => {
                        code.push(c);
                        code.extend(chars.next());
                    }
                    _ => {
                        in_string ^= c == '"';
                        code.push(if c == ' ' && in_string { '\u{b7}' } else { c });
                    }
                }
            }
            assert_eq!(in_string, continued, "{lines:#?}");
        }
        code.retain(|c| c != ' ');
        code
    }

    #[test]
    fn broken_rust_code_is_the_same_code() {
        for code in [
            "let context = ssl::create_default_context(\"a-long-name.pem\")?;",
            "context.load_cert_chain(ssl::CertChain::new(\"a b\").keyfile(\"c, (d)\"))?; // a comment of words",
            "f(\"\\u{e4}\\x00\\n\\\\\\\"    x    y    \", /* a \\ block */ 1.5, a..b, r#type, '\u{e4}', '\\n');",
            "set_ciphers(\"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!MD5:!DSS\")?;",
            "let v: Vec<u8> = Vec::<u8>::with_capacity(10);",
        ] {
            for width in 8..100 {
                let lines = rust(code, width);
                assert_eq!(joined(&lines), joined(&[code.to_owned()]), "{lines:#?}");
            }
        }
        // Raw strings and character literals are never broken.
        for code in [
            "r#\"a, b \"(\"#",
            "','",
            "b\"\"",
            "\"",
            "'\\",
            "r#",
            "\"\\",
            "/*",
        ] {
            assert_eq!(rust(code, 3), [code]);
        }
        assert_eq!(
            rust("f(r#\"a, b \"(\"#)", 5),
            ["f(", "    r#\"a, b \"(\"#)"]
        );
    }

    #[test]
    fn a_line_of_several_megabytes_is_wrapped() {
        let line = "ssl::CERT_NONE, ".repeat(1 << 18);
        assert!(text(&line, 40).len() > 1 << 16);
        assert!(rust(&line, 40).len() > 1 << 16);
        assert_eq!(rust(&"x".repeat(1 << 20), 40).len(), 1);
    }
}
