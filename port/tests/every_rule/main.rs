//! The Rust lines of all rules compile, and their exceptions are Python's.
#![allow(warnings, missing_docs, reason = "the lines are made for reading")]

#[rustfmt::skip]
mod conditions;
mod exceptions;
#[rustfmt::skip]
mod generated;
