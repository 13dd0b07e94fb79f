//! Server names as Python takes them: IDNA, IP addresses, and what cannot be a name.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::error::{Error, Result};
use crate::ffi::ip;

/// A server name in the form that goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerName {
    text: String,
    ip: Option<IpAddr>,
}

impl ServerName {
    /// Converts a name to A-labels (IDNA 2003, as Python's `idna` codec does).
    pub(crate) fn new(name: &str) -> Result<ServerName> {
        let text = to_ascii(name)?;
        if text.is_empty() || text.starts_with('.') {
            return Err(Error::value(
                "server_hostname cannot be an empty string or start with a leading dot.",
            ));
        }
        if text.contains('\0') {
            return Err(Error::type_error(
                "argument must be encoded string without null bytes, not str",
            ));
        }
        let ip = ip::parse(&text);
        Ok(ServerName { text, ip })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The address, if the name is one; those are checked but not sent.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.ip
    }
}

fn to_ascii(name: &str) -> Result<String> {
    if name.is_empty() {
        return Ok(String::new());
    }
    // Full stops of other scripts separate labels too (RFC 3490, section 3.1).
    let mut labels: Vec<&str> = name
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .collect();
    let trailing_dot = labels.len() > 1 && labels.last().is_some_and(|last| last.is_empty());
    if trailing_dot {
        labels.pop();
    }
    let mut ascii = String::with_capacity(name.len());
    for (i, label) in labels.iter().enumerate() {
        if i > 0 {
            ascii.push('.');
        }
        ascii.push_str(&label_to_ascii(label)?);
    }
    if trailing_dot {
        ascii.push('.');
    }
    Ok(ascii)
}

fn label_to_ascii(label: &str) -> Result<Cow<'_, str>> {
    let ascii = if label.is_ascii() {
        Cow::Borrowed(label)
    } else {
        // The four characters on which IDNA 2003 and the later standards differ.
        let mut mapped = String::with_capacity(label.len());
        for c in label.chars() {
            match c {
                'ß' | 'ẞ' => mapped.push_str("ss"),
                'ς' => mapped.push('σ'),
                '\u{200c}' | '\u{200d}' => {}
                other => mapped.push(other),
            }
        }
        idna::uts46::Uts46::new()
            .to_ascii(
                mapped.as_bytes(),
                idna::AsciiDenyList::EMPTY,
                idna::uts46::Hyphens::Allow,
                idna::uts46::DnsLength::Ignore,
            )
            .map(|label| Cow::Owned(label.into_owned()))
            .map_err(|_| {
                Error::unicode(format!(
                    "'idna' codec can't encode the host name label {label:?}"
                ))
            })?
    };
    let problem = match ascii.len() {
        0 => "label empty",
        1..=63 => return Ok(ascii),
        _ => "label too long",
    };
    Err(Error::unicode(format!(
        "'idna' codec can't encode the host name: {problem}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(name: &str) -> String {
        ServerName::new(name).map_or_else(|e| e.to_string(), |name| name.text)
    }

    #[test]
    fn names_become_a_labels_as_in_python() {
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
    fn what_cannot_be_a_name_is_refused() {
        let empty = "server_hostname cannot be an empty string or start with a leading dot.";
        assert_eq!(converted(""), empty);
        for name in [".", "a..b", ".example.com"] {
            assert!(converted(name).ends_with("label empty"), "{name}");
        }
        assert!(converted(&"a".repeat(64)).ends_with("label too long"));
        assert!(matches!(ServerName::new("a\0b"), Err(Error::Type(_))));
    }

    #[test]
    fn addresses_are_told_from_names() {
        for ip in [
            "127.0.0.1",
            "::1",
            "fe80::1",
            "::ffff:1.2.3.4",
            "01.02.03.04",
        ] {
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
