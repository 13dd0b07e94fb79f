//! Methods of plain sockets that TLS has no place for: they are here to say so, as in Python.

use std::convert::Infallible;

use super::{Address, SslSocket, Tls, ToAddress};
use crate::error::{Error, Result};

impl SslSocket {
    /// Python's `sock.recvfrom(bufsize)`: without TLS as [`recv`](Self::recv), and no address,
    /// since streams tell none.
    ///
    /// # Errors
    ///
    /// `ValueError` with TLS; otherwise as `recv`.
    pub fn recvfrom(&self, bufsize: usize) -> Result<(Vec<u8>, Option<Address>)> {
        self.refuse_with_tls("recvfrom")?;
        Ok((self.recv(bufsize)?, None))
    }

    /// Python's `sock.recvfrom_into(buffer)`: without TLS as [`recv_into`](Self::recv_into).
    ///
    /// # Errors
    ///
    /// `ValueError` with TLS; otherwise as `recv_into`.
    pub fn recvfrom_into(&self, buffer: &mut [u8]) -> Result<(usize, Option<Address>)> {
        self.refuse_with_tls("recvfrom_into")?;
        Ok((self.recv_into(buffer)?, None))
    }

    /// Python's `sock.sendto(data, address)`: without TLS as [`send`](Self::send), since streams
    /// take no address.
    ///
    /// # Errors
    ///
    /// `ValueError` with TLS; otherwise as `send`.
    pub fn sendto(&self, data: &[u8], _address: impl ToAddress) -> Result<usize> {
        self.refuse_with_tls("sendto")?;
        self.send(data)
    }

    /// Python's `sock.recvmsg(bufsize)`, which always fails.
    ///
    /// # Errors
    ///
    /// `NotImplementedError`.
    pub fn recvmsg(&self, _bufsize: usize) -> Result<Infallible> {
        never("recvmsg")
    }

    /// Python's `sock.recvmsg_into(buffers)`, which always fails.
    ///
    /// # Errors
    ///
    /// `NotImplementedError`.
    pub fn recvmsg_into(&self, _buffers: &mut [&mut [u8]]) -> Result<Infallible> {
        never("recvmsg_into")
    }

    /// Python's `sock.sendmsg(buffers)`, which always fails.
    ///
    /// # Errors
    ///
    /// `NotImplementedError`.
    pub fn sendmsg(&self, _buffers: &[&[u8]]) -> Result<Infallible> {
        never("sendmsg")
    }

    /// Python's `sock.dup()`, which always fails: two TLS connections cannot share one stream. For
    /// several threads, share the socket itself.
    ///
    /// # Errors
    ///
    /// `NotImplementedError`.
    pub fn dup(&self) -> Result<Infallible> {
        Err(Error::not_implemented("Can't dup() SSLSocket instances"))
    }

    fn refuse_with_tls(&self, method: &str) -> Result<()> {
        match self.tls() {
            Tls::Active(_) => Err(Error::value(not_allowed(method))),
            _ => Ok(()),
        }
    }
}

fn never(method: &str) -> Result<Infallible> {
    Err(Error::not_implemented(not_allowed(method)))
}

fn not_allowed(method: &str) -> String {
    format!("{method} not allowed on instances of <class 'ssl.SSLSocket'>")
}
