use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};

use super::deadline::Deadline;
use crate::lock::this_thread;

/// A turn that one thread has at a time: reading, or writing. Unlike a mutex it can be waited for
/// with a deadline, and unlike the connection's lock it is held while waiting for the network.
///
/// Whoever waits counts itself first and looks at the turn afterwards; whoever changes the turn
/// looks at the count afterwards. So one of the two sees the other.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The thread whose turn it is; 0 for none.
    owner: AtomicUsize,
    /// How often owners have come a step further without being done.
    moves: AtomicU64,
    waiting: AtomicUsize,
    /// Held from a look at the turn until waiting for `changed`.
    asleep: Mutex<()>,
    changed: Condvar,
}

/// The turn, until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct SlotGuard<'a>(&'a Slot);

/// Why a turn was not given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// It did not come free in time.
    Late,
    /// This thread has it, and asks for it again from inside a callback.
    Own,
}

impl Slot {
    /// Takes the turn when it comes free.
    pub(crate) fn take(&self, deadline: Deadline) -> Result<SlotGuard<'_>, NoTurn> {
        match self.try_take()? {
            Some(guard) => Ok(guard),
            None => self.wait(deadline, None)?.ok_or(NoTurn::Late),
        }
    }

    /// Takes the turn when it comes free; `None` when its owner has moved since it had moved
    /// `seen` times.
    pub(crate) fn take_unless_moved(
        &self,
        seen: u64,
        deadline: Deadline,
    ) -> Result<Option<SlotGuard<'_>>, NoTurn> {
        match self.try_take()? {
            Some(guard) => Ok(Some(guard)),
            None => self.wait(deadline, Some(seen)),
        }
    }

    fn try_take(&self) -> Result<Option<SlotGuard<'_>>, NoTurn> {
        let me = this_thread();
        match self.owner.compare_exchange(0, me, SeqCst, SeqCst) {
            Ok(_) => Ok(Some(SlotGuard(self))),
            Err(owner) if owner == me => Err(NoTurn::Own),
            Err(_) => Ok(None),
        }
    }

    /// Waits for the turn, or for a move of its owner that has not been `seen`.
    #[cold]
    fn wait(&self, deadline: Deadline, seen: Option<u64>) -> Result<Option<SlotGuard<'_>>, NoTurn> {
        let _waiting = Waiting::new(&self.waiting);
        let mut asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(guard) = self.try_take()? {
                return Ok(Some(guard));
            }
            if seen.is_some_and(|seen| self.moves() != seen) {
                return Ok(None);
            }
            asleep = match deadline.left() {
                None => self
                    .changed
                    .wait(asleep)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return Err(NoTurn::Late),
                Some(left) => {
                    self.changed
                        .wait_timeout(asleep, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// How often owners have moved.
    pub(crate) fn moves(&self) -> u64 {
        self.moves.load(SeqCst)
    }

    /// Tells those who wait that the owner has come a step further.
    pub(crate) fn moved(&self) {
        self.moves.fetch_add(1, SeqCst);
        self.wake();
    }

    /// Wakes those who wait, after a change: all, since the one that was woken in their place may
    /// have given up.
    fn wake(&self) {
        if self.waiting.load(SeqCst) > 0 {
            drop(self.asleep.lock().unwrap_or_else(PoisonError::into_inner));
            self.changed.notify_all();
        }
    }
}

impl Drop for SlotGuard<'_> {
    fn drop(&mut self) {
        self.0.owner.store(0, SeqCst);
        self.0.wake();
    }
}

/// One more thread that waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Waiting<'a> {
        count.fetch_add(1, SeqCst);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_taken_turn_is_waited_for_until_the_deadline() {
        let slot = Slot::default();
        let guard = slot.take(Deadline::Now).expect("free");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(slot.take(Deadline::Now).err(), Some(NoTurn::Late));
                let soon = Deadline::after(Some(Duration::from_millis(1)));
                assert_eq!(slot.take(soon).err(), Some(NoTurn::Late));
            });
        });
        drop(guard);
        assert!(slot.take(Deadline::Now).is_ok());
    }

    #[test]
    fn the_turn_passes_to_a_waiting_thread() {
        let slot = Slot::default();
        let guard = slot.take(Deadline::Never).expect("free");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| slot.take(Deadline::Never).is_ok());
            drop(guard);
            assert!(waiter.join().expect("no panic"));
        });
    }

    #[test]
    fn the_owner_is_told_that_it_has_the_turn_already() {
        let slot = Slot::default();
        let _guard = slot.take(Deadline::Never).expect("free");
        assert_eq!(slot.take(Deadline::Never).err(), Some(NoTurn::Own));
    }

    #[test]
    fn a_move_of_the_owner_is_seen_even_if_it_came_before_the_waiting() {
        let slot = Slot::default();
        let seen = slot.moves();
        let guard = slot.take(Deadline::Never).expect("free");
        slot.moved();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| slot.take_unless_moved(seen, Deadline::Never));
            assert!(waiter.join().expect("no panic").expect("in time").is_none());
        });
        drop(guard);
    }
}
