//! The rules of a policy for features of TLS.

use super::{Aspect, Feature, Policy, Report, Rule, ViolationKind};

impl Rule {
    pub(super) fn has_features(&self) -> bool {
        self.features().next().is_some()
    }

    /// The features that the rule names.
    fn features(&self) -> impl Iterator<Item = &Feature> {
        let all = [
            &self.require_features,
            &self.forbid_features,
            &self.expect_features,
            &self.avoid_features,
        ];
        all.into_iter().flatten()
    }
}

impl Policy {
    /// Compares the features that are known to be on or off. If a rule names another feature, the features are
    /// [not compared](Report::not_compared) completely.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{Aspect, Feature, Policy};
    ///
    /// let rfc = Policy::rfc9325();
    /// let report = rfc.check_features(&[(Feature::ExtendedMasterSecret, false)]);
    /// assert_eq!(
    ///     report.violations()[0].to_string(),
    ///     "the extended master secret is off (section 3.5)",
    /// );
    /// // The policy has rules on the other features too.
    /// assert!(report.not_compared().contains(&Aspect::Features));
    /// let report = rfc.check_features(&[
    ///     (Feature::ExtendedMasterSecret, true),
    ///     (Feature::SecureRenegotiation, true),
    ///     (Feature::Compression, false),
    /// ]);
    /// assert!(report.violations().is_empty());
    /// assert!(!report.not_compared().contains(&Aspect::Features));
    /// ```
    pub fn check_features(&self, known: &[(Feature, bool)]) -> Report {
        let mut violations = Vec::new();
        for rule in &self.rules {
            for &(feature, is_on) in known {
                let (must, should) = match is_on {
                    true => (&rule.forbid_features, &rule.avoid_features),
                    false => (&rule.require_features, &rule.expect_features),
                };
                for (features, is_advice) in [(must, false), (should, true)] {
                    if features.contains(&feature) {
                        violations.push(rule.violated(ViolationKind::Feature {
                            feature,
                            is_on,
                            is_advice,
                        }));
                    }
                }
            }
        }
        let mut report = self.report([Aspect::Features], violations);
        let mut named = self.rules.iter().flat_map(Rule::features);
        if named.any(|named| known.iter().all(|(feature, _)| feature != named)) {
            report.leave_open(self, Aspect::Features);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::Severity;

    fn parse(rule: &str) -> Result<Policy, crate::DataError> {
        let head = "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\n";
        Policy::parse(&format!("{head}{rule}"))
    }

    #[test]
    fn a_feature_is_compared_with_each_kind_of_rule() {
        for (key, is_on, severity) in [
            ("require", false, Severity::Error),
            ("expect", false, Severity::Warning),
            ("forbid", true, Severity::Error),
            ("avoid", true, Severity::Warning),
        ] {
            let policy = parse(&format!("{key}-features = ['compression']")).unwrap();
            let report = policy.check_features(&[(Feature::Compression, is_on)]);
            let found: Vec<_> = report.violations().iter().map(|v| v.severity()).collect();
            assert_eq!(found, [severity], "{key}");
            assert_eq!(report.not_compared(), [], "{key}");
            for (feature, is_on, open) in [
                (Feature::Compression, !is_on, &[][..]),
                (Feature::SecureRenegotiation, is_on, &[Aspect::Features]),
            ] {
                let report = policy.check_features(&[(feature, is_on)]);
                assert_eq!(report.violations(), [], "{key}");
                assert_eq!(report.not_compared(), open, "{key}");
            }
            assert_eq!(policy.check(&[], &[]).not_compared(), [Aspect::Features]);
        }
        let error = parse("require-features = ['renegotiation']").unwrap_err();
        assert_eq!(error.line(), 5);
        assert!(
            error.message().contains("`secure-renegotiation`"),
            "{error}"
        );
    }

    #[test]
    fn features_are_compared_completely_if_those_of_all_rules_are_known() {
        let policy = parse(
            "require-features = ['secure-renegotiation']\n[[rule]]\nforbid-features = ['compression']",
        )
        .unwrap();
        let on = (Feature::SecureRenegotiation, true);
        let off = (Feature::Compression, false);
        for (known, open) in [
            (&[][..], true),
            (&[on], true),
            (&[off], true),
            (&[off, on], false),
            (&[on, (Feature::ExtendedMasterSecret, true)], true),
        ] {
            let report = policy.check_features(known);
            assert_eq!(report.violations(), []);
            assert_eq!(
                report.not_compared().contains(&Aspect::Features),
                open,
                "{known:?}"
            );
            assert_eq!(report.verdict(), (!open).then_some(true), "{known:?}");
        }
        // A later comparison does not complete this one.
        let mut report = policy.check_features(&[on]);
        report.extend(policy.check_features(&[off]));
        assert_eq!(report.verdict(), None);
        // An unknown feature hides no violation.
        let report = policy.check_features(&[(Feature::Compression, true)]);
        assert_eq!(report.verdict(), Some(false));
    }
}
