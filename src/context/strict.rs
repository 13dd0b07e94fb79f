use super::SslContext;
use crate::cipher::{CipherString, CipherStringError, Ciphersuites};

impl SslContext {
    /// As [`set_ciphers`](Self::set_ciphers), and refuses every part that OpenSSL would pass over
    /// in silence: a misspelt name, a part that changes nothing.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_ciphers("HIGH:!aNUL:!MD5")?; // anonymous suites are on now
    /// let error = context.set_ciphers_strict("HIGH:!aNUL:!MD5").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "column 7: OpenSSL does not know `aNUL`: did you mean `aNULL`?",
    /// );
    /// context.set_ciphers_strict("HIGH:!aNULL:!MD5")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// What counts as an error is said at [`CipherString::strict`]. Python has nothing like it.
    ///
    /// # Errors
    ///
    /// [`CipherStringError`], which names the first such part and its column. The context keeps
    /// its list.
    #[doc(alias = "SSL_CTX_set_strict_cipher_list")]
    pub fn set_ciphers_strict(&self, ciphers: &str) -> Result<(), CipherStringError> {
        CipherString::strict(ciphers)?;
        self.set_ciphers(ciphers)
            .map_err(|error| CipherStringError::of_context(&error))
    }

    /// As [`set_ciphersuites`](Self::set_ciphersuites), and refuses every name that OpenSSL would
    /// pass over in silence, and a list that turns TLS 1.3 off.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// let error = context
    ///     .set_ciphersuites_strict("TLS_AES_256_GCM_SHA384:TLS_AES_128_GMC_SHA256")
    ///     .unwrap_err();
    /// assert_eq!(error.column(), Some(24));
    /// context.set_ciphersuites_strict("TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CipherStringError`], which names the first such name and its column. The context keeps
    /// its suites.
    pub fn set_ciphersuites_strict(&self, ciphersuites: &str) -> Result<(), CipherStringError> {
        Ciphersuites::strict(ciphersuites)?;
        self.set_ciphersuites(ciphersuites)
            .map_err(|error| CipherStringError::of_context(&error))
    }
}
