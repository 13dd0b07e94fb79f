//! pyssl with other crates: modules to copy into a program, with their tests. The page "Which crates can
//! use it, and how" ([`page`]) says which module is for which crate.

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
