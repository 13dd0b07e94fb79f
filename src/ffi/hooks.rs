//! What OpenSSL may ask of a context in the middle of an operation.

use std::ffi::CStr;
use std::sync::Arc;

use super::ctx::CtxHandle;

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
    fn keylog(&self, line: &str);

    /// The context itself, for those who know what implements this.
    fn as_any(self: Arc<Self>) -> Arc<dyn std::any::Any + Send + Sync>;
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
    Refuse(u8, Option<Box<dyn std::error::Error + Send + Sync>>),
}
