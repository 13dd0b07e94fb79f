//! The thread that reads the files.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use openssl::x509::X509;
use pyssl::{SslContext, TicketKey, VerifyLocations};

use super::names::Names;
use super::revocation::Lists;
use super::source::{Kind, Source};
use super::{CertReloaderBuilder, Shared};
use crate::check::{self, Checked};
use crate::content::{Reading, State};
use crate::error::ReloadError;
use crate::event::{CertStatus, Event};
use crate::staples::{Staple, Staples};
use crate::time::LONGEST;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before its end a certificate is reported by default.
const WARN_BEFORE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// By default, a certificate is reported at the earliest when a sixth of its validity is left. An ACME client renews
/// when a third is left, so a renewal in time is not reported.
const WARN_SHARE: u32 = 6;

pub(super) struct Worker {
    context: SslContext,
    /// A context with the trust store that the context had when the reloader started. Revocation
    /// lists are added to this store.
    trust: SslContext,
    sources: Vec<Source>,
    lists: Lists,
    names: Names,
    staples: Staples,
    interval: Duration,
    settle: Duration,
    warn_before: Option<Duration>,
    /// Events that were not reported yet.
    events: Vec<Event>,
    shared: Arc<Shared>,
    #[cfg(feature = "notify")]
    watch: crate::watch::Watch,
    #[cfg(not(feature = "notify"))]
    _wake: SyncSender<()>,
}

impl Worker {
    /// Loads all sources for the first time.
    pub(super) fn load(
        builder: CertReloaderBuilder,
        shared: Arc<Shared>,
        wake: SyncSender<()>,
    ) -> Result<Worker, ReloadError> {
        if builder.sources.is_empty() {
            return Err(ReloadError::Nothing);
        }
        let mut sources = builder.sources;
        for of in 0..sources.len() {
            if let Kind::Certificate { files, .. } = &sources[of].kind {
                if let Some(path) = files.ocsp.clone() {
                    sources.push(Source::new(Kind::Staple { path, of }));
                }
            }
        }
        let mut worker = Worker {
            trust: builder.context.copy()?,
            context: builder.context,
            sources,
            lists: Lists::default(),
            names: Names::default(),
            staples: Staples::default(),
            interval: builder.interval,
            settle: builder.settle,
            warn_before: builder.warn_before,
            events: Vec::new(),
            shared,
            #[cfg(feature = "notify")]
            watch: crate::watch::Watch::new(wake),
            #[cfg(not(feature = "notify"))]
            _wake: wake,
        };
        worker.rewatch();
        let mut trial = worker.context.variant().build()?;
        std::mem::swap(&mut trial, &mut worker.context);
        // The first load works on a copy, so that an error leaves the context as it was.
        for number in 0..worker.sources.len() {
            let reading = worker.sources[number].read();
            let is_optional = match worker.sources[number].kind {
                Kind::Staple { .. } => true,
                Kind::Certificate { .. } => builder.keep_current,
                _ => false,
            };
            let state = reading.state;
            match worker.use_reading(number, reading) {
                Err(error) if is_optional => worker.refuse(number, state, error),
                Err(error) => return Err(error),
                Ok(()) => worker.sources[number].loaded = Some(state),
            }
        }
        worker.context = trial;
        worker.publish_trust()?;
        worker.publish()?;
        let kinds = |wanted: fn(&Kind) -> bool| {
            let wanted = worker
                .sources
                .iter()
                .enumerate()
                .filter(|(_, source)| wanted(&source.kind));
            wanted.map(|(number, _)| number).collect::<Vec<_>>()
        };
        let staples = kinds(|kind| matches!(kind, Kind::Staple { .. }));
        #[cfg(feature = "ocsp")]
        let fetches = builder.fetch_ocsp;
        #[cfg(not(feature = "ocsp"))]
        let fetches = false;
        let names = kinds(|kind| matches!(kind, Kind::Certificate { by_name: true, .. }));
        for number in kinds(|kind| matches!(kind, Kind::TicketKeys { .. })) {
            let reading = worker.sources[number].read();
            worker.use_reading(number, reading)?;
        }
        if fetches || !staples.is_empty() {
            worker.staples.install(&worker.context)?;
            // The contexts for names are copies of this context, so they must be made again.
            worker.publish()?;
        }
        if !names.is_empty() {
            worker.names.install(&worker.context)?;
        }
        worker.write_status();
        Ok(worker)
    }

    /// Reads the files when they may have changed, until the handle is dropped.
    pub(super) fn run(mut self, woken: &Receiver<()>) {
        let mut pause = self.interval;
        loop {
            self.warn();
            self.tell();
            let _ = woken.recv_timeout(pause);
            if self.shared.stopped.load(Ordering::Acquire) {
                return;
            }
            let forced = self.shared.forced.swap(false, Ordering::AcqRel);
            let settled = self.pass(forced);
            pause = if settled { self.interval } else { self.settle };
        }
    }

    /// Reads all files once. False if some must be read again soon.
    fn pass(&mut self, forced: bool) -> bool {
        // The watches are set before the files are read, so that a change in between is noticed.
        self.rewatch();
        let mut settled = true;
        let mut changed = false;
        for number in 0..self.sources.len() {
            let reading = self.sources[number].read();
            let (state, source) = (reading.state, &mut self.sources[number]);
            let stable = source.is_stable(state, self.settle) || forced;
            if source.loaded == Some(state) && !forced {
                if source.refused.take().is_some() {
                    // The files have the content that is in service again.
                    changed = true;
                    self.tell_loaded(number, Vec::new());
                }
                continue;
            }
            if !stable {
                settled = false;
                continue;
            }
            let was_loaded = source.loaded == Some(state);
            let names = source.current.as_ref().map(|old| old.names.clone());
            match self.use_reading(number, reading) {
                Err(error) => self.refuse(number, state, error),
                Ok(()) => {
                    let source = &mut self.sources[number];
                    source.loaded = Some(state);
                    source.refused = None;
                    if !was_loaded {
                        self.tell_loaded(number, names.unwrap_or_default());
                    }
                }
            }
            changed = true;
        }
        if changed {
            self.write_status();
        }
        self.tell();
        settled
    }

    /// Checks the content that was read, and puts it into service.
    fn use_reading(&mut self, number: usize, reading: Reading) -> Result<(), ReloadError> {
        let mut content = reading.files?;
        match &self.sources[number].kind {
            Kind::Certificate { files, .. } => {
                let checked = check::check(&self.context, files, &content)?;
                let old = self.sources[number].current.replace(checked);
                if let Err(error) = self.publish() {
                    self.sources[number].current = old;
                    return Err(error.into());
                }
                // The OCSP response is checked again, because it must be for the new certificate.
                for source in &mut self.sources {
                    if matches!(source.kind, Kind::Staple { of, .. } if of == number) {
                        (source.loaded, source.refused) = (None, None);
                    }
                }
                let certificates = self
                    .sources
                    .iter()
                    .filter_map(|source| source.current.as_ref());
                self.staples.keep(certificates.map(Checked::leaf));
                Ok(())
            }
            Kind::Staple { path, of } => {
                let Some(certificate) = &self.sources[*of].current else {
                    return Ok(());
                };
                let staple =
                    Staple::check(path, content.first().map_or(&[], |der| der), certificate)?;
                self.staples
                    .insert(certificate.leaf(), staple)
                    .map_err(|stack| ReloadError::Context(stack.into()))
            }
            Kind::TicketKeys { path } => {
                let bytes = content.first().map_or(&[][..], |file| file.as_slice());
                if bytes.is_empty() || bytes.len() % TicketKey::LEN != 0 {
                    return Err(ReloadError::TicketKeys {
                        path: path.clone(),
                        length: bytes.len(),
                    });
                }
                let keys: Result<Vec<TicketKey>, _> = bytes
                    .chunks(TicketKey::LEN)
                    .map(TicketKey::try_from)
                    .collect();
                Ok(self.context.set_ticket_keys(keys?)?)
            }
            Kind::Trust { path, .. } => {
                let pem = content.first().map_or(&[][..], |file| file.as_slice());
                let cas = self.cas(pem);
                let lists = self.lists.updated(path, pem, &cas)?;
                let old = self.sources[number].trusted.replace(content.swap_remove(0));
                if let Err(error) = self.publish_trust() {
                    self.sources[number].trusted = old;
                    return Err(error);
                }
                self.lists = lists;
                Ok(())
            }
        }
    }

    /// The CA certificates of a file and of the context.
    fn cas(&self, pem: &[u8]) -> Vec<X509> {
        let own = X509::stack_from_pem(pem).unwrap_or_default();
        let trusted = self.trust.get_ca_certs();
        let trusted = trusted
            .iter()
            .filter_map(|ca| X509::from_der(&ca.to_der().ok()?).ok());
        own.into_iter().chain(trusted).collect()
    }

    /// Makes the context present the current certificates.
    fn publish(&self) -> pyssl::Result<()> {
        let of = |wanted: bool| {
            self.sources
                .iter()
                .filter_map(move |source| match source.kind {
                    Kind::Certificate { by_name, .. } if by_name == wanted => {
                        source.current.as_ref()
                    }
                    _ => None,
                })
        };
        if of(false).next().is_some() {
            self.context
                .set_identities(of(false).map(|checked| &checked.identity))?;
        }
        self.names.replace(&self.context, of(true))
    }

    /// Builds a trust store from the files, and makes the context use it.
    fn publish_trust(&self) -> Result<(), ReloadError> {
        let (mut fresh, mut files) = (None, Vec::new());
        for source in &self.sources {
            if let Kind::Trust { path, replaces } = &source.kind {
                if *replaces && fresh.is_none() {
                    fresh = Some(self.trust.variant().with_empty_trust()?.build()?);
                }
                files.push((path, source.trusted.as_ref()));
            }
        }
        if files.is_empty() {
            return Ok(());
        }
        let fresh = match fresh {
            Some(fresh) => fresh,
            None => self.trust.copy()?,
        };
        for (path, pem) in files {
            // At the first load, the later files have not been read yet.
            let Some(pem) = pem else { continue };
            let locations = VerifyLocations::new().pem(pem.as_slice());
            let loaded = fresh.load_verify_locations(locations);
            loaded.map_err(|source| ReloadError::Content {
                path: path.clone(),
                source,
            })?;
        }
        self.context.set_trust_of(&fresh)?;
        Ok(self.publish()?)
    }

    fn refuse(&mut self, number: usize, state: State, error: ReloadError) {
        let source = &mut self.sources[number];
        let text = error.to_string();
        let known = source
            .refused
            .as_ref()
            .is_some_and(|(old, problem)| *old == state && problem.to_string() == text);
        let error = Arc::new(error);
        source.refused = Some((state, Arc::clone(&error)));
        if !known {
            let path = source.path().to_owned();
            self.events.push(Event::Rejected { path, error });
        }
    }

    fn tell_loaded(&mut self, number: usize, old_names: Vec<String>) {
        let source = &self.sources[number];
        let current = source.current.as_ref();
        let lost = |name: &String| current.is_some_and(|new| !new.names.contains(name));
        let event = Event::Loaded {
            path: source.path().to_owned(),
            not_after: current.map(|checked| checked.not_after),
            lost_names: old_names.into_iter().filter(lost).collect(),
        };
        self.events.push(event);
    }

    /// Reports certificates that expire soon, each once a day.
    fn warn(&mut self) {
        let now = SystemTime::now();
        for source in &mut self.sources {
            let Some(current) = &source.current else {
                continue;
            };
            let not_after = current.not_after;
            let before = self.warn_before.unwrap_or_else(|| {
                let lifetime = not_after.duration_since(current.not_before);
                WARN_BEFORE.min(lifetime.unwrap_or_default() / WARN_SHARE)
            });
            let is_told = source
                .warned
                .is_some_and(|(end, last)| end == not_after && last.elapsed() < DAY);
            if is_told || not_after >= now + before.min(LONGEST) {
                continue;
            }
            source.warned = Some((not_after, Instant::now()));
            let path = source.path().to_owned();
            self.events.push(Event::Expiring { path, not_after });
        }
    }

    /// Reports the events, after the status has been written.
    fn tell(&mut self) {
        for event in self.events.drain(..) {
            self.shared.tell(&event);
        }
    }

    /// The stapled responses. The thread that fetches them has a clone.
    #[cfg(feature = "ocsp")]
    pub(super) fn staples(&self) -> Staples {
        self.staples.clone()
    }

    fn write_status(&self) {
        let status = self.sources.iter().filter_map(|source| {
            let current = source.current.as_ref()?;
            Some(CertStatus {
                path: source.path().to_owned(),
                certificate: current.certificate.clone(),
                not_after: current.not_after,
                loaded: current.loaded,
                problem: source
                    .refused
                    .as_ref()
                    .map(|(_, problem)| Arc::clone(problem)),
            })
        });
        *self
            .shared
            .status
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = status.collect();
        #[cfg(feature = "ocsp")]
        {
            let current = self
                .sources
                .iter()
                .filter_map(|source| source.current.clone());
            *self.shared.certificates() = current.collect();
            self.shared.changed.notify_all();
        }
    }

    /// Watches the directories that now contain the files, and the symbolic links to them.
    fn rewatch(&mut self) {
        #[cfg(feature = "notify")]
        {
            let paths = self.sources.iter().flat_map(Source::paths);
            self.events.extend(self.watch.set(paths));
        }
    }
}
