//! The TLS settings that the test clients and the test servers both have.

use std::fmt;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::ssl::{SslContextBuilder, SslVersion};

type Configure = Arc<dyn Fn(&mut SslContextBuilder) + Send + Sync>;

/// The values that the methods of [`setters!`] store.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) min_version: Option<SslVersion>,
    pub(crate) max_version: Option<SslVersion>,
    pub(crate) ciphers: Option<String>,
    pub(crate) ciphersuites: Option<String>,
    pub(crate) security_level: Option<u32>,
    pub(crate) configure: Vec<Configure>,
}

impl Settings {
    /// Call this before certificates are loaded, because the security level decides which
    /// certificates OpenSSL accepts.
    pub(crate) fn apply(&self, context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
        if let Some(level) = self.security_level {
            context.set_security_level(level);
        }
        if let Some(ciphers) = &self.ciphers {
            context.set_cipher_list(ciphers)?;
        }
        if let Some(suites) = &self.ciphersuites {
            context.set_ciphersuites(suites)?;
        }
        context.set_min_proto_version(self.min_version)?;
        context.set_max_proto_version(self.max_version)
    }

    /// Call this after all other changes of the context.
    pub(crate) fn configure(&self, context: &mut SslContextBuilder) {
        for configure in &self.configure {
            configure(context);
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("min_version", &self.min_version)
            .field("max_version", &self.max_version)
            .field("ciphers", &self.ciphers)
            .finish_non_exhaustive()
    }
}

/// Defines the setters of a type that has a field `settings`.
macro_rules! setters {
    () => {
        /// The lowest protocol version.
        pub fn min_version(mut self, version: SslVersion) -> Self {
            self.settings.min_version = Some(version);
            self
        }

        /// The highest protocol version.
        pub fn max_version(mut self, version: SslVersion) -> Self {
            self.settings.max_version = Some(version);
            self
        }

        /// Exactly one protocol version.
        pub fn only_version(self, version: SslVersion) -> Self {
            self.min_version(version).max_version(version)
        }

        /// The cipher string, for TLS 1.2 and below.
        pub fn ciphers(mut self, ciphers: &str) -> Self {
            self.settings.ciphers = Some(ciphers.to_owned());
            self
        }

        /// The cipher suites of TLS 1.3.
        pub fn ciphersuites(mut self, suites: &str) -> Self {
            self.settings.ciphersuites = Some(suites.to_owned());
            self
        }

        /// OpenSSL's security level; 0 allows weak keys and old versions.
        pub fn security_level(mut self, level: u32) -> Self {
            self.settings.security_level = Some(level);
            self
        }

        /// Does anything else to the context, after all other settings.
        pub fn configure<F: Fn(&mut SslContextBuilder) + Send + Sync + 'static>(
            mut self,
            configure: F,
        ) -> Self {
            self.settings.configure.push(Arc::new(configure));
            self
        }
    };
}

pub(crate) use setters;
