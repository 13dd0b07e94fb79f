use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use pyssl::SslContext;

use super::challenge::{ChallengeHook, ChallengeType, from_base64url};
use super::error::AcmeError;
use super::hooks::Hooks;
use super::key::KeyType;
use super::order;
use super::renewal::{AcmeRenewal, Event};
use super::settings::Settings;
use super::storage::{Lineage, Storage};
use crate::listeners::Listener;

/// An ACME client for one certificate; see [the module](super).
#[must_use]
pub struct AcmeClient {
    pub(super) settings: Settings,
    hooks: Hooks,
    listeners: Vec<Listener<Event>>,
}

impl AcmeClient {
    /// A client of the server with this directory URL, such as `https://acme-v02.api.letsencrypt.org/directory`. Its
    /// files are in `storage`. Clients of several processes may use it in turn: one that finds it in use by another
    /// fails with [`AcmeError::Busy`].
    pub fn new(directory: impl Into<String>, storage: impl Into<PathBuf>) -> AcmeClient {
        AcmeClient {
            settings: Settings::new(directory.into(), storage.into()),
            hooks: Hooks::default(),
            listeners: Vec::new(),
        }
    }

    /// The names of the certificate: host names as A-labels, which may start with `*.`, and IP addresses. If a stored
    /// certificate lacks one of them, a new one is obtained.
    pub fn domains<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> AcmeClient {
        self.settings.domains = names.into_iter().map(Into::into).collect();
        self
    }

    /// The name of the certificate's directory. Default: the first of the domains, without `*.`.
    pub fn cert_name(mut self, name: impl Into<String>) -> AcmeClient {
        self.settings.cert_name = Some(name.into());
        self
    }

    /// The address to which the server may write.
    pub fn email(mut self, address: impl AsRef<str>) -> AcmeClient {
        self.settings.contact = vec![format!("mailto:{}", address.as_ref())];
        self
    }

    /// Whether the server's terms of service are agreed to. Without that, there is no account.
    pub fn agree_tos(mut self, agree: bool) -> AcmeClient {
        self.settings.agree_tos = agree;
        self
    }

    /// External account binding: the identifier and the HMAC key (base64 for URLs) that the CA has given to its
    /// customer (RFC 8555, section 7.3.4).
    pub fn eab(mut self, kid: impl Into<String>, hmac_key: impl AsRef<str>) -> AcmeClient {
        let key = from_base64url(hmac_key.as_ref());
        self.settings.bad_eab = key.as_ref().is_none_or(Vec::is_empty);
        self.settings.eab = Some((kid.into(), key.unwrap_or_default()));
        self
    }

    /// The CA certificates (PEM) to verify the ACME server's own certificate. Default: the system's trust store, or
    /// the file in `REQUESTS_CA_BUNDLE`.
    pub fn cafile(mut self, cafile: impl Into<PathBuf>) -> AcmeClient {
        self.settings.cafile = Some(cafile.into());
        self
    }

    /// The type of the certificate's key. Each certificate has a new key. Default: ECDSA with P-256.
    pub fn key_type(mut self, kind: KeyType) -> AcmeClient {
        self.settings.key_type = kind;
        self
    }

    /// The profile of the certificate, if the server has it; Let's Encrypt's `shortlived` is valid for six days.
    pub fn preferred_profile(mut self, name: impl Into<String>) -> AcmeClient {
        self.settings.profile = Some((name.into(), false));
        self
    }

    /// The profile of the certificate. If the server does not have it, no certificate is ordered.
    pub fn required_profile(mut self, name: impl Into<String>) -> AcmeClient {
        self.settings.profile = Some((name.into(), true));
        self
    }

    /// Fulfils http-01 challenges, with an [`HttpListener`](super::HttpListener), a [`Webroot`](super::Webroot) or
    /// a hook of your own. If there are several kinds of challenges, the one that was given first is preferred.
    pub fn http_01(self, hook: impl ChallengeHook + 'static) -> AcmeClient {
        self.challenge(ChallengeType::Http01, Box::new(hook))
    }

    /// Fulfils dns-01 challenges with this hook.
    pub fn dns_01(self, hook: impl ChallengeHook + 'static) -> AcmeClient {
        self.challenge(ChallengeType::Dns01, Box::new(hook))
    }

    /// Fulfils tls-alpn-01 challenges with the service's own listener, which must be reachable on port 443.
    ///
    /// [`start`](Self::start) adds an SNI callback to the context. The callback handles the connections of validating
    /// servers, which offer the ALPN protocol `acme-tls/1` only, and passes all others to the earlier SNI callback of
    /// the context. So set that callback, or start a [`CertReloader`](crate::CertReloader) with
    /// [`certificate_by_name`](crate::CertReloaderBuilder::certificate_by_name), before [`start`](Self::start).
    ///
    /// Validating servers have no client certificate. `start` and [`obtain`](Self::obtain) refuse a context that
    /// requires one (`CERT_REQUIRED`).
    pub fn tls_alpn_01(mut self, context: &SslContext) -> AcmeClient {
        self.hooks.add_tls_alpn(context);
        self
    }

    fn challenge(mut self, kind: ChallengeType, hook: Box<dyn ChallengeHook>) -> AcmeClient {
        self.hooks.add(kind, hook);
        self
    }

    /// How long the server may take for a validation, and again to issue the certificate. Default 2 minutes.
    pub fn timeout(mut self, timeout: Duration) -> AcmeClient {
        self.settings.timeout = timeout;
        self
    }

    /// How often the client compares the clock with the time of the renewal. Default one minute; at least a
    /// millisecond.
    pub fn interval(mut self, interval: Duration) -> AcmeClient {
        self.settings.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// The pause after the first failure, and the longest pause. Default 5 minutes and 6 hours. If there is no
    /// certificate in service and the server did not answer, or if another client uses the storage, the first pause is
    /// 5 seconds by default.
    pub fn retry(mut self, first: Duration, longest: Duration) -> AcmeClient {
        self.settings.quick_retry = first;
        self.settings.retry = [first, longest];
        self
    }

    /// Calls a function with each event, in a thread of the client. The function may use the
    /// [`AcmeRenewal`](super::AcmeRenewal). A new certificate is given to the reloader before the event.
    pub fn on_event(mut self, listener: impl FnMut(&Event) + Send + 'static) -> AcmeClient {
        self.listeners.push(Box::new(listener));
        self
    }

    /// Obtains a certificate now, also if there is one; certbot's `certonly`. Continues an unfinished order.
    ///
    /// # Errors
    ///
    /// [`AcmeError`]; the stored certificate stays as it is.
    pub fn obtain(&mut self) -> Result<Lineage, AcmeError> {
        let storage = self.prepare()?;
        let (settings, hooks) = (&self.settings, &mut self.hooks);
        // A runtime cannot be started in a thread in which another runtime is running.
        thread::scope(|scope| {
            let run = || {
                let _lock = storage.lock()?;
                storage.recover()?;
                order::attempt(settings, &storage, hooks)?;
                let missing = "its files have disappeared".to_owned();
                storage.lineage().ok_or(AcmeError::Certificate(missing))
            };
            let thread = thread::Builder::new()
                .name("pyssl-acme".to_owned())
                .spawn_scoped(scope, run)
                .map_err(AcmeError::Thread)?;
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Starts a thread that obtains the certificate, renews it in time, and keeps the context up to date with a
    /// [`CertReloader`](crate::CertReloader).
    ///
    /// When this returns, the stored certificate is in service. If its files fail a check of the reloader, for example
    /// because it has expired, [`Event::Reload`] reports that. If there is no certificate in service, the context keeps
    /// those that it has, and the thread obtains the first one. The service may have to accept connections for that;
    /// see [`AcmeRenewal::wait`].
    ///
    /// The context presents the certificate of this client only. So start one client for a context, with all
    /// [`domains`](Self::domains): a second client would replace the certificate of the first.
    ///
    /// # Errors
    ///
    /// [`AcmeError::Settings`], or an error of the storage, of the context or in starting a thread. Errors in
    /// obtaining a certificate are events.
    pub fn start(mut self, context: &SslContext) -> Result<AcmeRenewal, AcmeError> {
        let storage = self.prepare()?;
        AcmeRenewal::start(self.settings, self.hooks, self.listeners, storage, context)
    }

    /// Checks the settings, and opens the storage.
    fn prepare(&mut self) -> Result<Storage, AcmeError> {
        let settings = &self.settings;
        settings.check(&self.hooks).map_err(AcmeError::Settings)?;
        let storage = Storage::open(&settings.storage, &settings.name())?;
        #[cfg(test)]
        let storage = storage.with(settings.steps.clone());
        self.hooks.install()?;
        Ok(storage)
    }
}

impl fmt::Debug for AcmeClient {
    /// Omits the key of the external account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeClient")
            .field("directory", &self.settings.directory)
            .field("domains", &self.settings.domains)
            .finish_non_exhaustive()
    }
}
