//! The hooks of a client.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyssl::SslContext;

use super::challenge::{Challenge, ChallengeHook, ChallengeType};
use super::error::AcmeError;
use super::tls_alpn::TlsAlpn;

/// The ways to fulfil challenges, most preferred first.
#[derive(Default)]
pub(super) struct Hooks {
    list: Vec<(ChallengeType, Box<dyn ChallengeHook>)>,
    /// Challenges that need the service's context, until they are added to it.
    waiting: Option<(TlsAlpn, SslContext)>,
}

impl Hooks {
    pub(super) fn add(&mut self, kind: ChallengeType, hook: Box<dyn ChallengeHook>) {
        self.list.retain(|(other, _)| *other != kind);
        self.list.push((kind, hook));
    }

    /// Adds the challenges of this context, when the client starts.
    pub(super) fn add_tls_alpn(&mut self, context: &SslContext) {
        let challenges = TlsAlpn::default();
        self.waiting = Some((challenges.clone(), context.clone()));
        self.add(ChallengeType::TlsAlpn01, Box::new(challenges));
    }

    /// Whether the context for challenges requires client certificates.
    pub(super) fn require_client_certificates(&self) -> bool {
        let mode = self
            .waiting
            .as_ref()
            .map(|(_, context)| context.verify_mode());
        mode == Some(pyssl::CERT_REQUIRED)
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = ChallengeType> {
        self.list.iter().map(|(kind, _)| *kind)
    }

    fn hook(&mut self, kind: ChallengeType) -> Option<&mut Box<dyn ChallengeHook>> {
        let hook = self.list.iter_mut().find(|(other, _)| *other == kind);
        hook.map(|(_, hook)| hook)
    }

    fn auth(&mut self, challenge: &Challenge) -> Result<(), AcmeError> {
        let outcome = match self.hook(challenge.kind) {
            Some(hook) => hook.auth(challenge),
            None => Err("there is none".into()),
        };
        outcome.map_err(|source| AcmeError::Hook {
            domain: challenge.domain.clone(),
            challenge: challenge.kind,
            source,
        })
    }

    fn cleanup(&mut self, challenge: &Challenge) {
        if let Some(hook) = self.hook(challenge.kind) {
            // Neither an error nor a panic, which Rust has printed, affects the certificate or the other challenges.
            let _ = catch_unwind(AssertUnwindSafe(|| hook.cleanup(challenge)));
        }
    }

    /// Adds challenges to the service's context, once.
    pub(super) fn install(&mut self) -> Result<(), AcmeError> {
        if let Some((challenges, context)) = &self.waiting {
            challenges.install(context)?;
            self.waiting = None;
        }
        Ok(())
    }
}

/// The challenges of an attempt whose answers are published. When this value is dropped, also by a panic, the answers
/// are removed, the last one first.
pub(super) struct Published<'a> {
    hooks: &'a mut Hooks,
    challenges: Vec<Challenge>,
}

impl<'a> Published<'a> {
    pub(super) fn new(hooks: &'a mut Hooks) -> Published<'a> {
        Published {
            hooks,
            challenges: Vec::new(),
        }
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = ChallengeType> {
        self.hooks.kinds()
    }

    /// Publishes the answer to a challenge.
    pub(super) fn add(&mut self, challenge: Challenge) -> Result<(), AcmeError> {
        // A hook that fails or panics may have published a part of the answer, so its cleanup is called too.
        self.challenges.push(challenge.clone());
        self.hooks.auth(&challenge)
    }

    pub(super) fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }
}

impl Drop for Published<'_> {
    fn drop(&mut self) {
        while let Some(challenge) = self.challenges.pop() {
            self.hooks.cleanup(&challenge);
        }
    }
}
