//! Assignments and calls in source code, and in configuration files that are programs or lists of
//! terms.
//!
//! This is not a parser for the languages. It recognises strings, comments, brackets and names, and
//! finds assignments to names and calls of names.

use std::collections::HashMap;

use super::statement::{Block, Builder};
use super::text::Word;

/// The lexical properties of a language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Language {
    pub(super) name: &'static str,
    /// The endings of the language's files.
    endings: &'static [&'static str],
    /// The marks that start a comment, which ends with the line.
    comments: &'static [&'static str],
    quotes: &'static str,
    /// Whether names contain dots and dashes, as in lighttpd's files.
    dashes: bool,
    /// Words that start a section, followed by its name.
    sections: &'static [&'static str],
    /// Whether a tuple `{name, value}` sets an option, as in Erlang.
    terms: bool,
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
enum Token {
    Name(Word),
    Text(Word),
    Sign(&'static str, usize),
    Other(char, usize),
    Break,
}

/// The signs that are tokens: operators of several characters, and characters that end or join
/// values.
const SIGNS: &[&str] = &[
    "===", "!==", "==", "!=", ">=", "<=", "=>", ":=", "+=", "|=", "&=", "-=", "::", "->", "..",
    "=", ":", ",", ";", "(", ")", "[", "]", "{", "}", ".", "+", "|", "\\",
];

impl Token {
    fn is(&self, sign: &str) -> bool {
        matches!(self, Token::Sign(own, _) if *own == sign)
    }

    fn is_one_of(&self, signs: &[&str]) -> bool {
        matches!(self, Token::Sign(own, _) if signs.contains(own))
    }
}

/// The limits of one statement: the number of its values, and of the tokens that are read for them.
const VALUES: usize = 400;
const TOKENS: usize = 4000;

/// Finds the assignments and calls in `text`, and gives them to `builder`. `visit` is called after each
/// statement.
pub(super) fn read(
    language: &Language,
    text: &str,
    start: usize,
    builder: &mut Builder,
    visit: &mut dyn FnMut(&mut Builder),
) {
    let tokens = tokens(language, text, start);
    let base = builder.stack.len();
    let mut reader = Reader {
        language,
        constants: constants(&tokens),
        tokens,
        functions: 0,
        receivers: HashMap::new(),
    };
    let mut brackets: Vec<usize> = Vec::new();
    for at in 0..reader.tokens.len() {
        match &reader.tokens[at] {
            token if token.is_one_of(&["(", "[", "{"]) => {
                brackets.push(builder.stack.len());
                let (kind, offset) = reader.name_of_bracket(at);
                builder.open(&kind, "", offset);
                if let Some(variable) = reader.variable_of_literal(at) {
                    let key = (variable, reader.functions);
                    reader.receivers.insert(key, builder.stack.clone());
                }
            }
            token if token.is_one_of(&[")", "]", "}"]) => {
                if let Some(depth) = brackets.pop() {
                    builder.close_to(depth.max(base));
                }
                if brackets.is_empty() && token.is("}") {
                    reader.functions += 1;
                }
            }
            Token::Name(_) | Token::Text(_) => reader.statement(at, base, builder, visit),
            _ => {}
        }
    }
    builder.close_to(base);
}

struct Reader<'a> {
    language: &'a Language,
    tokens: Vec<Token>,
    /// The names that are assigned, each with the index of the first token of its value.
    constants: HashMap<String, usize>,
    /// Counts the keywords that start functions, and the ends of top-level blocks. The number
    /// distinguishes variables of the same name in different functions.
    functions: usize,
    /// The blocks of each variable whose methods are called or whose attributes are set.
    receivers: HashMap<(String, usize), Vec<Block>>,
}

impl Reader<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)
    }

    fn statement(
        &mut self,
        at: usize,
        base: usize,
        builder: &mut Builder,
        visit: &mut dyn FnMut(&mut Builder),
    ) {
        let (name, quoted) = match &self.tokens[at] {
            Token::Name(name) => (name.clone(), false),
            Token::Text(text) if text.text().len() < 100 => (text.clone(), true),
            _ => return,
        };
        if matches!(name.text(), "def" | "func" | "function" | "fn" | "class") {
            self.functions += 1;
        }
        if self.language.sections.contains(&name.text()) {
            if let Some(Token::Text(argument)) = self.token(at + 1) {
                builder.close_to(base);
                builder.open(name.text(), argument.text(), name.start());
                return;
            }
        }
        let Some(next) = self.token(at + 1) else {
            return;
        };
        let before = at.checked_sub(1).and_then(|before| self.token(before));
        let term = self.language.terms && next.is(",") && before.is_some_and(|t| t.is("{"));
        // An argument that is the name of an option: curl_easy_setopt(curl, OPTION, "value").
        let shouts =
            name.text().starts_with("CURLOPT_") || quoted && before.is_some_and(|t| t.is(","));
        let option = next.is(",") && shouts && !self.language.terms;
        let assigns = next.is_one_of(&["=", ":", "=>", ":=", "+=", "|="]);
        // The sign `==` is not in the list above, so a condition in lighttpd's files does not count
        // as an assignment.
        let calls = !quoted && next.is("(");
        let keyword = !quoted
            && matches!(&next, Token::Text(_))
            && matches!(
                name.text(),
                "include" | "Include" | "include_shell" | "require"
            );
        let defined =
            before.is_some_and(|t| matches!(t, Token::Name(name) if name.text() == "define"));
        if !(term || option || assigns || calls || keyword || defined) {
            return;
        }
        let first = if keyword || defined { at + 1 } else { at + 2 };
        let mut values = Vec::new();
        self.values(first, calls || term, 0, &mut values);
        let mut path = self.path(at, calls, builder);
        if term {
            // Leaves out the bracket around the name and its value.
            path.pop();
        }
        builder.add_in(path, name, values);
        visit(builder);
    }

    /// The blocks around a statement: the open brackets, or instead the object whose method is
    /// called or whose attribute is set.
    fn path(&mut self, at: usize, calls: bool, builder: &mut Builder) -> Vec<Block> {
        let path = builder.stack.clone();
        if self.language.dashes || !self.language.sections.is_empty() || self.language.terms {
            return path;
        }
        let dotted = at >= 2 && self.tokens[at - 1].is_one_of(&[".", "->", "::"]);
        let object = match (dotted, calls) {
            (true, _) => self.token(at - 2),
            // A function of C gets the object as its first argument.
            (false, true) => (at + 2..at + 4)
                .filter_map(|at| self.token(at))
                .find(|t| matches!(t, Token::Name(_))),
            _ => None,
        };
        let Some(Token::Name(object)) = object else {
            return path;
        };
        let (object, start) = (object.text().to_owned(), object.start());
        let key = (object.clone(), self.functions);
        // All calls on one variable within a function belong to the same block.
        let blocks = self.receivers.entry(key);
        blocks
            .or_insert_with(|| vec![builder.block(&object, "", start)])
            .clone()
    }

    /// The variable to which the object is assigned whose members are in this bracket:
    /// `c := &tls.Config{`.
    fn variable_of_literal(&self, at: usize) -> Option<String> {
        if !self.token(at)?.is("{") {
            return None;
        }
        let is_type = |token: &Token| {
            matches!(token, Token::Name(_) | Token::Other('&', _)) || token.is_one_of(&[".", "::"])
        };
        let mut before = at.checked_sub(1)?;
        while is_type(self.token(before)?) {
            before = before.checked_sub(1)?;
        }
        match self.token(before.checked_sub(1)?)? {
            Token::Name(name) if self.token(before)?.is_one_of(&["=", ":="]) => {
                Some(name.text().to_owned())
            }
            _ => None,
        }
    }

    /// The name of the function, variable or section whose bracket this is, and where the name
    /// starts.
    fn name_of_bracket(&self, at: usize) -> (String, usize) {
        let offset = match &self.tokens[at] {
            Token::Sign(_, offset) => *offset,
            _ => 0,
        };
        let mut before = at;
        while before > 0 && self.tokens[before - 1].is_one_of(&["=", ":", "=>", ":=", "+=", "("]) {
            before -= 1;
        }
        if self.language.dashes {
            // Collects the words of the condition, back to the start of its line.
            let mut words = Vec::new();
            let mut first = offset;
            while before > 0 && words.len() < 12 {
                match &self.tokens[before - 1] {
                    Token::Name(word) | Token::Text(word) => {
                        words.push(word.text().to_owned());
                        first = word.start();
                    }
                    Token::Sign(sign, _) if !matches!(*sign, "{" | "}") => {
                        words.push((*sign).to_owned())
                    }
                    Token::Other(c, at) => {
                        words.push(c.to_string());
                        first = *at;
                    }
                    _ => break,
                }
                before -= 1;
            }
            words.reverse();
            return (words.concat(), first);
        }
        match before.checked_sub(1).and_then(|before| self.token(before)) {
            Some(Token::Name(word) | Token::Text(word)) if word.text().len() < 100 => {
                (word.text().to_owned(), word.start())
            }
            _ => (String::new(), offset),
        }
    }

    /// The strings and names of a value: strings that are joined count as one.
    fn values(&self, from: usize, in_call: bool, level: usize, values: &mut Vec<Word>) {
        let mut depth = 0_usize;
        let mut at = from;
        // Whether the next string continues the last one.
        let mut joins = false;
        while let Some(token) = self
            .token(at)
            .filter(|_| at < from + TOKENS && values.len() < VALUES)
        {
            let next = self.token(at + 1);
            match token {
                Token::Text(text) => {
                    match values.last_mut().filter(|last| joins && last.quoted) {
                        Some(last) => last.append(text),
                        None => {
                            let mut text = text.clone();
                            text.quoted = true;
                            values.push(text);
                        }
                    }
                    joins = true;
                }
                Token::Name(name) => {
                    let prefix =
                        next.is_some_and(|t| t.is_one_of(&[".", "::", "->", "(", "{", "["]));
                    let is_key = next.is_some_and(|t| t.is_one_of(&["=", "=>"]))
                        || depth > 0 && next.is_some_and(|t| t.is(":"));
                    let own = name.text();
                    let constant = self.constants.get(own).filter(|start| {
                        level < 4 && **start != from && !(from..at).contains(*start)
                    });
                    match constant {
                        _ if is_key => {
                            let mut key = name.clone();
                            key.quoted = false;
                            values.push(key);
                        }
                        Some(start) if !next.is_some_and(|t| t.is("(")) => {
                            self.values(*start, false, level + 1, values);
                        }
                        _ if !prefix => values.push(name.clone()),
                        _ => {}
                    }
                    joins = false;
                }
                Token::Sign("(" | "[" | "{", _) => depth += 1,
                Token::Sign(")" | "]" | "}", _) => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return,
                },
                Token::Sign("," | ";", _) if depth == 0 && !in_call => return,
                Token::Sign("," | ";", _) => joins = false,
                Token::Sign("+" | "." | ".." | "\\", _) => {}
                Token::Break if depth == 0 && !in_call => {
                    let before = at.checked_sub(1).and_then(|at| self.token(at));
                    let open = before.is_some_and(|t| {
                        t.is_one_of(&["=", ":=", "=>", ":", "+", "..", "\\", ".", "|", "|=", ","])
                    });
                    let continued = next.is_some_and(|t| t.is_one_of(&["+", ".", "..", "|"]));
                    if !open && !continued {
                        return;
                    }
                }
                Token::Break => {}
                Token::Sign(..) | Token::Other(..) => joins = false,
            }
            at += 1;
        }
    }
}

/// The names that are assigned, each with the index of the token at which its first value starts.
fn constants(tokens: &[Token]) -> HashMap<String, usize> {
    let mut constants = HashMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let assigned = tokens
            .get(at + 1)
            .is_some_and(|t| t.is_one_of(&["=", ":=", ":"]));
        let array = tokens.get(at + 1).is_some_and(|t| t.is("["))
            && tokens.get(at + 2).is_some_and(|t| t.is("]"))
            && tokens.get(at + 3).is_some_and(|t| t.is("="));
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let defined = matches!(before, Some(Token::Name(word)) if word.text() == "define");
        let attribute = before.is_some_and(|t| t.is_one_of(&[".", "->", "::"]));
        let from = match (assigned, array, defined) {
            (true, ..) => at + 2,
            (_, true, _) => at + 4,
            (_, _, true) => at + 1,
            _ => continue,
        };
        // Short names are used for many things, so only those of strings are constants.
        if !attribute && (name.text().len() > 2 || is_string(tokens, from)) {
            constants.entry(name.text().to_owned()).or_insert(from);
        }
    }
    constants
}

/// Whether the value at this token is a string or a list of strings.
fn is_string(tokens: &[Token], from: usize) -> bool {
    let value = tokens.get(from..).unwrap_or_default().iter();
    let value = value.skip_while(|token| matches!(token, Token::Break));
    let mut start = value
        .take(8)
        .take_while(|token| !token.is_one_of(&["(", ",", ";"]) && !matches!(token, Token::Break));
    start.any(|token| matches!(token, Token::Text(_)))
}

fn tokens(language: &Language, text: &str, start: usize) -> Vec<Token> {
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
            // In Ruby, names may contain question and exclamation marks. A dot that follows digits belongs to the
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
