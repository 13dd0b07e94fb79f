//! Which connections keep OpenSSL's buffers from one message to the next.
//!
//! A connection that does not costs little while it is idle, but OpenSSL allocates and frees at
//! each message: a twelfth of what a small one takes. So the few that were busy last keep them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Connection;

/// How many connections of the process keep their buffers: 34 KiB each.
const KEPT: usize = 16;

/// After how many messages a connection counts as busy.
const BUSY: u32 = 16;

/// The messages of a connection since it was last idle, as far as anyone wants to know.
#[derive(Debug, Default)]
pub(super) struct Uses(AtomicU32);

impl Uses {
    /// Whether this message makes the connection a busy one.
    fn count(&self) -> bool {
        let uses = self.0.load(Relaxed);
        if uses >= BUSY {
            return false;
        }
        // If another thread counts at the same time, one message counts for two.
        self.0.store(uses + 1, Relaxed);
        uses + 1 == BUSY
    }
}

/// Those that keep their buffers, in the order in which they became busy.
#[derive(Debug)]
struct Warm(Mutex<VecDeque<Weak<Connection>>>);

static WARM: Warm = Warm::new();

impl Warm {
    const fn new() -> Warm {
        Warm(Mutex::new(VecDeque::new()))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Weak<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this connection keep its buffers, and another one no more.
    fn admit(&self, connection: &Arc<Connection>) {
        if !connection.keep_buffers() {
            return;
        }
        self.lock().push_back(Arc::downgrade(connection));
        // Two: one that is in use at this moment stays, and is made up for next time.
        for _ in 0..2 {
            let Some(oldest) = self.excess() else { return };
            let cold = oldest
                .upgrade()
                .is_none_or(|oldest| oldest.release_buffers());
            if !cold {
                self.lock().push_back(oldest);
            }
        }
    }

    /// Takes the oldest out if there are too many.
    fn excess(&self) -> Option<Weak<Connection>> {
        let mut warm = self.lock();
        (warm.len() > KEPT).then(|| warm.pop_front()).flatten()
    }
}

impl Connection {
    /// Counts a message that came or went. The caller holds no lock.
    pub(crate) fn used(self: &Arc<Self>) {
        if self.uses.count() {
            WARM.admit(self);
        }
    }

    /// False while another thread is in the connection; the next message tries again.
    fn keep_buffers(&self) -> bool {
        let Some(mut locked) = self.ssl.try_lock() else {
            self.uses.0.store(BUSY - 1, Relaxed);
            return false;
        };
        locked.handle.keep_buffers();
        true
    }

    /// False while somebody is in the connection. Waiting for them could take for ever: they may
    /// be in a callback that waits for this thread.
    fn release_buffers(&self) -> bool {
        let Some(mut locked) = self.ssl.try_lock() else {
            return false;
        };
        locked.handle.release_buffers();
        self.uses.0.store(0, Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Queues, connected};
    use super::*;
    use crate::engine::{Deadline, Step};
    use crate::ffi::bio::ReadMode;

    fn keeps(connection: &Connection) -> bool {
        connection.lock().unwrap().handle.keeps_buffers()
    }

    fn pair() -> (Arc<Connection>, Connection, Queues) {
        let (client, server, queues) = connected();
        (Arc::new(client), server, queues)
    }

    #[test]
    fn so_many_connections_keep_their_buffers_and_those_that_were_busy_last() {
        let warm = Warm::new();
        let (first, ..) = pair();
        warm.admit(&first);
        assert!(keeps(&first));
        let others: Vec<_> = (0..KEPT).map(|_| pair().0).collect();
        for connection in &others {
            warm.admit(connection);
        }
        assert!(!keeps(&first));
        assert!(others.iter().all(|connection| keeps(connection)));
        assert_eq!(warm.lock().len(), KEPT);
    }

    #[test]
    fn a_connection_in_use_stays_and_the_next_one_goes() {
        let warm = Warm::new();
        let all: Vec<_> = (0..=KEPT).map(|_| pair().0).collect();
        for connection in &all[..KEPT] {
            warm.admit(connection);
        }
        let in_use = all[0].lock().unwrap();
        warm.admit(&all[KEPT]);
        drop(in_use);
        assert!(keeps(&all[0]));
        assert!(!keeps(&all[1]));
    }

    #[test]
    fn connections_that_are_gone_make_room() {
        let warm = Warm::new();
        let kept = pair().0;
        for _ in 0..2 * KEPT {
            warm.admit(&pair().0);
        }
        warm.admit(&kept);
        assert!(keeps(&kept));
        assert!(warm.lock().len() <= KEPT);
    }

    #[test]
    fn a_connection_counts_as_busy_once_until_it_was_idle() {
        let (client, ..) = pair();
        let counted = (0..3 * BUSY).filter(|_| client.uses.count()).count();
        assert_eq!(counted, 1);
        assert!(client.release_buffers());
        assert_eq!((0..BUSY).filter(|_| client.uses.count()).count(), 1);
    }

    /// Half a record, a header without its body, and a record of which half was read: in older
    /// patch releases of OpenSSL, `SSL_free_buffers` frees what is in use then (CVE-2024-4741).
    #[test]
    fn buffers_with_something_in_them_are_not_released() {
        let (client, server, queues) = pair();
        for cut in [1, 5, 6, 40] {
            client.keep_buffers();
            server
                .begin_write(&[7; 100])
                .step(ReadMode::NonBlocking, Deadline::Never)
                .unwrap();
            let rest = queues.incoming.lock().unwrap().split_off(cut);
            let step = client.read_vec(60, Deadline::Never).unwrap();
            assert!(matches!(step, Step::WantRead));
            assert!(client.release_buffers());
            queues.incoming.lock().unwrap().extend(rest);
            for expected in [60, 40] {
                match client.read_vec(60, Deadline::Never).unwrap() {
                    Step::Done(data) => assert_eq!(data, vec![7; expected]),
                    other => panic!("{other:?}"),
                }
                assert!(client.release_buffers());
            }
        }
    }
}
