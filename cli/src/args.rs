//! The command line's flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use pyssl as ssl;

mod acme;
mod audit;
mod ciphers;
mod explain;
mod output;
mod port;
mod scan;
mod target;

pub(crate) use acme::AcmeArgs;
pub(crate) use audit::{AuditArgs, ProtocolArg};
pub(crate) use ciphers::CiphersArgs;
pub(crate) use explain::{ExplainArgs, PageFormat};
pub(crate) use output::{FailOn, Format, OutputArgs};
pub(crate) use port::{PortArgs, PortFormat};
pub(crate) use scan::ScanArgs;
pub(crate) use target::{Endpoint, HostPort, StartTlsArg, Target};

/// Python's ssl module at the command line: TLS servers and clients on OpenSSL.
///
/// Try `pyssl demo` first: it needs no arguments or files.
#[derive(Debug, Parser)]
#[command(name = "pyssl", version = version(), propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 success, 1 TLS or the connection failed or a check found something, \
                  2 wrong usage, or an error of a local file or address, or a server that could not be scanned, \
                  3 a scan had questions without an answer.\n\
                        If SSLKEYLOGFILE names a file, TLS secrets are written to it, for Wireshark."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn version() -> String {
    format!("{} ({})", env!("CARGO_PKG_VERSION"), *ssl::OPENSSL_VERSION)
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Serve(ServeArgs),
    Connect(ConnectArgs),
    Ciphers(CiphersArgs),
    Audit(AuditArgs),
    Scan(ScanArgs),
    Explain(ExplainArgs),
    Port(PortArgs),
    /// Print shell completions
    ///
    /// For bash: pyssl completions bash > ~/.local/share/bash-completion/completions/pyssl
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the command or of a subcommand
    ///
    /// To read it: pyssl man connect | man -l -
    Man {
        /// The subcommand
        #[arg(value_name = "COMMAND")]
        of: Option<String>,
    },
}

/// Run a server and a client that exchange messages, and show the connection
///
/// Makes a certificate authority and a certificate for localhost, starts a server in a thread,
/// connects with full verification, and sends a message each way. Needs no preparation and leaves
/// no files behind.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Serve TLS clients until SIGTERM or SIGINT
///
/// The first line on standard output is "listening on ADDRESS:PORT". An error of one client prints
/// one line on standard error and does not affect other clients.
///
/// A renewed certificate is loaded when the files of --cert, --key and --password-file have changed and
/// then stayed unchanged for half a second, or at once on SIGHUP. Symbolic links may be replaced instead of
/// files, as certbot and Kubernetes do. If certificate and key do not match, or if the certificate is not
/// valid now or its chain does not verify, the old ones stay in use, and a line on standard error gives the
/// reason. Open connections continue, and sessions can be resumed.
///
/// With --acme, the certificate comes from an ACME server such as Let's Encrypt, and is renewed when the ACME server
/// suggests it, or after two thirds of its validity. Until the first one is there, handshakes fail. On SIGHUP, the
/// command asks the ACME server again for the time of the renewal. If that time has come, it renews the certificate,
/// even during the pause after a failure.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The address to listen on: localhost:8443, 0.0.0.0:8443, [::1]:8443; port 0 picks a free one
    #[arg(value_name = "HOST:PORT")]
    pub(crate) address: HostPort,

    /// The certificate and its intermediates, and the key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", required_unless_present = "url", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    /// Load a renewed certificate without a restart. The server always does so, with and without this option
    #[arg(long)]
    reload: bool,

    #[command(flatten)]
    pub(crate) acme: AcmeArgs,

    /// Require a client certificate from one of these authorities (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) client_ca: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) mode: ModeArgs,

    /// Time-out in seconds for the handshake, and for each read or write (with --http: for the request
    /// and its answer)
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// The number of clients to serve at once; further clients wait. The limit of open files
    /// (ulimit -n) applies too
    #[arg(long, value_name = "N", default_value = "512",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_clients: u32,

    /// The number of clients to serve at once from one address (for IPv6, one /64 network); further
    /// ones are disconnected [default: half of --max-clients, but at least 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_per_address: Option<u32>,

    /// Also log each served client
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

impl ServeArgs {
    /// The number of clients to serve at once from one address, if `most` clients are served in
    /// total. The default is half of `most`, so that one address cannot use all slots, but at least
    /// 16.
    pub(crate) fn max_per_address(&self, most: u32) -> u32 {
        self.max_per_address.unwrap_or_else(|| (most / 2).max(16))
    }
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ModeArgs {
    /// Answer any HTTP/1.x request with a text that names the protocol and cipher
    #[arg(long)]
    http: bool,

    /// Send received data back
    #[arg(long)]
    echo: bool,

    /// Wait for a message, answer "Hello from server!" and close (the default)
    #[arg(long)]
    hello: bool,
}

/// How the server answers a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Http,
    Echo,
    Hello,
}

impl ModeArgs {
    pub(crate) fn mode(&self) -> Mode {
        match (self.http, self.echo) {
            (true, _) => Mode::Http,
            (_, true) => Mode::Echo,
            _ => Mode::Hello,
        }
    }
}

/// Connect to a TLS server, and show the negotiated settings and the result of verification
///
/// Verifies the server like Python 3.13's create_default_context: against the system's trust store or
/// --cafile, with the strict checks of RFC 5280, and the host name.
///
/// The command sends no data. After the handshake it waits, because a TLS 1.3 server checks the client's
/// certificate only then. If the server rejects the client, it sends an alert, or closes or resets the
/// connection; this is a failure (exit code 1). The wait ends when the server sends data, or after four
/// times the duration of the handshake (at least 0.5 s, at most 2 s). In TLS 1.2, and after a session
/// ticket, it ends after two times that duration (at least 0.25 s, at most 1 s). If there was no error by
/// then, the command reports success.
#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The server: example.org, [::1]:8443, [fe80::1%eth0]:443, https://example.org/, smtp://example.org;
    /// the default port is 443
    #[arg(value_name = "HOST[:PORT]|URL")]
    pub(crate) target: Target,

    /// The protocol that comes before TLS. By default, the URL or a well-known port selects it (25 and
    /// 587: smtp, and others)
    #[arg(long, value_name = "PROTOCOL", value_parser = StartTlsArg::parser())]
    pub(crate) starttls: Option<StartTlsArg>,

    /// The server name to send (SNI) and to verify, if it is not HOST
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Hostname)]
    pub(crate) server_name: Option<String>,

    #[command(flatten)]
    pub(crate) trust: TrustArgs,

    /// The client certificate, with its key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    /// Time-out in seconds for connecting and the handshake together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct TrustArgs {
    /// Trust only the authorities in this file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cafile: Option<PathBuf>,

    /// Trust only the authorities in this directory (made by `openssl rehash`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) capath: Option<PathBuf>,

    /// Accept any certificate: an attacker on the network path can read and change everything
    #[arg(long)]
    pub(crate) no_verify: bool,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct FormatArgs {
    /// Print one line: "OK <version> <cipher>" or "ERR <Python class> <library> <reason>", the latter
    /// followed by "<verify code> <text>" if verification failed
    #[arg(long)]
    pub(crate) brief: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// The private key of --cert (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PasswordArgs {
    /// The password of the private key; others on this machine can see it
    #[arg(long, value_name = "TEXT", requires = "cert")]
    pub(crate) password: Option<String>,

    /// The file whose first line is the password of the private key
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,
}

/// The options that client and server share.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {
    /// The cipher string for TLS 1.2 and below, as for Python's set_ciphers
    #[arg(long, value_name = "STRING")]
    pub(crate) ciphers: Option<String>,

    /// The application protocols, most preferred first: h2,http/1.1
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) alpn: Vec<String>,

    /// The lowest version [default: 1.2]; below 1.2 needs --ciphers DEFAULT@SECLEVEL=0, too
    #[arg(long, value_name = "VERSION")]
    pub(crate) min: Option<Version>,

    /// The highest version [default: 1.3]
    #[arg(long, value_name = "VERSION")]
    pub(crate) max: Option<Version>,
}

/// A TLS version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Version {
    #[value(name = "1.0", aliases = ["TLSv1", "TLSv1.0"])]
    Tls10,
    #[value(name = "1.1", alias = "TLSv1.1")]
    Tls11,
    #[value(name = "1.2", alias = "TLSv1.2")]
    Tls12,
    #[value(name = "1.3", alias = "TLSv1.3")]
    Tls13,
}

impl From<Version> for ssl::TlsVersion {
    fn from(version: Version) -> ssl::TlsVersion {
        match version {
            Version::Tls10 => ssl::TlsVersion::TLSv1,
            Version::Tls11 => ssl::TlsVersion::TLSv1_1,
            Version::Tls12 => ssl::TlsVersion::TLSv1_2,
            Version::Tls13 => ssl::TlsVersion::TLSv1_3,
        }
    }
}

/// The help of --policy, with the names of the guidelines.
fn policy_help(first: &str) -> String {
    let names = pyssl_ciphers::cipher::Policy::names().join(", ");
    format!(
        "{first}: {names}; `system` for the crypto policy of this system (/etc/crypto-policies, or the \
         system_default section of openssl.cnf), or a TOML file"
    )
}

/// Python's longest time-out: 2^63 ns.
const MOST_SECONDS: f64 = 9_223_372_036.0;

/// A number of seconds, with an optional fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "it must be a number of seconds, such as 10 or 0.5".to_owned())?;
    if seconds.is_nan() {
        return Err("it must be a number".to_owned());
    }
    if seconds > MOST_SECONDS {
        return Err(format!("it must be at most {MOST_SECONDS} (292 years)"));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ if seconds > 0.0 => Err("it must be at least a nanosecond".to_owned()),
        _ => Err("it must be more than 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_passes_claps_checks() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_time_out_must_be_a_positive_number_of_seconds() {
        assert_eq!(seconds("0.5").unwrap(), Duration::from_millis(500));
        for (text, part) in [
            ("0", "more than 0"),
            ("-1", "more than 0"),
            ("-inf", "more than 0"),
            ("-1e300", "more than 0"),
            ("nan", "a number"),
            ("inf", "at most 9223372036"),
            ("1e300", "at most 9223372036"),
            ("1e-300", "at least a nanosecond"),
            ("soon", "a number of seconds"),
            ("10s", "a number of seconds"),
            ("", "a number of seconds"),
        ] {
            let error = seconds(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
