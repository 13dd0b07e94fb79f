//! The languages of source code, and the tokens of a text.

use super::text::Word;

/// The lexical properties of a language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Language {
    pub(super) name: &'static str,
    /// The endings of the language's files.
    endings: &'static [&'static str],
    /// The marks that start a comment, which ends with the line.
    pub(super) comments: &'static [&'static str],
    pub(super) quotes: &'static str,
    /// Whether names contain dots and dashes, as in lighttpd's files.
    pub(super) dashes: bool,
    /// Words that start a section, followed by its name.
    pub(super) sections: &'static [&'static str],
    /// Whether a tuple `{name, value}` sets an option, as in Erlang.
    pub(super) terms: bool,
}

const C: Language = Language {
    name: "source",
    endings: &[
        "c", "h", "cc", "cpp", "hpp", "cxx", "java", "kt", "scala", "go", "swift", "cs",
    ],
    comments: &["//"],
    quotes: "\"'`",
    dashes: false,
    sections: &[],
    terms: false,
};

const LANGUAGES: &[Language] = &[
    C,
    Language {
        endings: &["rs"],
        quotes: "\"",
        ..C
    },
    Language {
        endings: &["js", "mjs", "cjs", "ts", "mts", "tsx", "jsx"],
        ..C
    },
    Language {
        endings: &["php"],
        comments: &["//", "#"],
        ..C
    },
    Language {
        endings: &[
            "py", "rb", "pl", "pm", "sh", "cr", "ex", "exs", "groovy", "gradle",
        ],
        comments: &["#"],
        ..C
    },
    Language {
        name: "lua",
        endings: &["lua"],
        comments: &["--"],
        quotes: "\"'",
        sections: &["VirtualHost", "Component"],
        ..C
    },
    Language {
        name: "lighttpd",
        endings: &[],
        comments: &["#"],
        quotes: "\"",
        dashes: true,
        ..C
    },
    Language {
        name: "erlang",
        endings: &["config", "erl", "hrl"],
        comments: &["%"],
        quotes: "\"'",
        terms: true,
        ..C
    },
    // The properties that are used for an unknown language.
    Language {
        name: "any",
        endings: &[],
        comments: &["//", "#"],
        ..C
    },
];

/// The language of files with this ending.
pub(super) fn by_ending(ending: &str) -> Option<&'static Language> {
    let mut all = LANGUAGES.iter();
    all.find(|language| language.endings.contains(&ending))
}

pub(super) fn by_name(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.name == name)
}

#[derive(Debug, Clone)]
pub(super) enum Token {
    Name(Word),
    Text(Word),
    Sign(&'static str, usize),
    Other(char, usize),
    Break,
}

/// The signs that are tokens: operators of several characters, and characters that end or join
/// values.
const SIGNS: &[&str] = &[
    "===", "!==", "==", "!=", ">=", "<=", "=>", ":=", "+=", "|=", "&=", "-=", "^=", "::", "->",
    "..", "=", ":", ",", ";", "(", ")", "[", "]", "{", "}", ".", "+", "|", "\\",
];

impl Token {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Token::Sign(own, _) if *own == sign)
    }

    pub(super) fn is_one_of(&self, signs: &[&str]) -> bool {
        matches!(self, Token::Sign(own, _) if signs.contains(own))
    }
}

/// The tokens of a text.
pub(super) fn tokens(language: &Language, text: &str, start: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let starts_line = |at: usize| {
        let line = text.get(..at).unwrap_or_default().rsplit('\n').next();
        line.is_none_or(|line| line.trim().is_empty())
    };
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..];
        let define = rest.starts_with("#define") || rest.starts_with("# define");
        let comment = language.comments.iter().any(|mark| rest.starts_with(mark))
            && !(define && language.name != "lighttpd")
            // In text of an unknown language, `#` and `//` start a comment only at the start of a line.
            && (language.name != "any" || starts_line(at));
        if comment {
            let end = rest.find('\n').unwrap_or(rest.len());
            at += end;
            continue;
        }
        if rest.starts_with("/*") && !language.dashes {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        }
        if c == '\n' {
            tokens.push(Token::Break);
            at += 1;
            continue;
        }
        if c == '\\'
            && rest
                .get(1..)
                .is_some_and(|rest| rest.trim_start_matches('\r').starts_with('\n'))
        {
            // A backslash at the end of the line continues it.
            at += rest.find('\n').unwrap_or(0) + 1;
            continue;
        }
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if let Some((found, length)) = string(language, rest, start + at) {
            tokens.extend(found);
            at += length;
            continue;
        }
        let is_name = |c: char| {
            c.is_alphanumeric()
                || c == '_'
                || c == '$'
                || c == '@'
                || language.dashes && matches!(c, '.' | '-')
        };
        if is_name(c) {
            let mut end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            // A dot that follows digits belongs to the
            // number.
            if c.is_ascii_digit() && rest[end..].starts_with('.') {
                let behind = &rest[end + 1..];
                end += 1 + behind
                    .find(|c: char| !c.is_ascii_alphanumeric())
                    .unwrap_or(behind.len());
            }
            let word = Word::of(&rest[..end], start + at);
            tokens.push(Token::Name(word.trimmed(|c| matches!(c, '$' | '@'))));
            at += end;
            continue;
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                tokens.push(Token::Sign(sign, start + at));
                at += sign.len();
            }
            None => {
                tokens.push(Token::Other(c, start + at));
                at += c.len_utf8();
            }
        }
    }
    tokens
}

/// The string at the start of a text, and its length with quotes.
fn string(language: &Language, text: &str, at: usize) -> Option<(Vec<Token>, usize)> {
    // A list of words in Ruby: `%w[one two]`.
    if let Some(open) = text
        .strip_prefix("%w")
        .or(text.strip_prefix("%W"))
        .and_then(|t| t.chars().next())
    {
        let close = match open {
            '[' => ']',
            '(' => ')',
            '{' => '}',
            _ => return None,
        };
        let inner = text.get(3..)?;
        let length = inner.find(close)?;
        let words = Word::of(&inner[..length], at + 3).split(char::is_whitespace);
        let mut found = vec![Token::Sign("[", at)];
        for mut word in words {
            word.quoted = true;
            found.extend([Token::Text(word), Token::Sign(",", at)]);
        }
        found.push(Token::Sign("]", at + 3 + length));
        return Some((found, length + 4));
    }
    // Skips the prefix of a string, as Python, Rust and C have it. A string with the prefix `r` has no escapes.
    let prefix = text
        .find(|c: char| !matches!(c, 'r' | 'R' | 'b' | 'B' | 'u' | 'f' | 'F' | 'L' | 'c' | '#'));
    let prefix = prefix.filter(|length| *length <= 4).unwrap_or(0);
    let (marks, rest) = text.split_at(prefix);
    let quote = rest
        .chars()
        .next()
        .filter(|c| language.quotes.contains(*c))?;
    let hashes = marks.matches('#').count();
    if hashes > 0 && !marks.starts_with(['r', 'b', 'c']) {
        return None;
    }
    let raw = marks.contains(['r', 'R']) || quote == '`';
    let single = quote.to_string();
    let (open, mut close) = match rest.starts_with(&single.repeat(3)) && quote != '`' {
        true => (3, single.repeat(3)),
        false => (1, single),
    };
    close.push_str(&"#".repeat(hashes));
    // A quote that is not closed on its line does not start a string: it is an apostrophe, or
    // starts a lifetime in Rust.
    let body = rest.get(open..)?;
    let mut word = Word::at(at + prefix + open);
    word.quoted = true;
    let mut chars = body.char_indices();
    while let Some((i, c)) = chars.next() {
        let here = at + prefix + open + i;
        if body.get(i..)?.starts_with(&close) {
            let length = prefix + open + i + close.len();
            return Some((vec![Token::Text(word)], length));
        }
        let many_lines = raw || open == 3;
        match c {
            '\n' if !many_lines && !language.comments.contains(&"--") => return None,
            '\\' if !raw => match chars.next() {
                // The string continues on the next line.
                Some((_, '\n')) => {
                    let ahead = body.get(i + 2..).unwrap_or_default();
                    let blanks = ahead.len() - ahead.trim_start_matches([' ', '\t']).len();
                    // Rust drops the blanks at the start of the line. They have no meaning in a
                    // cipher string.
                    for _ in 0..blanks {
                        chars.next();
                    }
                }
                Some((_, '\r')) => {
                    chars.next();
                }
                Some((_, 'n' | 't')) => word.push(' ', here),
                Some((_, escaped)) => word.push(escaped, here + 1),
                None => return None,
            },
            _ => word.push(c, here),
        }
    }
    None
}
