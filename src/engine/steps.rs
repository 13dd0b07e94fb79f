//! The lock of a connection, and the steps under it.

use std::sync::Arc;

use super::queries::version;
use super::setup::names;
use super::turn::Turn;
use super::{Connection, Deadline, Locked};
use crate::context::NO_PINS;
use crate::error::{BoxError, Error, Result, SslError, SslErrorNumber};
use crate::ffi::hooks::Hooks;
use crate::ffi::ssl::{SslHandle, Step, StepError, StepResult};
use crate::ffi::trampoline::CallbackFailure;
use crate::ffi::view::View;
use crate::lock::{FairGuard, LockError, RawFairGuard};

impl Connection {
    /// Waits for the lock. Returns an error in a callback of this connection, because its thread holds
    /// the lock.
    pub(super) fn lock(&self) -> Result<FairGuard<'_, Locked>> {
        self.ssl
            .lock(Deadline::Never)
            .map_err(|_| Error::in_callback())
    }

    /// Waits for the lock until the deadline; `None` if that passes first. `Deadline::Now` waits for a short
    /// step, but not for a callback.
    pub(super) fn lock_until(&self, deadline: Deadline) -> Result<Option<FairGuard<'_, Locked>>> {
        match self.ssl.lock(deadline) {
            Ok(locked) => Ok(Some(locked)),
            Err(LockError::NotInTime) => Ok(None),
            Err(LockError::Reentrant) => Err(Error::in_callback()),
        }
    }

    /// Waits for the turn to read or to write. Returns an error in a callback of this connection: its
    /// thread holds the lock, and the thread with the turn may be waiting for the lock.
    pub(crate) fn turn<'a>(
        &self,
        turn: &'a Turn,
        deadline: Deadline,
    ) -> Result<RawFairGuard<'a>, LockError> {
        match self.ssl.is_own() {
            true => Err(LockError::Reentrant),
            false => turn.take(deadline),
        }
    }

    /// Reads the state of the connection. The method waits for a short step at most. While a
    /// callback runs, in this thread or another, `look` gets the state that the callback sees, as
    /// in Python.
    ///
    /// Returns an error if this thread holds the lock but runs no callback, for example while a
    /// callback is dropped.
    pub(super) fn with_view<R>(&self, read: impl Fn(&View<'_>) -> R) -> Result<R> {
        loop {
            let refused = match self.ssl.lock(Deadline::Now) {
                Ok(locked) => return Ok(read(&locked.handle.view())),
                Err(refused) => refused,
            };
            match (self.window.read(&read), refused) {
                (Some(answer), _) => return Ok(answer),
                (None, LockError::Reentrant) => return Err(Error::in_callback()),
                // The callback has returned in the meantime, so this method tries to lock again.
                (None, LockError::NotInTime) => {}
            }
        }
    }

    /// The version, for `Debug`. This does not wait.
    pub(crate) fn version_at_once(&self) -> Option<&'static str> {
        match self.ssl.try_lock() {
            Some(locked) => version(&locked.handle.view()),
            None => self.version.get().copied(),
        }
    }

    /// Runs one step. `f` turns its failure into Python's error with [`checked`](Self::checked).
    pub(super) fn step<T>(
        &self,
        deadline: Deadline,
        f: impl FnOnce(&mut Locked) -> Result<Step<T>>,
    ) -> Result<Step<T>> {
        self.step_of_several(deadline, f, |_| true)
    }

    /// Runs one step of an operation that takes several steps. `last` tells from the value of the step whether the
    /// operation is done.
    pub(super) fn step_of_several<T>(
        &self,
        deadline: Deadline,
        f: impl FnOnce(&mut Locked) -> Result<Step<T>>,
        last: impl FnOnce(&T) -> bool,
    ) -> Result<Step<T>> {
        match self.lock_until(deadline)? {
            Some(locked) => self.locked_step(locked, f, last, |outcome| outcome),
            None => Ok(Step::Busy),
        }
    }

    /// Runs one step for a caller that holds the lock. `settle` may change the outcome before the
    /// lock is released.
    pub(super) fn locked_step<T>(
        &self,
        mut locked: FairGuard<'_, Locked>,
        f: impl FnOnce(&mut Locked) -> Result<Step<T>>,
        last: impl FnOnce(&T) -> bool,
        settle: impl FnOnce(Result<Step<T>>) -> Result<Step<T>>,
    ) -> Result<Step<T>> {
        let outcome = f(&mut locked);
        let over = match &outcome {
            Ok(Step::Done(value)) => last(value),
            Ok(_) => false,
            Err(_) => true,
        };
        let (outcome, panic) = match locked.handle.take_failure(over) {
            Some(CallbackFailure::Panic(panic)) => (outcome, Some(panic)),
            Some(CallbackFailure::Error(error)) => (Err(callback_error(error)), None),
            // As in Python, the error of the operation itself takes precedence.
            Some(CallbackFailure::NonFatal(error)) => {
                (outcome.and(Err(callback_error(error))), None)
            }
            None => (outcome, None),
        };
        let outcome = settle(outcome);
        let replaced = self.switch_context(&mut locked);
        // The code below may run user code, so the lock is released first.
        drop(locked);
        drop(replaced);
        match panic {
            Some(panic) => std::panic::resume_unwind(panic),
            None => outcome,
        }
    }

    /// Switches to the context that another thread has set during a callback. Returns the old one.
    fn switch_context(&self, locked: &mut Locked) -> Option<Arc<dyn Hooks>> {
        if !self.next_context.is_some() || locked.handle.view().is_mid_handshake() {
            return None;
        }
        // OpenSSL fails here only if it has no memory.
        locked.handle.set_hooks(self.next_context.take()?).ok()
    }

    /// Converts the failure of a step into Python's error.
    pub(super) fn checked<T>(&self, locked: &Locked, outcome: StepResult<T>) -> Result<Step<T>> {
        outcome.map_err(|error| match error {
            StepError::Closed => Error::zero_return(),
            StepError::Io(error) => error.into(),
            StepError::Eof => Error::eof(),
            StepError::Unknown => Error::Ssl(Box::new(SslError::text(
                Some(SslErrorNumber::SSL_ERROR_INVALID_ERROR_CODE as i32),
                "Invalid error code",
            ))),
            StepError::Ssl(queue) => match Error::from_operation(queue) {
                Error::CertVerification(detail) => {
                    let (code, message) = self.verification(&locked.handle);
                    Error::CertVerification(Box::new(detail.with_verification(code, message)))
                }
                other => other,
            },
        })
    }

    /// The code and the text of a failed verification, as in Python.
    fn verification(&self, handle: &SslHandle) -> (i32, String) {
        const CERT_REJECTED: i32 = 28;
        const HOSTNAME_MISMATCH: i32 = 62;
        const IP_ADDRESS_MISMATCH: i32 = 64;
        let result = handle.ssl().verify_result();
        let names = names(self.server_hostname.as_ref(), &self.expected)
            .map(|name| format!("'{}'", name.as_str()))
            .collect::<Vec<_>>()
            .join(" or ");
        let message = match result.as_raw() {
            HOSTNAME_MISMATCH => {
                format!("Hostname mismatch, certificate is not valid for {names}.")
            }
            IP_ADDRESS_MISMATCH => {
                format!("IP address mismatch, certificate is not valid for {names}.")
            }
            CERT_REJECTED if self.verifies.pins != NO_PINS => {
                "the peer's certificates match none of the pins".to_owned()
            }
            _ => result.error_string().to_owned(),
        };
        (result.as_raw(), message)
    }
}

fn callback_error(error: BoxError) -> Error {
    error
        .downcast::<Error>()
        .map_or_else(Error::Callback, |own| *own)
}

impl<T> Step<T> {
    /// The result, for callers that do not wait. For a step that is not done, the error is Python's
    /// `SSLWantReadError` or `SSLWantWriteError`.
    pub(crate) fn now(self) -> Result<T> {
        match self {
            Step::Done(value) => Ok(value),
            Step::Again | Step::Busy | Step::WantRead => Err(Error::want_read()),
            Step::WantWrite => Err(Error::want_write()),
        }
    }
}
