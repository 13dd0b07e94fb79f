//! Tests each module of this crate with its counterpart, over loopback.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "an error fails the test"
)]

mod grpc;
mod http;
mod openssl_types;
mod postgres;
mod redis;
mod support;
mod websocket;
