//! The command line: flags and what they mean, and nothing of the work.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use pyssl as ssl;

mod audit;
mod ciphers;
mod scan;
mod target;

pub(crate) use audit::{AuditArgs, ProtocolArg};
pub(crate) use ciphers::CiphersArgs;
pub(crate) use scan::ScanArgs;
pub(crate) use target::HostPort;

/// Python's ssl module at the command line: TLS servers and clients on OpenSSL.
///
/// Try `pyssl demo` first: it needs nothing.
#[derive(Debug, Parser)]
#[command(name = "pyssl", version = version(), propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 TLS or the connection failed, or something was found, \
                        2 wrong usage, or a file or address on this machine.\n\
                        With SSLKEYLOGFILE set, secrets are logged there for Wireshark."
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
    /// Print the completions of a shell
    ///
    /// For bash: pyssl completions bash > ~/.local/share/bash-completion/completions/pyssl
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the command, or of one of its subcommands
    ///
    /// To read it: pyssl man connect | man -l -
    Man {
        /// The subcommand
        #[arg(value_name = "COMMAND")]
        of: Option<String>,
    },
}

/// Run a server and a client that greet each other, and show what happened
///
/// Makes a certificate authority and a certificate for localhost, starts a server in a thread,
/// connects with full verification, and sends a message each way. Nothing needs to be prepared,
/// and nothing stays behind.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Serve TLS clients until SIGTERM or SIGINT
///
/// The first line on standard output is "listening on ADDRESS:PORT". An error of one
/// client is one line on standard error, and ends nothing but that client.
///
/// A renewed certificate is loaded when its files change, or at once at SIGHUP: the files of --cert,
/// --key and --password-file are looked at every second. Links may be replaced instead of files, as
/// certbot and Kubernetes do. Certificate and key that do not belong together are not used: the old
/// ones stay, and a line on standard error says why. Connections go on, and sessions resume.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen: localhost:8443, 0.0.0.0:8443, [::1]:8443; port 0 picks a free one
    #[arg(value_name = "HOST:PORT")]
    pub(crate) address: HostPort,

    /// The certificate, then its intermediates, and the key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: PathBuf,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    /// Require a client certificate from one of these authorities (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) client_ca: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) mode: ModeArgs,

    /// How many seconds a client may take for the handshake, and then for each step
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    /// How many clients are served at once; more have to wait
    #[arg(long, value_name = "N", default_value = "512",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_clients: u32,

    /// How many of them may come from one address (of IPv6, from one /64 network); more are
    /// disconnected [default: half of --max-clients, but at least 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_per_address: Option<u32>,

    /// Log each client that was served, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

impl ServeArgs {
    /// One address cannot take all places, unless they are few.
    pub(crate) fn max_per_address(&self) -> u32 {
        self.max_per_address
            .unwrap_or_else(|| (self.max_clients / 2).max(16))
    }
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ModeArgs {
    /// Answer any HTTP/1.x request with a text that names protocol and cipher
    #[arg(long)]
    http: bool,

    /// Send back what comes
    #[arg(long)]
    echo: bool,

    /// Wait for a message, answer "Hello from server!" and close (this is the default)
    #[arg(long)]
    hello: bool,
}

/// The way in which a server answers a client.
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

/// Connect to a TLS server, and show what was negotiated and how verification went
///
/// The server is verified as Python 3.13 does it by default (create_default_context): against
/// what the system trusts or --cafile, strictly (RFC 5280), and its name is checked.
///
/// Nothing is sent but the handshake. A TLS 1.3 server that refuses this client's certificate, or
/// its lack of one, does so only after the handshake: with an alert, or by closing or resetting the
/// connection. So this waits for a moment after the handshake, and such an end is a failure (exit
/// code 1). In TLS 1.3 the wait lasts for four times what the handshake took, but at least 0.5 and at
/// most 2 seconds. In TLS 1.2, and once the server has sent a session ticket, it lasts for half of
/// that, but at least 0.2 and at most 1 second. Data from the server ends the wait. A server that says
/// nothing in that time has accepted the client.
#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The server: example.org:443, [::1]:8443, [fe80::1%eth0]:443, https://example.org/
    #[arg(value_name = "HOST:PORT|URL")]
    pub(crate) address: HostPort,

    /// The name to ask for (SNI) and to check in the certificate, if it is not HOST
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Hostname)]
    pub(crate) server_name: Option<String>,

    #[command(flatten)]
    pub(crate) trust: TrustArgs,

    /// The certificate to show to the server, with the key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    /// How many seconds connecting and the handshake may take together
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds,
          allow_negative_numbers = true)]
    pub(crate) timeout: Duration,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct TrustArgs {
    /// Trust the authorities in this file only (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cafile: Option<PathBuf>,

    /// Trust the authorities in this directory only (made by `openssl rehash`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) capath: Option<PathBuf>,

    /// Accept any certificate: whoever is in between can read and change everything
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

/// The options of both client and server.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {
    /// The cipher string for TLS 1.2 and below, as for Python's set_ciphers
    #[arg(long, value_name = "STRING")]
    pub(crate) ciphers: Option<String>,

    /// The application protocols, from the most wanted: h2,http/1.1
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) alpn: Vec<String>,

    /// The lowest version [default: 1.2]; below 1.2 needs --ciphers DEFAULT@SECLEVEL=0, too
    #[arg(long, value_name = "VERSION")]
    pub(crate) min: Option<Version>,

    /// The highest version [default: 1.3]
    #[arg(long, value_name = "VERSION")]
    pub(crate) max: Option<Version>,
}

/// A version of the protocol.
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

/// The longest time-out that Python takes: 2^63 ns.
const MOST_SECONDS: f64 = 9_223_372_036.0;

/// Seconds, with a fraction or without.
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
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_more_than_nothing() {
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
