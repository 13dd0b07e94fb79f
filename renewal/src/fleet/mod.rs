//! Ticket keys that several servers share and change together.

mod directory;
#[cfg(feature = "redis")]
mod redis;
mod rotation;

use std::time::SystemTime;

use pyssl::TicketKey;

pub use directory::DirectoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use rotation::{TicketRotation, TicketRotationBuilder};

/// The error of a [`TicketKeyStore`].
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// Why a rotation does not start, or why the keys could not be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The store fails.
    #[error("the store of ticket keys: {0}")]
    Store(StoreError),
    /// The context refuses the keys, or none can be made.
    #[error(transparent)]
    Context(#[from] pyssl::Error),
    /// No thread can be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// Where the servers of a fleet keep their ticket keys; see [`TicketRotation`].
///
/// There is one key for each period. Each server proposes one, and the store keeps the first that it gets.
pub trait TicketKeyStore: Send {
    /// Returns the key of a period. If there is none yet, stores `candidate` and returns that. This must be one
    /// atomic operation: all servers get the same key. The key may be forgotten at `expires`.
    ///
    /// # Errors
    ///
    /// If the store cannot be used, or if its entry is not a key. The servers then go on with the keys that they
    /// have, and ask again.
    fn get_or_insert(
        &mut self,
        period: u64,
        candidate: &TicketKey,
        expires: SystemTime,
    ) -> Result<TicketKey, StoreError>;

    /// Removes the keys of earlier periods. Stores that forget keys when they expire need not do anything.
    ///
    /// # Errors
    ///
    /// The same as [`get_or_insert`](Self::get_or_insert).
    fn remove_before(&mut self, _period: u64) -> Result<(), StoreError> {
        Ok(())
    }
}
