use std::ffi::{CStr, CString};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use openssl::dh::Dh;
use openssl::pkey::Params;
use openssl::ssl::SslRef;

use super::credential::Credential;
use super::groups::Groups;
use super::keylog::KeyLog;
use super::message::MessageCallback;
use super::ocsp::OcspResponseSource;
use super::psk::{PskClientCallback, PskServerCallback};
use super::sni::SniCallback;
use super::trust::Trust;
use super::verify::VerifyCallback;
use crate::cipher::PYTHON_DEFAULT_CIPHERS;
use crate::constants::{OcspMode, Options, Protocol, TlsVersion, VerifyFlags, VerifyMode};
use crate::error::{BoxError, Error, Result};
use crate::ffi::ctx::{CtxHandle, CtxMethod, TicketBlock};

/// `X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS`
const NO_PARTIAL_WILDCARDS: u32 = 4;
/// `X509_CHECK_FLAG_NEVER_CHECK_SUBJECT`
const NEVER_CHECK_SUBJECT: u32 = 0x20;

/// The options that CPython adds to those of a new `SSL_CTX`.
const DEFAULT_OPTIONS: Options = Options::OP_ALL
    .union(Options::OP_NO_SSLv3)
    .union(Options::OP_CIPHER_SERVER_PREFERENCE)
    .union(Options::OP_NO_COMPRESSION);

/// All settings of a context, as data. A snapshot is built from these alone.
///
/// Cloning is cheap: large and secret values are shared.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) protocol: Protocol,
    pub(crate) verify_mode: VerifyMode,
    pub(crate) check_hostname: bool,
    pub(crate) ocsp_mode: OcspMode,
    /// Whether `read_back` has replaced the options, the flags and the optional values by those of an
    /// `SSL_CTX`. Before that, they are additions to the defaults of a new `SSL_CTX`, which depend
    /// on OpenSSL's configuration file.
    pub(super) was_read_back: bool,
    pub(crate) options: u64,
    pub(crate) verify_flags: u64,
    pub(crate) host_flags: u32,
    pub(crate) minimum_version: Option<TlsVersion>,
    pub(crate) maximum_version: Option<TlsVersion>,
    pub(crate) security_level: Option<u32>,
    pub(crate) num_tickets: Option<usize>,
    /// Each change of a context gives the settings another number, unique in the process.
    pub(crate) number: u64,
    /// The number of servers for which a client's sessions are kept.
    pub(crate) client_session_cache: usize,
    pub(crate) cipher_list: Arc<CString>,
    pub(crate) ciphersuites: Option<Arc<CStr>>,
    pub(crate) groups: Option<Groups>,
    pub(crate) client_sigalgs: Option<Arc<CStr>>,
    pub(crate) server_sigalgs: Option<Arc<CStr>>,
    /// The certificates with their keys, one for each key type, in loading order.
    pub(crate) identities: Vec<Arc<Credential>>,
    pub(crate) dh_params: Option<Arc<Dh<Params>>>,
    /// The ALPN protocols in their wire format: a length byte before each name.
    pub(crate) alpn: Arc<[u8]>,
    /// The ticket keys. The first key encrypts tickets, and every key decrypts them. The list is empty until
    /// `read_back` copies the key of a new `SSL_CTX`.
    pub(crate) ticket_keys: Arc<[TicketBlock]>,
    pub(crate) post_handshake_auth: bool,
    pub(crate) trust: Arc<Trust>,
    pub(crate) staple: Option<Arc<OcspResponseSource>>,
    pub(crate) sni_callback: Option<Arc<SniCallback>>,
    pub(crate) verify_callback: Option<Arc<VerifyCallback>>,
    pub(crate) keylog: Option<Arc<KeyLog>>,
    pub(crate) message_callback: Option<Arc<MessageCallback>>,
    pub(crate) psk_client: Option<Arc<PskClientCallback>>,
    pub(crate) psk_server: Option<Arc<PskServerCallback>>,
}

impl Settings {
    /// The defaults of a protocol.
    pub(crate) fn new(protocol: Protocol) -> Result<Settings> {
        let client = protocol == Protocol::PROTOCOL_TLS_CLIENT;
        Ok(Settings {
            protocol,
            verify_mode: if client {
                VerifyMode::CERT_REQUIRED
            } else {
                VerifyMode::CERT_NONE
            },
            check_hostname: client,
            ocsp_mode: OcspMode::Off,
            was_read_back: false,
            options: DEFAULT_OPTIONS.bits(),
            verify_flags: VerifyFlags::VERIFY_X509_TRUSTED_FIRST.bits(),
            host_flags: NO_PARTIAL_WILDCARDS,
            minimum_version: protocol
                .fixed_version()
                .is_none()
                .then_some(TlsVersion::TLSv1_2),
            maximum_version: None,
            security_level: None,
            num_tickets: None,
            number: 0,
            client_session_cache: 0,
            cipher_list: Arc::new(crate::ffi::util::c_string_lossy(PYTHON_DEFAULT_CIPHERS)),
            ciphersuites: None,
            groups: None,
            client_sigalgs: None,
            server_sigalgs: None,
            identities: Vec::new(),
            dh_params: None,
            alpn: Arc::from([]),
            ticket_keys: Arc::from([]),
            post_handshake_auth: false,
            trust: Arc::new(Trust::empty()?),
            staple: None,
            sni_callback: None,
            verify_callback: None,
            keylog: None,
            message_callback: None,
            psk_client: None,
            psk_server: None,
        })
    }

    /// Applies the settings to a new `SSL_CTX`.
    pub(crate) fn build(&self) -> Result<CtxHandle> {
        let mut ctx = CtxHandle::new(self.method())?;
        if !self.identities.is_empty() || self.dh_params.is_some() {
            // The current security level must not reject certificates that were loaded at another
            // level.
            ctx.set_security_level(0);
        }
        for identity in &self.identities {
            identity.install(&mut ctx)?;
        }
        if let Some(dh) = &self.dh_params {
            ctx.set_tmp_dh(dh)?;
        }
        ctx.set_cipher_list(&self.cipher_list)
            .map_err(|_| no_cipher())?;
        if let Some(level) = self.security_level {
            ctx.set_security_level(level);
        }
        if let Some(suites) = &self.ciphersuites {
            ctx.set_ciphersuites(suites)?;
        }
        self.apply_versions(&mut ctx)?;
        let (options, flags) = match self.was_read_back {
            true => (0, 0),
            false => (ctx.options(), ctx.verify_flags()),
        };
        ctx.set_options(options | self.options);
        self.apply_verify_mode(&mut ctx);
        ctx.set_verify_flags(flags | self.verify_flags)?;
        ctx.set_hostflags(self.host_flags);
        self.apply_groups(&mut ctx)?;
        if let Some(sigalgs) = &self.client_sigalgs {
            ctx.set_client_sigalgs_list(sigalgs)?;
        }
        if let Some(sigalgs) = &self.server_sigalgs {
            ctx.set_sigalgs_list(sigalgs)?;
        }
        if !self.alpn.is_empty() {
            ctx.set_alpn(&self.alpn)?;
        }
        if let Some(tickets) = self.num_tickets {
            ctx.set_num_tickets(tickets)?;
        }
        self.apply_ticket_keys(&mut ctx)?;
        ctx.set_server_name(self.sni_callback.is_some());
        ctx.set_keylog(self.keylog.is_some());
        ctx.set_messages(self.message_callback.is_some());
        ctx.set_psk_client(self.psk_client.is_some());
        self.apply_psk_server(&mut ctx)?;
        ctx.set_store(self.trust.store());
        Ok(ctx)
    }

    /// Applies a change to an `SSL_CTX` that has the settings from before the change. After a failure, the
    /// `SSL_CTX` may be half changed.
    pub(super) fn apply_and_read_back(
        mut self,
        ctx: &mut CtxHandle,
        apply: impl FnOnce(&mut CtxHandle, &Settings) -> Result<()>,
    ) -> Result<Arc<Settings>> {
        apply(ctx, &self)?;
        self.read_back(ctx)?;
        Ok(Arc::new(self))
    }

    /// Copies the effective values back from OpenSSL, so that getters return them and a rebuild
    /// gives the same result.
    pub(super) fn read_back(&mut self, ctx: &CtxHandle) -> Result<()> {
        let version = |number, none| match number {
            0 => none,
            number => TlsVersion::try_from(number).unwrap_or(none),
        };
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        self.number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        self.was_read_back = true;
        self.options = ctx.options();
        self.verify_flags = ctx.verify_flags();
        let (minimum, maximum) = (ctx.min_proto_version(), ctx.max_proto_version());
        self.minimum_version = Some(version(minimum, TlsVersion::MINIMUM_SUPPORTED));
        self.maximum_version = Some(version(maximum, TlsVersion::MAXIMUM_SUPPORTED));
        self.security_level = Some(ctx.security_level());
        self.num_tickets = Some(ctx.num_tickets());
        if self.ticket_keys.is_empty() {
            self.ticket_keys = Arc::from([ctx.ticket_keys()?]);
        }
        Ok(())
    }

    fn method(&self) -> CtxMethod {
        match self.protocol {
            Protocol::PROTOCOL_TLS => CtxMethod::Any,
            Protocol::PROTOCOL_TLS_CLIENT => CtxMethod::Client,
            Protocol::PROTOCOL_TLS_SERVER => CtxMethod::Server,
            Protocol::PROTOCOL_TLSv1 | Protocol::PROTOCOL_TLSv1_1 | Protocol::PROTOCOL_TLSv1_2 => {
                let version = self.protocol.fixed_version();
                CtxMethod::Fixed(version.map_or(0, |version| version as i32))
            }
        }
    }

    /// Sets both bounds of the range of versions.
    pub(crate) fn apply_versions(&self, ctx: &mut CtxHandle) -> Result<()> {
        if let Some(version) = self.minimum_version {
            let number = match version {
                TlsVersion::MINIMUM_SUPPORTED => 0,
                TlsVersion::MAXIMUM_SUPPORTED => TlsVersion::TLSv1_3 as i32,
                other => other as i32,
            };
            ctx.set_min_proto_version(number)
                .map_err(|_| unsupported_version(version))?;
        }
        if let Some(version) = self.maximum_version {
            let number = match version {
                TlsVersion::MAXIMUM_SUPPORTED => 0,
                TlsVersion::MINIMUM_SUPPORTED => TlsVersion::TLSv1 as i32,
                other => other as i32,
            };
            ctx.set_max_proto_version(number)
                .map_err(|_| unsupported_version(version))?;
        }
        Ok(())
    }

    pub(crate) fn apply_verify_mode(&self, ctx: &mut CtxHandle) {
        ctx.set_verify(self.verify_mode.to_openssl());
    }

    pub(crate) fn apply_psk_server(&self, ctx: &mut CtxHandle) -> Result<()> {
        ctx.set_psk_server(self.psk_server.is_some());
        let hint = self.psk_server.as_ref().and_then(|psk| psk.hint.as_deref());
        ctx.set_psk_identity_hint(hint)
            .map_err(|_| Error::value("failed to set identity hint"))
    }

    pub(crate) fn hostname_checks_common_name(&self) -> bool {
        self.host_flags & NEVER_CHECK_SUBJECT == 0
    }

    pub(crate) fn set_hostname_checks_common_name(&mut self, on: bool) {
        if on {
            self.host_flags &= !NEVER_CHECK_SUBJECT;
        } else {
            self.host_flags |= NEVER_CHECK_SUBJECT;
        }
    }

    /// Applies the groups for key exchange.
    pub(super) fn apply_groups(&self, ctx: &mut CtxHandle) -> Result<()> {
        self.groups.iter().try_for_each(|groups| groups.apply(ctx))
    }

    /// The OCSP response to staple to a handshake.
    pub(crate) fn staple_for(&self, ssl: &SslRef) -> Result<Option<Arc<[u8]>>, BoxError> {
        match self.staple.as_deref() {
            Some(staple) => staple.response_for(ssl, &self.identities),
            None => Ok(None),
        }
    }

    /// Whether a trusted intermediate certificate can end the chain of the responder.
    pub(crate) fn partial_chain(&self) -> bool {
        self.verify_flags & VerifyFlags::VERIFY_X509_PARTIAL_CHAIN.bits() != 0
    }

    /// Adds an identity, replacing an older one with the same key type.
    pub(crate) fn add_identity(&mut self, identity: Arc<Credential>) {
        let kind = identity.key.id();
        self.identities.retain(|other| other.key.id() != kind);
        self.identities.push(identity);
    }
}

/// Python's error for a list that selects nothing.
pub(crate) fn no_cipher() -> Error {
    Error::ssl_bare("No cipher can be selected.")
}

fn unsupported_version(version: TlsVersion) -> Error {
    Error::value(format!(
        "Unsupported protocol version {:#x}",
        version as i32
    ))
}
