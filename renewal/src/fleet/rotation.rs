use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyssl::{SslContext, TicketKey};

use super::{RotationError, TicketKeyStore};

/// The pause before a store that failed is used again.
const RETRY: Duration = Duration::from_secs(5);
/// The longest time between two reads of the clock, because the clock may be changed.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The end of the year 9999, after 1970. No key expires later, so that clocks and stores can represent the time.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// Changes the ticket keys of a context at set times, together with other servers. A session that began on one
/// server can then be resumed on another. Dropping the rotation ends the changes; the context keeps its keys.
///
/// ```no_run
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// use pyssl_renewal::fleet::{DirectoryStore, TicketRotation};
/// let store = DirectoryStore::new("/var/lib/example/ticket-keys")?;
/// let rotation = TicketRotation::builder(&context, store).start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Time is divided into periods of some hours, counted from 1970. The key of a period encrypts the tickets of
/// that period, and decrypts them for one more period. A server gets the key of the next period ahead of time, so
/// a short failure of the store has no effect. If the store fails for longer, the server encrypts with a random
/// key of its own, because no key encrypts beyond its period. Sessions then resume on the same server only, until
/// the store answers again. After `start`, a panic of the store counts as a failure. While a call of the store does not
/// return, the server also uses its own key, but [`on_error`](TicketRotationBuilder::on_error) is not called.
///
/// The clocks of the servers should agree to a few seconds. A server whose clock is late encrypts with the key of
/// the previous period, which all servers still accept.
pub struct TicketRotation {
    events: Sender<Event>,
}

impl Drop for TicketRotation {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Stop);
    }
}

/// See [`TicketRotation::builder`].
#[must_use]
pub struct TicketRotationBuilder {
    context: SslContext,
    store: Box<dyn TicketKeyStore>,
    period: Duration,
    listener: Listener,
}

type Listener = Box<dyn FnMut(&RotationError) + Send>;

impl TicketRotation {
    /// A builder for the rotation of this context's ticket keys. The default period is eight hours.
    pub fn builder(
        context: &SslContext,
        store: impl TicketKeyStore + 'static,
    ) -> TicketRotationBuilder {
        TicketRotationBuilder {
            context: context.clone(),
            store: Box::new(store),
            period: Duration::from_secs(8 * 60 * 60),
            listener: Box::new(|_| ()),
        }
    }
}

impl TicketRotationBuilder {
    /// The length of a period, at least a second. It must be equal on all servers. A ticket is accepted for one
    /// to two periods.
    pub fn period(mut self, period: Duration) -> TicketRotationBuilder {
        self.period = Duration::from_secs(period.as_secs().max(1));
        self
    }

    /// Calls a function with each error, in the thread that asks the store. After an error, that thread asks again
    /// in five seconds, or at the next period.
    pub fn on_error(
        mut self,
        listener: impl FnMut(&RotationError) + Send + 'static,
    ) -> TicketRotationBuilder {
        self.listener = Box::new(listener);
        self
    }

    /// Gets the keys, sets them, and starts two threads: one changes the keys, the other asks the store. The store
    /// is first asked in the calling thread.
    ///
    /// # Errors
    ///
    /// If the store fails, if the context refuses the keys, or if no thread can be started.
    pub fn start(self) -> Result<TicketRotation, RotationError> {
        let mut rotation = Rotation::new(self.context, self.period);
        let (mut store, listener) = (self.store, self.listener);
        let question = rotation.question(SystemTime::now());
        question.put_to(&mut *store, &mut rotation.keys)?;
        // The store may have taken longer than the rest of the period.
        rotation.advance(SystemTime::now())?;
        let (events, received) = mpsc::channel();
        let (requests, requested) = mpsc::channel();
        let answers = events.clone();
        spawn("pyssl-tickets", move || rotation.run(&received, &requests))?;
        let rotation = TicketRotation { events };
        spawn("pyssl-ticket-store", move || {
            ask(&mut *store, listener, &requested, &answers);
        })?;
        Ok(rotation)
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), RotationError> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map(drop).map_err(RotationError::Thread)
}

/// The events of the thread that changes the keys.
enum Event {
    Stop,
    /// The store returned.
    Answer {
        keys: BTreeMap<u64, TicketKey>,
        failed: bool,
    },
}

/// The work of the thread that asks the store.
enum Request {
    Ask(Question),
    Tell(RotationError),
}

/// The periods whose keys are missing, each with the time at which its key expires.
struct Question {
    missing: Vec<(u64, SystemTime)>,
    /// The first period whose key is still needed.
    first: u64,
}

impl Question {
    /// Adds the keys of the store to `keys`. After an error, `keys` has those that came before the error.
    fn put_to(
        &self,
        store: &mut dyn TicketKeyStore,
        keys: &mut BTreeMap<u64, TicketKey>,
    ) -> Result<(), RotationError> {
        for &(period, expires) in &self.missing {
            let key = store.get_or_insert(period, &TicketKey::generate()?, expires);
            keys.insert(period, key.map_err(RotationError::Store)?);
        }
        store
            .remove_before(self.first)
            .map_err(RotationError::Store)
    }
}

/// Asks the store and calls the listener, in a thread of its own: both may block or panic, and the keys must still
/// change in time.
fn ask(
    store: &mut dyn TicketKeyStore,
    mut listener: Listener,
    requests: &Receiver<Request>,
    events: &Sender<Event>,
) {
    let mut tell = |error: &RotationError| {
        let _ = catch_unwind(AssertUnwindSafe(|| listener(error)));
    };
    for request in requests {
        let question = match request {
            Request::Ask(question) => question,
            Request::Tell(error) => {
                tell(&error);
                continue;
            }
        };
        let mut keys = BTreeMap::new();
        let outcome = catch_unwind(AssertUnwindSafe(|| question.put_to(store, &mut keys)));
        let outcome = outcome.unwrap_or_else(|_| Err(RotationError::Store("it panicked".into())));
        let failed = outcome.is_err();
        if events.send(Event::Answer { keys, failed }).is_err() {
            return;
        }
        if let Err(error) = outcome {
            tell(&error);
        }
    }
}

struct Rotation {
    context: SslContext,
    period: Duration,
    /// The keys of the store, by their period.
    keys: BTreeMap<u64, TicketKey>,
    /// Keys of this server alone, for periods whose key the store did not give.
    own: BTreeMap<u64, TicketKey>,
    /// The keys that the context has.
    set: Vec<TicketKey>,
}

impl Rotation {
    fn new(context: SslContext, period: Duration) -> Rotation {
        Rotation {
            context,
            period,
            keys: BTreeMap::new(),
            own: BTreeMap::new(),
            set: Vec::new(),
        }
    }

    fn run(mut self, events: &Receiver<Event>, requests: &Sender<Request>) {
        // Whether the store has not yet returned from the last question, and whether it failed before.
        let (mut asked, mut failed) = (false, false);
        loop {
            let mut pause = self.until_change(SystemTime::now());
            if failed {
                pause = pause.min(RETRY);
            }
            let event = events.recv_timeout(pause);
            let now = SystemTime::now();
            let asks = match event {
                Ok(Event::Answer {
                    keys,
                    failed: again,
                }) => {
                    self.keys.extend(keys);
                    (asked, failed) = (false, again);
                    // The period may have changed since the question, which then did not include the current key.
                    !failed && !self.keys.contains_key(&self.period_at(now))
                }
                Err(RecvTimeoutError::Timeout) => !asked,
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            };
            if asks {
                asked = requests.send(Request::Ask(self.question(now))).is_ok();
            }
            if let Err(error) = self.advance(now) {
                failed = true;
                let _ = requests.send(Request::Tell(error));
            }
        }
    }

    fn period_at(&self, now: SystemTime) -> u64 {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs() / self.period.as_secs()
    }

    fn start_of(&self, period: u64) -> SystemTime {
        let since = Duration::from_secs(period.saturating_mul(self.period.as_secs()));
        UNIX_EPOCH + since.min(LAST)
    }

    /// The time until the next period begins, but at most `LONGEST_PAUSE`.
    fn until_change(&self, now: SystemTime) -> Duration {
        let next = self.start_of(self.period_at(now) + 1);
        next.duration_since(now)
            .unwrap_or_default()
            .min(LONGEST_PAUSE)
    }

    fn question(&self, now: SystemTime) -> Question {
        let current = self.period_at(now);
        let last = current.saturating_sub(1);
        let missing = [current, last, current + 1].into_iter();
        Question {
            missing: missing
                .filter(|period| !self.keys.contains_key(period))
                // A key expires one period after it was the previous key.
                .map(|period| (period, self.start_of(period.saturating_add(3))))
                .collect(),
            first: last,
        }
    }

    /// Sets the context's keys: those of the current, the previous and the next period. Never waits for the store.
    fn advance(&mut self, now: SystemTime) -> Result<(), RotationError> {
        let current = self.period_at(now);
        let last = current.saturating_sub(1);
        self.keys
            .retain(|period, _| (last..=current + 1).contains(period));
        self.own
            .retain(|period, _| (last..=current).contains(period));
        if !self.keys.contains_key(&current) && !self.own.contains_key(&current) {
            self.own.insert(current, TicketKey::generate()?);
        }
        self.publish(current, last)
    }

    fn publish(&mut self, current: u64, last: u64) -> Result<(), RotationError> {
        // The store's key of a period comes before this server's own key, which encrypts only while the store has not
        // given its key.
        let of = |period| [self.keys.get(&period), self.own.get(&period)];
        let mut keys: Vec<TicketKey> = [of(current), of(last)]
            .into_iter()
            .flatten()
            .flatten()
            .cloned()
            .collect();
        // With the next period's key, this server accepts tickets of a server whose clock is ahead.
        keys.extend(self.keys.get(&(current + 1)).cloned());
        if keys != self.set {
            self.context.set_ticket_keys(keys.clone())?;
            self.set = keys;
        }
        Ok(())
    }
}

impl fmt::Debug for TicketRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketRotation").finish_non_exhaustive()
    }
}

impl fmt::Debug for TicketRotationBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketRotationBuilder")
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a step that fails is a failed test")]
mod tests;
