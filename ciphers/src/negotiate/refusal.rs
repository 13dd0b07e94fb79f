//! Why a client and a server do not agree.

use std::fmt;

use super::Role;
use super::facts::{Facts, Obstacle, has_suite, version_names};
use super::trial::TrialOutcome;
use crate::cipher::Cipher;
use crate::text::first_names;
use pyssl::SslContext;
use pyssl::{AlertDescription, TlsVersion};
use pyssl::{Error, Result};

/// Why a client and a server do not agree.
///
/// `Display` gives the reason with the settings of each side, such as versions and suites.
#[derive(Debug)]
pub struct Refusal {
    cause: Cause,
    client_error: Option<Error>,
    server_error: Option<Error>,
    alert: Option<(Role, AlertDescription)>,
}

/// The cause of a [`Refusal`].
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No version is enabled on both sides, or the security level excludes the common versions.
    NoCommonVersion {
        /// The versions of the client.
        client: Vec<TlsVersion>,
        /// The versions of the server.
        server: Vec<TlsVersion>,
    },
    /// No suite can be used by both.
    NoCommonSuite {
        /// The suites that the client offers.
        client: Vec<Cipher>,
        /// The server's suites for the same versions.
        server: Vec<Cipher>,
        /// The suites that both list, with the side that cannot use each, and why.
        blocked: Vec<(Cipher, Role, Obstacle)>,
    },
    /// No group for the key exchange is enabled on both sides.
    NoCommonGroup {
        /// The groups set on the client; none for the library's default list.
        client: Option<Box<str>>,
        /// The groups set on the server; none for the library's default list.
        server: Option<Box<str>>,
    },
    /// The server has no certificate. With [`test_keys`], the handshake is tried with test keys.
    ///
    /// [`test_keys`]: super::NegotiateOptions::test_keys
    NoServerCertificate,
    /// The server has no key for a signature algorithm that the client accepts.
    NoCommonSignature {
        /// The kinds of the server's keys.
        keys: Vec<Box<str>>,
    },
    /// A certificate was refused: Python's `verify_code` and `verify_message`.
    CertificateRefused {
        /// The side that refused the certificate.
        by: Role,
        /// OpenSSL's number.
        code: i32,
        /// OpenSSL's message.
        message: Box<str>,
    },
    /// The server demands a certificate, and the client has none.
    NoClientCertificate,
    /// A key or parameter is too weak for a side's security level.
    TooWeak {
        /// The side whose security level refuses the key or parameter.
        by: Role,
        /// OpenSSL's reason, in words: `"dh key too small"`.
        what: Box<str>,
    },
    /// Another cause, which the errors of both sides describe.
    Other,
}

impl Refusal {
    pub(super) fn new(
        client: &SslContext,
        server: &SslContext,
        ended: TrialOutcome,
    ) -> Result<Refusal> {
        let cause = Diagnosis::new(client, server)?.cause(&ended)?;
        let TrialOutcome {
            client,
            server,
            alert,
        } = ended;
        Ok(Refusal {
            cause,
            client_error: client,
            server_error: server,
            alert,
        })
    }

    /// The refusal for a client with these versions, if the linked OpenSSL has none of the client's
    /// suites.
    pub(super) fn nothing_known(versions: &[TlsVersion], server: &SslContext) -> Result<Refusal> {
        let own = server.settings().versions();
        let mut suites = server.get_ciphers()?;
        suites.retain(|cipher| versions.iter().any(|version| has_suite(*version, cipher)));
        let cause = if own.iter().any(|version| versions.contains(version)) {
            Cause::NoCommonSuite {
                client: Vec::new(),
                server: suites,
                blocked: Vec::new(),
            }
        } else {
            Cause::NoCommonVersion {
                client: versions.to_vec(),
                server: own,
            }
        };
        Ok(Refusal {
            cause,
            client_error: None,
            server_error: None,
            alert: None,
        })
    }

    /// The cause.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The error of the client's handshake; none if it succeeded or was still waiting.
    pub fn client_error(&self) -> Option<&Error> {
        ended_with(&self.client_error)
    }

    /// The error of the server's handshake; none if it succeeded or was still waiting.
    pub fn server_error(&self) -> Option<&Error> {
        ended_with(&self.server_error)
    }

    /// The side that ended the handshake, and the alert that it sent.
    pub fn alert(&self) -> Option<(Role, AlertDescription)> {
        self.alert
    }
}

fn ended_with(error: &Option<Error>) -> Option<&Error> {
    error
        .as_ref()
        .filter(|error| !matches!(error, Error::WantRead(_)))
}

/// The facts about both sides.
struct Diagnosis<'a> {
    client: &'a SslContext,
    server: &'a SslContext,
    client_facts: Facts,
    server_facts: Facts,
}

impl<'a> Diagnosis<'a> {
    fn new(client: &'a SslContext, server: &'a SslContext) -> Result<Diagnosis<'a>> {
        Ok(Diagnosis {
            client_facts: Facts::of(client, Role::Client)?,
            server_facts: Facts::of(server, Role::Server)?,
            client,
            server,
        })
    }

    fn cause(&self, ended: &TrialOutcome) -> Result<Cause> {
        // Only the side that ended the handshake knows the reason. The other side has only the
        // alert.
        let own = |error: &&Error| error.ssl().is_none_or(|e| e.received_alert().is_none());
        let client = ended_with(&ended.client).filter(own);
        let server = ended_with(&ended.server).filter(own);
        let (by, error) = match (client, server) {
            (_, Some(error)) => (Role::Server, error),
            (Some(error), None) => (Role::Client, error),
            (None, None) => return Ok(Cause::Other),
        };
        if let Error::CertVerification(detail) = error {
            return Ok(Cause::CertificateRefused {
                by,
                code: detail.verify_code().unwrap_or(0),
                message: detail.verify_message().unwrap_or("").into(),
            });
        }
        let common = |version: &&TlsVersion| self.server_facts.versions.contains(version);
        let best = self.client_facts.versions.iter().filter(common).max();
        Ok(match error.reason().unwrap_or("") {
            "UNSUPPORTED_PROTOCOL"
            | "NO_PROTOCOLS_AVAILABLE"
            | "VERSION_TOO_LOW"
            | "WRONG_SSL_VERSION"
            | "WRONG_VERSION_NUMBER"
            | "UNKNOWN_PROTOCOL" => match best {
                // A server does not choose TLS 1.3 if it has no certificate that it can sign with.
                Some(TlsVersion::TLSv1_3) => self.no_signature(best.copied()),
                _ => self.no_version(),
            },
            _ if best.is_none() => self.no_version(),
            "NO_SUITABLE_KEY_SHARE"
            | "NO_SUITABLE_GROUPS"
            | "NO_SHARED_GROUPS"
            | "NO_SHARED_GROUP" => self.no_group(),
            "NO_SUITABLE_SIGNATURE_ALGORITHM" | "NO_SHARED_SIGNATURE_ALGORITHMS" => {
                self.no_signature(best.copied())
            }
            "NO_SHARED_CIPHER" | "NO_CIPHERS_AVAILABLE" => self.no_suite(best.copied())?,
            "PEER_DID_NOT_RETURN_A_CERTIFICATE" => Cause::NoClientCertificate,
            reason if reason.ends_with("_TOO_SMALL") || reason.ends_with("_TOO_WEAK") => {
                Cause::TooWeak {
                    by,
                    what: reason.to_ascii_lowercase().replace('_', " ").into(),
                }
            }
            _ => Cause::Other,
        })
    }

    fn no_version(&self) -> Cause {
        Cause::NoCommonVersion {
            client: self.client_facts.versions.clone(),
            server: self.server_facts.versions.clone(),
        }
    }

    fn no_group(&self) -> Cause {
        let groups = |context: &SslContext| context.settings().groups().map(String::into_boxed_str);
        Cause::NoCommonGroup {
            client: groups(self.client),
            server: groups(self.server),
        }
    }

    fn no_signature(&self, best: Option<TlsVersion>) -> Cause {
        if best.is_some_and(|version| version < TlsVersion::TLSv1_2) {
            let server = self.server.security_level() >= self.client.security_level();
            return Cause::TooWeak {
                by: if server { Role::Server } else { Role::Client },
                what: "versions below TLS 1.2 sign with SHA-1".into(),
            };
        }
        let identities = self.server.settings().identities();
        if identities.is_empty() {
            return Cause::NoServerCertificate;
        }
        let keys = identities
            .iter()
            .filter_map(|i| i.certificates().first()?.key_name());
        Cause::NoCommonSignature {
            keys: keys.map(String::into_boxed_str).collect(),
        }
    }

    fn no_suite(&self, best: Option<TlsVersion>) -> Result<Cause> {
        // If both sides have TLS 1.3, the server chooses only among the TLS 1.3 suites.
        let counts = |cipher: &Cipher| match best {
            Some(TlsVersion::TLSv1_3) => cipher.is_tls13(),
            Some(version) => has_suite(version, cipher),
            None => true,
        };
        let listed = |context: &SslContext| -> Result<Vec<Cipher>> {
            Ok(context.get_ciphers()?.into_iter().filter(counts).collect())
        };
        let (client, server) = (listed(self.client)?, listed(self.server)?);
        let shared = |c: &&Cipher| server.iter().any(|other| other.id == c.id);
        let both: Vec<&Cipher> = client.iter().filter(shared).collect();
        let obstacle = |cipher: &&Cipher| {
            let of = |role, facts: &Facts| {
                let why = facts.obstacle(cipher)?;
                Some(((*cipher).clone(), role, why))
            };
            of(Role::Client, &self.client_facts).or_else(|| of(Role::Server, &self.server_facts))
        };
        let blocked: Vec<_> = both.iter().filter_map(obstacle).collect();
        if blocked
            .iter()
            .any(|(.., why)| *why == Obstacle::NoCertificate)
        {
            return Ok(Cause::NoServerCertificate);
        }
        let free = |c: &&&Cipher| !blocked.iter().any(|(b, ..)| b.id == c.id);
        let mut unblocked = both.iter().filter(free).peekable();
        // Every suite that both sides could use needs a group, so the cause is a missing group.
        if unblocked.peek().is_some() && unblocked.all(|c| self.server_facts.needs_group(c)) {
            let set = |context: &SslContext| context.settings().groups().is_some();
            return Ok(match set(self.client) || set(self.server) {
                true => self.no_group(),
                // Both sides have OpenSSL's default groups, so they have groups in common. The missing group is the
                // curve of the server's certificate, which the client does not offer.
                false => self.no_signature(best),
            });
        }
        let offered = |cipher: &Cipher| self.client_facts.obstacle(cipher).is_none();
        Ok(Cause::NoCommonSuite {
            client: client.into_iter().filter(offered).collect(),
            server,
            blocked,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        if matches!(self.cause, Cause::Other) {
            for (role, error) in [
                (Role::Client, self.client_error()),
                (Role::Server, self.server_error()),
            ] {
                if let Some(error) = error {
                    write!(f, "; {role}: {error}")?;
                }
            }
        }
        match self.alert {
            Some((by, alert)) => write!(f, " (the {by} sent the alert {alert:?})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::NoCommonVersion { client, server } => {
                let shared = client.iter().any(|version| server.contains(version));
                f.write_str(if shared {
                    "no version that both sides enable can be used at the security level"
                } else {
                    "no version in common"
                })?;
                let (client, server) = (version_names(client), version_names(server));
                write!(f, ": the client enables {client}, the server {server}")
            }
            Cause::NoCommonSuite {
                client,
                server,
                blocked,
            } => {
                let (client, server) = (names(client), names(server));
                write!(f, "no suite in common: the client offers {client}; ")?;
                write!(f, "the server lists {server}")?;
                // Write one sentence for all suites with the same reason.
                let mut rest: Vec<_> = blocked.iter().collect();
                while let Some(&(_, role, why)) = rest.first() {
                    let (same, others): (Vec<_>, Vec<_>) = rest
                        .into_iter()
                        .partition(|(_, by, other)| (by, other) == (role, why));
                    let names = first_names(same.iter().map(|(cipher, ..)| cipher), MOST);
                    let (are, them) = match same.len() {
                        1 => ("is", "it"),
                        _ => ("are", "them"),
                    };
                    write!(
                        f,
                        "; {names} {are} on both lists, but the {role} cannot use {them}: {why}"
                    )?;
                    rest = others;
                }
                Ok(())
            }
            Cause::NoCommonGroup { client, server } => {
                let name = |list: &Option<Box<str>>| match list {
                    Some(list) => list.to_string(),
                    None => "the library's default list".to_owned(),
                };
                write!(
                    f,
                    "no group for the key exchange in common: the client has {}, the server {}",
                    name(client),
                    name(server)
                )
            }
            Cause::NoServerCertificate => f.write_str("the server has no certificate"),
            Cause::NoCommonSignature { keys } => write!(
                f,
                "the server has no key for a signature algorithm of the client; its keys are: {}",
                keys.join(", ")
            ),
            Cause::CertificateRefused {
                by: Role::Client,
                message,
                ..
            } => write!(f, "the client refuses the server's certificate: {message}"),
            Cause::CertificateRefused { message, .. } => {
                write!(f, "the server refuses the client's certificate: {message}")
            }
            Cause::NoClientCertificate => {
                f.write_str("the server requires a certificate, and the client has none")
            }
            Cause::TooWeak { by, what } => {
                write!(
                    f,
                    "the {by}'s security level forbids a key or parameter of the handshake: {what}"
                )
            }
            Cause::Other => f.write_str("the handshake fails"),
        }
    }
}

/// The most suites that a sentence names.
const MOST: usize = 8;

fn names(ciphers: &[Cipher]) -> String {
    match ciphers {
        [] => "none".to_owned(),
        _ => first_names(ciphers.iter(), MOST),
    }
}
