use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyssl::TicketKey;
use redis::{Client, Connection, SetExpiry, SetOptions};
use redis::{Commands, ExistenceCheck};

use super::{StoreError, TicketKeyStore};

/// The time-out of connecting, and of each command.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Ticket keys in Redis (feature `redis`). Redis forgets each key when it expires.
///
/// The keys protect all sessions of the fleet. So allow only the servers to use these entries (Redis ACLs), and
/// use TLS to reach Redis over a network.
pub struct RedisStore {
    client: Client,
    connection: Option<Connection>,
    prefix: String,
}

impl RedisStore {
    /// A store at this address, `redis://[user:password@]host[:port][/database]` or `redis+unix:///path`. The
    /// entries are named `prefix` and the number of the period.
    ///
    /// # Errors
    ///
    /// If the address is not valid. The connection is made when it is needed.
    pub fn new(address: &str, prefix: impl Into<String>) -> Result<RedisStore, StoreError> {
        Ok(RedisStore {
            client: Client::open(address)?,
            connection: None,
            prefix: prefix.into(),
        })
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = self.client.get_connection_with_timeout(TIMEOUT)?;
                connection.set_read_timeout(Some(TIMEOUT))?;
                connection.set_write_timeout(Some(TIMEOUT))?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn exchange(
        &mut self,
        name: &str,
        candidate: &TicketKey,
        expires: SystemTime,
    ) -> Result<TicketKey, StoreError> {
        let connection = self.connection()?;
        let expires = expires
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::EXAT(expires));
        let _: Option<String> = connection.set_options(name, candidate.as_bytes(), options)?;
        let stored: Option<Vec<u8>> = connection.get(name)?;
        let stored =
            stored.ok_or("the key expired as soon as it was stored: do the clocks agree?")?;
        let key = TicketKey::try_from(stored.as_slice());
        Ok(key.map_err(|error| format!("the entry {name} in Redis: {error}"))?)
    }
}

impl TicketKeyStore for RedisStore {
    fn get_or_insert(
        &mut self,
        period: u64,
        candidate: &TicketKey,
        expires: SystemTime,
    ) -> Result<TicketKey, StoreError> {
        let name = format!("{}{period}", self.prefix);
        let outcome = self.exchange(&name, candidate, expires);
        if outcome.is_err() {
            // An answer may still arrive on this connection, so the next attempt opens a new connection.
            self.connection = None;
        }
        outcome
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
