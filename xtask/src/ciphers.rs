//! Writes the tables with which a version of OpenSSL evaluates cipher strings.

use std::ffi::OsString;
use std::process::Command;

use crate::{Result, openssl, workspace};

/// Writes `ciphers/src/cipher/tables/openssl-<version>.json`, and returns its path. `build` describes the
/// library's origin.
///
/// # Errors
///
/// If the version is neither 3.0 (which must be the system's) nor one of [`openssl::VERSIONS`], or if
/// cargo fails.
pub fn write_table(version: &str, build: &str) -> Result<String> {
    let file = workspace().join(format!("ciphers/src/cipher/tables/openssl-{version}.json"));
    let mut command = Command::new(openssl::cargo());
    command.current_dir(workspace());
    command.args(["test", "--quiet", "--package", "pyssl-ciphers", "--lib"]);
    match version {
        "3.0" => {}
        "3.6" => {
            command.args(["--features", "vendored"]);
        }
        _ => {
            command.env("OPENSSL_DIR", openssl::build(version)?);
            command.env("OPENSSL_STATIC", "1");
        }
    }
    let mut wanted = OsString::from(&file);
    wanted.push(format!("={build}"));
    command.env("PYSSL_CIPHER_TABLE", wanted);
    // With `PYSSL_CIPHER_TABLE`, the test that compares the table with the library writes the
    // table.
    command.arg("cipher::table");
    let status = command.stdout(std::process::Stdio::null()).status()?;
    if !status.success() {
        return Err("cargo test failed".into());
    }
    Ok(format!("{}\n", file.display()))
}
