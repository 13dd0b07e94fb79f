//! `cargo check` for other systems than this one.

use std::path::Path;
use std::process::Command;

use crate::openssl::{self, cargo, target_directory};
use crate::sanitize::sysroot;
use crate::{Result, workspace};

/// The targets that are checked. Nothing is linked or run for them. `x86_64-pc-windows-gnu` is not among them, because
/// `cargo xtask windows build` compiles and links for it.
pub const TARGETS: [&str; 4] = [
    "x86_64-pc-windows-msvc",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-unknown-freebsd",
];

/// All features, except `vendored`, which needs a C compiler for the target.
const FEATURES: &str = "--features=pyssl/requests,pyssl/tokio,pyssl/ureq,\
    pyssl-renewal/acme,pyssl-renewal/ocsp,pyssl-renewal/redis,pyssl-renewal/tokio";

/// The result of [`check`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the command handles every outcome")]
pub enum Outcome {
    /// The libraries and programs compile.
    Passed,
    /// This machine cannot check them, for this reason.
    Skipped(String),
}

/// Checks the libraries, programs and examples of the workspace for these targets, or for [`TARGETS`] if there are
/// none. The standard library is compiled from its sources. The check needs only the headers of OpenSSL, and those of
/// this system serve for every target. They come from `OPENSSL_DIR`, from the system, or from a build of 3.6. C code of
/// dependencies is not compiled.
///
/// # Errors
///
/// If something does not compile.
pub fn check(targets: &[&str]) -> Result<Outcome> {
    let sources = sysroot()?.join("lib/rustlib/src/rust/library/Cargo.lock");
    if !sources.is_file() {
        let missing =
            "the sources of the standard library are missing (`rustup component add rust-src`)";
        return Ok(Outcome::Skipped(missing.to_owned()));
    }
    let openssl = match std::env::var_os("OPENSSL_DIR") {
        Some(directory) => directory.into(),
        None if Path::new("/usr/include/openssl/ssl.h").is_file() => "/usr".into(),
        None => openssl::build("3.6")?,
    };
    let targets = if targets.is_empty() {
        &TARGETS
    } else {
        targets
    };
    let compiler = workspace().join("xtask/check-only-cc.sh");
    for target in targets {
        let status = Command::new(cargo())
            .current_dir(workspace())
            .args(["check", "-Zbuild-std=std,panic_abort", "--target", target])
            .args(["--workspace", "--lib", "--bins", "--examples", FEATURES])
            .arg("--target-dir")
            .arg(target_directory().join("targets"))
            // Allows the unstable flag on a stable toolchain.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("OPENSSL_DIR", &openssl)
            .env("OPENSSL_STATIC", "1")
            .env("TARGET_CC", &compiler)
            .env(
                "TARGET_AR",
                if target.ends_with("-msvc") {
                    compiler.as_os_str()
                } else {
                    "ar".as_ref()
                },
            )
            .env("SDKROOT", "/")
            .status()?;
        if !status.success() {
            return Err(format!("the check for {target} failed: {status}").into());
        }
    }
    Ok(Outcome::Passed)
}
