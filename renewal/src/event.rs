use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use pyssl::Certificate;

use crate::error::ReloadError;
use crate::time::days;

/// What the reloader has done; see [`CertReloaderBuilder::on_event`](crate::CertReloaderBuilder::on_event).
/// `Display` makes a line for a log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// New content of a file, or a new OCSP response, is in service.
    Loaded {
        /// The file, or the address of the OCSP responder.
        path: PathBuf,
        /// The end of the certificate's validity; `None` for other files.
        not_after: Option<SystemTime>,
        /// Names of the previous certificate that the new one lacks.
        lost_names: Vec<String>,
    },
    /// New content fails a check, or cannot be read or fetched. The old content stays in service.
    Rejected {
        /// The file, or the address of the OCSP responder.
        path: PathBuf,
        /// Why the new content is not in service.
        error: Arc<ReloadError>,
    },
    /// A certificate in service expires soon, or has expired. Each certificate is reported once a day.
    Expiring {
        /// The file of the certificate.
        path: PathBuf,
        /// The end of the certificate's validity.
        not_after: SystemTime,
    },
    /// The operating system cannot notify about changes in this directory. Its files are read at intervals.
    PollingOnly {
        /// The directory whose changes are not reported.
        path: PathBuf,
        /// Why the operating system does not report changes.
        reason: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Loaded {
                path,
                not_after,
                lost_names,
            } => {
                write!(f, "loaded {}", path.display())?;
                if let Some(not_after) = not_after {
                    write!(f, ", {} days left", days(SystemTime::now(), *not_after))?;
                }
                match lost_names.as_slice() {
                    [] => Ok(()),
                    names => write!(f, ", no longer valid for {}", names.join(", ")),
                }
            }
            Event::Rejected { path: _, error } => {
                write!(f, "the old content stays in service: {error}")
            }
            Event::Expiring { path, not_after } => {
                let left = days(SystemTime::now(), *not_after);
                match left {
                    0.. => write!(f, "{} expires in {left} days", path.display()),
                    _ => write!(f, "{} has expired", path.display()),
                }
            }
            Event::PollingOnly { path, reason } => {
                let path = path.display();
                write!(
                    f,
                    "{path}: no notifications of changes ({reason}), the files are read at intervals"
                )
            }
        }
    }
}

/// The state of one certificate; see [`CertReloader::status`](crate::CertReloader::status).
#[derive(Debug, Clone)]
pub struct CertStatus {
    pub(crate) path: PathBuf,
    pub(crate) certificate: Certificate,
    pub(crate) not_after: SystemTime,
    pub(crate) loaded: SystemTime,
    pub(crate) problem: Option<Arc<ReloadError>>,
}

impl CertStatus {
    /// The file of the certificate.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The certificate in service.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The end of its validity.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Whole days until the certificate expires; negative if it has expired.
    pub fn days_left(&self) -> i64 {
        days(SystemTime::now(), self.not_after)
    }

    /// When the certificate was put into service.
    pub fn loaded(&self) -> SystemTime {
        self.loaded
    }

    /// Why the current content of the files is not in service, if it is not.
    pub fn problem(&self) -> Option<&ReloadError> {
        self.problem.as_deref()
    }
}
