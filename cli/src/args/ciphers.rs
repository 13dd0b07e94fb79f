//! `pyssl ciphers`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use pyssl_ciphers::negotiate::Role;

use super::{KeyArgs, Version};

/// Show what a cipher string selects, what each part of it does, and what is wrong with it
///
/// The string is the one of OpenSSL and of Python's set_ciphers: HIGH:!aNULL:!MD5. Without one,
/// Python's default is shown; with "-", it is read from standard input. A string that begins with
/// a dash goes behind "--".
///
/// Unless something else is asked for, the suites are listed, one a line, in order of preference.
#[derive(Debug, Args)]
// -V is OpenSSL's here.
#[command(disable_version_flag = true)]
#[command(
    after_help = "Exit codes: 0 clean; 1 --lint or --policy found something of severity warning or \
                        error, --diff found the other string weaker, a version of --openssl \
                        refuses the string or makes it weaker, or a client that --profiles names \
                        cannot connect; 2 wrong usage, a string that is invalid or selects \
                        nothing, or a file on this machine."
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

    /// Try which suites a client (or with =server a server) can really negotiate, with a handshake
    /// in memory for each; without --cert, the server is lent certificates of each kind
    #[arg(
        long, value_name = "ROLE", num_args = 0..=1, require_equals = true,
        default_missing_value = "client",
        value_parser = PossibleValuesParser::new(["client", "server"]).map(|name| role(&name))
    )]
    pub(crate) usable: Option<Role>,

    /// Tell what other versions of OpenSSL make of the string
    #[arg(
        long, value_name = "VERSION", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(OPENSSL)
    )]
    pub(crate) openssl: Vec<String>,

    /// The same as --openssl all
    #[arg(long, conflicts_with = "openssl")]
    pub(crate) all_versions: bool,

    /// Tell what known clients would get from a server with the string: all of them, or with
    /// =NAME,NAME these, which then must be able to connect, or with =FILE those of a file
    #[arg(
        long, value_name = "NAMES|FILE", num_args = 0..=1, require_equals = true,
        default_missing_value = "", hide_default_value = true
    )]
    pub(crate) profiles: Option<String>,

    /// The server's certificate for --usable=server and --profiles, then its intermediates, and
    /// the key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    /// Lint the strings in these files: one a line, or the directives of nginx, Apache, HAProxy,
    /// Postfix and others; "-" is standard input
    #[arg(
        long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath,
        conflicts_with_all = ["string", "explain", "diff", "tls13", "usable", "openssl",
                              "all_versions", "profiles", "cert", "verbose"]
    )]
    pub(crate) server: Vec<PathBuf>,

    /// Print one JSON object; its "ciphers" is what Python's get_ciphers() returns
    #[arg(long)]
    pub(crate) json: bool,

    /// Print what `openssl ciphers -V` prints
    #[arg(
        short = 'V',
        conflicts_with_all = ["explain", "lint", "diff", "policy", "usable", "openssl",
                              "all_versions", "profiles", "cert", "json"]
    )]
    pub(crate) verbose: bool,
}

/// The versions that the library has tables of.
const OPENSSL: [&str; 4] = ["3.0", "3.6", "4.0", "all"];

fn role(name: &str) -> Role {
    if name == "server" {
        Role::Server
    } else {
        Role::Client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_are_those_of_the_library() {
        let known = pyssl_ciphers::cipher::KnownOpenssl::all();
        let names = known.iter().map(pyssl_ciphers::cipher::KnownOpenssl::name);
        assert!(names.chain(["all"]).eq(OPENSSL));
    }
}
