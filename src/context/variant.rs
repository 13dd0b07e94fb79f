//! A read-only view of a context's settings, and copies of a context with changed settings.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use openssl::dh::Dh;

use super::psk::{PskClientCallback, PskServerCallback};
use super::settings::Settings;
use super::trust::Trust;
use super::{Identity, SslContext};
use crate::certificate::Certificate;
use crate::cipher::Cipher;
use crate::constants::{OcspMode, Options, Protocol, TlsVersion, VerifyMode};
use crate::error::Result;

impl SslContext {
    /// A read-only copy of the current settings.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// assert_eq!(context.settings().groups(), None);
    /// context.set_groups("X25519:P-256")?;
    /// assert_eq!(context.settings().groups().as_deref(), Some("X25519:P-256"));
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The copy has the settings that Python does not expose. Python's properties are methods of
    /// [`SslContext`] itself.
    pub fn settings(&self) -> ContextSettings {
        ContextSettings {
            settings: self.read(Settings::clone),
            context: self.clone(),
        }
    }

    /// Starts building a copy of the context with changed settings, for trials such as a handshake
    /// that must not call the context's callbacks.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// let trial = context.variant().without_verification().build()?;
    /// assert_eq!(trial.verify_mode(), ssl::CERT_NONE);
    /// assert_eq!(context.verify_mode(), ssl::CERT_REQUIRED);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// A variant shares the trust store and the ticket keys of the original context. For an
    /// independent context, use [`copy`](Self::copy).
    pub fn variant(&self) -> Variant {
        Variant(self.read(Settings::clone))
    }
}

/// The settings of a context; see [`SslContext::settings`].
pub struct ContextSettings {
    settings: Settings,
    context: SslContext,
}

impl ContextSettings {
    /// The cipher string.
    pub fn ciphers(&self) -> Cow<'_, str> {
        self.settings.cipher_list.to_string_lossy()
    }

    /// The list of TLS 1.3 suites; `None` if it is OpenSSL's default.
    pub fn ciphersuites(&self) -> Option<Cow<'_, str>> {
        let suites = self.settings.ciphersuites.as_ref();
        suites.map(|suites| suites.to_string_lossy())
    }

    /// The groups for key exchange; `None` if they are OpenSSL's default.
    pub fn groups(&self) -> Option<String> {
        self.settings.groups.as_ref().map(|groups| groups.name())
    }

    /// The certificates with their keys, in loading order.
    pub fn identities(&self) -> Vec<Identity> {
        let identities = self.settings.identities.iter();
        identities
            .map(|own| Identity::of(Arc::clone(own)))
            .collect()
    }

    /// The size of the Diffie-Hellman parameters in bits, if there are any.
    pub fn dh_bits(&self) -> Option<u32> {
        let dh = self.settings.dh_params.as_ref()?;
        Some(dh.prime_p().num_bits().unsigned_abs())
    }

    /// The enabled versions, lowest first.
    pub fn versions(&self) -> Vec<TlsVersion> {
        self.context.enabled_versions()
    }

    /// All certificates in the trust store. Directories are not read.
    pub fn trusted(&self) -> Vec<Certificate> {
        let (trusted, _) = self.context.trusted();
        trusted.into_iter().map(Certificate::from_x509).collect()
    }

    /// The number of revocation lists in the trust store.
    pub fn revocation_lists(&self) -> usize {
        self.context.trusted().1
    }

    /// Whether the trust store also searches directories.
    pub fn trusts_directories(&self) -> bool {
        self.context.trusts_directories()
    }

    /// Whether the SNI callback is set.
    pub fn has_sni_callback(&self) -> bool {
        self.settings.sni_callback.is_some()
    }

    /// Whether the client's PSK callback is set.
    pub fn has_psk_client_callback(&self) -> bool {
        self.settings.psk_client.is_some()
    }

    /// Whether the server's PSK callback is set.
    pub fn has_psk_server_callback(&self) -> bool {
        self.settings.psk_server.is_some()
    }

    /// The suites of the context's list that a security level allows, for any version. Suites that
    /// need a callback (PSK, SRP) are left out.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn ciphers_at_level(&self, level: u32) -> Result<Vec<Cipher>> {
        self.context.ciphers_at_level(level)
    }
}

impl fmt::Debug for ContextSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextSettings")
            .field("ciphers", &self.ciphers())
            .field("ciphersuites", &self.ciphersuites())
            .field("groups", &self.groups())
            .field("versions", &self.versions())
            .finish_non_exhaustive()
    }
}

/// A builder for a changed copy of a context; see [`SslContext::variant`].
#[must_use]
pub struct Variant(Settings);

impl Variant {
    /// Removes the key log and the message callback.
    pub fn without_observers(mut self) -> Variant {
        self.0.keylog = None;
        self.0.message_callback = None;
        self
    }

    /// Removes the SNI callback.
    pub fn without_sni_callback(mut self) -> Variant {
        self.0.sni_callback = None;
        self
    }

    /// Turns off the verification of the peer's certificate and of its stapled OCSP response.
    pub fn without_verification(mut self) -> Variant {
        self.0.check_hostname = false;
        self.0.verify_mode = VerifyMode::CERT_NONE;
        self.0.verify_callback = None;
        self.without_stapling()
    }

    /// Turns off OCSP stapling: no response is sent, and none is required.
    pub fn without_stapling(mut self) -> Variant {
        self.0.ocsp_mode = OcspMode::Off;
        self.0.staple = None;
        self
    }

    /// Disables session tickets.
    pub fn without_tickets(mut self) -> Variant {
        let tickets = Options::OP_NO_TICKET.bits();
        self.0.options |= tickets;
        self
    }

    /// Replaces each PSK callback that is set. The client's new callback returns this identity and
    /// key, the server's returns this key.
    pub fn replacing_psk(mut self, identity: &'static str, key: &'static [u8]) -> Variant {
        let client = self.0.psk_client.take();
        self.0.psk_client = client.map(|_| PskClientCallback::constant(identity, key));
        let server = self.0.psk_server.take();
        self.0.psk_server = server.map(|_| PskServerCallback::constant(key));
        self
    }

    /// Sets the PSK callbacks of both roles. The client's returns this identity and key, the
    /// server's returns this key.
    pub fn with_psk(mut self, identity: &'static str, key: &'static [u8]) -> Variant {
        self.0.psk_client = Some(PskClientCallback::constant(identity, key));
        self.0.psk_server = Some(PskServerCallback::constant(key));
        self
    }

    /// Replaces all certificates by these.
    pub fn with_identities<'a>(
        mut self,
        identities: impl IntoIterator<Item = &'a Identity>,
    ) -> Variant {
        self.0.identities.clear();
        for identity in identities {
            self = self.with_identity(identity);
        }
        self
    }

    /// Adds this certificate, replacing one with the same key type.
    pub fn with_identity(mut self, identity: &Identity) -> Variant {
        self.0.add_identity(identity.credential());
        self
    }

    /// Sets Diffie-Hellman parameters (PEM).
    ///
    /// # Errors
    ///
    /// `SSLError` if the text contains no parameters.
    pub fn with_dh_params(mut self, pem: &[u8]) -> Result<Variant> {
        crate::ffi::util::clear_errors();
        self.0.dh_params = Some(Arc::new(Dh::params_from_pem(pem)?));
        Ok(self)
    }

    /// Sets a new, empty trust store.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create one.
    pub fn with_empty_trust(mut self) -> Result<Variant> {
        self.0.trust = Arc::new(Trust::empty()?);
        Ok(self)
    }

    /// Shares the trust store of another context. Certificates that are added to that context later are
    /// trusted here too.
    pub fn with_trust_of(mut self, other: &SslContext) -> Variant {
        self.0.trust = other.read(|settings| Arc::clone(&settings.trust));
        self
    }

    /// Copies the groups of another context.
    pub fn with_groups_of(mut self, other: &SslContext) -> Variant {
        self.0.groups = other.read(|settings| settings.groups.clone());
        self
    }

    /// Sets the security level, overriding the cipher string.
    pub fn at_security_level(mut self, level: u32) -> Variant {
        self.0.security_level = Some(level);
        self
    }

    /// Allows both roles.
    pub fn for_both_roles(mut self) -> Variant {
        if self.0.protocol.fixed_version().is_none() {
            self.0.protocol = Protocol::PROTOCOL_TLS;
        }
        self
    }

    /// Creates the context.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL rejects the settings.
    pub fn build(self) -> Result<SslContext> {
        SslContext::from_settings(self.0)
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variant").finish_non_exhaustive()
    }
}
