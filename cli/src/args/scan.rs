//! `pyssl scan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use crate::host_name::ascii_name;

use super::{OutputArgs, StartTlsArg, Target, policy_help, seconds};

/// Find the versions, suites, groups, signatures, certificates and settings of servers
///
/// Sends dozens of ClientHellos. The first offers all suites; each further one leaves out the suites
/// that the server has chosen so far, until the server refuses. The offers have every suite and group
/// of the TLS registry, and the suites of SSL 2.0, even those that the linked OpenSSL does not
/// support. OpenSSL finishes a few handshakes, to read the certificates of a TLS 1.3 server and to
/// try resumption. Attacks on implementations (Heartbleed, ROBOT and others) are not tried. Only scan
/// servers with their owner's consent.
///
/// If the server does not answer a ClientHello (a time-out, a reset, a closed connection), it is
/// sent again after a longer pause, and from then on there is one connection at a time. If there is
/// still no answer, the report says which results are unknown.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 success, and the server matches --policy or --ciphers if given; 1 it does \
                  not match, or a client named with --profiles cannot connect; 2 wrong usage, or there is no result: the server cannot be reached, never \
                  answers, does not speak TLS, or accepts no offer; 3 some questions had no \
                  answer, and the other answers show no mismatch, or it is unknown whether a client named with --profiles connects. For several servers: 1 if one of them has 1, \
                  else 2 if one has 2, else 3 if one has 3. Findings change the exit code only \
                  with --fail-on or --format nagios."
)]
pub(crate) struct ScanArgs {
    /// The servers: example.org, [::1]:8443, [fe80::1%eth0]:443, https://example.org/,
    /// smtp://example.org; the default port is 443
    #[arg(value_name = "HOST[:PORT]|URL", required_unless_present = "targets")]
    pub(crate) target: Vec<Target>,

    /// A file with more servers, one on each line; text after # is ignored, - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) targets: Option<PathBuf>,

    /// Scan every address of a name, not only the first that accepts connections
    #[arg(long)]
    pub(crate) all_addresses: bool,

    /// The protocol that comes before TLS. By default, the URL or a well-known port selects it (25
    /// and 587: smtp, and others)
    #[arg(long, value_name = "PROTOCOL", value_parser = StartTlsArg::parser())]
    pub(crate) starttls: Option<StartTlsArg>,

    /// The server name to send (SNI) and to find in the certificate, if it is not HOST. With several
    /// names, each is scanned
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = ascii_name,
          value_hint = ValueHint::Hostname)]
    pub(crate) server_name: Vec<String>,

    /// Trust only the authorities in this file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cafile: Option<PathBuf>,

    /// Trust only the authorities in this directory (made by `openssl rehash`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) capath: Option<PathBuf>,

    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath,
          help = policy_help("Compare with a guideline"))]
    pub(crate) policy: Option<String>,

    /// Compare with the server's intended cipher string
    #[arg(long, value_name = "STRING")]
    pub(crate) ciphers: Option<String>,

    /// Offer what known clients offer. =NAME,NAME selects clients, which must be able to connect;
    /// =FILE reads clients from a TOML file (`pyssl ciphers --help` shows the format)
    #[arg(
        long, value_name = "NAMES|FILE", num_args = 0..=1, require_equals = true,
        default_missing_value = "", hide_default_value = true
    )]
    pub(crate) profiles: Option<String>,

    /// The maximum number of connections per second to a server
    #[arg(long, value_name = "N", default_value = "100",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,

    /// The maximum number of connections to a server at the same time
    #[arg(long, value_name = "N", default_value = "4",
          value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) parallel: u32,

    /// Time-out in seconds for each connection and handshake
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// The time in seconds for one server, after which the remaining results are unknown
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) max_time: Duration,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
