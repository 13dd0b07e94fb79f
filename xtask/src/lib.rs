//! pyssl's chores, as functions; `main.rs` is their command line.

#[cfg(feature = "api")]
pub mod api;
pub mod ciphers;
pub mod openssl;
pub mod reasons;

use std::path::Path;

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The root of the repository.
fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
