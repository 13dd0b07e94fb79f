//! pyssl's maintenance tasks as functions; `main.rs` is their command line.

#[cfg(feature = "api")]
pub mod api;
pub mod ciphers;
pub mod circles;
pub mod openssl;
pub mod reasons;
pub mod sanitize;
pub mod targets;
pub mod windows;

use std::path::Path;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The root of the repository.
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use crate::openssl::cargo;

    /// `ARCHITECTURE.md` states the number, too.
    #[test]
    fn the_library_without_features_builds_at_most_twenty_crates() {
        let output = Command::new(cargo())
            .current_dir(crate::workspace())
            .args(["tree", "--package", "pyssl", "--edges", "normal"])
            .args(["--prefix", "none", "--no-dedupe", "--offline"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let crates = String::from_utf8(output.stdout).unwrap();
        let crates: BTreeSet<&str> = crates.lines().collect();
        assert!(crates.len() <= 20, "{crates:#?}");
    }
    #[test]
    fn there_are_no_circular_imports() {
        let mut crates = vec![crate::workspace().to_owned()];
        for parent in ["", "benches"] {
            let entries = crate::workspace().join(parent).read_dir().unwrap();
            crates.extend(entries.map(|entry| entry.unwrap().path()));
        }
        crates.retain(|folder| folder.join("Cargo.toml").exists());
        assert!(crates.len() > 8, "{crates:?}");
        for src in crates.iter().map(|folder| folder.join("src")) {
            let circles = crate::circles::circles(&src).unwrap();
            assert!(circles.is_empty(), "{circles:#?}");
        }
    }
}
