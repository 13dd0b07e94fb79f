//! The thread that renews a certificate.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use pyssl::SslContext;
use zeroize::Zeroizing;

use super::account;
use super::delivery::Leaf;
use super::error::AcmeError;
use super::hooks::Hooks;
use super::order::{self, certificate_id};
use super::schedule::{self, Window};
use super::settings::Settings;
use super::storage::{Lineage, Storage};
use crate::error::ReloadError;
use crate::event::CertStatus;
use crate::files::CertFiles;
use crate::listeners::{Listener, Listeners};
use crate::reloader::CertReloader;
use crate::time::{LONGEST, days};

/// How often the server is asked for its suggestion at least and at most (RFC 9773, section 4.3.2).
const ASK: [Duration; 2] = [
    Duration::from_secs(60 * 60),
    Duration::from_secs(24 * 60 * 60),
];

/// What an [`AcmeClient`](super::AcmeClient) has done; see
/// [`on_event`](super::AcmeClient::on_event). `Display` makes a line for a log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A new certificate was obtained and stored, and the reloader puts it into service.
    Obtained {
        /// The names of the certificate.
        domains: Vec<String>,
        /// The end of the certificate's validity.
        not_after: SystemTime,
    },
    /// No certificate was obtained. The old one stays in service.
    Failed {
        /// Why no certificate was obtained.
        error: Arc<AcmeError>,
        /// The pause before the next attempt.
        retry_in: Duration,
    },
    /// The reloader has put a certificate into service, or rejected it.
    Reload(crate::Event),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Obtained { domains, not_after } => write!(
                f,
                "obtained a certificate for {}, {} days left",
                domains.join(", "),
                days(SystemTime::now(), *not_after)
            ),
            Event::Failed { error, retry_in } => {
                let seconds = retry_in.as_secs();
                write!(f, "{error}; the next attempt is in {seconds} seconds")
            }
            Event::Reload(event) => event.fmt(f),
        }
    }
}

/// The thread that renews a certificate; see [`AcmeClient::start`](super::AcmeClient::start). Dropping this value ends
/// the thread, and the context keeps its current certificate.
pub struct AcmeRenewal {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    listeners: Listeners<Event>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// Whether the program has asked for a renewal.
    forced: bool,
    /// Whether the program has asked for a renewal if one is due.
    asked: bool,
    reloader: Option<CertReloader>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AcmeRenewal {
    pub(super) fn start(
        settings: Settings,
        hooks: Hooks,
        listeners: Vec<Listener<Event>>,
        storage: Storage,
        context: &SslContext,
    ) -> Result<AcmeRenewal, AcmeError> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            listeners: Listeners::new(listeners),
        });
        let worker = Worker {
            settings,
            hooks,
            storage,
            context: context.clone(),
            shared: Arc::clone(&shared),
            failures: [0, 0],
            paused: None,
            forced: None,
            suggestion: Suggestion::default(),
        };
        {
            let lock = worker.storage.lock();
            // Another client completes what it has begun.
            if !matches!(lock, Err(AcmeError::Busy { .. })) {
                worker.storage.recover()?;
            }
        }
        worker.serve();
        let renewal = AcmeRenewal { shared };
        thread::Builder::new()
            .name("pyssl-acme".to_owned())
            .spawn(move || worker.run())
            .map_err(AcmeError::Thread)?;
        Ok(renewal)
    }

    /// The certificate in service; `None` until the first one is.
    pub fn status(&self) -> Option<CertStatus> {
        status(&self.shared.state())
    }

    /// Waits for the first certificate, and returns `None` if there is none after this time.
    pub fn wait(&self, timeout: Duration) -> Option<CertStatus> {
        let missing = |state: &mut State| status(state).is_none();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.state(), timeout, missing);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        status(&state)
    }

    /// Renews the certificate now, in the client's thread, even during a pause after a failure; certbot's
    /// `renew --force-renewal`. After a failure, the client tries again until the certificate has been replaced, by
    /// this client or by another one with the same storage.
    pub fn renew(&self) {
        self.shared.state().forced = true;
        self.shared.changed.notify_all();
    }

    /// Renews the certificate now if it is due, in the client's thread, even during a pause after a failure; certbot's
    /// `renew`. The client asks the server again for the time of the renewal, and reads the files in service again.
    /// Call this on SIGHUP.
    pub fn renew_if_due(&self) {
        self.shared.state().asked = true;
        self.shared.changed.notify_all();
    }
}

fn status(state: &State) -> Option<CertStatus> {
    state.reloader.as_ref()?.status().into_iter().next()
}

impl Drop for AcmeRenewal {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.stopped = true;
        let reloader = state.reloader.take();
        drop(state);
        self.shared.changed.notify_all();
        // `drop` does not wait for the thread, which may be waiting for the server.
        drop(reloader);
    }
}

impl fmt::Debug for AcmeRenewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcmeRenewal").finish_non_exhaustive()
    }
}

struct Worker {
    settings: Settings,
    hooks: Hooks,
    storage: Storage,
    context: SslContext,
    shared: Arc<Shared>,
    /// Failures since the last success: those after which the next attempt comes soon, and the others.
    failures: [u32; 2],
    /// The client makes no attempt before this time. It is an `Instant`, so it does not depend on the system's clock,
    /// which may be changed.
    paused: Option<Instant>,
    suggestion: Suggestion,
    /// A renewal that the program has requested and that has not succeeded yet.
    forced: Option<Forced>,
}

/// A renewal that the program has requested.
#[derive(Clone)]
struct Forced {
    /// The content of the certificate's file at the time of the request.
    old: Option<Zeroizing<Vec<u8>>>,
}

/// The server's suggestion for the certificate in service.
#[derive(Default)]
struct Suggestion {
    /// The identifier of the certificate for which the server has made the suggestion.
    identifier: Option<[String; 2]>,
    window: Option<Window>,
    /// When the server is asked again.
    again: Option<Instant>,
}

impl Worker {
    fn run(mut self) {
        loop {
            let (forced, asked) = {
                let pause = self.pause();
                let state = self.shared.state();
                let idle = |state: &mut State| !(state.stopped || state.forced || state.asked);
                let waited = self.shared.changed.wait_timeout_while(state, pause, idle);
                let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
                if state.stopped {
                    return;
                }
                let asked = std::mem::take(&mut state.asked);
                (std::mem::take(&mut state.forced), asked)
            };
            if asked {
                self.suggestion.again = None;
                self.serve();
            }
            let is_paused = !asked && self.paused.is_some_and(|end| Instant::now() < end);
            if forced {
                self.forced = Some(Forced {
                    old: self.content(),
                });
            }
            let wanted = self.forced.clone().filter(|_| forced || !is_paused);
            if let Some(Forced { old }) = wanted {
                self.renew(old.as_deref());
            } else if !is_paused && self.is_due() {
                let old = self.content();
                self.renew(old.as_deref());
            } else if !self.is_serving() {
                // Another client has obtained the certificate.
                self.serve();
            }
        }
    }

    fn is_serving(&self) -> bool {
        self.shared.state().reloader.is_some()
    }

    /// How long the thread waits before it reads the clock again. The thread first reads the clock at once.
    fn pause(&mut self) -> Duration {
        let interval = self.settings.interval;
        match self.paused {
            None => {
                self.paused = Some(Instant::now());
                Duration::ZERO
            }
            Some(end) => match end.saturating_duration_since(Instant::now()) {
                Duration::ZERO => interval,
                left => left.min(interval),
            },
        }
    }

    fn is_due(&mut self) -> bool {
        let Some(leaf) = self.stored() else {
            return true;
        };
        if leaf.covers(&self.settings.domains).is_err() {
            return true;
        }
        // The server is not asked about a certificate that has expired (RFC 9773, section 4.3).
        if leaf.not_after <= SystemTime::now() {
            return true;
        }
        self.ask(&leaf);
        let window = self.suggestion.window;
        let due = schedule::due(leaf.not_before, leaf.not_after, window, leaf.share);
        due <= SystemTime::now()
    }

    /// The file of the stored certificate; `None` if there is none, or it cannot be read.
    fn content(&self) -> Option<Zeroizing<Vec<u8>>> {
        let lineage = self.storage.lineage()?;
        self.storage.read(&lineage.fullchain()).ok()?
    }

    /// The stored certificate.
    fn stored(&self) -> Option<Leaf> {
        Leaf::of(&self.content()?).ok()
    }

    /// Asks the server when it suggests to renew the certificate (RFC 9773).
    fn ask(&mut self, leaf: &Leaf) {
        let known = self.suggestion.identifier == leaf.identifier;
        let now = Instant::now();
        if known && self.suggestion.again.is_some_and(|again| now < again) {
            return;
        }
        let (settings, storage) = (&self.settings, &self.storage);
        let answer = leaf
            .identifier
            .clone()
            .map(|identifier| suggested(settings, storage, identifier));
        let (window, pause) = match answer {
            Some(Ok((window, pause))) => (Some(window), pause),
            Some(Err(AcmeError::Busy { .. })) => {
                (self.suggestion.window.filter(|_| known), Duration::ZERO)
            }
            // The last suggestion for the same certificate stays valid.
            _ => (self.suggestion.window.filter(|_| known), ASK[1] / 4),
        };
        self.suggestion = Suggestion {
            identifier: leaf.identifier.clone(),
            window,
            again: now.checked_add(pause.clamp(ASK[0], ASK[1])),
        };
    }

    /// Replaces the stored certificate, unless another client has replaced this one, `old`, in the meantime.
    fn renew(&mut self, old: Option<&Vec<u8>>) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _lock = self.storage.lock()?;
            if self.content().as_deref() != old {
                return Ok(false);
            }
            self.storage.recover()?;
            order::attempt(&self.settings, &self.storage, &mut self.hooks)?;
            Ok(true)
        }));
        let panicked = |_| {
            let text = "a hook or the client panicked".to_owned();
            Err(AcmeError::Settings(text))
        };
        let outcome = outcome.unwrap_or_else(panicked);
        if outcome.is_ok() {
            self.forced = None;
        }
        match outcome {
            Err(error) => return self.fail(error),
            Ok(true) => {}
            Ok(false) => {
                self.serve();
                self.succeed();
                return;
            }
        }
        let Some(leaf) = self.stored() else {
            let text = "its files have disappeared".to_owned();
            return self.fail(AcmeError::Certificate(text));
        };
        let event = Event::Obtained {
            domains: self.settings.domains.clone(),
            not_after: leaf.not_after,
        };
        self.serve();
        self.shared.listeners.tell(event);
        // If the new certificate is due already, one of the clocks or the server's suggestion is wrong. Without a
        // pause, renewals would follow one another.
        if self.is_due() {
            let text = "it is due for renewal already; one of the clocks is wrong".to_owned();
            return self.fail(AcmeError::Certificate(text));
        }
        self.succeed();
    }

    fn succeed(&mut self) {
        self.failures = [0, 0];
        self.paused = Some(Instant::now());
    }

    fn fail(&mut self, error: AcmeError) {
        let is_soon = match &error {
            AcmeError::Busy { .. } => true,
            AcmeError::Exchange { .. } => status(&self.shared.state()).is_none(),
            _ => false,
        };
        let [first, longest] = self.settings.retry;
        let (first, failures) = match (is_soon, &mut self.failures) {
            (true, [soon, _]) => (self.settings.quick_retry, soon),
            (false, [_, others]) => (first, others),
        };
        *failures = failures.saturating_add(1);
        let retry_in = schedule::pause(first, longest, *failures, error.retry_after());
        self.paused = Some(Instant::now() + retry_in.min(LONGEST));
        let error = Arc::new(error);
        self.shared
            .listeners
            .tell(Event::Failed { error, retry_in });
    }

    /// Puts the stored certificate into service, if there is one.
    fn serve(&self) {
        let Some(lineage) = self.storage.lineage() else {
            return;
        };
        let state = self.shared.state();
        if state.stopped {
            return;
        }
        if let Some(reloader) = &state.reloader {
            return reloader.reload();
        }
        drop(state);
        let outcome = self.reloader(&lineage);
        match outcome {
            Ok(reloader) => {
                let mut state = self.shared.state();
                if !state.stopped {
                    state.reloader = Some(reloader);
                }
                drop(state);
                self.shared.changed.notify_all();
            }
            Err(error) => {
                let path = lineage.fullchain();
                let error = Arc::new(error);
                let event = crate::Event::Rejected { path, error };
                self.shared.listeners.tell(Event::Reload(event));
            }
        }
    }

    fn reloader(&self, lineage: &Lineage) -> Result<CertReloader, ReloadError> {
        // The names were checked when the certificate was obtained. If the settings have other names now, the old
        // certificate is in service until there is a new one.
        let files = CertFiles::new(lineage.fullchain()).keyfile(lineage.privkey());
        let shared = Arc::downgrade(&self.shared);
        CertReloader::builder(&self.context)
            .certificate(files)
            // A stored certificate may have expired, or not be valid yet by this clock.
            .keep_current()
            .on_event(move |event| {
                if let Some(shared) = shared.upgrade() {
                    // A thread in `wait` either has read the new status already, or is woken now.
                    drop(shared.state());
                    shared.changed.notify_all();
                    shared.listeners.tell(Event::Reload(event.clone()));
                }
            })
            .start()
    }
}

/// The server's suggestion, and the pause before the next question.
fn suggested(
    settings: &Settings,
    storage: &Storage,
    identifier: [String; 2],
) -> Result<(Window, Duration), AcmeError> {
    const REQUEST: &str = "the renewal information";
    let transport = settings.transport();
    order::block_on(async {
        let account = match account::stored(settings, storage, &transport).await? {
            Some(account) => account,
            None => {
                let _lock = storage.lock()?;
                account::open(settings, storage, &transport).await?
            }
        };
        let answer = account.renewal_info(&certificate_id(identifier)).await;
        let (info, pause) = answer.map_err(account::refused(REQUEST, &transport))?;
        let window = info.suggested_window;
        let window = Window {
            start: window.start.into(),
            end: window.end.into(),
        };
        Ok((window, pause))
    })?
}
