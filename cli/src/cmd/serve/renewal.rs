//! Loads renewed certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
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
use crate::sys;

/// How often the files are checked. They are read only if two checks see the same state, so that no
/// file is read while it is being written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The context for new connections, and the request to load the certificate again.
pub(super) struct Renewal {
    context: Mutex<ssl::SslContext>,
    /// A message to this channel makes the loading thread load the files at once.
    ask: SyncSender<()>,
}

/// Loads the files in a thread of its own, because reading may block, for example on a network file
/// system, and must not delay clients or signals.
struct Loader {
    args: Arc<ServeArgs>,
    /// The state of the files at the last attempt to load them.
    files: Vec<Stamp>,
    kind: Option<Id>,
    /// The last error in loading the files.
    problem: Option<String>,
}

/// Identifies the state of a file. Symbolic links are followed, because certbot and Kubernetes
/// replace links instead of files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp(Option<Vec<i128>>);

impl Stamp {
    fn of(path: &Path) -> Stamp {
        // Only regular files are compared: a pipe or a device has no stable state, and is loaded
        // again only on SIGHUP.
        let file = fs::metadata(path).ok().filter(fs::Metadata::is_file);
        Stamp(file.map(|file| sys::stamp(&file).into()))
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
    /// Loads the files, and starts the thread that loads them again.
    pub(super) fn start(args: &Arc<ServeArgs>) -> Result<Arc<Renewal>, Failure> {
        let mut loader = Loader {
            args: Arc::clone(args),
            files: files(args),
            kind: kind_of_key(&args.cert),
            problem: None,
        };
        // The channel holds one request. More are not needed, since a request loads the current
        // files.
        let (ask, asked) = mpsc::sync_channel(1);
        let renewal = Arc::new(Renewal {
            context: Mutex::new(context(args)?),
            ask,
        });
        let weak = Arc::downgrade(&renewal);
        thread::Builder::new()
            .name("certificate".to_owned())
            .spawn(move || loader.run(&weak, &asked))
            .with_context(|| "cannot watch the certificate".to_owned())?;
        Ok(renewal)
    }

    /// The context for new connections.
    pub(super) fn context(&self) -> ssl::SslContext {
        self.lock().clone()
    }

    /// Loads the files soon, whether they have changed or not.
    pub(super) fn reload(&self) {
        // If the channel is full, a request is waiting already.
        let _ = self.ask.try_send(());
    }

    fn lock(&self) -> MutexGuard<'_, ssl::SslContext> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loader {
    /// Loads the files when they have changed or when asked, until the server has ended.
    fn run(&mut self, renewal: &Weak<Renewal>, asked: &Receiver<()>) {
        let mut last = files(&self.args);
        loop {
            let must = match asked.recv_timeout(INTERVAL) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let now = files(&self.args);
            if must || (now == last && self.wants(&now)) {
                let Some(renewal) = renewal.upgrade() else {
                    return;
                };
                self.load(&renewal);
            }
            last = now;
        }
    }

    /// Whether the files differ from those in use. Files that failed to load are tried again, since
    /// the error may have had another cause.
    fn wants(&self, now: &[Stamp]) -> bool {
        self.files != now || self.problem.is_some()
    }

    /// Loads certificate and key for new connections. If that fails, the old ones stay in use.
    fn load(&mut self, renewal: &Renewal) {
        self.files = files(&self.args);
        let kind = kind_of_key(&self.args.cert);
        let old = renewal.context();
        let outcome = if kind == self.kind {
            setup::load_identity(&old, &self.args.cert, &self.args.key).map(|()| old)
        } else {
            self.replacement(&old)
        };
        match outcome {
            Ok(context) => {
                *renewal.lock() = context;
                self.kind = kind;
                self.problem = None;
                log(format_args!("pyssl: reloaded the certificate"));
            }
            Err(failure) => {
                let problem = failure.to_string();
                if self.problem.as_ref() != Some(&problem) {
                    log(format_args!(
                        "pyssl: the old certificate stays in use: {problem}"
                    ));
                }
                self.problem = Some(problem);
            }
        }
    }

    /// Creates a context for a certificate with another type of key. A context holds one
    /// certificate for each type of key, so the old context would keep the old certificate too. The
    /// keys of session tickets are copied.
    fn replacement(&self, old: &ssl::SslContext) -> Result<ssl::SslContext, Failure> {
        let fresh = context(&self.args)?;
        fresh
            .set_ticket_keys(old.ticket_keys())
            .with_context(|| "cannot set the ticket keys".to_owned())?;
        Ok(fresh)
    }
}

/// The type of the key in a certificate: RSA, EC, Ed25519 and others.
fn kind_of_key(cert: &Path) -> Option<Id> {
    let leaf = X509::from_pem(&input::read(cert).ok()?).ok()?;
    Some(leaf.public_key().ok()?.id())
}
