//! Decides which task is woken when the inner stream is ready.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The two tasks that may wait on one TLS stream, one for each half of a split stream. `Sole` is a task
/// that waits alone for both directions, in the handshake and in `unwrap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Reader,
    Writer,
    Sole,
}

/// The tasks that wait for one direction of the inner stream.
///
/// TLS may have to write in order to read (to answer a key update) and to read in order to write
/// (during a renegotiation). An inner stream remembers only the last waker of each direction, so a
/// task that registered its own waker would replace the other task's, which would never be woken.
/// The inner stream therefore gets a waker that wakes both tasks.
#[derive(Debug, Default)]
struct Waiting {
    usual: Mutex<Option<Waker>>,
    other: Mutex<Option<Waker>>,
}

impl Waiting {
    fn slots(&self) -> [&Mutex<Option<Waker>>; 2] {
        [&self.usual, &self.other]
    }
}

fn lock(slot: &Mutex<Option<Waker>>) -> MutexGuard<'_, Option<Waker>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        for slot in self.slots() {
            // Take the waker out first: waking may run code of the executor.
            let waker = lock(slot).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// One direction (readable or writable) of the inner stream.
#[derive(Debug)]
pub(super) struct Direction {
    /// The task that usually waits for this direction.
    usual: Task,
    /// The last waker of the usual task. It is used until the other task waits for this direction for the first time.
    waker: Option<Waker>,
    /// The wakers of both tasks, and the waker that wakes them. Set when the other task waits for this direction for
    /// the first time.
    both: Option<(Arc<Waiting>, Waker)>,
}

impl Direction {
    pub(super) fn new(usual: Task) -> Direction {
        Direction {
            usual,
            waker: None,
            both: None,
        }
    }

    /// Registers `waker` for `task`, and returns the waker with which to poll the inner stream. The returned waker
    /// wakes every task that is registered for this direction.
    pub(super) fn register<'a>(&'a mut self, task: Task, waker: &'a Waker) -> &'a Waker {
        let is_usual = task == self.usual || task == Task::Sole;
        if is_usual && self.both.is_none() {
            remember(&mut self.waker, waker);
            return waker;
        }
        let (waiting, wakes_both) = self.both.get_or_insert_with(|| {
            let waiting = Arc::new(Waiting {
                usual: Mutex::new(self.waker.take()),
                other: Mutex::default(),
            });
            (Arc::clone(&waiting), Waker::from(waiting))
        });
        let slot = match is_usual {
            true => &waiting.usual,
            false => &waiting.other,
        };
        remember(&mut lock(slot), waker);
        wakes_both
    }
}

fn remember(slot: &mut Option<Waker>, waker: &Waker) {
    match slot {
        Some(registered) => registered.clone_from(waker),
        None => *slot = Some(waker.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn wakers() -> ([Arc<Count>; 2], [Waker; 2]) {
        let counts = [(); 2].map(|()| Arc::new(Count::default()));
        let wakers = counts
            .each_ref()
            .map(|count| Waker::from(Arc::clone(count)));
        (counts, wakers)
    }

    #[test]
    fn one_wake_up_wakes_the_reader_and_the_writer_once() {
        for tasks in [[Task::Reader, Task::Writer], [Task::Writer, Task::Reader]] {
            for usual in [Task::Reader, Task::Writer] {
                let (counts, wakers) = wakers();
                let mut direction = Direction::new(usual);
                direction.register(tasks[0], &wakers[0]);
                let inner = direction.register(tasks[1], &wakers[1]);
                inner.wake_by_ref();
                inner.wake_by_ref();
                let woken = counts.map(|count| count.0.load(Ordering::SeqCst));
                assert_eq!(woken, [1, 1], "{tasks:?}, usual: {usual:?}");
            }
        }
    }

    #[test]
    fn the_inner_stream_gets_the_waker_of_a_task_that_waits_alone() {
        let (_, wakers) = wakers();
        let mut direction = Direction::new(Task::Reader);
        for task in [Task::Sole, Task::Reader] {
            let waker = direction.register(task, &wakers[0]);
            assert!(waker.will_wake(&wakers[0]));
        }
        let waker = direction.register(Task::Writer, &wakers[1]);
        assert!(!waker.will_wake(&wakers[1]));
    }
}
