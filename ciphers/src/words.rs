//! The words in data files: versions, suites, groups. The error for an unknown word lists those that are
//! allowed.

use pyssl::TlsVersion;
use serde::Deserialize;

use crate::cipher::signature::signature_number;
use crate::cipher::{Group, is_suite, nearest_suite};

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

/// The name of a signature scheme, of the TLS registry or OpenSSL's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SignatureName(pub(crate) u16);

impl TryFrom<String> for SignatureName {
    type Error = String;

    fn try_from(word: String) -> Result<SignatureName, String> {
        match signature_number(&word) {
            Some(number) => Ok(SignatureName(number)),
            None => Err(format!(
                "`{word}` is not a signature scheme of the TLS registry, such as `ecdsa_secp256r1_sha256`"
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
