//! `_SSLContext`: the context and the Python objects that it holds. The methods are in `context_methods`.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use pyssl::SslContext;

/// A place for a Python object, which may be empty.
#[derive(Default)]
pub(crate) struct Slot(Mutex<Option<Py<PyAny>>>);

impl Slot {
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().map(|object| object.bind(py).clone())
    }

    pub(crate) fn set(&self, object: Option<Py<PyAny>>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = std::mem::replace(&mut *slot, object);
        drop(slot);
        drop(replaced);
    }

    fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(slot) => visit.call(&*slot),
            Err(_) => Ok(()),
        }
    }
}

/// Python's callbacks. The Python object of the context shows them to the garbage collector, and the closures that the
/// library calls share them.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) sni: Slot,
    pub(crate) message: Slot,
    pub(crate) psk_client: Slot,
    pub(crate) psk_server: Slot,
    pub(crate) keylog_filename: Slot,
}

impl Callbacks {
    fn slots(&self) -> [&Slot; 5] {
        [
            &self.sni,
            &self.message,
            &self.psk_client,
            &self.psk_server,
            &self.keylog_filename,
        ]
    }

    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.slots().iter().try_for_each(|slot| slot.visit(visit))
    }

    pub(crate) fn clear(&self) {
        self.slots().iter().for_each(|slot| slot.set(None));
    }
}

#[pyclass(
    name = "_SSLContext",
    module = "_ssl",
    subclass,
    frozen,
    immutable_type
)]
pub(crate) struct Context {
    pub(crate) engine: SslContext,
    pub(crate) callbacks: Arc<Callbacks>,
}
