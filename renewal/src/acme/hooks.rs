//! The hooks of a client.

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

    pub(super) fn kinds(&self) -> impl Iterator<Item = ChallengeType> {
        self.list.iter().map(|(kind, _)| *kind)
    }

    fn hook(&mut self, kind: ChallengeType) -> Option<&mut Box<dyn ChallengeHook>> {
        let hook = self.list.iter_mut().find(|(other, _)| *other == kind);
        hook.map(|(_, hook)| hook)
    }

    pub(super) fn auth(&mut self, challenge: &Challenge) -> Result<(), AcmeError> {
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

    pub(super) fn cleanup(&mut self, challenge: &Challenge) {
        if let Some(hook) = self.hook(challenge.kind) {
            // A failed cleanup does not affect the certificate.
            let _ = hook.cleanup(challenge);
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
