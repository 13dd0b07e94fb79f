//! The end of a connection: `close_notify`, ours and the peer's.

use super::{Connection, Deadline, Locked, Step};
use crate::error::Result;
use crate::ffi::bio::ReadMode;
use crate::ffi::ssl::Status;

impl Connection {
    /// Sends `close_notify` once, and reads nothing. After a half-close, reads end cleanly with the
    /// peer's `close_notify`.
    pub(crate) fn send_close_notify(
        &self,
        half_close: bool,
        deadline: Deadline,
    ) -> Result<Step<()>> {
        self.step_unless(deadline, |locked| {
            let status = match locked.handle.sent_close_notify() {
                true => Status::Done(()),
                false => match self.finish_message(locked) {
                    Status::Done(()) => self
                        .shutdown_step(locked, ReadMode::BufferOnly)?
                        .map(|_| ()),
                    unfinished => unfinished,
                },
            };
            // Under the lock: the peer's answer may come at once.
            locked.half_closed |= half_close && !matches!(status, Status::Failed(_));
            Ok(status)
        })
    }

    /// Sends the rest of a message of TLS itself (the answer to a KeyUpdate, say) for which there was
    /// no room. OpenSSL refuses to close before.
    fn finish_message(&self, locked: &mut Locked) -> Status<()> {
        if !self.handshaken() || locked.handle.view().is_settled() {
            return Status::Done(());
        }
        locked.handle.set_read_mode(ReadMode::BufferOnly);
        match locked.handle.do_handshake() {
            unfinished @ (Status::WantWrite | Status::Again) => unfinished,
            // If the peer's part is missing, OpenSSL says so when it is to close.
            _ => Status::Done(()),
        }
    }

    /// Sends `close_notify`, then takes the peer's. Returns what the transport has read beyond it.
    pub(crate) fn shutdown(&self, deadline: Deadline) -> Result<Step<Vec<u8>>> {
        let once = || {
            self.step_unless(deadline, |locked| {
                let status = self.shutdown_step(locked, ReadMode::NonBlocking)?;
                Ok(match status {
                    Status::Done(true) => {
                        Status::Done(Some(locked.handle.take_transport_buffered()))
                    }
                    other => other.map(|_| None),
                })
            })
        };
        // `None`: only ours was sent. Then OpenSSL is called once more, as in Python.
        let step = match once()? {
            Step::Done(None) => once()?,
            step => step,
        };
        Ok(step.map(Option::unwrap_or_default))
    }

    fn shutdown_step(&self, locked: &mut Locked, mode: ReadMode) -> Result<Status<bool>> {
        // The rest of a record stands between: as in Python, but the connection survives.
        if self.unfinished.is_there() {
            return Err(Connection::bad_retry());
        }
        self.set_read_mode(locked, mode);
        Ok(locked.handle.shutdown())
    }
}
