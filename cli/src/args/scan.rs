//! `pyssl scan`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::{StartTlsArg, Target, seconds};

/// Find the versions, suites and their order, groups and signature algorithms of a server
///
/// Sends some dozens of ClientHellos. The first offers all suites; each further one leaves out the
/// suite that the server chose last, until the server refuses. The offers have every suite and
/// group of the TLS registry, from SSL 2.0 to TLS 1.3, even those that the linked OpenSSL does not
/// support. No handshake is finished, except to read the certificates of a TLS 1.3 server;
/// certificates are not verified (use connect). Only scan servers with their owner's consent.
///
/// If the server does not answer a ClientHello (a time-out, a reset, a closed connection), it is
/// sent again after a longer pause. If there is still no answer, the report says which results are
/// unknown.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 success, and the server matches --policy or --ciphers if given; 1 it does \
                  not match; 2 wrong usage, or the server accepts no offer; 3 some questions had no \
                  answer, and the answers show no mismatch."
)]
pub(crate) struct ScanArgs {
    /// The server: example.org, [::1]:8443, [fe80::1%eth0]:443, https://example.org/, smtp://example.org;
    /// the default port is 443
    #[arg(value_name = "HOST[:PORT]|URL")]
    pub(crate) target: Target,

    /// The protocol that comes before TLS. By default it follows from the URL or from a usual port
    /// (25 and 587: smtp)
    #[arg(long, value_name = "PROTOCOL", value_parser = StartTlsArg::parser())]
    pub(crate) starttls: Option<StartTlsArg>,

    /// The server name to send (SNI), if it is not HOST
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Hostname)]
    pub(crate) server_name: Option<String>,

    /// Compare with a guideline: mozilla-modern, mozilla-intermediate, rfc9325, or a TOML file
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<String>,

    /// Compare with the server's intended cipher string
    #[arg(long, value_name = "STRING")]
    pub(crate) ciphers: Option<String>,

    /// The maximum number of connections per second
    #[arg(long, value_name = "N", default_value = "20",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,

    /// Time-out in seconds for each connection and handshake
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
