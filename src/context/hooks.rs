//! The callback for the client's server name.

use super::SslContext;
use crate::constants::AlertDescription;
use crate::error::{BoxError, Result};
use crate::ffi::hooks::SniDecision;

/// What a server is asked when a client's name is known; see [`SslContext::set_sni_callback`].
#[derive(Debug)]
pub struct SniRequest<'a> {
    server_name: Option<&'a str>,
}

impl SniRequest<'_> {
    /// The name that the client asks for, as it sent it (an A-label); `None` if it sent none.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name
    }
}

/// How a server goes on after the client's name is known.
#[non_exhaustive]
#[derive(Debug)]
pub enum SniAction {
    /// With the context that it has; Python's `return None`.
    Continue,
    /// With this one; Python's `socket.context = other`. Its certificate, protocols and trust
    /// store count from here on; what the connection took over at its start (verification,
    /// options, versions) stays.
    Switch(SslContext),
    /// Not at all; Python's `return ssl.ALERT_DESCRIPTION_...`.
    Alert(AlertDescription),
}

type SniFunction = dyn Fn(&SniRequest<'_>) -> Result<SniAction, BoxError> + Send + Sync;

/// The callback as a context holds it.
pub(crate) struct SniCallback(pub(crate) Box<SniFunction>);

impl SniCallback {
    pub(crate) fn decide(&self, server_name: Option<&str>) -> SniDecision {
        let refuse = |alert: AlertDescription, error| SniDecision::Refuse(alert.0, error);
        match (self.0)(&SniRequest { server_name }) {
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
