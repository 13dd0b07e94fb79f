use std::fmt;
use std::ops::Range;

use super::rules::Rule;

/// One part of a [`CipherString`](super::CipherString): an operator and what it applies to.
///
/// ```
/// use pyssl_ciphers::cipher::{CipherString, Operator};
///
/// let string = CipherString::parse("HIGH:!aNULL:+kRSA+AES128")?;
/// let last = &string.parts()[2];
/// assert_eq!((last.text(), last.column()), ("+kRSA+AES128", 13));
/// assert_eq!(last.operator(), Operator::MoveToEnd);
/// assert_eq!(last.terms().len(), 2);
/// # Ok::<(), pyssl::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub(super) text: Box<str>,
    pub(super) start: usize,
    pub(super) operator: Operator,
    pub(super) kind: PartKind,
    pub(super) terms: Vec<Term>,
    pub(super) glued: bool,
    pub(super) forgets_default: bool,
    pub(super) rule: Rule,
}

/// The operator of a part.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// No operator: suites that are not in the list yet are put at its end.
    Add,
    /// `-`: suites leave the list; a later part can bring them back.
    Remove,
    /// `+`: suites that are in the list move to its end.
    MoveToEnd,
    /// `!`: suites leave the list, and no later part can bring them back.
    Kill,
    /// `@`: a command.
    Command,
}

/// The kind of a part.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Names that the linked OpenSSL knows; a suite must match all of them.
    Selection,
    /// Known names that exclude each other, such as `RSA+ECDHE`: no suite matches.
    Contradiction,
    /// At least one name that the linked OpenSSL does not know; it ignores the whole part.
    Unknown,
    /// `DEFAULT`, which has a meaning only at the start.
    Default,
    /// `SUITEB128`, `SUITEB128ONLY`, `SUITEB128C2` or `SUITEB192`, which replace the whole string.
    SuiteB,
    /// `PROFILE=SYSTEM`, where the distribution's OpenSSL has it.
    Profile,
    /// `@STRENGTH`.
    Strength,
    /// `@SECLEVEL=n`.
    SecurityLevel(u8),
    /// Text after `SUITEB…`, which OpenSSL ignores.
    Unread,
}

/// A name in a [`Part`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub(super) text: Box<str>,
    pub(super) start: usize,
    pub(super) known: bool,
    pub(super) meaning: Option<&'static str>,
}

impl Term {
    /// The name as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The position in the string, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The position in the string, in bytes counted from 1.
    pub fn column(&self) -> usize {
        self.start + 1
    }

    /// Whether the linked OpenSSL knows the name.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// The meaning of a name for several suites, in words.
    pub fn meaning(&self) -> Option<&'static str> {
        self.meaning
    }
}

impl Part {
    /// The part as written, operator included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The position in the string, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The position in the string, counted from 1.
    pub fn column(&self) -> usize {
        self.start + 1
    }

    /// The operator.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The kind of the part.
    pub fn kind(&self) -> PartKind {
        self.kind
    }

    /// The names, joined by `+` in the string; none for a command.
    ///
    /// OpenSSL stops reading at the first name that it does not know.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether the part follows the one before it without a separator, as `!SHA1` does in
    /// `AES128!SHA1`.
    pub fn is_glued(&self) -> bool {
        self.glued
    }

    /// The first name that the linked OpenSSL does not know.
    pub fn unknown(&self) -> Option<&Term> {
        self.terms.iter().find(|t| !t.known)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
