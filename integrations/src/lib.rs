//! Modules that connect `pyssl` to other crates, to be copied into a program, with their tests. The
//! chapter `crates` ([`page`]) lists the module for each crate.

pub mod axum;
pub mod axum_server;
pub mod hyper_client;
pub mod hyper_server;
mod info;
mod listener;
pub mod postgres;
pub mod redis;
mod stream;
pub mod tonic;

pub use info::TlsInfo;
pub use listener::TlsListener;
pub use stream::Stream;

#[doc = include_str!("../../docs/crates.md")]
pub mod page {}
