//! Keys for session tickets, shared by several processes and rotated.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::SslContext;
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::ffi::ctx::{CtxHandle, TICKET_KEYS_LEN};
use crate::ffi::hooks::TicketBlock;

/// A key that servers seal session tickets with: 80 bytes, in the form that OpenSSL, nginx and
/// others use (a name of 16, then 32 for HMAC-SHA256 and 32 for AES-256).
///
/// Whoever has it can read the sessions that it sealed. It is overwritten when it is dropped.
#[derive(Clone)]
pub struct TicketKey(TicketBlock);

impl TicketKey {
    /// The length of a key in bytes.
    pub const LEN: usize = TICKET_KEYS_LEN;

    /// A random key.
    ///
    /// # Errors
    ///
    /// `SSLError` if OpenSSL has no random bytes.
    pub fn generate() -> Result<TicketKey> {
        let mut block = Zeroizing::new([0; TicketKey::LEN]);
        openssl::rand::rand_bytes(&mut *block)?;
        Ok(TicketKey(block))
    }

    /// The key itself. A secret.
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
    /// The keys that session tickets are sealed with: those that were set, or the context's own.
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

    /// Seals session tickets with the first of these keys, and resumes sessions that any of them
    /// has sealed. Python has nothing like it.
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
    /// Servers that set the same keys resume each other's sessions. Until a key is set a context
    /// has a random one of its own. Change keys every few hours: whoever gets hold of one can read
    /// recorded TLS 1.2 connections whose tickets it has sealed.
    ///
    /// # Errors
    ///
    /// `ValueError` without any key.
    pub fn set_ticket_keys(&self, keys: impl IntoIterator<Item = TicketKey>) -> Result<()> {
        let keys: Arc<[TicketBlock]> = keys.into_iter().map(|key| key.0).collect();
        if keys.is_empty() {
            return Err(Error::value("at least one ticket key is needed"));
        }
        self.edit(
            |next| {
                next.ticket_keys = keys;
                Ok(())
            },
            |ctx, next| next.apply_ticket_keys(ctx),
        )
    }
}

impl Settings {
    pub(super) fn apply_ticket_keys(&self, ctx: &mut CtxHandle) -> Result<()> {
        // OpenSSL itself keeps one key; for more of them it asks us.
        if let Some(first) = self.ticket_keys.first() {
            ctx.set_ticket_keys(first)?;
        }
        Ok(ctx.set_ticket_callback(self.ticket_keys.len() > 1)?)
    }
}
