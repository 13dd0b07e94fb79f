//! Python's buffers: the formats `y*` and `w*` in the argument lists of the C module.

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice};

/// Copies the bytes of an object that has a contiguous buffer (format `y*`).
pub(crate) fn bytes<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = object.cast_exact::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if !PyUntypedBuffer::get(object)?.is_c_contiguous() {
        return Err(PyBufferError::new_err(
            "memoryview: underlying buffer is not C-contiguous",
        ));
    }
    let bytes = PyMemoryView::from(object)?.call_method0("tobytes")?;
    Ok(bytes.cast_into()?)
}

/// A writable buffer (format `w*`).
pub(crate) struct Target<'py>(Bound<'py, PyAny>);

impl<'py> Target<'py> {
    pub(crate) fn new(object: &Bound<'py, PyAny>) -> PyResult<Target<'py>> {
        let buffer = PyUntypedBuffer::get(object)
            .ok()
            .filter(|buffer| !buffer.readonly() && buffer.is_c_contiguous());
        if buffer.is_none() {
            return Err(PyTypeError::new_err(format!(
                "read() argument 2 must be read-write bytes-like object, not {}",
                object.get_type().name()?
            )));
        }
        let view = PyMemoryView::from(object)?.call_method1("cast", ("B",))?;
        Ok(Target(view))
    }

    pub(crate) fn len(&self) -> PyResult<usize> {
        self.0.len()
    }

    pub(crate) fn fill(&self, data: &[u8]) -> PyResult<()> {
        let py = self.0.py();
        let end = isize::try_from(data.len())?;
        self.0
            .set_item(PySlice::new(py, 0, end, 1), PyBytes::new(py, data))
    }
}
