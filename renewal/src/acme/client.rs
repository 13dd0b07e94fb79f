use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use pyssl::SslContext;

use super::challenge::{Challenge, ChallengeHook, ChallengeType, from_base64url};
use super::error::AcmeError;
use super::key::KeyType;
use super::order::Attempt;
use super::renewal::{AcmeRenewal, Event};
use super::storage::{Lineage, Storage};
use super::tls_alpn::TlsAlpn;
use super::transport::{self, Transport};

pub(super) type Listener = Box<dyn FnMut(&Event) + Send>;

/// An ACME client for one certificate; see [the module](super).
#[must_use]
pub struct AcmeClient {
    pub(super) settings: Settings,
    pub(super) hooks: Hooks,
    pub(super) listeners: Vec<Listener>,
}

/// What is wanted.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) directory: String,
    pub(super) storage: PathBuf,
    pub(super) domains: Vec<String>,
    cert_name: Option<String>,
    pub(super) contact: Vec<String>,
    agree_tos: bool,
    /// Identifier and HMAC key.
    pub(super) eab: Option<(String, Vec<u8>)>,
    bad_eab: bool,
    pub(super) cafile: Option<PathBuf>,
    pub(super) key_type: KeyType,
    /// The name, and whether it is required.
    pub(super) profile: Option<(String, bool)>,
    pub(super) timeout: Duration,
    pub(super) interval: Duration,
    pub(super) retry: [Duration; 2],
    #[cfg(test)]
    pub(super) steps: super::tests::Steps,
}

/// The ways to fulfil challenges, most preferred first.
#[derive(Default)]
pub(super) struct Hooks {
    list: Vec<(ChallengeType, Box<dyn ChallengeHook>)>,
    /// Challenges that need the service's context, until they are added to it.
    waiting: Option<(TlsAlpn, SslContext)>,
}

impl Hooks {
    pub(super) fn kinds(&self) -> impl Iterator<Item = ChallengeType> {
        self.list.iter().map(|(kind, _)| *kind)
    }

    fn hook(&mut self, kind: ChallengeType) -> Option<&mut Box<dyn ChallengeHook>> {
        let hook = self.list.iter_mut().find(|(other, _)| *other == kind);
        hook.map(|(_, hook)| hook)
    }

    pub(super) fn auth(&mut self, challenge: &Challenge) -> Result<(), AcmeError> {
        let outcome = match self.hook(challenge.kind) {
            Some(hook) => hook.auth(challenge),
            None => Err("there is none".into()),
        };
        outcome.map_err(|source| AcmeError::Hook {
            domain: challenge.domain.clone(),
            challenge: challenge.kind,
            source,
        })
    }

    pub(super) fn cleanup(&mut self, challenge: &Challenge) {
        if let Some(hook) = self.hook(challenge.kind) {
            // The certificate does not depend on it.
            let _ = hook.cleanup(challenge);
        }
    }

    /// Adds challenges to the service's context, once.
    fn install(&mut self) -> Result<(), AcmeError> {
        if let Some((challenges, context)) = &self.waiting {
            challenges.install(context)?;
            self.waiting = None;
        }
        Ok(())
    }
}

impl AcmeClient {
    /// A client of the server with this directory URL, such as `https://acme-v02.api.letsencrypt.org/directory`. Its
    /// files are in `storage`, which only one process may use at a time.
    pub fn new(directory: impl Into<String>, storage: impl Into<PathBuf>) -> AcmeClient {
        AcmeClient {
            settings: Settings {
                directory: directory.into(),
                storage: storage.into(),
                domains: Vec::new(),
                cert_name: None,
                contact: Vec::new(),
                agree_tos: false,
                eab: None,
                bad_eab: false,
                cafile: None,
                key_type: KeyType::default(),
                profile: None,
                timeout: Duration::from_secs(120),
                interval: Duration::from_secs(60),
                retry: [
                    Duration::from_secs(5 * 60),
                    Duration::from_secs(6 * 60 * 60),
                ],
                #[cfg(test)]
                steps: super::tests::Steps::default(),
            },
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
    /// The context gets an SNI callback for the validating server's connections, which offer the ALPN protocol
    /// `acme-tls/1` only. Its earlier SNI callback gets all others. So set that, or start a
    /// [`CertReloader`](crate::CertReloader) with [`certificate_by_name`](crate::CertReloaderBuilder::certificate_by_name),
    /// before [`start`](Self::start).
    pub fn tls_alpn_01(mut self, context: &SslContext) -> AcmeClient {
        let challenges = TlsAlpn::default();
        self.hooks.waiting = Some((challenges.clone(), context.clone()));
        self.challenge(ChallengeType::TlsAlpn01, Box::new(challenges))
    }

    fn challenge(mut self, kind: ChallengeType, hook: Box<dyn ChallengeHook>) -> AcmeClient {
        self.hooks.list.retain(|(other, _)| *other != kind);
        self.hooks.list.push((kind, hook));
        self
    }

    /// How long the server may take for a validation, and again to issue the certificate. Default 2 minutes.
    pub fn timeout(mut self, timeout: Duration) -> AcmeClient {
        self.settings.timeout = timeout;
        self
    }

    /// How often the clock is compared with the time of the renewal. Default one minute.
    pub fn interval(mut self, interval: Duration) -> AcmeClient {
        self.settings.interval = interval;
        self
    }

    /// The pause after the first failure, and the longest pause. Default 5 minutes and 6 hours.
    pub fn retry(mut self, first: Duration, longest: Duration) -> AcmeClient {
        self.settings.retry = [first, longest];
        self
    }

    /// Calls a function with each event, in a thread of the client.
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
        // A runtime cannot be started in a thread that has one already.
        thread::scope(|scope| {
            let run = || {
                storage.recover()?;
                attempt(settings, &storage, hooks)?;
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
    /// A stored certificate is in service when this returns. Otherwise the thread obtains the first one, for which
    /// the service may have to accept connections; see [`AcmeRenewal::wait`].
    ///
    /// # Errors
    ///
    /// [`AcmeError::Settings`], or an error of the storage, of the context or in starting a thread. Errors in
    /// obtaining a certificate are events.
    pub fn start(mut self, context: &SslContext) -> Result<AcmeRenewal, AcmeError> {
        let storage = self.prepare()?;
        AcmeRenewal::start(self, storage, context)
    }

    /// Checks the settings, and opens the storage.
    pub(super) fn prepare(&mut self) -> Result<Storage, AcmeError> {
        let settings = &self.settings;
        settings.check(&self.hooks).map_err(AcmeError::Settings)?;
        let storage = Storage::open(&settings.storage, &settings.name())?;
        #[cfg(test)]
        let storage = storage.with(settings.steps.clone());
        self.hooks.install()?;
        Ok(storage)
    }
}

/// Runs one attempt to obtain a certificate.
pub(super) fn attempt(
    settings: &Settings,
    storage: &Storage,
    hooks: &mut Hooks,
) -> Result<(), AcmeError> {
    let transport = settings.transport();
    block_on(Attempt::new(settings, storage, transport, hooks).run())?
}

/// Runs a future in this thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, AcmeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    Ok(runtime.map_err(AcmeError::Thread)?.block_on(future))
}

impl Settings {
    pub(super) fn transport(&self) -> Transport {
        Transport::new(
            self.cafile.as_deref(),
            #[cfg(test)]
            self.steps.clone(),
        )
    }

    /// The name of the certificate.
    fn name(&self) -> String {
        let first = self.domains.first().map_or("", String::as_str);
        let first = first.strip_prefix("*.").unwrap_or(first);
        let name = self.cert_name.as_deref().unwrap_or(first);
        // The colons of IPv6 addresses are not allowed in file names everywhere.
        name.replace(':', "-")
    }

    fn check(&self, hooks: &Hooks) -> Result<(), String> {
        let secure = self
            .directory
            .parse()
            .is_ok_and(|uri| transport::is_secure(&uri));
        if !secure {
            return Err(format!("{} is not an HTTPS URL", self.directory));
        }
        if !self.agree_tos {
            return Err("the server's terms of service must be agreed to (agree_tos)".to_owned());
        }
        if self.bad_eab {
            return Err("the HMAC key of the external account is not base64 for URLs".to_owned());
        }
        if self.domains.is_empty() {
            return Err("no domain was given".to_owned());
        }
        if let Some(domain) = self.domains.iter().find(|domain| !is_name(domain)) {
            return Err(format!(
                "{domain:?} is not a host name or an IP address (names in Unicode need their xn-- form)"
            ));
        }
        let name = self.name();
        if name.starts_with('.')
            || Path::new(&name)
                .file_name()
                .is_none_or(|file| file != &*name)
        {
            return Err(format!("{name:?} cannot be the name of a directory"));
        }
        if hooks.list.is_empty() {
            return Err("no way to fulfil challenges was given".to_owned());
        }
        let wildcard = self.domains.iter().find(|domain| domain.starts_with("*."));
        match wildcard {
            Some(domain) if !hooks.kinds().any(|kind| kind == ChallengeType::Dns01) => Err(
                format!("{domain} needs the challenge dns-01 (RFC 8555, section 7.1.3)"),
            ),
            _ => Ok(()),
        }
    }
}

/// Whether the text can be a name in a certificate.
fn is_name(text: &str) -> bool {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let host = text.strip_prefix("*.").unwrap_or(text);
    let is_label = |label: &str| {
        let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(legal)
    };
    host.len() <= 253 && host.split('.').all(is_label)
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
