//! A certificate from an ACME server.

use std::path::PathBuf;

use pyssl as ssl;
use pyssl_renewal::acme::{AcmeClient, AcmeError, AcmeRenewal, HttpListener};

use super::log;
use crate::args::{AcmeArgs, ServeArgs};
use crate::failure::{Failure, WithContext};
use crate::input;

/// Starts to obtain and renew the certificate of a context.
pub(super) fn start(
    args: &ServeArgs,
    url: &str,
    context: &ssl::SslContext,
) -> Result<AcmeRenewal, Failure> {
    let acme = &args.acme;
    let mut client = AcmeClient::new(url, directory(acme)?)
        .domains(&acme.domains)
        .agree_tos(acme.agree_tos)
        .on_event(|event| log(format_args!("pyssl: {event}")));
    if let Some(address) = &acme.email {
        client = client.email(address);
    }
    if let Some(file) = &acme.acme_ca {
        client = client.cafile(file);
    }
    if let Some(name) = &acme.acme_profile {
        client = client.preferred_profile(name);
    }
    if let (Some(kid), Some(file)) = (&acme.eab_kid, &acme.eab_hmac_key_file) {
        let failed = || format!("cannot read {}", file.display());
        let key = input::read(file).with_context(failed)?;
        client = client.eab(kid, String::from_utf8_lossy(&key).trim());
    }
    client = match &acme.acme_http {
        Some(address) => {
            let listener = HttpListener::bind((address.host.as_str(), address.port));
            client.http_01(listener.with_context(|| format!("cannot listen on {address}"))?)
        }
        None if args.client_ca.is_some() => {
            let text = "with --client-ca, the ACME server cannot validate through this service, since it has \
                        no client certificate: use --acme-http";
            return Err(Failure::Usage(text.to_owned()));
        }
        None => client.tls_alpn_01(context),
    };
    client.start(context).map_err(|error| match error {
        AcmeError::Settings(text) => Failure::Usage(text),
        error => Failure::Setup {
            what: "cannot start the renewal".to_owned(),
            error: ssl::Error::Value(error.to_string().into()),
        },
    })
}

/// The directory for account, keys and certificates.
fn directory(acme: &AcmeArgs) -> Result<PathBuf, Failure> {
    if let Some(directory) = &acme.acme_dir {
        return Ok(directory.clone());
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let data = variable("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")));
    let missing = || Failure::Usage("HOME is not set: use --acme-dir".to_owned());
    Ok(data.ok_or_else(missing)?.join("pyssl/acme"))
}
