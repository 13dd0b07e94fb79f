//! What was found against what should be.

use std::collections::HashSet;

use pyssl as ssl;
use pyssl::TlsVersion;
use pyssl::cipher::{Policy, Resolved, Severity};

use super::same_group;
use crate::report::ciphers::Judged;
use crate::report::scan::{Deviation, Order, PolicyResult, Scan};

/// Against the string that the server was meant to have.
pub(super) fn with_string(scan: &Scan, meant: &Resolved) -> Vec<Deviation> {
    let mut found = Vec::new();
    let meant = meant.selected();
    let accepted = accepted(scan);
    let is_meant = |id: u32| meant.iter().any(|suite| suite.id == id);
    let has = |id: u32| accepted.iter().any(|suite| suite.id == id);
    for suite in accepted.iter().filter(|suite| !is_meant(suite.id)) {
        found.push(Deviation {
            severity: Severity::Error,
            message: format!(
                "{} is accepted, and the string does not select it",
                suite.name
            ),
        });
    }
    if accepted.is_empty() {
        found.push(Deviation {
            severity: Severity::Warning,
            message: "TLS 1.2 and older are off, so that the string has no effect".to_owned(),
        });
        return found;
    }
    let kinds: HashSet<&str> = accepted.iter().filter_map(|suite| suite.auth).collect();
    let dhe = accepted.iter().any(|suite| suite.kea == Some("kx-dhe"));
    for suite in meant.iter().filter(|suite| !has(suite.id)) {
        let callback = suite.weaknesses().iter().any(|w| w.needs_callback());
        let certificate = suite.auth.is_some_and(|auth| !kinds.contains(auth));
        let (severity, why) = if callback {
            (Severity::Note, "it needs a key in common")
        } else if certificate {
            (Severity::Note, "no certificate of that kind was seen")
        } else if suite.kea == Some("kx-dhe") && !dhe {
            (
                Severity::Note,
                "no DHE suite is accepted: DH parameters may be missing",
            )
        } else {
            (Severity::Warning, "the string selects it")
        };
        found.push(Deviation {
            severity,
            message: format!("{} is not accepted; {why}", suite.name),
        });
    }
    for version in &scan.versions {
        let old = version.suites.iter().filter(|suite| is_meant(suite.id));
        let old: Vec<_> = old
            .filter(|suite| !suite.is_tls13())
            .map(|s| s.id)
            .collect();
        let wanted = meant
            .iter()
            .map(|suite| suite.id)
            .filter(|id| old.contains(id));
        if version.order == Order::Server && !wanted.eq(old.iter().copied()) {
            found.push(Deviation {
                severity: Severity::Warning,
                message: format!("{}: the order is not that of the string", version.label),
            });
        }
    }
    found
}

/// The suites of TLS 1.2 and older, each once.
fn accepted(scan: &Scan) -> Vec<&ssl::Cipher> {
    let mut seen = HashSet::new();
    let all = scan.versions.iter().flat_map(|version| &version.suites);
    all.filter(|suite| !suite.is_tls13() && seen.insert(suite.id))
        .collect()
}

/// Against a guideline.
pub(super) fn with_policy(scan: &Scan, policy: Policy) -> PolicyResult {
    let mut seen = HashSet::new();
    let all = scan.versions.iter().flat_map(|version| &version.suites);
    let suites: Vec<_> = all.filter(|s| seen.insert(s.id)).cloned().collect();
    let on = scan.versions.iter().filter(|v| !v.suites.is_empty());
    let on: Vec<TlsVersion> = on.map(|version| version.version).collect();
    let report = policy.check(&suites, &on);
    let wanted: Vec<_> = policy.groups().map(str::to_owned).collect();
    let fits = |group: &&String| wanted.iter().any(|w| same_group(w, group));
    let groups = scan.groups.iter().filter(|group| !fits(group));
    let groups = groups.filter(|_| !wanted.is_empty()).cloned().collect();
    PolicyResult {
        judged: Judged { policy, report },
        groups,
    }
}
