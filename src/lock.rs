//! A lock under which user code runs.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// A mutex that is fair, and knows the thread that holds it.
///
/// Callbacks run while it is held, so user code can come back to what has called it. That thread
/// is told, instead of waiting for itself for ever.
#[derive(Debug, Default)]
pub(crate) struct OwnedLock<T> {
    value: Mutex<T>,
    owner: AtomicUsize,
    /// How many threads wait for `value`, or are about to.
    waiting: AtomicUsize,
    /// Held while waiting for `value`. A thread that takes one step after the other sees that
    /// somebody waits, and cannot pass by.
    next: Mutex<()>,
}

/// The lock, held.
pub(crate) struct OwnedGuard<'a, T> {
    value: MutexGuard<'a, T>,
    owner: &'a AtomicUsize,
}

impl<T> OwnedLock<T> {
    pub(crate) fn new(value: T) -> OwnedLock<T> {
        OwnedLock {
            value: Mutex::new(value),
            owner: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            next: Mutex::new(()),
        }
    }

    /// Waits for the lock; `None` if this thread holds it already.
    pub(crate) fn lock(&self) -> Option<OwnedGuard<'_, T>> {
        let me = this_thread();
        // Relaxed is enough: only this thread writes this number, and takes it back.
        if self.owner.load(Ordering::Relaxed) == me {
            return None;
        }
        let value = self.pass().unwrap_or_else(|| self.queue());
        Some(self.guard(value, me))
    }

    /// Takes the lock if it is free and nobody waits for it.
    pub(crate) fn try_lock(&self) -> Option<OwnedGuard<'_, T>> {
        Some(self.guard(self.pass()?, this_thread()))
    }

    fn guard<'a>(&'a self, value: MutexGuard<'a, T>, owner: usize) -> OwnedGuard<'a, T> {
        self.owner.store(owner, Ordering::Relaxed);
        OwnedGuard {
            value,
            owner: &self.owner,
        }
    }

    /// The value, if it is free and nobody waits for it.
    fn pass(&self) -> Option<MutexGuard<'_, T>> {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            return None;
        }
        match self.value.try_lock() {
            Ok(value) => Some(value),
            // A panic of user code is the business of whoever ran it.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits for the lock, behind those that wait already.
    #[cold]
    fn queue(&self) -> MutexGuard<'_, T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        drop(next);
        value
    }
}

impl<T> Deref for OwnedGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for OwnedGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for OwnedGuard<'_, T> {
    fn drop(&mut self) {
        self.owner.store(0, Ordering::Relaxed);
    }
}

/// A number that no other living thread has; never 0.
pub(crate) fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_thread_that_holds_the_lock_is_told_so() {
        let lock = OwnedLock::new(1);
        let guard = lock.lock().expect("free");
        assert!(lock.lock().is_none());
        drop(guard);
        assert_eq!(lock.lock().as_deref(), Some(&1));
    }

    #[test]
    fn a_lock_whose_holder_has_panicked_is_free_again() {
        let lock = OwnedLock::new(1);
        let panicked = std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _held = lock.lock();
                panic!("while it holds the lock");
            });
            holder.join().is_err()
        });
        assert!(panicked);
        assert_eq!(lock.try_lock().as_deref(), Some(&1));
        assert_eq!(lock.lock().as_deref(), Some(&1));
    }

    #[test]
    fn a_thread_that_takes_the_lock_again_and_again_lets_others_in() {
        let lock = OwnedLock::new(());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let _held = lock.lock();
                    std::hint::spin_loop();
                }
            });
            for _ in 0..100 {
                assert!(lock.lock().is_some());
            }
            done.store(true, Ordering::Relaxed);
        });
    }
}
