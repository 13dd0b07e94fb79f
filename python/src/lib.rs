//! CPython's `_ssl` on `pyssl`, on which Python's own `ssl.py` and its tests run.
//!
//! This module is deliberately thin, so that the tests check the library. It handles only what
//! concerns Python's objects: buffers, warnings, weak references, and the garbage collector. Mend
//! any other fault in the library.

mod bio;
mod buffers;
mod callbacks;
mod certificate;
mod connection;
mod constants;
mod context;
mod context_methods;
mod descriptor;
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
