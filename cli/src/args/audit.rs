//! `pyssl audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use pyssl as ssl;

use super::{KeyArgs, OutputArgs, Version, policy_help};

/// Build a context as a Python program would, and report its problems
///
/// Makes no connection. The default is the context of create_default_context, for a server if
/// --server or --cert is given and otherwise for a client; --protocol uses ssl.SSLContext(...) and
/// its defaults.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 no problem; 1 a finding of severity warning or error, or a violation of \
                  --policy; 2 wrong usage, or an error of a local setting or file."
)]
pub(crate) struct AuditArgs {
    /// Build a client's context
    #[arg(long, conflicts_with = "server")]
    pub(crate) client: bool,

    /// Build a server's context
    #[arg(long)]
    pub(crate) server: bool,

    /// Start with ssl.SSLContext(PROTOCOL_...) instead of create_default_context()
    #[arg(long, value_name = "PROTOCOL")]
    pub(crate) protocol: Option<ProtocolArg>,

    /// Set the verify mode
    #[arg(long, value_name = "MODE")]
    pub(crate) verify_mode: Option<VerifyModeArg>,

    /// Do not check the server's host name (check_hostname = False)
    #[arg(long)]
    pub(crate) no_check_hostname: bool,

    /// The certificate and its intermediates, and the key unless --key names its file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) key: KeyArgs,

    /// Trust the authorities in this file (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cafile: Option<PathBuf>,

    /// Trust the authorities in this directory (made by `openssl rehash`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) capath: Option<PathBuf>,

    /// The cipher string, as for Python's set_ciphers
    #[arg(long, value_name = "STRING")]
    pub(crate) ciphers: Option<String>,

    /// The suites of TLS 1.3, which the cipher string does not affect
    #[arg(long, value_name = "SUITES")]
    pub(crate) tls13: Option<String>,

    /// The groups for key exchange, as for Python's set_groups
    #[arg(long, value_name = "GROUPS")]
    pub(crate) groups: Option<String>,

    /// The server's host name, which its certificate must match
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Hostname)]
    pub(crate) host: Option<String>,

    /// In trial handshakes, let the peers trust the authorities in this file (PEM) instead of the
    /// system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) peer_cafile: Option<PathBuf>,

    /// The lowest version [default: the protocol's]
    #[arg(long, value_name = "VERSION")]
    pub(crate) min: Option<Version>,

    /// The highest version [default: the protocol's]
    #[arg(long, value_name = "VERSION")]
    pub(crate) max: Option<Version>,

    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath,
          help = policy_help("Also compare with a guideline"))]
    pub(crate) policy: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Python's `PROTOCOL_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolArg {
    #[value(name = "TLS", aliases = ["SSLv23", "PROTOCOL_TLS", "PROTOCOL_SSLv23"])]
    Tls,
    #[value(name = "TLSv1", alias = "PROTOCOL_TLSv1")]
    Tls10,
    #[value(name = "TLSv1_1", alias = "PROTOCOL_TLSv1_1")]
    Tls11,
    #[value(name = "TLSv1_2", alias = "PROTOCOL_TLSv1_2")]
    Tls12,
    #[value(name = "TLS_CLIENT", alias = "PROTOCOL_TLS_CLIENT")]
    Client,
    #[value(name = "TLS_SERVER", alias = "PROTOCOL_TLS_SERVER")]
    Server,
}

impl From<ProtocolArg> for ssl::Protocol {
    fn from(protocol: ProtocolArg) -> ssl::Protocol {
        match protocol {
            ProtocolArg::Tls => ssl::PROTOCOL_TLS,
            ProtocolArg::Tls10 => ssl::PROTOCOL_TLSv1,
            ProtocolArg::Tls11 => ssl::PROTOCOL_TLSv1_1,
            ProtocolArg::Tls12 => ssl::PROTOCOL_TLSv1_2,
            ProtocolArg::Client => ssl::PROTOCOL_TLS_CLIENT,
            ProtocolArg::Server => ssl::PROTOCOL_TLS_SERVER,
        }
    }
}

/// Python's `CERT_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyModeArg {
    #[value(name = "none", alias = "CERT_NONE")]
    None,
    #[value(name = "optional", alias = "CERT_OPTIONAL")]
    Optional,
    #[value(name = "required", alias = "CERT_REQUIRED")]
    Required,
}

impl From<VerifyModeArg> for ssl::VerifyMode {
    fn from(mode: VerifyModeArg) -> ssl::VerifyMode {
        match mode {
            VerifyModeArg::None => ssl::CERT_NONE,
            VerifyModeArg::Optional => ssl::CERT_OPTIONAL,
            VerifyModeArg::Required => ssl::CERT_REQUIRED,
        }
    }
}
