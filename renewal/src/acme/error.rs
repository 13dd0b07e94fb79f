use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::challenge::{BoxError, ChallengeType};

/// Why no certificate was obtained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcmeError {
    /// A setting is missing or wrong.
    #[error("{0}")]
    Settings(String),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Storage {
        /// The file that cannot be read or written.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another client, of this process or another one, is using the directory.
    #[error("{}: {} is using the directory", path.display(), holder(*process))]
    Busy {
        /// The directory of the storage.
        path: PathBuf,
        /// The identifier of the other client's process, if it is known.
        process: Option<u32>,
    },
    /// The server refuses a request (RFC 8555, section 6.7).
    #[error("the ACME server refuses {request}: {detail} ({kind})")]
    Refused {
        /// What was requested, for example `an order`.
        request: &'static str,
        /// The type of the problem without `urn:ietf:params:acme:error:`, for example `rateLimited`.
        kind: String,
        /// The server's explanation.
        detail: String,
        /// How long the server wants the client to wait.
        retry_after: Option<Duration>,
    },
    /// The server does not answer, or its answer is not ACME.
    #[error("no valid answer of the ACME server to the request for {request}: {message}")]
    Exchange {
        /// What was requested.
        request: &'static str,
        /// Why the answer is missing or not valid.
        message: String,
        /// How long the server wants the client to wait.
        retry_after: Option<Duration>,
    },
    /// The server could not validate that a name belongs to this host.
    #[error("the ACME server cannot validate {domain} by {challenge}: {detail}")]
    Validation {
        /// The name that could not be validated.
        domain: String,
        /// The type of the challenge.
        challenge: ChallengeType,
        /// The server's explanation.
        detail: String,
    },
    /// The hook of a challenge failed.
    #[error("the hook of {challenge} for {domain}: {source}")]
    Hook {
        /// The name that the challenge was for.
        domain: String,
        /// The type of the challenge.
        challenge: ChallengeType,
        /// The error of the hook.
        source: BoxError,
    },
    /// The certificate from the server is not the one that was ordered.
    #[error("the certificate of the ACME server cannot be used: {0}")]
    Certificate(String),
    /// OpenSSL, or the context, reports an error.
    #[error("{0}")]
    Context(#[from] pyssl::Error),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

fn holder(process: Option<u32>) -> String {
    match process {
        Some(process) => format!("the ACME client of process {process}"),
        None => "another ACME client".to_owned(),
    }
}

impl AcmeError {
    /// How long the server wants the client to wait before the next attempt.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            AcmeError::Refused { retry_after, .. } | AcmeError::Exchange { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }

    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, AcmeError::Refused { kind, .. } if kind == wanted)
    }
}

impl From<openssl::error::ErrorStack> for AcmeError {
    fn from(stack: openssl::error::ErrorStack) -> AcmeError {
        AcmeError::Context(stack.into())
    }
}
