//! Methods that, as in Python, work only without TLS.

use super::{Address, SslSocket, Tls, ToAddress};
use crate::error::{Error, Result};

impl SslSocket {
    /// Python's `sock.recvfrom(bufsize)`: receives without TLS, like [`recv`](Self::recv). It
    /// returns no address, because streams have none.
    ///
    /// # Errors
    ///
    /// `ValueError` with TLS; otherwise as `recv`.
    pub fn recvfrom(&self, bufsize: usize) -> Result<(Vec<u8>, Option<Address>)> {
        self.refuse_with_tls("recvfrom")?;
        Ok((self.recv(bufsize)?, None))
    }

    /// Python's `sock.recvfrom_into(buffer)`: receives without TLS, like
    /// [`recv_into`](Self::recv_into). It returns no address.
    ///
    /// # Errors
    ///
    /// `ValueError` with TLS; otherwise as `recv_into`.
    pub fn recvfrom_into(&self, buffer: &mut [u8]) -> Result<(usize, Option<Address>)> {
        self.refuse_with_tls("recvfrom_into")?;
        Ok((self.recv_into(buffer)?, None))
    }

    /// Python's `sock.sendto(data, address)`: sends without TLS, like [`send`](Self::send). Streams
    /// ignore the address.
    ///
    /// # Errors
    ///
    /// `ValueError` with TLS; otherwise as `send`.
    pub fn sendto(&self, data: &[u8], _address: impl ToAddress) -> Result<usize> {
        self.refuse_with_tls("sendto")?;
        self.send(data)
    }

    fn refuse_with_tls(&self, method: &str) -> Result<()> {
        match self.tls() {
            Tls::Active(_) => Err(Error::value(format!(
                "{method} not allowed on instances of <class 'ssl.SSLSocket'>"
            ))),
            _ => Ok(()),
        }
    }
}
