#![cfg_attr(not(doctest), doc = include_str!("../docs/crates.md"))]
// The crate `integrations` runs the examples, since they need other crates.
