//! Tests that cannot run here, and say so.

use std::fmt::Display;
use std::io::Write;

/// Prints a line past libtest's capture, so that it is seen even if the test passes.
pub fn say_aloud(line: impl Display) {
    // In one piece, since other tests and other streams write there too.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Says aloud that the test, or a part of it, is skipped, and why.
pub fn skipped(why: impl Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    say_aloud(format_args!("SKIPPED {test}: {why}"));
}

/// The `openssl` program. Without one, says aloud that the test is skipped, and returns from it: with the value
/// given, or with nothing.
#[macro_export]
macro_rules! skip_without_openssl {
    ($($value:expr)?) => {
        match $crate::openssl_cli::openssl_or_say_so() {
            Some(openssl) => openssl,
            None => return $($value)?,
        }
    };
}

/// The Python to compare with. Without one, says aloud that the test is skipped, and returns from it: with the value
/// given, as in `skip_without_python!(Ok(()))`, or with nothing.
#[macro_export]
macro_rules! skip_without_python {
    ($($value:expr)?) => {
        match $crate::python::python_or_say_so() {
            Some(python) => python,
            None => return $($value)?,
        }
    };
}

/// As [`skip_without_python!`](crate::skip_without_python), for what depends on the release of OpenSSL: skips with a
/// Python that uses another one, too.
#[macro_export]
macro_rules! skip_without_same_openssl {
    ($($value:expr)?) => {
        match $crate::python::same_openssl_or_say_so() {
            Some(python) => python,
            None => return $($value)?,
        }
    };
}
