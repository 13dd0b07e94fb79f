//! Registers the thread that reads application data, and lets other threads wait for its reads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Connection, Deadline};
use crate::lock::this_thread;

#[derive(Debug, Default)]
pub(super) struct Readers {
    /// The thread that reads, waits for its turn to read, or was the last to read; 0 for none.
    last: AtomicUsize,
    /// How many `ReadWatch`es there are.
    watches: AtomicUsize,
    /// How many reads have ended while there was a watch.
    reads: Mutex<u64>,
    changed: Condvar,
}

/// Counts the reads of other threads, until it is dropped.
#[derive(Debug)]
pub(crate) struct ReadWatch<'a>(&'a Readers);

impl Connection {
    /// Registers this thread as the one that reads application data. A thread registers before it
    /// waits for the turn to read, when it gets the turn, and before it returns the turn. If a
    /// thread stops waiting and does not read, the thread that has the turn registers again later.
    pub(crate) fn register_reader(&self) {
        self.readers.last.store(this_thread(), Ordering::Relaxed);
    }

    /// Tells each [`ReadWatch`] that a read has ended.
    pub(crate) fn end_read(&self) {
        if self.readers.watches.load(Ordering::SeqCst) > 0 {
            *self.readers.reads() += 1;
            self.readers.changed.notify_all();
        }
    }

    /// Whether another thread than this one was the last to read application data. In this case,
    /// the peer's data is for the other thread.
    pub(crate) fn has_other_reader(&self) -> bool {
        let last = self.readers.last.load(Ordering::Relaxed);
        last != 0 && last != this_thread()
    }

    /// Counts the reads that end from now on.
    pub(crate) fn watch_reads(&self) -> ReadWatch<'_> {
        self.readers.watches.fetch_add(1, Ordering::SeqCst);
        ReadWatch(&self.readers)
    }
}

impl Readers {
    fn reads(&self) -> MutexGuard<'_, u64> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadWatch<'_> {
    /// How many reads have ended.
    pub(crate) fn count(&self) -> u64 {
        *self.0.reads()
    }

    /// Waits until more than `seen` reads have ended. False if the deadline passes first.
    pub(crate) fn wait(&self, seen: u64, deadline: Deadline) -> bool {
        let mut reads = self.0.reads();
        while *reads == seen {
            reads = match deadline.left() {
                None => self
                    .0
                    .changed
                    .wait(reads)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return false,
                Some(left) => {
                    self.0
                        .changed
                        .wait_timeout(reads, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        true
    }
}

impl Drop for ReadWatch<'_> {
    fn drop(&mut self) {
        self.0.watches.fetch_sub(1, Ordering::SeqCst);
    }
}
