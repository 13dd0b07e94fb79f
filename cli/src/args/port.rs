//! `pyssl port`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::output::FailOn;

/// Show the Rust lines for a Python program that uses ssl, and what it does wrong
///
/// Reads Python 2 and 3, follows imports and what names are bound to, and prints for each use of ssl,
/// requests, smtplib and other modules with TLS the Rust line with your own names and arguments, what
/// differs, and the feature that it needs. Below are the findings, with the codes of `pyssl audit` and
/// `pyssl ciphers` (`pyssl explain CODE`), and how much of the program has a Rust line.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done; 1 there are findings of --fail-on; 2 wrong usage, or a file cannot be read.\n\
                  \nExamples:\n  pyssl port app.py\n  pyssl port --format markdown src > port.md\n  \
                  pyssl port --skeleton ../app-rs src"
)]
pub(crate) struct PortArgs {
    /// Python files, and directories whose files are read
    #[arg(value_name = "FILE|DIR", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// The format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PortFormat,

    /// The width of the text in columns; 120 and more show Python and Rust side by side in full
    #[arg(long, value_name = "COLUMNS", default_value = "100", value_parser = clap::value_parser!(u16).range(40..=400))]
    pub(crate) width: u16,

    /// Print the findings and the summary only
    #[arg(long)]
    pub(crate) findings: bool,

    /// The lowest severity of a finding that makes the exit code 1 [default: error]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    /// Also write a Cargo project to this new directory: the functions that use TLS with their Rust
    /// lines and control flow, everything else as comments
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) skeleton: Option<PathBuf>,

    /// With --skeleton: where the source of the crate pyssl is, instead of its version
    #[arg(long, value_name = "DIR", requires = "skeleton", value_hint = ValueHint::DirPath)]
    pub(crate) pyssl_path: Option<PathBuf>,
}

/// A format for ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PortFormat {
    /// Python and Rust side by side
    Text,
    /// A table for each file
    Markdown,
    /// One JSON object
    Json,
    /// The findings as SARIF 2.1.0, for code scanning
    Sarif,
}
