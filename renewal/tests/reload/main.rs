//! A reloader puts renewed files into service while connections are open.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails is a failed test"
)]

mod faults;
mod layouts;
mod live;
mod names;
#[cfg(feature = "ocsp")]
mod responder;
mod stapling;
mod support;
mod trust;
