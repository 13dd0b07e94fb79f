//! Reads the records of a handshake in few system calls, without the bytes after them.
//!
//! The peer's flight (RFC 8446, section 2) has up to a dozen small records, and OpenSSL reads each header
//! and each body on its own. So a step of a handshake peeks at the socket's receive buffer (`MSG_PEEK`)
//! and passes these bytes to OpenSSL. At its end, and before user code runs, the step removes from the
//! receive buffer the bytes that OpenSSL has read. Bytes after the flight stay there.

use std::io;

use socket2::Socket;

use crate::ffi::net;
use crate::ffi::read_buf::ReadBuf;

/// The most bytes that one call peeks at.
const PEEK_MAX: usize = 16 * 1024;

/// The bytes that a step of the handshake has peeked at.
#[derive(Default)]
pub(super) struct Flight {
    on: bool,
    /// Whether the caller waits for the socket before the next step. If so, the step may end without another system
    /// call to check that no more bytes have arrived.
    waits: bool,
    /// Whether this step has sent something. The peer's answer has then probably not arrived.
    sent: bool,
    seen: Vec<u8>,
    /// How much of `seen` OpenSSL has read.
    used: usize,
    /// An error of the socket, which the next read reports.
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

    /// Waits for the peer, and peeks at its bytes. `WouldBlock` on a non-blocking socket.
    pub(super) fn wait(socket: &Socket) -> io::Result<Vec<u8>> {
        let mut seen = Vec::new();
        net::peek_more(socket, &mut seen, PEEK_MAX, true)?;
        Ok(seen)
    }

    /// Takes the result of [`wait`](Flight::wait). The next step begins with these bytes, or with this error.
    pub(super) fn feed(&mut self, seen: io::Result<Vec<u8>>) {
        self.used = 0;
        match seen {
            Ok(seen) => self.seen = seen,
            Err(error) => self.failed = Some(error),
        }
    }

    pub(super) fn read(&mut self, socket: &Socket, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        if self.used == self.seen.len() {
            // If a peek did not fill its buffer, it has seen all bytes that had arrived at that
            // time.
            let was_all = self.used > 0 && self.used < PEEK_MAX;
            self.settle(socket);
            if let Some(error) = self.take_error() {
                return Err(error);
            }
            if self.waits && (was_all || self.sent) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            net::peek_more(socket, &mut self.seen, PEEK_MAX, false)?;
        }
        self.used += buf.put(&self.seen[self.used..]);
        Ok(())
    }

    /// Removes from the receive buffer the bytes that OpenSSL has read. The next read peeks again.
    pub(super) fn settle(&mut self, socket: &Socket) {
        let mut left = std::mem::take(&mut self.used);
        while left > 0 {
            match net::recv(socket, &mut self.seen[..left]) {
                Ok(0) => break,
                Ok(n) => left -= n.min(left),
                Err(error) => {
                    // `WouldBlock` means that another process has read the bytes, so nothing is
                    // left to remove.
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
