//! A fair lock with deadlines, which detects that its owner asks for it again.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use crate::deadline::Deadline;

/// The reason why a thread did not get a lock.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LockError {
    /// The lock did not become free before the deadline, or before another condition ended the
    /// wait.
    NotInTime,
    /// This thread holds the lock already.
    Reentrant,
}

/// A fair lock without a value. One thread at a time holds the lock. Threads get it in the order in
/// which they asked.
///
/// A waiting thread increments `waiting` before it reads `owner`. A thread that unlocks clears
/// `owner` before it reads `waiting`. So either the waiting thread finds the lock free, or the
/// other thread wakes it.
#[derive(Debug, Default)]
pub(crate) struct RawFairLock {
    /// The thread that holds the lock; 0 for none.
    owner: AtomicUsize,
    /// The number of threads that are in the queue, or are about to join it.
    waiting: AtomicUsize,
    /// The thread at the head of the queue; 0 for none.
    first: AtomicUsize,
    queue: Mutex<VecDeque<(usize, Thread)>>,
}

/// Keeps a [`RawFairLock`] locked until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct RawFairGuard<'a>(&'a RawFairLock);

impl RawFairLock {
    /// Locks at once, even if other threads wait in the queue. Fails if another thread holds the
    /// lock.
    pub(crate) fn try_lock(&self) -> Result<RawFairGuard<'_>, LockError> {
        let me = this_thread();
        match self.owner.compare_exchange(0, me, SeqCst, Relaxed) {
            Ok(_) => Ok(RawFairGuard(self)),
            Err(owner) if owner == me => Err(LockError::Reentrant),
            Err(_) => Err(LockError::NotInTime),
        }
    }

    /// Locks if there is no owner and no thread waits.
    fn try_lock_in_order(&self) -> Result<RawFairGuard<'_>, LockError> {
        if self.waiting.load(Relaxed) > 0 && self.owner.load(Relaxed) != this_thread() {
            return Err(LockError::NotInTime);
        }
        self.try_lock()
    }

    /// Waits in the queue, and locks. Fails if the deadline passes first, or if `unless` becomes
    /// true. A thread that makes `unless` true must call [`wake`](Self::wake).
    pub(crate) fn lock(
        &self,
        deadline: Deadline,
        unless: impl Fn() -> bool,
    ) -> Result<RawFairGuard<'_>, LockError> {
        match self.try_lock_in_order() {
            Err(LockError::NotInTime) => self.wait(deadline, unless),
            outcome => outcome,
        }
    }

    #[cold]
    fn wait(
        &self,
        deadline: Deadline,
        unless: impl Fn() -> bool,
    ) -> Result<RawFairGuard<'_>, LockError> {
        /// How often a thread tries to lock before it sleeps. Most owners unlock after a short
        /// time.
        const TRIES: u32 = 100;
        let me = this_thread();
        let mut entry = QueueEntry::push(self, me);
        let mut tries = 0;
        loop {
            if self.first.load(SeqCst) == me {
                if let Ok(locked) = self.try_lock() {
                    entry.locked = true;
                    return Ok(locked);
                }
            }
            if unless() {
                return Err(LockError::NotInTime);
            }
            let left = deadline.left();
            if left.is_some_and(|left| left.is_zero()) {
                return Err(LockError::NotInTime);
            }
            if tries < TRIES {
                tries += 1;
                std::hint::spin_loop();
                continue;
            }
            match left {
                None => std::thread::park(),
                Some(left) => std::thread::park_timeout(left),
            }
        }
    }

    /// Wakes all waiting threads, which then check again whether they can lock.
    pub(crate) fn wake(&self) {
        if self.waiting.load(SeqCst) > 0 {
            for (_, thread) in self.queue().iter() {
                thread.unpark();
            }
        }
    }

    fn wake_first(&self) {
        if let Some((_, thread)) = self.queue().front() {
            thread.unpark();
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<(usize, Thread)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RawFairGuard<'_> {
    fn drop(&mut self) {
        self.0.owner.store(0, SeqCst);
        if self.0.waiting.load(SeqCst) > 0 {
            self.0.wake_first();
        }
    }
}

/// Keeps a waiting thread in the queue until it is dropped.
struct QueueEntry<'a> {
    raw: &'a RawFairLock,
    thread: usize,
    locked: bool,
}

impl<'a> QueueEntry<'a> {
    fn push(raw: &'a RawFairLock, thread: usize) -> QueueEntry<'a> {
        raw.waiting.fetch_add(1, SeqCst);
        let mut queue = raw.queue();
        queue.push_back((thread, std::thread::current()));
        if queue.len() == 1 {
            raw.first.store(thread, SeqCst);
        }
        QueueEntry {
            raw,
            thread,
            locked: false,
        }
    }
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        let mut queue = self.raw.queue();
        queue.retain(|(thread, _)| *thread != self.thread);
        let first = queue.front().map_or(0, |(thread, _)| *thread);
        self.raw.first.store(first, SeqCst);
        // A thread that got the lock wakes the next thread when it unlocks. A thread that gives up
        // wakes the next thread here, because the last owner may have woken only the thread that
        // gives up.
        if let (false, Some((_, thread))) = (self.locked, queue.front()) {
            thread.unpark();
        }
        drop(queue);
        self.raw.waiting.fetch_sub(1, SeqCst);
    }
}

/// A fair mutex with deadlines. The mutex knows which thread holds it, and whether that thread runs
/// user code.
///
/// User code may call a method that takes the lock again. The method then gets
/// [`LockError::Reentrant`], and there is no deadlock.
#[derive(Debug)]
pub(crate) struct FairLock<T> {
    state: Arc<LockState>,
    /// Only the owner of the raw lock locks this mutex, so no thread ever waits for the mutex.
    value: Mutex<T>,
}

/// The state of a [`FairLock`] without its value. Callbacks share it, to record when user code
/// runs.
#[derive(Debug, Default)]
pub(crate) struct LockState {
    raw: RawFairLock,
    in_callback: AtomicBool,
}

/// Keeps a [`FairLock`] locked. The fields are dropped in this order, so the mutex is unlocked
/// before the raw lock.
pub(crate) struct FairGuard<'a, T> {
    value: MutexGuard<'a, T>,
    _locked: Option<RawFairGuard<'a>>,
}

impl<T> FairLock<T> {
    pub(crate) fn new(value: T) -> FairLock<T> {
        FairLock::with_state(Arc::default(), value)
    }

    /// Makes a lock that uses an existing state. `value` may also have a reference to that state.
    pub(crate) fn with_state(state: Arc<LockState>, value: T) -> FairLock<T> {
        FairLock {
            state,
            value: Mutex::new(value),
        }
    }

    /// Waits for the lock. `Deadline::Now` waits too, because owners hold the lock for short
    /// operations only, but it fails as soon as the owner runs user code.
    pub(crate) fn lock(&self, deadline: Deadline) -> Result<FairGuard<'_, T>, LockError> {
        let raw = &self.state.raw;
        if let Ok(locked) = raw.try_lock_in_order() {
            return Ok(self.guard(Some(locked)));
        }
        let locked = match deadline {
            Deadline::Now => raw.lock(Deadline::Never, || self.state.in_callback.load(SeqCst))?,
            deadline => raw.lock(deadline, || false)?,
        };
        Ok(self.guard(Some(locked)))
    }

    /// Waits without a limit for a lock under which no user code runs.
    pub(crate) fn lock_data(&self) -> FairGuard<'_, T> {
        self.guard(self.state.raw.lock(Deadline::Never, || false).ok())
    }

    /// Whether this thread holds the lock.
    pub(crate) fn is_own(&self) -> bool {
        self.state.raw.owner.load(Relaxed) == this_thread()
    }

    /// Takes the lock if it is free and no thread waits for it.
    pub(crate) fn try_lock(&self) -> Option<FairGuard<'_, T>> {
        self.state
            .raw
            .try_lock_in_order()
            .ok()
            .map(|locked| self.guard(Some(locked)))
    }

    /// The number of threads in the queue.
    #[cfg(test)]
    pub(crate) fn queued(&self) -> usize {
        self.state.raw.queue().len()
    }

    fn guard<'a>(&'a self, locked: Option<RawFairGuard<'a>>) -> FairGuard<'a, T> {
        FairGuard {
            // The mutex is poisoned if user code has panicked under the lock. The caller of that
            // user code got the panic already.
            value: self.value.lock().unwrap_or_else(PoisonError::into_inner),
            _locked: locked,
        }
    }
}

impl LockState {
    /// Notes whether the owner of the lock runs user code.
    pub(crate) fn set_in_callback(&self, on: bool) {
        self.in_callback.store(on, SeqCst);
        if on {
            self.raw.wake();
        }
    }
}

impl<T> Deref for FairGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for FairGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// A number that no other living thread has; never 0.
pub(crate) fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;

    #[test]
    fn locking_twice_in_one_thread_is_an_error() {
        let lock = FairLock::new(1);
        let guard = lock.lock(Deadline::Never).expect("free");
        assert_eq!(lock.lock(Deadline::Never).err(), Some(LockError::Reentrant));
        drop(guard);
        assert_eq!(lock.lock(Deadline::Never).as_deref(), Ok(&1));
    }

    #[test]
    fn a_panic_of_the_holder_releases_the_lock() {
        let lock = FairLock::new(1);
        let panicked = std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _held = lock.lock(Deadline::Never);
                panic!("while it holds the lock");
            });
            holder.join().is_err()
        });
        assert!(panicked);
        assert_eq!(lock.try_lock().as_deref(), Some(&1));
        assert_eq!(lock.lock(Deadline::Never).as_deref(), Ok(&1));
    }

    #[test]
    fn a_thread_that_relocks_at_once_yields_to_waiting_threads() {
        let lock = FairLock::new(0);
        for round in 1..=100 {
            let held = lock.lock(Deadline::Never).expect("free");
            std::thread::scope(|scope| {
                scope.spawn(|| *lock.lock_data() += 1);
                while lock.queued() == 0 {
                    std::thread::yield_now();
                }
                drop(held);
                assert_eq!(*lock.lock_data(), round);
            });
        }
    }

    #[test]
    fn waiting_for_a_held_lock_ends_at_the_deadline() {
        let lock = FairLock::new(());
        let held = lock.lock(Deadline::Never);
        std::thread::scope(|scope| {
            let late = scope.spawn(|| {
                let soon = Deadline::after(Some(Duration::from_millis(1)));
                lock.lock(soon).err()
            });
            assert_eq!(late.join().unwrap(), Some(LockError::NotInTime));
        });
        drop(held);
        assert!(lock.try_lock().is_some());
    }

    #[test]
    fn a_non_blocking_thread_stops_waiting_when_a_callback_starts() {
        let lock = FairLock::new(());
        let held = lock.lock(Deadline::Never).expect("free");
        let both = Barrier::new(2);
        std::thread::scope(|scope| {
            let asker = scope.spawn(|| {
                both.wait();
                lock.lock(Deadline::Now).err()
            });
            both.wait();
            lock.state.set_in_callback(true);
            assert_eq!(asker.join().unwrap(), Some(LockError::NotInTime));
            lock.state.set_in_callback(false);
            // While the owner runs no user code, `Deadline::Now` waits.
            let asker = scope.spawn(|| lock.lock(Deadline::Now).is_ok());
            drop(held);
            assert!(asker.join().unwrap());
        });
    }

    /// Every thread gets the lock, even if threads before it give up.
    #[test]
    fn threads_that_time_out_do_not_delay_others() {
        let lock = FairLock::new(0);
        std::thread::scope(|scope| {
            for i in 0..8 {
                let lock = &lock;
                scope.spawn(move || {
                    for _ in 0..500 {
                        let deadline = match i % 2 {
                            0 => Deadline::Never,
                            _ => Deadline::after(Some(Duration::from_nanos(1))),
                        };
                        match lock.lock(deadline) {
                            Ok(mut count) => *count += 1,
                            Err(refused) => assert_eq!((refused, i % 2), (LockError::NotInTime, 1)),
                        }
                    }
                });
            }
        });
        assert!(*lock.try_lock().expect("free") >= 4 * 500);
    }
}
