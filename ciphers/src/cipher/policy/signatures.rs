//! The rules of a policy for the signatures of the handshake.

use super::digests::{DigestOf, digest_of};
use super::{Aspect, Policy, Report, ViolationKind};
use crate::cipher::signature::{signature_name, signature_number};

impl Policy {
    /// Compares the signature schemes of the handshake that are on, by their names in the TLS registry or in OpenSSL. The
    /// rules on the signature of a certificate are compared by [`check_certificate`](Self::check_certificate).
    ///
    /// ```
    /// use pyssl_ciphers::cipher::Policy;
    ///
    /// let policy = Policy::parse(
    ///     "name = 'a'\nversion = '1'\nsource = 'b'\n[[rule]]\nsignatures = ['ed25519', 'RSA-PSS+SHA256']\n",
    /// )?;
    /// let report = policy.check_signatures(&["rsa_pss_rsae_sha256", "rsa_pkcs1_sha1"]);
    /// let found: Vec<_> = report.violations().iter().map(ToString::to_string).collect();
    /// assert_eq!(found, ["the signature scheme rsa_pkcs1_sha1 is not in the guideline's list"]);
    /// # Ok::<(), pyssl_ciphers::DataError>(())
    /// ```
    pub fn check_signatures<S: AsRef<str>>(&self, schemes: &[S]) -> Report {
        let mut violations = Vec::new();
        if let Some(rule) = self.stating(|rule| !rule.signatures.is_empty()).next() {
            let allowed = self.rules.iter().flat_map(|rule| &rule.signatures);
            let allowed: Vec<u16> = allowed.map(|scheme| scheme.0).collect();
            for name in schemes.iter().map(AsRef::as_ref) {
                if !signature_number(name).is_some_and(|number| allowed.contains(&number)) {
                    violations.push(rule.violated(ViolationKind::Signature(name.into())));
                }
            }
        }
        let names = schemes.iter().map(AsRef::as_ref);
        let mut is_open = false;
        for rule in self.stating(|rule| !rule.forbid_digests.is_empty()) {
            for name in names.clone() {
                let known = signature_number(name).map(signature_name);
                let kind = match known.as_deref().map(digest_of) {
                    Some(DigestOf::Known(digest)) if rule.forbid_digests.contains(&digest) => {
                        ViolationKind::SignatureDigest(name.into())
                    }
                    Some(DigestOf::Known(_) | DigestOf::Nothing) => continue,
                    Some(DigestOf::Unknown) => {
                        is_open = true;
                        continue;
                    }
                    None => ViolationKind::UnknownName(name.into()),
                };
                violations.push(rule.violated(kind));
            }
        }
        let mut report = self.report([Aspect::Signatures], violations);
        if is_open {
            report.leave_open(self, Aspect::Signatures);
        }
        report
    }
}
