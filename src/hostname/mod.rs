//! Server names with Python's rules: IDNA, IP addresses and invalid names.

mod idna;
mod nameprep;
mod punycode;

use std::borrow::Cow;
use std::net::IpAddr;

use crate::error::{Error, Result};
use crate::ffi::ip;

/// A server name in the form that is sent to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerName {
    text: String,
    ip: Option<IpAddr>,
}

impl ServerName {
    /// Converts a name to A-labels (IDNA 2003, as Python's `idna` codec does). A connection checks
    /// the result with [`require_usable`](Self::require_usable).
    pub(crate) fn new<'a>(name: impl Into<Cow<'a, str>>) -> Result<ServerName> {
        let name = name.into();
        let text = match idna::to_ascii(&name)? {
            Cow::Borrowed(_) => name.into_owned(),
            Cow::Owned(converted) => converted,
        };
        let ip = ip::parse(&text);
        Ok(ServerName { text, ip })
    }

    /// Rejects a name that contains a NUL.
    pub(crate) fn require_no_nul(&self) -> Result<()> {
        if self.text.contains('\0') {
            return Err(Error::type_error(
                "argument must be encoded string without null bytes, not str",
            ));
        }
        Ok(())
    }

    /// Rejects a name that is not a valid host name.
    pub(crate) fn require_usable(&self) -> Result<()> {
        if self.text.is_empty() || self.text.starts_with('.') {
            return Err(Error::value(
                "server_hostname cannot be an empty string or start with a leading dot.",
            ));
        }
        Ok(())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The IP address, if the name is one. Addresses are verified but not sent as SNI.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(name: &str) -> String {
        let name = ServerName::new(name).and_then(|name| {
            name.require_no_nul()?;
            name.require_usable()?;
            Ok(name.text)
        });
        name.unwrap_or_else(|e| e.to_string())
    }

    #[test]
    fn host_names_are_converted_to_a_labels_as_in_python() {
        for (name, expected) in [
            ("königsgäßchen.example", "xn--knigsgsschen-lcb0w.example"),
            ("straße.de", "strasse.de"),
            ("ⅷ.com", "viii.com"),
            ("あ.jp", "xn--l8j.jp"),
            ("あ。jp", "xn--l8j.jp"),
            ("LOCALhost", "LOCALhost"),
            ("localhost.", "localhost."),
            ("a_b c.example", "a_b c.example"),
        ] {
            assert_eq!(converted(name), expected);
        }
    }

    #[test]
    fn invalid_host_names_are_rejected() {
        let empty = "server_hostname cannot be an empty string or start with a leading dot.";
        assert_eq!(converted(""), empty);
        for name in [".", "a..b", ".example.com"] {
            assert!(converted(name).ends_with("label empty"), "{name}");
        }
        assert!(converted(&"a".repeat(64)).ends_with("label too long"));
        assert!(converted("a\0b").ends_with("without null bytes, not str"));
    }

    #[test]
    fn ip_addresses_are_distinguished_from_names() {
        // OpenSSL's version decides whether a number may have leading zeros, so no address here has
        // any.
        for ip in ["127.0.0.1", "::1", "fe80::1", "::ffff:1.2.3.4"] {
            assert!(ServerName::new(ip).is_ok_and(|n| n.ip().is_some()), "{ip}");
        }
        for name in [
            "1.2.3",
            "256.1.1.1",
            "1.2.3.4.5",
            "0x7f.0.0.1",
            "[::1]",
            "::1%lo",
        ] {
            assert!(
                ServerName::new(name).is_ok_and(|n| n.ip().is_none()),
                "{name}"
            );
        }
    }
}
