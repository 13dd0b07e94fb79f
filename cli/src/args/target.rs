//! The address to connect to or to listen on: `HOST:PORT` or a URL.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// URL schemes that start with TLS, and their ports: from IANA's Service Name and Port Number
/// Registry, and the customary `rediss` and `ircs`.
const TLS_SCHEMES: &[(&str, u16)] = &[
    ("https", 443),
    ("wss", 443),
    ("smtps", 465),
    ("submissions", 465),
    ("nntps", 563),
    ("snews", 563),
    ("ldaps", 636),
    ("dot", 853),
    ("ftps", 990),
    ("telnets", 992),
    ("imaps", 993),
    ("pop3s", 995),
    ("sips", 5061),
    ("amqps", 5671),
    ("rediss", 6379),
    ("ircs", 6697),
    ("mqtts", 8883),
];

/// A host and a port. An IPv6 address has brackets in text, but not in `host`, which keeps its
/// scope (`%eth0`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl HostPort {
    /// The name to send (SNI) and to verify: the host without the scope of a link-local address,
    /// which is valid on this machine only (RFC 4007, section 6).
    pub(crate) fn server_name(&self) -> &str {
        match self.host.split_once('%') {
            Some((address, _)) if address.parse::<Ipv6Addr>().is_ok() => address,
            _ => &self.host,
        }
    }
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<HostPort, String> {
        match text.split_once("://") {
            Some((scheme, rest)) => from_url(scheme, rest),
            None => authority(text, || Err(format!("the port is missing: {text}:PORT"))),
        }
    }
}

/// Path, query, fragment and user are ignored.
fn from_url(scheme: &str, rest: &str) -> Result<HostPort, String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority_text, _) = rest.split_at(end);
    let (_, host_and_port) = authority_text
        .rsplit_once('@')
        .unwrap_or(("", authority_text));
    // RFC 6874 writes the % before the scope of an address as %25.
    let host_and_port = host_and_port.replacen("%25", "%", 1);
    let scheme = scheme.to_ascii_lowercase();
    let target = authority(host_and_port.trim_end_matches(':'), || {
        let known = TLS_SCHEMES.iter().find(|(name, _)| *name == scheme);
        known.map(|(_, port)| *port).ok_or_else(|| {
            format!("{scheme}:// has no default TLS port: {scheme}://{host_and_port}:PORT")
        })
    })?;
    if target.host.is_empty() {
        return Err("the URL has no host".to_owned());
    }
    Ok(target)
}

/// `HOST:PORT`, or `HOST` if there is a default port.
fn authority(text: &str, port: impl FnOnce() -> Result<u16, String>) -> Result<HostPort, String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest
                .split_once(']')
                .ok_or("the closing bracket of the IPv6 address is missing")?;
            if !is_ipv6(host) {
                return Err(format!("'{}' is not an IPv6 address", host.escape_debug()));
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, port_number(port)?),
                None if rest.is_empty() => (host, port()?),
                None => return Err("an address in brackets needs :PORT after it".to_owned()),
            }
        }
        None => match text.rsplit_once(':') {
            Some((host, port)) if is_ipv6(host) => {
                return Err(format!("an IPv6 address needs brackets: [{host}]:{port}"));
            }
            Some(_) if is_ipv6(text) => {
                return Err(format!("an IPv6 address needs brackets: [{text}]:PORT"));
            }
            Some((host, port)) => (host, port_number(port)?),
            None => (text, port()?),
        },
    };
    let cannot_be = |c: char| c.is_whitespace() || c.is_control() || "/?#@\\<>\"[]".contains(c);
    if host.contains(cannot_be) || host.contains(':') && !is_ipv6(host) {
        return Err(format!("'{}' is not a host name", host.escape_debug()));
    }
    Ok(HostPort {
        host: host.to_owned(),
        port,
    })
}

fn port_number(text: &str) -> Result<u16, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| format!("'{}' is not a port (0 to 65535)", text.escape_debug()))
}

/// With a scope or without.
fn is_ipv6(text: &str) -> bool {
    let (address, scope) = text.split_once('%').unwrap_or((text, "-"));
    address.parse::<Ipv6Addr>().is_ok() && !scope.is_empty()
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<HostPort, String> {
        text.parse()
    }

    #[test]
    fn target_addresses_round_trip() {
        for text in [
            "localhost:8443",
            "[::1]:0",
            "127.0.0.1:65535",
            ":80",
            "[fe80::1%eth0]:443",
        ] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read("[::1]:443").unwrap().host, "::1");
    }

    #[test]
    fn a_url_is_parsed_as_a_target() {
        for (url, target) in [
            ("https://example.org", "example.org:443"),
            ("HTTPS://example.org/path:1/?q=a@b#c", "example.org:443"),
            ("https://example.org?q", "example.org:443"),
            ("https://example.org:/", "example.org:443"),
            ("https://[::1]:8443", "[::1]:8443"),
            ("https://[::1]/", "[::1]:443"),
            ("https://user:pass@word@example.org:1/", "example.org:1"),
            ("https://user@[::1]:1", "[::1]:1"),
            ("https://[fe80::1%25lo]:443/", "[fe80::1%lo]:443"),
            ("https://[fe80::1%lo]/", "[fe80::1%lo]:443"),
            ("imaps://mail.example.org", "mail.example.org:993"),
            ("wss://example.org/chat", "example.org:443"),
            ("http://example.org:8443/", "example.org:8443"),
            ("custom+tls://example.org:1", "example.org:1"),
        ] {
            assert_eq!(read(url).unwrap().to_string(), target, "{url}");
        }
    }

    #[test]
    fn the_server_name_excludes_the_ipv6_scope() {
        assert_eq!(read("[fe80::1%eth0]:1").unwrap().server_name(), "fe80::1");
        assert_eq!(read("a%b:1").unwrap().server_name(), "a%b");
    }

    #[test]
    fn errors_of_addresses_name_the_problem() {
        for (text, part) in [
            ("::1:443", "[::1]:443"),
            ("fe80::1%eth0:443", "[fe80::1%eth0]:443"),
            ("fe80::1%eth0", "brackets: [fe80::1%eth0]:PORT"),
            ("localhost", "the port is missing: localhost:PORT"),
            ("", "missing"),
            ("[::1]", "missing: [::1]:PORT"),
            ("[::1]443", "needs :PORT after it"),
            ("[::1", "bracket"),
            ("[localhost]:1", "'localhost' is not an IPv6 address"),
            ("[fe80::1%]:1", "not an IPv6 address"),
            ("localhost:65536", "'65536' is not a port"),
            ("localhost:https", "'https' is not a port"),
            ("localhost:+1", "'+1' is not a port"),
            ("localhost:", "'' is not a port"),
            ("a b:1", "'a b' is not a host"),
            ("a/b:1", "'a/b' is not a host"),
            ("a:b:1", "'a:b' is not a host"),
            ("http://example.org/", "has no default TLS port"),
            ("smtp://example.org", "smtp://example.org:PORT"),
            ("https:///path", "has no host"),
            ("https://", "has no host"),
            ("https://:443", "has no host"),
            ("https://a:b/", "'b' is not a port"),
            ("https://::1/", "brackets"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
