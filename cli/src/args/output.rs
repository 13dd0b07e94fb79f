//! How findings are printed, and which of them make the command fail.

use clap::{Args, ValueEnum};
use pyssl_ciphers::cipher::Severity;

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Print the findings in this format. Markdown and HTML have the tables of the report too
    ///
    /// Every format also lists the parts of --policy that were not compared: a cipher string has no groups, and a
    /// file no certificate. In SARIF they are results of the kind "open", in JUnit skipped test cases.
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    pub(crate) format: Option<Format>,

    /// The lowest severity of a finding that makes the exit code 1
    ///
    /// With this option, the exit code is 3 if there is no such finding, but a server did not answer a question.
    /// Parts of --policy that a string, a file or a context cannot have do not change the exit code.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
}

/// A format for findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for build servers
    Junit,
    /// Markdown tables
    Markdown,
    /// The line and the exit codes of a Nagios plugin
    Nagios,
    /// One static HTML page
    Html,
}

/// A severity that makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Only errors
    Error,
    /// Warnings and errors
    Warning,
    /// Every finding
    Note,
    /// No finding: it does not change the exit code
    Never,
}

impl FailOn {
    /// Whether a finding of this severity makes the command fail.
    pub(crate) fn counts(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Note => true,
            FailOn::Never => false,
        }
    }
}
