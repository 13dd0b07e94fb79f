use std::fmt;
use std::ops::Range;

use crate::serial::fields;
use pyssl::{Error, SslError};
use serde::Serialize;

/// Why a cipher string was refused, and where.
///
/// The error converts to [`pyssl::Error`]: to Python's `SSLError` if OpenSSL refuses the string
/// too, and otherwise to `ValueError`.
///
/// ```
/// use pyssl_ciphers::cipher::{CipherString, CipherStringErrorKind};
///
/// let e = CipherString::parse("HIGH:!").unwrap_err();
/// assert_eq!((e.kind(), e.column()), (CipherStringErrorKind::MissingName, Some(7)));
/// assert_eq!(e.to_string(), "column 7: a name is missing after `!`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CipherStringError {
    kind: CipherStringErrorKind,
    span: Range<usize>,
    message: Box<str>,
}

/// The kinds of [`CipherStringError`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CipherStringErrorKind {
    /// The string is empty, or has separators only.
    Empty,
    /// The string is longer than [`CipherString::MAX_LEN`](super::CipherString::MAX_LEN).
    TooLong,
    /// The string has a NUL byte, which ends a string in C.
    Nul,
    /// No name follows an operator, or a `+` between names.
    MissingName,
    /// A character that is neither part of a name nor a separator.
    InvalidCharacter,
    /// A command other than `@STRENGTH` and `@SECLEVEL=n`.
    UnknownCommand,
    /// `@SECLEVEL=` without a digit from 0 to 5.
    SecurityLevel,
    /// In strict mode only: the linked OpenSSL does not know a name, or has no suites for it.
    Unknown,
    /// In strict mode only: a part changes nothing.
    Ineffective,
    /// Every part is valid, but the string selects no suite.
    NothingSelected,
    /// OpenSSL failed, or refused a string that seems valid.
    Library,
}

impl CipherStringError {
    pub(super) fn new(
        kind: CipherStringErrorKind,
        span: Range<usize>,
        message: impl Into<Box<str>>,
    ) -> CipherStringError {
        CipherStringError {
            kind,
            span,
            message: message.into(),
        }
    }

    pub(super) fn library(stack: &openssl::error::ErrorStack) -> CipherStringError {
        Self::new(
            CipherStringErrorKind::Library,
            0..0,
            format!("OpenSSL failed: {stack}"),
        )
    }

    /// The error for a string that is valid but that a context rejects.
    pub(crate) fn of_context(error: &Error) -> CipherStringError {
        Self::new(CipherStringErrorKind::Library, 0..0, error.to_string())
    }

    pub(super) fn nothing_selected(len: usize) -> CipherStringError {
        Self::new(
            CipherStringErrorKind::NothingSelected,
            0..len,
            "No cipher can be selected.",
        )
    }

    /// The kind of error.
    pub fn kind(&self) -> CipherStringErrorKind {
        self.kind
    }

    /// The position in the string, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The position in the string, in bytes counted from 1; none for an error of the whole string or
    /// of OpenSSL.
    pub fn column(&self) -> Option<usize> {
        let whole = matches!(
            self.kind,
            CipherStringErrorKind::Empty
                | CipherStringErrorKind::NothingSelected
                | CipherStringErrorKind::Library
        );
        (!whole).then_some(self.span.start + 1)
    }

    /// The error without the column.
    pub fn message(&self) -> &str {
        &self.message
    }
}

fields! {
    /// `kind`, `column` and `message`.
    CipherStringError, this:
    kind = this.kind,
    column = this.column(),
    message = this.message,
}

impl fmt::Display for CipherStringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = self.column() {
            write!(f, "column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for CipherStringError {}

impl From<CipherStringError> for Error {
    /// With Python's text if Python has one: `No cipher can be selected.`
    fn from(error: CipherStringError) -> Error {
        match error.kind {
            CipherStringErrorKind::NothingSelected => ssl_error(error.message),
            CipherStringErrorKind::Nul => Error::Value("embedded null character".into()),
            CipherStringErrorKind::TooLong
            | CipherStringErrorKind::Unknown
            | CipherStringErrorKind::Ineffective => Error::Value(error.to_string().into()),
            _ => ssl_error(format!("No cipher can be selected: {error}")),
        }
    }
}

fn ssl_error(text: impl Into<Box<str>>) -> Error {
    Error::Ssl(Box::new(SslError::new(text)))
}
