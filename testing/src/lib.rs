//! Certificates, peers and oracles for the tests of `pyssl`.
//!
//! Nothing here uses the library: certificates and peers are made with the plain `openssl` crate, so that a
//! mistake in the library cannot cancel itself out.
//!
//! | Module | What it has |
//! |---|---|
//! | [`at_exit`] | whether OpenSSL cleans up when the process exits |
//! | [`pki`] | certificate authorities and certificates, made when the test runs |
//! | [`server`] | an echo server and an HTTPS server that record what they saw |
//! | [`client`] | a TLS client |
//! | [`flood`] | a TLS server that sends messages without data, as many as it is told |
//! | [`scripted`] | TCP peers that misbehave |
//! | [`proxy`] | proxies that trickle, or cut a connection inside a record |
//! | [`mod@python`] | CPython, to ask what Python's `ssl` really does |
//! | [`openssl_cli`] | the `openssl` program |
//! | [`skip`] | how a test says that it cannot run here |
//!
//! ```
//! use pyssl_testing::{Ca, ClientConfig, EchoServer};
//!
//! let ca = Ca::new();
//! let server = EchoServer::start(&ca.issue("localhost"));
//! let mut client = ClientConfig::new().ca(&ca).connect("localhost", server.addr())?;
//! assert_eq!(client.echo(b"hello")?, b"hello");
//! client.close()?;
//! assert_eq!(server.next_connection().received, b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```
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

pub mod at_exit;
pub mod client;
pub mod flood;
mod listener;
pub mod openssl_cli;
pub mod pki;
pub mod process;
pub mod proxy;
pub mod python;
pub mod scripted;
pub mod server;
mod settings;
pub mod skip;

pub use crate::client::{ClientConfig, EchoClient};
pub use crate::flood::Flood;
pub use crate::openssl_cli::openssl_binary;
pub use crate::pki::{Ca, Files, Leaf};
pub use crate::proxy::Proxy;
pub use crate::python::python;
pub use crate::scripted::{Scripted, closed_port};
pub use crate::server::{EchoServer, HttpsServer, ServerConfig};
pub use crate::skip::{say_aloud, skipped};

/// The crate that certificates and peers are made with.
pub use openssl;
