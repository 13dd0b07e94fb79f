//! The words with which a policy selects suites.

use serde::Deserialize;

use super::is_named;
use crate::CipherExt;
use crate::cipher::is_suite;
use crate::cipher::names::{self, Alias};
use crate::cipher::selector::Selector;
use crate::cipher::{Cipher, Weakness};

/// Suites that a rule forbids or avoids.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Pattern {
    Weakness(Weakness),
    Several(&'static Alias, Selector),
    /// Suites that fit every pattern: `kRSA+AESGCM`.
    All(Box<str>, Vec<Pattern>),
    Suite(Box<str>),
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(word: String) -> Result<Pattern, String> {
        if let Some(weakness) = Weakness::from_slug(&word) {
            return Ok(Pattern::Weakness(weakness));
        }
        if let Some(alias) = names::alias(&word) {
            return Ok(Pattern::Several(alias, alias.selector()));
        }
        if let Some((first, rest)) = word.split_once('+') {
            let all = vec![
                Pattern::try_from(first.to_owned())?,
                Pattern::try_from(rest.to_owned())?,
            ];
            return Ok(Pattern::All(word.into(), all));
        }
        if !is_suite(&word) {
            let weaknesses = Weakness::ALL.map(Weakness::slug).join(", ");
            return Err(format!(
                "`{word}` is not a cipher suite, a name for several suites in cipher strings, \
                 or a weakness ({weaknesses})"
            ));
        }
        Ok(Pattern::Suite(word.into()))
    }
}

impl Pattern {
    pub(super) fn matches(&self, cipher: &Cipher) -> bool {
        match self {
            Pattern::Weakness(weakness) => cipher.weaknesses().contains(weakness),
            Pattern::Several(_, selector) => selector.selects(0, &Selector::of_suite(cipher)),
            Pattern::All(_, all) => all.iter().all(|pattern| pattern.matches(cipher)),
            Pattern::Suite(name) => is_named(cipher, name),
        }
    }

    pub(super) fn word(&self) -> Box<str> {
        match self {
            Pattern::Weakness(weakness) => weakness.to_string().into(),
            Pattern::Several(alias, _) => alias.name.into(),
            Pattern::All(name, _) | Pattern::Suite(name) => name.clone(),
        }
    }
}
