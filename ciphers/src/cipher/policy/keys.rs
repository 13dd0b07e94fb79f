//! The rules of a policy for the sizes of keys.

use serde::Deserialize;

use super::{Aspect, Policy, Report, Rule, Violation, ViolationKind};

/// The fewest bits of each kind of key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    rsa: Option<u32>,
    dsa: Option<u32>,
    ec: Option<u32>,
    dh: Option<u32>,
}

impl Keys {
    /// The fewest bits of a kind of key; an error if there is no such kind.
    pub(super) fn least(self, kind: &str) -> Result<Option<u32>, ()> {
        match kind {
            "rsa" => Ok(self.rsa),
            "dsa" => Ok(self.dsa),
            "ec" => Ok(self.ec),
            "dh" => Ok(self.dh),
            _ => Err(()),
        }
    }
}

impl Policy {
    /// Compares a key, by its kind (`"rsa"`, `"dsa"`, `"ec"`, `"dh"`) and size.
    ///
    /// ```
    /// use pyssl_ciphers::cipher::Policy;
    ///
    /// let report = Policy::rfc9325().check_key("rsa", 1024);
    /// assert_eq!(
    ///     report.violations()[0].to_string(),
    ///     "an RSA key has 1024 bits; the minimum is 2048 (section 4.5)",
    /// );
    /// ```
    pub fn check_key(&self, kind: &str, bits: u32) -> Report {
        let violation = match Keys::default().least(kind) {
            Ok(_) => self.too_small(kind, bits).map(|(rule, least)| {
                let key = kind.into();
                rule.violated(ViolationKind::SmallKey { key, bits, least })
            }),
            Err(()) => Some(Violation {
                kind: ViolationKind::UnknownName(kind.into()),
                section: None,
            }),
        };
        self.report([Aspect::Keys], violation.into_iter().collect())
    }

    /// The rule that requires more bits than this for a kind of key, and the number that it requires.
    pub(super) fn too_small(&self, kind: &str, bits: u32) -> Option<(&Rule, u32)> {
        let wanted = |rule| Some((rule, Rule::least(rule, kind)?));
        let all = self.rules.iter().filter_map(wanted);
        all.filter(|(_, least)| bits < *least)
            .max_by_key(|(_, least)| *least)
    }
}

impl Rule {
    fn least(&self, kind: &str) -> Option<u32> {
        self.keys.least(kind).ok().flatten()
    }
}
