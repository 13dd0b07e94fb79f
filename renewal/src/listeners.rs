//! The functions that are called with each event.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) type Listener<E> = Box<dyn FnMut(&E) + Send>;

/// Calls listeners with the events of several threads, one event at a time. No lock is held during a call, so a
/// listener may call its owner, and wait for another thread that reports an event.
pub(crate) struct Listeners<E> {
    state: Mutex<State<E>>,
}

struct State<E> {
    /// `None` while a thread calls the listeners.
    list: Option<Vec<Listener<E>>>,
    /// The events with which the listeners were not called yet.
    waiting: VecDeque<E>,
}

impl<E> Listeners<E> {
    pub(crate) fn new(list: Vec<Listener<E>>) -> Listeners<E> {
        Listeners {
            state: Mutex::new(State {
                list: Some(list),
                waiting: VecDeque::new(),
            }),
        }
    }

    /// Calls the listeners with an event. If another thread calls them at this time, that thread calls them with this
    /// event too, and this thread does not wait.
    pub(crate) fn tell(&self, event: E) {
        let mut state = self.state();
        state.waiting.push_back(event);
        let Some(mut list) = state.list.take() else {
            return;
        };
        while let Some(event) = state.waiting.pop_front() {
            drop(state);
            for listener in &mut list {
                // A panic, which Rust has printed, must end neither this thread nor the calls of other listeners.
                let _ = catch_unwind(AssertUnwindSafe(|| listener(&event)));
            }
            // An event may have an error of the user's type, so it is dropped without the lock too.
            drop(event);
            state = self.state();
        }
        state.list = Some(list);
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock, mpsc};
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// How long the test waits before it fails.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_listener_may_report_events_and_wait_for_a_thread_that_reports_one() {
        let (told, events) = mpsc::channel();
        let listeners: Arc<OnceLock<Listeners<u32>>> = Arc::default();
        let own = Arc::clone(&listeners);
        let listener = move |event: &u32| {
            told.send(*event).unwrap();
            if *event == 1 {
                own.get().unwrap().tell(2);
                let other = Arc::clone(&own);
                let (done, ended) = mpsc::channel();
                thread::spawn(move || {
                    other.get().unwrap().tell(3);
                    done.send(()).unwrap();
                });
                ended.recv_timeout(PATIENCE).unwrap();
                told.send(4).unwrap();
            }
        };
        let list = Listeners::new(vec![Box::new(listener) as Listener<u32>]);
        assert!(listeners.set(list).is_ok());
        let telling = Arc::clone(&listeners);
        thread::spawn(move || telling.get().unwrap().tell(1));
        let told: Vec<u32> = (0..4)
            .map(|_| events.recv_timeout(PATIENCE).unwrap())
            .collect();
        assert_eq!(told, [1, 4, 2, 3]);
    }

    #[test]
    fn a_listener_that_panics_does_not_keep_events_from_others() {
        let (told, events) = mpsc::channel();
        let panics: Listener<u32> = Box::new(|event| panic!("on purpose, at {event}"));
        let tells: Listener<u32> = Box::new(move |event| told.send(*event).unwrap());
        let listeners = Listeners::new(vec![panics, tells]);
        listeners.tell(1);
        listeners.tell(2);
        drop(listeners);
        assert_eq!(events.iter().collect::<Vec<_>>(), [1, 2]);
    }
}
