//! `pyssl ciphers`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use pyssl_ciphers::negotiate::Role;

use super::{KeyArgs, OutputArgs, Version, policy_help};

const EXIT_CODES: &str = "Exit codes: 0 no problem; 1 --lint or --policy found a warning or error, --diff found \
                  the other string weaker, a version of --openssl rejects the string or makes it \
                  weaker, or a client named with --profiles cannot connect; 2 wrong usage, a string \
                  that is invalid or selects nothing, or an error of a local file; 3 otherwise, if it is unknown \
                  whether a client named with --profiles connects.";

/// The formats of --policy and --profiles.
const FILES: &str = r#"A policy file (TOML); every key of a rule is optional:
    name = "ours"
    version = "1"
    source = "https://wiki.example/tls"
    extends = "rfc9325"                       # whose rules hold too
    [[rule]]
    section = "2"
    versions = ["TLSv1.2", "TLSv1.3"]         # may be on
    require-versions = ["TLSv1.3"]            # must be on
    allow = ["ECDHE-RSA-AES128-GCM-SHA256"]   # no other suites
    forbid = ["rc4", "kRSA+AESGCM"]           # suites or weaknesses
    avoid = ["static-rsa"]                    # a warning
    prefer = ["forward-secrecy"]
    expect = ["TLS_AES_128_GCM_SHA256"]       # at least one of these
    groups = ["x25519", "secp256r1"]          # no other groups
    expect-groups = ["secp256r1"]             # all of these
    signatures = ["rsa_pss_rsae_sha256"]      # no other signature schemes
    forbid-digests = ["md5", "sha1"]          # in signatures of the handshake
    require-features = ["secure-renegotiation", "extended-master-secret"]
    forbid-features = ["compression"]         # also expect-features, avoid-features: a warning
    keys = { rsa = 2048, ec = 256, dh = 2048, dsa = 2048 }
    certificates = { kinds = ["ecdsa"], curves = ["secp256r1"], signatures = ["ecdsa-with-SHA256"],
                     forbid-digests = ["sha1"], days = 90 }

A file of profiles (TOML):
    [[profile]]
    name = "terminal"
    source = "captured in the laboratory"
    versions = ["TLSv1.2"]
    ciphers = ["AES128-SHA"]
    groups = ["prime256v1"]"#;

/// Show the suites of a cipher string, the effect of each part, and its problems
///
/// The string has the format of OpenSSL and of Python's set_ciphers, for example HIGH:!aNULL:!MD5.
/// The default is Python's; "-" reads standard input. Put "--" before a string that begins with a
/// dash.
///
/// By default the suites are listed, one per line, in order of preference.
#[derive(Debug, Args)]
// -V is the option of `openssl ciphers`.
#[command(disable_version_flag = true)]
#[command(
    after_help = EXIT_CODES,
    after_long_help = format!("{EXIT_CODES}\n\n{FILES}"),
)]
pub(crate) struct CiphersArgs {
    /// The cipher string
    #[arg(value_name = "STRING")]
    pub(crate) string: Option<OsString>,

    /// Show which suites each part added, removed, moved or permanently excluded
    #[arg(long)]
    pub(crate) explain: bool,

    /// With --explain: list every suite, not only the first few
    #[arg(long, requires = "explain")]
    pub(crate) full: bool,

    /// Report the problems of the string
    #[arg(long)]
    pub(crate) lint: bool,

    /// Print a corrected string that has no warnings (with --policy: no violations either), and the
    /// suites before and after. With --server, print the changed lines
    #[arg(long)]
    pub(crate) fix: bool,

    /// Show the changes if this string replaces STRING
    #[arg(long, value_name = "OTHER")]
    pub(crate) diff: Option<OsString>,

    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath,
          help = policy_help("Compare with a guideline"))]
    pub(crate) policy: Option<String>,

    /// The lowest enabled version [default: 1.2]
    #[arg(long, value_name = "VERSION")]
    pub(crate) min: Option<Version>,

    /// The highest enabled version [default: 1.3]
    #[arg(long, value_name = "VERSION")]
    pub(crate) max: Option<Version>,

    /// The suites of TLS 1.3, which the cipher string does not affect
    #[arg(long, value_name = "SUITES")]
    pub(crate) tls13: Option<String>,

    /// Test with handshakes in memory which suites a client (with =server: a server) can negotiate.
    /// Without --cert, the server uses test certificates of each key type
    #[arg(
        long, value_name = "ROLE", num_args = 0..=1, require_equals = true,
        default_missing_value = "client",
        value_parser = PossibleValuesParser::new(["client", "server"]).map(|name| role(&name))
    )]
    pub(crate) usable: Option<Role>,

    /// Show the suites that other versions of OpenSSL select for the string; all leaves out 1.1.1
    #[arg(
        long, value_name = "VERSION", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(OPENSSL)
    )]
    pub(crate) openssl: Vec<String>,

    /// The same as --openssl all
    #[arg(long, conflicts_with = "openssl")]
    pub(crate) all_versions: bool,

    /// Show what known clients negotiate with a server that uses the string. =NAME,NAME selects
    /// clients, which must be able to connect; =FILE reads clients from a TOML file
    #[arg(
        long, value_name = "NAMES|FILE", num_args = 0..=1, require_equals = true,
        default_missing_value = "", hide_default_value = true
    )]
    pub(crate) profiles: Option<String>,

    /// The server's certificate for --usable=server and --profiles, with its intermediates, and the
    /// key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    /// Read the TLS settings of configuration files (nginx, Apache, HAProxy, Postfix, Dovecot,
    /// OpenLDAP, PostgreSQL, Kubernetes and others), of source code, or of a file with one string per
    /// line; included files are read too; "-" is standard input. With --policy, judge each server;
    /// with --openssl, show what other versions refuse or weaken
    #[arg(
        long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath,
        conflicts_with_all = ["string", "explain", "diff", "tls13", "usable", "profiles", "cert",
                              "verbose"]
    )]
    pub(crate) server: Vec<PathBuf>,

    /// Print one JSON object; its "ciphers" is the result of Python's get_ciphers()
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Print the output of `openssl ciphers -V`
    #[arg(
        short = 'V',
        conflicts_with_all = ["explain", "lint", "fix", "diff", "policy", "usable", "openssl",
                              "all_versions", "profiles", "cert", "json", "format"]
    )]
    pub(crate) verbose: bool,
}

/// The versions for which the library has tables.
const OPENSSL: [&str; 6] = ["1.1.1", "3.0", "3.5", "3.6", "4.0", "all"];

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
    fn every_file_named_in_the_help_is_accepted() {
        let (policy, profiles) = FILES.split_once("\n\n").unwrap();
        let file = |text: &'static str| text.split_once('\n').unwrap().1;
        pyssl_ciphers::cipher::Policy::parse(file(policy)).unwrap();
        pyssl_ciphers::negotiate::Profile::parse(file(profiles)).unwrap();
    }

    #[test]
    fn openssl_versions_in_the_help_match_the_library() {
        let known = pyssl_ciphers::cipher::KnownOpenssl::all();
        let names = known.iter().map(pyssl_ciphers::cipher::KnownOpenssl::name);
        assert!(names.chain(["all"]).eq(OPENSSL));
    }
}
