//! Loads renewed certificates.

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
use crate::failure::{Failure, WithContext};
use crate::input;
use crate::setup;

/// How often the files are checked. They are read only if two checks see the same state, so that no
/// file is read while it is being written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The server's certificate and key, and their files.
pub(super) struct Renewal {
    args: Arc<ServeArgs>,
    loaded: Mutex<Loaded>,
}

/// The context in use, and the state of the files at the last attempt to load them.
struct Loaded {
    context: ssl::SslContext,
    files: Vec<Stamp>,
    kind: Option<Id>,
    /// The last error in loading the files.
    problem: Option<String>,
}

/// Identifies a file's state. Symbolic links are followed: certbot and Kubernetes replace those.
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

/// The state of the files. Taken before they are read, so that a change during the read is noticed.
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
            problem: None,
        };
        Ok(Arc::new(Renewal {
            args: Arc::clone(args),
            loaded: Mutex::new(loaded),
        }))
    }

    /// The context for new connections.
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
            .with_context(|| "cannot watch the certificate".to_owned())?;
        Ok(())
    }

    /// Whether the files differ from those in use. Files that failed to load are tried again, since
    /// the error may have had another cause.
    fn wants(&self, now: &[Stamp]) -> bool {
        let loaded = self.lock();
        loaded.files != now || loaded.problem.is_some()
    }

    /// Loads certificate and key for new connections. If that fails, the old ones stay in use.
    pub(super) fn load(&self) {
        let mut loaded = self.lock();
        loaded.files = files(&self.args);
        let kind = kind_of_key(&self.args.cert);
        let outcome = if kind == loaded.kind {
            let context = loaded.context.clone();
            setup::load_identity(&context, &self.args.cert, &self.args.key).map(|()| context)
        } else {
            self.replace_context(&loaded.context)
        };
        match outcome {
            Ok(context) => {
                loaded.context = context;
                loaded.kind = kind;
                loaded.problem = None;
                log(format_args!("pyssl: reloaded the certificate"));
            }
            Err(failure) => {
                let problem = failure.to_string();
                if loaded.problem.as_ref() != Some(&problem) {
                    log(format_args!(
                        "pyssl: the old certificate stays in use: {problem}"
                    ));
                }
                loaded.problem = Some(problem);
            }
        }
    }

    /// Creates a context for a certificate with another type of key. The old context would keep its
    /// certificate, one for each type. The keys of session tickets are copied.
    fn replace_context(&self, old: &ssl::SslContext) -> Result<ssl::SslContext, Failure> {
        let fresh = context(&self.args)?;
        fresh
            .set_ticket_keys(old.ticket_keys())
            .with_context(|| "cannot set the ticket keys".to_owned())?;
        Ok(fresh)
    }
}

/// RSA, EC, Ed25519, ...
fn kind_of_key(cert: &Path) -> Option<Id> {
    let leaf = X509::from_pem(&input::read(cert).ok()?).ok()?;
    Some(leaf.public_key().ok()?.id())
}
