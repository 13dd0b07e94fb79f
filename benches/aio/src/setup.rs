//! The certificate of all subjects, and the clock.

use std::time::Duration;

use pyssl_testing::{Ca, Leaf};

pub(crate) struct Setup {
    pub(crate) ca: Ca,
    pub(crate) leaf: Leaf,
}

impl Setup {
    pub(crate) fn new() -> Setup {
        let ca = Ca::new();
        let leaf = ca.issue("localhost");
        Setup { ca, leaf }
    }
}

/// The processor time of this process.
pub(crate) fn cpu_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().expect("a positive time")
}
