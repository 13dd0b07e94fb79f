//! Which thread reads application data, and waiting until a thread has read some.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Connection, Deadline};
use crate::lock::this_thread;

#[derive(Debug, Default)]
pub(super) struct Readers {
    /// The thread that reads, or was the last to read; 0 for none.
    last: AtomicUsize,
    watched: AtomicUsize,
    /// How many reads are over, of those that were watched.
    reads: Mutex<u64>,
    changed: Condvar,
}

/// Waits for the reads of other threads, until it is dropped.
#[derive(Debug)]
pub(crate) struct ReadWatch<'a>(&'a Readers);

impl Connection {
    /// Notes that this thread reads application data.
    pub(crate) fn begin_read(&self) {
        self.readers.last.store(this_thread(), Ordering::Relaxed);
    }

    /// A read that [`begin_read`](Self::begin_read) has noted is over.
    pub(crate) fn end_read(&self) {
        if self.readers.watched.load(Ordering::SeqCst) > 0 {
            *self.readers.reads() += 1;
            self.readers.changed.notify_all();
        }
    }

    /// Whether another thread than this one was the last to read application data: what comes is
    /// for that thread.
    pub(crate) fn has_other_reader(&self) -> bool {
        let last = self.readers.last.load(Ordering::Relaxed);
        last != 0 && last != this_thread()
    }

    pub(crate) fn watch_reads(&self) -> ReadWatch<'_> {
        self.readers.watched.fetch_add(1, Ordering::SeqCst);
        ReadWatch(&self.readers)
    }
}

impl Readers {
    fn reads(&self) -> MutexGuard<'_, u64> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadWatch<'_> {
    /// How many reads are over.
    pub(crate) fn count(&self) -> u64 {
        *self.0.reads()
    }

    /// Waits until there are more than `seen`. False if the deadline passes first.
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
        self.0.watched.fetch_sub(1, Ordering::SeqCst);
    }
}
