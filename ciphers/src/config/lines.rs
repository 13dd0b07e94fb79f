//! The grammars of files with one directive per line, and of those with braces.

use super::dialect::{Dialect, Joins, Value};
use super::statement::Builder;
use super::text::Word;

/// Characters with their offsets in the file.
type Chars = [(usize, char)];

/// Reads a text; `start` is where it starts in the file. `visit` is called after each statement, to
/// follow a directive that includes other files.
pub(super) fn read(
    dialect: &Dialect,
    text: &str,
    start: usize,
    builder: &mut Builder,
    visit: &mut dyn FnMut(&mut Builder),
) {
    let base = builder.stack.len();
    if dialect.semicolons {
        let chars: Vec<_> = text.char_indices().map(|(at, c)| (start + at, c)).collect();
        statements(dialect, &chars, base, builder, visit);
    } else {
        for line in logical_lines(dialect, text, start) {
            read_line(dialect, &line, base, builder, visit);
        }
    }
    builder.close_to(base);
}

/// The lines, with continued ones joined. Comments are left out.
fn logical_lines(dialect: &Dialect, text: &str, start: usize) -> Vec<Vec<(usize, char)>> {
    let mut lines: Vec<Vec<(usize, char)>> = Vec::new();
    let mut at = start;
    let mut continues = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let words = content.trim_start();
        let comment = words.starts_with(|c| dialect.comments.contains(c));
        let joins = match dialect.joins {
            Joins::Backslash => continues,
            Joins::Indent | Joins::Folded => {
                content.starts_with([' ', '\t']) && !words.is_empty() && !lines.is_empty()
            }
            Joins::Nothing => false,
        };
        // A comment line between continued lines is skipped. After a backslash, it belongs to the
        // line that is continued.
        if comment && !(joins && dialect.joins == Joins::Backslash) {
            at += line.len();
            continue;
        }
        let backslash = dialect.joins == Joins::Backslash && content.ends_with('\\');
        let kept = match backslash {
            true => content.get(..content.len() - 1).unwrap_or_default(),
            false => content,
        };
        let skipped = usize::from(dialect.joins == Joins::Folded && joins);
        let chars = kept.char_indices().skip(skipped).map(|(i, c)| (at + i, c));
        match lines.last_mut().filter(|_| joins) {
            Some(last) => {
                if dialect.joins == Joins::Indent {
                    let end = last.last().map_or(at, |(at, c)| at + c.len_utf8());
                    last.push((end, ' '));
                }
                last.extend(chars);
            }
            None => lines.push(chars.collect()),
        }
        continues = backslash;
        at += line.len();
    }
    lines
}

fn read_line(
    dialect: &Dialect,
    line: &Chars,
    base: usize,
    builder: &mut Builder,
    visit: &mut dyn FnMut(&mut Builder),
) {
    let line = trimmed(line);
    let Some(&(at, first)) = line.first() else {
        return;
    };
    let last = line.last().map_or(' ', |(_, c)| *c);
    if dialect.angles && first == '<' {
        let inner = trimmed(line.get(1..).unwrap_or_default());
        let inner = match last {
            '>' => inner
                .get(..inner.len().saturating_sub(1))
                .unwrap_or_default(),
            _ => inner,
        };
        if let Some((_, '/')) = inner.first() {
            let name: String = inner.iter().skip(1).map(|(_, c)| *c).collect();
            let open = builder
                .stack
                .iter()
                .rposition(|block| block.kind.eq_ignore_ascii_case(name.trim()));
            if let Some(depth) = open.filter(|depth| *depth >= base) {
                builder.close_to(depth);
            }
        } else {
            let words = words(dialect, inner);
            builder.open_words(&words, at);
        }
        return;
    }
    if dialect.brackets && first == '[' {
        let inner = line.iter().skip(1).map(|(_, c)| *c);
        let name: String = inner.take_while(|c| *c != ']').collect();
        // A section also ends the open sections of an including file. `Reading::read` opens them
        // again at the end of the included file.
        builder.close_to(0);
        builder.section(name.trim(), at);
        return;
    }
    let word: String = line
        .iter()
        .map(|(_, c)| *c)
        .take_while(|c| !ends_name(dialect, *c))
        .collect();
    if dialect.sections.contains(&word.as_str()) {
        let words = words(dialect, line);
        builder.close_to(base);
        builder.open_words(&words, at);
        return;
    }
    if dialect.labels && last == ':' && line.len() > 1 && !line.iter().any(|(_, c)| *c == '=') {
        let within = builder
            .stack
            .iter()
            .rposition(|block| block.kind == "begin");
        builder.close_to(within.map_or(base, |depth| (depth + 1).max(base)));
        let name: String = line.iter().map(|(_, c)| *c).filter(|c| *c != ':').collect();
        builder.open(name.trim(), "", at);
        return;
    }
    if dialect.braces && dialect.value == Value::Words {
        statements(dialect, line, base, builder, visit);
        return;
    }
    if dialect.braces && matches!((first, line.len()), ('}', 1)) {
        builder.close_to(builder.stack.len().saturating_sub(1).max(base));
        return;
    }
    if dialect.braces && last == '{' {
        let words = words(dialect, line.get(..line.len() - 1).unwrap_or_default());
        builder.open_words(&words, at);
        return;
    }
    let statement = match dialect.value {
        Value::Words => {
            let mut words = words(dialect, line).into_iter();
            words.next().map(|name| (name, words.collect()))
        }
        _ => assignment(dialect, line),
    };
    if let Some((name, values)) = statement {
        builder.add(name, values);
        visit(builder);
    }
}

fn ends_name(dialect: &Dialect, c: char) -> bool {
    c.is_whitespace() || dialect.assigns.contains(c)
}

fn trimmed(line: &Chars) -> &Chars {
    let blank = |entry: &&(usize, char)| entry.1.is_whitespace();
    let front = line.iter().take_while(blank).count();
    let back = line.iter().rev().take_while(blank).count();
    line.get(front..(line.len() - back).max(front))
        .unwrap_or_default()
}

/// A name and the rest of the line.
fn assignment(dialect: &Dialect, line: &Chars) -> Option<(Word, Vec<Word>)> {
    let length = line
        .iter()
        .take_while(|(_, c)| !ends_name(dialect, *c))
        .count();
    let name = word(line.get(..length)?);
    let mut rest = line.get(length..)?;
    let blank = |c: char| c.is_whitespace();
    while let Some(((_, c), behind)) = rest.split_first() {
        if !blank(*c) {
            break;
        }
        rest = behind;
    }
    // `+=` and `::` are assignments too.
    let sign = rest
        .iter()
        .take_while(|(_, c)| dialect.assigns.contains(*c) || *c == '+')
        .count();
    let assigned = rest
        .iter()
        .take(sign)
        .any(|(_, c)| dialect.assigns.contains(*c));
    if assigned {
        rest = rest.get(sign..)?;
    } else if dialect.value == Value::Assigned {
        return None;
    }
    let rest = trimmed(rest);
    Some((name, vec![value(dialect, rest, line)]))
}

/// The value of an assignment, without its quotes and without a comment.
fn value(dialect: &Dialect, rest: &Chars, line: &Chars) -> Word {
    let end = line.last().map_or(0, |(at, c)| at + c.len_utf8());
    let Some(&(at, first)) = rest.first() else {
        return Word::at(end);
    };
    if dialect.quotes.contains(first) {
        let inner = rest.get(1..).unwrap_or_default();
        if let Some(length) = inner.iter().position(|(_, c)| *c == first) {
            let mut inside = word(inner.get(..length).unwrap_or_default());
            if inside.is_empty() {
                inside = Word::at(at + first.len_utf8());
            }
            inside.quoted = true;
            return inside;
        }
        // The quote is not closed.
        return word(trimmed(inner));
    }
    let mut length = rest.len();
    if dialect.trailing_comments {
        let blank_before =
            |at: usize| at > 0 && rest.get(at - 1).is_some_and(|(_, c)| c.is_whitespace());
        let mut comment = (0..)
            .zip(rest)
            .filter(|(_, (_, c))| dialect.comments.contains(*c));
        if let Some((at, _)) = comment.find(|(at, _)| blank_before(*at)) {
            length = at;
        }
    }
    let mut value = word(trimmed(rest.get(..length).unwrap_or_default()));
    if !dialect.comments.contains(';') && value.text().ends_with(';') {
        value = value.trimmed(|c| c == ';');
    }
    if value.is_empty() {
        Word::at(at)
    } else {
        value
    }
}

fn word(chars: &Chars) -> Word {
    let mut word = Word::at(chars.first().map_or(0, |(at, _)| *at));
    for &(at, c) in chars {
        word.push(c, at);
    }
    word
}

/// The words of a line.
fn words(dialect: &Dialect, line: &Chars) -> Vec<Word> {
    let mut tokens = Tokens {
        dialect,
        rest: line,
        lua: false,
    };
    let mut words = Vec::new();
    while let Some(token) = tokens.next_token() {
        if let Token::Word(word) = token {
            words.push(word);
        }
    }
    words
}

/// Reads directives with their blocks.
fn statements(
    dialect: &Dialect,
    chars: &Chars,
    base: usize,
    builder: &mut Builder,
    visit: &mut dyn FnMut(&mut Builder),
) {
    let mut tokens = Tokens {
        dialect,
        rest: chars,
        lua: false,
    };
    let mut words: Vec<Word> = Vec::new();
    loop {
        let token = tokens.next_token();
        match token {
            Some(Token::Word(word)) => {
                tokens.lua = dialect.semicolons && word.text().ends_with("_by_lua_block");
                words.push(word);
                continue;
            }
            Some(Token::Open(at)) => {
                builder.open_words(&words, at);
                words.clear();
                if std::mem::take(&mut tokens.lua) {
                    tokens.skip_block();
                    builder.close_to(builder.stack.len().saturating_sub(1).max(base));
                }
                continue;
            }
            _ => {}
        }
        if !words.is_empty() {
            let name = words.remove(0);
            builder.add(name, std::mem::take(&mut words));
            visit(builder);
        }
        match token {
            Some(Token::Close) => builder.close_to(builder.stack.len().saturating_sub(1).max(base)),
            None => return,
            _ => {}
        }
    }
}

enum Token {
    Word(Word),
    Open(usize),
    Close,
    End,
}

struct Tokens<'a> {
    dialect: &'a Dialect,
    rest: &'a Chars,
    /// Whether the next block contains a program in Lua, as in nginx's `..._by_lua_block`.
    lua: bool,
}

impl Tokens<'_> {
    fn take(&mut self) -> Option<(usize, char)> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn peek(&self) -> Option<char> {
        self.rest.first().map(|(_, c)| *c)
    }

    fn next_token(&mut self) -> Option<Token> {
        let dialect = self.dialect;
        loop {
            let (at, c) = self.take()?;
            let comments = dialect.trailing_comments && dialect.comments.contains(c);
            if c.is_whitespace() {
                continue;
            }
            if comments {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.take();
                }
                continue;
            }
            return Some(match c {
                ';' if dialect.semicolons => Token::End,
                // Caddy's placeholders are `{name}`.
                '{' if dialect.braces
                    && (dialect.semicolons || !self.peek().is_some_and(char::is_alphanumeric)) =>
                {
                    Token::Open(at)
                }
                '}' if dialect.braces => Token::Close,
                _ if dialect.quotes.contains(c) => Token::Word(self.quoted(at, c)),
                _ => Token::Word(self.bare(at, c)),
            });
        }
    }

    fn quoted(&mut self, at: usize, quote: char) -> Word {
        let mut word = Word::at(at + quote.len_utf8());
        word.quoted = true;
        while let Some((at, c)) = self.take() {
            if c == quote {
                break;
            }
            let escape = c == '\\' && (self.dialect.escapes || self.peek() == Some(quote));
            match escape.then(|| self.take()).flatten() {
                Some((at, escaped)) => word.push(escaped, at),
                None => word.push(c, at),
            }
        }
        word
    }

    fn bare(&mut self, at: usize, first: char) -> Word {
        let mut word = Word::at(at);
        let (mut at, mut c) = (at, first);
        let mut variable = false;
        loop {
            if c == '\\' && self.dialect.escapes {
                if let Some((at, escaped)) = self.take() {
                    word.push(escaped, at);
                }
            } else {
                word.push(c, at);
            }
            let Some(next) = self.peek() else {
                return word;
            };
            // `${name}` is no block.
            let opens = next == '{' && c == '$';
            let ends = next.is_whitespace()
                || self.dialect.semicolons && matches!(next, ';' | '{')
                || self.dialect.braces && next == '}' && !variable;
            if ends && !opens {
                return word;
            }
            variable = opens || variable && next != '}';
            match self.take() {
                Some(taken) => (at, c) = taken,
                None => return word,
            }
        }
    }

    /// Skips a block that contains a program in Lua.
    fn skip_block(&mut self) {
        let mut depth = 1_usize;
        while let Some((_, c)) = self.take() {
            match c {
                '"' | '\'' => {
                    // A string may hold braces.
                    while let Some((_, inner)) = self
                        .take()
                        .filter(|(_, inner)| !matches!(inner, '\n') && *inner != c)
                    {
                        if inner == '\\' {
                            self.take();
                        }
                    }
                }
                '-' if self.peek() == Some('-') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.take();
                    }
                }
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}
