//! A source: files that belong together, and the results of reading them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use zeroize::Zeroizing;

use crate::check::Checked;
use crate::content::{Reading, State};
use crate::error::ReloadError;
use crate::files::CertFiles;

pub(super) enum Kind {
    /// A certificate with its key. If `by_name` is set, it is used only for clients that ask for
    /// one of its names.
    Certificate {
        files: CertFiles,
        by_name: bool,
    },
    /// CA certificates and revocation lists. If `replaces` is set, they replace those of the
    /// context.
    Trust {
        path: PathBuf,
        replaces: bool,
    },
    TicketKeys {
        path: PathBuf,
    },
    /// The OCSP response for the certificate of another source.
    Staple {
        path: PathBuf,
        of: usize,
    },
}

pub(super) struct Source {
    pub(super) kind: Kind,
    /// The state of the files in the last pass, and the time at which the files were first read in
    /// that state.
    pub(super) seen: Option<(State, Instant)>,
    /// The state of the files whose content is in service.
    pub(super) loaded: Option<State>,
    /// The state of the files that were rejected last, and the reason.
    pub(super) refused: Option<(State, Arc<ReloadError>)>,
    /// The certificate in service.
    pub(super) current: Option<Checked>,
    /// The end of validity that was reported last because it is near, and when.
    pub(super) warned: Option<(SystemTime, Instant)>,
    /// The CA certificates and revocation lists in service, as PEM.
    pub(super) trusted: Option<Zeroizing<Vec<u8>>>,
}

impl Source {
    pub(super) fn new(kind: Kind) -> Source {
        Source {
            kind,
            seen: None,
            loaded: None,
            refused: None,
            current: None,
            warned: None,
            trusted: None,
        }
    }

    /// The name of the source in events.
    pub(super) fn path(&self) -> &Path {
        match &self.kind {
            Kind::Certificate { files, .. } => &files.certfile,
            Kind::Trust { path, .. } | Kind::TicketKeys { path } | Kind::Staple { path, .. } => {
                path
            }
        }
    }

    /// All files of the source, in the order that [`check`](crate::check::check) expects.
    pub(super) fn paths(&self) -> Vec<&Path> {
        match &self.kind {
            Kind::Certificate { files, .. } => {
                let more = [&files.keyfile, &files.roots, &files.password_file];
                let more = more.into_iter().flatten();
                [&files.certfile]
                    .into_iter()
                    .chain(more)
                    .map(PathBuf::as_path)
                    .collect()
            }
            Kind::Trust { path, .. } | Kind::TicketKeys { path } | Kind::Staple { path, .. } => {
                vec![path]
            }
        }
    }

    pub(super) fn read(&self) -> Reading {
        Reading::of(self.paths())
    }

    /// Whether the files have had this state for at least `settle`.
    pub(super) fn is_stable(&mut self, state: State, settle: Duration) -> bool {
        match self.seen {
            Some((seen, since)) if seen == state => since.elapsed() >= settle,
            _ => {
                self.seen = Some((state, Instant::now()));
                settle.is_zero()
            }
        }
    }
}
