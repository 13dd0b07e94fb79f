//! Negotiations between contexts, and audits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what cannot be done is a failed test"
)]

mod agreement;
mod audit;
mod audit_trials;
mod profiles;
mod strict;
mod support;
mod usable;
mod verdicts;
