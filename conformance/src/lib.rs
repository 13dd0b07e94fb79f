//! CPython's `_ssl`, on `pyssl`: Python's own `ssl.py` and its tests run on top of it.
//!
//! Thin on purpose. What a test finds here is to be mended in the library, except what is about
//! Python's objects: buffers, warnings, weak references, the garbage collector.

mod bio;
mod buffers;
mod callbacks;
mod certificate;
mod connection;
mod constants;
mod context;
mod errors;
mod functions;
mod session;

use pyo3::prelude::*;

#[pymodule]
fn _ssl(module: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::add(module)?;
    constants::add(module)?;
    functions::add(module)?;
    module.add_class::<context::Context>()?;
    module.add_class::<connection::Connection>()?;
    module.add_class::<bio::MemoryBio>()?;
    module.add_class::<session::Session>()?;
    module.add_class::<certificate::Certificate>()?;
    Ok(())
}
