//! Data files: TOML, read with serde.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// Why a policy or a file of profiles could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DataError {
    line: usize,
    message: Box<str>,
}

impl DataError {
    pub(crate) fn new(line: usize, message: impl Into<Box<str>>) -> DataError {
        let message = message.into();
        DataError { line, message }
    }

    /// The line of the error, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The error without the line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Reads the text of a data file.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, DataError> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        // For a value in a list, the span is that of the whole list. So the line is found by the
        // word that the message quotes.
        let word = error.message().split('`').nth(1).unwrap_or("");
        let in_list = text.get(span.clone()).filter(|list| list.starts_with('['));
        let start = span.start + in_list.and_then(|list| list.find(word)).unwrap_or(0);
        let before = text.get(..start).unwrap_or(text);
        let message = error.message().trim().replace('\n', ", ");
        DataError::new(before.matches('\n').count() + 1, message)
    })
}

/// Reads a list, which must not be empty.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(serde::de::Error::custom("the list is empty"));
    }
    Ok(list)
}
