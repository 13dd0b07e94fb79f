//! Session ticket keys, which servers can share and rotate.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::SslContext;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::ffi::ctx::{CtxHandle, TICKET_KEYS_LEN, TicketBlock};

/// A key that servers encrypt session tickets with: 80 bytes, in the format of OpenSSL, nginx and
/// others (a name of 16 bytes, then 32 for HMAC-SHA256 and 32 for AES-256).
///
/// Keep it secret: it decrypts the sessions in the tickets. It is overwritten when it is dropped.
#[derive(Clone)]
pub struct TicketKey(TicketBlock);

impl TicketKey {
    /// The length of a key in bytes.
    pub const LEN: usize = TICKET_KEYS_LEN;

    /// Generates a random key.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL's random generator fails.
    pub fn generate() -> Result<TicketKey> {
        let mut block = Zeroizing::new([0; TicketKey::LEN]);
        openssl::rand::rand_bytes(&mut *block)?;
        Ok(TicketKey(block))
    }

    /// The bytes of the key. Keep them secret.
    pub fn as_bytes(&self) -> &[u8; TicketKey::LEN] {
        &self.0
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey(..)")
    }
}

impl PartialEq for TicketKey {
    fn eq(&self, other: &TicketKey) -> bool {
        openssl::memcmp::eq(&*self.0, &*other.0)
    }
}

impl Eq for TicketKey {}

impl From<[u8; TicketKey::LEN]> for TicketKey {
    fn from(block: [u8; TicketKey::LEN]) -> TicketKey {
        TicketKey(Zeroizing::new(block))
    }
}

impl TryFrom<&[u8]> for TicketKey {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<TicketKey> {
        let block = bytes.try_into().map_err(|_| {
            let (length, needed) = (bytes.len(), TicketKey::LEN);
            Error::value(format!("a ticket key has {needed} bytes, not {length}"))
        })?;
        Ok(TicketKey(Zeroizing::new(block)))
    }
}

impl SslContext {
    /// The current ticket keys: those that were set, or the context's random key.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// # let elsewhere = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// elsewhere.set_ticket_keys(context.ticket_keys())?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    pub fn ticket_keys(&self) -> Vec<TicketKey> {
        let keys = self.read(|settings| Arc::clone(&settings.ticket_keys));
        keys.iter().cloned().map(TicketKey).collect()
    }

    /// Sets the ticket keys. The first key encrypts new tickets; tickets of all keys are accepted.
    /// Python has no equivalent.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER)?;
    /// // Rotation: a new key in front, and the last one for the tickets that are still out.
    /// let mut keys = context.ticket_keys();
    /// keys.insert(0, ssl::TicketKey::generate()?);
    /// keys.truncate(2);
    /// context.set_ticket_keys(keys)?;
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// Servers with the same keys can resume each other's sessions. By default, a context has its
    /// own random key. Change keys every few hours: a stolen key decrypts recorded TLS 1.2
    /// connections that used its tickets.
    ///
    /// # Errors
    ///
    /// `ValueError` if there is no key.
    pub fn set_ticket_keys(&self, keys: impl IntoIterator<Item = TicketKey>) -> Result<()> {
        let keys: Arc<[TicketBlock]> = keys.into_iter().map(|key| key.0).collect();
        if keys.is_empty() {
            return Err(Error::value("at least one ticket key is needed"));
        }
        self.edit(
            |next| next.ticket_keys = keys,
            |ctx, next| next.apply_ticket_keys(ctx),
        )
    }
}

impl Settings {
    pub(super) fn apply_ticket_keys(&self, ctx: &mut CtxHandle) -> Result<()> {
        // An `SSL_CTX` stores one key. With several keys, OpenSSL calls our callback.
        if let Some(first) = self.ticket_keys.first() {
            ctx.set_ticket_keys(first)?;
        }
        Ok(ctx.set_ticket_callback(self.ticket_keys.len() > 1)?)
    }
}
