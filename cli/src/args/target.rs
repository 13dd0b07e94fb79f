//! The address to connect to or to listen on: `HOST:PORT` or a URL.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use pyssl_ciphers::wire::StartTls;

use crate::host_name::ascii_name;

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

/// The port of a server whose address names neither a port nor a protocol.
const HTTPS: u16 = 443;

/// A server as the command line names it: `HOST`, `HOST:PORT` or a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    host: String,
    port: Option<u16>,
    scheme: Scheme,
}

/// The scheme of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// The target is no URL.
    None,
    /// TLS from the first byte.
    Tls,
    StartTls(StartTls),
}

/// The value of `--starttls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartTlsArg {
    /// TLS from the first byte, whatever the port.
    None,
    Protocol(StartTls),
}

impl StartTlsArg {
    /// The parser, which also lists the values.
    pub(crate) fn parser() -> impl TypedValueParser<Value = StartTlsArg> {
        let names = StartTls::ALL.iter().map(|protocol| protocol.name());
        PossibleValuesParser::new(names.chain(["none"]))
            .map(|name| StartTls::named(&name).map_or(StartTlsArg::None, StartTlsArg::Protocol))
    }
}

/// A server's address, and how TLS starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) address: HostPort,
    /// The protocol that comes before TLS.
    pub(crate) starttls: Option<StartTls>,
}

impl Target {
    /// The address with its port. The protocol is the chosen one, else that of the URL, else the usual
    /// one of the port.
    pub(crate) fn endpoint(&self, chosen: Option<StartTlsArg>) -> Endpoint {
        let named = match (chosen, self.scheme) {
            (Some(StartTlsArg::Protocol(protocol)), _) => Some(Some(protocol)),
            (Some(StartTlsArg::None), _) | (None, Scheme::Tls) => Some(None),
            (None, Scheme::StartTls(protocol)) => Some(Some(protocol)),
            (None, Scheme::None) => None,
        };
        let default = || named.flatten().map_or(HTTPS, StartTls::port);
        let port = self.port.unwrap_or_else(default);
        Endpoint {
            address: HostPort {
                host: self.host.clone(),
                port,
            },
            starttls: named.unwrap_or_else(|| StartTls::of_port(port)),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Target, String> {
        let (scheme, (host, port)) = match text.split_once("://") {
            None => (Scheme::None, authority(text)?),
            Some((name, rest)) => {
                let name = name.to_ascii_lowercase();
                let (host, port) = url_authority(rest)?;
                let known = TLS_SCHEMES.iter().find(|(scheme, _)| *scheme == name);
                match (known, StartTls::named(&name)) {
                    (Some((_, default)), _) => {
                        (Scheme::Tls, (host, Some(port.unwrap_or(*default))))
                    }
                    (None, Some(protocol)) => {
                        let port = port.unwrap_or_else(|| protocol.port());
                        (Scheme::StartTls(protocol), (host, Some(port)))
                    }
                    (None, None) if port.is_some() => (Scheme::Tls, (host, port)),
                    (None, None) => return Err(no_default_port(&name, &host)),
                }
            }
        };
        if host.is_empty() {
            return Err("the host is missing".to_owned());
        }
        Ok(Target { host, port, scheme })
    }
}

fn no_default_port(scheme: &str, host: &str) -> String {
    format!("{scheme}:// has no default TLS port: {scheme}://{host}:PORT")
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        match self.starttls {
            Some(protocol) => write!(f, " (STARTTLS, {protocol})"),
            None => Ok(()),
        }
    }
}

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
        let (host, port) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let (host, port) = url_authority(rest)?;
                let scheme = scheme.to_ascii_lowercase();
                let known = TLS_SCHEMES.iter().find(|(name, _)| *name == scheme);
                let port = port.or(known.map(|(_, port)| *port));
                (
                    host.clone(),
                    port.ok_or_else(|| no_default_port(&scheme, &host))?,
                )
            }
            None => {
                let (host, port) = authority(text)?;
                (
                    host,
                    port.ok_or_else(|| format!("the port is missing: {text}:PORT"))?,
                )
            }
        };
        Ok(HostPort { host, port })
    }
}

/// The host of a URL, and its port if it has one. Path, query, fragment and user are ignored.
fn url_authority(rest: &str) -> Result<(String, Option<u16>), String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority_text, _) = rest.split_at(end);
    let (_, host_and_port) = authority_text
        .rsplit_once('@')
        .unwrap_or(("", authority_text));
    // RFC 6874 writes the % before the scope of an address as %25.
    let host_and_port = host_and_port.replacen("%25", "%", 1);
    let (host, port) = authority(host_and_port.trim_end_matches(':'))?;
    if host.is_empty() {
        return Err("the URL has no host".to_owned());
    }
    Ok((host, port))
}

/// Parses `HOST:PORT` or `HOST`.
fn authority(text: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest
                .split_once(']')
                .ok_or("the closing bracket of the IPv6 address is missing")?;
            if !is_ipv6(host) {
                return Err(format!("'{}' is not an IPv6 address", host.escape_debug()));
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port_number(port)?)),
                None if rest.is_empty() => (host, None),
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
            Some((host, port)) => (host, Some(port_number(port)?)),
            None => (text, None),
        },
    };
    let cannot_be = |c: char| c.is_whitespace() || c.is_control() || "/?#@\\<>\"[]".contains(c);
    if host.contains(cannot_be) || host.contains(':') && !is_ipv6(host) {
        return Err(format!("'{}' is not a host name", host.escape_debug()));
    }
    Ok((ascii_name(host)?, port))
}

fn port_number(text: &str) -> Result<u16, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| format!("'{}' is not a port (0 to 65535)", text.escape_debug()))
}

/// Whether the text is an IPv6 address, with or without a scope (`%eth0`).
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
    fn the_starttls_protocol_and_the_port_determine_each_other() {
        use StartTls::{Ftp, Imap, Mysql, Postgres, Smtp, Xmpp};
        let smtp = Some(StartTlsArg::Protocol(Smtp));
        for (text, chosen, address, starttls) in [
            ("example.org", None, "example.org:443", None),
            ("example.org:8443", None, "example.org:8443", None),
            ("example.org:587", None, "example.org:587", Some(Smtp)),
            ("example.org:3306", None, "example.org:3306", Some(Mysql)),
            ("example.org", smtp, "example.org:25", Some(Smtp)),
            ("example.org:2525", smtp, "example.org:2525", Some(Smtp)),
            (
                "example.org:25",
                Some(StartTlsArg::None),
                "example.org:25",
                None,
            ),
            ("smtp://example.org", None, "example.org:25", Some(Smtp)),
            ("SMTP://example.org:1/", None, "example.org:1", Some(Smtp)),
            ("imap://[::1]", None, "[::1]:143", Some(Imap)),
            ("ftp://me@example.org/a", None, "example.org:21", Some(Ftp)),
            ("xmpp://example.org", None, "example.org:5222", Some(Xmpp)),
            (
                "postgresql://example.org/db",
                None,
                "example.org:5432",
                Some(Postgres),
            ),
            ("imaps://example.org", None, "example.org:993", None),
            ("https://example.org:25", None, "example.org:25", None),
            ("[::1]", None, "[::1]:443", None),
            ("custom+tls://example.org:25", None, "example.org:25", None),
        ] {
            let endpoint = text.parse::<Target>().unwrap().endpoint(chosen);
            let found = (endpoint.address.to_string(), endpoint.starttls);
            assert_eq!(found, (address.to_owned(), starttls), "{text}");
        }
        for (text, part) in [
            ("", "the host is missing"),
            (":443", "the host is missing"),
            ("http://example.org", "has no default TLS port"),
            ("example.org:https", "'https' is not a port"),
        ] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    /// The names are those of Python's `idna` codec.
    #[test]
    fn host_names_outside_ascii_are_converted_to_a_labels() {
        for (text, host) in [
            ("b\u{fc}cher.example:443", "xn--bcher-kva.example"),
            ("https://\u{4f8b}\u{3048}.test/", "xn--r8jz45g.test"),
            ("BU\u{308}CHER.example:1", "xn--bcher-kva.example"),
        ] {
            assert_eq!(read(text).unwrap().host, host, "{text}");
        }
        for text in [
            "a\u{fc}..example:1".to_owned(),
            format!("{}\u{fc}:1", "a".repeat(70)),
            "\u{fc}\u{5d0}:1".to_owned(),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains("is not a host name: "), "{text}: {error}");
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
