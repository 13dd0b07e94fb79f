//! Small Python programs, and their Rust lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic fails the test"
)]

mod findings;
mod hostile;
mod lines;
mod literals;
mod names;
mod requests;
mod values;

use pyssl_port::Port;

fn port(python: &str) -> Port {
    Port::of(python.as_bytes()).expect("the program is readable")
}

/// The Rust lines of a program, without those of its imports.
fn rust(python: &str) -> Vec<String> {
    let entries = port(python).entries;
    let lines = entries.into_iter().flat_map(|entry| entry.rust);
    lines.filter(|line| line != "use pyssl as ssl;").collect()
}

/// The names that a program uses, without those of its imports.
fn names(python: &str) -> Vec<String> {
    let entries = port(python).entries;
    let entries = entries
        .into_iter()
        .filter(|entry| !entry.python.contains("import "));
    entries
        .flat_map(|entry| entry.uses)
        .map(|used| used.name)
        .collect()
}
