//! Waking the threads that wait for a socket when another thread closes it.
//!
//! `shutdown(2)` would wake them too, but it ends the connection for duplicates of the descriptor, in this
//! process and in others. So a thread waits in `poll` for two descriptors: the socket, and one that
//! becomes readable when a socket is closed for which a thread waits.
//!
//! Sockets share these descriptors, so a connection needs none of its own. `close` therefore also
//! wakes threads that wait for other sockets of the same group. They find their socket open and
//! wait again. The sockets are divided into 16 groups, so that few threads wake up in vain.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::{self, RawDescriptor, Wake};

/// The descriptor of each group. It is created when a thread first waits for it, and replaced after use.
static CURRENT: [Mutex<Option<Arc<Wake>>>; 16] = [const { Mutex::new(None) }; 16];

/// The group of a socket: an index into [`CURRENT`].
#[derive(Debug, Clone, Copy)]
pub(super) struct WakeGroup(usize);

impl WakeGroup {
    /// The group of a socket by the number of its descriptor.
    pub(super) fn of(descriptor: RawDescriptor) -> WakeGroup {
        WakeGroup(sys::group(descriptor) % CURRENT.len())
    }

    fn current(self) -> MutexGuard<'static, Option<Arc<Wake>>> {
        CURRENT[self.0]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptor to wait for beside the socket; `None` if the process has no descriptors left.
    pub(super) fn wake(self) -> Option<Arc<Wake>> {
        let mut current = self.current();
        if current.is_none() {
            *current = Some(Arc::new(Wake::new().ok()?));
        }
        current.clone()
    }

    /// Wakes all threads of the group.
    pub(super) fn wake_all(self) {
        if let Some(wake) = self.current().take() {
            wake.wake();
        }
    }

    /// Replaces a descriptor that has become readable, unless a thread has replaced it already. A
    /// forked process shares the descriptor and may have shut it down.
    pub(super) fn retire(self, wake: &Arc<Wake>) {
        let mut current = self.current();
        if current.as_ref().is_some_and(|it| Arc::ptr_eq(it, wake)) {
            *current = None;
        }
    }
}
