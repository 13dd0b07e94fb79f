//! Making a connection from a context and the options of the connection.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use openssl::ssl::{SslVerifyMode, StatusType};

use super::buffers::MessageCount;
use super::ocsp::OcspSettings;
use super::overrides::Verification;
use super::pins::Pins;
use super::readers::Readers;
use super::shared_option::SharedOption;
use super::{Connection, Locked, Overrides, Turn};
use crate::constants::{OcspMode, VerifyMode};
use crate::context::resumption::{Resumption, Server};
use crate::context::{NO_PINS, Settings, SslContext, SslSession, rules};
use crate::error::{Error, Result};
use crate::ffi::bio::Transport;
use crate::ffi::hooks::Stapling;
use crate::ffi::ssl::SslHandle;
use crate::ffi::window::Window;
use crate::hostname::ServerName;
use crate::lock::{FairLock, LockState};

/// The options of a connection.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) server_side: bool,
    pub(crate) server_hostname: Option<ServerName>,
    pub(crate) session: Option<SslSession>,
    /// Whether a client whose context checks host names must have a `server_hostname`.
    pub(crate) insist_on_hostname: bool,
    pub(crate) overrides: Overrides,
    /// The server's port, if it is known.
    pub(crate) port: Option<u16>,
    /// The server's address. Without a host name, the context keeps a client's sessions under this
    /// address.
    pub(crate) address: Option<String>,
}

/// The values from which the `SSL` of a connection is configured.
struct Setup<'a> {
    config: &'a Config,
    settings: &'a Settings,
    verification: &'a Verification,
}

impl Connection {
    pub(crate) fn new(
        context: &SslContext,
        config: Config,
        transport: Box<dyn Transport>,
    ) -> Result<Connection> {
        config.require_name_and_role(context)?;
        let snapshot = context.snapshot()?;
        let verification = config.overrides.resolve(snapshot.settings())?;
        config.require_hostname(&verification)?;
        let setup = Setup {
            config: &config,
            settings: snapshot.settings(),
            verification: &verification,
        };
        let state = Arc::<LockState>::default();
        let window = Arc::new(Window::new(state.clone()));
        let stapling = setup.stapling();
        let mut handle = SslHandle::new(snapshot.clone(), stapling, transport, window.clone())?;
        setup.configure(&mut handle)?;
        let resumption = setup.resumption(context);
        if let Some(resumption) = &resumption {
            handle.set_session_keeper(Box::new(resumption.clone()));
        }
        let needs_certificate = setup.needs_certificate();
        let session = config.session;
        let session = session.or_else(|| resumption.as_ref()?.take());
        let locked = Locked {
            handle,
            half_closed: false,
        };
        let connection = Connection {
            window,
            version: OnceLock::new(),
            ssl: FairLock::with_state(state, locked),
            reads: Turn::default(),
            writes: Turn::default(),
            handshaken: AtomicBool::new(false),
            messages: MessageCount::default(),
            unfinished: SharedOption::default(),
            deferred: SharedOption::default(),
            next_context: SharedOption::default(),
            drains: AtomicBool::new(false),
            answer_expected: AtomicBool::new(false),
            readers: Readers::default(),
            server_side: config.server_side,
            server_hostname: config.server_hostname,
            expected: verification.expected,
            needs_certificate,
            verifies: verification.what,
            offered: AtomicBool::new(false),
            resumption,
        };
        if let Some(session) = session {
            connection.set_session(&session)?;
        }
        Ok(connection)
    }
}

impl Config {
    fn require_name_and_role(&self, context: &SslContext) -> Result<()> {
        if let Some(name) = &self.server_hostname {
            name.require_no_nul()?;
        }
        rules::require_role(context.protocol(), self.server_side)?;
        match &self.server_hostname {
            Some(name) => name.require_usable(),
            None => Ok(()),
        }
    }

    /// Returns an error if the connection requires a host name and has none. This is checked a
    /// second time, because the context may have changed since the socket was wrapped.
    fn require_hostname(&self, verification: &Verification) -> Result<()> {
        let insists = self.overrides.check_hostname == Some(true)
            || self.insist_on_hostname && verification.what.check_hostname;
        let name = self.server_hostname.as_ref().map(ServerName::as_str);
        self.overrides.require_name(insists, name)
    }
}

impl Setup<'_> {
    fn verifies(&self) -> bool {
        self.verification.what.verify_mode != VerifyMode::CERT_NONE
    }

    /// Whether this is a client that asks for an OCSP response.
    fn asks_for_ocsp(&self) -> bool {
        !self.config.server_side && self.verification.what.ocsp_mode != OcspMode::Off
    }

    fn stapling(&self) -> Option<Box<dyn Stapling>> {
        if !self.config.server_side && !self.asks_for_ocsp() {
            return None;
        }
        let settings = OcspSettings::new(&self.config.overrides, self.verification, self.settings);
        Some(Box::new(settings))
    }

    fn configure(&self, handle: &mut SslHandle) -> Result<()> {
        if self.asks_for_ocsp() {
            handle.ssl_mut().set_status_type(StatusType::OCSP)?;
        }
        self.set_verification(handle)?;
        if let Some(identity) = &self.config.overrides.identity {
            let identity = identity.get();
            identity.require_one_kind()?;
            handle.use_identity(&identity.leaf, &identity.chain, &identity.key)?;
        }
        let server_side = self.config.server_side;
        if self.settings.post_handshake_auth && (self.verifies() || !server_side) {
            handle.enable_post_handshake_auth(server_side);
        }
        self.set_names(handle)?;
        if server_side {
            // Only servers have a session id context. In TLS 1.3, the session of an external
            // pre-shared key has no session id context, and OpenSSL would reject the key on a
            // client that has one.
            handle.set_session_id_context(&self.verification.session_id_context())?;
            handle.ssl_mut().set_accept_state();
        } else {
            handle.ssl_mut().set_connect_state();
        }
        Ok(())
    }

    fn set_verification(&self, handle: &mut SslHandle) -> Result<()> {
        let mut verify_mode = self.verification.what.verify_mode.to_openssl();
        if let Some(pins) = Pins::new(&self.config.overrides.pins, self.verifies()) {
            if self.config.server_side && !self.verifies() {
                return Err(Error::value(
                    "pins of a server need a verify mode other than CERT_NONE",
                ));
            }
            handle.set_peer_check(Box::new(pins));
            verify_mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
        }
        handle.ssl_mut().set_verify(verify_mode);
        Ok(())
    }

    /// Sets the server's name to send (SNI), and the names to look for in the certificate.
    fn set_names(&self, handle: &mut SslHandle) -> Result<()> {
        let server = self.config.server_hostname.as_ref();
        if let Some(name) = server.filter(|name| name.ip().is_none()) {
            handle.ssl_mut().set_hostname(name.as_str())?;
        }
        if !self.verification.what.check_hostname {
            return Ok(());
        }
        for (i, name) in names(server, &self.verification.expected).enumerate() {
            match name.ip() {
                Some(ip) => handle.ssl_mut().param_mut().set_ip(ip)?,
                None if i == 0 => handle.ssl_mut().param_mut().set_host(name.as_str())?,
                None => handle.add_host(name.as_str())?,
            }
        }
        Ok(())
    }

    /// The sessions that the context keeps for this server, if it keeps any.
    fn resumption(&self, context: &SslContext) -> Option<Resumption> {
        let config = self.config;
        let keeps = self.settings.client_session_cache > 0
            && !config.server_side
            && config.session.is_none()
            && config.overrides.identity.is_none();
        let port = config.port.filter(|_| keeps)?;
        let host = config.server_hostname.as_ref().map(ServerName::as_str);
        let server = Server {
            host: host.or(config.address.as_deref())?.to_ascii_lowercase(),
            port,
            verified: self.verification.what,
            expected: config.overrides.expected_names.clone(),
        };
        Some(context.resumption(server, self.settings))
    }

    /// Whether the peer must send a certificate in the handshake, because there are pins. With
    /// post-handshake authentication, a client sends it later.
    fn needs_certificate(&self) -> bool {
        let later = self.config.server_side && self.settings.post_handshake_auth;
        self.verification.what.pins != NO_PINS && !later
    }
}

/// The names of which the peer's certificate must have one: `expected`, or the server's name if
/// there are none.
pub(super) fn names<'a>(
    server: Option<&'a ServerName>,
    expected: &'a [ServerName],
) -> impl Iterator<Item = &'a ServerName> {
    expected
        .iter()
        .chain(server.filter(|_| expected.is_empty()))
}
