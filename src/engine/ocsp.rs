//! OCSP stapling of one connection.

use std::sync::Arc;

use openssl::ssl::SslRef;

use super::overrides::{Overrides, Verification};
use crate::constants::OcspMode;
use crate::context::{Settings, ocsp};
use crate::error::BoxError;
use crate::ffi::hooks::{Hooks, Stapling};

/// The OCSP settings of a connection.
#[derive(Debug)]
pub(super) struct OcspSettings {
    mode: OcspMode,
    partial_chain: bool,
    /// The response to staple instead of the context's.
    response: Option<Arc<[u8]>>,
}

impl OcspSettings {
    pub(super) fn new(
        overrides: &Overrides,
        verification: &Verification,
        settings: &Settings,
    ) -> OcspSettings {
        OcspSettings {
            mode: verification.what.ocsp_mode,
            partial_chain: settings.partial_chain(),
            response: overrides.ocsp_response.clone(),
        }
    }
}

impl Stapling for OcspSettings {
    fn staple(&self, ssl: &SslRef, context: &dyn Hooks) -> Result<Option<Arc<[u8]>>, BoxError> {
        if let Some(response) = &self.response {
            return Ok(Some(Arc::clone(response)));
        }
        context.staple(ssl)
    }

    fn check(&self, ssl: &SslRef) -> Result<(), BoxError> {
        Ok(ocsp::check(ssl, self.mode, self.partial_chain)?)
    }
}
