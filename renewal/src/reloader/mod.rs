//! Watches files and puts their content into service.

mod names;
#[cfg(feature = "ocsp")]
mod ocsp;
mod revocation;
mod source;
mod worker;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(feature = "ocsp")]
use std::sync::{Condvar, MutexGuard};
use std::thread;
use std::time::Duration;

use pyssl::SslContext;

#[cfg(feature = "ocsp")]
use crate::check::Checked;
use crate::error::ReloadError;
use crate::event::{CertStatus, Event};
use crate::files::CertFiles;
use crate::listeners::{Listener, Listeners};
use source::{Kind, Source};
use worker::Worker;

/// Keeps a context up to date with its files. Dropping the reloader ends the watching; the context
/// keeps its current content.
///
/// For asynchronous programs, `subscribe` (feature `tokio`) returns the events as a channel.
pub struct CertReloader {
    shared: Arc<Shared>,
    wake: SyncSender<()>,
}

/// The state that the thread and its handles share.
struct Shared {
    status: Mutex<Vec<CertStatus>>,
    stopped: AtomicBool,
    /// Whether the next pass reads the files at once, without waiting until they stop changing.
    forced: AtomicBool,
    listeners: Listeners<Event>,
    #[cfg(feature = "tokio")]
    events: tokio::sync::broadcast::Sender<Event>,
    /// The certificates in service, for the thread that fetches their OCSP responses.
    #[cfg(feature = "ocsp")]
    certificates: Mutex<Vec<Checked>>,
    /// Notified when `certificates` has changed, and when the reloader ends.
    #[cfg(feature = "ocsp")]
    changed: Condvar,
}

impl Shared {
    fn new(listeners: Vec<Listener<Event>>) -> Shared {
        Shared {
            status: Mutex::default(),
            stopped: AtomicBool::new(false),
            forced: AtomicBool::new(false),
            listeners: Listeners::new(listeners),
            #[cfg(feature = "tokio")]
            events: tokio::sync::broadcast::Sender::new(64),
            #[cfg(feature = "ocsp")]
            certificates: Mutex::default(),
            #[cfg(feature = "ocsp")]
            changed: Condvar::new(),
        }
    }

    #[cfg(feature = "ocsp")]
    fn certificates(&self) -> MutexGuard<'_, Vec<Checked>> {
        self.certificates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &Event) {
        #[cfg(feature = "tokio")]
        let _ = self.events.send(event.clone());
        self.listeners.tell(event.clone());
    }
}

/// The files to watch and how; see [`CertReloader::builder`].
#[must_use]
pub struct CertReloaderBuilder {
    context: SslContext,
    sources: Vec<Source>,
    listeners: Vec<Listener<Event>>,
    interval: Duration,
    settle: Duration,
    warn_before: Option<Duration>,
    keep_current: bool,
    #[cfg(feature = "ocsp")]
    fetch_ocsp: bool,
}

impl CertReloader {
    /// A builder for a reloader of this context.
    pub fn builder(context: &SslContext) -> CertReloaderBuilder {
        CertReloaderBuilder {
            context: context.clone(),
            sources: Vec::new(),
            listeners: Vec::new(),
            interval: Duration::from_secs(10),
            settle: Duration::from_millis(500),
            warn_before: None,
            keep_current: false,
            #[cfg(feature = "ocsp")]
            fetch_ocsp: false,
        }
    }

    /// Reads all files again, also unchanged ones, in the reloader's thread. Call it on SIGHUP, or from the
    /// hook of an ACME client.
    pub fn reload(&self) {
        self.shared.forced.store(true, Ordering::Release);
        // If the channel is full, a request is waiting already.
        let _ = self.wake.try_send(());
    }

    /// The state of each certificate, in the order of the builder's calls.
    pub fn status(&self) -> Vec<CertStatus> {
        self.shared
            .status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The events from now on. A receiver that is 64 events behind loses the oldest.
    #[cfg(feature = "tokio")]
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }
}

impl Drop for CertReloader {
    fn drop(&mut self) {
        #[cfg(feature = "ocsp")]
        let certificates = self.shared.certificates();
        self.shared.stopped.store(true, Ordering::Release);
        #[cfg(feature = "ocsp")]
        {
            self.shared.changed.notify_all();
            drop(certificates);
        }
        // `drop` does not wait for the thread, which may be reading from a disk that does not
        // answer.
        let _ = self.wake.try_send(());
    }
}

impl fmt::Debug for CertReloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertReloader").finish_non_exhaustive()
    }
}

impl CertReloaderBuilder {
    /// A certificate of the context. If there are several, OpenSSL chooses one whose key type the client
    /// accepts. Of two with the same key type, the later one is used.
    pub fn certificate(self, files: CertFiles) -> CertReloaderBuilder {
        self.source(Kind::Certificate {
            files,
            by_name: false,
        })
    }

    /// A certificate for the clients that ask for one of its DNS names (SNI), which may start with `*.`. The
    /// reloader replaces the context's SNI callback. Other clients get the certificates of
    /// [`certificate`](Self::certificate).
    ///
    /// The connections of such clients use copies of the context, which are made anew whenever the reloader
    /// loads something. So call [`reload`](CertReloader::reload) after changing the context's ALPN protocols.
    pub fn certificate_by_name(self, files: CertFiles) -> CertReloaderBuilder {
        self.source(Kind::Certificate {
            files,
            by_name: true,
        })
    }

    /// A PEM file of CA certificates, with or without revocation lists. All such files together replace the
    /// context's trust store, so a certificate that is removed from its file is no longer trusted.
    pub fn ca_certs(self, cafile: impl Into<PathBuf>) -> CertReloaderBuilder {
        self.source(Kind::Trust {
            path: cafile.into(),
            replaces: true,
        })
    }

    /// A PEM file of revocation lists, in addition to the certificates that the context trusts when the
    /// reloader starts. Set [`VERIFY_CRL_CHECK_LEAF`](pyssl::VERIFY_CRL_CHECK_LEAF) for OpenSSL to use them.
    pub fn crl(self, path: impl Into<PathBuf>) -> CertReloaderBuilder {
        self.source(Kind::Trust {
            path: path.into(),
            replaces: false,
        })
    }

    /// A file of session ticket keys, 80 bytes each. The first encrypts new tickets; see
    /// [`SslContext::set_ticket_keys`](pyssl::SslContext::set_ticket_keys).
    pub fn ticket_keys(self, path: impl Into<PathBuf>) -> CertReloaderBuilder {
        self.source(Kind::TicketKeys { path: path.into() })
    }

    /// Fetches the OCSP response of each certificate from the responder that the certificate names (over HTTP,
    /// RFC 6960, appendix A), and staples it. A new response is fetched after half of the old one's validity.
    /// After a failure, the next attempt comes after one minute. The pause doubles with each further failure,
    /// up to an hour. The response is checked as a client would check it. A certificate that names no responder
    /// is left out.
    #[cfg(feature = "ocsp")]
    pub fn fetch_ocsp(mut self) -> CertReloaderBuilder {
        self.fetch_ocsp = true;
        self
    }

    /// Calls a function with each event, in a thread of the reloader. The function may use the reloader.
    pub fn on_event(
        mut self,
        listener: impl FnMut(&Event) + Send + 'static,
    ) -> CertReloaderBuilder {
        self.listeners.push(Box::new(listener));
        self
    }

    /// How often files are read in addition to the operating system's notifications, which network file
    /// systems do not send. Default 10 seconds; at least a millisecond.
    pub fn interval(mut self, interval: Duration) -> CertReloaderBuilder {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How long files must stay unchanged before they are used, so that a certificate is not used before its
    /// key has been written. Default half a second.
    pub fn settle(mut self, settle: Duration) -> CertReloaderBuilder {
        self.settle = settle;
        self
    }

    /// How long before the end of a certificate's validity [`Event::Expiring`] is reported. Default 14 days, but at most
    /// a sixth of the validity: one day for a certificate of six days.
    pub fn warn_before(mut self, time: Duration) -> CertReloaderBuilder {
        self.warn_before = Some(time);
        self
    }

    /// For a context that already has its certificates ([`load_cert_chain`](pyssl::SslContext::load_cert_chain)). A
    /// certificate that fails a check at the start is then only reported. If no certificate passes, the context keeps
    /// those that it has.
    pub fn keep_current(mut self) -> CertReloaderBuilder {
        self.keep_current = true;
        self
    }

    /// Loads all files, and starts the thread that watches them.
    ///
    /// # Errors
    ///
    /// [`ReloadError`] if a file fails a check; the context is then unchanged. A missing or wrong OCSP response
    /// is only reported, and so is a certificate after [`keep_current`](Self::keep_current). [`ReloadError::Thread`] if a thread cannot be started.
    pub fn start(mut self) -> Result<CertReloader, ReloadError> {
        // The channel holds one request. More are not needed, since a request reads the current
        // files.
        let (wake, woken) = mpsc::sync_channel(1);
        let shared = Arc::new(Shared::new(std::mem::take(&mut self.listeners)));
        #[cfg(feature = "ocsp")]
        let fetch_ocsp = self.fetch_ocsp;
        let worker = Worker::load(self, Arc::clone(&shared), wake.clone())?;
        #[cfg(feature = "ocsp")]
        let fetcher = fetch_ocsp.then(|| ocsp::Fetcher::new(Arc::clone(&shared), worker.staples()));
        let reloader = CertReloader { shared, wake };
        thread::Builder::new()
            .name("pyssl-reload".to_owned())
            .spawn(move || worker.run(&woken))
            .map_err(ReloadError::Thread)?;
        #[cfg(feature = "ocsp")]
        if let Some(fetcher) = fetcher {
            // On an error, dropping `reloader` ends the first thread.
            thread::Builder::new()
                .name("pyssl-ocsp".to_owned())
                .spawn(move || fetcher.run())
                .map_err(ReloadError::Thread)?;
        }
        Ok(reloader)
    }

    fn source(mut self, kind: Kind) -> CertReloaderBuilder {
        self.sources.push(Source::new(kind));
        self
    }
}

impl fmt::Debug for CertReloaderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertReloaderBuilder")
            .finish_non_exhaustive()
    }
}
