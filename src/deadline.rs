use std::time::{Duration, Instant};

/// Until when an operation may wait: over all of its system calls, not each of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deadline {
    /// For as long as it takes.
    Never,
    /// Not at all.
    Now,
    At(Instant),
}

impl Deadline {
    /// Python's time-out: none, zero, or a duration from now.
    pub(crate) fn after(timeout: Option<Duration>) -> Deadline {
        match timeout {
            None => Deadline::Never,
            Some(Duration::ZERO) => Deadline::Now,
            // What cannot be reached counts as never.
            Some(timeout) => Instant::now()
                .checked_add(timeout)
                .map_or(Deadline::Never, Deadline::At),
        }
    }

    /// How long may still be waited; `None` for ever.
    pub(crate) fn left(self) -> Option<Duration> {
        match self {
            Deadline::Never => None,
            Deadline::Now => Some(Duration::ZERO),
            Deadline::At(at) => Some(at.saturating_duration_since(Instant::now())),
        }
    }
}
