//! What contexts would agree on, and what is wrong with one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what cannot be done is a failed test"
)]

mod agreement;
mod audit;
mod profiles;
mod strict;
mod support;
mod usable;
mod verdicts;
