//! The command line: flags and what they mean, and nothing of the work.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use pyssl as ssl;

mod audit;
mod ciphers;
mod scan;

pub(crate) use audit::{AuditArgs, ProtocolArg};
pub(crate) use ciphers::CiphersArgs;
pub(crate) use scan::ScanArgs;

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
/// The first line on standard output is "listening on ADDRESS:PORT". What goes wrong with a
/// client is one line on standard error, and ends nothing but that client.
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
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// How many clients are served at once; more have to wait
    #[arg(long, value_name = "N", default_value = "512",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_clients: u32,

    /// Log each client that was served, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
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

/// What a server does with a client.
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
/// its lack of one, does so only after the handshake; so after a TLS 1.3 handshake this waits a
/// moment: until the server sends a session ticket or anything else, for four times what the
/// handshake took, but at least 0.5 and at most 2 seconds. A server that says nothing in that time
/// counts as content.
#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The server: example.org:443, 127.0.0.1:8443, [::1]:8443
    #[arg(value_name = "HOST:PORT")]
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
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
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
    /// Print one line: "OK <version> <cipher>" or "ERR <Python class> <library> <reason>"
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

/// What client and server both take.
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

/// `host:port`; an IPv6 address stands in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<HostPort, String> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => rest
                .split_once("]:")
                .ok_or("an address in brackets is followed by :PORT")?,
            None => text
                .rsplit_once(':')
                .ok_or("the port is missing: HOST:PORT")?,
        };
        if host.contains(':') && !text.starts_with('[') {
            return Err(format!(
                "an IPv6 address stands in brackets: [{host}]:{port}"
            ));
        }
        let port = port
            .parse()
            .map_err(|_| format!("'{port}' is no port (0 to 65535)"))?;
        Ok(HostPort {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Seconds, with a fraction or without.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
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
    fn addresses_are_read_and_written() {
        let read = |text: &str| text.parse::<HostPort>();
        for text in ["localhost:8443", "[::1]:0", "127.0.0.1:65535", ":80"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read("[::1]:443").unwrap().host, "::1");
        assert!(read("::1:443").unwrap_err().contains("[::1]:443"));
        assert!(read("localhost").unwrap_err().contains("missing"));
        assert!(read("[::1]").unwrap_err().contains("followed by"));
        assert!(read("localhost:65536").unwrap_err().contains("65536"));
        assert!(read("localhost:https").unwrap_err().contains("https"));
    }

    #[test]
    fn times_are_more_than_nothing() {
        assert_eq!(seconds("0.5").unwrap(), Duration::from_millis(500));
        for text in ["0", "-1", "nan", "inf", "1e30", "soon", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
