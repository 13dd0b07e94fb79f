use std::collections::BTreeMap;
use std::fmt;
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
/// the store answers again.
///
/// The clocks of the servers should agree to a few seconds. A server whose clock is late encrypts with the key of
/// the previous period, which all servers still accept.
pub struct TicketRotation {
    _stop: Sender<()>,
}

/// See [`TicketRotation::builder`].
#[must_use]
pub struct TicketRotationBuilder {
    context: SslContext,
    store: Box<dyn TicketKeyStore>,
    period: Duration,
    listener: Box<dyn FnMut(&RotationError) + Send>,
}

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

    /// Calls a function with each error, in the thread that changes the keys. After an error, the thread tries
    /// again in five seconds.
    pub fn on_error(
        mut self,
        listener: impl FnMut(&RotationError) + Send + 'static,
    ) -> TicketRotationBuilder {
        self.listener = Box::new(listener);
        self
    }

    /// Gets the keys, sets them, and starts the thread that changes them.
    ///
    /// # Errors
    ///
    /// If the store fails, if the context refuses the keys, or if no thread can be started.
    pub fn start(self) -> Result<TicketRotation, RotationError> {
        let mut rotation = Rotation {
            context: self.context,
            store: self.store,
            period: self.period,
            keys: BTreeMap::new(),
            own: BTreeMap::new(),
            set: Vec::new(),
        };
        rotation.step(SystemTime::now())?;
        let (stop, stopped) = mpsc::channel();
        let listener = self.listener;
        thread::Builder::new()
            .name("pyssl-tickets".to_owned())
            .spawn(move || rotation.run(&stopped, listener))
            .map_err(RotationError::Thread)?;
        Ok(TicketRotation { _stop: stop })
    }
}

struct Rotation {
    context: SslContext,
    store: Box<dyn TicketKeyStore>,
    period: Duration,
    /// The keys of the store, by their period.
    keys: BTreeMap<u64, TicketKey>,
    /// Keys of this server alone, for periods whose key the store did not give.
    own: BTreeMap<u64, TicketKey>,
    /// The keys that the context has.
    set: Vec<TicketKey>,
}

impl Rotation {
    fn run(mut self, stopped: &Receiver<()>, mut listener: Box<dyn FnMut(&RotationError) + Send>) {
        let mut pause = self.until_change(SystemTime::now());
        loop {
            match stopped.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => {}
                _ => return,
            }
            let outcome = self.step(SystemTime::now());
            pause = self.until_change(SystemTime::now());
            if let Err(error) = outcome {
                listener(&error);
                pause = pause.min(RETRY);
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

    /// Gets the missing keys from the store, and sets the context's keys: those of the current, the
    /// previous and the next period.
    fn step(&mut self, now: SystemTime) -> Result<(), RotationError> {
        let current = self.period_at(now);
        let last = current.saturating_sub(1);
        self.keys
            .retain(|period, _| (last..=current + 1).contains(period));
        self.own
            .retain(|period, _| (last..=current).contains(period));
        let mut failure = None;
        for period in [current, last, current + 1] {
            if self.keys.contains_key(&period) {
                continue;
            }
            // The key expires one period after it was the previous key.
            let expires = self.start_of(period.saturating_add(3));
            match self
                .store
                .get_or_insert(period, &TicketKey::generate()?, expires)
            {
                Ok(key) => drop(self.keys.insert(period, key)),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        if !self.keys.contains_key(&current) && !self.own.contains_key(&current) {
            self.own.insert(current, TicketKey::generate()?);
        }
        self.publish(current, last)?;
        match failure {
            Some(error) => Err(RotationError::Store(error)),
            None => self.store.remove_before(last).map_err(RotationError::Store),
        }
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
