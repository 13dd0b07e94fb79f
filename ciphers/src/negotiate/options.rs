use super::Role;
use pyssl::Optional;

/// The options of [`negotiate`](super::negotiate()).
///
/// | option | default |
/// |---|---|
/// | `server_hostname` | none: no name is sent or checked |
/// | `verify` | `true` |
/// | `lend_certificates` | `false` |
#[derive(Debug, Clone)]
pub struct NegotiateOptions {
    pub(super) server_hostname: Option<String>,
    pub(super) verify: bool,
    pub(super) lend_certificates: bool,
}

impl Default for NegotiateOptions {
    fn default() -> NegotiateOptions {
        NegotiateOptions {
            server_hostname: None,
            verify: true,
            lend_certificates: false,
        }
    }
}

impl NegotiateOptions {
    /// The contexts as they are.
    pub fn new() -> NegotiateOptions {
        NegotiateOptions::default()
    }

    /// The name of the server: a host name or an IP address.
    #[must_use]
    pub fn server_hostname(mut self, name: impl Optional<String>) -> NegotiateOptions {
        self.server_hostname = name.into_option();
        self
    }

    /// Whether certificates are verified as the contexts say. Without it, only versions, suites,
    /// groups and signatures count: certificates are neither demanded nor verified.
    #[must_use]
    pub fn verify(mut self, on: bool) -> NegotiateOptions {
        self.verify = on;
        self
    }

    /// Whether a server context without a certificate gets throw-away ones for the trial, one
    /// with an EC and one with an RSA key. As nobody trusts these, nothing is verified then.
    #[must_use]
    pub fn lend_certificates(mut self, on: bool) -> NegotiateOptions {
        self.lend_certificates = on;
        self
    }
}

impl From<()> for NegotiateOptions {
    /// The contexts as they are.
    fn from((): ()) -> NegotiateOptions {
        NegotiateOptions::new()
    }
}

impl From<&str> for NegotiateOptions {
    /// The name of the server.
    fn from(server_hostname: &str) -> NegotiateOptions {
        NegotiateOptions::new().server_hostname(server_hostname)
    }
}

/// The options of [`usable_ciphers`](super::usable_ciphers).
///
/// ```
/// use pyssl_ciphers::negotiate::{Role, UsableOptions};
///
/// let options = UsableOptions::new(Role::Server).lend_certificates(true);
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
pub struct UsableOptions {
    pub(super) role: Role,
    pub(super) lend_certificates: bool,
}

impl UsableOptions {
    /// The context in this role, as it is.
    pub fn new(role: Role) -> UsableOptions {
        UsableOptions {
            role,
            lend_certificates: false,
        }
    }

    /// Whether a server gets, for the trial, what it lacks: throw-away certificates with keys of
    /// each kind that it has none of, and finite-field parameters. So its cipher string can be
    /// judged before there are certificates. [`Usable::lent`](super::Usable::lent) tells where it
    /// made the difference.
    #[must_use]
    pub fn lend_certificates(mut self, on: bool) -> UsableOptions {
        self.lend_certificates = on;
        self
    }
}

impl From<Role> for UsableOptions {
    /// The context in this role, as it is.
    fn from(role: Role) -> UsableOptions {
        UsableOptions::new(role)
    }
}
