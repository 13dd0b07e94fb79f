//! Parts of a context that Python does not expose.

use openssl::x509::X509;

use super::SslContext;
use crate::cipher::{self, Cipher};
use crate::constants::{Options, TlsVersion};
use crate::error::Result;
use crate::ffi::store::StoreObject;

/// The versions, each with the option that disables it.
const VERSIONS: [(TlsVersion, Options); 5] = [
    (TlsVersion::SSLv3, Options::OP_NO_SSLv3),
    (TlsVersion::TLSv1, Options::OP_NO_TLSv1),
    (TlsVersion::TLSv1_1, Options::OP_NO_TLSv1_1),
    (TlsVersion::TLSv1_2, Options::OP_NO_TLSv1_2),
    (TlsVersion::TLSv1_3, Options::OP_NO_TLSv1_3),
];

impl SslContext {
    /// The certificates currently in the trust store, and the number of revocation lists.
    pub(crate) fn trusted(&self) -> (Vec<X509>, usize) {
        let mut certificates = Vec::new();
        let mut crls = 0;
        for object in self.trust().objects() {
            match object {
                StoreObject::Certificate(certificate) => certificates.push(certificate),
                StoreObject::Crl(_) => crls += 1,
            }
        }
        (certificates, crls)
    }

    /// Whether the trust store searches directories.
    pub(crate) fn trusts_directories(&self) -> bool {
        self.trust().has_directories()
    }

    /// The enabled versions, lowest first.
    pub(crate) fn enabled_versions(&self) -> Vec<TlsVersion> {
        let options = self.options();
        let (minimum, maximum) = match self.protocol().fixed_version() {
            Some(version) => (version, version),
            None => (self.minimum_version(), self.maximum_version()),
        };
        // Resolves `MINIMUM_SUPPORTED` and `MAXIMUM_SUPPORTED` as `apply_versions` does.
        let bound = |version, open, end| if version == open { end } else { version };
        let (lowest, highest) = (TlsVersion::SSLv3, TlsVersion::TLSv1_3);
        let low = bound(minimum, TlsVersion::MAXIMUM_SUPPORTED, highest);
        let low = bound(low, TlsVersion::MINIMUM_SUPPORTED, lowest);
        let high = bound(maximum, TlsVersion::MINIMUM_SUPPORTED, TlsVersion::TLSv1);
        let high = bound(high, TlsVersion::MAXIMUM_SUPPORTED, highest);
        VERSIONS
            .into_iter()
            .filter(|(version, off)| {
                let built = *version != TlsVersion::SSLv3 || crate::HAS_SSLv3;
                built && (low..=high).contains(version) && !options.contains(*off)
            })
            .map(|(version, _)| version)
            .collect()
    }

    /// The suites of the context's list that a security level allows, for any version. Suites that
    /// need a callback (PSK, SRP) are left out.
    pub(crate) fn ciphers_at_level(&self, level: u32) -> Result<Vec<Cipher>> {
        Ok(self.ask(|ctx| cipher::ciphers_at_level(ctx, level))??)
    }
}
