//! Decides which task is woken when the inner stream is ready.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// The two tasks that may wait on one TLS stream, one for each half of a split stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Reader,
    Writer,
}

/// The tasks that wait for one direction of the inner stream.
///
/// TLS may have to write in order to read (to answer a key update) and to read in order to write
/// (during a renegotiation). An inner stream remembers only the last waker of each direction, so a
/// task that registered its own waker would replace the other task's, which would never be woken.
/// The inner stream therefore gets this waker, which wakes both.
#[derive(Debug, Default)]
struct Waiting {
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

impl Waiting {
    fn slot(&self, task: Task) -> MutexGuard<'_, Option<Waker>> {
        let slot = match task {
            Task::Reader => &self.reader,
            Task::Writer => &self.writer,
        };
        slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        for task in [Task::Reader, Task::Writer] {
            // Take the waker out first: waking may run code of the executor.
            let waker = self.slot(task).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// One direction (readable or writable) of the inner stream.
#[derive(Debug)]
pub(super) struct Direction {
    waiting: Arc<Waiting>,
    waker: Waker,
}

impl Direction {
    pub(super) fn new() -> Direction {
        let waiting = Arc::new(Waiting::default());
        Direction {
            waker: Waker::from(Arc::clone(&waiting)),
            waiting,
        }
    }

    /// The waker for polling the inner stream. It wakes `task`, and the other task if it waits for
    /// this direction too.
    pub(super) fn register(&self, task: Task, waker: &Waker) -> &Waker {
        let mut slot = self.waiting.slot(task);
        match &mut *slot {
            Some(registered) => registered.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
        &self.waker
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

    #[test]
    fn one_wake_up_wakes_the_reader_and_the_writer_once() {
        let (reader, writer) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let direction = Direction::new();
        direction.register(Task::Reader, &Waker::from(Arc::clone(&reader)));
        let inner = direction.register(Task::Writer, &Waker::from(Arc::clone(&writer)));
        inner.wake_by_ref();
        inner.wake_by_ref();
        let woken = [&reader, &writer].map(|count| count.0.load(Ordering::SeqCst));
        assert_eq!(woken, [1, 1]);
    }
}
