use openssl::ssl::{Ssl, SslContext};

use super::library::{ListOutcome, ScratchContext};
use super::{Cipher, CipherString, CipherStringError};

/// The suites that a cipher string selects, from [`CipherString::resolve`], in order of preference.
///
/// The suites of TLS 1.3, which the string does not affect, come first, as in Python's
/// `get_ciphers()`.
#[derive(Debug, Clone)]
pub struct Resolved {
    ciphers: Vec<Cipher>,
    security_level: u32,
    context: SslContext,
}

impl CipherString {
    /// The suites that the string selects, as the linked OpenSSL says.
    ///
    /// ```python
    /// context.set_ciphers("ECDHE+AESGCM"); context.get_ciphers()
    /// ```
    /// ```
    /// # use pyssl_ciphers::cipher::CipherString;
    /// let resolved = CipherString::parse("ECDHE+AESGCM")?.resolve()?;
    /// assert!(resolved.selected().iter().all(|suite| suite.aead && suite.forward_secret()));
    /// # Ok::<(), pyssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `No cipher can be selected.` if the string selects no suite.
    ///
    /// In OpenSSL: `SSL_CTX_set_cipher_list`, `SSL_CTX_get_ciphers`.
    pub fn resolve(&self) -> Result<Resolved, CipherStringError> {
        let mut scratch = ScratchContext::new().map_err(|e| CipherStringError::library(&e))?;
        let ciphers = match scratch.set(self.as_str()) {
            ListOutcome::Listed(ciphers) => ciphers,
            ListOutcome::Nothing => {
                return Err(CipherStringError::nothing_selected(self.as_str().len()));
            }
            ListOutcome::Refused(e) => return Err(CipherStringError::library(&e)),
        };
        let context = scratch.0.build();
        Ok(Resolved {
            ciphers,
            security_level: context.security_level(),
            context,
        })
    }
}

impl Resolved {
    /// All suites: those of TLS 1.3, then those that the string selects.
    pub fn ciphers(&self) -> &[Cipher] {
        &self.ciphers
    }

    /// All suites, by value.
    pub fn into_ciphers(self) -> Vec<Cipher> {
        self.ciphers
    }

    /// The suites of TLS 1.3, which the string does not affect.
    pub fn tls13(&self) -> &[Cipher] {
        self.ciphers.split_at(self.tls13_len()).0
    }

    /// The suites that the string selects.
    pub fn selected(&self) -> &[Cipher] {
        self.ciphers.split_at(self.tls13_len()).1
    }

    fn tls13_len(&self) -> usize {
        self.ciphers.iter().take_while(|c| c.is_tls13()).count()
    }

    /// The security level: the one that the string sets, or the library's default.
    pub fn security_level(&self) -> u32 {
        self.security_level
    }

    /// The suites that a client offers: all but those that the security level forbids and those
    /// that need a PSK or SRP callback.
    ///
    /// # Errors
    ///
    /// Only if OpenSSL runs out of memory.
    ///
    /// In OpenSSL: `SSL_get1_supported_ciphers`.
    pub fn supported(&self) -> Result<Vec<Cipher>, CipherStringError> {
        self.supported_at(None)
    }

    /// The suites that are disabled by the security level only.
    ///
    /// # Errors
    ///
    /// Only if OpenSSL runs out of memory.
    pub fn hidden_by_security_level(&self) -> Result<Vec<Cipher>, CipherStringError> {
        let offered = self.supported()?;
        let mut free = self.supported_at(Some(0))?;
        free.retain(|c| !offered.contains(c));
        Ok(free)
    }

    fn supported_at(&self, level: Option<u32>) -> Result<Vec<Cipher>, CipherStringError> {
        let supported = || {
            let mut ssl = Ssl::new(&self.context)?;
            ssl.set_min_proto_version(None)?;
            ssl.set_max_proto_version(None)?;
            if let Some(level) = level {
                ssl.set_security_level(level);
            }
            Ok(Cipher::supported(&mut ssl))
        };
        supported().map_err(|e| CipherStringError::library(&e))
    }
}
