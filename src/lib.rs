//! Python's `ssl` module for Rust.
#![deny(unsafe_code)]

mod constants;
mod error;
mod ffi;

pub use constants::python::*;
pub use constants::{
    AlertDescription, Options, Protocol, Purpose, SslErrorNumber, TlsVersion, VerifyFlags,
    VerifyMode,
};
pub use error::{Error, OsError, Result, SslError};
