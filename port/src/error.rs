//! Why a file cannot be read.

use std::fmt;

/// Why a file cannot be read as Python.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortError {
    /// The file is larger than the limit, which no program written by hand reaches.
    #[non_exhaustive]
    TooLarge {
        /// The limit in bytes.
        most: usize,
    },
    /// The file is not UTF-8.
    #[non_exhaustive]
    NotUtf8 {
        /// The line of the first byte that is not UTF-8.
        line: usize,
    },
    /// The file has a NUL, which Python refuses too.
    #[non_exhaustive]
    Nul {
        /// The line of the first NUL.
        line: usize,
    },
    /// Brackets, blocks or expressions are nested deeper than Python allows.
    #[non_exhaustive]
    TooDeep {
        /// The line at which the nesting is too deep.
        line: usize,
    },
    /// The parser gave up before the end of the file.
    NotParsed,
    /// A fault of this crate or of the system: the reader panicked, or its thread could not be
    /// started. The file may be valid.
    #[non_exhaustive]
    Fault {
        /// The text of the panic, or of the system's error.
        message: String,
    },
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortError::TooLarge { most } => write!(f, "the file has more than {} MiB", most >> 20),
            PortError::NotUtf8 { line } => write!(f, "line {line} is not UTF-8"),
            PortError::Nul { line } => write!(f, "line {line} has a NUL byte"),
            PortError::TooDeep { line } => write!(f, "line {line} is nested too deeply"),
            PortError::NotParsed => f.write_str("the file is too unlike Python to be parsed"),
            PortError::Fault { message } => f.write_str(message),
        }
    }
}

impl std::error::Error for PortError {}
