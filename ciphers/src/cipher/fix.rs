//! The correction of a cipher string.

use std::fmt;

use super::names::ALIASES;
use super::{
    Cipher, CipherDiff, CipherString, CipherStringError, Finding, Hint, LintCode, Policy, Report,
    Severity, ViolationKind,
};
use crate::CipherExt;
use crate::text::first_names;

/// A corrected cipher string, from [`Fix::new`], with the changes, the suites before and after, and
/// the remaining problems.
///
/// ```
/// use pyssl_ciphers::cipher::{CipherString, Fix};
///
/// let fix = Fix::new("ECDHE+AESGCM:AES128-SHA:!aNUL", None)?;
/// assert_eq!(fix.string(), "ECDHE+AESGCM:!aNULL");
/// let changes: Vec<_> = fix.changes().iter().map(ToString::to_string).collect();
/// assert_eq!(changes, [
///     "`aNUL` becomes `aNULL`",
///     "`AES128-SHA` is removed: weak suites remain",
/// ]);
/// // The corrected string passes.
/// assert!(CipherString::strict(fix.string()).is_ok());
/// assert!(fix.passes());
/// # Ok::<(), pyssl::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fix {
    string: Box<str>,
    before: Vec<Cipher>,
    after: Vec<Cipher>,
    changes: Vec<Change>,
    left: Vec<Finding>,
    policy: Option<Report>,
}

/// One change of a [`Fix`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change(Box<str>);

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The replacement for a string of which no part can be kept.
const GOOD: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The maximum number of corrections of one string.
const ROUNDS: usize = 400;

impl Fix {
    /// Proposes a corrected string. Small changes remove the warnings and errors of
    /// [`CipherString::lint`], and the violations of `policy` that another cipher string can avoid.
    /// [`left`](Self::left) and [`policy`](Self::policy) tell what remains.
    ///
    /// A string without warnings, errors and such violations stays as it is.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`] if the string is longer than [`CipherString::MAX_LEN`] or has a NUL, or
    /// if OpenSSL fails.
    pub fn new(text: &str, policy: Option<&Policy>) -> Result<Fix, CipherStringError> {
        super::string::check_characters(text)?;
        let before = match CipherString::parse(text).and_then(|string| string.explain()) {
            Ok(explanation) => explanation.ciphers().to_vec(),
            Err(_) => Vec::new(),
        };
        let mut draft = Draft {
            text: text.to_owned(),
            changes: Vec::new(),
        };
        let mut rounds = 0;
        loop {
            rounds += 1;
            if !draft.improve(policy, rounds > ROUNDS)? {
                break;
            }
        }
        let string = CipherString::parse(&draft.text)?;
        let after = string.resolve()?.into_ciphers();
        let mut left = string.lint()?;
        left.retain(|finding| counts(finding.severity()));
        Ok(Fix {
            policy: policy.map(|policy| policy.check(&after, &[])),
            string: draft.text.into(),
            before,
            after,
            changes: draft.changes,
            left,
        })
    }

    /// The corrected string.
    pub fn string(&self) -> &str {
        &self.string
    }

    /// The changes in the order in which they were made; empty if there was nothing to correct.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The suites of the original string, TLS 1.3 included; none if it is invalid.
    pub fn before(&self) -> &[Cipher] {
        &self.before
    }

    /// The suites of the corrected string, TLS 1.3 included.
    pub fn after(&self) -> &[Cipher] {
        &self.after
    }

    /// The difference between the suites before and after the correction.
    pub fn diff(&self) -> CipherDiff {
        CipherDiff::of_lists(&self.before, &self.after, (0, 0))
    }

    /// The warnings and errors that the corrected string still has.
    pub fn left(&self) -> &[Finding] {
        &self.left
    }

    /// The comparison of the corrected string with the policy. Violations by suites of TLS 1.3, or by
    /// a policy that allows no suite of TLS 1.2, cannot be removed by a cipher string.
    pub fn policy(&self) -> Option<&Report> {
        self.policy.as_ref()
    }

    /// Whether the corrected string has no warnings, errors or violations.
    pub fn passes(&self) -> bool {
        let conforms = |report: &Report| report.violations().is_empty();
        self.left.is_empty() && self.policy.as_ref().is_none_or(conforms)
    }
}

fn counts(severity: Severity) -> bool {
    severity >= Severity::Warning
}

/// A string under correction.
struct Draft {
    text: String,
    changes: Vec<Change>,
}

impl Draft {
    fn changed(&mut self, what: impl Into<Box<str>>) {
        self.changes.push(Change(what.into()));
    }

    /// Makes one change, and returns false if there is nothing to change. If `give_up` is true or
    /// no smaller change helps, the whole string is replaced.
    fn improve(
        &mut self,
        policy: Option<&Policy>,
        give_up: bool,
    ) -> Result<bool, CipherStringError> {
        if give_up {
            return self.replace(policy);
        }
        let string = match CipherString::parse(&self.text) {
            Ok(string) => string,
            Err(error) if error.column().is_none() => return self.replace(policy),
            Err(error) => {
                let (start, end) = self.word_around(error.span().start);
                let word = self.text[start..end].to_owned();
                if word.is_empty() {
                    return self.replace(policy);
                }
                self.remove(start, end);
                self.changed(format!("`{word}` is removed: {}", error.message()));
                return Ok(true);
            }
        };
        let findings = string.lint()?;
        let part = findings
            .iter()
            .find(|f| counts(f.severity()) && f.column().is_some());
        if let Some(finding) = part {
            self.correct_part(&string, finding)?;
            return Ok(true);
        }
        if findings
            .iter()
            .any(|f| f.code() == LintCode::SelectsNothing)
        {
            return self.replace(policy);
        }
        if self.exclude(&string, policy)? {
            return Ok(true);
        }
        let expected = policy.filter(|policy| {
            let suites = string.resolve().map(|resolved| resolved.into_ciphers());
            let report = suites.map(|suites| policy.check(&suites, &[]));
            report.is_ok_and(|report| {
                let mut all = report.violations().iter();
                all.any(|v| matches!(v.kind(), ViolationKind::NothingExpected))
            })
        });
        if let Some(policy) = expected {
            let names = known(policy.expected());
            if !names.is_empty() && !self.text.starts_with(&names) {
                self.text = format!("{names}:{}", self.text);
                self.changed(format!("`{names}` is added: the guideline recommends it"));
                return Ok(true);
            }
        }
        if findings.iter().any(|finding| counts(finding.severity())) {
            return self.replace(policy);
        }
        Ok(false)
    }

    /// Corrects or removes the part that a finding is about.
    fn correct_part(
        &mut self,
        string: &CipherString,
        finding: &Finding,
    ) -> Result<(), CipherStringError> {
        let at = finding.span().start;
        let parts = string.parts().iter();
        let part = parts.clone().find(|part| part.span().contains(&at));
        let Some(part) = part.or(string.parts().last()) else {
            self.replace(None)?;
            return Ok(());
        };
        let span = part.span();
        if finding.code() == LintCode::MissingSeparator {
            self.text.insert(span.start, ':');
            self.changed(format!("a separator is put before `{part}`"));
            return Ok(());
        }
        if finding.code() == LintCode::UnknownName {
            let explanation = string.explain()?;
            let mut steps = explanation.steps().iter();
            let hint = steps
                .find(|step| step.part() == part)
                .and_then(|step| step.hint());
            let name: Option<String> = match hint {
                Some(Hint::Nearest(name)) => Some(name.into()),
                Some(Hint::OpensslName(name)) => Some(name.to_owned()),
                _ => None,
            };
            if let Some((name, term)) = name.zip(part.unknown()) {
                let old = term.text().to_owned();
                self.text.replace_range(term.span(), &name);
                self.changed(format!("`{old}` becomes `{name}`"));
                return Ok(());
            }
        }
        let word = part.text().to_owned();
        self.remove(span.start, span.end);
        self.changed(format!("`{word}` is removed: {}", finding.code().summary()));
        Ok(())
    }

    /// Excludes the suites that are weak or violate the policy. Returns false if there are none.
    fn exclude(
        &mut self,
        string: &CipherString,
        policy: Option<&Policy>,
    ) -> Result<bool, CipherStringError> {
        let selected = string.resolve()?.selected().to_vec();
        let violates = |cipher: &Cipher| {
            policy.is_some_and(|policy| {
                let report = policy.check(std::slice::from_ref(cipher), &[]);
                report.violations().iter().any(|violation| {
                    matches!(
                        violation.kind(),
                        ViolationKind::NotAllowed(_)
                            | ViolationKind::Forbidden { .. }
                            | ViolationKind::Discouraged { .. }
                    )
                })
            })
        };
        let is_bad = |cipher: &&Cipher| cipher.severity().is_some_and(counts) || violates(cipher);
        let (bad, good): (Vec<&Cipher>, Vec<&Cipher>) = selected.iter().partition(is_bad);
        if bad.is_empty() {
            return Ok(false);
        }
        if good.is_empty() {
            return self.replace(policy);
        }
        let why = match bad
            .iter()
            .any(|cipher| cipher.severity().is_some_and(counts))
        {
            true => LintCode::WeakSuites.summary().to_owned(),
            false => "the guideline does not allow them".to_owned(),
        };
        // If a part adds a bad suite by the suite's name, the part is removed. Other bad suites
        // need an exclusion.
        let named = string.parts().iter().find(|part| {
            let [term] = part.terms() else { return false };
            part.operator() == super::Operator::Add
                && bad
                    .iter()
                    .any(|cipher| string.library.names_suite(term.text(), cipher))
        });
        if let Some(part) = named {
            let (span, word) = (part.span(), part.text().to_owned());
            self.remove(span.start, span.end);
            self.changed(format!("`{word}` is removed: {why}"));
            return Ok(true);
        }
        let parts = exclusions(&bad, &good);
        let names: Vec<_> = good.iter().map(|cipher| cipher.name).collect();
        let listed = names.join(":");
        if self.text.len() + 1 + parts.len() <= listed.len() {
            let separator = if self.text.ends_with([':', ',', ' ', ';']) {
                ""
            } else {
                ":"
            };
            self.text.push_str(separator);
            self.text.push_str(&parts);
            self.changed(format!(
                "`{parts}` is added, which leaves out {}: {why}",
                first_names(bad.iter().copied(), 3)
            ));
        } else {
            let level = string
                .security_level()
                .map(|level| format!(":@SECLEVEL={level}"));
            self.text = format!("{listed}{}", level.unwrap_or_default());
            self.changed(format!(
                "the string becomes the list of its good suites, without {}: {why}",
                first_names(bad.iter().copied(), 3)
            ));
        }
        Ok(true)
    }

    /// Replaces the whole string. Returns false if it has been replaced already.
    fn replace(&mut self, policy: Option<&Policy>) -> Result<bool, CipherStringError> {
        let wanted = policy.map(|policy| known(policy.allowed().chain(policy.expected())));
        let wanted = wanted
            .filter(|names| !names.is_empty())
            .unwrap_or_else(|| GOOD.to_owned());
        if self.text == wanted {
            return Ok(false);
        }
        self.changed("nothing of the string can stay, so it is replaced");
        self.text = wanted;
        Ok(true)
    }

    /// Removes a part with the separator before it, or behind it if it is the first one.
    fn remove(&mut self, start: usize, end: usize) {
        let separates = |c: char| matches!(c, ':' | ',' | ';' | ' ');
        let before = self.text[..start].trim_end_matches(separates).len();
        let behind = self.text[end..].len() - self.text[end..].trim_start_matches(separates).len();
        if before == 0 {
            self.text.replace_range(..end + behind, "");
        } else {
            self.text.replace_range(before..end, "");
        }
    }

    /// The part of the string at a position, without the separators around it.
    fn word_around(&self, at: usize) -> (usize, usize) {
        let separates = |c: char| matches!(c, ':' | ',' | ';' | ' ');
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let mut start = self.text[..at]
            .rfind(separates)
            .map_or(0, |found| found + 1);
        let mut end = self.text[at..]
            .find(separates)
            .map_or(self.text.len(), |found| at + found);
        // A position right after a part belongs to that part.
        if start == end {
            end = self.text[..start].trim_end_matches(separates).len();
            start = self.text[..end]
                .rfind(separates)
                .map_or(0, |found| found + 1);
        }
        (start, end)
    }
}

/// The names of suites of TLS 1.2 that the linked OpenSSL has, with `:` between them.
fn known<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let is_one = |name: &&str| {
        let string = CipherString::parse(name).and_then(|string| string.resolve());
        string.is_ok_and(|resolved| resolved.selected().len() == 1)
    };
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        // Before 3.2, OpenSSL does not know the registry's names.
        let named = |suite: &&Cipher| suite.standard_name == Some(name);
        let own = super::registry()
            .iter()
            .find(named)
            .map_or(name, |suite| suite.name);
        if !all.contains(&own) && is_one(&own) {
            all.push(own);
        }
    }
    all.join(":")
}

/// The fewest parts that exclude the bad suites and none of the good ones. Names for several suites
/// are tried first, then the names of single suites.
fn exclusions(bad: &[&Cipher], good: &[&Cipher]) -> String {
    let selects = |name: &str, cipher: &Cipher| {
        let alias = ALIASES.iter().find(|alias| alias.name == name);
        let of_suite = super::selector::Selector::of_suite(cipher);
        alias.is_some_and(|alias| alias.selector().selects(0, &of_suite))
    };
    // The list has only names with the same meaning in all versions of OpenSSL.
    const NAMES: [&str; 29] = [
        "aNULL",
        "eNULL",
        "MD5",
        "RC4",
        "3DES",
        "IDEA",
        "SEED",
        "kRSA",
        "kDHE",
        "aDSS",
        "SHA1",
        "PSK",
        "SRP",
        "kRSAPSK",
        "kDHEPSK",
        "kECDHEPSK",
        "kPSK",
        "SHA256",
        "SHA384",
        "CAMELLIA",
        "ARIA",
        "AESCCM",
        "AESCCM8",
        "AES128",
        "AES256",
        "CHACHA20",
        "AESGCM",
        "aRSA",
        "aECDSA",
    ];
    let mut names: Vec<&str> = NAMES.to_vec();
    names.retain(|name| !good.iter().any(|cipher| selects(name, cipher)));
    let mut left: Vec<&Cipher> = bad.to_vec();
    let mut parts: Vec<String> = Vec::new();
    loop {
        let covered = |name: &&str| left.iter().filter(|cipher| selects(name, cipher)).count();
        let best = names.iter().copied().max_by_key(|name| covered(name));
        let Some(best) = best.filter(|name| covered(name) > 0) else {
            break;
        };
        left.retain(|cipher| !selects(best, cipher));
        parts.push(format!("!{best}"));
    }
    parts.extend(left.iter().map(|cipher| format!("!{}", cipher.name)));
    parts.join(":")
}
