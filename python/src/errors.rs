//! Converts the crate's errors to Python's exceptions.

use std::ffi::{CStr, CString};

use pyo3::exceptions::{
    PyDeprecationWarning, PyNotImplementedError, PyOSError, PyOverflowError, PyRuntimeError,
    PyTimeoutError, PyTypeError, PyUnicodeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use pyssl::Error;

const CLASSES: [&str; 7] = [
    "SSLError",
    "SSLZeroReturnError",
    "SSLWantReadError",
    "SSLWantWriteError",
    "SSLSyscallError",
    "SSLEOFError",
    "SSLCertVerificationError",
];

/// The exception classes by name, created once per process.
fn classes(py: Python<'_>) -> PyResult<&Bound<'_, PyDict>> {
    static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let classes = CLASSES.get_or_try_init(py, || {
        let code = CString::new(include_str!("exceptions.py"))?;
        // The classes are created in a dict. `PyModule::from_code` would make a module that
        // `import` finds.
        let names = PyDict::new(py);
        py.run(&code, Some(&names), None)?;
        PyResult::Ok(names.unbind())
    })?;
    Ok(classes.bind(py))
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    classes(py)?.as_any().get_item(name)
}

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for name in CLASSES {
        module.add(name, class(module.py(), name)?)?;
    }
    Ok(())
}

/// The exception that CPython's module raises for this error.
pub(crate) fn to_python(py: Python<'_>, error: Error) -> PyErr {
    build(py, error).unwrap_or_else(|failed| failed)
}

fn build(py: Python<'_>, error: Error) -> PyResult<PyErr> {
    Ok(match error {
        Error::Value(text) => PyValueError::new_err(text.into_string()),
        Error::Type(text) => PyTypeError::new_err(text.into_string()),
        Error::Unicode(text) => PyUnicodeError::new_err(text.into_string()),
        Error::Overflow(text) => PyOverflowError::new_err(text.into_string()),
        Error::NotImplemented(text) => PyNotImplementedError::new_err(text.into_string()),
        Error::Timeout(text) => PyTimeoutError::new_err(text),
        Error::Os(error) => {
            // `OSError` selects its subclass by the error number if it is called with two or three
            // arguments.
            let strerror = py
                .import("os")?
                .call_method1("strerror", (error.errno(),))?
                .unbind();
            match error.filename() {
                Some(name) => PyOSError::new_err((error.errno(), strerror, name.to_owned())),
                None => PyOSError::new_err((error.errno(), strerror)),
            }
        }
        Error::Callback(error) => match error.downcast::<PyErr>() {
            Ok(raised) => *raised,
            Err(other) => PyRuntimeError::new_err(other.to_string()),
        },
        other => return ssl(py, &other),
    })
}

fn ssl(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = class(py, error.python_class())?;
    let text = error.to_string();
    let Some(errno) = error.errno() else {
        return Ok(PyErr::from_value(class.call1((text,))?));
    };
    let value = class.call1((errno, text))?;
    value.setattr("library", error.library())?;
    value.setattr("reason", error.reason())?;
    if let Error::CertVerification(_) = error {
        value.setattr("verify_code", error.verify_code())?;
        value.setattr("verify_message", error.verify_message())?;
    }
    Ok(PyErr::from_value(value))
}

/// An `SSLError` for a failure for which OpenSSL has no error number.
pub(crate) fn failed(py: Python<'_>, text: &str) -> PyErr {
    own_error(py, "SSLError", 0, text)
}

/// The error of an operation if Python's socket no longer exists, and of `unwrap` if the socket is
/// closed.
pub(crate) fn gone(py: Python<'_>) -> PyErr {
    failed(py, "Underlying socket connection gone")
}

/// The error of a write with a time-out if Python's socket is closed.
pub(crate) fn closed(py: Python<'_>) -> PyErr {
    class(py, "SSLError")
        .and_then(|class| class.call1(("Underlying socket has been closed.",)))
        .map_or_else(|failed| failed, PyErr::from_value)
}

/// The error of `wrap_socket` if Python's socket is closed.
pub(crate) fn bad_descriptor() -> PyErr {
    const EBADF: i32 = 9;
    PyOSError::new_err((EBADF, "Bad file descriptor"))
}

/// Whether this CPython reports every failed system call of a read or write as the end of the
/// connection (its issue 115627).
pub(crate) fn failures_are_ends(py: Python<'_>) -> bool {
    py.version_info() < (3, 12, 3)
}

/// The error for the end of a connection without `close_notify`.
pub(crate) fn ragged_eof(py: Python<'_>) -> PyErr {
    let text = "EOF occurred in violation of protocol";
    own_error(py, "SSLEOFError", pyssl::SSL_ERROR_EOF as i32, text)
}

fn own_error(py: Python<'_>, name: &str, errno: i32, text: &str) -> PyErr {
    let value = class(py, name)
        .and_then(|class| class.call1((errno, text)))
        .and_then(|value| {
            value.setattr("library", py.None())?;
            value.setattr("reason", py.None())?;
            Ok(value)
        });
    value.map_or_else(|failed| failed, PyErr::from_value)
}

/// Warns the caller of Python's function.
pub(crate) fn deprecated(py: Python<'_>, message: &CStr) -> PyResult<()> {
    PyErr::warn(py, &py.get_type::<PyDeprecationWarning>(), message, 2)
}

/// Converts a result's error to the Python exception: `result.or_raise(py)?`.
pub(crate) trait OrRaise<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for pyssl::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| to_python(py, error))
    }
}
