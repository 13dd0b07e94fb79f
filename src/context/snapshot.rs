use std::ffi::CStr;
use std::sync::Arc;

use openssl::ssl::SslRef;
use zeroize::Zeroizing;

use super::session::ContextId;
use super::settings::Settings;
use super::stats::Statistics;
use crate::constants::AlertDescription;
use crate::error::{BoxError, Result};
use crate::ffi::cache::SessionCache;
use crate::ffi::ctx::{CtxHandle, TicketBlock};
use crate::ffi::hooks::{Hooks, Peer, PeerDecision, PskClient, PskLimits, RawMessage, SniDecision};

/// An `SSL_CTX` and the settings that it was built from. A connection keeps the snapshot that it
/// was created with. A snapshot that a connection holds is never changed.
pub(crate) struct Snapshot {
    handle: CtxHandle,
    settings: Arc<Settings>,
    id: ContextId,
    statistics: Arc<Statistics>,
}

/// The values that a new snapshot shares with its context.
pub(crate) struct SharedParts<'a> {
    pub(crate) id: ContextId,
    pub(crate) statistics: &'a Arc<Statistics>,
    pub(crate) sessions: &'a Arc<SessionCache>,
}

impl Snapshot {
    pub(crate) fn build(mut settings: Arc<Settings>, shared: &SharedParts<'_>) -> Result<Snapshot> {
        let mut handle = settings.build()?;
        handle.set_session_cache(shared.sessions);
        handle.keep_client_sessions(settings.client_session_cache > 0);
        if !settings.was_read_back {
            Arc::make_mut(&mut settings).read_back(&handle)?;
        }
        shared.statistics.track(&handle);
        Ok(Snapshot {
            handle,
            settings,
            id: shared.id,
            statistics: Arc::clone(shared.statistics),
        })
    }

    /// Changes the `SSL_CTX` in place. On failure it may be half changed and must be dropped.
    pub(crate) fn edit(
        &mut self,
        settings: Settings,
        apply: impl FnOnce(&mut CtxHandle, &Settings) -> Result<()>,
    ) -> Result<()> {
        self.settings = settings.apply_and_read_back(&mut self.handle, apply)?;
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The id of the context.
    pub(crate) fn id(&self) -> ContextId {
        self.id
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.statistics.retire(&self.handle);
    }
}

impl Hooks for Snapshot {
    fn handle(&self) -> &CtxHandle {
        &self.handle
    }

    fn alpn(&self) -> &[u8] {
        &self.settings.alpn
    }

    fn server_name(&self, name: Option<&CStr>, offered: &[u8]) -> SniDecision {
        let Some(callback) = &self.settings.sni_callback else {
            return SniDecision::NotAsked;
        };
        match name.map(CStr::to_str).transpose() {
            Ok(name) if name.is_none_or(str::is_ascii) => callback.decide(name, offered),
            // The name is not valid text. Calling back with `None` would mean that the client sent
            // no name.
            _ => SniDecision::Refuse(AlertDescription::INTERNAL_ERROR.0, None),
        }
    }

    fn keylog(&self, line: &str) -> Result<(), BoxError> {
        match &self.settings.keylog {
            Some(keylog) => Ok(keylog.write(line)?),
            None => Ok(()),
        }
    }

    fn wants_messages(&self) -> bool {
        self.settings.message_callback.is_some()
    }

    fn message(&self, message: &RawMessage<'_>) -> Result<(), BoxError> {
        match &self.settings.message_callback {
            Some(callback) => callback.show(message),
            None => Ok(()),
        }
    }

    fn psk_client(&self, hint: &[u8], limits: PskLimits) -> Result<PskClient, BoxError> {
        match &self.settings.psk_client {
            Some(callback) => callback.find(hint, limits),
            None => Ok(PskClient::none()),
        }
    }

    fn psk_server(&self, identity: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, BoxError> {
        match &self.settings.psk_server {
            Some(callback) => callback.find(identity, limit),
            None => Ok(Zeroizing::default()),
        }
    }

    fn ticket_keys(&self) -> &[TicketBlock] {
        &self.settings.ticket_keys
    }

    fn context_number(&self) -> u64 {
        self.id().number()
    }

    fn verifies_peers(&self) -> bool {
        self.settings.verify_callback.is_some()
    }

    fn verify_peer(&self, peer: &Peer) -> PeerDecision {
        match &self.settings.verify_callback {
            Some(callback) => callback.decide(peer),
            None => PeerDecision::Keep,
        }
    }

    fn has_several_identities(&self) -> bool {
        self.settings.identities.len() > 1
    }

    fn staple(&self, ssl: &SslRef) -> Result<Option<Arc<[u8]>>, BoxError> {
        self.settings.staple_for(ssl)
    }
}
