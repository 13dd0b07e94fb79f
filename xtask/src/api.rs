//! The listing of the public API: one line for each public item, in `docs/public-api/`.
//!
//! rustdoc writes the items as JSON, which is unstable and depends on the compiler. The listing is
//! therefore compared only by a compiler whose rustdoc writes the format that `public-api` reads.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::openssl::{cargo, target_directory};
use crate::{Result, workspace};

/// The version of rustdoc's JSON that `public-api` 0.52.1 reads, written by Rust 1.93 to 1.95.
const FORMAT: u64 = 57;

/// The published crates, each with the features whose items are listed.
const CRATES: [(&str, &str); 4] = [
    ("pyssl", "requests,tokio"),
    ("pyssl-ciphers", ""),
    ("pyssl-port", ""),
    ("pyssl-renewal", "acme,ocsp,redis,tokio"),
];

/// The result of [`compare`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the command handles every outcome")]
pub enum Outcome {
    /// The listings match the sources.
    Same,
    /// The lines that differ, each with `-` (only in the listing) or `+` (only in the sources).
    Different(String),
    /// This compiler's rustdoc writes another format.
    Skipped(String),
}

/// Compares the committed listings with the sources; with `bless` it rewrites them.
///
/// # Errors
///
/// If rustdoc fails, or a listing cannot be read or written.
pub fn compare(bless: bool) -> Result<Outcome> {
    let mut changes = String::new();
    for (name, features) in CRATES {
        let json = rustdoc_json(name, features)?;
        let format = serde_json::from_slice::<Format>(&fs::read(&json)?)?.format_version;
        if format != FORMAT {
            return Ok(Outcome::Skipped(format!(
                "rustdoc writes format {format}, the listing needs {FORMAT}"
            )));
        }
        let api = public_api::Builder::from_rustdoc_json(json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()?;
        let now = api.to_string();
        let listing = workspace().join(format!("docs/public-api/{name}.txt"));
        if bless {
            fs::write(&listing, now)?;
            continue;
        }
        let committed = fs::read_to_string(&listing)?;
        for line in committed.lines().filter(|line| !contains(&now, line)) {
            changes += &format!("-{line}\n");
        }
        for line in now.lines().filter(|line| !contains(&committed, line)) {
            changes += &format!("+{line}\n");
        }
    }
    Ok(match changes.is_empty() {
        true => Outcome::Same,
        false => Outcome::Different(changes),
    })
}

#[derive(serde::Deserialize)]
struct Format {
    format_version: u64,
}

fn contains(text: &str, line: &str) -> bool {
    text.lines().any(|other| other == line)
}

/// Runs rustdoc on a crate, and returns the path of the JSON.
fn rustdoc_json(name: &str, features: &str) -> Result<PathBuf> {
    // A separate directory: otherwise the flags would make cargo rebuild the documentation.
    let target = target_directory().join("public-api");
    let status = Command::new(cargo())
        .current_dir(workspace())
        .args(["rustdoc", "--quiet", "--lib", "--package", name])
        .args(["--features", features, "--target-dir"])
        .arg(&target)
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .env("RUSTC_BOOTSTRAP", "1")
        .status()?;
    if !status.success() {
        return Err(format!("rustdoc fails for {name}").into());
    }
    Ok(target.join(format!("doc/{}.json", name.replace('-', "_"))))
}
