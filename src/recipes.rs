//! Common tasks: how to do them in Python, and how here.
//!
#![doc = include_str!("../docs/recipes.md")]
