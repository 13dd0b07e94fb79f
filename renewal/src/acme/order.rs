//! One attempt to obtain a certificate.

use std::net::IpAddr;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeStatus, Identifier, NewOrder,
    Order, OrderStatus, RetryPolicy,
};
use openssl::pkey::{PKey, Private};
use serde_json::{Value, json};

use super::account::{self, refused};
use super::challenge::{Challenge, ChallengeType};
use super::delivery::{self, Leaf};
use super::error::AcmeError;
use super::hooks::{Hooks, Published};
use super::key;
use super::settings::Settings;
use super::storage::{CHAIN, KEY, ORDER, Storage};
use super::transport::Transport;
use crate::time::LONGEST;

const AN_ORDER: &str = "an order";
const AN_AUTHORIZATION: &str = "an authorization";
const A_VALIDATION: &str = "a validation";
const A_CERTIFICATE: &str = "a certificate";

/// Runs one attempt to obtain a certificate.
pub(super) fn attempt(
    settings: &Settings,
    storage: &Storage,
    hooks: &mut Hooks,
) -> Result<(), AcmeError> {
    let transport = settings.transport();
    block_on(Attempt::new(settings, storage, transport, hooks).run())?
}

/// Runs a future in this thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, AcmeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    Ok(runtime.map_err(AcmeError::Thread)?.block_on(future))
}

struct Attempt<'a> {
    settings: &'a Settings,
    storage: &'a Storage,
    transport: Transport,
    hooks: &'a mut Hooks,
}

fn protocol_type(kind: ChallengeType) -> instant_acme::ChallengeType {
    match kind {
        ChallengeType::Http01 => instant_acme::ChallengeType::Http01,
        ChallengeType::Dns01 => instant_acme::ChallengeType::Dns01,
        ChallengeType::TlsAlpn01 => instant_acme::ChallengeType::TlsAlpn01,
    }
}

impl<'a> Attempt<'a> {
    fn new(
        settings: &'a Settings,
        storage: &'a Storage,
        transport: Transport,
        hooks: &'a mut Hooks,
    ) -> Attempt<'a> {
        Attempt {
            settings,
            storage,
            transport,
            hooks,
        }
    }

    /// Obtains a certificate, and makes it the one in service.
    async fn run(mut self) -> Result<(), AcmeError> {
        let account = account::open(self.settings, self.storage, &self.transport).await?;
        let outcome = self.obtain(&account).await;
        let lost = |error: &AcmeError| error.is("accountDoesNotExist");
        let outcome = match outcome {
            Err(error) if lost(&error) => {
                let (storage, transport) = (self.storage, &self.transport);
                let account = account::create_again(self.settings, storage, transport).await?;
                self.obtain(&account).await
            }
            outcome => outcome,
        };
        // A refused order is discarded. An order that is delayed, by a rate limit or a fault of the server, is
        // continued later.
        if let Err(AcmeError::Refused { .. } | AcmeError::Validation { .. }) = &outcome {
            let later = |error: &AcmeError| error.is("rateLimited") || error.is("serverInternal");
            if !outcome.as_ref().is_err_and(later) {
                self.storage.remove(&self.storage.pending(ORDER))?;
            }
        }
        outcome
    }

    async fn obtain(&mut self, account: &Account) -> Result<(), AcmeError> {
        let profile = self.profile(account)?;
        let wanted = json!({
            "directory": self.settings.directory,
            "account": account.id(),
            "domains": self.settings.domains,
            "profile": profile,
        });
        let stored = self.stored_order(&wanted)?;
        // The key is stored before the order is made.
        let (key, is_new) = self.key()?;
        // The stored order may have a certificate for the old key already.
        let stored = stored.filter(|_| !is_new);
        let mut order = self.order(account, stored, wanted, profile).await?;
        if order.state().status == OrderStatus::Pending {
            self.authorize(&mut order).await?;
        }
        let policy = self.policy();
        if order.state().status == OrderStatus::Ready {
            let csr = key::csr(&key, &self.settings.domains)?;
            let finalized = order.finalize_csr(&csr).await;
            finalized.map_err(refused(A_CERTIFICATE, &self.transport))?;
        }
        let chain = match order.state().status {
            OrderStatus::Valid => order.certificate().await.map(Option::unwrap_or_default),
            _ => order.poll_certificate(&policy).await,
        };
        let chain = chain.map_err(refused(A_CERTIFICATE, &self.transport))?;
        if let Err(error) = delivery::check(chain.as_bytes(), &key, &self.settings.domains) {
            self.storage.discard_pending()?;
            return Err(error);
        }
        self.storage
            .write(&self.storage.pending(CHAIN), chain.as_bytes())?;
        self.storage.publish()
    }

    /// How often the server is asked whether it is done.
    fn policy(&self) -> RetryPolicy {
        let first = match cfg!(test) {
            true => Duration::from_millis(1),
            false => Duration::from_millis(250),
        };
        RetryPolicy::new()
            .initial_delay(first)
            .timeout(self.settings.timeout.min(LONGEST))
    }

    /// The profile to order.
    fn profile(&self, account: &Account) -> Result<Option<String>, AcmeError> {
        let Some((name, required)) = &self.settings.profile else {
            return Ok(None);
        };
        let known = account.profiles().any(|profile| profile.name == name);
        match (known, required) {
            (true, _) => Ok(Some(name.clone())),
            (false, false) => Ok(None),
            (false, true) => Err(AcmeError::Settings(format!(
                "the ACME server has no profile {name}"
            ))),
        }
    }

    /// The URL of an unfinished order with these properties. Another order is discarded.
    fn stored_order(&self, wanted: &Value) -> Result<Option<String>, AcmeError> {
        let Some(content) = self.storage.read(&self.storage.pending(ORDER))? else {
            return Ok(None);
        };
        let stored: Value = serde_json::from_slice(&content).unwrap_or_default();
        match stored["url"].as_str() {
            Some(url) if stored["wanted"] == *wanted => Ok(Some(url.to_owned())),
            _ => {
                self.storage.discard_pending()?;
                Ok(None)
            }
        }
    }

    /// The key of the order in progress, or a new one, and whether it is new.
    fn key(&self) -> Result<(PKey<Private>, bool), AcmeError> {
        let path = self.storage.pending(KEY);
        if let Some(pem) = self.storage.read(&path)? {
            match PKey::private_key_from_pem(&pem) {
                Ok(key) if self.settings.key_type.fits(&key) => return Ok((key, false)),
                _ => self.storage.discard_pending()?,
            }
        }
        let key = key::generate(self.settings.key_type)?;
        self.storage
            .write(&path, &key.private_key_to_pem_pkcs8()?)?;
        Ok((key, true))
    }

    /// The unfinished order, or a new one.
    async fn order(
        &self,
        account: &Account,
        stored: Option<String>,
        wanted: Value,
        profile: Option<String>,
    ) -> Result<Order, AcmeError> {
        if let Some(url) = stored {
            match account
                .order(url)
                .await
                .map_err(refused(AN_ORDER, &self.transport))
            {
                Ok(mut order) => {
                    if order.state().status != OrderStatus::Invalid {
                        return Ok(order);
                    }
                }
                // The server refuses the stored order, for example because it has expired. A new order is made.
                Err(AcmeError::Refused { kind, .. }) if kind != "accountDoesNotExist" => {}
                Err(error) => return Err(error),
            }
        }
        let domains = self.settings.domains.iter();
        let identifiers = domains.map(|domain| match domain.parse::<IpAddr>() {
            Ok(address) => Identifier::Ip(address),
            Err(_) => Identifier::Dns(domain.to_ascii_lowercase()),
        });
        let identifiers: Vec<Identifier> = identifiers.collect();
        let new = || {
            let new = NewOrder::new(&identifiers);
            match &profile {
                Some(name) => new.profile(name),
                None => new,
            }
        };
        let replaced = self.replaced()?;
        let mut outcome = match replaced {
            Some(id) => account.new_order(&new().replaces(id)).await,
            None => account.new_order(&new()).await,
        };
        let without = match &outcome {
            // The server has no renewal information, or knows of a successor of the certificate.
            Err(instant_acme::Error::Unsupported(_)) => true,
            Err(instant_acme::Error::Other(text)) => text.to_string().contains("replaces"),
            Err(instant_acme::Error::Api(problem)) => {
                let kind = problem.r#type.as_deref().unwrap_or_default();
                kind.ends_with(":alreadyReplaced") || kind.ends_with(":malformed")
            }
            _ => false,
        };
        if without {
            outcome = account.new_order(&new()).await;
        }
        let order = outcome.map_err(refused(AN_ORDER, &self.transport))?;
        let content = json!({ "url": order.url(), "wanted": wanted }).to_string();
        self.storage
            .write(&self.storage.pending(ORDER), content.as_bytes())?;
        Ok(order)
    }

    /// The identifier of the certificate that the new one replaces (RFC 9773, section 5), if it has the same names.
    fn replaced(&self) -> Result<Option<CertificateIdentifier<'static>>, AcmeError> {
        let Some(lineage) = self.storage.lineage() else {
            return Ok(None);
        };
        let content = self.storage.read(&lineage.fullchain())?;
        let leaf = content.and_then(|content| Leaf::of(&content).ok());
        let leaf = leaf.filter(|leaf| leaf.covers(&self.settings.domains).is_ok());
        Ok(leaf.and_then(|leaf| leaf.identifier).map(certificate_id))
    }

    /// Shows the server that the names belong to this client.
    async fn authorize(&mut self, order: &mut Order) -> Result<(), AcmeError> {
        let (transport, policy) = (self.transport.clone(), self.policy());
        let mut published = Published::new(self.hooks);
        let failed = |request| refused(request, &transport);
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(failed(AN_AUTHORIZATION))?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let domain = authorization.identifier().to_string();
            let offered = |kind: &ChallengeType| {
                let kind = protocol_type(*kind);
                authorization
                    .challenges
                    .iter()
                    .any(|other| other.r#type == kind)
            };
            let Some(kind) = published.kinds().find(offered) else {
                return Err(AcmeError::Settings(format!(
                    "the ACME server offers no challenge for {domain} that is set up here"
                )));
            };
            let Some(mut handle) = authorization.challenge(protocol_type(kind)) else {
                continue;
            };
            // A token is part of a file's name; see RFC 8555, section 8.3.
            let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
            if handle.token.is_empty() || !handle.token.bytes().all(legal) {
                return Err(AcmeError::Exchange {
                    request: AN_AUTHORIZATION,
                    message: "the token has forbidden characters".to_owned(),
                    retry_after: None,
                });
            }
            let challenge = Challenge {
                kind,
                domain: domain.trim_start_matches("*.").to_owned(),
                token: handle.token.clone(),
                key_authorization: handle.key_authorization().as_str().to_owned(),
            };
            published.add(challenge)?;
            if handle.status == ChallengeStatus::Pending {
                handle.set_ready().await.map_err(failed(A_VALIDATION))?;
            }
        }
        let outcome = order.poll_ready(&policy).await;
        let error = match outcome.map_err(failed(A_VALIDATION)) {
            Ok(OrderStatus::Ready) => return Ok(()),
            Ok(_) => AcmeError::Refused {
                request: A_VALIDATION,
                kind: "unauthorized".to_owned(),
                detail: "the server gives no reason".to_owned(),
                retry_after: None,
            },
            Err(error) => error,
        };
        // The order does not say why a name could not be validated. Its challenges do.
        match error {
            AcmeError::Refused {
                retry_after: None, ..
            } => Err(reason(order, published.challenges()).await.unwrap_or(error)),
            error => Err(error),
        }
    }
}

/// Why a validation has failed.
async fn reason(order: &mut Order, answered: &[Challenge]) -> Option<AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(state) = authorization.refresh().await else {
            continue;
        };
        let domain = state.identifier().to_string();
        for challenge in &state.challenges {
            let same = |ours: &&Challenge| protocol_type(ours.kind) == challenge.r#type;
            let ours = answered.iter().find(same);
            if let (Some(error), Some(ours)) = (&challenge.error, ours) {
                return Some(AcmeError::Validation {
                    domain,
                    challenge: ours.kind,
                    detail: error.detail.clone().unwrap_or_else(|| error.to_string()),
                });
            }
        }
    }
    None
}

pub(super) fn certificate_id([issuer, serial]: [String; 2]) -> CertificateIdentifier<'static> {
    CertificateIdentifier {
        authority_key_identifier: issuer.into(),
        serial: serial.into(),
    }
}
