//! Each module of this crate with its counterpart, over loopback.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "what cannot be done is a failed test"
)]

mod grpc;
mod http;
mod openssl_types;
mod postgres;
mod redis;
mod support;
mod websocket;
