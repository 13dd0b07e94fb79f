//! The tests under AddressSanitizer and ThreadSanitizer, which the stable toolchain ships for Linux.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::openssl::{cargo, host_triple, rustc, target_directory};
use crate::{Result, workspace};

/// The kind of fault to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the command names them all")]
pub enum Sanitizer {
    /// Memory that is used after it was freed or past its end, and memory that is never freed.
    Address,
    /// Memory that threads use at the same time without a lock.
    Thread,
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Sanitizer::Address => "address",
            Sanitizer::Thread => "thread",
        }
    }
}

/// The result of [`run`].
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the command handles every outcome")]
pub enum Outcome {
    /// The tests passed, and the sanitizer found nothing.
    Passed,
    /// This toolchain cannot run the sanitizer, for this reason.
    Skipped(String),
}

/// Tests that are not run: the test of the compiler's messages, which runs no code of the library;
/// the demonstration with CPython; and the tests that measure memory, because the sanitizers use
/// memory themselves.
const NOT_RUN: [&str; 4] = [
    "compiler_errors_for_python_names",
    "cpython_may_crash_when_setters_run_during_handshakes",
    "files_are_not_read_into_memory",
    "idle_connections_hold_no_openssl_buffers",
];

/// Tests in which several threads use the same contexts and connections.
const OF_THREADS: [&str; 17] = [
    "asyncio::",
    "callbacks::",
    "cancel::",
    "context::trust_tests::",
    "every_poll::",
    "floods::",
    "full_duplex::",
    "lazy::",
    "leniency::",
    "live::",
    "live_context::",
    "lock::",
    "peer_checks::",
    "questions::",
    "reentry::",
    "resumption::",
    "split::",
];

/// The directories of the modules that [`OF_THREADS`] names.
#[cfg(test)]
const PLACES: [&str; 3] = ["src", "tests/behaviour", "tests/aio"];

/// Runs tests under a sanitizer: under AddressSanitizer all but the doctests, under ThreadSanitizer
/// those of several threads. With `filters`, only the tests whose names contain one of them.
///
/// # Errors
///
/// If a test fails or the sanitizer reports a fault. The report is on standard error.
pub fn run(sanitizer: Sanitizer, filters: &[&str]) -> Result<Outcome> {
    let host = host_triple()?;
    if let Some(why) = missing(sanitizer, &host)? {
        return Ok(Outcome::Skipped(why));
    }
    let directory = target_directory().join("sanitize").join(sanitizer.name());
    std::fs::create_dir_all(&directory)?;
    if let Some(why) = find_planted_fault(sanitizer, &directory)? {
        return Ok(Outcome::Skipped(why));
    }
    let status = match sanitizer {
        Sanitizer::Address => address(&host, filters)?,
        Sanitizer::Thread => thread(&host, filters)?,
    };
    if status.success() {
        Ok(Outcome::Passed)
    } else {
        Err(format!("the tests under the sanitizer failed: {status}").into())
    }
}

/// Compiles and runs a program with a fault, and checks that the sanitizer reports the fault.
/// Without this check, a run without reports would prove nothing. Returns the compiler's error if
/// it refuses the flags.
fn find_planted_fault(sanitizer: Sanitizer, directory: &Path) -> Result<Option<String>> {
    let (source, report) = match sanitizer {
        Sanitizer::Address => (USE_AFTER_FREE, "heap-use-after-free"),
        Sanitizer::Thread => (DATA_RACE, "data race"),
    };
    let file = directory.join("planted.rs");
    let program = directory.join("planted");
    std::fs::write(&file, source)?;
    let compiled = Command::new(rustc())
        .args(["--edition", "2024", "-g", "-o"])
        .arg(&program)
        .arg(&file)
        .arg(format!("-Zsanitizer={}", sanitizer.name()))
        // This flag allows linking instrumented code with the compiler's standard library, which is
        // not instrumented.
        .arg("-Cunsafe-allow-abi-mismatch=sanitizer")
        .env("RUSTC_BOOTSTRAP", "1")
        .output()?;
    if !compiled.status.success() {
        let said = String::from_utf8_lossy(&compiled.stderr).into_owned();
        return Ok(Some(said));
    }
    let output = Command::new(program).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !said.contains(report) {
        return Err(
            format!("the sanitizer does not find a planted fault ({report})\n{said}").into(),
        );
    }
    Ok(None)
}

const USE_AFTER_FREE: &str = "\
fn main() {
    let pointer = Box::into_raw(Box::new(1_u32));
    unsafe {
        drop(Box::from_raw(pointer));
        pointer.write_volatile(2);
    }
}
";

const DATA_RACE: &str = "\
static mut COUNT: u32 = 0;
fn main() {
    let other = std::thread::spawn(|| unsafe { (&raw mut COUNT).write_volatile(1) });
    unsafe { (&raw mut COUNT).write_volatile(2) };
    other.join().unwrap();
}
";

fn address(host: &str, filters: &[&str]) -> Result<ExitStatus> {
    let all = ["--workspace", "--features", "requests,tokio"];
    // Some tests run the examples, which the selection of targets below does not build.
    let mut examples = cargo_with(Sanitizer::Address, "build", host);
    let built = examples.args(all).arg("--examples").status()?;
    if !built.success() {
        return Ok(built);
    }
    Ok(cargo_with(Sanitizer::Address, "test", host)
        .args(all)
        .args(["--lib", "--bins", "--tests"])
        .args(selection(filters))
        .env("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1")
        .status()?)
}

fn thread(host: &str, filters: &[&str]) -> Result<ExitStatus> {
    let suppressions = workspace().join("xtask/thread-sanitizer.txt");
    let options = format!(
        "suppressions={}:second_deadlock_stack=1:history_size=4",
        suppressions.display()
    );
    let filters = if filters.is_empty() {
        &OF_THREADS
    } else {
        filters
    };
    Ok(cargo_with(Sanitizer::Thread, "test", host)
        // The sanitizer knows only the locks of instrumented code and of the C library, so the
        // standard library is built with instrumentation.
        .arg("-Zbuild-std")
        .args(["--package", "pyssl", "--features", "tokio", "--lib"])
        .args(["--test", "behaviour", "--test", "aio"])
        .args(selection(filters))
        .env("TSAN_OPTIONS", options)
        .status()?)
}

/// The arguments of the test programs that select tests.
fn selection<'a>(filters: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--no-fail-fast", "--"];
    arguments.extend(filters);
    arguments.extend(NOT_RUN.iter().flat_map(|test| ["--skip", test]));
    arguments
}

/// A cargo command with a sanitizer, in a target directory of its own.
fn cargo_with(sanitizer: Sanitizer, subcommand: &str, host: &str) -> Command {
    let name = sanitizer.name();
    let mut command = Command::new(cargo());
    command
        .current_dir(workspace())
        .args([subcommand, "--target", host, "--target-dir"])
        .arg(target_directory().join("sanitize").join(name))
        // Allows the unstable flags on a stable toolchain.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", format!("-Zsanitizer={name}"))
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    // Tests run five to twenty times slower than they do otherwise.
    for (name, value) in [("PYSSL_PATIENCE", "3000"), ("PYSSL_STRESS_SECONDS", "2")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    command
}

/// Why this toolchain cannot run the sanitizer.
fn missing(sanitizer: Sanitizer, host: &str) -> Result<Option<String>> {
    if !host.ends_with("-unknown-linux-gnu") {
        return Ok(Some(format!("{host} is no Linux with glibc")));
    }
    let library = sysroot()?.join("lib/rustlib");
    let name = match sanitizer {
        Sanitizer::Address => "asan",
        Sanitizer::Thread => "tsan",
    };
    let runtimes = library.join(host).join("lib");
    let suffix = format!("_rt.{name}.a");
    let found = std::fs::read_dir(&runtimes)?
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().ends_with(&suffix));
    if !found {
        let runtimes = runtimes.display();
        return Ok(Some(format!(
            "there is no runtime `*{suffix}` in {runtimes}"
        )));
    }
    let sources = library.join("src/rust/library/Cargo.lock");
    if sanitizer == Sanitizer::Thread && !sources.is_file() {
        return Ok(Some(
            "the sources of the standard library are missing (`rustup component add rust-src`)"
                .to_owned(),
        ));
    }
    Ok(None)
}

pub(crate) fn sysroot() -> Result<PathBuf> {
    let output = Command::new(rustc())
        .args(["--print", "sysroot"])
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_for_thread_sanitizer_exist() {
        for filter in OF_THREADS {
            let file = format!("{}.rs", filter.trim_end_matches("::").replace("::", "/"));
            let exists = |place| workspace().join(place).join(&file).is_file();
            assert!(PLACES.into_iter().any(exists), "{filter}");
        }
    }
}
