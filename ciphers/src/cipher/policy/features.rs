//! The rules of a policy for features of TLS.

use super::{Aspect, Feature, Policy, Report, Rule, ViolationKind};

impl Rule {
    pub(super) fn has_features(&self) -> bool {
        let all = [
            &self.require_features,
            &self.forbid_features,
            &self.expect_features,
            &self.avoid_features,
        ];
        all.iter().any(|features| !features.is_empty())
    }
}

impl Policy {
    /// Compares a feature that is on or off.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::{Feature, Policy};
    ///
    /// let rfc = Policy::rfc9325();
    /// let report = rfc.check_feature(Feature::ExtendedMasterSecret, false);
    /// assert_eq!(
    ///     report.violations()[0].to_string(),
    ///     "the extended master secret is off (section 3.5)",
    /// );
    /// assert!(rfc.check_feature(Feature::ExtendedMasterSecret, true).violations().is_empty());
    /// ```
    pub fn check_feature(&self, feature: Feature, is_on: bool) -> Report {
        let mut violations = Vec::new();
        for rule in &self.rules {
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
        self.report([Aspect::Features], violations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cipher::Severity;

    #[test]
    fn a_feature_is_compared_with_each_kind_of_rule() {
        let head = "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\n";
        let parse = |rule: &str| Policy::parse(&format!("{head}{rule}"));
        for (key, is_on, severity) in [
            ("require", false, Severity::Error),
            ("expect", false, Severity::Warning),
            ("forbid", true, Severity::Error),
            ("avoid", true, Severity::Warning),
        ] {
            let policy = parse(&format!("{key}-features = ['compression']")).unwrap();
            let report = policy.check_feature(Feature::Compression, is_on);
            let found: Vec<_> = report.violations().iter().map(|v| v.severity()).collect();
            assert_eq!(found, [severity], "{key}");
            assert_eq!(report.not_compared(), [], "{key}");
            for (feature, is_on) in [
                (Feature::Compression, !is_on),
                (Feature::SecureRenegotiation, is_on),
            ] {
                let report = policy.check_feature(feature, is_on);
                assert_eq!(report.violations(), [], "{key}");
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
}
