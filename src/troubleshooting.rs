//! Errors that everybody meets: what they mean, and what helps.
//!
#![doc = include_str!("../docs/troubleshooting.md")]
