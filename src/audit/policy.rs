//! A whole context against a guideline.

use openssl::pkey::Id;

use crate::cipher::{Policy, Report};
use crate::context::SslContext;
use crate::error::Result;
use crate::negotiate::{self, Role};

impl SslContext {
    /// Compares the context, in this role, with a guideline: the suites that its settings leave,
    /// its versions, its groups if they were set, and the sizes of its own keys and finite-field
    /// parameters.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl::cipher::Policy;
    /// use pyssl::negotiate::Role;
    ///
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")?;
    /// let report = context.check_policy(&Policy::mozilla_intermediate(), Role::Server)?;
    /// assert!(report.conforms(), "{:?}", report.violations());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// A server without a certificate counts as one that has them all. Groups that were not set
    /// are OpenSSL's, and are not compared.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make contexts.
    pub fn check_policy(&self, policy: &Policy, role: Role) -> Result<Report> {
        let ciphers = negotiate::without_obstacles(self, role)?;
        let mut report = policy.check(&ciphers, &self.enabled_versions());
        let settings = self.settings();
        let groups = settings.groups.as_ref().map(|groups| groups.name());
        if let Some(groups) = groups.as_deref().and_then(group_names) {
            report.extend(policy.check_groups(&groups));
        }
        for identity in &settings.identities {
            let kind = match identity.key.id() {
                Id::RSA | Id::RSA_PSS => "rsa",
                Id::DSA => "dsa",
                Id::EC => "ec",
                _ => continue,
            };
            report.extend(policy.check_key(kind, identity.key.bits()));
        }
        if let Some(dh) = &settings.dh_params {
            let bits = dh.prime_p().num_bits().unsigned_abs();
            report.extend(policy.check_key("dh", bits));
        }
        Ok(report)
    }
}

/// The names in a list of groups; none if it refers to OpenSSL's own list.
fn group_names(list: &str) -> Option<Vec<&str>> {
    let names: Vec<_> = list
        .split([':', '/'])
        // Marks for key shares and optional groups, of OpenSSL 3.5 and later.
        .map(|name| name.trim_start_matches(['*', '?']))
        .filter(|name| !name.is_empty() && !name.starts_with('-'))
        .collect();
    let own = names
        .iter()
        .all(|name| !name.eq_ignore_ascii_case("DEFAULT"));
    own.then_some(names)
}
