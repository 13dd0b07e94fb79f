use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

/// An `Option` that is almost always `None`, and that every operation checks. The check takes no lock.
#[derive(Debug)]
pub(super) struct Rare<T> {
    /// Whether `value` is `Some`. Changed under its lock.
    there: AtomicBool,
    value: Mutex<Option<T>>,
}

impl<T> Default for Rare<T> {
    fn default() -> Rare<T> {
        Rare {
            there: AtomicBool::new(false),
            value: Mutex::new(None),
        }
    }
}

impl<T> Rare<T> {
    pub(super) fn is_there(&self) -> bool {
        self.there.load(SeqCst)
    }

    pub(super) fn put(&self, value: T) {
        self.change(|place| *place = Some(value));
    }

    pub(super) fn take(&self) -> Option<T> {
        self.is_there().then(|| self.change(Option::take)).flatten()
    }

    #[cold]
    pub(super) fn change<R>(&self, f: impl FnOnce(&mut Option<T>) -> R) -> R {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut value);
        self.there.store(value.is_some(), SeqCst);
        result
    }
}
