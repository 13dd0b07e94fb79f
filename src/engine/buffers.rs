//! Connections that keep OpenSSL's buffers between two messages.
//!
//! The buffers of an idle connection take 34 KiB. Without them, OpenSSL allocates and frees memory at each
//! message, which is a twelfth of the processor time of a small message. So the connections that were
//! busy last keep their buffers, and the others do not.
//!
//! A rule for each connection alone is not enough: a connection that becomes idle runs no code at
//! that moment. Its thread is in a system call, or in an event loop that waits for other sockets.
//! So each connection would need a timer, or would keep its buffers for ever. The list of busy
//! connections bounds the memory instead: the next connection that becomes busy releases the
//! buffers of the oldest connection in the list, if no thread holds the lock of that connection.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Connection;

/// How many connections of the process keep their buffers: 34 KiB each.
const KEPT: usize = 16;

/// After how many messages a connection counts as busy.
const BUSY: u32 = 16;

/// The number of messages of a connection since its buffers were released, up to [`BUSY`].
#[derive(Debug, Default)]
pub(super) struct MessageCount(AtomicU32);

impl MessageCount {
    /// Counts a message. True if the connection has become busy with this message.
    fn count(&self) -> bool {
        let uses = self.0.load(Relaxed);
        if uses >= BUSY {
            return false;
        }
        // Two messages that are counted at the same time may count as one.
        self.0.store(uses + 1, Relaxed);
        uses + 1 == BUSY
    }
}

/// The connections that keep their buffers, in the order in which they became busy.
#[derive(Debug)]
struct BusyConnections(Mutex<VecDeque<Weak<Connection>>>);

static BUSY_CONNECTIONS: BusyConnections = BusyConnections::new();

impl BusyConnections {
    const fn new() -> BusyConnections {
        BusyConnections(Mutex::new(VecDeque::new()))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Weak<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets this connection keep its buffers. If the list is too long, releases the buffers of the
    /// oldest connection.
    fn keep_buffers_of(&self, connection: &Arc<Connection>) {
        if !connection.keep_buffers() {
            return;
        }
        self.lock().push_back(Arc::downgrade(connection));
        // A connection that is in use cannot release its buffers, so it goes back into the list. Each call adds one
        // connection and removes up to two, so a later call shortens the list again.
        for _ in 0..2 {
            let Some(oldest) = self.excess() else { return };
            let released = oldest
                .upgrade()
                .is_none_or(|oldest| oldest.release_buffers());
            if !released {
                self.lock().push_back(oldest);
            }
        }
    }

    /// Removes the oldest connection if there are too many.
    fn excess(&self) -> Option<Weak<Connection>> {
        let mut busy = self.lock();
        (busy.len() > KEPT).then(|| busy.pop_front()).flatten()
    }
}

impl Connection {
    /// Counts a message that was sent or received. The caller does not hold the connection's lock.
    pub(crate) fn count_message(self: &Arc<Self>) {
        if self.messages.count() {
            BUSY_CONNECTIONS.keep_buffers_of(self);
        }
    }

    /// Makes OpenSSL keep its buffers. False if another thread has the lock; the next message then
    /// tries again.
    fn keep_buffers(&self) -> bool {
        let Some(mut locked) = self.ssl.try_lock() else {
            self.messages.0.store(BUSY - 1, Relaxed);
            return false;
        };
        locked.handle.keep_buffers();
        true
    }

    /// Makes OpenSSL release its buffers. False if another thread has the lock. This method does
    /// not wait for the lock, because the other thread may be in a callback that waits for this
    /// thread.
    fn release_buffers(&self) -> bool {
        let Some(mut locked) = self.ssl.try_lock() else {
            return false;
        };
        locked.handle.release_buffers();
        self.messages.0.store(0, Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Queues, connected};
    use super::*;
    use crate::engine::{Deadline, Step};
    use crate::ffi::bio::IoMode;

    fn keeps(connection: &Connection) -> bool {
        connection.lock().unwrap().handle.keeps_buffers()
    }

    fn pair() -> (Arc<Connection>, Connection, Queues) {
        let (client, server, queues) = connected();
        (Arc::new(client), server, queues)
    }

    #[test]
    fn the_most_recently_used_connections_keep_their_buffers() {
        let busy = BusyConnections::new();
        let (first, ..) = pair();
        busy.keep_buffers_of(&first);
        assert!(keeps(&first));
        let others: Vec<_> = (0..KEPT).map(|_| pair().0).collect();
        for connection in &others {
            busy.keep_buffers_of(connection);
        }
        assert!(!keeps(&first));
        assert!(others.iter().all(|connection| keeps(connection)));
        assert_eq!(busy.lock().len(), KEPT);
    }

    #[test]
    fn a_locked_connection_keeps_its_buffers_and_the_next_one_releases_them() {
        let busy = BusyConnections::new();
        let all: Vec<_> = (0..=KEPT).map(|_| pair().0).collect();
        for connection in &all[..KEPT] {
            busy.keep_buffers_of(connection);
        }
        let in_use = all[0].lock().unwrap();
        busy.keep_buffers_of(&all[KEPT]);
        drop(in_use);
        assert!(keeps(&all[0]));
        assert!(!keeps(&all[1]));
    }

    #[test]
    fn dropped_connections_are_removed_from_the_list() {
        let busy = BusyConnections::new();
        let kept = pair().0;
        for _ in 0..2 * KEPT {
            busy.keep_buffers_of(&pair().0);
        }
        busy.keep_buffers_of(&kept);
        assert!(keeps(&kept));
        assert!(busy.lock().len() <= KEPT);
    }

    #[test]
    fn a_busy_connection_is_listed_once_until_it_is_idle() {
        let (client, ..) = pair();
        let counted = (0..3 * BUSY).filter(|_| client.messages.count()).count();
        assert_eq!(counted, 1);
        assert!(client.release_buffers());
        assert_eq!((0..BUSY).filter(|_| client.messages.count()).count(), 1);
    }

    /// The buffers hold a record header alone, a part of a record, or a record that was read in
    /// part. In these cases, older patch releases of OpenSSL free buffers that are in use
    /// (CVE-2024-4741).
    #[test]
    fn buffers_that_hold_data_are_not_released() {
        let (client, server, queues) = pair();
        for cut in [1, 5, 6, 40] {
            client.keep_buffers();
            server
                .begin_write(&[7; 100])
                .step(IoMode::NonBlocking, Deadline::Never)
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
