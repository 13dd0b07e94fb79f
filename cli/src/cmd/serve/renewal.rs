//! Loads renewed certificates.

use std::sync::Arc;
use std::time::Duration;

use pyssl as ssl;
use pyssl_renewal::{CertFiles, CertReloader, Event};

use super::log;
use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::setup;

/// How often the files are read, in addition to the operating system's notifications of changes.
const INTERVAL: Duration = Duration::from_secs(1);

/// The server's context, and the reloader that keeps its certificate up to date.
pub(super) struct Renewal {
    context: ssl::SslContext,
    reloader: CertReloader,
}

impl Renewal {
    /// Loads the files, and starts to watch them.
    pub(super) fn start(args: &ServeArgs) -> Result<Arc<Renewal>, Failure> {
        let context = setup::server_context(args.client_ca.as_deref())?;
        setup::apply(&context, &args.tls)?;
        // The certificate is loaded without the reloader's checks: an expired one, for example, is served too.
        setup::load_identity(&context, &args.cert, &args.key)?;
        let reloader = CertReloader::builder(&context)
            .keep_current()
            .certificate(files(args))
            .interval(INTERVAL)
            .on_event(report)
            .start()
            .map_err(|error| Failure::Setup {
                what: "cannot watch the certificate".to_owned(),
                error: ssl::Error::Value(error.to_string().into()),
            })?;
        Ok(Arc::new(Renewal { context, reloader }))
    }

    /// The context for new connections.
    pub(super) fn context(&self) -> &ssl::SslContext {
        &self.context
    }

    /// Loads the files soon, whether they have changed or not.
    pub(super) fn reload(&self) {
        self.reloader.reload();
    }
}

fn files(args: &ServeArgs) -> CertFiles {
    let mut files = CertFiles::new(&args.cert).password(setup::password(&args.key.password));
    if let Some(key) = &args.key.key {
        files = files.keyfile(key);
    }
    if let Some(path) = &args.key.password.password_file {
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
