use std::fmt;

use openssl::sha::sha256;

/// An error of a hook.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How the server checks that a name belongs to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeType {
    /// A file on port 80 of the host (RFC 8555, section 8.3).
    Http01,
    /// A TXT record (RFC 8555, section 8.4). The only type for wildcards.
    Dns01,
    /// A certificate on port 443 of the host (RFC 8737).
    TlsAlpn01,
}

impl fmt::Display for ChallengeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChallengeType::Http01 => "http-01",
            ChallengeType::Dns01 => "dns-01",
            ChallengeType::TlsAlpn01 => "tls-alpn-01",
        })
    }
}

/// A challenge of the server; see [`ChallengeHook`].
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    pub(super) kind: ChallengeType,
    pub(super) domain: String,
    pub(super) token: String,
    pub(super) key_authorization: String,
}

impl Challenge {
    /// The type.
    pub fn challenge_type(&self) -> ChallengeType {
        self.kind
    }

    /// The name to validate, without `*.`; certbot's `CERTBOT_DOMAIN`.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The token, which consists of letters, digits, `-` and `_`; certbot's `CERTBOT_TOKEN`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What `http://DOMAIN/.well-known/acme-challenge/TOKEN` must contain for http-01 (RFC 8555, section 8.1).
    pub fn key_authorization(&self) -> &str {
        &self.key_authorization
    }

    /// The name of the TXT record for dns-01.
    pub fn record_name(&self) -> String {
        format!("_acme-challenge.{}", self.domain)
    }

    /// The value of the TXT record for dns-01; certbot's `CERTBOT_VALIDATION`.
    pub fn record_value(&self) -> String {
        base64url(&sha256(self.key_authorization.as_bytes()))
    }
}

impl fmt::Debug for Challenge {
    /// Omits the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("type", &self.kind)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// Fulfils challenges, as certbot's `--manual-auth-hook` and `--manual-cleanup-hook` do.
///
/// ```
/// use pyssl_renewal::acme::{BoxError, Challenge, ChallengeHook};
///
/// struct Records(Vec<(String, String)>);
///
/// impl ChallengeHook for Records {
///     fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
///         self.0.push((challenge.record_name(), challenge.record_value()));
///         Ok(())
///     }
///
///     fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
///         self.0.retain(|(_, value)| *value != challenge.record_value());
///         Ok(())
///     }
/// }
/// ```
pub trait ChallengeHook: Send {
    /// Publishes the answer to a challenge. When this returns, the server may look at once: a hook for DNS
    /// returns when all name servers have the record. There may be several challenges at a time, for a name and its
    /// wildcard even of the same record name.
    ///
    /// # Errors
    ///
    /// An error ends this attempt.
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError>;

    /// Removes the answer. Called once for each [`auth`](Self::auth), also if that has failed or panicked: it may have
    /// published a part of the answer.
    ///
    /// # Errors
    ///
    /// An error is ignored, and so is a panic.
    fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError>;
}

/// Base64 for URLs without padding (RFC 4648, section 5).
pub(super) fn base64url(bytes: &[u8]) -> String {
    let text = openssl::base64::encode_block(bytes);
    let text = text.trim_end_matches('=');
    text.replace('+', "-").replace('/', "_")
}

/// Decodes base64 for URLs, with or without padding.
pub(super) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut text = text
        .trim_end_matches('=')
        .replace('-', "+")
        .replace('_', "/");
    while text.len() % 4 != 0 {
        text.push('=');
    }
    openssl::base64::decode_block(&text).ok()
}
