use super::Role;
use pyssl::Optional;

/// The options of [`negotiate`](super::negotiate()).
///
/// | option | default |
/// |---|---|
/// | `server_hostname` | none: no name is sent or checked |
/// | `verify` | `true` |
/// | `test_keys` | `false` |
#[derive(Debug, Clone)]
pub struct NegotiateOptions {
    pub(super) server_hostname: Option<String>,
    pub(super) verify: bool,
    pub(super) test_keys: bool,
}

impl Default for NegotiateOptions {
    fn default() -> NegotiateOptions {
        NegotiateOptions {
            server_hostname: None,
            verify: true,
            test_keys: false,
        }
    }
}

impl NegotiateOptions {
    /// The defaults: the contexts are used as they are.
    pub fn new() -> NegotiateOptions {
        NegotiateOptions::default()
    }

    /// The name of the server: a host name or an IP address.
    #[must_use]
    pub fn server_hostname(mut self, name: impl Optional<String>) -> NegotiateOptions {
        self.server_hostname = name.into_option();
        self
    }

    /// Whether certificates are verified as the contexts say. If false, only versions, suites,
    /// groups and signatures count: certificates are neither demanded nor verified.
    #[must_use]
    pub fn verify(mut self, on: bool) -> NegotiateOptions {
        self.verify = on;
        self
    }

    /// Whether a server context without a certificate gets test certificates for the trial: one
    /// with an EC key and one with an RSA key. No client trusts the test certificates, so nothing
    /// is verified then.
    #[must_use]
    pub fn test_keys(mut self, on: bool) -> NegotiateOptions {
        self.test_keys = on;
        self
    }
}

impl From<()> for NegotiateOptions {
    /// The defaults: the contexts are used as they are.
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
/// let options = UsableOptions::new(Role::Server).test_keys(true);
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
pub struct UsableOptions {
    pub(super) role: Role,
    pub(super) test_keys: bool,
}

impl UsableOptions {
    /// The defaults: the context is used in this role, as it is.
    pub fn new(role: Role) -> UsableOptions {
        UsableOptions {
            role,
            test_keys: false,
        }
    }

    /// Whether a server gets test certificates for the trial, for each kind of key that it has no
    /// certificate of, and finite-field parameters. So its cipher string can be tried before there
    /// are certificates. [`Usable::test_key`](super::Usable::test_key) says which suites needed
    /// them.
    #[must_use]
    pub fn test_keys(mut self, on: bool) -> UsableOptions {
        self.test_keys = on;
        self
    }
}

impl From<Role> for UsableOptions {
    /// The defaults: the context is used in this role, as it is.
    fn from(role: Role) -> UsableOptions {
        UsableOptions::new(role)
    }
}
