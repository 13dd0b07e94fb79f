use std::fmt;
use std::ops::Range;

use super::explain::Explanation;
use super::library::Library;
use super::weakness::{Weakness, out_of_order};
use super::{
    Cipher, CipherString, CipherStringError, Effect, Hint, NoEffect, Operator, Part, PartKind,
    Resolved, Severity, Step,
};
use crate::CipherExt;
use crate::codes::codes;
use crate::serial::fields;
use crate::text::first_names;

codes! {
    /// The code of a [`Finding`], which identifies the kind of problem.
    LintCode {
        UnknownName = "C001", "a name that this OpenSSL does not know";
        NoEffect = "C002", "a part that changes nothing";
        UselessOrder = "C003", "a part that should change the order and does not";
        WantedAfterKill = "C004", "a suite that is added after a `!` excluded it permanently";
        Tls13InString = "C005", "a TLS 1.3 suite, which a cipher string cannot select";
        Tls13NotGoverned = "C006", "the string does not affect the suites of TLS 1.3";
        WeakSuites = "C007", "weak suites remain";
        OnlyTls13Usable = "C008", "no suite can be used with TLS 1.2";
        HiddenBySecurityLevel = "C009", "suites that the security level disables";
        SelectsNothing = "C010", "the string selects nothing";
        DefaultNotFirst = "C011", "`DEFAULT` is ignored unless it is first";
        LowSecurityLevel = "C012", "the security level is lowered";
        MissingSeparator = "C013", "two parts without a separator";
        ForgottenCondition = "C014", "`COMPLEMENTOFDEFAULT` is ignored before a strength class";
        NeedsCallback = "C015", "suites that need a PSK or SRP callback";
        NothingToExclude = "C016", "an exclusion of suites that this OpenSSL does not have";
        WeakPreferred = "C017", "a suite without forward secrecy is preferred to one with it";
        NotRead = "C018", "a part that OpenSSL ignores";
        WrongList = "C019", "a suite of TLS 1.2 in the list for TLS 1.3";
        VersionName = "C020", "a version that is excluded by name stays on";
        NoAead = "C021", "no suite has authenticated encryption";
    }
}

/// A finding about a cipher string, from [`CipherString::lint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(super) code: LintCode,
    pub(super) severity: Severity,
    pub(super) span: Range<usize>,
    /// Whether the finding is about the whole string, and not about the part at `span`.
    pub(super) whole: bool,
    pub(super) message: Box<str>,
    pub(super) advice: Option<Box<str>>,
}

impl Finding {
    /// The code, which identifies the kind of problem.
    pub fn code(&self) -> LintCode {
        self.code
    }

    /// The severity.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The position of the part or name in the string, in bytes. A finding on the result of the
    /// string has the position of the whole string.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The byte at which the part starts, counted from 1; none for a finding on the whole string.
    pub fn column(&self) -> Option<usize> {
        (!self.whole).then_some(self.span.start + 1)
    }

    /// The finding in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A suggestion, if there is one.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

fields! {
    /// `column` is null for a finding on the whole string; `end_column` is the column after the part.
    Finding, this:
    code = this.code,
    severity = this.severity,
    column = this.column(),
    end_column = this.column().map(|_| this.span.end + 1),
    message = this.message,
    advice = this.advice(),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            code,
            severity,
            message,
            ..
        } = self;
        match self.column() {
            Some(column) => write!(f, "{code} {severity} at column {column}: {message}")?,
            None => write!(f, "{code} {severity}: {message}")?,
        }
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl CipherString {
    /// The problems of the string and other facts about it, in the order of its parts.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{CipherString, LintCode, Severity};
    ///
    /// let findings = CipherString::parse("HIGH:!aNUL:!MD5")?.lint()?;
    /// let misspelt = &findings[0];
    /// assert_eq!((misspelt.code(), misspelt.column()), (LintCode::UnknownName, Some(7)));
    /// assert_eq!(misspelt.severity(), Severity::Error);
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Only if OpenSSL fails (out of memory, no usable algorithms).
    pub fn lint(&self) -> Result<Vec<Finding>, CipherStringError> {
        let explanation = self.explain()?;
        let mut linter = Linter {
            string: self,
            library: &explanation.library,
            findings: Vec::new(),
        };
        linter.check_parts(&explanation);
        if explanation.selects_nothing() {
            let message = "the string selects no suite: set_ciphers fails";
            let advice = linter.why_nothing(&explanation);
            linter.whole(LintCode::SelectsNothing, Severity::Error, message, advice);
        } else {
            linter.check_outcome(&self.resolve()?)?;
        }
        Ok(linter.findings)
    }
}

/// How many suites a finding names.
const MOST: usize = 3;

struct Linter<'a> {
    string: &'a CipherString,
    library: &'a Library,
    findings: Vec<Finding>,
}

impl Linter<'_> {
    fn at(
        &mut self,
        span: Range<usize>,
        code: LintCode,
        severity: Severity,
        message: impl Into<Box<str>>,
        advice: Option<String>,
    ) {
        self.findings.push(Finding {
            code,
            severity,
            span,
            whole: false,
            message: message.into(),
            advice: advice.map(String::into_boxed_str),
        });
    }

    fn whole(
        &mut self,
        code: LintCode,
        severity: Severity,
        message: impl Into<Box<str>>,
        advice: Option<String>,
    ) {
        self.at(
            0..self.string.as_str().len(),
            code,
            severity,
            message,
            advice,
        );
        if let Some(finding) = self.findings.last_mut() {
            finding.whole = true;
        }
    }

    fn check_parts(&mut self, explanation: &Explanation) {
        // For the index of each suite, the part that excluded the suite permanently.
        let mut killer: Vec<Option<&Part>> = vec![None; self.library.suites.len()];
        let mut hints = 0;
        for step in explanation.steps() {
            let part = step.part();
            self.check_form(part);
            match step.effect() {
                Effect::Unknown => {
                    // Searching for a similar name takes time, so the number of searches is
                    // limited.
                    hints += 1;
                    let hint = if hints <= 100 { step.hint() } else { None };
                    self.unknown(part, hint.as_ref());
                }
                Effect::None(why) => self.without_effect(part, why, step.list().len() == 0),
                Effect::SetsLevel(level) => {
                    let usual = self.library.security_level;
                    if u32::from(level) < usual {
                        let message = format!("the security level goes from {usual} to {level}");
                        let advice =
                            Some("short keys and SHA-1 signatures are accepted then".into());
                        let code = LintCode::LowSecurityLevel;
                        self.at(part.span(), code, Severity::Warning, message, advice);
                    }
                }
                _ => {}
            }
            self.version_name(part);
            if part.operator() == Operator::Add {
                self.wanted_after_kill(part, &killer);
            }
            for &suite in step.killed_indices() {
                if let Some(slot) = killer.get_mut(usize::from(suite)) {
                    slot.get_or_insert(part);
                }
            }
        }
    }

    fn check_form(&mut self, part: &Part) {
        let command = part.operator() == Operator::Command;
        if part.is_glued() && part.kind() != PartKind::Unread && !command {
            let message = format!("`{part}` follows the part before it without a separator");
            let advice = Some(format!("write `:{part}`"));
            self.at(
                part.span(),
                LintCode::MissingSeparator,
                Severity::Warning,
                message,
                advice,
            );
        }
        if part.forgets_default {
            let message = format!(
                "in `{part}`, OpenSSL ignores COMPLEMENTOFDEFAULT because a strength class follows"
            );
            let advice = Some("put COMPLEMENTOFDEFAULT last".into());
            self.at(
                part.span(),
                LintCode::ForgottenCondition,
                Severity::Warning,
                message,
                advice,
            );
        }
    }

    fn unknown(&mut self, part: &Part, hint: Option<&Hint>) {
        let (name, span) = match part.unknown() {
            Some(term) => (term.text(), term.span()),
            None => (part.text(), part.span()),
        };
        let precaution = matches!(part.operator(), Operator::Kill | Operator::Remove);
        let (code, severity) = match hint {
            Some(Hint::Tls13Suite) => (LintCode::Tls13InString, Severity::Error),
            Some(Hint::DefaultNotFirst) => (LintCode::DefaultNotFirst, Severity::Error),
            Some(hint) if precaution && hint.is_of_other_builds() => {
                (LintCode::NothingToExclude, Severity::Note)
            }
            Some(hint) if hint.is_of_other_builds() => (LintCode::UnknownName, Severity::Warning),
            _ => (LintCode::UnknownName, Severity::Error),
        };
        let message = match code {
            LintCode::Tls13InString => format!("`{name}` is ignored here"),
            LintCode::DefaultNotFirst => "`DEFAULT` is ignored here".into(),
            LintCode::NothingToExclude => format!("`{part}` excludes nothing"),
            _ if name == part.text() => format!("OpenSSL does not know `{name}` and ignores it"),
            _ => format!("OpenSSL does not know `{name}` and ignores `{part}`"),
        };
        self.at(span, code, severity, message, hint.map(Hint::to_string));
    }

    fn without_effect(&mut self, part: &Part, why: NoEffect, empty: bool) {
        if part.kind() == PartKind::SuiteB {
            return;
        }
        let precaution = part.operator() == Operator::Kill;
        let order = part.operator() == Operator::MoveToEnd || part.kind() == PartKind::Strength;
        let (code, severity) = match why {
            NoEffect::Unread => (LintCode::NotRead, Severity::Error),
            NoEffect::Contradiction => (LintCode::NoEffect, Severity::Error),
            NoEffect::ExcludedBefore if part.operator() == Operator::Add => return,
            NoEffect::NothingMatches if precaution => (LintCode::NothingToExclude, Severity::Note),
            _ if precaution => (LintCode::NoEffect, Severity::Note),
            _ if order => (LintCode::UselessOrder, Severity::Warning),
            _ => (LintCode::NoEffect, Severity::Warning),
        };
        let too_early = why == NoEffect::NotListed && !precaution && empty;
        let advice = too_early
            .then(|| "the list is empty here: put it after the parts that add suites".into());
        self.at(
            part.span(),
            code,
            severity,
            format!("`{part}` has no effect: {why}"),
            advice,
        );
    }

    /// The reason why a string selects nothing.
    fn why_nothing(&self, explanation: &Explanation) -> Option<String> {
        let steps = explanation.steps();
        let selects =
            |part: &Part| part.operator() == Operator::Add && part.kind() != PartKind::Unread;
        if !steps.iter().any(|step| selects(step.part())) {
            return Some("begin with a part that adds suites, such as `HIGH` or `DEFAULT`".into());
        }
        // Finds the part after which the list is empty.
        let mut before = 0;
        for step in steps {
            let after = step.list().len();
            if before > 0 && after == 0 {
                return Some(format!("`{}` removes the last suites", step.part()));
            }
            before = after;
        }
        let known_but_for_case = |step: &Step| match step.hint() {
            Some(Hint::Nearest(name)) => step
                .part()
                .unknown()
                .is_some_and(|term| term.text().eq_ignore_ascii_case(&name)),
            _ => false,
        };
        let some = &steps[..steps.len().min(20)];
        some.iter()
            .any(known_but_for_case)
            .then(|| "names are case-sensitive before OpenSSL 4.0".into())
    }

    /// Reports a part that excludes suites by the name of a protocol version, because it does not
    /// disable the version.
    fn version_name(&mut self, part: &Part) {
        let excludes = matches!(part.operator(), Operator::Kill | Operator::Remove);
        let [term] = part.terms() else { return };
        let name = term.text().to_ascii_lowercase();
        let is_version = matches!(&*name, "sslv3" | "tlsv1" | "tlsv1.0" | "tlsv1.2");
        if excludes && is_version && term.is_known() {
            let message = format!("`{part}` excludes suites, but does not switch the version off");
            let advice = Some("set the lowest version instead".into());
            self.at(
                part.span(),
                LintCode::VersionName,
                Severity::Note,
                message,
                advice,
            );
        }
    }

    /// Reports a part whose suites an earlier `!` has all excluded.
    fn wanted_after_kill(&mut self, part: &Part, killer: &[Option<&Part>]) {
        let super::rules::Rule::Add(selector) = &part.rule else {
            return;
        };
        let suites = (0..).zip(&self.library.suites);
        let wanted: Vec<usize> = suites
            .filter(|(i, suite)| selector.selects(*i, &suite.properties))
            .map(|(i, _)| usize::from(i))
            .collect();
        let killed: Vec<&Part> = wanted.iter().filter_map(|i| killer[*i]).collect();
        let Some(first) = killed.first().filter(|_| killed.len() == wanted.len()) else {
            return;
        };
        let message =
            format!("`{part}` adds nothing: `{first}` has excluded its suites permanently");
        let name = first.text().trim_start_matches('!');
        let advice = Some(format!("write `-{name}`, or put `{first}` after it"));
        self.at(
            part.span(),
            LintCode::WantedAfterKill,
            Severity::Error,
            message,
            advice,
        );
    }

    fn check_outcome(&mut self, resolved: &Resolved) -> Result<(), CipherStringError> {
        self.weak(resolved);
        self.preference(resolved.selected());
        let selected = resolved.selected();
        if !selected.is_empty() && !selected.iter().any(|cipher| cipher.aead) {
            let message = "no suite of the string has authenticated encryption (AEAD)";
            let advice = Some("add `ECDHE+AESGCM`".into());
            self.whole(LintCode::NoAead, Severity::Warning, message, advice);
        }
        if !resolved.tls13().is_empty() {
            let names: Vec<_> = resolved.tls13().iter().map(|c| c.name).collect();
            let message = format!(
                "the string does not affect TLS 1.3: {} stay enabled",
                names.join(", ")
            );
            self.whole(LintCode::Tls13NotGoverned, Severity::Note, message, None);
        }
        let supported = resolved.supported()?;
        let hidden = resolved.hidden_by_security_level()?;
        let level = resolved.security_level();
        if !hidden.is_empty() {
            let message = format!(
                "security level {level} disables {}",
                first_names(hidden.iter(), MOST)
            );
            self.whole(
                LintCode::HiddenBySecurityLevel,
                Severity::Note,
                message,
                None,
            );
        }
        if supported.iter().all(Cipher::is_tls13) {
            let message = "none of the suites that it selects can be used: only TLS 1.3 is left";
            let advice =
                (!hidden.is_empty()).then(|| format!("security level {level} forbids them"));
            self.whole(
                LintCode::OnlyTls13Usable,
                Severity::Warning,
                message,
                advice,
            );
        }
        Ok(())
    }

    fn weak(&mut self, resolved: &Resolved) {
        let ciphers = resolved.ciphers();
        let mut by_weakness: Vec<(Weakness, Vec<Cipher>)> = Vec::new();
        for cipher in ciphers {
            let weaknesses = cipher.weaknesses();
            // A suite that needs a callback cannot be used without it, so its other weaknesses are
            // reported only if they are errors.
            let callback = weaknesses.iter().copied().any(Weakness::needs_callback);
            for weakness in weaknesses {
                let grave = weakness.severity() == Severity::Error;
                if callback && !grave && !weakness.needs_callback() {
                    continue;
                }
                match by_weakness.iter_mut().find(|(w, _)| *w == weakness) {
                    Some((_, list)) => list.push(cipher.clone()),
                    None => by_weakness.push((weakness, vec![cipher.clone()])),
                }
            }
        }
        by_weakness.sort_by_key(|(weakness, _)| *weakness);
        for (weakness, list) in by_weakness {
            let code = if weakness.needs_callback() {
                LintCode::NeedsCallback
            } else {
                LintCode::WeakSuites
            };
            let message = format!("{weakness}: {}", first_names(list.iter(), MOST));
            let advice = self.instead(weakness, &list, resolved.selected());
            self.whole(code, weakness.severity(), message, advice);
        }
    }

    /// The advice for leaving these suites out.
    fn instead(&self, weakness: Weakness, weak: &[Cipher], selected: &[Cipher]) -> Option<String> {
        if weak.len() == selected.len() && selected.iter().all(|c| weak.contains(c)) {
            return Some("select other suites, such as `ECDHE+AESGCM`".into());
        }
        let is_named = |c: &Cipher| {
            self.string.parts().iter().any(|part| {
                let [term] = part.terms() else { return false };
                part.operator() == Operator::Add && self.library.names_suite(term.text(), c)
            })
        };
        if weak.iter().all(is_named) {
            return Some("remove them from the string".into());
        }
        let parts = weakness.excluded_by()?;
        Some(format!("add `:{parts}`"))
    }

    fn preference(&mut self, selected: &[Cipher]) {
        if let Some((worse, better)) = out_of_order(selected.iter()) {
            let message = format!("{} is preferred to {}", worse.name, better.name);
            let advice = Some("put suites with forward secrecy first".into());
            self.whole(LintCode::WeakPreferred, Severity::Warning, message, advice);
        }
    }
}
