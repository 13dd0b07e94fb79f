use std::sync::Arc;

use super::facts::{Facts, NAMES_DHE_GROUPS, Obstacle};
use super::trial::{Ended, Trial};
use super::{Role, UsableOptions, lend};
use crate::cipher::Cipher;
use crate::constants::{OcspMode, Options, Protocol, TlsVersion, VerifyMode};
use crate::context::{PskClientCallback, PskServerCallback, Settings, SslContext};
use crate::error::{Error, Result};
use crate::ffi::util::c_string_lossy;

/// Whether a context can really negotiate a suite that it lists; from [`usable_ciphers`].
#[derive(Debug, Clone)]
pub struct Usable {
    cipher: Cipher,
    version: Option<TlsVersion>,
    why: Option<Obstacle>,
    lent: Option<Obstacle>,
}

impl Usable {
    /// The suite, as `get_ciphers()` lists it.
    pub fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    /// Whether a handshake that was restricted to it succeeded.
    pub fn usable(&self) -> bool {
        self.why.is_none()
    }

    /// The version that it was negotiated with.
    pub fn version(&self) -> Option<TlsVersion> {
        self.version
    }

    /// Why it cannot be used.
    pub fn why(&self) -> Option<&Obstacle> {
        self.why.as_ref()
    }

    /// What would stand in the way if the server had not been lent it for the trial; only for
    /// suites that can be used
    /// ([`UsableOptions::lend_certificates`](super::UsableOptions::lend_certificates)).
    pub fn lent(&self) -> Option<&Obstacle> {
        self.lent.as_ref()
    }
}

/// Which of the suites that a context lists it can really negotiate, in the order of the list.
///
/// Python's `get_ciphers()`, and `openssl ciphers` too, show what the cipher string selects. The
/// range of versions, the security level, the kinds of the certificates, finite-field parameters
/// and callbacks decide what is left of it. Here each suite is tried: with a handshake in memory
/// against a peer that accepts this suite alone, at security level 0, and has certificates of
/// every kind. The context itself is not touched, and its callbacks are not called.
///
/// ```
/// use pyssl as ssl;
/// use pyssl::negotiate::{Obstacle, Role, usable_ciphers};
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
/// A server needs certificates for nearly everything. Those that it lacks can be lent:
///
/// ```
/// # use pyssl as ssl;
/// use pyssl::negotiate::{Role, UsableOptions, usable_ciphers};
///
/// let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
/// let options = UsableOptions::new(Role::Server).lend_certificates(true);
/// for suite in usable_ciphers(&context, options)? {
///     assert!(suite.usable());
///     // "needs a certificate, and none is loaded"
///     assert!(suite.lent().is_some());
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
    let UsableOptions {
        role,
        lend_certificates,
    } = options.into();
    let ciphers = context.get_ciphers()?;
    let lend = lend_certificates && role == Role::Server;
    let prover = Prover::new(context, role, lend, &ciphers)?;
    let as_it_is = Facts::of(context, role)?;
    // With the usual certificates, if they are lent.
    let facts = match prover.attempts.iter().find(|attempt| attempt.lends) {
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
                lent: None,
                cipher,
            };
            // No certificate helps against these, so one handshake is enough.
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
                        let lacked = first.take().filter(|_| attempt.lends);
                        usable.lent = lacked.map(|error| {
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

/// The suites that nothing in the settings forbids, found without a handshake. A server that has
/// no certificate yet counts as one that has them all.
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

/// The highest version below TLS 1.2 that a handshake in memory succeeds with, at this security
/// level instead of the context's own if one is given.
pub(crate) fn highest_below_tls12(
    context: &SslContext,
    role: Role,
    level: Option<u32>,
) -> Result<Option<TlsVersion>> {
    let own = context.varied(|settings| {
        only_algorithms(settings);
        settings.sni_callback = None;
        if let Some(level) = level {
            settings.security_level = Some(level);
        }
        if role == Role::Server && settings.identities.is_empty() {
            lend::lend(settings, context.security_level(), 0, false)?;
        }
        Ok(())
    })?;
    let mut template = Settings::new(Protocol::PROTOCOL_TLS)?;
    template.cipher_list = Arc::new(c_string_lossy("ALL:@SECLEVEL=0"));
    template.minimum_version = Some(TlsVersion::MINIMUM_SUPPORTED);
    template.maximum_version = Some(TlsVersion::TLSv1_1);
    template.groups = context.settings().groups;
    lend::lend(&mut template, context.security_level(), 0, false)?;
    let peer = SslContext::from_settings(template)?;
    let (client, server) = match role {
        Role::Client => (&own, &peer),
        Role::Server => (&peer, &own),
    };
    let trial = Trial::new(client, server, None)?;
    let ended = trial.run();
    let agreed = ended.client.is_none() && ended.server.is_none();
    Ok(trial.client.agreed().version.filter(|_| agreed))
}

/// What a context that has PSK callbacks and its peer share in place of the user's key.
pub(crate) const IDENTITY: &str = "pyssl";
pub(crate) const KEY: &[u8] = b"only for a handshake in memory...";

/// Tries suites, with one set of certificates after the other.
struct Prover {
    attempts: Vec<Attempt>,
}

/// The context and a peer, with one set of certificates.
struct Attempt {
    own: SslContext,
    /// For TLS 1.2 and older; its list is set for each suite.
    peer: SslContext,
    template: Settings,
    /// Whether the context was lent what it lacks.
    lends: bool,
}

impl Prover {
    fn new(context: &SslContext, role: Role, lend: bool, ciphers: &[Cipher]) -> Result<Prover> {
        let level = context.security_level();
        let dsa = ciphers.iter().any(|c| c.auth == Some("auth-dss"));
        let own = |set: Option<usize>| {
            context.varied(|settings| {
                if let Some(set) = set {
                    lend::lend(settings, level, set, dsa)?;
                    if !NAMES_DHE_GROUPS && settings.dh_params.is_none() {
                        settings.dh_params = lend::dh_params(level)?;
                    }
                }
                only_algorithms(settings);
                settings.sni_callback = None;
                // Another key than the user's, and known to the peer.
                let client = settings.psk_client.take();
                let server = settings.psk_server.take();
                settings.psk_client = client.map(|_| PskClientCallback::constant(IDENTITY, KEY));
                settings.psk_server = server.map(|_| PskServerCallback::constant(KEY));
                let tickets = Options::OP_NO_TICKET.bits();
                settings.options |= tickets;
                Ok(())
            })
        };
        let settings = context.settings();
        let template = |set: Option<usize>| {
            let mut template = Settings::new(Protocol::PROTOCOL_TLS)?;
            template.security_level = Some(0);
            template.minimum_version = Some(TlsVersion::MINIMUM_SUPPORTED);
            template.maximum_version = Some(TlsVersion::TLSv1_2);
            template.ciphersuites = Some(Arc::from(c""));
            template.groups = settings.groups.clone();
            template.psk_client = Some(PskClientCallback::constant(IDENTITY, KEY));
            template.psk_server = Some(PskServerCallback::constant(KEY));
            if let Some(set) = set {
                lend::lend(&mut template, level, set, dsa)?;
                template.dh_params = lend::dh_params(level)?;
            }
            Ok::<_, Error>(template)
        };
        let attempt = |own, template: Settings, lends| {
            Ok(Attempt {
                own,
                peer: SslContext::from_settings(template.clone())?,
                template,
                lends,
            })
        };
        let sets = 0..lend::count(level);
        let attempts = match role {
            Role::Client => sets
                .map(|set| attempt(own(None)?, template(Some(set))?, false))
                .collect::<Result<_>>()?,
            Role::Server => {
                let mut attempts = vec![attempt(own(None)?, template(None)?, false)?];
                for set in sets.filter(|_| lend) {
                    attempts.push(attempt(own(Some(set))?, template(None)?, true)?);
                }
                attempts
            }
        };
        Ok(Prover { attempts })
    }
}

impl Attempt {
    /// A handshake that can end with this suite only: its version, or the error.
    fn prove(&self, role: Role, cipher: &Cipher) -> Result<Result<TlsVersion, Box<str>>> {
        let peer = if cipher.is_tls13() {
            let mut template = self.template.clone();
            template.ciphersuites = Some(Arc::from(c_string_lossy(cipher.name)));
            template.minimum_version = Some(TlsVersion::TLSv1_3);
            template.maximum_version = Some(TlsVersion::TLSv1_3);
            // With a key in common, no certificate would be asked for.
            template.psk_client = None;
            template.psk_server = None;
            SslContext::from_settings(template)?
        } else {
            // The name alone does not change the level.
            self.peer.set_ciphers(cipher.name)?;
            self.peer.clone()
        };
        let (client, server) = match role {
            Role::Client => (&self.own, &peer),
            Role::Server => (&peer, &self.own),
        };
        let trial = Trial::new(client, server, None)?;
        let Ended {
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

/// Leaves out what has nothing to do with algorithms: verification, and the key log.
pub(super) fn only_algorithms(settings: &mut Settings) {
    settings.check_hostname = false;
    settings.verify_mode = VerifyMode::CERT_NONE;
    settings.ocsp_mode = OcspMode::Off;
    settings.staple = None;
    settings.keylog = None;
    settings.message_callback = None;
}
