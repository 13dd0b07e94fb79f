use super::{Connection, Deadline, Locked};
use crate::error::{Error, Result, SslError};
use crate::ffi::bio::IoMode;
use crate::ffi::ssl::{RECORD_MAX, Step};

/// The most bytes that one step encrypts and sends under the connection's lock: sixteen full records.
const CHUNK: usize = 16 * RECORD_MAX;

/// The data of a write that has ended half-way.
pub(super) struct UnfinishedWrite {
    data: Vec<u8>,
    /// How much of it OpenSSL has encrypted. Some of that may not be sent yet.
    done: usize,
}

/// A write in progress. If it is dropped before it is done, the connection keeps the data: records that
/// OpenSSL has encrypted cannot be taken back, so the next write must begin with the same data.
pub(crate) struct Writing<'a> {
    connection: &'a Connection,
    data: &'a [u8],
    /// Whether `begin` has run. It looks for the data of an earlier write that was not completed.
    begun: bool,
    done: usize,
    /// Whether a part of `data` was encrypted or sent, and a part was not sent.
    half_way: bool,
    /// The data of an earlier write that was not completed.
    earlier: Option<Vec<u8>>,
}

impl Connection {
    /// A write of `data`, or the rest of an earlier one. The caller has the turn to write.
    pub(crate) fn begin_write<'a>(&'a self, data: &'a [u8]) -> Writing<'a> {
        Writing {
            connection: self,
            data,
            begun: false,
            done: 0,
            half_way: false,
            earlier: None,
        }
    }

    /// The error for an operation that is impossible after a write that has ended half-way.
    pub(super) fn bad_retry() -> Error {
        Error::Ssl(Box::new(SslError::ssl_reason(
            "BAD_WRITE_RETRY",
            "bad write retry",
        )))
    }
}

impl Writing<'_> {
    /// Resumes an earlier write that was not completed. Returns an error if `data` does not begin with the data of that
    /// write.
    fn begin(&mut self) -> Result<()> {
        let unfinished = &self.connection.unfinished;
        if unfinished.is_some() {
            let refusal = unfinished.change(|left| refusal(&left.as_ref()?.data, self.data));
            if let Some(refusal) = refusal {
                return Err(refusal);
            }
            if let Some(left) = unfinished.take() {
                self.done = left.done;
                self.half_way = true;
                self.earlier = Some(left.data);
            }
        }
        self.begun = true;
        Ok(())
    }

    /// Writes as much as the transport takes, up to [`CHUNK`]. For [`IoMode::Blocking`], no other thread may
    /// use the connection.
    pub(crate) fn step(&mut self, mode: IoMode, deadline: Deadline) -> Result<Step<usize>> {
        let connection = self.connection;
        let length = self.data.len();
        let step = |locked: &mut Locked| {
            locked.handle.set_io_mode(mode);
            if !self.begun {
                self.begin()?;
            }
            let end = length.min(self.done.saturating_add(CHUNK));
            let chunk = &self.data[self.done..end];
            // OpenSSL has encrypted all of `data`, so this step only flushes the transport.
            let encrypted = self.half_way && chunk.is_empty();
            let outcome = match encrypted {
                true => Ok(Step::Done(0)),
                false => locked.handle.write(chunk),
            };
            // Progress is recorded here, not after the step: if a callback has panicked, the step
            // resumes the panic and does not return.
            if matches!(outcome, Ok(Step::Done(_))) {
                self.done = end;
            }
            // The records are also flushed if the step waits for the peer, because the peer may be
            // waiting for these records.
            let outcome = match (outcome, locked.handle.flush()) {
                (Err(error), _) => Err(error),
                (outcome, Ok(Step::Done(()))) => outcome,
                (_, unsent) => unsent.map(|step| step.map(|()| 0)),
            };
            self.half_way = match outcome {
                Ok(Step::Done(_)) => end < length,
                Ok(Step::WantWrite) => true,
                Ok(Step::Again | Step::Busy | Step::WantRead) => self.half_way,
                Err(_) => false,
            };
            locked.handle.set_io_mode(IoMode::NonBlocking);
            let step = connection.checked(locked, outcome)?;
            Ok(step.map(|_| end))
        };
        match connection.step_of_several(deadline, step, |&end| end == length)? {
            Step::Done(end) if end < length => Ok(Step::Again),
            step => Ok(step),
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if !self.half_way {
            return;
        }
        let data = match self.earlier.take() {
            Some(data) if data.len() == self.data.len() => data,
            _ => self.data.to_vec(),
        };
        self.connection.unfinished.set(UnfinishedWrite {
            data,
            done: self.done,
        });
    }
}

/// The error if `data` does not begin with the data of an unfinished write.
fn refusal(unfinished: &[u8], data: &[u8]) -> Option<Error> {
    if data.starts_with(unfinished) {
        None
    } else if data.len() < unfinished.len() {
        Some(Error::Ssl(Box::new(SslError::ssl_reason(
            "BAD_LENGTH",
            "bad length",
        ))))
    } else {
        Some(Connection::bad_retry())
    }
}
