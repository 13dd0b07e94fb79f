//! The callback for the client's server name.

use std::sync::Arc;

use super::SslContext;
use crate::constants::{AlertDescription, Protocol};
use crate::error::{BoxError, Error, Result};
use crate::ffi::hooks::SniDecision;
use crate::ffi::trampoline::protocols;

/// The argument of the SNI callback; see [`SslContext::set_sni_callback`].
#[derive(Debug)]
pub struct SniRequest<'a> {
    server_name: Option<&'a str>,
    /// The ALPN protocols that the client offers, each after a length byte.
    offered: &'a [u8],
}

impl SniRequest<'_> {
    /// The server name that the client sent (as A-labels); `None` if it sent none.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name
    }

    /// The application protocols that the client offers (ALPN, RFC 7301), in its order. Python has no equivalent.
    ///
    /// A validation server of ACME offers `acme-tls/1` only (RFC 8737), and must get another certificate than
    /// other clients that ask for the same name:
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # let challenge = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_sni_callback(move |request| {
    ///     Ok(match request.alpn_protocols().eq([b"acme-tls/1"]) {
    ///         true => ssl::SniAction::Switch(challenge.clone()),
    ///         false => ssl::SniAction::Continue,
    ///     })
    /// })?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn alpn_protocols(&self) -> impl Iterator<Item = &[u8]> {
        protocols(self.offered)
    }
}

/// The result of the SNI callback.
#[non_exhaustive]
#[derive(Debug)]
pub enum SniAction {
    /// Continues with the current context; Python's `return None`.
    Continue,
    /// Switches to another context; Python's `socket.context = other`. The connection then uses the
    /// other context's certificate, ALPN protocols and trust store. Verification, options and
    /// versions stay those of the original context.
    Switch(SslContext),
    /// Ends the handshake with an alert; Python's `return ssl.ALERT_DESCRIPTION_...`.
    Alert(AlertDescription),
}

type SniFunction = dyn Fn(&SniRequest<'_>) -> Result<SniAction, BoxError> + Send + Sync;

/// The stored callback.
pub(crate) struct SniCallback(pub(crate) Box<SniFunction>);

impl SniCallback {
    pub(crate) fn decide(&self, server_name: Option<&str>, offered: &[u8]) -> SniDecision {
        let refuse = |alert: AlertDescription, error| SniDecision::Refuse(alert.0, error);
        let request = SniRequest {
            server_name,
            offered,
        };
        match (self.0)(&request) {
            Ok(SniAction::Continue) => SniDecision::Continue,
            Ok(SniAction::Alert(alert)) => refuse(alert, None),
            Ok(SniAction::Switch(context)) => match context.snapshot() {
                Ok(snapshot) => SniDecision::Switch(snapshot),
                Err(error) => refuse(AlertDescription::INTERNAL_ERROR, Some(error.into())),
            },
            Err(error) => refuse(AlertDescription::HANDSHAKE_FAILURE, Some(error)),
        }
    }
}

impl SslContext {
    /// The SNI callback, which can be called or set again. Python's `context.sni_callback`.
    ///
    /// ```python
    /// old = context.sni_callback
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # context.set_sni_callback(|_| Ok(ssl::SniAction::Continue))?;
    /// if let Some(old) = context.sni_callback() {
    ///     context.set_sni_callback(move |request| {
    ///         println!("{:?}", request.server_name());
    ///         old(request)
    ///     })?;
    /// }
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn sni_callback(
        &self,
    ) -> Option<impl Fn(&SniRequest<'_>) -> Result<SniAction, BoxError> + Clone + Send + Sync + use<>>
    {
        let callback = self.read(|settings| settings.sni_callback.clone())?;
        Some(move |request: &SniRequest<'_>| (callback.0)(request))
    }

    /// Sets the SNI callback. A server calls it when it knows the client's server name, before it
    /// selects a certificate. Python's `context.sni_callback`.
    ///
    /// ```python
    /// def choose(sock, name, context):
    ///     if name == "b.example": sock.context = other
    /// context.sni_callback = choose
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # let other = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_sni_callback(move |request| match request.server_name() {
    ///     Some("b.example") => Ok(ssl::SniAction::Switch(other.clone())),
    ///     _ => Ok(ssl::SniAction::Continue),
    /// })?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// If the callback returns an error, the handshake fails with the alert `handshake_failure` and
    /// returns [`Error::Callback`]. A panic resumes in the thread that runs the handshake.
    ///
    /// # Errors
    ///
    /// `ValueError` on `PROTOCOL_TLS_CLIENT`.
    #[doc(alias = "sni_callback")]
    #[doc(alias = "set_servername_callback")]
    pub fn set_sni_callback(
        &self,
        callback: impl Fn(&SniRequest<'_>) -> Result<SniAction, BoxError> + Send + Sync + 'static,
    ) -> Result<()> {
        self.replace_sni_callback(Some(Arc::new(SniCallback(Box::new(callback)))))
    }

    /// Python's older name of [`set_sni_callback`](Self::set_sni_callback).
    ///
    /// # Errors
    ///
    /// `ValueError` on `PROTOCOL_TLS_CLIENT`.
    pub fn set_servername_callback(
        &self,
        callback: impl Fn(&SniRequest<'_>) -> Result<SniAction, BoxError> + Send + Sync + 'static,
    ) -> Result<()> {
        self.set_sni_callback(callback)
    }

    /// Removes the SNI callback. Python's `context.sni_callback = None`.
    ///
    /// # Errors
    ///
    /// `ValueError` on `PROTOCOL_TLS_CLIENT`.
    pub fn clear_sni_callback(&self) -> Result<()> {
        self.replace_sni_callback(None)
    }

    fn replace_sni_callback(&self, callback: Option<Arc<SniCallback>>) -> Result<()> {
        if self.protocol() == Protocol::PROTOCOL_TLS_CLIENT {
            return Err(Error::value(
                "sni_callback cannot be set on TLS_CLIENT context",
            ));
        }
        self.edit(
            |next| next.sni_callback = callback,
            |ctx, next| ctx.set_server_name(next.sni_callback.is_some()),
        )
    }
}
