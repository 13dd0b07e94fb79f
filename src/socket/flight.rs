//! Reading what belongs to a handshake, and no more.
//!
//! A flight is up to a dozen small records, and OpenSSL asks for each header and each body. So a step
//! of a handshake looks at what has come (`MSG_PEEK`) and hands that to OpenSSL. In the end, and before
//! user code runs, it takes from the socket what OpenSSL has read. What stands behind a flight stays
//! in the descriptor.

use std::io;

use socket2::Socket;

use crate::ffi::net;
use crate::ffi::room::Room;

/// How much is looked at in one call.
const LOOK: usize = 16 * 1024;

/// What a step of the handshake has seen of the socket's queue.
#[derive(Default)]
pub(super) struct Flight {
    on: bool,
    /// The caller waits before the next step. So it costs nothing to be told too early that there
    /// is nothing.
    waits: bool,
    /// This step has sent something, and the answer is hardly there yet.
    sent: bool,
    seen: Vec<u8>,
    /// How much of `seen` OpenSSL has read.
    used: usize,
    /// The socket's error, to be reported by the next read.
    failed: Option<io::Error>,
}

impl Flight {
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn begin(&mut self, waits: bool) {
        self.on = true;
        self.waits = waits;
        self.sent = false;
    }

    pub(super) fn end(&mut self, socket: &Socket) {
        self.settle(socket);
        self.on = false;
        self.seen = Vec::new();
    }

    pub(super) fn sent(&mut self) {
        self.sent = true;
    }

    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// Waits for the peer, and looks at what has come. `WouldBlock` if the socket does not block.
    pub(super) fn wait(socket: &Socket) -> io::Result<Vec<u8>> {
        let mut seen = Vec::new();
        net::peek_more(socket, &mut seen, LOOK, true)?;
        Ok(seen)
    }

    /// Begins the next step with what [`wait`](Flight::wait) has seen.
    pub(super) fn feed(&mut self, seen: io::Result<Vec<u8>>) {
        self.used = 0;
        match seen {
            Ok(seen) => self.seen = seen,
            Err(error) => self.failed = Some(error),
        }
    }

    pub(super) fn read(&mut self, socket: &Socket, room: &mut Room<'_>) -> io::Result<()> {
        if self.used == self.seen.len() {
            // There was no more when this was seen.
            let was_all = self.used > 0 && self.used < LOOK;
            self.settle(socket);
            if let Some(error) = self.take_error() {
                return Err(error);
            }
            if self.waits && (was_all || self.sent) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            net::peek_more(socket, &mut self.seen, LOOK, false)?;
        }
        self.used += room.put(&self.seen[self.used..]);
        Ok(())
    }

    /// Takes from the socket what OpenSSL has read. The rest is looked at anew.
    pub(super) fn settle(&mut self, socket: &Socket) {
        let mut left = std::mem::take(&mut self.used);
        while left > 0 {
            match net::recv(socket, &mut self.seen[..left]) {
                Ok(0) => break,
                Ok(n) => left -= n.min(left),
                Err(error) => {
                    // Otherwise somebody else has taken it.
                    if error.kind() != io::ErrorKind::WouldBlock {
                        self.failed = Some(error);
                    }
                    break;
                }
            }
        }
        self.seen.clear();
    }
}
