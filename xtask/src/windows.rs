//! The tests for Windows, under Wine in a Debian system of their own (`xtask/windows.sh`).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::openssl::target_directory;
use crate::{Result, workspace};

/// The tasks for the target `x86_64-pc-windows-gnu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the command names them all")]
pub enum Task {
    /// Compiles and links everything.
    Build,
    /// Runs the tests. Arguments of `cargo test` choose some of them.
    Test,
}

/// The result of [`run`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the command handles every outcome")]
pub enum Outcome {
    /// The task was done.
    Passed,
    /// This machine cannot do the task, for this reason.
    Skipped(String),
}

/// The packages, and the tests that need neither CPython nor the system's OpenSSL.
const ALL: &[&str] = &[
    "--package=pyssl",
    "--package=pyssl-ciphers",
    "--package=pyssl-cli",
    "--package=pyssl-renewal",
    "--package=pyssl-port",
    "--features=pyssl-renewal/acme",
    "--lib",
    "--bins",
    "--test=acme",
    "--test=aio",
    "--test=behaviour",
    "--test=cipher_assertions",
    "--test=cipher_provider",
    "--test=cipher_strings",
    "--test=cli",
    "--test=config_files",
    "--test=every_rule",
    "--test=fleet",
    "--test=fuzz_corpus",
    "--test=negotiate",
    "--test=port",
    "--test=reload",
    "--test=requests",
    "--test=wire",
];

/// The marker of tests that are not compiled for Windows. The reason follows.
const NOT_COMPILED: &str = "// Not on Windows: ";

/// The start of the attribute of tests that are compiled for Windows, but not run there.
const IGNORED: &str = "#[cfg_attr(windows, ignore = \"";

/// The exit code of the script if the Debian system cannot be installed.
const CANNOT_INSTALL: i32 = 3;

/// Does the task. The Debian system with Wine is installed on first use, in `target/windows` or in the directory that
/// `PYSSL_WINDOWS_ROOT` names.
///
/// # Errors
///
/// If the build or a test fails.
pub fn run(task: Task, arguments: &[&str]) -> Result<Outcome> {
    let directory = std::env::var_os("PYSSL_WINDOWS_ROOT")
        .map_or_else(|| target_directory().join("windows"), PathBuf::from);
    let mut command = Command::new(workspace().join("xtask/windows.sh"));
    command.arg(directory).args([
        "cargo",
        "test",
        "--target=x86_64-pc-windows-gnu",
        "--features=pyssl/vendored,pyssl/requests,pyssl/tokio",
        "--no-fail-fast",
    ]);
    if task == Task::Build {
        command.arg("--no-run");
    }
    match arguments {
        [] => command.args(ALL),
        some => command.args(some),
    };
    let status = command.status()?;
    match status.code() {
        Some(0) => Ok(Outcome::Passed),
        Some(CANNOT_INSTALL) => Ok(Outcome::Skipped("Wine cannot be installed here".to_owned())),
        _ => Err(format!("the tests for Windows failed: {status}").into()),
    }
}

/// The tests that are not run on Windows, each with its file and the reason.
///
/// # Errors
///
/// If a file cannot be read.
pub fn not_run() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for directory in ["tests", "ciphers", "cli", "port", "renewal", "src"] {
        collect(&workspace().join(directory), &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(directory: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path)?;
            let mut lines = text.lines();
            while let Some(line) = lines.next() {
                let line = line.trim();
                let ignored = line.strip_prefix(IGNORED);
                let ignored = ignored.map(|rest| rest.trim_end_matches("\")]"));
                let Some(reason) = line.strip_prefix(NOT_COMPILED).or(ignored) else {
                    continue;
                };
                let item = lines
                    .by_ref()
                    .find_map(|line| line.split_once("fn ").or_else(|| line.split_once("mod ")));
                let name = item.map_or("all tests", |(_, rest)| {
                    let end = rest.find(['(', ';']).unwrap_or(rest.len());
                    &rest[..end]
                });
                let file = path.strip_prefix(workspace()).unwrap_or(&path);
                found.push(format!("{}: {name}: {reason}", file.display()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_that_is_not_run_has_a_name_and_a_reason() {
        let found = not_run().unwrap();
        assert!(found.len() > 5, "{found:?}");
        for line in &found {
            let parts: Vec<&str> = line.splitn(3, ": ").collect();
            assert!(parts.len() == 3 && parts[2].len() > 10, "{line}");
        }
    }
}
