//! The flags of `serve` for certificates from an ACME server.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::HostPort;

#[derive(Debug, Args)]
pub(crate) struct AcmeArgs {
    /// Obtain the certificate from the ACME server with this directory URL, and renew it in time; for
    /// Let's Encrypt https://acme-v02.api.letsencrypt.org/directory
    ///
    /// The server validates the names through this service (tls-alpn-01), which it must reach on port
    /// 443, or through --acme-http.
    #[arg(long = "acme", value_name = "URL", requires_all = ["domains", "agree_tos"],
          conflicts_with = "cert", value_hint = ValueHint::Url)]
    pub(crate) url: Option<String>,

    /// A name of the certificate; repeat the option for several
    #[arg(long = "domain", value_name = "NAME", requires = "url", value_hint = ValueHint::Hostname)]
    pub(crate) domains: Vec<String>,

    /// Agree to the terms of service of the ACME server
    #[arg(long, requires = "url")]
    pub(crate) agree_tos: bool,

    /// The address to which the ACME server may write
    #[arg(long, value_name = "ADDRESS", requires = "url", value_hint = ValueHint::EmailAddress)]
    pub(crate) email: Option<String>,

    /// The directory for account, keys and certificates [default: pyssl/acme in $XDG_DATA_HOME or
    /// ~/.local/share]
    #[arg(long, value_name = "DIR", requires = "url", value_hint = ValueHint::DirPath)]
    pub(crate) acme_dir: Option<PathBuf>,

    /// The authorities that sign the ACME server's own certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "url", value_hint = ValueHint::FilePath)]
    pub(crate) acme_ca: Option<PathBuf>,

    /// Validate by HTTP (http-01) with a listener on this address, which the ACME server must reach on
    /// port 80: 0.0.0.0:80
    #[arg(long, value_name = "HOST:PORT", requires = "url")]
    pub(crate) acme_http: Option<HostPort>,

    /// The certificate profile to request, for example shortlived. Ignored if the ACME server does not
    /// offer it
    #[arg(long, value_name = "NAME", requires = "url")]
    pub(crate) acme_profile: Option<String>,

    /// The identifier of the external account, with --eab-hmac-key-file
    #[arg(long, value_name = "ID", requires_all = ["url", "eab_hmac_key_file"])]
    pub(crate) eab_kid: Option<String>,

    /// The file with the key of the external account (base64 for URLs)
    #[arg(long, value_name = "FILE", requires = "eab_kid", value_hint = ValueHint::FilePath)]
    pub(crate) eab_hmac_key_file: Option<PathBuf>,
}
