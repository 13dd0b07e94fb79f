//! Waking the threads that wait for a socket when another thread closes it.
//!
//! `shutdown(2)` would wake them too, but it ends the connection for duplicates of the descriptor in
//! this process and in others. So a thread waits in `poll` for two descriptors: the socket, and one
//! that gets readable when a socket is closed on which a thread waits.
//!
//! Sockets share these descriptors, so a connection costs none. The price is that some threads that
//! wait for other sockets wake too, see that theirs is open, and wait on. That is rare, and the
//! sockets are spread over several descriptors to keep it small.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A descriptor that gets readable once, and stays so.
#[derive(Debug)]
pub(super) struct Wake {
    pub(super) waits: UnixStream,
    _peer: UnixStream,
}

/// The descriptors in use. Each is made when a thread first waits for it, and replaced after use.
static CURRENT: [Mutex<Option<Arc<Wake>>>; 16] = [const { Mutex::new(None) }; 16];

/// The place of a socket's descriptor in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct WakeGroup(usize);

impl WakeGroup {
    /// Sockets are spread by the numbers of their descriptors.
    pub(super) fn of(descriptor: i32) -> WakeGroup {
        WakeGroup(descriptor.unsigned_abs() as usize % CURRENT.len())
    }

    fn current(self) -> MutexGuard<'static, Option<Arc<Wake>>> {
        CURRENT[self.0]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What to wait for beside the socket; `None` if the process has no descriptors left.
    pub(super) fn wake(self) -> Option<Arc<Wake>> {
        let mut current = self.current();
        if current.is_none() {
            let (waits, peer) = UnixStream::pair().ok()?;
            *current = Some(Arc::new(Wake { waits, _peer: peer }));
        }
        current.clone()
    }

    /// Wakes all threads that wait here.
    pub(super) fn wake_all(self) {
        if let Some(wake) = self.current().take() {
            // Shut down rather than closed: a process that was forked has it too.
            let _ = wake.waits.shutdown(Shutdown::Both);
        }
    }

    /// Takes a descriptor out of use that was woken by another process, or by a thread that has
    /// replaced it already.
    pub(super) fn retire(self, wake: &Arc<Wake>) {
        let mut current = self.current();
        if current.as_ref().is_some_and(|it| Arc::ptr_eq(it, wake)) {
            *current = None;
        }
    }
}
