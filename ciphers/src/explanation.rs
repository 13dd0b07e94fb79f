//! The meaning of the codes of findings.

use std::collections::BTreeMap;

use once_cell::sync::Lazy;
use serde::{Deserialize, Serialize};

use crate::data;

/// The explanation of a code, from [`CodeExplanation::of`].
///
/// ```
/// use pyssl_ciphers::CodeExplanation;
///
/// let explanation = CodeExplanation::of("C012").unwrap();
/// assert_eq!(explanation.meaning(), "The string lowers the security level.");
/// assert!(CodeExplanation::of("c012").is_some());
/// assert!(CodeExplanation::of("X999").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CodeExplanation {
    meaning: Box<str>,
    why: Box<str>,
    mend: Box<str>,
    source: Box<str>,
}

impl CodeExplanation {
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    fn all() -> &'static BTreeMap<String, CodeExplanation> {
        static ALL: Lazy<BTreeMap<String, CodeExplanation>> = Lazy::new(|| {
            data::read(include_str!("explanations.toml")).expect("the crate's explanations")
        });
        &ALL
    }

    /// Every code with its explanation, in order.
    pub fn codes() -> impl Iterator<Item = (&'static str, &'static CodeExplanation)> {
        CodeExplanation::all()
            .iter()
            .map(|(code, explanation)| (code.as_str(), explanation))
    }

    /// The explanation of a code of a [`LintCode`](crate::cipher::LintCode), an
    /// [`AuditCode`](crate::audit::AuditCode), a [`ConfigCode`](crate::config::ConfigCode), a
    /// [`ScanCode`](crate::wire::ScanCode), or a finding about a Python program. Letter case does not
    /// matter.
    pub fn of(code: &str) -> Option<&'static CodeExplanation> {
        CodeExplanation::all().get(&code.to_ascii_uppercase())
    }

    /// The meaning of the finding.
    pub fn meaning(&self) -> &str {
        &self.meaning
    }

    /// Why the problem matters.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The change that removes the finding.
    pub fn mend(&self) -> &str {
        &self.mend
    }

    /// The source of the explanation, such as an RFC.
    pub fn source(&self) -> &str {
        &self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditCode;
    use crate::cipher::LintCode;
    use crate::config::ConfigCode;
    use crate::wire::ScanCode;

    #[test]
    fn every_code_has_an_explanation_and_every_explanation_a_code() {
        let lint = LintCode::ALL.iter().map(|code| code.code());
        let audit = AuditCode::ALL.iter().map(|code| code.code());
        let config = ConfigCode::ALL.iter().map(|code| code.code());
        let scan = ScanCode::ALL.iter().map(|code| code.code());
        // Findings of the crate pyssl-port about Python programs.
        let port = ["P001", "P002", "P003"];
        let known = lint.chain(audit).chain(config).chain(scan).chain(port);
        let mut known: Vec<&str> = known.collect();
        known.sort_unstable();
        assert!(CodeExplanation::codes().map(|(code, _)| code).eq(known));
        for (code, explanation) in CodeExplanation::codes() {
            let texts = [
                &explanation.meaning,
                &explanation.why,
                &explanation.mend,
                &explanation.source,
            ];
            assert!(texts.iter().all(|text| text.len() >= 8), "{code}");
        }
    }
}
