use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr};

use crate::error::{Error, Result};
use crate::hostname::ServerName;
use crate::lookup;
use crate::sealed::{Sealed, seal};
use crate::sys::{self, errno};

/// The address of a socket: Python's `(host, port)` tuple, or the path of a Unix socket.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// IPv4 or IPv6.
    Inet(SocketAddr),
    /// A Unix socket; `None` if it has no name.
    Unix(Option<PathBuf>),
}

impl Address {
    /// The IP address and port. `None` for the address of a Unix socket.
    pub fn as_inet(&self) -> Option<SocketAddr> {
        match self {
            Address::Inet(address) => Some(*address),
            Address::Unix(_) => None,
        }
    }

    /// The port. `None` for the address of a Unix socket.
    pub fn port(&self) -> Option<u16> {
        self.as_inet().map(|address| address.port())
    }

    pub(super) fn from_raw(address: &SockAddr) -> Address {
        match address.as_socket() {
            Some(inet) => Address::Inet(inet),
            None => Address::Unix(sys::unix_path(address)),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Inet(address) => address.fmt(f),
            Address::Unix(Some(path)) => path.display().fmt(f),
            Address::Unix(None) => f.write_str("(unnamed)"),
        }
    }
}

/// An address for `bind` and `connect`: `("localhost", 8443)`, a `SocketAddr`, or the path of a Unix
/// socket. Other crates cannot implement the trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an address",
    label = "not an address",
    note = "an address is a pair as in Python, `(\"localhost\", 8443)`, a `SocketAddr`, or the path of a Unix socket"
)]
pub trait ToAddress: Sealed<SockAddr> {
    #[doc(hidden)]
    fn to_address(&self, domain: Domain) -> Result<SockAddr>;
}

/// The first address of a host in the family of the socket, as in Python.
fn resolve(host: &str, port: u16, domain: Domain) -> Result<SockAddr> {
    if host.is_empty() {
        let any: IpAddr = if domain == Domain::IPV6 {
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            Ipv4Addr::UNSPECIFIED.into()
        };
        return Ok(SocketAddr::new(any, port).into());
    }
    // As in Python, only a name that is not ASCII is converted to its ASCII form (IDNA).
    let name = match host.is_ascii() {
        true => None,
        false => Some(ServerName::new(host)?),
    };
    let host = name.as_ref().map_or(host, ServerName::as_str);
    match lookup::addresses(host, port, Some(domain))?.first() {
        Some(address) => Ok((*address).into()),
        None => Err(Error::os(errno::EADDRNOTAVAIL)),
    }
}

seal!(SockAddr: (&str, u16), (String, u16), (&String, u16), SocketAddr, &Path, PathBuf, Address);

impl<T: ToAddress + ?Sized> Sealed<SockAddr> for &T {}

impl ToAddress for (&str, u16) {
    fn to_address(&self, domain: Domain) -> Result<SockAddr> {
        resolve(self.0, self.1, domain)
    }
}

impl ToAddress for (String, u16) {
    fn to_address(&self, domain: Domain) -> Result<SockAddr> {
        resolve(&self.0, self.1, domain)
    }
}

impl ToAddress for (&String, u16) {
    fn to_address(&self, domain: Domain) -> Result<SockAddr> {
        resolve(self.0, self.1, domain)
    }
}

impl ToAddress for SocketAddr {
    fn to_address(&self, _domain: Domain) -> Result<SockAddr> {
        Ok((*self).into())
    }
}

impl ToAddress for &Path {
    fn to_address(&self, _domain: Domain) -> Result<SockAddr> {
        Ok(SockAddr::unix(self)?)
    }
}

impl ToAddress for PathBuf {
    fn to_address(&self, _domain: Domain) -> Result<SockAddr> {
        Ok(SockAddr::unix(self)?)
    }
}

impl ToAddress for Address {
    fn to_address(&self, _domain: Domain) -> Result<SockAddr> {
        match self {
            Address::Inet(address) => Ok((*address).into()),
            Address::Unix(path) => Ok(SockAddr::unix(path.as_deref().unwrap_or(Path::new("")))?),
        }
    }
}

impl<T: ToAddress + ?Sized> ToAddress for &T {
    fn to_address(&self, domain: Domain) -> Result<SockAddr> {
        (**self).to_address(domain)
    }
}
