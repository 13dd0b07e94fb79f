//! Traits for the callbacks that OpenSSL makes during an operation.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use openssl::ssl::{SslRef, SslSession};
use openssl::x509::{X509, X509VerifyResult};
use zeroize::Zeroizing;

use super::ctx::{CtxHandle, TicketBlock};

/// An error of user code.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The callbacks of a context. A type that implements this trait owns the `SSL_CTX` and every value that a callback
/// needs. Each connection keeps a reference to it (S3).
pub(crate) trait Hooks: Send + Sync {
    /// The `SSL_CTX`.
    fn handle(&self) -> &CtxHandle;

    /// The server's ALPN protocols in its order of preference, each after a length byte.
    fn alpn(&self) -> &[u8];

    /// Decides how a server continues after the client has sent this server name (SNI), which may be
    /// any bytes, and has offered these ALPN protocols, each after a length byte.
    fn server_name(&self, name: Option<&CStr>, offered: &[u8]) -> SniDecision;

    /// Writes one line of the key log, which comes without a line feed.
    fn keylog(&self, line: &str) -> Result<(), BoxError>;

    /// Whether there is a message callback.
    fn wants_messages(&self) -> bool;

    /// Called for a message or record header that was received or sent.
    fn message(&self, message: &RawMessage<'_>) -> Result<(), BoxError>;

    /// Returns a client's identity and key for the server's identity hint (empty if the server sent none). Their
    /// lengths must be within `limits`. An empty key means that the client has no key.
    fn psk_client(&self, hint: &[u8], limits: PskLimits) -> Result<PskClient, BoxError>;

    /// Returns the key of an identity that a client sent, at most `limit` bytes. An empty key means that the identity
    /// is unknown.
    fn psk_server(&self, identity: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, BoxError>;

    /// The ticket keys. The first key encrypts tickets, and every key decrypts them.
    fn ticket_keys(&self) -> &[TicketBlock];

    /// The number that identifies the context.
    fn context_number(&self) -> u64;

    /// Whether the context has a callback for peers' certificates.
    fn verifies_peers(&self) -> bool;

    /// Returns the callback's decision, or [`PeerDecision::Keep`] if there is no callback.
    fn verify_peer(&self, peer: &Peer) -> PeerDecision;

    /// Whether the context has more than one certificate.
    fn has_several_identities(&self) -> bool;

    /// The OCSP response that a server staples to this handshake, unless the connection has its own.
    fn staple(&self, ssl: &SslRef) -> Result<Option<Arc<[u8]>>, BoxError>;
}

/// OCSP stapling of one connection.
pub(crate) trait Stapling: Send {
    /// The OCSP response that a server staples to this handshake. `context` is the one in use.
    fn staple(&self, ssl: &SslRef, context: &dyn Hooks) -> Result<Option<Arc<[u8]>>, BoxError>;

    /// Checks the OCSP response that a server stapled, or decides about a server that stapled none.
    /// An error ends the handshake.
    fn check(&self, ssl: &SslRef) -> Result<(), BoxError>;
}

/// A peer's certificates, and the results of their verification.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) verified: bool,
    /// The chain, starting with the peer's certificate, as far as OpenSSL could build it.
    pub(crate) chain: Vec<X509>,
    /// All verification errors, each with its depth in the chain. The list is empty if the connection only has a
    /// [`PeerCheck`], because OpenSSL then stops at the first error.
    pub(crate) errors: Vec<(X509VerifyResult, c_int)>,
}

/// The decision of a context's callback about a peer's certificates.
pub(crate) enum PeerDecision {
    /// The handshake continues or fails by the result of OpenSSL's verification.
    Keep,
    Accept,
    Refuse(BoxError),
}

/// A connection's own check of the peer's certificates.
pub(crate) trait PeerCheck: Send {
    /// Whether the connection refuses each peer that OpenSSL or the context's callback rejects. `accepts` is not called
    /// for such a peer.
    fn needs_verification(&self) -> bool;

    fn accepts(&self, peer: &Peer) -> bool;
}

/// Keeps the sessions of a client's connection.
pub(crate) trait SessionKeeper: Send {
    /// Called with a copy of each new session of the connection. `context` is the number of the
    /// context in use.
    fn keep(&self, session: SslSession, context: u64);
}

/// How a server continues after it has received the client's server name.
pub(crate) enum SniDecision {
    /// There is no callback. The server continues with the same context, and does not acknowledge the
    /// name.
    NotAsked,
    /// The server continues with the same context.
    Continue,
    /// The server continues with this context.
    Switch(Arc<dyn Hooks>),
    /// The handshake ends: the peer gets this alert, and the caller gets the error.
    Refuse(u8, Option<BoxError>),
}

/// The sizes of OpenSSL's buffers in bytes. The NUL after the identity is not counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PskLimits {
    pub(crate) identity: usize,
    pub(crate) key: usize,
}

/// A client's identity, which contains no NUL, and its key.
pub(crate) struct PskClient {
    pub(crate) identity: Vec<u8>,
    pub(crate) key: Zeroizing<Vec<u8>>,
}

impl PskClient {
    /// The result if the client has no key.
    pub(crate) fn none() -> PskClient {
        PskClient {
            identity: Vec::new(),
            key: Zeroizing::default(),
        }
    }
}

/// The arguments of OpenSSL's message callback.
pub(crate) struct RawMessage<'a> {
    pub(crate) sent: bool,
    pub(crate) version: c_int,
    pub(crate) content_type: c_int,
    pub(crate) data: &'a [u8],
}
