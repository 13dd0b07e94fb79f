//! Sending `close_notify`, and reading the peer's.

use super::{Connection, Deadline, Locked};
use crate::error::Result;
use crate::ffi::bio::IoMode;
use crate::ffi::ssl::{Step, StepError, StepResult};

impl Connection {
    /// Sends `close_notify` once, and reads nothing. After a half-close, reads end cleanly with the
    /// peer's `close_notify`.
    pub(crate) fn send_close_notify(
        &self,
        half_close: bool,
        deadline: Deadline,
    ) -> Result<Step<()>> {
        self.step(deadline, |locked| {
            let outcome = match locked.handle.sent_close_notify() {
                true => Ok(Step::Done(())),
                false => match self.finish_message(locked) {
                    Ok(Step::Done(())) => {
                        let outcome = self.shutdown_step(locked, IoMode::BufferOnly)?;
                        outcome.map(|step| step.map(drop))
                    }
                    unfinished => unfinished,
                },
            };
            // `half_closed` is set under the lock: another thread may read the peer's
            // `close_notify` as soon as the lock is free.
            locked.half_closed |= half_close && matches!(outcome, Ok(_) | Err(StepError::Closed));
            self.checked(locked, outcome)
        })
    }

    /// Sends the rest of a handshake message, such as the answer to a KeyUpdate. The transport had
    /// no room for all of the message before. OpenSSL sends `close_notify` only after the message.
    fn finish_message(&self, locked: &mut Locked) -> StepResult<()> {
        if !self.handshaken() || locked.handle.view().is_settled() {
            return Ok(Step::Done(()));
        }
        locked.handle.set_io_mode(IoMode::BufferOnly);
        match locked.handle.do_handshake() {
            unfinished @ Ok(Step::WantWrite | Step::Again) => unfinished,
            // If the handshake needs another message of the peer, or has failed, the `SSL_shutdown`
            // that follows reports it.
            _ => Ok(Step::Done(())),
        }
    }

    /// Sends `close_notify`, then reads the peer's. Returns the bytes that the transport has read
    /// beyond the peer's `close_notify`.
    pub(crate) fn shutdown(&self, deadline: Deadline) -> Result<Step<Vec<u8>>> {
        let once = || {
            self.step(deadline, |locked| {
                let mode = IoMode::NonBlocking;
                if locked.handle.sent_close_notify() && self.waits_first(locked, mode, deadline) {
                    return Ok(Step::WantRead);
                }
                let outcome = self.shutdown_step(locked, mode)?;
                let step = self.checked(locked, outcome)?;
                Ok(step.map(|both| both.then(|| locked.handle.take_transport_buffered())))
            })
        };
        // `None` means that our `close_notify` was sent. As in Python, OpenSSL is then called once
        // more, to read the peer's.
        let step = match once()? {
            Step::Done(None) => once()?,
            step => step,
        };
        Ok(step.map(Option::unwrap_or_default))
    }

    fn shutdown_step(&self, locked: &mut Locked, mode: IoMode) -> Result<StepResult<bool>> {
        // `close_notify` cannot be sent before the rest of a record that was sent in part. The
        // connection stays usable, so the program can repeat the write.
        if self.unfinished.is_some() {
            return Err(Connection::bad_retry());
        }
        self.set_io_mode(locked, mode);
        Ok(locked.handle.shutdown())
    }
}
