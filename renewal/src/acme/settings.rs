//! The settings of an ACME client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::challenge::ChallengeType;
use super::hooks::Hooks;
use super::key::KeyType;
use super::transport::{self, Transport};

/// The settings of a client.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) directory: String,
    pub(super) storage: PathBuf,
    pub(super) domains: Vec<String>,
    pub(super) cert_name: Option<String>,
    pub(super) contact: Vec<String>,
    pub(super) agree_tos: bool,
    /// The identifier and the HMAC key of the external account.
    pub(super) eab: Option<(String, Vec<u8>)>,
    pub(super) bad_eab: bool,
    pub(super) cafile: Option<PathBuf>,
    pub(super) key_type: KeyType,
    /// The name of the profile, and whether the profile is required.
    pub(super) profile: Option<(String, bool)>,
    pub(super) timeout: Duration,
    pub(super) interval: Duration,
    pub(super) retry: [Duration; 2],
    /// The first pause if the next attempt must come soon.
    pub(super) quick_retry: Duration,
    #[cfg(test)]
    pub(super) steps: super::tests::Steps,
}

impl Settings {
    pub(super) fn new(directory: String, storage: PathBuf) -> Settings {
        Settings {
            directory,
            storage,
            domains: Vec::new(),
            cert_name: None,
            contact: Vec::new(),
            agree_tos: false,
            eab: None,
            bad_eab: false,
            cafile: None,
            key_type: KeyType::default(),
            profile: None,
            timeout: Duration::from_secs(120),
            interval: Duration::from_secs(60),
            retry: [
                Duration::from_secs(5 * 60),
                Duration::from_secs(6 * 60 * 60),
            ],
            quick_retry: Duration::from_secs(5),
            #[cfg(test)]
            steps: super::tests::Steps::default(),
        }
    }

    pub(super) fn transport(&self) -> Transport {
        Transport::new(
            self.cafile.as_deref(),
            #[cfg(test)]
            self.steps.clone(),
        )
    }

    /// The name of the certificate.
    pub(super) fn name(&self) -> String {
        let first = self.domains.first().map_or("", String::as_str);
        let first = first.strip_prefix("*.").unwrap_or(first);
        let name = self.cert_name.as_deref().unwrap_or(first);
        // The colons of IPv6 addresses are not allowed in file names everywhere.
        name.replace(':', "-")
    }

    pub(super) fn check(&self, hooks: &Hooks) -> Result<(), String> {
        let secure = self
            .directory
            .parse()
            .is_ok_and(|uri| transport::is_secure(&uri));
        if !secure {
            return Err(format!("{} is not an HTTPS URL", self.directory));
        }
        if !self.agree_tos {
            return Err("the server's terms of service must be agreed to (agree_tos)".to_owned());
        }
        if self.bad_eab {
            return Err("the HMAC key of the external account is not base64 for URLs".to_owned());
        }
        if self.domains.is_empty() {
            return Err("no domain was given".to_owned());
        }
        if let Some(domain) = self.domains.iter().find(|domain| !is_name(domain)) {
            return Err(format!(
                "{domain:?} is not a host name or an IP address (names in Unicode need their xn-- form)"
            ));
        }
        let name = self.name();
        if name.starts_with('.')
            || Path::new(&name)
                .file_name()
                .is_none_or(|file| file != &*name)
        {
            return Err(format!("{name:?} cannot be the name of a directory"));
        }
        if hooks.kinds().next().is_none() {
            return Err("no way to fulfil challenges was given".to_owned());
        }
        if hooks.require_client_certificates() {
            return Err(
                "the context requires client certificates, and an ACME server, which has none, cannot validate through \
                 it by tls-alpn-01"
                    .to_owned(),
            );
        }
        let wildcard = self.domains.iter().find(|domain| domain.starts_with("*."));
        match wildcard {
            Some(domain) if !hooks.kinds().any(|kind| kind == ChallengeType::Dns01) => Err(
                format!("{domain} needs the challenge dns-01 (RFC 8555, section 7.1.3)"),
            ),
            _ => Ok(()),
        }
    }
}

/// Whether the text can be a name in a certificate.
fn is_name(text: &str) -> bool {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let host = text.strip_prefix("*.").unwrap_or(text);
    let is_label = |label: &str| {
        let legal = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(legal)
    };
    host.len() <= 253 && host.split('.').all(is_label)
}
