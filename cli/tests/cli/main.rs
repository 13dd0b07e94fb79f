//! Runs the command, and checks what it prints and its exit code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod audit;
mod ciphers;
mod connect;
mod demo;
mod general;
mod peers;
mod renewal;
mod scan;
mod serve;
mod serve_limits;
mod support;
