//! Explains cipher strings, and tests contexts of [`pyssl`] with handshakes in memory.
//!
//! - [`cipher`]: the effect of each part of a cipher string, its problems, and guidelines.
//! - [`negotiate`]: the results that contexts negotiate, also with known clients.
//! - [`config`]: the TLS settings of configuration files and source code.
//! - [`audit`]: the problems of a whole context.
//! - [`wire`]: the first messages of a handshake, without OpenSSL.
//! - [`assert_ciphers!`]: assertions for the tests of your own project.
//!
//! [`SslContextExt`] gives a context the methods `audit`, `check_policy`, `set_ciphers_strict` and
//! `set_ciphersuites_strict`:
//!
//! ```
//! use pyssl as ssl;
//! use pyssl_ciphers::SslContextExt;
//!
//! let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
//! context.set_ciphers_strict("ECDHE+AESGCM:ECDHE+CHACHA20")?;
//! for finding in context.audit("example.com")? {
//!     println!("{finding}");
//! }
//! # Ok::<(), ssl::Error>(())
//! ```
//!
//! The codes of findings keep their meaning. Policies, profiles of clients and tables of OpenSSL's
//! versions are data files, and can change in every release.
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]
#![forbid(unsafe_code)]

pub mod audit;
pub mod cipher;
mod codes;
pub mod config;
mod context;
mod data;
pub mod expect;
mod explanation;
mod key;
pub mod negotiate;
mod sealed;
pub mod serial;
mod text;
pub mod wire;
mod words;

pub use cipher::CipherExt;
pub use context::SslContextExt;
pub use data::DataError;
pub use explanation::CodeExplanation;

#[doc(hidden)]
pub use pyssl;

/// Compiles and runs the code in the README.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
}
