//! Attributes and methods that Python's `SSLSocket` inherits from `socket.socket`.

use std::time::Duration;

use socket2::{Domain, Protocol, Type};

use super::SslSocket;
use crate::error::Result;
use crate::sys;

impl SslSocket {
    /// Python's attribute `sock.timeout`: the same as [`gettimeout`](Self::gettimeout).
    pub fn timeout(&self) -> Option<Duration> {
        self.gettimeout()
    }

    /// Python's attribute `sock.family`: IPv4, IPv6 or Unix.
    ///
    /// ```python
    /// sock.family == socket.AF_INET
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<bool> {
    /// # Ok(
    /// sock.family()? == ssl::socket2::Domain::IPV4
    /// # ) }
    /// ```
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed. (Python still returns the value.)
    pub fn family(&self) -> Result<Domain> {
        self.io.call(sys::domain)
    }

    /// Python's attribute `sock.type`: always a stream, because only streams can be wrapped.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed. (Python still returns the value.)
    pub fn r#type(&self) -> Result<Type> {
        self.io.call(socket2::Socket::r#type)
    }

    /// Python's attribute `sock.proto`. The value comes from the system, and `None` stands for Python's 0. (Python
    /// returns the number that the socket was created with, which is usually 0.) On macOS, it is always `None`, because
    /// that system does not report it.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    pub fn proto(&self) -> Result<Option<Protocol>> {
        self.io.call(sys::protocol)
    }

    /// Python's `sock.get_inheritable()`: whether programs that this process starts inherit the descriptor.
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    pub fn get_inheritable(&self) -> Result<bool> {
        self.io.call(sys::is_inheritable)
    }

    /// Sets whether programs that this process starts inherit the descriptor.
    ///
    /// ```python
    /// sock.set_inheritable(True)
    /// ```
    /// ```
    /// # use pyssl as ssl;
    /// # fn f(sock: &ssl::SslSocket) -> ssl::Result<()> {
    /// sock.set_inheritable(true)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `OSError` if the socket is closed.
    pub fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        self.io
            .call(|socket| sys::set_inheritable(socket, inheritable))
    }
}
