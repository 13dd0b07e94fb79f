//! Cipher strings against OpenSSL itself and against Python.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bad_input;
mod command;
mod corpus;
mod evaluation;
mod findings;
mod lists;
mod python;
mod versions;
