//! Python's `ssl` module for Rust.
#![deny(unsafe_code)]

pub mod cipher;
mod constants;
mod error;
mod ffi;

pub use cipher::Cipher;
pub use constants::python::*;
pub use constants::{
    AlertDescription, Options, Protocol, Purpose, SslErrorNumber, TlsVersion, VerifyFlags,
    VerifyMode,
};
pub use error::{Error, OsError, Result, SslError};
