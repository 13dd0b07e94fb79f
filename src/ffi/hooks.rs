//! What OpenSSL may ask of a context in the middle of an operation.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use openssl::ssl::{SslRef, SslSession};
use openssl::x509::{X509, X509VerifyResult};
use zeroize::Zeroizing;

use super::ctx::{CtxHandle, TICKET_KEYS_LEN};

/// What user code failed with.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A key for tickets: a name, a key for the MAC and one for the cipher.
pub(crate) type TicketBlock = Zeroizing<[u8; TICKET_KEYS_LEN]>;

/// A context as the callbacks see it. Whatever implements this owns the `SSL_CTX` and every value
/// that a callback needs, and each connection holds it (invariant S3).
pub(crate) trait Hooks: Send + Sync {
    /// The `SSL_CTX` itself.
    fn handle(&self) -> &CtxHandle;

    /// The protocols of the server in its order of preference, each with a length byte in front.
    fn alpn(&self) -> &[u8];

    /// What to do for the name that the client asks for, which may be any bytes.
    fn server_name(&self, name: Option<&CStr>) -> SniDecision;

    /// One line of the key log, without a line end.
    fn keylog(&self, line: &str) -> Result<(), BoxError>;

    /// Whether messages are looked at.
    fn wants_messages(&self) -> bool;

    /// A message or record header that came or went.
    fn message(&self, message: &RawMessage<'_>) -> Result<(), BoxError>;

    /// A client's identity and key for the server's hint (empty if there is none), within the
    /// limits. An empty key says that there is none.
    fn psk_client(&self, hint: &[u8], limits: PskLimits) -> Result<PskClient, BoxError>;

    /// The key of an identity that a client sent, no longer than `limit`. An empty key says that
    /// the identity is unknown.
    fn psk_server(&self, identity: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, BoxError>;

    /// The keys for tickets: the first seals, all open.
    fn ticket_keys(&self) -> &[TicketBlock];

    /// Which context this is of.
    fn context_number(&self) -> u64;

    /// Whether the context has a callback for peers' certificates.
    fn verifies_peers(&self) -> bool;

    /// What that callback decides; [`PeerDecision::Keep`] without one.
    fn verify_peer(&self, peer: &Peer) -> PeerDecision;

    /// Whether the context has more than one certificate to show.
    fn has_several_identities(&self) -> bool;

    /// What a server staples to this handshake unless the connection has a response of its own.
    fn staple(&self, ssl: &SslRef) -> Result<Option<Arc<[u8]>>, BoxError>;
}

/// What one connection makes of OCSP responses that are stapled to handshakes.
pub(crate) trait Stapling: Send {
    /// What a server staples to this handshake. `context` is the one in use.
    fn staple(&self, ssl: &SslRef, context: &dyn Hooks) -> Result<Option<Arc<[u8]>>, BoxError>;

    /// Whether a client is content with what the server stapled, or with nothing.
    fn check(&self, ssl: &SslRef) -> Result<(), BoxError>;
}

/// A peer's certificates, and what OpenSSL found.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) verified: bool,
    /// From the peer's certificate on, as far as OpenSSL could build the chain.
    pub(crate) chain: Vec<X509>,
    /// All errors, with the place in the chain of each. Empty if the connection only has a
    /// [`PeerCheck`]: OpenSSL then stops at the first error.
    pub(crate) errors: Vec<(X509VerifyResult, c_int)>,
}

/// What a context's callback decides about a peer's certificates.
pub(crate) enum PeerDecision {
    /// OpenSSL's verdict holds.
    Keep,
    Accept,
    Refuse(BoxError),
}

/// A connection's own check of the peer's certificates.
pub(crate) trait PeerCheck: Send {
    /// Whether a peer that OpenSSL or the context's callback rejects is refused.
    fn needs_verification(&self) -> bool;

    fn accepts(&self, peer: &Peer) -> bool;
}

/// Keeps the sessions of a client's connection.
pub(crate) trait SessionKeeper: Send {
    /// Called with each new session, a copy of the connection's own. `context` is the number of the
    /// context in use.
    fn keep(&self, session: SslSession, context: u64);
}

/// How a server goes on after the client's name is known.
pub(crate) enum SniDecision {
    /// With the context that it has, and without telling the client that its name counted.
    NotAsked,
    /// With the context that it has.
    Continue,
    /// With this one.
    Switch(Arc<dyn Hooks>),
    /// Not at all: the alert goes to the peer, the error to the caller.
    Refuse(u8, Option<BoxError>),
}

/// What OpenSSL has room for, in bytes; an identity's NUL at the end is not counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PskLimits {
    pub(crate) identity: usize,
    pub(crate) key: usize,
}

/// A client's identity, which holds no NUL, and key.
pub(crate) struct PskClient {
    pub(crate) identity: Vec<u8>,
    pub(crate) key: Zeroizing<Vec<u8>>,
}

impl PskClient {
    /// The answer that there is no key.
    pub(crate) fn none() -> PskClient {
        PskClient {
            identity: Vec::new(),
            key: Zeroizing::default(),
        }
    }
}

/// A message as OpenSSL shows it.
pub(crate) struct RawMessage<'a> {
    pub(crate) sent: bool,
    pub(crate) version: c_int,
    pub(crate) content_type: c_int,
    pub(crate) data: &'a [u8],
}
