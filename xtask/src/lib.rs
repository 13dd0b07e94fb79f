//! pyssl's maintenance tasks as functions; `main.rs` is their command line.

#[cfg(feature = "api")]
pub mod api;
pub mod ciphers;
pub mod openssl;
pub mod reasons;
pub mod sanitize;

use std::path::Path;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The root of the repository.
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
