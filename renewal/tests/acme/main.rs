//! Certificates from ACME servers: a fake one that misbehaves, and Let's Encrypt's test server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails is a failed test"
)]

mod answers;
mod challenges;
mod faults;
mod load;
mod schedule;
mod support;
