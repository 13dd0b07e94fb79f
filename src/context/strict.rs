use super::SslContext;
use crate::cipher::{CipherString, CipherStringError};

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
}
