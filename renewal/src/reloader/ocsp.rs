//! Fetches OCSP responses.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspRequest};
use ureq::Agent;

use super::Shared;
use crate::check::Checked;
use crate::error::ReloadError;
use crate::event::Event;
use crate::staples::{Staple, Staples};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest response that is read. Usual responses have a few thousand bytes.
const LONGEST: u64 = 256 << 10;
const FIRST_RETRY: Duration = Duration::from_secs(60);
const LAST_RETRY: Duration = Duration::from_secs(60 * 60);
/// How often the thread checks whether a request is due.
const PAUSE: Duration = Duration::from_secs(30);

pub(super) struct Fetcher {
    shared: Arc<Shared>,
    staples: Staples,
    agent: Agent,
    /// The failed attempts. The key is the certificate in DER.
    failures: HashMap<Vec<u8>, Failures>,
}

struct Failures {
    count: u32,
    next: Instant,
}

impl Fetcher {
    pub(super) fn new(shared: Arc<Shared>, staples: Staples) -> Fetcher {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .build();
        Fetcher {
            shared,
            staples,
            agent: config.into(),
            failures: HashMap::new(),
        }
    }

    /// Fetches each response that is due, until the reloader ends.
    pub(super) fn run(mut self) {
        loop {
            let certificates = self.shared.certificates().clone();
            for certificate in certificates {
                self.refresh(&certificate);
            }
            // The lock is taken before the check of `stopped`, so that the notification of the end
            // is not missed.
            let certificates = self.shared.certificates();
            if self.shared.stopped.load(Ordering::Acquire) {
                return;
            }
            let woken = self.shared.changed.wait_timeout(certificates, PAUSE);
            drop(woken);
            if self.shared.stopped.load(Ordering::Acquire) {
                return;
            }
        }
    }

    /// Fetches the response of one certificate, if it is due.
    fn refresh(&mut self, certificate: &Checked) {
        let Some(responder) = responder(certificate) else {
            return;
        };
        let Ok(der) = certificate.leaf().to_der() else {
            return;
        };
        let fresh = self
            .staples
            .staple(certificate.leaf())
            .is_some_and(|staple| is_fresh(&staple));
        let waits = self
            .failures
            .get(&der)
            .is_some_and(|failures| Instant::now() < failures.next);
        if fresh || waits {
            return;
        }
        let path = Path::new(&responder);
        let outcome = self.fetch(&responder, certificate).and_then(|response| {
            let staple = Staple::check(path, &response, certificate)?;
            if staple.next_update.is_some() && !is_fresh(&staple) {
                // The response is stapled, although it is past half of its validity: the responder
                // has no newer one yet.
                self.staples
                    .insert(certificate.leaf(), staple)
                    .map_err(context)?;
                return Err(refused(
                    path,
                    "the responder's newest response is past half of its validity",
                ));
            }
            self.staples
                .insert(certificate.leaf(), staple)
                .map_err(context)
        });
        let event = match outcome {
            Ok(()) => {
                self.failures.remove(&der);
                Event::Loaded {
                    path: path.to_owned(),
                    not_after: None,
                    lost_names: Vec::new(),
                }
            }
            Err(error) => {
                let count = self.failures.get(&der).map_or(0, |failures| failures.count);
                let next = Instant::now() + pause(count);
                self.failures.insert(
                    der,
                    Failures {
                        count: count + 1,
                        next,
                    },
                );
                Event::Rejected {
                    path: path.to_owned(),
                    error: Arc::new(error),
                }
            }
        };
        self.shared.tell(&event);
    }

    fn fetch(&self, responder: &str, certificate: &Checked) -> Result<Vec<u8>, ReloadError> {
        let path = Path::new(responder);
        let issuer = certificate.issuer().ok_or_else(|| {
            refused(
                path,
                "the issuer of the certificate is neither in the chain nor in the roots",
            )
        })?;
        let mut request = OcspRequest::new().map_err(context)?;
        // All responders support SHA-1 (RFC 5019, section 2.1.1).
        let id = OcspCertId::from_cert(MessageDigest::sha1(), certificate.leaf(), issuer)
            .map_err(context)?;
        request.add_id(id).map_err(context)?;
        let body = request.to_der().map_err(context)?;
        let answer = self
            .agent
            .post(responder)
            .header("content-type", "application/ocsp-request")
            .send(&body[..])
            .map_err(|error| refused(path, &error.to_string()))?;
        let body = answer
            .into_body()
            .into_with_config()
            .limit(LONGEST)
            .read_to_vec();
        body.map_err(|error| refused(path, &error.to_string()))
    }
}

/// Whether less than half of the validity has passed. Without `nextUpdate`, a response is fresh for an
/// hour.
fn is_fresh(staple: &Staple) -> bool {
    let hour = Duration::from_secs(60 * 60);
    let validity = match staple.next_update {
        Some(end) => end.duration_since(staple.this_update).unwrap_or_default(),
        None => 2 * hour,
    };
    SystemTime::now() < staple.this_update + validity / 2
}

/// The pause after a failure, with up to a fifth more, so that the servers of a fleet do not ask together.
fn pause(failures: u32) -> Duration {
    let pause = FIRST_RETRY
        .saturating_mul(1 << failures.min(6))
        .min(LAST_RETRY);
    let mut random = [0];
    let _ = openssl::rand::rand_bytes(&mut random);
    pause + pause / 5 * u32::from(random[0]) / 255
}

fn responder(certificate: &Checked) -> Option<String> {
    let addresses = certificate.leaf().ocsp_responders().ok()?;
    addresses
        .iter()
        .map(|address| address.to_string())
        .find(|address| address.starts_with("http://"))
}

fn refused(path: &Path, message: &str) -> ReloadError {
    ReloadError::OcspResponse {
        path: path.to_owned(),
        message: message.to_owned(),
    }
}

fn context(stack: ErrorStack) -> ReloadError {
    ReloadError::Context(stack.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a step that fails is a failed test")]
mod tests;
