//! Tests each module together with the crate for which it is made, over the loopback interface.
#![allow(clippy::unwrap_used, missing_docs, reason = "an error fails the test")]

mod grpc;
mod http;
mod openssl_types;
mod postgres;
mod redis;
mod support;
mod websocket;
