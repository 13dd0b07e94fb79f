//! The condition for a class in an `except` clause holds for exactly the errors of this class and of its subclasses.

use std::io;

use pyssl::requests;
use pyssl::{Error, SslError};

use crate::conditions::{ASYNCIO, REQUESTS, SSL};

/// An error of each variant. `Os` has an error for each class to which Python maps an `errno` of Linux.
fn errors() -> Vec<Error> {
    let detail = || Box::new(SslError::new("text"));
    let mut errors = vec![
        Error::Ssl(detail()),
        Error::ZeroReturn(detail()),
        Error::WantRead(detail()),
        Error::WantWrite(detail()),
        Error::Syscall(detail()),
        Error::Eof(detail()),
        Error::CertVerification(detail()),
        Error::Timeout("text"),
        Error::Value("text".into()),
        Error::Type("text".into()),
        Error::Unicode("text".into()),
        Error::Overflow("text".into()),
        Error::NotImplemented("text".into()),
        Error::Callback("text".into()),
        io::Error::other("text").into(),
    ];
    if cfg!(target_os = "linux") {
        // EPERM, ENOENT, ESRCH, EINTR, ECHILD, EAGAIN, EACCES, EEXIST, ENOTDIR, EISDIR, EINVAL, EPIPE, ESHUTDOWN,
        // ECONNABORTED, ECONNRESET, ETIMEDOUT, ECONNREFUSED, EALREADY and EINPROGRESS.
        for number in [
            1, 2, 3, 4, 10, 11, 13, 17, 20, 21, 22, 32, 108, 103, 104, 110, 111, 114, 115,
        ] {
            errors.push(io::Error::from_raw_os_error(number).into());
        }
    }
    errors
}

/// The variants of an enum, from the listing of the public API.
fn variants(name: &str) -> Vec<&'static str> {
    let listing = include_str!("../../../docs/public-api/pyssl.txt");
    let start = format!("pub pyssl::{name}::");
    let lines = listing.lines();
    let lines = lines.map(|line| line.trim_start_matches("#[non_exhaustive] "));
    let names = lines.filter_map(|line| line.strip_prefix(&start));
    let names = names.map(|name| name.split(['(', ':', ' ']).next().unwrap_or(name));
    let is_variant = |name: &&str| name.starts_with(char::is_uppercase);
    let mut names: Vec<&str> = names.filter(is_variant).collect();
    names.dedup();
    names
}

fn has_all_variants(name: &str, errors: &[impl std::fmt::Debug]) {
    let texts: Vec<String> = errors.iter().map(|error| format!("{error:?}")).collect();
    let variants = variants(name);
    assert!(variants.len() > 10, "{variants:?}");
    for variant in variants {
        let is_there = texts.iter().any(|text| text.starts_with(variant));
        assert!(is_there, "no example of {name}::{variant}");
    }
}

/// Prints, for each class of an error and each caught class, whether the clause catches the error.
const SCRIPT: &str = "
import asyncio, builtins, socket, ssl, sys
def find(name):
    if '.' in name:
        module, name = name.split('.')
        return getattr(sys.modules[module], name)
    return next(getattr(m, name) for m in (builtins, ssl, socket) if hasattr(m, name))
errors, caught = (text.split() for text in sys.argv[1:])
for error in errors:
    print(*(int(issubclass(find(error), find(name))) for name in caught))
";

fn compare(table: &[(&str, fn(&Error) -> bool)]) {
    let Some(python) = pyssl_testing::python::python_or_skip() else {
        return;
    };
    let errors = errors();
    has_all_variants("Error", &errors);
    let classes: Vec<&str> = errors.iter().map(Error::python_class).collect();
    let caught: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    let output = python.run(SCRIPT, &[classes.join(" "), caught.join(" ")]);
    let rows: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(rows.len(), errors.len(), "{}", output.stderr);
    for (error, row) in errors.iter().zip(rows) {
        for ((name, condition), python) in table.iter().zip(row.split(' ')) {
            let class = error.python_class();
            // `Error::Unicode` also stands for these two subclasses.
            let is_variant = matches!(*name, "UnicodeDecodeError" | "UnicodeEncodeError");
            let python = if is_variant && class == "UnicodeError" {
                "1"
            } else {
                python
            };
            assert_eq!(condition(error), python == "1", "except {name}: {class}");
        }
    }
}

#[test]
fn an_arm_matches_the_errors_that_pythons_except_clause_catches() {
    compare(SSL);
}

#[test]
fn an_arm_of_asyncio_matches_the_errors_that_pythons_except_clause_catches() {
    compare(ASYNCIO);
}

/// The classes of requests, with their bases, from its `exceptions.py`. The `InvalidJSONError` of this crate is also
/// the `JSONDecodeError` of a response, which is a `ValueError`.
const CLASSES: &[(&str, &str)] = &[
    ("RequestException", "OSError"),
    ("InvalidJSONError", "RequestException ValueError"),
    ("HTTPError", "RequestException"),
    ("ConnectionError", "RequestException"),
    ("ProxyError", "ConnectionError"),
    ("SSLError", "ConnectionError"),
    ("Timeout", "RequestException"),
    ("ConnectTimeout", "ConnectionError Timeout"),
    ("ReadTimeout", "Timeout"),
    ("TooManyRedirects", "RequestException"),
    ("MissingSchema", "RequestException ValueError"),
    ("InvalidSchema", "RequestException ValueError"),
    ("InvalidURL", "RequestException ValueError"),
    ("InvalidHeader", "RequestException ValueError"),
    ("InvalidProxyURL", "InvalidURL"),
    ("ChunkedEncodingError", "RequestException"),
    ("ContentDecodingError", "RequestException"),
    ("RetryError", "RequestException"),
    ("UnrewindableBodyError", "RequestException"),
    ("OSError", "Exception"),
    ("ValueError", "Exception"),
    ("Exception", "BaseException"),
];

fn inherits(class: &str, base: &str) -> bool {
    let found = CLASSES.iter().find(|(name, _)| *name == class);
    class == base
        || found.is_some_and(|(_, bases)| bases.split(' ').any(|class| inherits(class, base)))
}

#[test]
fn an_arm_of_requests_matches_the_errors_that_pythons_except_clause_catches() {
    use requests::Error as E;
    let errors = [
        E::SSLError(Error::Timeout("text")),
        E::ConnectionError("text".into()),
        E::ProxyError("text".into()),
        E::RetryError(500),
        E::ConnectTimeout,
        E::ReadTimeout,
        E::ChunkedEncodingError("text".into()),
        E::UnrewindableBodyError("text".into()),
        E::ContentDecodingError("text".into()),
        E::MissingSchema("text".into()),
        E::InvalidSchema("text".into()),
        E::InvalidURL("text".into()),
        E::InvalidHeader("text".into()),
        E::InvalidProxyURL("text".into()),
        E::InvalidJSONError("text".into()),
        E::ValueError("text".into()),
        E::OSError("text".into()),
    ];
    for error in &errors {
        let text = format!("{error:?}");
        let class = text.split('(').next().unwrap_or_default();
        assert!(CLASSES.iter().any(|(name, _)| *name == class), "{class}");
        for (name, condition) in REQUESTS {
            let base = name.trim_start_matches("requests.");
            assert_eq!(
                condition(error),
                inherits(class, base),
                "except {name}: {class}"
            );
        }
    }
}
