//! Reports that a test cannot run here.

use std::fmt::Display;
use std::io::Write;

/// Prints a line past libtest's capture, so that it is visible even if the test passes.
pub fn print_uncaptured(line: impl Display) {
    // A single write keeps the line whole while other tests write to standard error.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Prints that the test, or a part of it, is skipped, and why.
pub fn skipped(why: impl Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    print_uncaptured(format_args!("SKIPPED {test}: {why}"));
}

/// The `openssl` program. Without one, prints that the test is skipped, and returns from it with the given value,
/// or with nothing.
#[macro_export]
macro_rules! skip_without_openssl {
    ($($value:expr)?) => {
        match $crate::openssl_cli::openssl_or_skip() {
            Some(openssl) => openssl,
            None => return $($value)?,
        }
    };
}

/// The Python to compare with. Without one, prints that the test is skipped, and returns from it with the given
/// value, as in `skip_without_python!(Ok(()))`, or with nothing.
#[macro_export]
macro_rules! skip_without_python {
    ($($value:expr)?) => {
        match $crate::python::python_or_skip() {
            Some(python) => python,
            None => return $($value)?,
        }
    };
}

/// Like [`skip_without_python!`](crate::skip_without_python), but also skips if Python uses another OpenSSL release.
#[macro_export]
macro_rules! skip_without_same_openssl {
    ($($value:expr)?) => {
        match $crate::python::same_openssl_or_skip() {
            Some(python) => python,
            None => return $($value)?,
        }
    };
}
