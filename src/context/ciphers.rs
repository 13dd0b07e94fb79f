//! The cipher suites of a context.

use std::ffi::CStr;
use std::sync::Arc;

use super::SslContext;
use super::settings::no_cipher;
use crate::cipher::{self, Cipher};
use crate::error::{Error, Result, codec};

impl SslContext {
    /// Selects the suites for TLS 1.2 and older with an OpenSSL cipher string. It does not change
    /// the TLS 1.3 suites, which come first in the list;
    /// [`set_ciphersuites`](Self::set_ciphersuites) selects those.
    ///
    /// ```python
    /// context.set_ciphers('HIGH:!aNULL:!MD5')
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLSv1_2)?;
    /// context.set_ciphers("HIGH:!aNULL:!MD5")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// As in Python, unknown names are ignored if the string selects at least one suite. For the
    /// grammar, see `openssl-ciphers`(1).
    ///
    /// # Errors
    ///
    /// `SSLError` (`No cipher can be selected.`) if the string is invalid or selects nothing;
    /// `ValueError` if it contains a NUL. The context keeps its list (in Python the list is lost).
    #[doc(alias = "set_cipher_list")]
    pub fn set_ciphers(&self, ciphers: &str) -> Result<()> {
        let list = codec::c_string(ciphers)?;
        let list = Arc::new(list);
        self.edit(
            |next| next.cipher_list = Arc::clone(&list),
            |ctx, next| {
                ctx.set_cipher_list(&next.cipher_list)
                    .map_err(|_| no_cipher())
            },
        )
    }

    /// The suites of the context, in order of preference.
    ///
    /// ```python
    /// for c in context.get_ciphers(): print(c["name"])
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// for c in context.get_ciphers()? { println!("{}", c.name); }
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// As in Python, the list does not depend on the enabled versions or the certificates.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn get_ciphers(&self) -> Result<Vec<Cipher>> {
        self.ask(cipher::ciphers_of_handle)
    }

    /// Selects the suites for TLS 1.3, in order of preference. New in Python 3.15.
    ///
    /// ```python
    /// context.set_ciphersuites("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_ciphersuites("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256")?;
    /// assert_eq!(context.get_ciphers()?[0].name, "TLS_AES_128_GCM_SHA256");
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Unknown names are ignored if at least one name is known. An empty string removes all TLS 1.3
    /// suites. Source: `SSL_CTX_set_ciphersuites`(3).
    ///
    /// # Errors
    ///
    /// `SSLError` (`No cipher suite can be selected.`) if all names are unknown; `ValueError` if
    /// the string contains a NUL. The context keeps its suites.
    pub fn set_ciphersuites(&self, ciphersuites: &str) -> Result<()> {
        let list = codec::c_string(ciphersuites)?;
        let list: Arc<CStr> = list.into();
        self.edit(
            |next| next.ciphersuites = Some(Arc::clone(&list)),
            |ctx, _| {
                ctx.set_ciphersuites(&list)
                    .map_err(|_| Error::ssl_text("No cipher suite can be selected."))
            },
        )
    }
}
