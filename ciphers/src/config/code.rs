//! Assignments and calls in source code, and in configuration files that are programs or lists of
//! terms.
//!
//! This is not a parser for the languages. It recognises strings, comments, brackets and names, and
//! finds assignments to names and calls of names.

mod value;

use std::collections::HashMap;

use super::statement::{Block, Builder};
use super::tokens::{Language, Token, tokens};
use value::Value;

/// The words that start a branch.
const BRANCHES: [&str; 8] = [
    "if", "else", "elseif", "switch", "match", "catch", "unless", "while",
];

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
    let mut marked = false;
    let follows_mark = tokens.iter().map(|token| {
        marked &= !token.is_one_of(&[",", ";", "{", "[", "("]);
        let follows = marked;
        marked |= matches!(token, Token::Other('?', _));
        follows
    });
    let mut reader = Reader {
        language,
        follows_mark: follows_mark.collect(),
        constants: constants(&tokens),
        tokens,
        functions: 0,
        within_branch: false,
        receivers: HashMap::new(),
    };
    // For each open bracket: the depth of the blocks around it, and whether its content depends on a condition.
    let mut brackets: Vec<(usize, bool)> = Vec::new();
    for at in 0..reader.tokens.len() {
        match &reader.tokens[at] {
            token if token.is_one_of(&["(", "[", "{"]) => {
                let outer = brackets.last().is_some_and(|(_, outer)| *outer);
                let within = outer || token.is("{") && reader.is_branch(at);
                brackets.push((builder.stack.len(), within));
                let (kind, offset) = reader.name_of_bracket(at);
                builder.open(&kind, "", offset);
                if let Some(variable) = reader.variable_of_literal(at) {
                    let key = (variable, reader.functions);
                    reader.receivers.insert(key, builder.stack.clone());
                }
            }
            token if token.is_one_of(&[")", "]", "}"]) => {
                if let Some((depth, _)) = brackets.pop() {
                    builder.close_to(depth.max(base));
                }
                if brackets.is_empty() && token.is("}") {
                    reader.functions += 1;
                }
            }
            Token::Name(_) | Token::Text(_) => {
                reader.within_branch = brackets.last().is_some_and(|(_, within)| *within);
                reader.statement(at, base, builder, visit);
            }
            _ => {}
        }
    }
    builder.close_to(base);
}

struct Reader<'a> {
    language: &'a Language,
    tokens: Vec<Token>,
    /// For each token, whether a `?` precedes it in the same element of a statement.
    follows_mark: Vec<bool>,
    /// The names that are assigned, each with the index of the first token of its value.
    constants: HashMap<String, usize>,
    /// Counts the keywords that start functions, and the ends of top-level blocks. The number
    /// distinguishes variables of the same name in different functions.
    functions: usize,
    /// Whether the current token is inside a branch, such as `if (legacy) { ... }`.
    within_branch: bool,
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
        let reduces = next.is_one_of(&["&=", "-=", "^="])
            && name.text().to_ascii_lowercase().contains("options");
        let assigns = next.is_one_of(&["=", ":", "=>", ":=", "+=", "|="]) || reduces;
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
        let mut value = Value::default();
        self.value(first, calls || term, 0, &mut value);
        let change = self.change(at, calls, &value);
        let mut path = self.path(at, calls, builder);
        if term {
            // Leaves out the bracket around the name and its value.
            path.pop();
        }
        builder.add_in(path, name, value.words);
        if let Some(statement) = builder.statements.last_mut() {
            statement.is_partly_unknown = value.is_partly_unknown;
            statement.is_conditional = value.is_conditional;
            statement.change = change;
            statement.is_in_branch |= self.within_branch || self.follows_condition(at);
        }
        visit(builder);
    }

    /// Whether the language has variables and calls.
    fn has_expressions(&self) -> bool {
        !self.language.dashes && self.language.sections.is_empty() && !self.language.terms
    }

    /// The blocks around a statement: the open brackets, or instead the object whose method is
    /// called or whose attribute is set.
    fn path(&mut self, at: usize, calls: bool, builder: &mut Builder) -> Vec<Block> {
        let path = builder.stack.clone();
        if !self.has_expressions() {
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

    /// Whether a brace opens a branch: `if a {`, `} else {`.
    fn is_branch(&self, at: usize) -> bool {
        let mut depth = 0_usize;
        let mut is_line = false;
        for token in self.before(at, at.min(200)).iter().rev() {
            match token {
                Token::Sign(")" | "]", _) => depth += 1,
                Token::Sign("(" | "[", _) => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return false,
                },
                _ if depth > 0 => {}
                // The brace may be on a line of its own.
                Token::Break if is_line => return false,
                Token::Break => continue,
                Token::Sign("{" | "}", _) => return false,
                Token::Other('?', _) => return true,
                Token::Name(name) if BRANCHES.contains(&name.text()) => return true,
                _ => {}
            }
            is_line = true;
        }
        false
    }

    /// Whether a statement without braces follows a condition: `if (legacy) set(...)`.
    fn follows_condition(&self, at: usize) -> bool {
        let mut first = at;
        while let [Token::Name(_), dot] = self.before(first, 2) {
            if !dot.is_one_of(&[".", "->", "::"]) {
                break;
            }
            first -= 2;
        }
        let before = self.before(first, first.min(200)).iter().rev();
        let mut before = before.skip_while(|token| matches!(token, Token::Break));
        match before.next() {
            Some(Token::Name(name)) => name.text() == "else",
            Some(token) if token.is(")") => {
                let mut depth = 1_usize;
                for token in before.by_ref() {
                    depth += usize::from(token.is(")"));
                    depth -= usize::from(token.is("("));
                    if depth == 0 {
                        break;
                    }
                }
                matches!(before.next(), Some(Token::Name(name)) if BRANCHES.contains(&name.text()))
            }
            _ => false,
        }
    }

    /// The tokens before a token, as many as this.
    fn before(&self, at: usize, count: usize) -> &[Token] {
        let start = at.checked_sub(count);
        let tokens = start.and_then(|start| self.tokens.get(start..at));
        tokens.unwrap_or_default()
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
