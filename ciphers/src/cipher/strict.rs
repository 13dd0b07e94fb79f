use super::{
    CipherString, CipherStringError, CipherStringErrorKind, Effect, NoEffect, Operator, PartKind,
};

impl CipherString {
    /// Like [`parse`](Self::parse), but refuses every part that OpenSSL ignores silently.
    ///
    /// These are errors: a name that the linked OpenSSL does not know, a part that adds, removes or
    /// moves no suite, and a string that selects nothing. Exclusions without effect are allowed:
    /// `!MD5` if no suite in the list uses MD5, and `!EXPORT` or `!RC4` if OpenSSL has no such suites.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::CipherString;
    ///
    /// assert!(CipherString::strict("HIGH:!aNULL:!MD5:!RC4").is_ok());
    /// assert_eq!(
    ///     CipherString::strict("HIGH:!aNUL:!MD5").unwrap_err().to_string(),
    ///     "column 7: OpenSSL does not know `aNUL`: did you mean `aNULL`?",
    /// );
    /// ```
    ///
    /// BoringSSL has such a mode (`SSL_CTX_set_strict_cipher_list`); OpenSSL has none.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`] that names the first part that is refused.
    #[doc(alias = "SSL_CTX_set_strict_cipher_list")]
    pub fn strict(text: &str) -> Result<CipherString, CipherStringError> {
        let string = CipherString::parse(text)?;
        let explanation = string.explain()?;
        for step in explanation.steps() {
            let part = step.part();
            let precaution = part.operator() == Operator::Kill;
            let refuse =
                |kind, span, message: String| Err(CipherStringError::new(kind, span, message));
            match step.effect() {
                Effect::Unknown => {
                    let hint = step.hint();
                    if precaution && hint.as_ref().is_some_and(super::Hint::is_of_other_builds) {
                        continue;
                    }
                    let (name, span) = match part.unknown() {
                        Some(term) => (term.text(), term.span()),
                        None => (part.text(), part.span()),
                    };
                    let mut message = format!("OpenSSL does not know `{name}`");
                    if let Some(hint) = hint {
                        message = format!("{message}: {hint}");
                    }
                    return refuse(CipherStringErrorKind::Unknown, span, message);
                }
                Effect::None(why) => {
                    let harmless = precaution && why != NoEffect::Contradiction;
                    let only_start = matches!(part.kind(), PartKind::SuiteB | PartKind::Default);
                    if harmless || only_start {
                        continue;
                    }
                    let message = format!("`{part}` has no effect: {why}");
                    return refuse(CipherStringErrorKind::Ineffective, part.span(), message);
                }
                _ => {}
            }
        }
        if explanation.selects_nothing() {
            return Err(CipherStringError::nothing_selected(text.len()));
        }
        Ok(string)
    }
}
