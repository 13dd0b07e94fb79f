//! Loads renewed certificates.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pyssl as ssl;
use pyssl_renewal::acme::AcmeRenewal;
use pyssl_renewal::{CertFiles, CertReloader, Event};

use super::{acme, log};
use crate::args::{KeyArgs, ServeArgs};
use crate::failure::Failure;
use crate::setup;

/// How often the files are read, in addition to the operating system's notifications of changes.
const INTERVAL: Duration = Duration::from_secs(1);

/// The server's context, and the thread that keeps its certificate up to date.
pub(super) struct Renewal {
    context: ssl::SslContext,
    keeper: Keeper,
}

enum Keeper {
    /// Watches the files.
    Files(CertReloader),
    /// Asks an ACME server.
    Acme(AcmeRenewal),
}

impl Renewal {
    /// Loads the files, and starts to watch them, or starts to obtain the certificate.
    pub(super) fn start(args: &ServeArgs) -> Result<Arc<Renewal>, Failure> {
        let context = setup::server_context(args.client_ca.as_deref())?;
        setup::apply(&context, &args.tls)?;
        let keeper = match (&args.cert, &args.acme.url) {
            (Some(cert), _) => Keeper::Files(watch(args, cert, &context)?),
            (None, Some(url)) => Keeper::Acme(acme::start(args, url, &context)?),
            (None, None) => return Err(Failure::Usage("--cert or --acme is needed".to_owned())),
        };
        Ok(Arc::new(Renewal { context, keeper }))
    }

    /// The context for new connections.
    pub(super) fn context(&self) -> &ssl::SslContext {
        &self.context
    }

    /// Loads the files soon, whether they have changed or not. With --acme, also renews a certificate that is due.
    pub(super) fn reload(&self) {
        match &self.keeper {
            Keeper::Files(reloader) => reloader.reload(),
            Keeper::Acme(renewal) => renewal.renew_if_due(),
        }
    }
}

/// Loads the files, and starts to watch them.
fn watch(
    args: &ServeArgs,
    cert: &Path,
    context: &ssl::SslContext,
) -> Result<CertReloader, Failure> {
    // The first certificate is loaded without the reloader's checks, so that an expired certificate, for example, is
    // served too.
    setup::load_identity(context, cert, &args.key)?;
    CertReloader::builder(context)
        .keep_current()
        .certificate(files(cert, &args.key))
        .interval(INTERVAL)
        .on_event(report)
        .start()
        .map_err(|error| Failure::Setup {
            what: "cannot watch the certificate".to_owned(),
            error: ssl::Error::Value(error.to_string().into()),
        })
}

fn files(cert: &Path, args: &KeyArgs) -> CertFiles {
    let mut files = CertFiles::new(cert).password(setup::password(&args.password));
    if let Some(key) = &args.key {
        files = files.keyfile(key);
    }
    if let Some(path) = &args.password.password_file {
        files = files.password_file(path);
    }
    files
}

fn report(event: &Event) {
    match event {
        Event::Loaded { lost_names, .. } if lost_names.is_empty() => {
            log(format_args!("pyssl: reloaded the certificate"));
        }
        Event::Loaded { lost_names, .. } => log(format_args!(
            "pyssl: reloaded the certificate, which is no longer valid for {}",
            lost_names.join(", ")
        )),
        Event::Rejected { error, .. } => log(format_args!(
            "pyssl: the old certificate stays in use: {error}"
        )),
        other => log(format_args!("pyssl: {other}")),
    }
}
