//! The failures that end the command with exit code 2.

use std::io::{self, Write};

use pyssl as ssl;

/// A failure before the work began, or while writing output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A local file, address or setting.
    #[error("{what}: {error}")]
    Setup {
        /// The operation that failed.
        what: String,
        /// The cause.
        error: ssl::Error,
    },
    /// Conflicting options that the parser does not detect.
    #[error("{0}")]
    Usage(String),
    /// Writing to standard output.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// Prints one line on standard error, and ignores write errors.
    pub(crate) fn print(&self) {
        let _ = writeln!(io::stderr(), "pyssl: {self}");
    }
}

/// Adds the operation that failed to an error.
pub(crate) trait WithContext<T> {
    /// Converts an error to a [`Failure::Setup`] with this text.
    fn with_context(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<ssl::Error>> WithContext<T> for Result<T, E> {
    fn with_context(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::Setup {
            what: what(),
            error: error.into(),
        })
    }
}
