//! Replaces the certificates or the trust store of a context.

use std::sync::Arc;

use super::credential::Credential;
use super::settings::Settings;
use super::snapshot::Snapshot;
use super::{Identity, SslContext};
use crate::error::Result;

impl SslContext {
    /// Replaces all certificates of the context. Python has no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let (old, new) = (ca.issue("localhost"), ca.issue("localhost"));
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # context.load_cert_chain(ssl::CertChain::from_pem(old.chain_pem(), old.key_pem()))?;
    /// # let chain = ssl::CertChain::from_pem(new.chain_pem(), new.key_pem());
    /// let renewed = ssl::Identity::load(chain)?;
    /// context.set_identities([&renewed])?;
    /// # assert_eq!(context.settings().identities().len(), 1);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// [`load_cert_chain`](Self::load_cert_chain) adds a certificate, or replaces the one with the same key
    /// type. If the key type changes, from RSA to EC for example, the context keeps both certificates. This
    /// method keeps only the given ones. Of several with one key type, the last is used. An empty list removes
    /// all. Existing connections keep their certificate, and sessions stay resumable.
    ///
    /// # Errors
    ///
    /// `SSLError` if a certificate and its key do not match (`KEY_VALUES_MISMATCH`), or if the security level
    /// forbids one. The context then stays as it was.
    pub fn set_identities<'a>(
        &self,
        identities: impl IntoIterator<Item = &'a Identity>,
    ) -> Result<()> {
        let identities: Vec<Arc<Credential>> =
            identities.into_iter().map(Identity::credential).collect();
        self.replace(|mut next| {
            next.identities.clear();
            let mut snapshot = self.build(&Arc::new(next.clone()))?;
            for identity in &identities {
                next.add_identity(Arc::clone(identity));
            }
            // The certificates are installed here, at the context's security level:
            // `Settings::build` would install them at level 0.
            snapshot.edit(next, |ctx, _| {
                identities
                    .iter()
                    .try_for_each(|identity| identity.install(ctx))
            })?;
            Ok(snapshot)
        })
    }

    /// Shares the trust store of another context: its certificates, revocation lists and directories. Python
    /// has no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let (old, new) = (pyssl_testing::Ca::new(), pyssl_testing::Ca::new());
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// # context.load_verify_locations(ssl::VerifyLocations::new().cadata(old.cert_pem()))?;
    /// let fresh = ssl::SslContext::new(context.protocol())?;
    /// fresh.load_verify_locations(ssl::VerifyLocations::new().cadata(new.cert_pem()))?;
    /// context.set_trust_of(&fresh)?;
    /// # assert_eq!(context.cert_store_stats().x509_ca, 1);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// [`load_verify_locations`](Self::load_verify_locations) only adds to a store. With this method a context
    /// can stop trusting a certificate. The two contexts share the store from then on. Existing connections
    /// keep the store that they began with.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context. The context then stays as it was.
    pub fn set_trust_of(&self, other: &SslContext) -> Result<()> {
        let trust = other.trust();
        self.replace(|mut next| {
            next.trust = trust;
            self.build(&Arc::new(next))
        })
    }

    /// Makes a change that an existing `SSL_CTX` does not support. `change` builds a new `SSL_CTX` from the settings.
    /// If it fails, the context stays as it was.
    fn replace(&self, change: impl FnOnce(Settings) -> Result<Snapshot>) -> Result<()> {
        let mut state = self.lock();
        let snapshot = change(Settings::clone(&state.settings))?;
        let settings = Arc::clone(snapshot.settings());
        // The old values may own callbacks that use this context when they are dropped, so the lock
        // is released first.
        let old = (
            std::mem::replace(&mut state.settings, settings),
            state.snapshot.replace(Arc::new(snapshot)),
            state.draft.take(),
        );
        drop(state);
        drop(old);
        Ok(())
    }
}
