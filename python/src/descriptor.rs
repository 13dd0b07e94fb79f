//! The descriptor of Python's socket: the only module with `unsafe`.

use std::os::fd::{AsFd, BorrowedFd, RawFd};

use pyo3::prelude::*;

/// The descriptor that a socket of Python had when it was wrapped. Python's socket closes it.
pub(crate) struct PythonDescriptor(RawFd);

impl PythonDescriptor {
    pub(crate) fn of(socket: &Bound<'_, PyAny>) -> PyResult<PythonDescriptor> {
        let number: RawFd = socket.call_method0("fileno")?.extract()?;
        match number {
            0.. => Ok(PythonDescriptor(number)),
            _ => Err(crate::errors::bad_descriptor(socket.py())),
        }
    }
}

impl AsFd for PythonDescriptor {
    #[allow(unsafe_code, reason = "Python's descriptors are numbers")]
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: `of` has checked that the number is not -1. Before each operation,
        // `Connection::prepare` checks that Python's socket has not closed or detached the
        // descriptor. During an operation, the program can close it in another thread, or beneath
        // the socket by its number. Then the system calls fail, or use the file that has got the
        // number, as those of the C module do. This affects files only, and no memory: this crate
        // and `pyssl` make only calls such as recv(2), send(2) and poll(2) on the descriptor.
        unsafe { BorrowedFd::borrow_raw(self.0) }
    }
}
