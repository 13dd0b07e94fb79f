//! `pyssl scan`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::{HostPort, seconds};

/// Find out what a server accepts: versions, suites in its order, groups, signature algorithms
///
/// Found by real handshakes, some dozens of them: what the server chose is taken out of the offer,
/// until it refuses. Certificates are not verified (connect does that), and nothing is sent after
/// a handshake. Only scan servers whose owner agrees.
///
/// Suites that this OpenSSL does not have cannot be found.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, and with --policy or --ciphers the server is as it should be; \
                        1 it is not; 2 wrong usage, or no handshake succeeded."
)]
pub(crate) struct ScanArgs {
    /// The server: example.org:443, [::1]:8443, [fe80::1%eth0]:443, https://example.org/
    #[arg(value_name = "HOST:PORT|URL")]
    pub(crate) address: HostPort,

    /// The name to ask for (SNI), if it is not HOST
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Hostname)]
    pub(crate) server_name: Option<String>,

    /// Compare with a guideline: mozilla-modern, mozilla-intermediate, rfc9325, or a file
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<String>,

    /// Compare with the cipher string that the server was meant to have
    #[arg(long, value_name = "STRING")]
    pub(crate) ciphers: Option<String>,

    /// How many connections are made a second, at most
    #[arg(long, value_name = "N", default_value = "20",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,

    /// How many seconds each connection and handshake may take
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
