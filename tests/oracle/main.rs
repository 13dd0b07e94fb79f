//! Runs the same scenarios in CPython and on this library, and lists all differences.
//!
//! A [`harness::Case`] is a list of steps, as data. `interpreter.py` runs them in Python,
//! `interpreter.rs` on this library. The outcomes of each step are compared field by field. A case
//! declares its deliberate differences with the reason. It fails if a declared difference does not
//! occur.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed step fails the test"
)]

mod fixtures;
mod harness;
mod interpreter;
mod scene;
mod select_loops;
mod sessions;

mod alerts;
mod cert_chain;
mod defaults;
mod endings;
mod handshakes;
mod histories;
mod hostnames;
mod locations;
mod odd_files;
mod openssl_conf;
mod post_handshake;
mod properties;
mod sockets;
mod switched;
mod verification;
