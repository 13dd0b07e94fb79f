//! `SSLSession`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::PyBytes;
use pyssl::SslSession;

#[pyclass(name = "SSLSession", module = "_ssl", frozen, immutable_type)]
pub(crate) struct Session(pub(crate) SslSession);

#[pymethods]
impl Session {
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.id())
    }

    #[getter]
    fn time(&self) -> i64 {
        self.0.time()
    }

    #[getter]
    fn timeout(&self) -> i64 {
        self.0.timeout()
    }

    #[getter]
    fn ticket_lifetime_hint(&self) -> u64 {
        self.0.ticket_lifetime_hint()
    }

    #[getter]
    fn has_ticket(&self) -> bool {
        self.0.has_ticket()
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, op: CompareOp) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let Ok(other) = other.cast::<Session>() else {
            return Ok(py.NotImplemented());
        };
        let equal = self.0 == other.get().0;
        match op {
            CompareOp::Eq => Ok(equal.into_pyobject(py)?.to_owned().into_any().unbind()),
            CompareOp::Ne => Ok((!equal).into_pyobject(py)?.to_owned().into_any().unbind()),
            _ => Ok(py.NotImplemented()),
        }
    }

    #[classattr]
    #[pyo3(name = "__hash__")]
    const HASH: Option<i32> = None;
}

/// Converts a session argument, which must be `None` or an `SSLSession`.
pub(crate) fn given(value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<SslSession>> {
    match value.filter(|value| !value.is_none()) {
        None => Ok(None),
        Some(value) => Ok(Some(exactly(value)?)),
    }
}

pub(crate) fn exactly(value: &Bound<'_, PyAny>) -> PyResult<SslSession> {
    match value.cast::<Session>() {
        Ok(session) => Ok(session.get().0.clone()),
        Err(_) => Err(PyTypeError::new_err("Value is not a SSLSession.")),
    }
}
