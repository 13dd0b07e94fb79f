//! The same scenarios in CPython and here, and every difference between them listed.
//!
//! A [`harness::Case`] is a list of steps, as data. `interpreter.py` runs them in Python,
//! `interpreter.rs` here; the outcomes of each step are compared field by field. Differences that are
//! wanted are written down where they are met, with the reason, and must exist.
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
