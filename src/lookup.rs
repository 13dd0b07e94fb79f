//! Host name lookup, with Python's errors.

use std::ffi::CString;
use std::net::SocketAddr;

use socket2::Domain;

use crate::error::{Error, OsError, Result};
use crate::ffi::resolver::{self, LookupError};
use crate::ffi::sys;

/// The addresses of a host, optionally of one address family.
pub(crate) fn addresses(host: &str, port: u16, family: Option<Domain>) -> Result<Vec<SocketAddr>> {
    let host = CString::new(host)
        .map_err(|_| Error::type_error("host name must not contain null character"))?;
    let family = family.map_or(sys::AF_UNSPEC, i32::from);
    resolver::addresses(&host, port, family).map_err(|error| match error {
        LookupError::System(error) => error.into(),
        LookupError::Lookup(number, text) => Error::Os(Box::new(OsError::lookup(number, &text))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test needs no network, because it looks up numeric addresses.
    #[test]
    fn an_address_of_the_wrong_family_gives_pythons_gaierror() {
        let error = addresses("::1", 1, Some(Domain::IPV4)).unwrap_err();
        assert_eq!(error.python_class(), "gaierror");
        let number = error.errno().unwrap();
        assert_ne!(number, 0);
        let text = error.to_string();
        assert!(text.starts_with(&format!("[Errno {number}] ")), "{text}");
        // The number survives the conversion to `io::Error` and back.
        let back = Error::from(std::io::Error::from(error));
        assert_eq!((back.to_string(), back.errno()), (text, Some(number)));
        let own = addresses("::1", 7, Some(Domain::IPV6)).unwrap();
        assert_eq!(own, ["[::1]:7".parse().unwrap()]);
        let error = addresses("a\0b", 1, None).unwrap_err();
        assert_eq!(error.python_class(), "TypeError");
    }
}
