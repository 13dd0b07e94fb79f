//! The results that contexts negotiate, found by handshakes in memory.
//!
//! | question | call |
//! |---|---|
//! | What would these two contexts agree on, or why not? | [`negotiate()`] |
//! | What would known clients agree on with this server? | [`negotiate_profiles`] |
//! | Which of the listed suites can this context really use? | [`usable_ciphers`] |
//!
//! The given contexts are not changed: handshakes run on copies, do not count in the statistics
//! and do not write to a key log.

mod agreement;
mod facts;
mod hello;
mod options;
mod profile;
mod refusal;
mod role;
mod test_keys;
mod trial;
mod usable;

use std::fmt;

pub use agreement::Agreement;
pub use facts::Obstacle;
pub(crate) use facts::{version_name, version_names};
pub(crate) use hello::{groups_on, signatures_on};
pub use options::{NegotiateOptions, UsableOptions};
pub use profile::{Profile, negotiate_profiles};
pub use refusal::{Cause, Refusal};
pub use role::Role;
pub(crate) use test_keys::Authority;
pub(crate) use usable::{IDENTITY, KEY, highest_below_tls12, without_obstacles};
pub use usable::{Usable, usable_ciphers};

use pyssl::Result;
use pyssl::SslContext;
use trial::Trial;

/// The result of [`negotiate()`].
#[allow(clippy::exhaustive_enums, reason = "a handshake succeeds or fails")]
#[derive(Debug)]
pub enum Negotiation {
    /// The handshake succeeds.
    Agreed(Box<Agreement>),
    /// The handshake fails.
    Refused(Box<Refusal>),
}

impl Negotiation {
    /// The agreement, if the handshake succeeds.
    pub fn agreement(&self) -> Option<&Agreement> {
        match self {
            Negotiation::Agreed(agreement) => Some(agreement),
            Negotiation::Refused(_) => None,
        }
    }

    /// The reason, if the handshake fails.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Negotiation::Agreed(_) => None,
            Negotiation::Refused(refusal) => Some(refusal),
        }
    }
}

impl fmt::Display for Negotiation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Negotiation::Agreed(agreement) => agreement.fmt(f),
            Negotiation::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// Negotiates between a client and a server with these contexts, by a handshake in memory. The
/// result has the agreement, or the exact reason of the failure.
///
/// ```
/// use pyssl as ssl;
/// use pyssl_ciphers::negotiate::{NegotiateOptions, negotiate};
///
/// let server = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// let client = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// let options = NegotiateOptions::new().test_keys(true);
/// let found = negotiate(&client, &server, options.clone())?;
/// println!("{found}"); // TLS 1.3, TLS_AES_256_GCM_SHA384, ...
/// # assert_eq!(found.agreement().unwrap().version(), ssl::TlsVersion::TLSv1_3);
///
/// client.set_maximum_version(ssl::TlsVersion::TLSv1_2)?;
/// server.set_minimum_version(ssl::TlsVersion::TLSv1_3)?;
/// let found = negotiate(&client, &server, options)?;
/// let refusal = found.refusal().ok_or("they agree").unwrap();
/// assert_eq!(
///     refusal.cause().to_string(),
///     "no version in common: the client enables TLS 1.2, the server TLS 1.3",
/// );
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// The contexts are not changed: the handshake runs on copies, without the key log and the
/// message callback. Callbacks for the server name and for pre-shared keys are called, because the
/// result depends on them.
///
/// # Errors
///
/// `SSLError` for a context of the other role; `ValueError` and `UnicodeError` for invalid host
/// names. A handshake that fails is not an error here, but a [`Refusal`].
pub fn negotiate(
    client: &SslContext,
    server: &SslContext,
    options: impl Into<NegotiateOptions>,
) -> Result<Negotiation> {
    let options = options.into();
    let test_key = options.test_keys && server.settings().identities().is_empty();
    let verify = options.verify && !test_key;
    // Test certificates must be accepted at both security levels: the client checks the server's
    // certificate at its own.
    let level = client.security_level().max(server.security_level());
    let prepare = |context: &SslContext, set: Option<usize>| {
        let mut variant = context.variant().without_observers();
        if !verify {
            variant = variant.without_verification();
        }
        if let Some(set) = set {
            variant = test_keys::add(variant, &context.settings(), level, set, false)?;
        }
        variant.build()
    };
    let host = options.server_hostname.as_deref();
    let client = prepare(client, None)?;
    if !test_key {
        return attempt(&client, &prepare(server, None)?, host, false);
    }
    let usual = attempt(&client, &prepare(server, Some(0))?, host, true)?;
    if usual.refusal().is_some() {
        for set in 1..test_keys::count(level) {
            let found = attempt(&client, &prepare(server, Some(set))?, host, true)?;
            if found.agreement().is_some() {
                return Ok(found);
            }
        }
    }
    Ok(usual)
}

/// Tries one handshake between these contexts.
fn attempt(
    client: &SslContext,
    server: &SslContext,
    host: Option<&str>,
    test_key: bool,
) -> Result<Negotiation> {
    let trial = Trial::new(client, server, host)?;
    let ended = trial.run();
    let agreed = trial.client.agreed();
    match (agreed.version, agreed.cipher) {
        (Some(version), Some(cipher)) if ended.client.is_none() && ended.server.is_none() => {
            Ok(Negotiation::Agreed(Box::new(Agreement {
                version,
                cipher,
                group: agreed.group,
                signature: agreed.peer_signature,
                certificate_key: agreed.peer_key,
                alpn: trial.client.selected_alpn_protocol(),
                test_key,
            })))
        }
        _ => Ok(Negotiation::Refused(Box::new(Refusal::new(
            client, server, ended,
        )?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pyssl::{Protocol, TlsVersion};

    #[test]
    fn no_common_group_is_reported_for_tls_1_2_and_1_3() {
        let with = |protocol, groups: &str| {
            let context = SslContext::new(protocol).unwrap();
            context.set_groups(groups).unwrap();
            context
        };
        let client = with(Protocol::PROTOCOL_TLS_CLIENT, "prime256v1");
        let server = with(Protocol::PROTOCOL_TLS_SERVER, "secp384r1");
        for version in [TlsVersion::TLSv1_3, TlsVersion::TLSv1_2] {
            client.set_maximum_version(version).unwrap();
            let options = NegotiateOptions::new().test_keys(true);
            let found = negotiate(&client, &server, options).unwrap();
            let refusal = found.refusal().unwrap();
            assert_eq!(
                refusal.cause(),
                &Cause::NoCommonGroup {
                    client: Some("prime256v1".into()),
                    server: Some("secp384r1".into()),
                },
                "{refusal}"
            );
        }
    }
}
