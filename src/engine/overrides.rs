//! Settings of one connection that replace those of its context.

use std::sync::Arc;

use super::pins;
use crate::certificate::Pin;
use crate::constants::{OcspMode, VerifyMode};
use crate::context::{Identity, Settings, VerificationSettings, ocsp, rules};
use crate::error::{Error, Result};
use crate::hostname::ServerName;

/// The settings of one connection that replace those of its context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) verify_mode: Option<VerifyMode>,
    pub(crate) check_hostname: Option<bool>,
    pub(crate) expected_names: Vec<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) ocsp_mode: Option<OcspMode>,
    pub(crate) ocsp_response: Option<Arc<[u8]>>,
    pub(crate) pins: Vec<Pin>,
}

/// Whether a host name was given. As in Python, an empty string is no host name.
pub(crate) fn is_named(server_hostname: Option<&str>) -> bool {
    server_hostname.is_some_and(|name| !name.is_empty())
}

/// How a connection verifies its peer.
#[derive(Debug)]
pub(crate) struct Verification {
    pub(crate) what: VerificationSettings,
    /// The names of which the peer's certificate must have one. If the list is empty, the certificate must have the
    /// server's name.
    pub(crate) expected: Vec<ServerName>,
}

impl Verification {
    /// The session id context of a server.
    pub(crate) fn session_id_context(&self) -> Vec<u8> {
        let names = self.expected.iter().map(ServerName::as_str);
        self.what.session_id_context(names)
    }
}

impl Overrides {
    /// Whether the peer's name is checked. `default` is the context's setting.
    pub(crate) fn checks_hostname(&self, default: bool) -> bool {
        self.check_hostname
            .unwrap_or(default || !self.expected_names.is_empty())
    }

    /// Returns an error if the peer's name is checked and there is no name to compare.
    pub(crate) fn require_name(&self, checks: bool, server_hostname: Option<&str>) -> Result<()> {
        if checks && !is_named(server_hostname) && self.expected_names.is_empty() {
            return Err(Error::value("check_hostname requires server_hostname"));
        }
        Ok(())
    }

    /// The verification settings of the connection. Settings that contradict each other are errors,
    /// by Python's rules for contexts.
    pub(crate) fn resolve(&self, settings: &Settings) -> Result<Verification> {
        let check_hostname = self.checks_hostname(settings.check_hostname);
        if !check_hostname && !self.expected_names.is_empty() {
            return Err(Error::value("expected_names needs check_hostname"));
        }
        let ocsp_mode = self.ocsp_mode.unwrap_or(settings.ocsp_mode);
        if let Some(response) = &self.ocsp_response {
            ocsp::parse(response)?;
        }
        let verify_mode = match self.verify_mode {
            Some(VerifyMode::CERT_NONE) => {
                rules::require_no_verification(check_hostname, ocsp_mode, false)?;
                VerifyMode::CERT_NONE
            }
            Some(mode) => mode,
            None if (check_hostname || ocsp_mode.verifies())
                && settings.verify_mode == VerifyMode::CERT_NONE =>
            {
                VerifyMode::CERT_REQUIRED
            }
            None => settings.verify_mode,
        };
        let mut expected = Vec::new();
        for name in &self.expected_names {
            let name = ServerName::new(name)?;
            name.require_no_nul()?;
            name.require_usable()?;
            expected.push(name);
        }
        // Given an address and host names, OpenSSL would require the address and also one of the
        // names.
        if expected.len() > 1 && expected.iter().any(|name| name.ip().is_some()) {
            return Err(Error::value(
                "expected_names takes either one IP address or host names",
            ));
        }
        let callback = match verify_mode {
            VerifyMode::CERT_NONE => 0,
            _ => (settings.verify_callback.as_ref()).map_or(0, |callback| callback.number),
        };
        let what = VerificationSettings {
            verify_mode,
            check_hostname,
            ocsp_mode,
            callback,
            pins: pins::hash(&self.pins),
        };
        Ok(Verification { what, expected })
    }
}

/// The setters of [`Overrides`], for `WrapSocket` and `WrapBio`.
macro_rules! override_setters {
    ($type:ident, $wrap:literal) => {
        /// Settings of one connection that replace those of its context. Not in Python.
        ///
        /// A resumed handshake does not verify the peer again. So a connection does not resume a session whose own
        /// handshake verified less than this connection requires.
        impl $type {
            /// Whether and how this connection verifies its peer.
            ///
            /// If the mode is `CERT_NONE` while host names are checked,
            #[doc = $wrap]
            /// returns `ValueError`.
            #[must_use]
            pub fn verify_mode(mut self, mode: VerifyMode) -> $type {
                self.overrides.verify_mode = Some(mode);
                self
            }

            /// Whether this connection checks the host name. A connection that checks the host name
            /// has `CERT_REQUIRED` if its context has `CERT_NONE`.
            #[must_use]
            pub fn check_hostname(mut self, on: bool) -> $type {
                self.overrides.check_hostname = Some(on);
                self
            }

            /// Host names, or one IP address. The peer's certificate must have one of them instead of
            /// `server_hostname`, which is still sent. This turns on
            /// [`check_hostname`](Self::check_hostname).
            #[must_use]
            pub fn expected_names<N: Into<String>>(
                mut self,
                names: impl IntoIterator<Item = N>,
            ) -> $type {
                self.overrides.expected_names = names.into_iter().map(Into::into).collect();
                self
            }

            /// How this connection handles the OCSP response that the server staples.
            ///
            /// With `Check` or `Require`, a connection of a context with `CERT_NONE` has `CERT_REQUIRED`.
            #[must_use]
            pub fn ocsp_mode(mut self, mode: OcspMode) -> $type {
                self.overrides.ocsp_mode = Some(mode);
                self
            }

            /// The certificates or public keys that this connection accepts: the peer's chain must
            /// have one of them. The check is a part of the handshake, after the context's own
            /// verification. If no pin matches, the handshake fails with `SSLCertVerificationError`
            /// and `verify_code` 28, and the peer gets the alert `bad_certificate`.
            ///
            /// If the chain was verified, any certificate of it may match. If it was not, because
            /// the verify mode is `CERT_NONE` or a callback has accepted it, only the peer's own
            /// certificate is compared: so a server with a self-signed certificate can be pinned
            /// without a trusted authority. A server with pins requires a client certificate, and
            /// `CERT_NONE` is a `ValueError` there. A peer without a certificate (pre-shared keys,
            /// anonymous suites) is refused.
            #[must_use]
            pub fn pins(mut self, pins: impl IntoIterator<Item = $crate::Pin>) -> $type {
                self.overrides.pins = pins.into_iter().collect();
                self
            }

            /// The OCSP response that this connection of a server staples instead of the context's, for
            /// example that of its own [`identity`](Self::identity). The context's response is not
            /// stapled to another identity.
            #[must_use]
            pub fn ocsp_response(mut self, response: impl Into<Vec<u8>>) -> $type {
                self.overrides.ocsp_response = Some(response.into().into());
                self
            }

            /// The certificate that this connection presents instead of the context's.
            #[must_use]
            pub fn identity(mut self, identity: &Identity) -> $type {
                self.overrides.identity = Some(identity.clone());
                self
            }
        }
    };
}

pub(crate) use override_setters;
