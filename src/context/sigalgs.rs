//! Signature algorithms.

use std::ffi::CStr;
use std::sync::Arc;

use super::SslContext;
use crate::error::{Error, Result, codec};
use crate::ffi;

/// The signature algorithms that OpenSSL supports, by their TLS names. New in Python 3.15.
///
/// ```python
/// ssl.get_sigalgs()
/// ```
/// ```
/// # use pyssl as ssl;
/// if ssl::capabilities().get_sigalgs {
///     assert!(ssl::get_sigalgs()?.contains(&"rsa_pss_rsae_sha256".to_owned()));
/// }
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// `NotImplementedError` before OpenSSL 3.4
/// ([`Capabilities::get_sigalgs`](crate::Capabilities)).
pub fn get_sigalgs() -> Result<Vec<String>> {
    match ffi::ctx::builtin_sigalgs() {
        Some(names) => {
            let names = names?;
            Ok(names.split(':').map(str::to_owned).collect())
        }
        None => Err(Error::not_implemented(
            "Getting signature algorithms requires OpenSSL 3.4 or later.",
        )),
    }
}

impl SslContext {
    /// Sets the signature algorithms for client authentication: those that a server requests, and
    /// those that a client signs with. New in Python 3.15.
    ///
    /// ```python
    /// context.set_client_sigalgs("ed25519:ecdsa_secp256r1_sha256")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_client_sigalgs("ed25519:ecdsa_secp256r1_sha256")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// For the format of the list, see `SSL_CTX_set1_client_sigalgs_list`(3). From OpenSSL 3.3 on,
    /// a name with a leading `?` is ignored if it is unknown.
    ///
    /// # Errors
    ///
    /// `SSLError` (`unrecognized signature algorithm`) if a name is unknown; `ValueError` if the
    /// list contains a NUL. The context keeps its algorithms.
    pub fn set_client_sigalgs(&self, sigalgs: &str) -> Result<()> {
        let list = list(sigalgs)?;
        self.edit(
            |next| next.client_sigalgs = Some(Arc::clone(&list)),
            |ctx, _| ctx.set_client_sigalgs_list(&list).map_err(|_| unknown()),
        )
    }

    /// Sets the signature algorithms for server authentication: those that a client offers, and
    /// those that a server signs with. New in Python 3.15.
    ///
    /// ```python
    /// context.set_server_sigalgs("rsa_pss_rsae_sha256")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_server_sigalgs("rsa_pss_rsae_sha256")?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// For the format of the list, see `SSL_CTX_set1_sigalgs_list`(3).
    ///
    /// # Errors
    ///
    /// The same as [`set_client_sigalgs`](Self::set_client_sigalgs).
    pub fn set_server_sigalgs(&self, sigalgs: &str) -> Result<()> {
        let list = list(sigalgs)?;
        self.edit(
            |next| next.server_sigalgs = Some(Arc::clone(&list)),
            |ctx, _| ctx.set_sigalgs_list(&list).map_err(|_| unknown()),
        )
    }
}

fn list(sigalgs: &str) -> Result<Arc<CStr>> {
    Ok(codec::c_string(sigalgs)?.into())
}

fn unknown() -> Error {
    Error::ssl_text("unrecognized signature algorithm")
}
