//! Picking up a certificate that was renewed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use openssl::pkey::Id;
use openssl::x509::X509;
use pyssl as ssl;

use super::log;
use crate::args::ServeArgs;
use crate::failure::{Doing, Failure};
use crate::setup;

/// How often the files are looked at. They must look the same twice before they are read, so that no file
/// is read while it is being written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The server's certificate and key, and the files that they come from.
pub(super) struct Renewal {
    args: Arc<ServeArgs>,
    loaded: Mutex<Loaded>,
}

/// The context in use, and the state of the files when they were last tried.
struct Loaded {
    context: ssl::SslContext,
    files: Vec<Stamp>,
    kind: Option<Id>,
    /// Why the files cannot be used, if they cannot.
    complaint: Option<String>,
}

/// Tells one state of a file from another. Links are followed: certbot and Kubernetes replace those.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp(Option<([u64; 3], [i64; 4])>);

impl Stamp {
    fn of(path: &Path) -> Stamp {
        let stamp = |metadata: fs::Metadata| {
            let file = [metadata.dev(), metadata.ino(), metadata.size()];
            let [modified, changed] = [metadata.mtime(), metadata.ctime()];
            let [modified_nsec, changed_nsec] = [metadata.mtime_nsec(), metadata.ctime_nsec()];
            (file, [modified, modified_nsec, changed, changed_nsec])
        };
        Stamp(fs::metadata(path).ok().map(stamp))
    }
}

/// The server's context, with its certificate.
fn context(args: &ServeArgs) -> Result<ssl::SslContext, Failure> {
    let context = setup::server_context(args.client_ca.as_deref())?;
    setup::apply(&context, &args.tls)?;
    setup::load_identity(&context, &args.cert, &args.key)?;
    Ok(context)
}

/// The state of the files. It is taken before they are read, so that a change while they are read shows.
fn files(args: &ServeArgs) -> Vec<Stamp> {
    let more = [&args.key.key, &args.key.password.password_file];
    let more = more.into_iter().flatten().map(PathBuf::as_path);
    let paths = [args.cert.as_path()].into_iter().chain(more);
    paths.map(Stamp::of).collect()
}

impl Renewal {
    /// Loads the files for the first time.
    pub(super) fn start(args: &Arc<ServeArgs>) -> Result<Arc<Renewal>, Failure> {
        let files = files(args);
        let loaded = Loaded {
            context: context(args)?,
            files,
            kind: kind_of_key(&args.cert),
            complaint: None,
        };
        Ok(Arc::new(Renewal {
            args: Arc::clone(args),
            loaded: Mutex::new(loaded),
        }))
    }

    /// The context for the connections to come.
    pub(super) fn context(&self) -> ssl::SslContext {
        self.lock().context.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the files whenever they have changed.
    pub(super) fn watch(self: &Arc<Renewal>) -> Result<(), Failure> {
        let renewal = Arc::clone(self);
        let watch = move || {
            let mut last = files(&renewal.args);
            loop {
                thread::sleep(INTERVAL);
                let now = files(&renewal.args);
                if now == last && renewal.wants(&now) {
                    renewal.load();
                }
                last = now;
            }
        };
        thread::Builder::new()
            .name("certificate".to_owned())
            .spawn(watch)
            .doing(|| "cannot watch the certificate".to_owned())?;
        Ok(())
    }

    /// Whether these files are others than those in use. Files that could not be used are tried again: what
    /// was wrong may have been something else.
    fn wants(&self, now: &[Stamp]) -> bool {
        let loaded = self.lock();
        loaded.files != now || loaded.complaint.is_some()
    }

    /// Loads certificate and key for the connections to come. A pair that cannot be used changes nothing.
    pub(super) fn load(&self) {
        let mut loaded = self.lock();
        loaded.files = files(&self.args);
        let kind = kind_of_key(&self.args.cert);
        let outcome = if kind == loaded.kind {
            let context = loaded.context.clone();
            setup::load_identity(&context, &self.args.cert, &self.args.key).map(|()| context)
        } else {
            self.start_over(&loaded.context)
        };
        match outcome {
            Ok(context) => {
                loaded.context = context;
                loaded.kind = kind;
                loaded.complaint = None;
                log(format_args!("pyssl: loaded the certificate again"));
            }
            Err(failure) => {
                let complaint = failure.to_string();
                if loaded.complaint.as_ref() != Some(&complaint) {
                    log(format_args!(
                        "pyssl: the old certificate stays in use: {complaint}"
                    ));
                }
                loaded.complaint = Some(complaint);
            }
        }
    }

    /// A context keeps one certificate for each kind of key. So that the old one goes, a new context takes
    /// over, with the keys for the tickets of clients.
    fn start_over(&self, old: &ssl::SslContext) -> Result<ssl::SslContext, Failure> {
        let fresh = context(&self.args)?;
        fresh
            .set_ticket_keys(old.ticket_keys())
            .doing(|| "cannot set the keys for tickets".to_owned())?;
        Ok(fresh)
    }
}

/// RSA, EC, Ed25519, ...
fn kind_of_key(cert: &Path) -> Option<Id> {
    let leaf = X509::from_pem(&fs::read(cert).ok()?).ok()?;
    Some(leaf.public_key().ok()?.id())
}
