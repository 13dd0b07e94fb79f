//! Copies of a context as types of the `openssl` crate.
//!
//! A copy is built from the settings. It has its own trust store and none of our callbacks, which find their
//! data only through connections of this crate. ALPN, the key log, the stapled response and the check for a
//! host name become closures of the `openssl` crate; a context with other callbacks cannot be copied. Ticket
//! keys and the session cache are shared, so sessions stay valid for a new copy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use openssl::ssl::{
    AlpnError, SslAcceptor, SslAcceptorBuilder, SslConnector, SslConnectorBuilder,
    SslContextBuilder, SslMethod, SslMode,
};

use super::ocsp::OcspResponseSource;
use super::settings::Settings;
use super::{NO_PINS, SslContext, VerificationSettings, rules};
use crate::constants::{OcspMode, Protocol, VerifyMode};
use crate::error::{Error, Result};
use crate::ffi::trampoline::first_common;
use crate::ffi::x509;

/// The role of the connections that are made from a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Client,
    Server,
    /// Each role that the context's protocol allows.
    Either,
}

impl SslContext {
    /// Copies the context into a type of the `openssl` crate, for crates that take an
    /// [`openssl::ssl::SslContext`]. Python has no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// let context = ssl::create_default_context(())?;
    /// let for_other_crates: ssl::openssl::ssl::SslContext = context.to_openssl()?.build();
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// The copy has the settings of this moment. Later changes of this context do not affect it, so
    /// make a new copy after each change. It shares this context's ticket keys and session cache, so
    /// clients can resume their sessions after a server has replaced one copy by the next. The
    /// result is a builder, which can be changed before it is built.
    ///
    /// These settings are copied: certificates and keys, the trust store, versions, suites, groups,
    /// signature algorithms, options, verification, ALPN protocols, ticket keys, the key log, and
    /// the response of [`set_ocsp_response`](Self::set_ocsp_response). Errors of the key log are
    /// ignored.
    ///
    /// **Host names.** The `openssl` crate checks the name that is set for each connection (with
    /// `SslConnector`, or with `Ssl::param_mut`). If [`check_hostname`](Self::check_hostname) is on,
    /// the handshake of a client for which no name was set fails with "hostname mismatch".
    ///
    /// A context cannot be created from an `SslContextBuilder`: OpenSSL does not return the cipher
    /// string, the groups, the signature algorithms and the callbacks that it was given, so the
    /// settings could not be built again when the context is changed. Certificates and keys of the
    /// `openssl` crate can be loaded in PEM form, with [`CertChain::from_pem`](crate::CertChain::from_pem)
    /// and [`VerifyLocations::cadata`](crate::VerifyLocations::cadata).
    ///
    /// # Errors
    ///
    /// `NotImplementedError`, which names the setting, if the context has one that cannot be copied:
    /// the SNI callback, a PSK callback, the message callback, the verify callback, the OCSP callback, an
    /// [`ocsp_mode`](Self::ocsp_mode) other than `Off`, or post-handshake authentication of clients
    /// by a server. `SSLError` if OpenSSL cannot create a context.
    #[doc(alias = "SslContextBuilder")]
    pub fn to_openssl(&self) -> Result<SslContextBuilder> {
        self.copy_to_openssl(Role::Either)
    }

    /// Like [`to_openssl`](Self::to_openssl), for crates that take an `SslConnector` or its
    /// builder, such as `hyper-openssl` and `postgres-openssl`.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use pyssl_testing::{Ca, EchoServer};
    /// # let ca = Ca::new();
    /// # let server = EchoServer::start(&ca.issue("localhost"));
    /// # let tcp = std::net::TcpStream::connect(server.addr())?;
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
    /// # context.load_verify_locations(ssl::VerifyLocations::new().cadata(ca.cert_pem()))?;
    /// let connector = context.to_openssl_connector()?.build();
    /// let stream = connector.connect("localhost", tcp)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// For each new builder, the `openssl` crate reads the system's certificates, which takes some
    /// milliseconds. This method then replaces them with the context's trust store.
    ///
    /// An `SslConnector` checks the host name even if [`check_hostname`](Self::check_hostname) is
    /// off, unless the connection is configured with `verify_hostname(false)`.
    ///
    /// # Errors
    ///
    /// As `to_openssl`, but settings of servers are left out. `SSLError` on `PROTOCOL_TLS_SERVER`;
    /// `NotImplementedError` if [`hostname_checks_common_name`](Self::hostname_checks_common_name)
    /// is off, because an `SslConnector` sets it.
    #[doc(alias = "SslConnector")]
    pub fn to_openssl_connector(&self) -> Result<SslConnectorBuilder> {
        let context = self.copy_to_openssl(Role::Client)?;
        let mut connector = SslConnector::builder(SslMethod::tls_client())?;
        *connector = context;
        Ok(connector)
    }

    /// Like [`to_openssl`](Self::to_openssl), for crates that take an `SslAcceptor` or its builder,
    /// such as `actix-web` and `axum-server`.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let pem = pyssl_testing::Ca::new().issue("localhost").combined_pem();
    /// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # context.load_cert_chain(ssl::CertChain::from_pem(&pem, &pem))?;
    /// let acceptor: ssl::openssl::ssl::SslAcceptor = context.to_openssl_acceptor()?.build();
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As `to_openssl`, but settings of clients are left out. `SSLError` on `PROTOCOL_TLS_CLIENT`.
    #[doc(alias = "SslAcceptor")]
    pub fn to_openssl_acceptor(&self) -> Result<SslAcceptorBuilder> {
        let context = self.copy_to_openssl(Role::Server)?;
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        *acceptor = context;
        Ok(acceptor)
    }

    fn copy_to_openssl(&self, role: Role) -> Result<SslContextBuilder> {
        let mut settings = self.read(Settings::clone);
        settings.require_portable(role)?;
        // Certificates that are loaded later must not reach the copy.
        settings.trust = Arc::new(settings.trust.copy()?);
        let keylog = settings.keylog.take();
        // The remaining callbacks belong to the other role, so the copy never calls them.
        settings.sni_callback = None;
        settings.psk_client = None;
        settings.psk_server = None;
        let mut ctx = settings.build()?;
        ctx.set_session_cache(&self.0.sessions);
        if settings.post_handshake_auth && role != Role::Server {
            ctx.set_post_handshake_auth();
        }
        let mut copy = ctx.into_builder(&settings.ticket_keys)?;
        // `SslConnector` and `SslAcceptor` set this mode too.
        copy.set_mode(SslMode::ENABLE_PARTIAL_WRITE);
        if role != Role::Client {
            let verified = VerificationSettings {
                verify_mode: settings.verify_mode,
                check_hostname: settings.check_hostname,
                ocsp_mode: settings.ocsp_mode,
                callback: 0,
                pins: NO_PINS,
            };
            copy.set_session_id_context(&verified.session_id_context(std::iter::empty()))?;
        }
        if settings.check_hostname && role != Role::Server {
            let mode = settings.verify_mode.to_openssl();
            copy.set_verify_callback(mode, |good, verification| {
                good && x509::require_host(verification)
            });
        }
        if !settings.alpn.is_empty() {
            let ours = Arc::clone(&settings.alpn);
            copy.set_alpn_select_callback(move |_, theirs| {
                first_common(&ours, theirs).ok_or(AlpnError::NOACK)
            });
        }
        if let Some(keylog) = keylog {
            copy.set_keylog_callback(move |_, line| {
                // A panic of a user's writer must not reach C.
                let _ = catch_unwind(AssertUnwindSafe(|| keylog.write(line)));
            });
        }
        if settings.staple.is_some() && role != Role::Client {
            copy.set_status_callback(move |ssl| {
                if !ssl.is_server() {
                    return Ok(true);
                }
                match settings.staple_for(ssl) {
                    Ok(Some(response)) => ssl.set_ocsp_status(&response).map(|()| true),
                    _ => Ok(false),
                }
            })?;
        }
        Ok(copy)
    }
}

impl Settings {
    /// Rejects settings that connections of the `openssl` crate cannot have.
    fn require_portable(&self, role: Role) -> Result<()> {
        match role {
            Role::Server => rules::require_role(self.protocol, true)?,
            Role::Client => rules::require_role(self.protocol, false)?,
            Role::Either => {}
        }
        let (client, server) = (role != Role::Server, role != Role::Client);
        let verifies = self.verify_mode != VerifyMode::CERT_NONE;
        let authenticates_late = self.post_handshake_auth && verifies;
        let is_client = self.protocol == Protocol::PROTOCOL_TLS_CLIENT;
        let staples_by_callback = matches!(
            self.staple.as_deref(),
            Some(OcspResponseSource::Callback(_))
        );
        let settings = [
            (server && self.sni_callback.is_some(), "the SNI callback"),
            (client && self.psk_client.is_some(), "a PSK callback"),
            (server && self.psk_server.is_some(), "a PSK callback"),
            (self.message_callback.is_some(), "the message callback"),
            (self.verify_callback.is_some(), "the verify callback"),
            (server && staples_by_callback, "the OCSP callback"),
            (client && self.ocsp_mode != OcspMode::Off, "ocsp_mode"),
            (
                server && !is_client && authenticates_late,
                "post-handshake authentication",
            ),
            (
                role == Role::Client && !self.hostname_checks_common_name(),
                "hostname_checks_common_name",
            ),
        ];
        match settings.iter().find(|(set, _)| *set) {
            Some((_, what)) => Err(Error::not_implemented(format!(
                "{what} has no equivalent in the openssl crate"
            ))),
            None => Ok(()),
        }
    }
}
