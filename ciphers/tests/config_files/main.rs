//! Reads files of each program and compares the settings with `expected.txt`, which was written by
//! hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed call is a failed test"
)]

mod corpus;
mod forms;
mod holds;
mod source;
