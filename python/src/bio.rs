//! `MemoryBIO`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::buffers;
use crate::errors::OrRaise;

#[pyclass(name = "MemoryBIO", module = "_ssl", frozen, immutable_type)]
pub(crate) struct MemoryBio(pub(crate) pyssl::MemoryBio);

#[pymethods]
impl MemoryBio {
    #[new]
    fn new() -> MemoryBio {
        MemoryBio(pyssl::MemoryBio::new())
    }

    #[pyo3(signature = (size = -1, /))]
    fn read<'py>(&self, py: Python<'py>, size: i32) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.read(usize::try_from(size).ok()))
    }

    #[pyo3(signature = (b, /))]
    fn write(&self, b: &Bound<'_, PyAny>) -> PyResult<usize> {
        let data = buffers::bytes(b)?;
        self.0.write(data.as_bytes()).or_raise(b.py())
    }

    fn write_eof(&self) {
        self.0.write_eof();
    }

    #[getter]
    fn pending(&self) -> usize {
        self.0.pending()
    }

    #[getter]
    fn eof(&self) -> bool {
        self.0.eof()
    }
}
