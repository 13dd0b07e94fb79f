use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::deadline::Deadline;

/// A turn that one thread has at a time: reading, or writing. Unlike a mutex it can be waited for
/// with a deadline, and unlike the connection's lock it is held while waiting for the network.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    state: Mutex<Turn>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Turn {
    taken: bool,
    waiting: usize,
}

/// The turn, until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct SlotGuard<'a>(&'a Slot);

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn, or `None` if it does not come free in time.
    pub(crate) fn take(&self, deadline: Deadline) -> Option<SlotGuard<'_>> {
        let mut turn = self.lock();
        turn.waiting += 1;
        while turn.taken {
            turn = match deadline.left() {
                None => self
                    .freed
                    .wait(turn)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => {
                    turn.waiting -= 1;
                    return None;
                }
                Some(left) => {
                    self.freed
                        .wait_timeout(turn, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        turn.waiting -= 1;
        turn.taken = true;
        Some(SlotGuard(self))
    }
}

impl Drop for SlotGuard<'_> {
    fn drop(&mut self) {
        let mut turn = self.0.lock();
        turn.taken = false;
        if turn.waiting > 0 {
            // One of those that gave up may have been woken in its place: wake all.
            self.0.freed.notify_all();
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
        assert!(slot.take(Deadline::Now).is_none());
        assert!(
            slot.take(Deadline::after(Some(Duration::from_millis(1))))
                .is_none()
        );
        drop(guard);
        assert!(slot.take(Deadline::Now).is_some());
    }

    #[test]
    fn the_turn_passes_to_a_waiting_thread() {
        let slot = Slot::default();
        let guard = slot.take(Deadline::Never).expect("free");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| slot.take(Deadline::Never).is_some());
            drop(guard);
            assert!(waiter.join().expect("no panic"));
        });
    }
}
