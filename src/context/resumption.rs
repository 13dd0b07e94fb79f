//! The sessions that a client context keeps, so that later connections to the same server resume them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::ssl::{SslSession as RawSession, SslVersion};

use super::{ContextId, Settings, SslContext, SslSession, VerificationSettings};
use crate::error::Result;
use crate::ffi::hooks::SessionKeeper;

/// The most sessions kept for one server. A TLS 1.3 server usually sends two tickets for each
/// connection, and each ticket is used once.
const SESSIONS_PER_SERVER: usize = 4;

/// The server that a session came from, and what its connection verified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    /// `server_hostname` in lower case, or the address of the peer.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) verified: VerificationSettings,
    /// The connection's `expected_names`.
    pub(crate) expected: Vec<String>,
}

/// The sessions of one context.
#[derive(Default)]
pub(crate) struct ClientSessions(Mutex<SessionsByServer>);

/// The sessions by server, and the servers in the order of their last use. The key of `by_use` is
/// the number of the last use, counted by `uses`. Both maps have one entry for each server.
#[derive(Default)]
struct SessionsByServer {
    by_server: HashMap<Server, ServerSessions>,
    by_use: BTreeMap<u64, Server>,
    uses: u64,
}

/// The version of the settings that a connection was made with: the number of the settings, and the
/// number of additions to the trust store at that time. Each change of the context makes another
/// version, so that sessions from before the change are not used.
type SettingsVersion = (u64, u64);

struct ServerSessions {
    sessions: VecDeque<SslSession>,
    version: SettingsVersion,
    last_use: u64,
}

impl ClientSessions {
    fn lock(&self) -> MutexGuard<'_, SessionsByServer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }
}

impl SessionsByServer {
    fn remove(&mut self, server: &Server) -> Option<ServerSessions> {
        let kept = self.by_server.remove(server)?;
        self.by_use.remove(&kept.last_use);
        Some(kept)
    }

    fn insert(&mut self, server: Server, mut kept: ServerSessions, limit: usize) {
        self.uses += 1;
        kept.last_use = self.uses;
        self.by_use.insert(self.uses, server.clone());
        self.by_server.insert(server, kept);
        while self.by_server.len() > limit {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                break;
            };
            self.by_server.remove(&oldest);
        }
    }
}

/// Gives one connection its session, and keeps the sessions that the connection receives.
#[derive(Clone)]
pub(crate) struct Resumption {
    sessions: Arc<ClientSessions>,
    server: Server,
    context: ContextId,
    version: SettingsVersion,
    limit: usize,
}

impl Resumption {
    /// A session to offer. A TLS 1.3 session is removed, because a ticket that is used twice lets
    /// observers link the connections (RFC 8446, appendix C.4).
    pub(crate) fn take(&self) -> Option<SslSession> {
        let mut servers = self.sessions.lock();
        let mut kept = servers.remove(&self.server)?;
        if kept.version != self.version {
            return None;
        }
        kept.sessions.retain(|session| !has_expired(session));
        let session = kept.sessions.pop_back()?;
        if session.raw().protocol_version() != SslVersion::TLS1_3 {
            kept.sessions.push_back(session.clone());
        }
        if !kept.sessions.is_empty() {
            servers.insert(self.server.clone(), kept, self.limit);
        }
        Some(session)
    }

    /// Drops the sessions of the server, after a handshake that may have failed because of one.
    pub(crate) fn forget(&self) {
        self.sessions.lock().remove(&self.server);
    }

    fn put(&self, session: SslSession) {
        let mut servers = self.sessions.lock();
        let mut kept = match servers.remove(&self.server) {
            Some(kept) if kept.version == self.version => kept,
            _ => ServerSessions {
                sessions: VecDeque::new(),
                version: self.version,
                last_use: 0,
            },
        };
        if session.raw().protocol_version() != SslVersion::TLS1_3 {
            kept.sessions.clear();
        }
        kept.sessions.push_back(session);
        if kept.sessions.len() > SESSIONS_PER_SERVER {
            kept.sessions.pop_front();
        }
        servers.insert(self.server.clone(), kept, self.limit);
    }
}

impl SessionKeeper for Resumption {
    fn keep(&self, session: RawSession, context: u64) {
        // The connection may have switched to another context. Its sessions then belong to that
        // context.
        if context == self.context.number() {
            let verified = self.server.verified;
            let session = SslSession::new(session, self.context, verified);
            if session.is_resumable() {
                self.put(session);
            }
        }
    }
}

fn has_expired(session: &SslSession) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    session.time().saturating_add(session.timeout()) <= now
}

impl SslContext {
    /// The number of servers for which the context keeps sessions; 0 means that it keeps none.
    pub fn client_session_cache(&self) -> usize {
        self.read(|settings| settings.client_session_cache)
    }

    /// Keeps the sessions of up to `servers` servers, so that later client connections to them
    /// resume: a resumed handshake needs no certificate and fewer messages. 0, the default, keeps
    /// none, as in Python, where a program passes `session=` itself.
    ///
    /// ```python
    /// sock = context.wrap_socket(plain, server_hostname="localhost", session=old.session)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::create_default_context(())?;
    /// context.set_client_session_cache(100)?;
    /// assert_eq!(context.client_session_cache(), 100);
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The rules:
    ///
    /// - A session is used for the same host name, port, `expected_names` and verification settings
    ///   only. Without `server_hostname` the address of the peer takes the place of the name.
    /// - After any change of the context, for example of its trusted certificates or its protocols,
    ///   earlier sessions are not used. A resumed handshake does not verify the certificate again,
    ///   so a certificate that expires in the meantime is accepted until the session expires.
    /// - A TLS 1.3 session is offered once (RFC 8446, appendix C.4), a TLS 1.2 session until it
    ///   expires. A failed handshake drops the sessions of its server.
    /// - Up to four sessions are kept for a server. If there are more servers than the limit, the
    ///   sessions of the least recently used one are dropped.
    /// - Connections with [`identity`](crate::WrapSocket::identity) or with an explicit
    ///   [`session`](crate::WrapSocket::session) do not use the sessions, nor do sockets without a
    ///   port.
    /// - An [`SslObject`](crate::SslObject) knows no port, so it uses them only with
    ///   [`WrapBio::port`](crate::WrapBio::port). With feature `tokio`, `asyncio::open_connection` and
    ///   `create_connection` set the port; `start_tls` does not.
    /// - [`copy`](Self::copy) copies the limit, and the copy starts without sessions.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL cannot create a context.
    pub fn set_client_session_cache(&self, servers: usize) -> Result<()> {
        self.edit(
            |next| next.client_session_cache = servers,
            |ctx, next| ctx.keep_client_sessions(next.client_session_cache > 0),
        )?;
        self.0.client_sessions.clear();
        Ok(())
    }

    /// The sessions for connections to `server` with these settings.
    pub(crate) fn resumption(&self, server: Server, settings: &Settings) -> Resumption {
        Resumption {
            sessions: Arc::clone(&self.0.client_sessions),
            server,
            context: self.id(),
            version: (settings.number, settings.trust.additions()),
            limit: settings.client_session_cache,
        }
    }
}
