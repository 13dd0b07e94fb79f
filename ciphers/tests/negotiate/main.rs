//! Negotiations between contexts, and audits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an error fails the test"
)]

mod agreement;
mod audit;
mod audit_trials;
mod profiles;
mod strict;
mod support;
mod usable;
mod verdicts;
