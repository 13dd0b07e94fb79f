use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::deadline::Deadline;
use crate::lock::this_thread;

/// A turn that one thread has at a time: reading, or writing. Unlike a mutex it can be waited for
/// with a deadline, and unlike the connection's lock it is held while waiting for the network.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    state: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Turn {
    /// The thread whose turn it is.
    owner: Option<usize>,
    waiting: usize,
    /// How often the owner has come a step further without being done.
    moves: u64,
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
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn when it comes free.
    pub(crate) fn take(&self, deadline: Deadline) -> Result<SlotGuard<'_>, NoTurn> {
        self.wait(deadline, |turn| turn.owner.is_none())?
            .ok_or(NoTurn::Late)
    }

    /// Takes the turn when it comes free; `None` when its owner has moved since it had moved
    /// `seen` times.
    pub(crate) fn take_unless_moved(
        &self,
        seen: u64,
        deadline: Deadline,
    ) -> Result<Option<SlotGuard<'_>>, NoTurn> {
        self.wait(deadline, |turn| turn.owner.is_none() || turn.moves != seen)
    }

    fn wait(
        &self,
        deadline: Deadline,
        over: impl Fn(&Turn) -> bool,
    ) -> Result<Option<SlotGuard<'_>>, NoTurn> {
        let mut turn = self.lock();
        if turn.owner == Some(this_thread()) {
            return Err(NoTurn::Own);
        }
        turn.waiting += 1;
        while !over(&turn) {
            turn = match deadline.left() {
                None => self
                    .changed
                    .wait(turn)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    turn.waiting -= 1;
                    return Err(NoTurn::Late);
                }
                Some(left) => {
                    self.changed
                        .wait_timeout(turn, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        turn.waiting -= 1;
        if turn.owner.is_some() {
            return Ok(None);
        }
        turn.owner = Some(this_thread());
        Ok(Some(SlotGuard(self)))
    }

    /// How often owners have moved.
    pub(crate) fn moves(&self) -> u64 {
        self.lock().moves
    }

    /// Tells those who wait that the owner has come a step further.
    pub(crate) fn moved(&self) {
        let mut turn = self.lock();
        turn.moves = turn.moves.wrapping_add(1);
        if turn.waiting > 0 {
            self.changed.notify_all();
        }
    }
}

impl Drop for SlotGuard<'_> {
    fn drop(&mut self) {
        let mut turn = self.0.lock();
        turn.owner = None;
        if turn.waiting > 0 {
            // One of those that gave up may have been woken in its place: wake all.
            self.0.changed.notify_all();
        }
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
