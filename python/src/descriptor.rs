//! The descriptor of Python's socket: the only module with `unsafe`.

use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

/// A number that no open descriptor has, because `/proc/sys/fs/nr_open` is lower. With this number, `poll` reports
/// `POLLNVAL`, and other system calls fail with `EBADF`.
const NEVER_OPEN: RawFd = RawFd::MAX;

/// The descriptor that a socket of Python had when it was wrapped. Python's socket closes it.
pub(crate) struct PythonDescriptor {
    number: RawFd,
    /// The device and the inode of the socket.
    file: Option<(u64, u64)>,
    is_closed: AtomicBool,
}

impl PythonDescriptor {
    pub(crate) fn of(socket: &Bound<'_, PyAny>) -> PyResult<PythonDescriptor> {
        let number: RawFd = socket.call_method0("fileno")?.extract()?;
        match number {
            0.. => Ok(PythonDescriptor {
                number,
                file: file(socket.py(), number).ok(),
                is_closed: AtomicBool::new(false),
            }),
            _ => Err(crate::errors::bad_descriptor()),
        }
    }

    /// Python's socket has closed or detached its descriptor. The C module goes on to use the number.
    /// Here, the number is used only if it still belongs to the same socket, which `detach` leaves open.
    pub(crate) fn released(&self, py: Python<'_>) {
        let is_same = self.file.is_some() && self.file == file(py, self.number).ok();
        self.is_closed.store(!is_same, Ordering::Relaxed);
    }
}

/// The device and the inode of a file.
fn file(py: Python<'_>, number: RawFd) -> PyResult<(u64, u64)> {
    let facts = py.import("os")?.call_method1("fstat", (number,))?;
    Ok((
        facts.getattr("st_dev")?.extract()?,
        facts.getattr("st_ino")?.extract()?,
    ))
}

impl AsFd for PythonDescriptor {
    #[allow(unsafe_code, reason = "Python's descriptors are numbers")]
    fn as_fd(&self) -> BorrowedFd<'_> {
        let number = match self.is_closed.load(Ordering::Relaxed) {
            true => NEVER_OPEN,
            false => self.number,
        };
        // SAFETY: neither number is -1: `of` has checked the one, and the other is a constant.
        // `borrow_raw` also asks for an open descriptor. That is not kept: `NEVER_OPEN` is never open,
        // and the program can close `number` at any time. No memory depends on it: `pyssl` passes the
        // number to system calls only (`src/sys/unix.rs`, `Shared`), maps no memory of it, and never
        // closes it. A call then fails, or uses the file that has got the number, as one of the C
        // module does.
        unsafe { BorrowedFd::borrow_raw(number) }
    }
}
