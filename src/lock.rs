//! Fair locks, and a lock under which user code runs.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use crate::deadline::Deadline;

/// Why a thread did not get what it asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It did not come free in time.
    Late,
    /// This thread has it already.
    Own,
}

/// One owner at a time, and a queue: a thread that comes later waits behind the others.
///
/// A thread that waits counts itself first and looks at the owner afterwards. A thread that leaves
/// clears the owner first and looks at the count afterwards. So one of the two sees the other.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// The thread that is inside; 0 for none.
    owner: AtomicUsize,
    /// How many threads are in the queue, or are about to be.
    waiting: AtomicUsize,
    /// The thread at the head of the queue; 0 for none.
    first: AtomicUsize,
    queue: Mutex<VecDeque<(usize, Thread)>>,
}

/// Being inside, until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Inside<'a>(&'a Gate);

impl Gate {
    /// Enters at once, unless there is an owner. It passes those that wait.
    pub(crate) fn try_enter(&self) -> Result<Inside<'_>, Refused> {
        let me = this_thread();
        match self.owner.compare_exchange(0, me, SeqCst, Relaxed) {
            Ok(_) => Ok(Inside(self)),
            Err(owner) if owner == me => Err(Refused::Own),
            Err(_) => Err(Refused::Late),
        }
    }

    /// Enters if there is no owner and no thread waits.
    fn pass(&self) -> Result<Inside<'_>, Refused> {
        if self.waiting.load(Relaxed) > 0 && self.owner.load(Relaxed) != this_thread() {
            return Err(Refused::Late);
        }
        self.try_enter()
    }

    /// Enters in its turn, unless the deadline passes or `unless` becomes true before. A thread
    /// that makes `unless` true calls [`wake`](Self::wake).
    pub(crate) fn enter(
        &self,
        deadline: Deadline,
        unless: impl Fn() -> bool,
    ) -> Result<Inside<'_>, Refused> {
        match self.pass() {
            Err(Refused::Late) => self.wait(deadline, unless),
            outcome => outcome,
        }
    }

    #[cold]
    fn wait(&self, deadline: Deadline, unless: impl Fn() -> bool) -> Result<Inside<'_>, Refused> {
        /// How often a thread looks before it sleeps. What is done inside is short mostly.
        const LOOKS: u32 = 100;
        let me = this_thread();
        let mut place = Place::last(self, me);
        let mut looks = 0;
        loop {
            if self.first.load(SeqCst) == me {
                if let Ok(inside) = self.try_enter() {
                    place.entered = true;
                    return Ok(inside);
                }
            }
            if unless() {
                return Err(Refused::Late);
            }
            let left = deadline.left();
            if left.is_some_and(|left| left.is_zero()) {
                return Err(Refused::Late);
            }
            if looks < LOOKS {
                looks += 1;
                std::hint::spin_loop();
                continue;
            }
            match left {
                None => std::thread::park(),
                Some(left) => std::thread::park_timeout(left),
            }
        }
    }

    /// Lets all that wait look again.
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

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.owner.store(0, SeqCst);
        if self.0.waiting.load(SeqCst) > 0 {
            self.0.wake_first();
        }
    }
}

/// A place in the queue, until it is dropped.
struct Place<'a> {
    gate: &'a Gate,
    thread: usize,
    entered: bool,
}

impl<'a> Place<'a> {
    fn last(gate: &'a Gate, thread: usize) -> Place<'a> {
        gate.waiting.fetch_add(1, SeqCst);
        let mut queue = gate.queue();
        queue.push_back((thread, std::thread::current()));
        if queue.len() == 1 {
            gate.first.store(thread, SeqCst);
        }
        Place {
            gate,
            thread,
            entered: false,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.gate.queue();
        queue.retain(|(thread, _)| *thread != self.thread);
        let first = queue.front().map_or(0, |(thread, _)| *thread);
        self.gate.first.store(first, SeqCst);
        // A thread that has entered wakes the next one when it leaves. One that gives up may have
        // been woken in the place of the next one.
        if let (false, Some((_, thread))) = (self.entered, queue.front()) {
            thread.unpark();
        }
        drop(queue);
        self.gate.waiting.fetch_sub(1, SeqCst);
    }
}

/// A fair mutex that knows the thread that holds it, can be waited for with a deadline, and tells
/// whether its holder has called user code.
///
/// The user code may come back to what has called it. That thread is told, instead of waiting for
/// itself for ever.
#[derive(Debug)]
pub(crate) struct FairLock<T> {
    door: Arc<Door>,
    /// Locked by the owner of the gate only, so nobody ever waits here.
    value: Mutex<T>,
}

/// The part of a [`FairLock`] that code called by its holder reaches.
#[derive(Debug, Default)]
pub(crate) struct Door {
    gate: Gate,
    calling: AtomicBool,
}

/// The lock, held. The fields are dropped in this order.
pub(crate) struct FairGuard<'a, T> {
    value: MutexGuard<'a, T>,
    _inside: Option<Inside<'a>>,
}

impl<T> FairLock<T> {
    pub(crate) fn new(value: T) -> FairLock<T> {
        FairLock::behind(Arc::default(), value)
    }

    /// A lock on a value that was given its door already.
    pub(crate) fn behind(door: Arc<Door>, value: T) -> FairLock<T> {
        FairLock {
            door,
            value: Mutex::new(value),
        }
    }

    /// Waits for the lock. `Deadline::Now` waits for what is short: until the holder is done, or
    /// has called user code.
    pub(crate) fn lock(&self, deadline: Deadline) -> Result<FairGuard<'_, T>, Refused> {
        let gate = &self.door.gate;
        if let Ok(inside) = gate.pass() {
            return Ok(self.guard(Some(inside)));
        }
        let inside = match deadline {
            Deadline::Now => gate.enter(Deadline::Never, || self.door.calling.load(SeqCst))?,
            deadline => gate.enter(deadline, || false)?,
        };
        Ok(self.guard(Some(inside)))
    }

    /// Waits for a lock under which no user code runs, however long it takes.
    pub(crate) fn lock_data(&self) -> FairGuard<'_, T> {
        self.guard(self.door.gate.enter(Deadline::Never, || false).ok())
    }

    /// Whether this thread holds the lock.
    pub(crate) fn is_own(&self) -> bool {
        self.door.gate.owner.load(Relaxed) == this_thread()
    }

    /// Takes the lock if it is free and nobody waits for it.
    pub(crate) fn try_lock(&self) -> Option<FairGuard<'_, T>> {
        self.door
            .gate
            .pass()
            .ok()
            .map(|inside| self.guard(Some(inside)))
    }

    /// How many threads are in the queue.
    #[cfg(test)]
    pub(crate) fn queued(&self) -> usize {
        self.door.gate.queue().len()
    }

    fn guard<'a>(&'a self, inside: Option<Inside<'a>>) -> FairGuard<'a, T> {
        FairGuard {
            // A panic of user code is the business of its caller.
            value: self.value.lock().unwrap_or_else(PoisonError::into_inner),
            _inside: inside,
        }
    }
}

impl Door {
    /// Says whether the holder of the lock is in user code.
    pub(crate) fn calling(&self, on: bool) {
        self.calling.store(on, SeqCst);
        if on {
            self.gate.wake();
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
    fn a_thread_that_holds_the_lock_is_told_so() {
        let lock = FairLock::new(1);
        let guard = lock.lock(Deadline::Never).expect("free");
        assert_eq!(lock.lock(Deadline::Never).err(), Some(Refused::Own));
        drop(guard);
        assert_eq!(lock.lock(Deadline::Never).as_deref(), Ok(&1));
    }

    #[test]
    fn a_lock_whose_holder_has_panicked_is_free_again() {
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
    fn a_thread_that_takes_the_lock_again_at_once_lets_others_in_first() {
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
    fn a_lock_that_does_not_come_free_is_waited_for_until_the_deadline() {
        let lock = FairLock::new(());
        let held = lock.lock(Deadline::Never);
        std::thread::scope(|scope| {
            let late = scope.spawn(|| {
                let soon = Deadline::after(Some(Duration::from_millis(1)));
                lock.lock(soon).err()
            });
            assert_eq!(late.join().unwrap(), Some(Refused::Late));
        });
        drop(held);
        assert!(lock.try_lock().is_some());
    }

    #[test]
    fn a_thread_that_does_not_wait_for_user_code_is_let_go_when_it_is_called() {
        let lock = FairLock::new(());
        let held = lock.lock(Deadline::Never).expect("free");
        let both = Barrier::new(2);
        std::thread::scope(|scope| {
            let asker = scope.spawn(|| {
                both.wait();
                lock.lock(Deadline::Now).err()
            });
            both.wait();
            lock.door.calling(true);
            assert_eq!(asker.join().unwrap(), Some(Refused::Late));
            lock.door.calling(false);
            // It waits for what is short.
            let asker = scope.spawn(|| lock.lock(Deadline::Now).is_ok());
            drop(held);
            assert!(asker.join().unwrap());
        });
    }

    /// Every thread gets in, whichever of those before it give up.
    #[test]
    fn threads_that_give_up_hold_nobody_up() {
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
                            Err(refused) => assert_eq!((refused, i % 2), (Refused::Late, 1)),
                        }
                    }
                });
            }
        });
        assert!(*lock.try_lock().expect("free") >= 4 * 500);
    }
}
