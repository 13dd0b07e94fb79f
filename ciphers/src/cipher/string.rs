use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::CipherStringErrorKind as Kind;
use super::library::{Known, Library};
use super::rules::Rule;
use super::selector::Selector;
use super::{CipherStringError, Operator, Part, PartKind, Term};

/// A cipher string, read as the linked OpenSSL reads it.
///
/// ```python
/// context.set_ciphers("HIGH:!aNULL:!MD5")
/// ```
/// ```
/// # use pyssl as ssl;
/// let string = pyssl_ciphers::cipher::CipherString::parse("HIGH:!aNULL:!MD5")?;
/// let resolved = string.resolve()?;
/// for suite in resolved.ciphers() {
///     println!("{} {:?}", suite.name, suite.standard_name);
/// }
/// # assert!(resolved.ciphers().len() > 30);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// The grammar is the same in every OpenSSL since 1.1.0. Parts are separated by `:`, `,`, `;` or
/// blanks; a part is an operator (none, `!`, `-`, `+`) and names joined by `+`, or a command
/// (`@STRENGTH`, `@SECLEVEL=n`); `DEFAULT` may stand first. OpenSSL silently ignores a part with a
/// name that it does not know. [`CipherString::strict`] refuses such a part.
///
/// The linked OpenSSL decides which names are known, whether their letter case matters, and whether
/// names of the TLS registry are accepted.
///
/// In OpenSSL: `SSL_CTX_set_cipher_list`, ciphers(1).
#[doc(alias = "SSL_CTX_set_cipher_list")]
#[derive(Clone)]
pub struct CipherString {
    text: Box<str>,
    parts: Vec<Part>,
    pub(super) library: Arc<Library>,
}

impl CipherString {
    /// The cipher string of every new context in Python, since 3.10.
    ///
    /// ```python
    /// ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).get_ciphers()
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # use pyssl_ciphers::cipher::CipherString;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// let default = CipherString::parse(CipherString::PYTHON_DEFAULT)?;
    /// assert_eq!(context.get_ciphers()?, default.resolve()?.ciphers());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Source: `PY_SSL_DEFAULT_CIPHER_STRING` in CPython's `Modules/_ssl.c`.
    pub const PYTHON_DEFAULT: &'static str = pyssl::PYTHON_DEFAULT_CIPHERS;

    /// The longest string that is accepted, in bytes. OpenSSL has no limit; real strings have less
    /// than 2,000.
    pub const MAX_LEN: usize = 64 * 1024;

    /// Reads a string.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`] with the column, if OpenSSL refuses the string, or if it is empty, longer
    /// than [`MAX_LEN`](Self::MAX_LEN), or has a NUL.
    pub fn parse(text: &str) -> Result<CipherString, CipherStringError> {
        CipherString::parse_with(text, Library::current()?)
    }

    pub(super) fn parse_with(
        text: &str,
        library: Arc<Library>,
    ) -> Result<CipherString, CipherStringError> {
        check_characters(text)?;
        let known = library.ask(words(text, &library))?;
        let parts = Reader {
            text,
            library: &library,
            known: &known,
            at: 0,
            parts: Vec::new(),
        }
        .read()?;
        if parts.is_empty() {
            return Err(CipherStringError::new(
                Kind::Empty,
                0..text.len(),
                "the string has no names",
            ));
        }
        Ok(CipherString {
            text: text.into(),
            parts,
            library,
        })
    }

    /// The string that `DEFAULT` stands for in the linked OpenSSL.
    ///
    /// ```
    /// # use pyssl_ciphers::cipher::CipherString;
    /// let written_out = CipherString::parse(CipherString::openssl_default())?;
    /// let default = CipherString::parse("DEFAULT")?;
    /// assert!(default.diff(&written_out)?.is_empty());
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    ///
    /// In OpenSSL: `OSSL_default_cipher_list`.
    #[doc(alias = "OSSL_default_cipher_list")]
    pub fn openssl_default() -> &'static str {
        pyssl::openssl_default_ciphers()
    }

    /// The name of a suite of the linked OpenSSL that is nearest to a misspelt one.
    pub(crate) fn nearest_suite(name: &str) -> Option<&'static str> {
        let library = Library::current().ok()?;
        let nearest = library.nearest(&name.replace('_', "-"))?;
        library.suite_named(nearest).map(|_| nearest)
    }

    /// The string as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parts of the string, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The security level that the string sets, if it does: the last `@SECLEVEL=n`.
    pub fn security_level(&self) -> Option<u8> {
        self.parts.iter().rev().find_map(|part| match part.kind {
            PartKind::SecurityLevel(level) => Some(level),
            _ => None,
        })
    }
}

impl fmt::Debug for CipherString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CipherString")
            .field("text", &self.text)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CipherString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for CipherString {
    /// Compares the texts; [`CipherString::diff`] compares the selected suites.
    fn eq(&self, other: &CipherString) -> bool {
        self.text == other.text
    }
}

impl Eq for CipherString {}

impl FromStr for CipherString {
    type Err = CipherStringError;

    fn from_str(text: &str) -> Result<CipherString, CipherStringError> {
        CipherString::parse(text)
    }
}

pub(super) fn check_characters(text: &str) -> Result<(), CipherStringError> {
    let refuse = |kind, span, message: String| Err(CipherStringError::new(kind, span, message));
    if text.len() > CipherString::MAX_LEN {
        let message = format!(
            "the string has {} bytes; the maximum is {}",
            text.len(),
            CipherString::MAX_LEN
        );
        return refuse(Kind::TooLong, CipherString::MAX_LEN..text.len(), message);
    }
    if let Some(at) = text.find('\0') {
        return refuse(Kind::Nul, at..at + 1, "embedded null character".into());
    }
    Ok(())
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b' ' | b';' | b',')
}

fn is_name(byte: u8, library: &Library) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'=')
        || (byte == b'_' && library.underscore)
}

/// All words of a text that may be names. A name can follow `DEFAULT` without a separator.
fn words<'a>(text: &'a str, library: &Library) -> impl Iterator<Item = &'a str> {
    let other = |c: char| !u8::try_from(c).is_ok_and(|b| is_name(b, library));
    let behind_default = text
        .get(DEFAULT.len()..)
        .and_then(|text| text.split(other).next());
    text.split(other)
        .chain(behind_default)
        // A `-` at the start of a word can be an operator, so the rest of the word may be a name
        // too.
        .flat_map(|word| [word, word.strip_prefix('-').unwrap_or("")])
        .filter(|word| !word.is_empty())
}

const DEFAULT: &str = "DEFAULT";
/// The keywords of Suite B, each with its suites. `SUITEB128` is after the longer keywords that
/// begin with it, because the first match counts.
const SUITE_B: [(&str, &[&str]); 4] = [
    ("SUITEB128ONLY", &["ECDHE-ECDSA-AES128-GCM-SHA256"]),
    ("SUITEB128C2", &["ECDHE-ECDSA-AES256-GCM-SHA384"]),
    (
        "SUITEB128",
        &[
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384",
        ],
    ),
    ("SUITEB192", &["ECDHE-ECDSA-AES256-GCM-SHA384"]),
];
const PROFILE: &str = "PROFILE=";

struct Reader<'a> {
    text: &'a str,
    library: &'a Library,
    known: &'a Known,
    at: usize,
    parts: Vec<Part>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Vec<Part>, CipherStringError> {
        if self.read_prefix() {
            return Ok(self.parts);
        }
        while let Some(byte) = self.peek() {
            if is_separator(byte) {
                self.at += 1;
                continue;
            }
            self.read_part(byte)?;
        }
        Ok(self.parts)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.text.get(..prefix.len()).is_some_and(|start| {
            start == prefix || (self.library.ignores_case && start.eq_ignore_ascii_case(prefix))
        })
    }

    /// Reads a name that has a meaning only at the start. True if OpenSSL ignores the rest of the
    /// string.
    fn read_prefix(&mut self) -> bool {
        if let Some((prefix, suites)) = SUITE_B.into_iter().find(|(p, _)| self.starts_with(p)) {
            let suites = suites.iter().filter_map(|s| self.library.suite_named(s));
            let rule = Rule::Enable(suites.collect());
            self.at = prefix.len();
            self.push(0, Operator::Add, PartKind::SuiteB, Vec::new(), rule);
            let start = self.at;
            self.at = self.text.len();
            if start < self.at {
                let kind = PartKind::Unread;
                self.push(start, Operator::Add, kind, Vec::new(), Rule::Nothing);
            }
            return true;
        }
        if self.starts_with(DEFAULT) {
            self.at = DEFAULT.len();
            let kind = PartKind::Default;
            self.push(0, Operator::Add, kind, Vec::new(), Rule::Default);
        } else if self.library.profiles && self.starts_with(PROFILE) {
            self.skip_to_separator();
            let kind = PartKind::Profile;
            self.push(0, Operator::Add, kind, Vec::new(), Rule::Nothing);
        }
        false
    }

    fn read_part(&mut self, first: u8) -> Result<(), CipherStringError> {
        let start = self.at;
        let operator = match first {
            b'-' => Operator::Remove,
            b'+' => Operator::MoveToEnd,
            b'!' => Operator::Kill,
            b'@' => Operator::Command,
            _ => Operator::Add,
        };
        self.at += usize::from(operator != Operator::Add);
        if operator == Operator::Command {
            return self.read_command(start);
        }
        let mut terms = Vec::new();
        let mut selector = Selector::default();
        let mut forgets = false;
        loop {
            let (text, at) = self.read_name(start)?;
            let more = self.peek() == Some(b'+');
            let known = self.library.selector(text, self.known);
            let text = match known {
                Some(_) => text,
                None => self.whole_word(at),
            };
            let meaning = self.library.alias(text).map(|alias| alias.meaning);
            terms.push(Term {
                text: text.into(),
                start: at,
                known: known.is_some(),
                meaning,
            });
            let Some(next) = known else {
                self.skip_to_separator();
                self.push(start, operator, PartKind::Unknown, terms, Rule::Nothing);
                return Ok(());
            };
            self.at += usize::from(more);
            forgets |= selector.forgets_default(&next);
            let Some(joined) = selector.and(&next) else {
                self.skip_to_separator();
                let kind = PartKind::Contradiction;
                self.push(start, operator, kind, terms, Rule::Nothing);
                return Ok(());
            };
            selector = joined;
            if !more {
                break;
            }
        }
        let rule = match operator {
            Operator::Remove => Rule::Remove(selector),
            Operator::MoveToEnd => Rule::MoveToEnd(selector),
            Operator::Kill => Rule::Kill(selector),
            _ => Rule::Add(selector),
        };
        self.push(start, operator, PartKind::Selection, terms, rule);
        if let Some(part) = self.parts.last_mut() {
            part.forgets_default = forgets;
        }
        Ok(())
    }

    fn read_command(&mut self, start: usize) -> Result<(), CipherStringError> {
        let (name, at) = self.read_name(start)?;
        let span = at..at + name.len();
        let upper = name.to_ascii_uppercase();
        let name = if self.library.ignores_case {
            &upper
        } else {
            name
        };
        let (kind, rule) = match name.strip_prefix("SECLEVEL=") {
            None if name == "STRENGTH" => (PartKind::Strength, Rule::SortByStrength),
            None => {
                return Err(CipherStringError::new(
                    Kind::UnknownCommand,
                    span,
                    format!(
                        "`@{name}` is not a command; the commands are @STRENGTH and @SECLEVEL=n"
                    ),
                ));
            }
            Some(level) => match level.parse::<u8>() {
                Ok(level @ 0..=5) if name.len() == 10 => {
                    (PartKind::SecurityLevel(level), Rule::Nothing)
                }
                _ => {
                    let message = match level {
                        "" => "a security level from 0 to 5 is missing".to_owned(),
                        _ => format!("`{level}` is not a security level; the levels are 0 to 5"),
                    };
                    return Err(CipherStringError::new(
                        Kind::SecurityLevel,
                        span.start + "SECLEVEL=".len()..span.end,
                        message,
                    ));
                }
            },
        };
        // OpenSSL ignores everything up to the next separator.
        self.skip_to_separator();
        self.push(start, Operator::Command, kind, Vec::new(), rule);
        Ok(())
    }

    /// The name at the current position, and where it starts.
    fn read_name(&mut self, part: usize) -> Result<(&'a str, usize), CipherStringError> {
        let start = self.at;
        while self.peek().is_some_and(|b| is_name(b, self.library)) {
            self.at += 1;
        }
        if self.at > start {
            return Ok((&self.text[start..self.at], start));
        }
        let before = &self.text[part..start];
        let character = self.text[start..].chars().next();
        let end = start + character.map_or(0, char::len_utf8);
        let (kind, message) = match self.peek().filter(|b| !is_separator(*b)) {
            Some(byte) => (Kind::InvalidCharacter, self.cannot_stand_here(byte)),
            None => (
                Kind::MissingName,
                format!("a name is missing after `{before}`"),
            ),
        };
        Err(CipherStringError::new(kind, start..end, message))
    }

    /// Why a character is refused, and the text that the author probably meant.
    fn cannot_stand_here(&self, byte: u8) -> String {
        let why = match byte {
            b'\'' | b'"' => "; was a quote left around the string?".to_owned(),
            b'\\' => "; it belongs to a shell's command line".to_owned(),
            b'#' => "; a cipher string has no comments".to_owned(),
            b'*' => "; there are no wildcards".to_owned(),
            b'%' => "; `%` belongs to a priority string of GnuTLS".to_owned(),
            b'[' | b']' | b'|' => "; only BoringSSL has groups of equal preference".to_owned(),
            b'_' if self.text[self.at..].starts_with("_SUSE") => {
                "; only SUSE's OpenSSL knows `DEFAULT_SUSE`; elsewhere, write `DEFAULT`".to_owned()
            }
            b'_' => self
                .with_dashes()
                .map_or(String::new(), |name| format!("; did you mean `{name}`?")),
            _ => String::new(),
        };
        match byte {
            b'!'..=b'~' => format!("`{}` is not allowed in a name{why}", char::from(byte)),
            0x80.. => {
                let character = self.text[self.at..].chars().next();
                format!(
                    "`{}` is not allowed in a name",
                    character.unwrap_or('\u{fffd}')
                )
            }
            _ => format!("`{}` is not allowed in a name", byte.escape_ascii()),
        }
    }

    /// The name that the current word probably means: the word with dashes instead of underscores,
    /// or the known name that is nearest to it.
    fn with_dashes(&self) -> Option<&'a str> {
        let ends = |c: char| matches!(c, ':' | ' ' | ';' | ',' | '!' | '+' | '@');
        let start = self.text[..self.at].rfind(ends).map_or(0, |at| at + 1);
        let word = self.text[start..].split(ends).next()?.replace('_', "-");
        let word = word.trim_start_matches('-');
        match self.library.suite_named(word) {
            Some(index) => Some(self.library.suite(index).cipher.name),
            None => self.library.nearest(word),
        }
    }

    /// The whole word at `start`. It may contain underscores, at which older versions stop, and letters
    /// outside ASCII, at which all versions stop.
    fn whole_word(&self, start: usize) -> &'a str {
        let rest = &self.text[start..];
        let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '=' | '_');
        rest.find(|c| !word(c)).map_or(rest, |end| &rest[..end])
    }

    fn skip_to_separator(&mut self) {
        while self.peek().is_some_and(|b| !is_separator(b)) {
            self.at += 1;
        }
    }

    fn push(
        &mut self,
        start: usize,
        operator: Operator,
        kind: PartKind,
        terms: Vec<Term>,
        rule: Rule,
    ) {
        let glued = start > 0 && !is_separator(self.text.as_bytes()[start - 1]);
        self.parts.push(Part {
            text: self.text[start..self.at].into(),
            start,
            operator,
            kind,
            terms,
            glued,
            forgets_default: false,
            rule,
        });
    }
}
