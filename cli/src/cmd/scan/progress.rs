//! The progress of scans, on standard error, if that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Counts connections and finished scans. Threads share it.
#[derive(Debug)]
pub(super) struct Progress {
    shows: bool,
    scans: usize,
    done: AtomicUsize,
    connections: AtomicU32,
}

impl Progress {
    pub(super) fn new(scans: usize) -> Progress {
        Progress {
            shows: io::stderr().is_terminal(),
            scans,
            done: AtomicUsize::new(0),
            connections: AtomicU32::new(0),
        }
    }

    /// Counts a new connection, and shows its purpose.
    pub(super) fn connection(&self, what: &str) {
        let made = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.shows {
            return;
        }
        let scans = match self.scans {
            1 => String::new(),
            all => format!("{} of {all} scans, ", self.done.load(Ordering::Relaxed)),
        };
        let _ = write!(io::stderr(), "\r\u{1b}[K{scans}{made} connections, {what}");
    }

    pub(super) fn scan_is_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shows && self.connections.load(Ordering::Relaxed) > 0 {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
