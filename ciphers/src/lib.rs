//! Cipher strings and contexts of [`pyssl`], explained and tried.
//!
//! - [`cipher`]: what a cipher string really does, part by part; what is wrong with it; guidelines.
//! - [`negotiate`]: what contexts would agree on, and what known clients would get from a server.
//! - [`audit`]: what is wrong with a whole context.
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
//! versions are data, and change with the world.
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]
#![forbid(unsafe_code)]

pub mod audit;
pub mod cipher;
mod codes;
mod context;
mod data;
pub mod expect;
mod key;
pub mod negotiate;
mod sealed;
pub mod serial;
mod text;
pub mod wire;

pub use cipher::CipherExt;
pub use context::SslContextExt;
pub use data::DataError;

#[doc(hidden)]
pub use pyssl;

/// The code in the README is tested too.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    mod readme {}
}
