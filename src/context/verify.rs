//! The callback that gets a peer's certificates and the result of OpenSSL's verification.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use openssl::x509::X509VerifyResult;

use super::SslContext;
use crate::certificate::Certificate;
use crate::constants::VerifyMode;
use crate::error::{BoxError, Result};
use crate::ffi::hooks::{Peer, PeerDecision};

/// A peer's certificates and the result of OpenSSL's verification: the argument of the callback of
/// [`SslContext::set_verify_callback`].
#[derive(Debug)]
pub struct PeerVerification<'a> {
    peer: &'a Peer,
}

impl PeerVerification<'_> {
    /// The chain from the peer's certificate to the trusted one. If verification failed, the chain
    /// is as long as OpenSSL could build it.
    pub fn chain(&self) -> Vec<Certificate> {
        (self.peer.chain.iter().cloned())
            .map(Certificate::from_x509)
            .collect()
    }

    /// Whether OpenSSL accepts the peer.
    pub fn is_verified(&self) -> bool {
        self.peer.verified
    }

    /// All errors that OpenSSL found, in its order. Without a callback, OpenSSL stops at the first
    /// error.
    pub fn errors(&self) -> Vec<VerifyError> {
        let error = |(verdict, depth): &(X509VerifyResult, c_int)| VerifyError {
            code: verdict.as_raw(),
            message: verdict.error_string(),
            depth: usize::try_from(*depth).unwrap_or(0),
        };
        self.peer.errors.iter().map(error).collect()
    }
}

/// An error that OpenSSL found in a peer's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    code: i32,
    message: &'static str,
    depth: usize,
}

impl VerifyError {
    /// The number of the error, `X509_V_ERR_*` of
    /// [OpenSSL](https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/), for example 20 for an
    /// unknown issuer. Python's `verify_code`.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// OpenSSL's text for the error. Python's `verify_message`.
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// The place of the certificate in the chain; 0 is the peer's own.
    pub fn depth(&self) -> usize {
        self.depth
    }
}

/// The decision of the verify callback.
#[non_exhaustive]
#[derive(Debug)]
pub enum VerifyDecision {
    /// Keeps the result of OpenSSL's verification.
    Keep,
    /// Ends the handshake with the alert `bad_certificate` and this error.
    Reject(BoxError),
    /// Accepts the peer if each error that OpenSSL found is listed here, as the pair of its
    /// [`code`](VerifyError::code) and its [`depth`](VerifyError::depth). If there is any other
    /// error, the peer stays rejected. The depth matters: an error of an issuer concerns all
    /// certificates that it signed.
    AcceptDespite(Vec<(i32, usize)>),
}

type VerifyFunction =
    dyn Fn(&PeerVerification<'_>) -> Result<VerifyDecision, BoxError> + Send + Sync;

/// The stored callback.
pub(crate) struct VerifyCallback {
    callback: Box<VerifyFunction>,
    /// Unique in the process and not 0.
    pub(crate) number: u64,
}

impl VerifyCallback {
    pub(crate) fn decide(&self, peer: &Peer) -> PeerDecision {
        match (self.callback)(&PeerVerification { peer }) {
            Ok(VerifyDecision::Keep) => PeerDecision::Keep,
            Ok(VerifyDecision::AcceptDespite(listed)) => {
                let errors = PeerVerification { peer }.errors();
                let listed = |error: &VerifyError| listed.contains(&(error.code, error.depth));
                match errors.iter().all(listed) {
                    true => PeerDecision::Accept,
                    false => PeerDecision::Keep,
                }
            }
            Ok(VerifyDecision::Reject(error)) | Err(error) => PeerDecision::Refuse(error),
        }
    }
}

impl SslContext {
    /// Sets a callback that gets each peer's certificates with the result of OpenSSL's
    /// verification, and can overrule the result. Python has no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::create_default_context(())?;
    /// // Accepts an expired certificate of one's own device, and nothing else that OpenSSL rejects.
    /// const CERT_HAS_EXPIRED: i32 = 10;
    /// const LEAF: usize = 0;
    /// context.set_verify_callback(|peer| {
    ///     println!("{:?}", peer.errors());
    ///     Ok(match peer.chain().first() {
    ///         Some(leaf) if leaf.to_string() == "CN=device.example" => {
    ///             ssl::VerifyDecision::AcceptDespite(vec![(CERT_HAS_EXPIRED, LEAF)])
    ///         }
    ///         _ => ssl::VerifyDecision::Keep,
    ///     })
    /// })?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The callback runs once in each handshake in which the peer sends a certificate, and the
    /// handshake waits for it. It is not called when a session is resumed. A session can be resumed
    /// only while the callback is set under which it was made: connections with another callback,
    /// or without one, do a full handshake.
    ///
    /// A context that verifies nothing would ignore the callback. So setting a callback changes
    /// `CERT_NONE` to `CERT_REQUIRED`, and [`set_verify_mode`](Self::set_verify_mode) refuses
    /// `CERT_NONE` until [`clear_verify_callback`](Self::clear_verify_callback).
    ///
    /// To accept certain certificates only, [`WrapSocket::pins`](crate::WrapSocket::pins) is
    /// simpler. If the callback returns an error, the handshake fails with the alert
    /// `bad_certificate` and returns [`Error::Callback`](crate::Error::Callback).
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn set_verify_callback(
        &self,
        callback: impl Fn(&PeerVerification<'_>) -> Result<VerifyDecision, BoxError>
        + Send
        + Sync
        + 'static,
    ) -> Result<()> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let callback = Arc::new(VerifyCallback {
            callback: Box::new(callback),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
        });
        self.edit(
            |next| {
                next.verify_callback = Some(callback);
                if next.verify_mode == VerifyMode::CERT_NONE {
                    next.verify_mode = VerifyMode::CERT_REQUIRED;
                }
            },
            |ctx, next| next.apply_verify_mode(ctx),
        )
    }

    /// Removes the verify callback. The verify mode stays.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn clear_verify_callback(&self) -> Result<()> {
        self.edit(|next| next.verify_callback = None, |_, _| ())
    }
}
