//! A TLS connection, driven in steps that do not wait. `SslObject` and `SslSocket` repeat the steps, and
//! wait between them.

mod agreed;
mod binding;
mod buffers;
mod inspection;
mod ocsp;
mod overrides;
mod pins;
mod queries;
mod readers;
mod setup;
mod shared_option;
mod shutdown;
mod steps;
#[cfg(test)]
mod tests;
mod turn;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

pub(crate) use crate::deadline::Deadline;
pub(crate) use crate::ffi::ssl::Step;
pub use agreed::Agreed;
pub(crate) use binding::Binding;
pub(crate) use inspection::inspection_methods;
pub(crate) use overrides::{Overrides, is_named, override_setters};
pub(crate) use setup::Config;
pub(crate) use turn::Turn;

use crate::context::resumption::Resumption;
use crate::context::{Snapshot, VerificationSettings};
use crate::error::{Error, Result};
use crate::ffi::bio::IoMode;
use crate::ffi::ssl::{SslHandle, StepError, StepResult};
use crate::ffi::window::{CallbackWatch, Window};
use crate::hostname::ServerName;
use crate::lock::{FairLock, LockState};

use buffers::MessageCount;
use readers::Readers;
use shared_option::SharedOption;
use write::UnfinishedWrite;

/// A TLS connection on some transport.
///
/// A thread holds the lock on `ssl` for one step, and never while it waits for the network. (The
/// exception is [`IoMode::Blocking`].) One thread at a time has the turn to read, and one the turn
/// to write (`reads` and `writes`). A thread keeps its turn while it waits for the network. A
/// thread without the turn to read uses `IoMode::BufferOnly`: if it took bytes from the network,
/// the thread that waits for them in `poll` would not wake.
pub(crate) struct Connection {
    ssl: FairLock<Locked>,
    /// Getters read the connection through this window while a callback runs under the lock.
    window: Arc<Window>,
    /// The version of the first handshake, for `Debug`.
    version: OnceLock<&'static str>,
    pub(crate) reads: Turn,
    pub(crate) writes: Turn,
    handshaken: AtomicBool,
    messages: MessageCount,
    /// The rest of a write that ended before it was done. Only the thread with the turn to write
    /// changes it.
    unfinished: SharedOption<UnfinishedWrite>,
    /// The end of the stream, or the error, that [`pending`](Connection::pending) has met. The next
    /// read reports it.
    deferred: SharedOption<Error>,
    /// Another thread may set a new context while a callback runs. The thread of the callback switches to this context
    /// when its step ends.
    next_context: SharedOption<Arc<Snapshot>>,
    /// Whether reads take bytes from the transport's buffer only, and none from the network.
    drains: AtomicBool,
    /// Whether this side has sent a message since the last read.
    answer_expected: AtomicBool,
    readers: Readers,
    server_side: bool,
    server_hostname: Option<ServerName>,
    /// The names of which the peer's certificate must have one. If the list is empty, the certificate must have the
    /// name `server_hostname`.
    expected: Vec<ServerName>,
    verifies: VerificationSettings,
    /// Whether the handshake fails if the peer sends no certificate.
    needs_certificate: bool,
    /// Whether a session was offered for resumption. Until the handshake is done, OpenSSL may return the certificates
    /// of that session as the peer's.
    offered: AtomicBool,
    /// The sessions that the client's context keeps for the server of this connection.
    resumption: Option<Resumption>,
}

/// The state that the connection's lock protects.
struct Locked {
    handle: SslHandle,
    /// Whether this side has half-closed. The peer's `close_notify` is then a clean end of reading.
    half_closed: bool,
}

/// While this guard exists, reads take bytes from the transport's buffer only.
pub(crate) struct DrainGuard<'a>(&'a AtomicBool);

impl Drop for DrainGuard<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl CallbackWatch for LockState {
    fn in_callback(&self, on: bool) {
        self.set_in_callback(on);
    }
}

impl Connection {
    pub(crate) fn server_side(&self) -> bool {
        self.server_side
    }

    pub(crate) fn server_hostname(&self) -> Option<&str> {
        self.server_hostname.as_ref().map(ServerName::as_str)
    }

    /// Whether the first handshake is done.
    pub(crate) fn handshaken(&self) -> bool {
        self.handshaken.load(Ordering::Acquire)
    }

    pub(crate) fn do_handshake(&self, mode: IoMode, deadline: Deadline) -> Result<Step<()>> {
        let outcome = self.step(deadline, |locked| {
            self.set_io_mode(locked, mode);
            let outcome = match self.handshaken() || mode == IoMode::BufferOnly {
                true => locked.handle.do_handshake(),
                false => {
                    let waits = !matches!(deadline, Deadline::Now);
                    locked.handle.first_handshake(waits)
                }
            };
            if matches!(outcome, Ok(Step::Done(()))) && !self.handshaken() {
                self.finish_handshake(locked)?;
            }
            self.checked(locked, outcome)
        });
        match &outcome {
            Ok(Step::Done(())) => self.handshaken.store(true, Ordering::Release),
            Err(_) if !self.handshaken() => self.resumption.iter().for_each(Resumption::forget),
            _ => {}
        }
        outcome
    }

    fn finish_handshake(&self, locked: &mut Locked) -> Result<()> {
        if self.needs_certificate && locked.handle.ssl().peer_certificate().is_none() {
            locked.handle.end();
            let text = "the peer has shown no certificate to compare with the pins";
            return Err(Error::ssl_text(text));
        }
        let _ = self.version.set(locked.handle.ssl().version_str());
        // The connection may be idle after the handshake, so it does not keep OpenSSL's buffers.
        locked.handle.release_buffers();
        Ok(())
    }

    /// Reads decrypted bytes. `end` is the result for the peer's `close_notify`.
    fn read_with<T>(
        &self,
        mode: IoMode,
        deadline: Deadline,
        end: T,
        f: impl FnOnce(&mut SslHandle) -> StepResult<T>,
    ) -> Result<Step<T>> {
        self.step(deadline, |locked| {
            match self.deferred.take() {
                // OpenSSL reports the peer's `close_notify` again in the read below.
                None | Some(Error::ZeroReturn(_)) => {}
                Some(error) => return Err(error),
            }
            if self.waits_first(locked, mode, deadline) {
                return Ok(Step::WantRead);
            }
            self.set_io_mode(locked, mode);
            let outcome = f(&mut locked.handle);
            locked.handle.set_io_mode(IoMode::NonBlocking);
            // After the peer's `close_notify`, a read returns `end`. If this side has called `unwrap` before, the read
            // returns an error, as in Python.
            let clean =
                |locked: &Locked| locked.half_closed || locked.handle.view().was_closed_by_peer();
            match outcome {
                Err(StepError::Closed) if clean(locked) => Ok(Step::Done(end)),
                outcome => self.checked(locked, outcome),
            }
        })
    }

    /// Reads up to `limit` bytes.
    pub(crate) fn read_vec(&self, limit: usize, deadline: Deadline) -> Result<Step<Vec<u8>>> {
        self.read_with(IoMode::NonBlocking, deadline, Vec::new(), |handle| {
            handle.read_vec(limit)
        })
    }

    pub(crate) fn read_into(&self, buf: &mut [u8], deadline: Deadline) -> Result<Step<usize>> {
        self.read_into_as(IoMode::NonBlocking, buf, deadline)
    }

    /// Reads into a buffer in the given mode. With [`IoMode::Blocking`], the read holds the connection's lock while it
    /// waits for the peer, so no other thread may use the connection.
    pub(crate) fn read_into_as(
        &self,
        mode: IoMode,
        buf: &mut [u8],
        deadline: Deadline,
    ) -> Result<Step<usize>> {
        self.read_with(mode, deadline, 0, |handle| handle.read_into(buf))
    }

    /// Returns 1 if there is application data, and 0 at the end of the stream. The next read
    /// returns the data.
    pub(crate) fn peek(&self, deadline: Deadline) -> Result<Step<usize>> {
        self.read_with(IoMode::NonBlocking, deadline, 0, |handle| {
            Ok(handle.peek()?.map(|()| 1))
        })
    }

    /// Whether the peer has closed the connection, and this side has not.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        self.with_view(|view| view.was_closed_by_peer())
            .unwrap_or_default()
    }

    /// Whether a read would have to wait for the peer. False while another thread is in a callback.
    #[cfg(feature = "tokio")]
    pub(crate) fn awaits_peer(&self) -> bool {
        !self.deferred.is_some()
            && matches!(self.lock_until(Deadline::Now), Ok(Some(locked)) if locked.handle.awaits_peer())
    }

    /// Records that this side has sent a message. The peer's answer has probably not arrived when
    /// the next read begins. So the next read first waits, which saves a system call that would
    /// fail.
    pub(crate) fn expect_answer(&self) {
        self.answer_expected.store(true, Ordering::Relaxed);
    }

    /// Whether a read waits before it reads, because an answer is expected and nothing has been
    /// received yet.
    fn waits_first(&self, locked: &Locked, mode: IoMode, deadline: Deadline) -> bool {
        if matches!(deadline, Deadline::Now) || !self.answer_expected.load(Ordering::Relaxed) {
            return false;
        }
        self.answer_expected.store(false, Ordering::Relaxed);
        // In the other modes, the read itself waits, or does not read from the socket.
        mode == IoMode::NonBlocking && locked.handle.awaits_peer()
    }

    /// Makes reads take bytes from the transport's buffer only. The caller has the turn to read.
    pub(crate) fn drain(&self) -> DrainGuard<'_> {
        self.drains.store(true, Ordering::Relaxed);
        DrainGuard(&self.drains)
    }

    fn set_io_mode(&self, locked: &mut Locked, mode: IoMode) {
        locked
            .handle
            .set_io_mode(match self.drains.load(Ordering::Relaxed) {
                true => IoMode::BufferOnly,
                false => mode,
            });
    }

    /// Whether the transport has bytes in its buffer, which `poll` does not report.
    pub(crate) fn has_buffered(&self) -> bool {
        matches!(self.lock_until(Deadline::Now), Ok(Some(locked)) if locked.handle.transport_buffered() > 0)
    }

    /// Passes `seen` to the next step of the handshake: the bytes at which the caller has peeked while it waited for
    /// the socket.
    pub(crate) fn feed(&self, seen: std::io::Result<Vec<u8>>) -> Result<()> {
        self.lock()?.handle.feed(seen);
        Ok(())
    }

    /// How many bytes the next read returns without waiting.
    ///
    /// If the transport has read ahead, the next record is decrypted and counts too. If the stream
    /// ends or fails instead, that counts as one byte, because `poll` does not report it.
    pub(crate) fn pending(&self) -> usize {
        loop {
            let Ok(locked) = self.ssl.lock(Deadline::Now) else {
                return self.with_view(|view| view.pending()).unwrap_or_default();
            };
            let pending = locked.handle.view().pending();
            if self.deferred.is_some() {
                return pending.max(1);
            }
            if pending > 0 || !locked.handle.has_read_ahead() {
                return pending;
            }
            let peek = |locked: &mut Locked| {
                locked.handle.set_io_mode(IoMode::BufferOnly);
                let outcome = locked.handle.peek();
                let step = self.checked(locked, outcome)?;
                Ok(step.map(|()| locked.handle.view().pending()))
            };
            // The error is stored while the lock is held, so that the next read of any thread
            // reports it.
            let defer = |outcome: Result<Step<usize>>| match outcome {
                Err(error) => {
                    self.deferred.set(error);
                    Ok(Step::Again)
                }
                outcome => outcome,
            };
            match self.locked_step(locked, peek, |_| true, defer) {
                Ok(Step::Done(pending)) => return pending,
                Ok(Step::Again | Step::Busy) => {}
                Ok(Step::WantRead | Step::WantWrite) | Err(_) => return 0,
            }
        }
    }
}
