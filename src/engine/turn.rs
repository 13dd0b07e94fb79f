use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::deadline::Deadline;
use crate::lock::{LockError, RawFairGuard, RawFairLock};

/// The turn to read or to write, which one thread has at a time. A thread keeps the turn while it
/// waits for the network, but not the connection's lock.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    raw: RawFairLock,
    /// The number of steps after which an owner's operation was not done yet.
    steps: AtomicU64,
}

impl Turn {
    /// Waits for the turn.
    pub(crate) fn take(&self, deadline: Deadline) -> Result<RawFairGuard<'_>, LockError> {
        match deadline {
            Deadline::Now => self.raw.try_lock(),
            deadline => self.raw.lock(deadline, || false),
        }
    }

    /// Waits for the turn. Returns `None` if its owners do more than `seen` steps before this
    /// thread gets the turn.
    pub(crate) fn take_unless_stepped(
        &self,
        seen: u64,
        deadline: Deadline,
    ) -> Result<Option<RawFairGuard<'_>>, LockError> {
        let stepped = || self.steps() != seen;
        match self.raw.lock(deadline, stepped) {
            Err(LockError::NotInTime) if stepped() => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// The number of steps that owners of the turn have done.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(SeqCst)
    }

    /// Tells the waiting threads that the owner has done a step.
    pub(crate) fn stepped(&self) {
        self.steps.fetch_add(1, SeqCst);
        self.raw.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn taking_a_held_turn_times_out_at_the_deadline() {
        let turn = Turn::default();
        let guard = turn.take(Deadline::Now).expect("free");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(turn.take(Deadline::Now).err(), Some(LockError::NotInTime));
                let soon = Deadline::after(Some(Duration::from_millis(1)));
                assert_eq!(turn.take(soon).err(), Some(LockError::NotInTime));
            });
        });
        drop(guard);
        assert!(turn.take(Deadline::Now).is_ok());
    }

    #[test]
    fn the_turn_passes_to_a_waiting_thread() {
        let turn = Turn::default();
        let guard = turn.take(Deadline::Never).expect("free");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| turn.take(Deadline::Never).is_ok());
            drop(guard);
            assert!(waiter.join().expect("no panic"));
        });
    }

    #[test]
    fn taking_a_turn_twice_in_one_thread_is_an_error() {
        let turn = Turn::default();
        let _guard = turn.take(Deadline::Never).expect("free");
        assert_eq!(turn.take(Deadline::Never).err(), Some(LockError::Reentrant));
    }

    #[test]
    fn waiting_for_a_turn_ends_at_once_if_a_step_was_done_meanwhile() {
        let turn = Turn::default();
        let seen = turn.steps();
        let guard = turn.take(Deadline::Never).expect("free");
        turn.stepped();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| turn.take_unless_stepped(seen, Deadline::Never));
            assert!(waiter.join().expect("no panic").expect("in time").is_none());
        });
        drop(guard);
    }
}
