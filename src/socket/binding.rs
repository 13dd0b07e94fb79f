//! Channel bindings.

use super::SslSocket;
use crate::engine::Binding;
use crate::error::{Error, Result};

impl SslSocket {
    /// Python's `sock.get_channel_binding(cb_type)`: bytes that identify this connection, for protocols that
    /// authenticate over it. `None` before the handshake.
    ///
    /// ```python
    /// sock.get_channel_binding("tls-unique")
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// let binding = sock.get_channel_binding("tls-unique")?;
    /// # Ok(()) }
    /// ```
    ///
    /// | type | source | |
    /// |---|---|---|
    /// | `"tls-unique"` | RFC 5929 | the only one in Python; not defined for TLS 1.3, where this returns the same as Python |
    /// | `"tls-exporter"` | RFC 9266 | `None` for TLS 1.2 without the extended master secret |
    /// | `"tls-server-end-point"` | RFC 5929 | a hash of the server's certificate; `None` if there is none or its signature names no hash (Ed25519), and on a server that has resumed a session and has several certificates |
    ///
    /// # Errors
    ///
    /// `ValueError` for other types.
    pub fn get_channel_binding(&self, cb_type: &str) -> Result<Option<Vec<u8>>> {
        match self.connection() {
            Some(connection) => connection.channel_binding(cb_type),
            None if Binding::by_name(cb_type).is_some() => Ok(None),
            None => Err(Error::value(format!(
                "{cb_type} channel binding type not implemented"
            ))),
        }
    }
}
