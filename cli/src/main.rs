//! The `pyssl` command.
fn main() {}
