//! Files of each program, with what a person reads in them: `expected.txt`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed call is a failed test"
)]

mod corpus;
mod forms;
