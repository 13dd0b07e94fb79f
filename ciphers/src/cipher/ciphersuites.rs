//! The list of suites for TLS 1.3.

use crate::CipherExt;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::library::{Library, ScratchContext};
use super::string::check_characters;
use super::{
    Absent, Cipher, CipherStringError, CipherStringErrorKind as Kind, Finding, LintCode, Severity,
    names,
};

/// A list of suites for TLS 1.3, read as the linked OpenSSL reads it: names with `:` between them.
///
/// ```python
/// context.set_ciphersuites("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256")
/// ```
/// ```
/// use pyssl_ciphers::cipher::Ciphersuites;
///
/// let list = Ciphersuites::parse("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA265")?;
/// // OpenSSL ignores the second name, which is misspelt.
/// assert_eq!(list.ciphers().len(), 1);
/// let error = Ciphersuites::strict(list.as_str()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "column 24: OpenSSL does not know `TLS_CHACHA20_POLY1305_SHA265`: \
///      did you mean `TLS_CHACHA20_POLY1305_SHA256`?",
/// );
/// # Ok::<(), pyssl::Error>(())
/// ```
///
/// In OpenSSL: `SSL_CTX_set_ciphersuites`.
#[doc(alias = "SSL_CTX_set_ciphersuites")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphersuites {
    text: Box<str>,
    names: Vec<Name>,
    ciphers: Vec<Cipher>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    span: Range<usize>,
    kind: NameKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum NameKind {
    /// A TLS 1.3 suite.
    Listed(Cipher),
    /// A suite that the list has already.
    Again,
    /// A suite of TLS 1.2 or older. OpenSSL may accept the name, but never uses it.
    Older(Cipher),
    Unknown(Option<Box<str>>),
}

impl Ciphersuites {
    /// Reads a list. An empty list is valid and turns TLS 1.3 off.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`] if the list has a NUL, or is longer than
    /// [`CipherString::MAX_LEN`](super::CipherString::MAX_LEN).
    pub fn parse(text: &str) -> Result<Ciphersuites, CipherStringError> {
        check_characters(text)?;
        let failed = |e| CipherStringError::library(&e);
        let library = Library::current()?;
        let mut scratch = ScratchContext::new().map_err(failed)?;
        let mut list = Ciphersuites {
            text: text.into(),
            names: Vec::new(),
            ciphers: Vec::new(),
        };
        let mut at = 0;
        for piece in text.split(':') {
            // OpenSSL drops the blanks around a name.
            let name = piece.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
            if !name.is_empty() {
                let start = at + piece.find(name).unwrap_or(0);
                let kind = match scratch.tls13_suite(name) {
                    Some(suite) if !suite.is_tls13() => NameKind::Older(suite),
                    Some(suite) if list.ciphers.contains(&suite) => NameKind::Again,
                    Some(suite) => {
                        list.ciphers.push(suite.clone());
                        NameKind::Listed(suite)
                    }
                    None => NameKind::Unknown(meant(name, &library)),
                };
                let span = start..start + name.len();
                list.names.push(Name { span, kind });
            }
            at += piece.len() + 1;
        }
        Ok(list)
    }

    /// Like [`parse`](Self::parse), but refuses a list with names that OpenSSL ignores silently: an
    /// unknown name, a suite that is named twice, or one of TLS 1.2. Also refuses a list without
    /// suites.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`] that has the first refused name.
    pub fn strict(text: &str) -> Result<Ciphersuites, CipherStringError> {
        let list = Ciphersuites::parse(text)?;
        if let Some(finding) = list.of_names().into_iter().next() {
            let kind = match finding.code {
                LintCode::UnknownName => Kind::Unknown,
                _ => Kind::Ineffective,
            };
            let message = match finding.advice() {
                Some(advice) => format!("{}: {advice}", finding.message),
                None => finding.message.clone().into(),
            };
            return Err(CipherStringError::new(kind, finding.span, message));
        }
        if list.ciphers.is_empty() {
            return Err(CipherStringError::nothing_selected(text.len()));
        }
        Ok(list)
    }

    /// The list as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The suites of TLS 1.3 that the list selects, in order.
    pub fn ciphers(&self) -> &[Cipher] {
        &self.ciphers
    }

    /// The suites that the list names and that the linked OpenSSL does not have.
    pub fn absent(&self) -> Absent {
        let mut absent = Absent::default();
        for name in &self.names {
            if matches!(name.kind, NameKind::Unknown(_)) {
                absent.add_tls13(&self.text[name.span.clone()]);
            }
        }
        absent
    }

    /// The problems of the list, in the order of its names.
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = self.of_names();
        for name in &self.names {
            let NameKind::Listed(suite) = &name.kind else {
                continue;
            };
            for weakness in suite.weaknesses() {
                findings.push(Finding {
                    code: LintCode::WeakSuites,
                    severity: weakness.severity(),
                    span: name.span.clone(),
                    whole: false,
                    message: format!("{weakness}: {}", suite.name).into(),
                    advice: None,
                });
            }
        }
        findings.sort_by_key(|finding| finding.span.start);
        if self.ciphers.is_empty() {
            findings.push(Finding {
                code: LintCode::SelectsNothing,
                severity: Severity::Error,
                span: 0..self.text.len(),
                whole: true,
                message: "the list has no suite: TLS 1.3 cannot be used".into(),
                advice: None,
            });
        }
        findings
    }

    /// The problems of single names.
    fn of_names(&self) -> Vec<Finding> {
        let finding = |name: &Name, code, severity, message: String, advice| Finding {
            code,
            severity,
            span: name.span.clone(),
            whole: false,
            message: message.into(),
            advice,
        };
        let found = self.names.iter().filter_map(|name| {
            let text = &self.text[name.span.clone()];
            Some(match &name.kind {
                NameKind::Listed(_) => return None,
                NameKind::Again => finding(
                    name,
                    LintCode::NoEffect,
                    Severity::Warning,
                    format!("`{text}` is in the list already"),
                    None,
                ),
                NameKind::Older(suite) => finding(
                    name,
                    LintCode::WrongList,
                    Severity::Error,
                    format!("`{text}` is not a TLS 1.3 suite and cannot be used"),
                    Some(format!("write `{}` into the cipher string", suite.name).into()),
                ),
                NameKind::Unknown(meant) => finding(
                    name,
                    LintCode::UnknownName,
                    Severity::Error,
                    format!("OpenSSL does not know `{text}`"),
                    meant.clone(),
                ),
            })
        });
        found.collect()
    }
}

/// The probable intention of an unknown name.
fn meant(name: &str, library: &Library) -> Option<Box<str>> {
    let older = match library.suite_named(name) {
        Some(index) => Some(library.suite(index)),
        None => library.suite_with_standard_name(name),
    };
    if let Some(suite) = older {
        return Some(format!("write `{}` into the cipher string", suite.cipher.name).into());
    }
    if names::alias(name).is_some() {
        return Some("only names of single suites are allowed here".into());
    }
    if names::is_tls13_suite(name) {
        return Some("this OpenSSL does not have this suite".into());
    }
    let nearest = names::nearest(name, names::TLS13_SUITES.iter().copied())?;
    Some(format!("did you mean `{nearest}`?").into())
}

impl fmt::Display for Ciphersuites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Ciphersuites {
    type Err = CipherStringError;

    fn from_str(text: &str) -> Result<Ciphersuites, CipherStringError> {
        Ciphersuites::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &Ciphersuites) -> Vec<&str> {
        list.ciphers().iter().map(|c| c.name).collect()
    }

    fn refused(text: &str) -> (Kind, Option<usize>) {
        let e = Ciphersuites::strict(text).unwrap_err();
        (e.kind(), e.column())
    }

    #[test]
    fn parse_keeps_the_order_of_names_and_drops_blanks() {
        let list = Ciphersuites::strict(" TLS_AES_256_GCM_SHA384 :TLS_AES_128_GCM_SHA256").unwrap();
        assert_eq!(
            names(&list),
            ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]
        );
        assert!(list.lint().is_empty());
        let ccm = Ciphersuites::strict("TLS_AES_128_CCM_8_SHA256").unwrap();
        assert_eq!(ccm.lint()[0].code(), LintCode::WeakSuites);
    }

    #[test]
    fn strict_reports_the_parts_that_openssl_ignores() {
        assert_eq!(
            refused("TLS_AES_128_GCM_SHA256:TLS_BOGUS"),
            (Kind::Unknown, Some(24))
        );
        assert_eq!(
            refused("TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256"),
            (Kind::Ineffective, Some(24))
        );
        assert_eq!(refused("").0, Kind::NothingSelected);
        assert_eq!(refused(":::").0, Kind::NothingSelected);
        assert_eq!(refused("TLS_AES\0").0, Kind::Nul);
        let error = Ciphersuites::strict("ECDHE-RSA-AES128-GCM-SHA256").unwrap_err();
        assert!(
            error.message().ends_with("into the cipher string"),
            "{error}"
        );
        assert_eq!(error.column(), Some(1));
        let error = Ciphersuites::strict("HIGH").unwrap_err();
        assert!(
            error.message().ends_with("single suites are allowed here"),
            "{error}"
        );
    }

    #[test]
    fn lint_reports_a_tls_1_2_suite_in_a_tls_1_3_list() {
        let list = Ciphersuites::parse("TLS_RSA_WITH_AES_128_CBC_SHA").unwrap();
        assert!(list.ciphers().is_empty());
        let advice = list.lint()[0].advice().map(str::to_owned);
        assert_eq!(
            advice.as_deref(),
            Some("write `AES128-SHA` into the cipher string")
        );
        assert!(Ciphersuites::strict(list.as_str()).is_err());
    }

    #[test]
    fn long_lists_of_ciphersuites_are_parsed_or_rejected() {
        let long = "TLS_AES_128_GCM_SHA256:".repeat(2800);
        assert_eq!(Ciphersuites::parse(&long).unwrap().ciphers().len(), 1);
        assert_eq!(
            Ciphersuites::parse(&"A".repeat(70_000)).unwrap_err().kind(),
            Kind::TooLong
        );
        Ciphersuites::parse(&"A".repeat(60_000)).unwrap();
        Ciphersuites::parse(&":".repeat(60_000)).unwrap();
    }
}
