//! The values of assignments and calls.

use super::Reader;
use crate::config::statement::Change;
use crate::config::text::Word;
use crate::config::tokens::Token;
use crate::config::value::clears_options;

/// The limits of one statement: the number of its values, and of the tokens that are read for them.
const VALUES: usize = 400;
const TOKENS: usize = 4000;

impl Reader<'_> {
    /// Reads the strings and names of a value: strings that are joined count as one.
    pub(super) fn value(&self, from: usize, in_call: bool, level: usize, value: &mut Value) {
        let mut depth = 0_usize;
        let mut at = from;
        // Whether the next string continues the last one.
        let mut joins = false;
        // For each open bracket: the number of words that were read before its current element, and its kind.
        let mut open = vec![(value.words.len(), Bracket::Other)];
        while let Some(token) = self
            .token(at)
            .filter(|_| at < from + TOKENS && value.words.len() < VALUES)
        {
            let next = self.token(at + 1);
            if let Some(choice) = self.choice(at) {
                value.is_conditional = true;
                let element = open.last().map_or(0, |(start, _)| *start);
                if choice == Choice::Next {
                    value.words.truncate(element);
                }
                joins = false;
                at += 1;
                continue;
            }
            match token {
                Token::Text(text) => {
                    match value.words.last_mut().filter(|last| joins && last.quoted) {
                        Some(last) => last.append(text),
                        None => {
                            let mut text = text.clone();
                            text.quoted = true;
                            value.words.push(text);
                        }
                    }
                    joins = true;
                }
                Token::Name(name) => {
                    value.has_target |= level == 0 && self.is_target(at, from);
                    let prefix =
                        next.is_some_and(|t| t.is_one_of(&[".", "::", "->", "(", "{", "["]));
                    let is_key = next.is_some_and(|t| t.is_one_of(&["=", "=>"]))
                        || depth > 0 && next.is_some_and(|t| t.is(":"));
                    let own = name.text();
                    if matches!(self.before(at, 2), [Token::Name(table), dot] if table.text() == "env" && dot.is("."))
                    {
                        value.is_conditional = true;
                    }
                    let constant = self.constants.get(own).filter(|start| {
                        level < 4 && **start != from && !(from..at).contains(*start)
                    });
                    match constant {
                        _ if is_key => {
                            let mut key = name.clone();
                            key.quoted = false;
                            value.words.push(key);
                        }
                        Some(start) if !next.is_some_and(|t| t.is("(")) => {
                            self.value(*start, false, level + 1, value);
                        }
                        _ if !prefix => {
                            value.is_partly_unknown |= depth > 0 && self.is_unknown_element(at);
                            value.words.push(name.clone());
                        }
                        _ => {}
                    }
                    joins = false;
                }
                Token::Sign("(" | "[" | "{", _) => {
                    depth += 1;
                    open.push((value.words.len(), self.bracket(at)));
                }
                Token::Sign(")" | "]" | "}", _) => match depth.checked_sub(1) {
                    Some(less) => {
                        depth = less;
                        if let Some((start, Bracket::Key)) = open.pop() {
                            value.words.truncate(start);
                            value.is_conditional = true;
                        }
                    }
                    None => return,
                },
                Token::Sign("," | ";", _) if depth == 0 && !in_call => return,
                Token::Sign("," | ";", _) => {
                    joins = false;
                    if let Some((start, bracket)) = open.last_mut() {
                        if *bracket == Bracket::Key {
                            // In `getenv("CIPHERS", "HIGH")`, the second argument is the default.
                            value.words.truncate(*start);
                            value.is_conditional = true;
                            *bracket = Bracket::Other;
                        }
                        *start = value.words.len();
                    }
                }
                Token::Sign("+" | "." | "..", _) => {
                    value.is_partly_unknown |= self.joins_a_variable(at);
                }
                Token::Sign("\\", _) => {}
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
                Token::Sign("|", _) => {
                    joins = false;
                    value.signs.push(('|', depth));
                }
                Token::Other(sign @ ('~' | '!' | '&' | '^' | '-'), _) => {
                    joins = false;
                    if self.is_operator(at, *sign) {
                        value.signs.push((*sign, depth));
                    }
                }
                Token::Sign(..) | Token::Other(..) => joins = false,
            }
            at += 1;
        }
    }

    /// Whether this name is the one to which the value at `from` is assigned.
    fn is_target(&self, at: usize, from: usize) -> bool {
        let named = |at: usize| {
            let object = match self.before(at, 2) {
                [Token::Name(object), dot] if dot.is_one_of(&[".", "->", "::"]) => Some(object),
                _ => None,
            };
            match self.token(at)? {
                Token::Name(name) => Some((object.map(Word::text), name.text())),
                _ => None,
            }
        };
        let target = from.checked_sub(2).and_then(named);
        target.is_some() && named(at) == target
    }

    /// Whether a sign computes a value from bits. Some languages have `&` before a name for its address, `-` before a
    /// number, and `!` behind the name of a macro.
    fn is_operator(&self, at: usize, sign: char) -> bool {
        let before = self.before(at, at.min(20)).iter().rev();
        let operand = before
            .filter(|token| !matches!(token, Token::Break))
            .map(|token| {
                matches!(token, Token::Name(_) | Token::Text(_)) || token.is_one_of(&[")", "]"])
            });
        let follows_operand = operand.take(1).any(|is_operand| is_operand);
        match sign {
            '~' => true,
            '!' => !follows_operand,
            _ => follows_operand,
        }
    }

    /// Whether a token chooses between two values: `x || "HIGH"`, `x ? "HIGH" : "ALL"`, `"HIGH" if x else "ALL"`.
    fn choice(&self, at: usize) -> Option<Choice> {
        if self.language.dashes || self.language.terms {
            return None;
        }
        let before = at.checked_sub(1);
        match self.token(at)? {
            Token::Name(name) => match name.text() {
                "or" | "else" | "unwrap_or" | "unwrap_or_else" | "orElse" => Some(Choice::Next),
                "if" | "unless" | "match" | "switch" | "when" => Some(Choice::Starts),
                _ => None,
            },
            Token::Sign("|", _) => {
                let is_second = before
                    .and_then(|at| self.token(at))
                    .is_some_and(|t| t.is("|"));
                is_second.then_some(Choice::Next)
            }
            // Before these signs, `?` does not choose: `options?.ciphers`.
            Token::Other('?', _) if !self.token(at + 1)?.is_one_of(&[".", ",", ";", ")"]) => {
                Some(Choice::Next)
            }
            // The colon of `x ? "HIGH" : "ALL"`.
            Token::Sign(":", _) => self.follows_mark.get(at)?.then_some(Choice::Next),
            _ => None,
        }
    }

    /// The effect of a statement on options that were set before.
    pub(super) fn change(&self, at: usize, calls: bool, value: &Value) -> Change {
        let (Some(Token::Name(name)), Some(Token::Sign(sign, _))) =
            (self.token(at), self.token(at + 1))
        else {
            return Change::Adds;
        };
        if !self.has_expressions() {
            return Change::Adds;
        }
        let mut signs = &value.signs[..];
        match *sign {
            "&=" => match signs.split_first() {
                // The value must be the complement of one operand: `~A`, `~(A | B)`.
                Some((('~' | '!', 0), rest)) if rest.iter().all(|(_, depth)| *depth > 0) => {
                    signs = rest;
                }
                _ => return Change::Unclear,
            },
            "^=" => return Change::Unclear,
            _ => {}
        }
        let has_masks = signs.iter().any(|(sign, _)| *sign != '|');
        let takes_away = matches!(*sign, "&=" | "-=") || calls && clears_options(name.text());
        match *sign {
            _ if has_masks => Change::Unclear,
            _ if takes_away => Change::TakesAway,
            "=" | ":=" if !value.has_target => Change::Replaces,
            _ => Change::Adds,
        }
    }

    /// The kind of the bracket at this place: [`Bracket::Key`] in `getenv("CIPHERS")` and `ENV['CIPHERS']`.
    fn bracket(&self, at: usize) -> Bracket {
        const FUNCTIONS: [&str; 7] = [
            "get",
            "getenv",
            "fetch",
            "getproperty",
            "getordefault",
            "lookupenv",
            "var",
        ];
        const TABLES: [&str; 3] = ["env", "environ", "_env"];
        let Some(Token::Name(name)) = at.checked_sub(1).and_then(|at| self.token(at)) else {
            return Bracket::Other;
        };
        let name = name.text().to_ascii_lowercase();
        let is_key = match self.token(at) {
            Some(Token::Sign("(", _)) => FUNCTIONS.contains(&&*name) || name == "env",
            Some(Token::Sign("[", _)) => TABLES.contains(&&*name),
            _ => false,
        };
        match is_key {
            true => Bracket::Key,
            false => Bracket::Other,
        }
    }

    /// Whether a name in a list is a variable whose value is not in this file.
    fn is_unknown_element(&self, at: usize) -> bool {
        let mut first = at;
        while let [Token::Name(_), dot] = self.before(first, 2) {
            if !dot.is_one_of(&[".", "::"]) {
                break;
            }
            first -= 2;
        }
        let starts = match self.before(first, 1) {
            [token] => {
                token.is_one_of(&["[", "{", ","])
                    || matches!(token, Token::Other('*', _) | Token::Break)
            }
            _ => false,
        };
        let ends = self
            .token(at + 1)
            .is_some_and(|t| t.is_one_of(&[",", "]", "}"]));
        starts && ends && self.is_unknown(at)
    }

    /// Whether the sign at this place joins a value with a variable whose value is not in this file. A dot joins strings in
    /// PHP, and before a name it may be the last of three dots.
    fn joins_a_variable(&self, at: usize) -> bool {
        let is_break = |token: &&Token| matches!(token, Token::Break);
        let lines = self.tokens.get(at + 1..).unwrap_or_default().iter();
        let mut next = at + 1 + lines.take_while(is_break).count();
        let is_text = |token: Option<&Token>| matches!(token, Some(Token::Text(_)));
        let previous = at.checked_sub(1).and_then(|at| self.token(at));
        let after_text = is_text(previous);
        let after_name = matches!(previous, Some(Token::Name(_))) && self.is_unknown(at - 1);
        if self.tokens.get(at).is_some_and(|token| token.is(".")) {
            let after_dots = previous.is_some_and(|token| token.is(".."));
            let calls = self.token(next + 1).is_some_and(|t| t.is("("));
            let joins = (after_text || after_dots) && !calls;
            let named = matches!(self.token(next), Some(Token::Name(_)));
            return joins && named && self.is_unknown(next)
                || after_name && is_text(self.token(next));
        }
        let after_list = previous.is_some_and(|t| t.is_one_of(&["]", ")"]));
        let is_list = |token: Option<&Token>| token.is_some_and(|t| t.is_one_of(&["[", "("]));
        if after_name && (is_text(self.token(next)) || is_list(self.token(next))) {
            return true;
        }
        // The value is the last name of a path: `settings.extra`.
        while self
            .token(next + 1)
            .is_some_and(|t| t.is_one_of(&[".", "::", "->"]))
        {
            next += 2;
        }
        let calls = self.token(next + 1).is_some_and(|t| t.is("("));
        let named = matches!(self.token(next), Some(Token::Name(_)));
        (after_text || after_list) && named && (calls || self.is_unknown(next))
    }

    /// Whether the value of a name is not in this file. The names of suites and of versions are constants of a library.
    fn is_unknown(&self, at: usize) -> bool {
        let Some(Token::Name(name)) = self.token(at) else {
            return false;
        };
        let lower = name.text().to_ascii_lowercase();
        let is_library = lower.contains("tls") || lower.contains("ssl");
        let is_word = lower.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let is_literal = matches!(lower.as_str(), "none" | "null" | "nil" | "true" | "false");
        is_word && !is_library && !is_literal && !self.constants.contains_key(name.text())
    }
}

/// The effect of a token that makes a value depend on a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// An alternative follows. It replaces the value that was read before.
    Next,
    /// The value depends on a condition. The words before the token are kept.
    Starts,
}

/// The content of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    /// The name of a value outside the file, such as an environment variable. A default may follow.
    Key,
    Other,
}

/// The strings and names of a value.
#[derive(Debug, Default)]
pub(super) struct Value {
    pub(super) words: Vec<Word>,
    /// Whether a part of the value is a variable that this file does not assign.
    pub(super) is_partly_unknown: bool,
    /// Whether the value depends on a condition, or is the default of a value outside the file.
    pub(super) is_conditional: bool,
    /// The signs that compute the value from bits, each with the number of brackets around it.
    signs: Vec<(char, usize)>,
    /// Whether the value contains the name to which it is assigned: `ctx.options = ctx.options | OP_ALL`.
    has_target: bool,
}
