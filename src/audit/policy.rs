//! A whole context against a guideline.

use openssl::pkey::Id;

use crate::cipher::{Aspect, Policy, Report};
use crate::context::SslContext;
use crate::error::Result;
use crate::negotiate::{self, Role};

impl SslContext {
    /// Compares the context, in this role, with a guideline: the suites that its settings leave,
    /// its versions, the groups that it has on, and the sizes of its own keys and finite-field
    /// parameters.
    ///
    /// ```
    /// use pyssl as ssl;
    /// use pyssl::cipher::Policy;
    /// use pyssl::negotiate::Role;
    ///
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")?;
    /// context.set_groups("X25519:prime256v1:secp384r1")?;
    /// let report = context.check_policy(&Policy::mozilla_intermediate(), Role::Server)?;
    /// assert!(report.conforms(), "{:?}", report.violations());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Groups that were not set are OpenSSL's own, which are read from a first message that the
    /// context would send. A server without a certificate counts as one that has them all, and its
    /// keys are [not compared](crate::cipher::Report::not_compared).
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot make contexts.
    pub fn check_policy(&self, policy: &Policy, role: Role) -> Result<Report> {
        let ciphers = negotiate::without_obstacles(self, role)?;
        let mut report = policy.check(&ciphers, &self.enabled_versions());
        let settings = self.settings();
        if let Some(groups) = negotiate::groups_on(self)? {
            report.extend(policy.check_groups(&groups));
        }
        if role == Role::Client {
            report.extend(policy.nothing_of(Aspect::Keys));
        }
        for identity in &settings.identities {
            let kind = match identity.key.id() {
                Id::RSA | Id::RSA_PSS => "rsa",
                Id::DSA => "dsa",
                Id::EC => "ec",
                // No policy says anything of the others.
                _ => {
                    report.extend(policy.nothing_of(Aspect::Keys));
                    continue;
                }
            };
            report.extend(policy.check_key(kind, identity.key.bits()));
        }
        if let Some(dh) = &settings.dh_params {
            let bits = dh.prime_p().num_bits().unsigned_abs();
            report.extend(policy.check_key("dh", bits));
        }
        if role == Role::Server && settings.identities.is_empty() && policy.says_of(Aspect::Keys) {
            report.leave_open(Aspect::Keys);
        }
        Ok(report)
    }
}
