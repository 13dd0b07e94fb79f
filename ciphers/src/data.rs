//! Data files: TOML, read with serde.
//!
//! The values in them are parsed here, so that each error names the line and lists the values that
//! are allowed.

use pyssl::TlsVersion;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::cipher::{Group, is_suite, nearest_suite};

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

/// Reads a file.
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

/// The words for versions, in policies and in profiles.
const VERSIONS: [(&str, TlsVersion); 5] = [
    ("SSLv3", TlsVersion::SSLv3),
    ("TLSv1", TlsVersion::TLSv1),
    ("TLSv1.1", TlsVersion::TLSv1_1),
    ("TLSv1.2", TlsVersion::TLSv1_2),
    ("TLSv1.3", TlsVersion::TLSv1_3),
];

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Version(pub(crate) TlsVersion);

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(word: String) -> Result<Version, String> {
        let known = VERSIONS.iter().find(|(name, _)| *name == word);
        known.map(|(_, version)| Version(*version)).ok_or_else(|| {
            let names = VERSIONS.map(|(name, _)| name).join(", ");
            format!("`{word}` is not a version; the versions are {names}")
        })
    }
}

/// The name of a suite, OpenSSL's or the TLS registry's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Suite(pub(crate) Box<str>);

impl TryFrom<String> for Suite {
    type Error = String;

    fn try_from(word: String) -> Result<Suite, String> {
        if is_suite(&word) {
            return Ok(Suite(word.into()));
        }
        Err(match nearest_suite(&word) {
            Some(name) => format!("`{word}` is not a cipher suite; did you mean `{name}`?"),
            None => format!(
                "`{word}` is not a cipher suite; names are OpenSSL's or those of the TLS registry"
            ),
        })
    }
}

/// The name of a group, of the TLS registry or OpenSSL's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct GroupName(pub(crate) Box<str>);

impl TryFrom<String> for GroupName {
    type Error = String;

    fn try_from(word: String) -> Result<GroupName, String> {
        match Group::named(&word) {
            Some(_) => Ok(GroupName(word.into())),
            None => Err(format!(
                "`{word}` is not a group of the TLS registry, such as `x25519` or `secp256r1`"
            )),
        }
    }
}

/// A text that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Text(pub(crate) Box<str>);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Text, &'static str> {
        if text.trim().is_empty() {
            return Err("the text is empty");
        }
        Ok(Text(text.into()))
    }
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
