use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

/// An `Option` that is almost always `None`, and that every operation checks. The check takes no lock.
#[derive(Debug)]
pub(super) struct SharedOption<T> {
    /// Whether `value` is `Some`. It changes only while `value` is locked.
    is_some: AtomicBool,
    value: Mutex<Option<T>>,
}

impl<T> Default for SharedOption<T> {
    fn default() -> SharedOption<T> {
        SharedOption {
            is_some: AtomicBool::new(false),
            value: Mutex::new(None),
        }
    }
}

impl<T> SharedOption<T> {
    pub(super) fn is_some(&self) -> bool {
        self.is_some.load(SeqCst)
    }

    pub(super) fn set(&self, value: T) {
        self.change(|option| *option = Some(value));
    }

    pub(super) fn take(&self) -> Option<T> {
        self.is_some().then(|| self.change(Option::take)).flatten()
    }

    #[cold]
    pub(super) fn change<R>(&self, f: impl FnOnce(&mut Option<T>) -> R) -> R {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut value);
        self.is_some.store(value.is_some(), SeqCst);
        result
    }
}
