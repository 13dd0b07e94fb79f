//! Puts renewed files into service while connections go on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what cannot be done is a failed test"
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
