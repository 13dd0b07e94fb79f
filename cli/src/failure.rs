//! What ends the command with exit code 2.

use std::io::{self, Write};

use pyssl as ssl;

/// A failure before the work began, or of the output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something on this machine: a file, an address, a setting.
    #[error("{what}: {error}")]
    Setup {
        /// What could not be done.
        what: String,
        /// Why.
        error: ssl::Error,
    },
    /// Options that contradict each other in a way that the parser cannot see.
    #[error("{0}")]
    Usage(String),
    /// Writing to standard output.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// One line on standard error. That may be closed too; then there is nobody to tell.
    pub(crate) fn tell(&self) {
        let _ = writeln!(io::stderr(), "pyssl: {self}");
    }
}

/// Says what was being done when an error came.
pub(crate) trait Doing<T> {
    /// Turns an error into a [`Failure::Setup`] with these words.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: Into<ssl::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::Setup {
            what: what(),
            error: error.into(),
        })
    }
}
