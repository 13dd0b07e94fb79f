use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use openssl::error::ErrorStack;
use openssl::ssl::{SslSession as RawSession, SslSessionRef};

use super::{SslContext, VerificationSettings};
use crate::error::Result;
use crate::ffi::hooks::Hooks;
use crate::ffi::session;

/// The id of a context. It is not an address, because addresses are reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContextId(u64);

impl ContextId {
    pub(crate) fn next() -> ContextId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        ContextId(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The context that a connection uses now.
    pub(crate) fn of(hooks: &dyn Hooks) -> ContextId {
        ContextId(hooks.context_number())
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// A TLS session that a later connection can resume: Python's `ssl.SSLSession`.
///
/// ```python
/// sock = context.wrap_socket(socket.socket(), server_hostname="localhost", session=old.session)
/// ```
/// ```
/// # use pyssl as ssl;
/// # fn f(context: &ssl::SslContext, old: &ssl::SslSocket, plain: std::net::TcpStream) -> ssl::Result<()> {
/// let options = ssl::WrapSocket::new().server_hostname("localhost").session(old.session());
/// let sock = context.wrap_socket(plain, options)?;
/// # Ok(()) }
/// ```
///
/// In TLS 1.3 a client's session becomes resumable when the server's ticket arrives, so get it
/// after the first read. A resumed handshake does not verify the certificate or the host name
/// again, so do not use a session for another host. A connection with stricter verification than
/// the session's original connection rejects the session (`ValueError`; CPython resumes it without
/// verification).
///
/// Two sessions are equal if their ids are equal. Cloning is cheap.
#[derive(Clone)]
#[doc(alias = "SSLSession")]
pub struct SslSession {
    raw: RawSession,
    context: ContextId,
    /// The verification settings of the original connection; `None` if unknown.
    verified: Option<VerificationSettings>,
}

impl SslSession {
    pub(crate) fn new(
        raw: RawSession,
        context: ContextId,
        verified: VerificationSettings,
    ) -> SslSession {
        SslSession {
            raw,
            context,
            verified: Some(verified),
        }
    }

    /// Encodes the session, for [`from_der`](Self::from_der). Python has no equivalent.
    ///
    /// **Keep the bytes secret: they allow anyone to decrypt the session.**
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot encode it.
    pub fn to_der(&self) -> Result<Vec<u8>> {
        let app_data = self
            .verified
            .map(VerificationSettings::to_app_data)
            .unwrap_or_default();
        Ok(session::with_app_data(&self.raw, &app_data)?.to_der()?)
    }

    /// Decodes a session that [`to_der`](Self::to_der) encoded, possibly in another process, for
    /// use with this context.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(context: &ssl::SslContext, old: &ssl::SslSession) -> ssl::Result<()> {
    /// let saved = old.to_der()?;
    /// let session = ssl::SslSession::from_der(context, &saved)?;
    /// assert_eq!(session, *old);
    /// # Ok(()) }
    /// ```
    ///
    /// The bytes record the verification settings of the original connection. A resumed handshake
    /// verifies nothing, so a connection with stricter settings rejects the session. Sessions from
    /// other programs lack this record, so every connection accepts them.
    ///
    /// # Errors
    ///
    /// `SSLError` if the bytes are not a session.
    pub fn from_der(context: &SslContext, der: &[u8]) -> Result<SslSession> {
        // Clear entries that earlier calls left in the queue.
        drop(ErrorStack::get());
        let raw = RawSession::from_der(der)?;
        Ok(SslSession {
            verified: VerificationSettings::from_app_data(&session::app_data(&raw)),
            raw,
            context: context.id(),
        })
    }

    /// Whether a handshake can resume the session. In TLS 1.3 this requires a ticket from the
    /// server.
    pub fn is_resumable(&self) -> bool {
        session::is_resumable(&self.raw)
    }

    /// Whether the original connection is known to have verified less than `wanted`.
    pub(crate) fn verified_less_than(&self, wanted: VerificationSettings) -> bool {
        self.verified.is_some_and(|done| done.less_than(wanted))
    }

    pub(crate) fn raw(&self) -> &SslSessionRef {
        &self.raw
    }

    pub(crate) fn context_id(&self) -> ContextId {
        self.context
    }

    /// Python's `session.id`: up to 32 bytes; empty before a TLS 1.3 ticket has arrived.
    pub fn id(&self) -> &[u8] {
        self.raw.id()
    }

    /// Python's `session.time`: the creation time of the session, in seconds since 1970.
    pub fn time(&self) -> i64 {
        #[allow(
            clippy::useless_conversion,
            reason = "the type differs between versions of OpenSSL"
        )]
        self.raw.time().into()
    }

    /// Python's `session.timeout`: the lifetime of the session in seconds.
    pub fn timeout(&self) -> i64 {
        self.raw.timeout()
    }

    /// Python's `session.ticket_lifetime_hint`: the lifetime of the ticket in seconds, as announced
    /// by the server; 0 without a ticket.
    pub fn ticket_lifetime_hint(&self) -> u64 {
        session::ticket_lifetime_hint(&self.raw)
    }

    /// Python's `session.has_ticket`.
    pub fn has_ticket(&self) -> bool {
        session::has_ticket(&self.raw)
    }
}

impl PartialEq for SslSession {
    fn eq(&self, other: &SslSession) -> bool {
        self.id() == other.id()
    }
}

impl Eq for SslSession {}

impl fmt::Debug for SslSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslSession")
            .field("has_ticket", &self.has_ticket())
            .finish_non_exhaustive()
    }
}
