//! One TLS connection as steps that never wait. The faces (object, socket) are loops around it.

mod agreed;
mod binding;
mod inspection;
mod ocsp;
mod overrides;
mod pins;
mod queries;
mod rare;
mod readers;
mod setup;
mod shutdown;
mod slot;
mod steps;
#[cfg(test)]
mod tests;
mod warm;
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
pub(crate) use slot::Slot;

use crate::context::resumption::Resumption;
use crate::context::{Snapshot, Verified};
use crate::error::{Error, Result};
use crate::ffi::bio::ReadMode;
use crate::ffi::ssl::{SslHandle, StepError, StepResult};
use crate::ffi::window::{CallbackWatch, Window};
use crate::hostname::ServerName;
use crate::lock::{Door, FairLock};

use rare::Rare;
use readers::Readers;
use warm::Uses;
use write::Unfinished;

/// A TLS connection on some transport.
///
/// The lock on `ssl` is held for one step at a time and never while waiting. Faces that wait take
/// turns: `reads` and `writes` say whose they are. A thread without the turn to read must not make
/// the transport read (`ReadMode::BufferOnly`): the thread that waits for the transport would not learn of
/// what has come.
pub(crate) struct Connection {
    ssl: FairLock<Locked>,
    /// For questions while a callback runs under the lock.
    window: Arc<Window>,
    /// The version that the first handshake has agreed on, for `Debug`.
    version: OnceLock<&'static str>,
    pub(crate) reads: Slot,
    pub(crate) writes: Slot,
    handshaken: AtomicBool,
    uses: Uses,
    /// The rest of a write that was given up: the turn to write goes with it.
    unfinished: Rare<Unfinished>,
    /// The end, or an error, that [`pending`](Connection::pending) has met and the next read reports.
    deferred: Rare<Error>,
    /// The context to switch to at the end of the step in which another thread is.
    next_context: Rare<Arc<Snapshot>>,
    /// Reads take what the transport has read ahead, and no more.
    drains: AtomicBool,
    readers: Readers,
    server_side: bool,
    server_hostname: Option<ServerName>,
    /// The names of which the certificate must have one; none if it is the server's name.
    expected: Vec<ServerName>,
    verifies: Verified,
    /// The handshake must show a certificate of the peer.
    needs_certificate: bool,
    /// A session was offered, which knows the chain of the connection that it is from.
    offered: AtomicBool,
    /// The sessions that the context keeps for this server.
    resumption: Option<Resumption>,
}

/// What the connection's lock guards.
struct Locked {
    handle: SslHandle,
    /// Ours was a half-close: to the reader, the peer's `close_notify` is a clean end.
    half_closed: bool,
}

/// Reads take what the transport has read ahead, and no more, until this is dropped.
pub(crate) struct Draining<'a>(&'a AtomicBool);

impl Drop for Draining<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl CallbackWatch for Door {
    fn in_callback(&self, on: bool) {
        self.calling(on);
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("server_side", &self.server_side)
            .finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn server_side(&self) -> bool {
        self.server_side
    }

    pub(crate) fn server_hostname(&self) -> Option<&str> {
        self.server_hostname.as_ref().map(ServerName::as_str)
    }

    /// Whether the handshake is over.
    pub(crate) fn handshaken(&self) -> bool {
        self.handshaken.load(Ordering::Acquire)
    }

    pub(crate) fn do_handshake(&self, mode: ReadMode, deadline: Deadline) -> Result<Step<()>> {
        let outcome = self.step(deadline, |locked| {
            self.set_read_mode(locked, mode);
            let outcome = match self.handshaken() || mode == ReadMode::BufferOnly {
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
        // The connection may be idle from here on.
        locked.handle.release_buffers();
        Ok(())
    }

    /// Reads decrypted bytes. `end` is the result for the peer's `close_notify`.
    fn read_with<T>(
        &self,
        mode: ReadMode,
        deadline: Deadline,
        end: T,
        f: impl FnOnce(&mut SslHandle) -> StepResult<T>,
    ) -> Result<Step<T>> {
        self.step(deadline, |locked| {
            match self.deferred.take() {
                // OpenSSL reports it again.
                None | Some(Error::ZeroReturn(_)) => {}
                Some(error) => return Err(error),
            }
            self.set_read_mode(locked, mode);
            let outcome = f(&mut locked.handle);
            locked.handle.set_read_mode(ReadMode::NonBlocking);
            // A clean end, unless `unwrap` has closed this side too: that is an error in Python.
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
        self.read_with(ReadMode::NonBlocking, deadline, Vec::new(), |handle| {
            handle.read_vec(limit)
        })
    }

    pub(crate) fn read_into(&self, buf: &mut [u8], deadline: Deadline) -> Result<Step<usize>> {
        self.read_into_as(ReadMode::NonBlocking, buf, deadline)
    }

    /// The same in another mode. [`ReadMode::Blocking`] waits for the peer under the connection's lock: no
    /// other thread may use the connection meanwhile.
    pub(crate) fn read_into_as(
        &self,
        mode: ReadMode,
        buf: &mut [u8],
        deadline: Deadline,
    ) -> Result<Step<usize>> {
        self.read_with(mode, deadline, 0, |handle| handle.read_into(buf))
    }

    /// Whether there is application data: 0 is the end, as for [`read_into`](Self::read_into). The
    /// data stays for the next read.
    pub(crate) fn peek(&self, deadline: Deadline) -> Result<Step<usize>> {
        self.read_with(ReadMode::NonBlocking, deadline, 0, |handle| {
            Ok(handle.peek()?.map(|()| 1))
        })
    }

    /// Whether the peer has closed the connection, and this side has not.
    pub(crate) fn was_closed_by_peer(&self) -> bool {
        self.look(|view| view.was_closed_by_peer())
            .unwrap_or_default()
    }

    /// Whether a read can only wait for the peer. False while another thread is in a callback.
    pub(crate) fn awaits_peer(&self) -> bool {
        !self.deferred.is_there()
            && matches!(self.lock_until(Deadline::Now), Ok(Some(locked)) if locked.handle.awaits_peer())
    }

    /// Lets reads take what the transport has read ahead, and no more. The caller has the turn to read.
    pub(crate) fn drain(&self) -> Draining<'_> {
        self.drains.store(true, Ordering::Relaxed);
        Draining(&self.drains)
    }

    fn set_read_mode(&self, locked: &mut Locked, mode: ReadMode) {
        locked
            .handle
            .set_read_mode(match self.drains.load(Ordering::Relaxed) {
                true => ReadMode::BufferOnly,
                false => mode,
            });
    }

    /// Whether the transport has read bytes that OpenSSL has not taken. `poll` tells nothing of them.
    pub(crate) fn has_buffered(&self) -> bool {
        matches!(self.lock_until(Deadline::Now), Ok(Some(locked)) if locked.handle.transport_buffered() > 0)
    }

    /// Gives the next step of the handshake what was seen of the transport while waiting.
    pub(crate) fn feed(&self, seen: std::io::Result<Vec<u8>>) -> Result<()> {
        self.lock()?.handle.feed(seen);
        Ok(())
    }

    /// How many bytes the next read gives without waiting.
    ///
    /// If the transport has read ahead, the next record counts too; an end or an error in its place
    /// counts as one byte, since `poll` could not tell of it.
    pub(crate) fn pending(&self) -> usize {
        loop {
            let Ok(locked) = self.ssl.lock(Deadline::Now) else {
                return self.look(|view| view.pending()).unwrap_or_default();
            };
            let pending = locked.handle.view().pending();
            if self.deferred.is_there() {
                return pending.max(1);
            }
            if pending > 0 || !locked.handle.has_read_ahead() {
                return pending;
            }
            let peek = |locked: &mut Locked| {
                locked.handle.set_read_mode(ReadMode::BufferOnly);
                let outcome = locked.handle.peek();
                let step = self.checked(locked, outcome)?;
                Ok(step.map(|()| locked.handle.view().pending()))
            };
            // Under the lock: a read of another thread may come next, and must report it.
            let defer = |outcome: Result<Step<usize>>| match outcome {
                Err(error) => {
                    self.deferred.put(error);
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
