//! Reads Python programs that use `ssl`, and shows the Rust lines of the crate `pyssl` for each use.
//!
//! The command `pyssl port` prints what [`Port::of`] finds. The rules are in one file, `rules.toml`,
//! from which the chapter `porting` of the documentation of `pyssl` is made.

mod constants;
mod error;
mod findings;
mod given;
mod guide;
mod kinds;
mod literals;
mod names;
mod pieces;
mod render;
mod report;
mod rules;
mod skeleton;
mod syntax;
mod tree;
mod value;
mod words;

pub use error::PortError;
pub use findings::Finding;
pub use guide::guide;
pub use report::{Entry, Port, Use};

/// The start of a file with [`Port::skeleton`]s: what their lines need.
pub const SKELETON_HEAD: &str = "\
#![allow(unused, unreachable_code, deprecated, non_snake_case, bindings_with_variant_name, clippy::all, reason = \"a skeleton\")]

use std::time::Duration;

use pyssl as ssl;

type AnyError = Box<dyn std::error::Error>;

/// A Python expression that is not ported yet.
fn py<T>(python: &str) -> T {
    todo!(\"{python}\")
}

/// How the lines of a `try` are left.
enum Leave<T = ()> {
    /// By their end.
    No,
    Break,
    Continue,
    Return(T),
}

/// The error of a `try`, if it is an `E`. Other errors are passed on.
fn caught<T, E>(result: Result<T, AnyError>) -> Result<Result<T, E>, AnyError>
where
    E: std::error::Error + 'static,
{
    let error = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(error) => error,
    };
    let error: AnyError = match error.downcast::<std::io::Error>() {
        Ok(error) => Box::new(ssl::Error::from(*error)),
        Err(error) => error,
    };
    error.downcast::<E>().map(|error| Err(*error))
}

";

/// Compiles and runs the code in the README.
#[cfg(doctest)]
mod readme {
    #[doc = include_str!("../README.md")]
    struct Readme;
}
