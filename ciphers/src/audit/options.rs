use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::negotiate::Role;
use pyssl::Optional;

/// The options of [`SslContextExt::audit`](crate::SslContextExt::audit).
///
/// | option | default |
/// |---|---|
/// | `role` | that of the protocol; if it has both, a context with a certificate is a server's |
/// | `server_hostname` | none: names of certificates are not compared |
/// | `now` | the system's time |
/// | `expires_soon` | 30 days |
/// | `peer_cafile` | none: peers trust the authorities of the system and of the context itself |
#[derive(Debug, Clone)]
pub struct AuditOptions {
    pub(super) role: Option<Role>,
    pub(super) server_hostname: Option<String>,
    pub(super) now: Option<SystemTime>,
    pub(super) expires_soon: Duration,
    pub(super) peer_cafile: Option<PathBuf>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for AuditOptions {
    fn default() -> AuditOptions {
        AuditOptions {
            role: None,
            server_hostname: None,
            now: None,
            expires_soon: 30 * DAY,
            peer_cafile: None,
        }
    }
}

impl AuditOptions {
    /// The defaults.
    pub fn new() -> AuditOptions {
        AuditOptions::default()
    }

    /// Whether the context is a client's or a server's.
    #[must_use]
    pub fn role(mut self, role: Role) -> AuditOptions {
        self.role = Some(role);
        self
    }

    /// The name by which clients know the server: a host name or an IP address.
    #[must_use]
    pub fn server_hostname(mut self, name: impl Optional<String>) -> AuditOptions {
        self.server_hostname = name.into_option();
        self
    }

    /// The time with which the validity periods of certificates are compared.
    #[must_use]
    pub fn now(mut self, now: SystemTime) -> AuditOptions {
        self.now = Some(now);
        self
    }

    /// How long before its expiry a certificate becomes a finding.
    #[must_use]
    pub fn expires_soon(mut self, period: Duration) -> AuditOptions {
        self.expires_soon = period;
        self
    }

    /// The authorities that the context's peers trust, in a PEM file. Use this if the peers trust a
    /// private authority.
    #[must_use]
    pub fn peer_cafile(mut self, cafile: impl AsRef<Path>) -> AuditOptions {
        self.peer_cafile = Some(cafile.as_ref().to_owned());
        self
    }
}

impl From<()> for AuditOptions {
    /// The defaults.
    fn from((): ()) -> AuditOptions {
        AuditOptions::new()
    }
}

impl From<&str> for AuditOptions {
    /// The name of the server.
    fn from(server_hostname: &str) -> AuditOptions {
        AuditOptions::new().server_hostname(server_hostname)
    }
}

impl From<Role> for AuditOptions {
    /// Whether the context is a client's or a server's.
    fn from(role: Role) -> AuditOptions {
        AuditOptions::new().role(role)
    }
}
