//! Host name lookup, with Python's errors.

use std::net::SocketAddr;

use dns_lookup::{AddrInfoHints, LookupError, SockType};
use socket2::Domain;

use crate::error::{Error, OsError, Result};

/// The addresses of a host, optionally of one address family.
pub(crate) fn addresses(host: &str, port: u16, family: Option<Domain>) -> Result<Vec<SocketAddr>> {
    if host.contains('\0') {
        return Err(Error::type_error(
            "host name must not contain null character",
        ));
    }
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        address: family.map_or(0, i32::from),
        ..AddrInfoHints::default()
    };
    let found = dns_lookup::getaddrinfo(Some(host), Some(&port.to_string()), Some(hints));
    let found = found.map_err(failed)?;
    Ok(found
        .map(|info| info.map(|info| info.sockaddr))
        .collect::<std::io::Result<_>>()?)
}

fn failed(error: LookupError) -> Error {
    let number = error.error_num();
    let error = std::io::Error::from(error);
    // EAI_SYSTEM means that the error is in `errno`.
    if error.raw_os_error().is_some() || number == 0 {
        return error.into();
    }
    let text = error.to_string();
    let text = text.rsplit(": ").next().unwrap_or(&text);
    Error::Os(Box::new(OsError::lookup(number, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs no network: the family of a numeric address is known.
    #[test]
    fn an_address_of_the_other_family_is_pythons_gaierror() {
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
