//! The Rust lines of all rules compile.
#![allow(warnings, missing_docs, reason = "the lines are made for reading")]

#[rustfmt::skip]
mod generated;
