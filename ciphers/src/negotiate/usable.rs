use super::facts::{Facts, Obstacle, names_dhe_groups};
use super::trial::{Trial, TrialOutcome};
use super::{Role, UsableOptions, test_keys};
use crate::cipher::Cipher;
use pyssl::{Error, Result};
use pyssl::{Protocol, SslContext, TlsVersion, Variant};

/// Whether a context can negotiate a suite that it lists, from [`usable_ciphers`].
#[derive(Debug, Clone)]
pub struct Usable {
    cipher: Cipher,
    version: Option<TlsVersion>,
    why: Option<Obstacle>,
    test_key: Option<Obstacle>,
}

impl Usable {
    /// The suite, as `get_ciphers()` lists it.
    pub fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    /// Whether a handshake with this suite alone succeeded.
    pub fn usable(&self) -> bool {
        self.why.is_none()
    }

    /// The version with which the suite was negotiated.
    pub fn version(&self) -> Option<TlsVersion> {
        self.version
    }

    /// Why the suite cannot be used.
    pub fn why(&self) -> Option<&Obstacle> {
        self.why.as_ref()
    }

    /// The obstacle that a test key removed, for a suite that can be used
    /// ([`UsableOptions::test_keys`](super::UsableOptions::test_keys)).
    pub fn test_key(&self) -> Option<&Obstacle> {
        self.test_key.as_ref()
    }
}

/// Finds the listed suites that a context can negotiate, in the order of the list.
///
/// Python's `get_ciphers()` and `openssl ciphers` show the suites that the cipher string selects.
/// Whether a suite can be used also depends on the versions, the security level, the kinds of
/// certificates, finite-field parameters and callbacks. So each suite is tried with a handshake in
/// memory. The peer accepts this suite alone, at security level 0, and has certificates of every
/// kind. The context itself is not changed, and its callbacks are not called.
///
/// ```
/// use pyssl as ssl;
/// use pyssl_ciphers::negotiate::{Obstacle, Role, usable_ciphers};
///
/// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:PSK-AES128-GCM-SHA256")?;
/// for suite in usable_ciphers(&context, Role::Client)? {
///     match suite.why() {
///         None => println!("{}", suite.cipher().name),
///         Some(why) => println!("{}: {why}", suite.cipher().name),
///     }
/// }
/// # let last = usable_ciphers(&context, Role::Client)?.pop().unwrap();
/// # assert_eq!(last.why(), Some(&Obstacle::NoPskCallback));
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// A server needs certificates for nearly every suite. Test keys can take their place:
///
/// ```
/// # use pyssl as ssl;
/// use pyssl_ciphers::negotiate::{Role, UsableOptions, usable_ciphers};
///
/// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// let options = UsableOptions::new(Role::Server).test_keys(true);
/// for suite in usable_ciphers(&context, options)? {
///     assert!(suite.usable());
///     // "needs a certificate, and none is loaded"
///     assert!(suite.test_key().is_some());
/// }
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// `SSLError` for a context of the other role, and if OpenSSL cannot make contexts.
pub fn usable_ciphers(
    context: &SslContext,
    options: impl Into<UsableOptions>,
) -> Result<Vec<Usable>> {
    let UsableOptions { role, test_keys } = options.into();
    let ciphers = context.get_ciphers()?;
    let add_keys = test_keys && role == Role::Server;
    let prover = Prover::new(context, role, add_keys, &ciphers)?;
    let as_it_is = Facts::of(context, role)?;
    // With test keys, the facts are those of the context to which the usual test keys were added.
    let facts = match prover.attempts.iter().find(|attempt| attempt.adds_keys) {
        Some(usual) => Facts::of(&usual.own, role)?,
        None => Facts::of(context, role)?,
    };
    ciphers
        .into_iter()
        .map(|cipher| {
            let obstacle = facts.obstacle(&cipher);
            let mut usable = Usable {
                version: None,
                why: None,
                test_key: None,
                cipher,
            };
            // The certificate does not affect these obstacles, so one handshake is enough.
            let settled = matches!(
                obstacle,
                Some(
                    Obstacle::Version
                        | Obstacle::NoPskCallback
                        | Obstacle::NoSrp
                        | Obstacle::SecurityLevel(_)
                )
            );
            let mut first = None;
            for attempt in &prover.attempts {
                match attempt.prove(role, &usable.cipher)? {
                    Ok(version) => {
                        usable.version = Some(version);
                        let lacked = first.take().filter(|_| attempt.adds_keys);
                        usable.test_key = lacked.map(|error| {
                            let obstacle = as_it_is.obstacle(&usable.cipher);
                            obstacle.unwrap_or(Obstacle::Handshake(error))
                        });
                        return Ok(usable);
                    }
                    Err(error) => first = first.or(Some(error)),
                }
                if settled {
                    break;
                }
            }
            usable.why = obstacle.or(first.map(Obstacle::Handshake));
            Ok(usable)
        })
        .collect()
}

/// The suites that the settings allow, found without a handshake. A server without a certificate
/// counts as one with certificates of every kind.
pub(crate) fn without_obstacles(context: &SslContext, role: Role) -> Result<Vec<Cipher>> {
    let facts = Facts::of(context, role)?;
    let mut ciphers = context.get_ciphers()?;
    ciphers.retain(|cipher| {
        matches!(
            facts.obstacle(cipher),
            None | Some(Obstacle::NoCertificate | Obstacle::NotTried(_))
        )
    });
    Ok(ciphers)
}

/// The highest version below TLS 1.2 with which a handshake in memory succeeds. `level`, if given,
/// replaces the context's security level.
pub(crate) fn highest_below_tls12(
    context: &SslContext,
    role: Role,
    level: Option<u32>,
) -> Result<Option<TlsVersion>> {
    let settings = context.settings();
    let mut own = algorithms_only(context).without_sni_callback();
    if let Some(level) = level {
        own = own.at_security_level(level);
    }
    if role == Role::Server && settings.identities().is_empty() {
        own = test_keys::add(own, &settings, context.security_level(), 0, false)?;
    }
    let own = own.build()?;
    let template = SslContext::new(Protocol::PROTOCOL_TLS)?;
    template.set_ciphers("ALL:@SECLEVEL=0")?;
    template.set_minimum_version(TlsVersion::MINIMUM_SUPPORTED)?;
    template.set_maximum_version(TlsVersion::TLSv1_1)?;
    let peer = template.variant().with_groups_of(context);
    let peer = test_keys::add(
        peer,
        &template.settings(),
        context.security_level(),
        0,
        false,
    )?;
    let peer = peer.build()?;
    let (client, server) = match role {
        Role::Client => (&own, &peer),
        Role::Server => (&peer, &own),
    };
    let trial = Trial::new(client, server, None)?;
    let ended = trial.run();
    let agreed = ended.client.is_none() && ended.server.is_none();
    Ok(trial.client.agreed().version.filter(|_| agreed))
}

/// The pre-shared key of a context with PSK callbacks and its peer, in place of the user's.
pub(crate) const IDENTITY: &str = "pyssl";
pub(crate) const KEY: &[u8] = b"only for a handshake in memory...";

/// Tries suites, with one set of certificates after the other.
struct Prover {
    attempts: Vec<Attempt>,
}

/// The context and a peer, with one set of certificates.
struct Attempt {
    own: SslContext,
    /// The peer for TLS 1.2 and older. Its cipher string is set for each suite.
    peer: SslContext,
    /// The peer for TLS 1.3. It has no pre-shared key, because a handshake with one uses no
    /// certificate.
    peer13: SslContext,
    /// Whether test keys were added to the context.
    adds_keys: bool,
}

impl Prover {
    fn new(context: &SslContext, role: Role, add_keys: bool, ciphers: &[Cipher]) -> Result<Prover> {
        let level = context.security_level();
        let dsa = ciphers.iter().any(|c| c.auth == Some("auth-dss"));
        let settings = context.settings();
        let own = |set: Option<usize>| {
            let mut own = algorithms_only(context)
                .without_sni_callback()
                .without_tickets()
                // The peer does not know the user's key, so a test key replaces it.
                .replacing_psk(IDENTITY, KEY);
            if let Some(set) = set {
                own = test_keys::add(own, &settings, level, set, dsa)?;
                if !names_dhe_groups() && settings.dh_bits().is_none() {
                    own = with_dh_params(own, level)?;
                }
            }
            own.build()
        };
        let peer = |set: Option<usize>| {
            let empty = SslContext::new(Protocol::PROTOCOL_TLS)?;
            let mut peer = empty.variant().with_groups_of(context).at_security_level(0);
            if let Some(set) = set {
                peer = test_keys::add(peer, &empty.settings(), level, set, dsa)?;
                peer = with_dh_params(peer, level)?;
            }
            let peer13 = peer.build()?;
            peer13.set_minimum_version(TlsVersion::TLSv1_3)?;
            peer13.set_maximum_version(TlsVersion::TLSv1_3)?;
            let peer = peer13.variant().with_psk(IDENTITY, KEY).build()?;
            peer.set_minimum_version(TlsVersion::MINIMUM_SUPPORTED)?;
            peer.set_maximum_version(TlsVersion::TLSv1_2)?;
            peer.set_ciphersuites("")?;
            Ok::<_, Error>((peer, peer13))
        };
        let attempt = |own, (peer, peer13), adds_keys| Attempt {
            own,
            peer,
            peer13,
            adds_keys,
        };
        let sets = 0..test_keys::count(level);
        let mut attempts = Vec::new();
        match role {
            Role::Client => {
                for set in sets {
                    attempts.push(attempt(own(None)?, peer(Some(set))?, false));
                }
            }
            Role::Server => {
                attempts.push(attempt(own(None)?, peer(None)?, false));
                for set in sets.filter(|_| add_keys) {
                    attempts.push(attempt(own(Some(set))?, peer(None)?, true));
                }
            }
        }
        Ok(Prover { attempts })
    }
}

fn with_dh_params(variant: Variant, level: u32) -> Result<Variant> {
    match test_keys::dh_params(level)? {
        Some(pem) => variant.with_dh_params(&pem),
        None => Ok(variant),
    }
}

impl Attempt {
    /// Runs a handshake that can negotiate only this suite. Returns its version, or the error.
    fn prove(&self, role: Role, cipher: &Cipher) -> Result<Result<TlsVersion, Box<str>>> {
        let peer = if cipher.is_tls13() {
            self.peer13.set_ciphersuites(cipher.name)?;
            &self.peer13
        } else {
            // A string with the name alone keeps the security level.
            self.peer.set_ciphers(cipher.name)?;
            &self.peer
        };
        let (client, server) = match role {
            Role::Client => (&self.own, peer),
            Role::Server => (peer, &self.own),
        };
        let trial = Trial::new(client, server, None)?;
        let TrialOutcome {
            client,
            server,
            alert,
        } = trial.run();
        let failed = match role {
            Role::Client => client.or(server),
            Role::Server => server.or(client),
        };
        let agreed = trial.client.agreed();
        match (failed, agreed.version, agreed.cipher) {
            (None, Some(version), Some(chosen)) if chosen.id == cipher.id => Ok(Ok(version)),
            (Some(error), ..) => Ok(Err(match alert {
                Some((by, alert)) if by != role => {
                    format!("{error} (the peer's alert: {alert:?})").into()
                }
                _ => error.to_string().into(),
            })),
            (None, _, chosen) => {
                let name = chosen.map_or("none", |chosen| chosen.name);
                Ok(Err(format!("the peer chose {name}").into()))
            }
        }
    }
}

/// A copy without verification, key log and message callback.
fn algorithms_only(context: &SslContext) -> Variant {
    context.variant().without_observers().without_verification()
}
