//! Pre-shared keys (PSK), which replace certificates.

use std::ffi::CString;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::SslContext;
use crate::constants::Protocol;
use crate::error::{BoxError, Error, Result, SslError, codec};
use crate::ffi::hooks::{PskClient, PskLimits};

/// The maximum length of an identity in bytes, as in Python.
const IDENTITY_MAX: usize = 255;
/// The maximum length of a hint in bytes: OpenSSL's limit.
const HINT_MAX: usize = 256;

/// The result of a client's PSK callback: its identity, and the key that it shares with the server.
///
/// Tuples as in Python convert to it: `("client", key).into()` and `(None, key).into()`. The key is
/// overwritten when it is dropped.
pub struct ClientPsk {
    identity: Option<String>,
    key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for ClientPsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPsk")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

macro_rules! from_tuples {
    ($($identity:ty, |$name:ident| $value:expr;)*) => {
        $(
            impl<K: Into<Vec<u8>>> From<($identity, K)> for ClientPsk {
                fn from(($name, key): ($identity, K)) -> ClientPsk {
                    ClientPsk {
                        identity: $value,
                        key: Zeroizing::new(key.into()),
                    }
                }
            }
        )*
    };
}

from_tuples! {
    &str, |identity| Some(identity.to_owned());
    String, |identity| Some(identity);
    Option<&str>, |identity| identity.map(str::to_owned);
    Option<String>, |identity| identity;
}

type ClientFunction = dyn Fn(Option<&str>) -> Result<ClientPsk, BoxError> + Send + Sync;
type ServerFunction = dyn Fn(Option<&str>) -> Result<Zeroizing<Vec<u8>>, BoxError> + Send + Sync;

/// The stored client callback.
pub(crate) struct PskClientCallback(Box<ClientFunction>);

impl PskClientCallback {
    /// A callback that always returns this identity and key.
    pub(crate) fn constant(identity: &'static str, key: &'static [u8]) -> Arc<PskClientCallback> {
        Arc::new(PskClientCallback(Box::new(move |_| {
            Ok((identity, key).into())
        })))
    }

    pub(crate) fn find(&self, hint: &[u8], limits: PskLimits) -> Result<PskClient, BoxError> {
        // A hint that is not UTF-8 fails the handshake, like an unknown identity.
        let Some(hint) = decode_text(hint) else {
            return Ok(PskClient::none());
        };
        let ClientPsk { identity, key } = (self.0)(hint)?;
        let identity = identity.unwrap_or_default().into_bytes();
        at_most(
            "identity",
            identity.len(),
            IDENTITY_MAX.min(limits.identity),
        )?;
        at_most("key", key.len(), limits.key)?;
        if identity.contains(&0) {
            return Err(not_found("the identity contains a NUL").into());
        }
        Ok(PskClient { identity, key })
    }
}

/// The stored server callback and hint.
pub(crate) struct PskServerCallback {
    callback: Box<ServerFunction>,
    pub(crate) hint: Option<CString>,
}

impl PskServerCallback {
    /// A callback that returns this key for every identity.
    pub(crate) fn constant(key: &'static [u8]) -> Arc<PskServerCallback> {
        Arc::new(PskServerCallback {
            callback: Box::new(move |_| Ok(Zeroizing::new(key.to_vec()))),
            hint: None,
        })
    }

    pub(crate) fn find(
        &self,
        identity: &[u8],
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, BoxError> {
        // An identity that is not UTF-8 is unknown.
        let Some(identity) = decode_text(identity) else {
            return Ok(Zeroizing::default());
        };
        let key = (self.callback)(identity)?;
        at_most("key", key.len(), limit)?;
        Ok(key)
    }
}

/// Decodes a text from the peer: `Some(None)` if it is empty, `None` if it is not UTF-8.
fn decode_text(text: &[u8]) -> Option<Option<&str>> {
    let text = std::str::from_utf8(text).ok()?;
    Some((!text.is_empty()).then_some(text))
}

fn at_most(what: &str, length: usize, limit: usize) -> Result<(), BoxError> {
    if length > limit {
        let why = format!("the {what} has {length} bytes, but the maximum is {limit}");
        return Err(not_found(&why).into());
    }
    Ok(())
}

/// Python's error for an invalid result of a callback, with the cause.
fn not_found(why: &str) -> Error {
    Error::Ssl(Box::new(SslError::ssl_reason(
        "PSK_IDENTITY_NOT_FOUND",
        format!("psk identity not found: {why}"),
    )))
}

impl SslContext {
    /// Sets the callback that returns a client's identity and key.
    ///
    /// ```python
    /// context.set_psk_client_callback(lambda hint: ("ClientId_1", b"key"))
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// context.set_check_hostname(false)?;
    /// context.set_verify_mode(ssl::CERT_NONE)?;
    /// context.set_maximum_version(ssl::TlsVersion::TLSv1_2)?;
    /// context.set_ciphers("PSK")?;
    /// context.set_psk_client_callback(|hint| Ok(("ClientId_1", "key")))?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The callback receives the server's hint. The hint is `None` if the server sent none, and
    /// always in TLS 1.3. An identity has up to 255 bytes, a key up to 512 (256 in TLS 1.2 with
    /// some builds of OpenSSL). An empty key means that there is no key: a TLS 1.2 handshake fails,
    /// a TLS 1.3 handshake continues with a certificate. TLS 1.3 requires an identity, and uses a
    /// SHA-256 suite (RFC 8446, section 4.2.11).
    ///
    /// If the callback returns an error, the handshake fails with [`Error::Callback`]. A panic
    /// resumes in the thread that runs the handshake.
    ///
    /// # Errors
    ///
    /// `SSLError` on `PROTOCOL_TLS_SERVER`; `NotImplementedError` if OpenSSL was built without PSK.
    pub fn set_psk_client_callback<P: Into<ClientPsk>>(
        &self,
        callback: impl Fn(Option<&str>) -> Result<P, BoxError> + Send + Sync + 'static,
    ) -> Result<()> {
        let callback = move |hint: Option<&str>| callback(hint).map(Into::into);
        self.replace_psk_client(Some(Arc::new(PskClientCallback(Box::new(callback)))))
    }

    /// Removes the client callback. Python's `context.set_psk_client_callback(None)`.
    ///
    /// # Errors
    ///
    /// The same as [`set_psk_client_callback`](Self::set_psk_client_callback).
    pub fn clear_psk_client_callback(&self) -> Result<()> {
        self.replace_psk_client(None)
    }

    fn replace_psk_client(&self, callback: Option<Arc<PskClientCallback>>) -> Result<()> {
        require_psk()?;
        if self.protocol() == Protocol::PROTOCOL_TLS_SERVER {
            return Err(Error::ssl_text(
                "Cannot add PSK client callback to a PROTOCOL_TLS_SERVER context",
            ));
        }
        self.edit(
            |next| next.psk_client = callback,
            |ctx, next| ctx.set_psk_client(next.psk_client.is_some()),
        )
    }

    /// Sets the callback that returns the key of a client's identity on a server. The hint helps
    /// TLS 1.2 clients to select an identity.
    ///
    /// ```python
    /// context.set_psk_server_callback(lambda identity: table.get(identity, b""), "hint")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # let table = std::collections::HashMap::from([("ClientId_1".to_owned(), b"key".to_vec())]);
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// context.set_psk_server_callback(
    ///     move |identity| Ok(identity.and_then(|id| table.get(id)).cloned().unwrap_or_default()),
    ///     Some("hint"),
    /// )?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// An empty identity is `None`. An empty key means that the identity is unknown: a TLS 1.2
    /// handshake fails, a TLS 1.3 handshake continues with a certificate if the server has one.
    /// Errors and panics are as in [`set_psk_client_callback`](Self::set_psk_client_callback).
    ///
    /// If the SNI callback has switched contexts ([`set_sni_callback`](Self::set_sni_callback)), the
    /// PSK callback of the new context is called. In TLS 1.3, OpenSSL looks for the key before it
    /// calls the SNI callback, so the callback of the original context is called.
    ///
    /// # Errors
    ///
    /// `SSLError` on `PROTOCOL_TLS_CLIENT`; `ValueError` if the hint has more than 256 bytes or
    /// contains a NUL; `NotImplementedError` if OpenSSL was built without PSK.
    pub fn set_psk_server_callback<K: Into<Vec<u8>>>(
        &self,
        callback: impl Fn(Option<&str>) -> Result<K, BoxError> + Send + Sync + 'static,
        identity_hint: Option<&str>,
    ) -> Result<()> {
        let hint = identity_hint.map(codec::c_string).transpose()?;
        let callback =
            move |identity: Option<&str>| callback(identity).map(|key| Zeroizing::new(key.into()));
        self.replace_psk_server(Some(Arc::new(PskServerCallback {
            callback: Box::new(callback),
            hint,
        })))
    }

    /// Removes the server callback and the hint. Python's `context.set_psk_server_callback(None)`.
    ///
    /// # Errors
    ///
    /// The same as [`set_psk_server_callback`](Self::set_psk_server_callback).
    pub fn clear_psk_server_callback(&self) -> Result<()> {
        self.replace_psk_server(None)
    }

    fn replace_psk_server(&self, callback: Option<Arc<PskServerCallback>>) -> Result<()> {
        require_psk()?;
        if self.protocol() == Protocol::PROTOCOL_TLS_CLIENT {
            return Err(Error::ssl_text(
                "Cannot add PSK server callback to a PROTOCOL_TLS_CLIENT context",
            ));
        }
        let hint = callback.as_deref().and_then(|psk| psk.hint.as_deref());
        if hint.is_some_and(|hint| hint.count_bytes() > HINT_MAX) {
            return Err(Error::value("failed to set identity hint"));
        }
        self.edit(
            |next| next.psk_server = callback,
            |ctx, next| next.apply_psk_server(ctx),
        )
    }
}

fn require_psk() -> Result<()> {
    if crate::version::HAS_PSK {
        return Ok(());
    }
    Err(Error::not_implemented(
        "PSK callbacks are not supported by your version of OpenSSL.",
    ))
}
