//! Compares cipher strings with OpenSSL itself and with Python.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bad_input;
mod command;
mod corpus;
mod evaluation;
mod findings;
mod fix;
mod lists;
mod python;
mod versions;
