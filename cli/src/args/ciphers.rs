//! `pyssl ciphers`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::Version;

/// Show what a cipher string selects, what each part of it does, and what is wrong with it
///
/// The string is the one of OpenSSL and of Python's set_ciphers: HIGH:!aNULL:!MD5. Without one,
/// Python's default is shown; with "-", it is read from standard input. A string that begins with
/// a dash goes behind "--".
#[derive(Debug, Args)]
// -V is OpenSSL's here.
#[command(disable_version_flag = true)]
#[command(
    after_help = "Exit codes: 0 clean; 1 --lint or --policy found something of severity warning or \
                        error, or --diff found the other string weaker; 2 wrong usage, a string \
                        that is invalid or selects nothing, or a file on this machine."
)]
pub(crate) struct CiphersArgs {
    /// The cipher string
    #[arg(value_name = "STRING")]
    pub(crate) string: Option<OsString>,

    /// Tell what each part added, removed, moved or took out for good
    #[arg(long)]
    pub(crate) explain: bool,

    /// With --explain: list every suite, not only the first few
    #[arg(long, requires = "explain")]
    pub(crate) full: bool,

    /// Tell what is wrong with the string
    #[arg(long)]
    pub(crate) lint: bool,

    /// Tell what changes if this string takes the place of STRING
    #[arg(long, value_name = "OTHER")]
    pub(crate) diff: Option<OsString>,

    /// Compare with a guideline: mozilla-modern, mozilla-intermediate, rfc9325, or a file
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<String>,

    /// The lowest version that will be on [default: 1.2]
    #[arg(long, value_name = "VERSION")]
    pub(crate) min: Option<Version>,

    /// The highest version that will be on [default: 1.3]
    #[arg(long, value_name = "VERSION")]
    pub(crate) max: Option<Version>,

    /// The suites of TLS 1.3, which no cipher string governs
    #[arg(long, value_name = "SUITES")]
    pub(crate) tls13: Option<String>,

    /// Try which suites a client can really negotiate, with a handshake in memory for each
    #[arg(long)]
    pub(crate) usable: bool,

    /// Lint the strings in these files: one a line, or the directives of nginx, Apache, HAProxy,
    /// Postfix and others; "-" is standard input
    #[arg(
        long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath,
        conflicts_with_all = ["string", "explain", "diff", "tls13", "usable", "verbose"]
    )]
    pub(crate) server: Vec<PathBuf>,

    /// Print one JSON object; its "ciphers" is what Python's get_ciphers() returns
    #[arg(long)]
    pub(crate) json: bool,

    /// Print what `openssl ciphers -V` prints
    #[arg(
        short = 'V',
        conflicts_with_all = ["explain", "lint", "diff", "policy", "usable", "json"]
    )]
    pub(crate) verbose: bool,
}
