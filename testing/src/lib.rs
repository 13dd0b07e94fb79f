//! Certificates, peers and oracles for the tests of `pyssl`.
//!
//! Nothing here uses the library: certificates and peers are made with the plain `openssl` crate, so that a
//! mistake in the library cannot cancel itself out.
//!
//! | Module | What it has |
//! |---|---|
//! | [`pki`] | certificate authorities and certificates, made when the test runs |
//! | [`python`] | CPython, to ask what Python's `ssl` really does |
//! | [`openssl_cli`] | the `openssl` program |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a fixture that cannot be made is a failed test"
)]
#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "unpublished: every user is in this workspace"
)]

pub mod openssl_cli;
pub mod pki;
pub mod process;
pub mod python;

pub use crate::openssl_cli::openssl_binary;
pub use crate::pki::{Ca, Files, Leaf};
pub use crate::python::python;

/// The crate that certificates and peers are made with.
pub use openssl;
