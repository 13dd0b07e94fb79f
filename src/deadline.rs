use std::time::{Duration, Instant};

/// The deadline of an operation. It covers all system calls of the operation together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deadline {
    /// Waits without limit.
    Never,
    /// Does not wait.
    Now,
    At(Instant),
}

impl Deadline {
    /// The deadline of an operation that begins now, from Python's time-out.
    pub(crate) fn after(timeout: Option<Duration>) -> Deadline {
        match timeout {
            None => Deadline::Never,
            Some(Duration::ZERO) => Deadline::Now,
            // A duration beyond the range of `Instant` means no limit.
            Some(timeout) => Instant::now()
                .checked_add(timeout)
                .map_or(Deadline::Never, Deadline::At),
        }
    }

    /// The time left; `None` if there is no limit.
    pub(crate) fn left(self) -> Option<Duration> {
        match self {
            Deadline::Never => None,
            Deadline::Now => Some(Duration::ZERO),
            Deadline::At(at) => Some(at.saturating_duration_since(Instant::now())),
        }
    }
}
