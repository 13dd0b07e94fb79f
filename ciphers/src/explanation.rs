//! The meaning of the codes of findings.

use std::collections::BTreeMap;

use once_cell::sync::Lazy;
use serde::{Deserialize, Serialize};

use crate::cipher::Policy;
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

    /// The explanations of rules in reports that are not codes of findings: the names of policies, `invalid` and
    /// `not-compared`.
    #[allow(
        clippy::expect_used,
        reason = "the file is part of the crate, and tested"
    )]
    fn rules() -> &'static BTreeMap<String, CodeExplanation> {
        static RULES: Lazy<BTreeMap<String, CodeExplanation>> = Lazy::new(|| {
            let text = include_str!("explanations-of-rules.toml");
            let mut all: BTreeMap<String, CodeExplanation> =
                data::read(text).expect("the crate's explanations");
            for name in Policy::names() {
                let policy = Policy::named(&name);
                all.extend(policy.map(|policy| {
                    let explanation = CodeExplanation::of_policy(&name, &policy);
                    (name, explanation)
                }));
            }
            all
        });
        &RULES
    }

    /// The explanation of a violation of a policy.
    fn of_policy(name: &str, policy: &Policy) -> CodeExplanation {
        let (title, version) = (policy.title(), policy.version());
        let meaning =
            format!("A setting differs from a rule of the guideline {title} (version {version}).");
        let why = "For an error, the guideline forbids the setting; for a warning, it advises against it. If the policy \
                   states the section of a rule, the message names it.";
        let mend = format!(
            "Change the setting that the message names, and compare it again with `--policy {name}`."
        );
        CodeExplanation {
            meaning: meaning.into(),
            why: why.into(),
            mend: mend.into(),
            source: policy.source().into(),
        }
    }

    /// The explanation of a code of a [`LintCode`](crate::cipher::LintCode), an [`AuditCode`](crate::audit::AuditCode),
    /// a [`ConfigCode`](crate::config::ConfigCode), a [`ScanCode`](crate::wire::ScanCode), or a finding about a Python
    /// program. Letter case does not matter. The code can also be one of the other rules in reports: the name of a
    /// [`Policy`], which violations have, `invalid` or `not-compared`.
    ///
    /// ```
    /// use pyssl_ciphers::CodeExplanation;
    ///
    /// let explanation = CodeExplanation::of("rfc9325").unwrap();
    /// assert_eq!(explanation.source(), "https://www.rfc-editor.org/rfc/rfc9325");
    /// ```
    pub fn of(code: &str) -> Option<&'static CodeExplanation> {
        let found = CodeExplanation::all().get(&code.to_ascii_uppercase());
        found.or_else(|| CodeExplanation::rules().get(&code.to_ascii_lowercase()))
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
    fn every_rule_of_a_report_has_an_explanation() {
        for rule in Policy::names()
            .iter()
            .map(String::as_str)
            .chain(["invalid", "not-compared"])
        {
            let explanation = CodeExplanation::of(rule).unwrap();
            assert!(explanation.meaning().len() >= 8, "{rule}");
        }
    }

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
