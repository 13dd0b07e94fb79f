//! Common errors: what they mean, and how to fix them.
//!
#![doc = include_str!("../docs/troubleshooting.md")]
