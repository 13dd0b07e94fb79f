//! `cargo xtask`: pyssl's maintenance tasks.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use xtask::sanitize::{self, Sanitizer};
use xtask::{Result, ciphers, openssl, reasons, targets, windows, workspace};

const USAGE: &str = "\
usage: cargo xtask reasons <OpenSSL version> <include directory>...
           prints the table of reason names for src/error/reasons/
       cargo xtask ciphers <OpenSSL version> <where the build is from>
           writes the table of suites in ciphers/src/cipher/tables/ (for versions that `cargo xtask openssl`
           does not build: xtask/ciphers.py)
       cargo xtask nameprep <Python>
           writes src/hostname/nameprep.txt, the tables of CPython's codec for host names
       cargo xtask openssl <OpenSSL version>
           builds that OpenSSL once, with its program, and prints its directory, for OPENSSL_DIR
       cargo xtask sanitize <address|thread> [test name]...
           runs the tests under AddressSanitizer, or those of several threads under ThreadSanitizer
       cargo xtask check-targets [target]...
           runs `cargo check` for Windows, macOS and FreeBSD
       cargo xtask windows <build|test> [argument of cargo test]...
           compiles for Windows, or runs the tests under Wine
       cargo xtask windows list
           lists the tests that are not run on Windows, and why
       cargo api [--bless]
           compares docs/public-api/ with the public items of the crates, or writes it anew
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(output) => {
            print!("{output}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["reasons", version, ref directories @ ..] if !directories.is_empty() => {
            let directories: Vec<PathBuf> = directories.iter().map(PathBuf::from).collect();
            reasons::table(version, &directories)
        }
        ["ciphers", version, build] => ciphers::write_table(version, build),
        ["nameprep", python] => write_nameprep(python),
        ["openssl", version] => Ok(format!("{}\n", openssl::build(version)?.display())),
        ["sanitize", "address", ref filters @ ..] => run_sanitizer(Sanitizer::Address, filters),
        ["sanitize", "thread", ref filters @ ..] => run_sanitizer(Sanitizer::Thread, filters),
        ["check-targets", ref targets @ ..] => check_targets(targets),
        ["windows", "build", ref arguments @ ..] => run_windows(windows::Task::Build, arguments),
        ["windows", "test", ref arguments @ ..] => run_windows(windows::Task::Test, arguments),
        ["windows", "list"] => list_left_out(),
        #[cfg(feature = "api")]
        ["api"] => compare_api(false),
        #[cfg(feature = "api")]
        ["api", "--bless"] => compare_api(true),
        _ => Err(USAGE.into()),
    }
}

fn write_nameprep(python: &str) -> Result<String> {
    let script = workspace().join("xtask/nameprep.py");
    let output = Command::new(python).arg(script).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let file = workspace().join("src/hostname/nameprep.txt");
    std::fs::write(&file, output.stdout)?;
    Ok(format!("{}\n", file.display()))
}

fn run_sanitizer(sanitizer: Sanitizer, filters: &[&str]) -> Result<String> {
    Ok(match sanitize::run(sanitizer, filters)? {
        sanitize::Outcome::Passed => "the sanitizer found nothing\n".to_owned(),
        sanitize::Outcome::Skipped(why) => format!("SKIPPED the sanitizer: {why}\n"),
    })
}

fn check_targets(targets: &[&str]) -> Result<String> {
    Ok(match targets::check(targets)? {
        targets::Outcome::Passed => "done\n".to_owned(),
        targets::Outcome::Skipped(why) => format!("SKIPPED the other targets: {why}\n"),
    })
}

fn run_windows(task: windows::Task, arguments: &[&str]) -> Result<String> {
    Ok(match windows::run(task, arguments)? {
        windows::Outcome::Passed => "done\n".to_owned(),
        windows::Outcome::Skipped(why) => format!("SKIPPED Windows: {why}\n"),
    })
}

fn list_left_out() -> Result<String> {
    let mut text = String::new();
    let left_out = windows::left_out()?;
    for test in &left_out {
        text += &format!("{test}\n");
    }
    text += &format!("{} of {} tests\n", left_out.len(), windows::all_tests()?);
    for (binary, reason) in windows::other_tests() {
        text += &format!("all of the test binary {binary}: {reason}\n");
    }
    Ok(text)
}

#[cfg(feature = "api")]
fn compare_api(bless: bool) -> Result<String> {
    use xtask::api::{Outcome, compare};

    match compare(bless)? {
        Outcome::Same => Ok("the public API matches the listing\n".to_owned()),
        Outcome::Skipped(why) => Ok(format!("SKIPPED the listing of the public API: {why}\n")),
        Outcome::Different(changes) => Err(format!(
            "{changes}The public API differs from docs/public-api/. If this is intended, run `cargo api --bless` \
             and commit the listing."
        )
        .into()),
    }
}
