//! Certificates, peers and reference implementations for the tests of `pyssl`.
//!
//! Nothing here uses `pyssl`: certificates and peers use the plain `openssl` crate. If a peer used `pyssl`, both ends
//! could make the same mistake, and the test would not find it.
//!
//! | Module | Contents |
//! |---|---|
//! | [`acme`] | an ACME server that issues without validation, and can misbehave |
//! | [`at_exit`] | detects whether OpenSSL cleans up when the process exits |
//! | [`pebble`] | Let's Encrypt's test server |
//! | [`pki`] | certificate authorities and certificates, made when the test runs |
//! | [`server`] | an echo server and an HTTPS server that record each connection |
//! | [`client`] | a TLS client |
//! | [`flood`] | a TLS server that sends any number of messages without data |
//! | [`scripted`] | TCP peers that misbehave |
//! | [`platform`] | what Unix and Windows have in different forms |
//! | [`proxy`] | proxies that send single bytes, or cut a connection inside a record |
//! | [`mod@python`] | CPython, the reference for `ssl` |
//! | [`openssl_cli`] | the `openssl` program |
//! | [`skip`] | reports that a test cannot run here |
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
    reason = "an error in a fixture fails the test"
)]
#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "the crate is not published, and its callers are tests of this workspace"
)]

pub mod acme;
pub mod at_exit;
pub mod client;
pub mod flood;
mod jws;
mod listener;
pub mod openssl_cli;
pub mod pebble;
pub mod pki;
pub mod platform;
pub mod process;
pub mod proxy;
pub mod python;
pub mod responder;
pub mod scripted;
pub mod server;
mod settings;
pub mod skip;

pub use crate::client::{ClientConfig, EchoClient};
pub use crate::flood::Flood;
pub use crate::openssl_cli::openssl_binary;
pub use crate::pki::{Ca, Files, Leaf};
pub use crate::platform::{LocalStream, errno, local_pair};
pub use crate::proxy::Proxy;
pub use crate::python::python;
pub use crate::scripted::{Scripted, closed_port};
pub use crate::server::{EchoServer, HttpsServer, ServerConfig};
pub use crate::skip::{print_uncaptured, skipped};

/// The `openssl` crate, with which this crate makes certificates and peers.
pub use openssl;
