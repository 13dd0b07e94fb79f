//! Porting a Python program, name by name.
//!
#![doc = include_str!("../docs/porting.md")]
