//! The tests for Windows, under Wine in a Debian system of their own (`xtask/windows.sh`).

mod left_out;
mod summary;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use self::summary::Summary;
use crate::openssl::target_directory;
use crate::{Result, workspace};

pub use left_out::{LeftOut, all_tests, left_out};

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

/// The packages whose tests run.
const PACKAGES: &[&str] = &[
    "--package=pyssl",
    "--package=pyssl-ciphers",
    "--package=pyssl-cli",
    "--package=pyssl-renewal",
    "--package=pyssl-port",
    "--features=pyssl-renewal/acme",
    "--lib",
    "--bins",
];

/// The test binaries that run.
const TESTS: &[&str] = &[
    "acme",
    "aio",
    "behaviour",
    "cipher_assertions",
    "cipher_provider",
    "cipher_strings",
    "cli",
    "config_files",
    "fleet",
    "fuzz_corpus",
    "negotiate",
    "port",
    "reload",
    "requests",
    "wire",
];

/// The test binaries that do not run, with the reasons.
const OTHER_TESTS: &[(&str, &str)] = &[
    ("compile_messages", "it runs the compiler, which Wine lacks"),
    (
        "every_rule",
        "it uses every name of the library, and some exist on Unix only",
    ),
    ("interop_seed", "it runs CPython, which Wine lacks"),
    ("oracle", "it runs CPython, which Wine lacks"),
    ("parity", "it runs CPython, which Wine lacks"),
    (
        "skeletons",
        "it compares files of the repository, which are the same on all systems",
    ),
];

/// The directory with OpenSSL for Windows, if OpenSSL is not to be built from source.
const OPENSSL: &str = "PYSSL_WINDOWS_OPENSSL";

/// The exit code of the script if the Debian system cannot be installed.
const CANNOT_INSTALL: i32 = 3;

/// The test binaries that do not run on Windows, with the reasons.
pub fn other_tests() -> &'static [(&'static str, &'static str)] {
    OTHER_TESTS
}

/// Does the task, and writes its output and then one line for each test binary. The Debian system with Wine is
/// installed on first use, in `target/windows` or in the directory that `PYSSL_WINDOWS_ROOT` names. OpenSSL is built
/// from source, or is the one in the directory that `PYSSL_WINDOWS_OPENSSL` names.
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
        "--features=pyssl/requests,pyssl/tokio",
        "--no-fail-fast",
    ]);
    if std::env::var_os(OPENSSL).is_none_or(|path| path.is_empty()) {
        command.arg("--features=pyssl/vendored");
    }
    if task == Task::Build {
        command.arg("--no-run");
    }
    match arguments {
        [] => command
            .args(PACKAGES)
            .args(TESTS.iter().map(|name| format!("--test={name}"))),
        some => command.args(some),
    };
    // The script writes errors to its output, too, so that the two stay in order.
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let mut summary = Summary::default();
    if let Some(output) = process.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            summary.read(&line);
        }
    }
    let status = process.wait()?;
    print!("{summary}");
    match status.code() {
        Some(0) => Ok(Outcome::Passed),
        Some(CANNOT_INSTALL) => Ok(Outcome::Skipped("Wine cannot be installed here".to_owned())),
        _ => Err(format!("the tests for Windows failed: {status}").into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_test_binary_runs_on_windows_or_has_a_reason() {
        let mut found = BTreeSet::new();
        for package in ["", "ciphers", "cli", "port", "renewal"] {
            for entry in workspace().join(package).join("tests").read_dir().unwrap() {
                let path = entry.unwrap().path();
                if path.join("main.rs").exists() || path.extension().is_some_and(|end| end == "rs")
                {
                    found.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        let others = OTHER_TESTS.iter().map(|(name, _)| *name);
        let known: BTreeSet<_> = TESTS
            .iter()
            .copied()
            .chain(others)
            .map(str::to_owned)
            .collect();
        assert_eq!(found, known);
    }
}
