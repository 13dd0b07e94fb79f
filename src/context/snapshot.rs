use std::ffi::CStr;
use std::sync::Arc;

use super::session::ContextId;
use super::settings::Settings;
use super::stats::Statistics;
use crate::constants::AlertDescription;
use crate::error::Result;
use crate::ffi::ctx::{CtxHandle, TICKET_KEYS_LEN};
use crate::ffi::hooks::{Hooks, SniDecision};

/// An `SSL_CTX` and the settings that it was built from. A connection holds the snapshot that it
/// began with; a snapshot that a connection holds is never changed.
pub(crate) struct Snapshot {
    handle: CtxHandle,
    settings: Settings,
    id: ContextId,
    statistics: Arc<Statistics>,
}

/// What a new snapshot takes over from the context it belongs to.
pub(crate) struct Origin<'a> {
    pub(crate) id: ContextId,
    pub(crate) ticket_keys: &'a [u8; TICKET_KEYS_LEN],
    pub(crate) statistics: &'a Arc<Statistics>,
}

impl Snapshot {
    pub(crate) fn build(settings: Settings, origin: &Origin<'_>) -> Result<Snapshot> {
        let mut handle = settings.build()?;
        handle.set_ticket_keys(origin.ticket_keys)?;
        origin.statistics.track(&handle);
        Ok(Snapshot {
            handle,
            settings,
            id: origin.id,
            statistics: Arc::clone(origin.statistics),
        })
    }

    /// Changes the `SSL_CTX` in place. On failure it may be half changed and must be thrown away.
    pub(crate) fn edit(
        &mut self,
        settings: &mut Settings,
        apply: impl FnOnce(&mut CtxHandle, &mut Settings) -> Result<()>,
    ) -> Result<()> {
        apply(&mut self.handle, settings)?;
        self.settings = settings.clone();
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whose snapshot this is.
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

    fn server_name(&self, name: Option<&CStr>) -> SniDecision {
        let Some(callback) = &self.settings.sni_callback else {
            return SniDecision::NotAsked;
        };
        match name.map(CStr::to_str).transpose() {
            Ok(name) if name.is_none_or(str::is_ascii) => callback.decide(name),
            // Not a host name. As none it would pass for a client that asks for no name.
            _ => SniDecision::Refuse(AlertDescription::INTERNAL_ERROR.0, None),
        }
    }

    fn keylog(&self, line: &str) {
        if let Some(keylog) = &self.settings.keylog {
            keylog.write(line);
        }
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn std::any::Any + Send + Sync> {
        self
    }
}
