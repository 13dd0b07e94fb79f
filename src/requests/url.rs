//! Parses URLs and resolves redirects as Python's `requests` does.

use std::fmt::{self, Display};

use percent_encoding::{percent_decode_str, percent_encode_byte};
use ureq::http::Uri;

use super::Error;

/// The characters that each part may contain without percent-encoding (RFC 3986, appendix A), in addition
/// to letters, digits and `-._~`.
const USER: &[u8] = b"!$&'()*+,;=:";
const PATH: &[u8] = b"!$&'()*+,;=:@/";
const QUERY: &[u8] = b"!$&'()*+,;=:@/?";

/// The URL of a request. A reference in a redirect may have no scheme or no authority; they are empty then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    scheme: String,
    /// `user@host:port`.
    authority: String,
    path: String,
    query: String,
    fragment: String,
    /// The URL as a type of the HTTP library, if it was computed.
    uri: Option<Uri>,
}

/// Parses the URL of a request, and percent-encodes invalid characters.
pub(super) fn parse(url: &str) -> Result<Url, Error> {
    parse_with_params(url, "")
}

/// Parses the URL of a request, and adds parameters to the query.
pub(super) fn parse_with_params(url: &str, params: &str) -> Result<Url, Error> {
    let url = url.trim_start();
    let lower = url.to_ascii_lowercase();
    if url.contains(':') && !lower.starts_with("http") {
        return Err(no_adapter(url));
    }
    let no_host = || Error::InvalidURL(format!("Invalid URL '{url}': No host supplied").into());
    let Some((scheme, rest)) = lower.split_once(':') else {
        return Err(Error::MissingSchema(url.into()));
    };
    if scheme != "http" && scheme != "https" {
        return Err(no_adapter(url));
    }
    if !rest.starts_with("//") {
        return Err(no_host());
    }
    let rest = &url[scheme.len() + "://".len()..];
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, authority),
    };
    let (host, port) = split_port(host_and_port);
    if host.is_empty() {
        return Err(no_host());
    }
    if host.starts_with(['*', '.']) {
        return Err(Error::InvalidURL("URL has an invalid label.".into()));
    }
    let mut authority = user.map_or_else(String::new, |user| encode(user, USER) + "@");
    authority += &host.to_ascii_lowercase();
    match port.unwrap_or_default() {
        "" => {}
        port => match port_number(port) {
            Some(0) => {}
            Some(port) => authority += &format!(":{port}"),
            None => return Err(invalid(&url, &"no such port")),
        },
    }
    let mut url = Url {
        scheme: scheme.to_owned(),
        authority,
        path: match encode(&without_dots(path), PATH) {
            path if path.starts_with('/') => path,
            path => format!("/{path}"),
        },
        query: encode(query, QUERY),
        fragment: encode(fragment, QUERY),
        uri: None,
    };
    if !params.is_empty() {
        if !url.query.is_empty() {
            url.query.push('&');
        }
        url.query += params;
    }
    url.uri = Some(url.uri()?);
    Ok(url)
}

impl Url {
    /// The URL as a type of the HTTP library.
    pub(super) fn uri(&self) -> Result<Uri, Error> {
        if let Some(uri) = &self.uri {
            return Ok(uri.clone());
        }
        let target = self.target();
        let (host, port) = split_port(self.host_and_port());
        let port = match port.unwrap_or_default() {
            "" => None,
            port => {
                let number = port_number(port);
                Some(number.ok_or_else(|| invalid(self, &"no such port"))?)
            }
        };
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        let uri: Uri = format!("{}://{host}{port}{target}", self.scheme)
            .parse()
            .map_err(|e| invalid(self, &e))?;
        match uri.host() {
            Some("") | None => Err(invalid(self, &"No host supplied")),
            Some(_) => Ok(uri),
        }
    }

    /// The path and the query of the request line.
    pub(super) fn target(&self) -> String {
        let mut target = encode(&self.path, PATH);
        if !target.starts_with('/') {
            target.insert(0, '/');
        }
        if !self.query.is_empty() {
            target += "?";
            target += &encode(&self.query, QUERY);
        }
        target
    }

    /// The user name and password in the URL, percent-decoded.
    pub(super) fn credentials(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (user, _) = self.authority.rsplit_once('@')?;
        // Python ignores a user name without a password.
        let (name, password) = user.split_once(':')?;
        let decode = |part| percent_decode_str(part).collect();
        (name, password)
            .ne(&("", ""))
            .then(|| (decode(name), decode(password)))
    }

    fn host_and_port(&self) -> &str {
        let authority = &self.authority;
        authority
            .rsplit_once('@')
            .map_or(authority, |(_, rest)| rest)
    }

    /// The scheme, in lower case.
    pub(super) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host in lower case, an IPv6 address without brackets.
    pub(super) fn host(&self) -> String {
        let (host, _) = split_port(self.host_and_port());
        let address = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        address.unwrap_or(host).to_ascii_lowercase()
    }

    pub(super) fn port(&self) -> Option<u16> {
        split_port(self.host_and_port()).1.and_then(port_number)
    }

    /// The URL as a proxy gets it, without credentials and fragment: `urldefragauth`.
    pub(super) fn for_proxy(&self) -> String {
        let target = self.target();
        format!("{}://{}{target}", self.scheme, self.host_and_port())
    }

    /// Whether credentials for this URL must not be sent to the other: `Session.should_strip_auth`.
    pub(super) fn should_strip_auth(&self, other: &Url) -> bool {
        let upgrades = self.scheme == "http" && other.scheme == "https";
        let default = |url: &Url| if url.scheme == "http" { 80 } else { 443 };
        let is_default = |url: &Url| url.port().is_none_or(|port| port == default(url));
        if self.host() != other.host() {
            return true;
        }
        if (upgrades || self.scheme == other.scheme) && is_default(self) && is_default(other) {
            return false;
        }
        self.port() != other.port() || self.scheme != other.scheme
    }

    /// Resolves a `Location` header against this URL: `Session.resolve_redirects`.
    pub(super) fn redirected(&self, location: &str) -> Result<Url, Error> {
        let location = match location.starts_with("//") {
            true => format!("{}:{location}", self.scheme),
            false => location.to_owned(),
        };
        let mut parts = Url::split(&location);
        if parts.fragment.is_empty() {
            parts.fragment.clone_from(&self.fragment);
        }
        let has_authority = !parts.authority.is_empty();
        let mut parts = Url::split(&requote(&parts.to_string()));
        if !has_authority {
            parts = self.join(parts);
        }
        if !["http", "https"].contains(&&*parts.scheme) {
            return Err(no_adapter(&parts.to_string()));
        }
        if parts.authority.is_empty() {
            return Err(invalid(&parts, &"No host supplied"));
        }
        Ok(parts)
    }

    /// Python's `urljoin`, for a reference without an authority.
    fn join(&self, reference: Url) -> Url {
        if !reference.scheme.is_empty() && reference.scheme != self.scheme {
            return reference;
        }
        let mut joined = Url {
            scheme: self.scheme.clone(),
            authority: self.authority.clone(),
            ..reference
        };
        if joined.path.is_empty() {
            joined.path.clone_from(&self.path);
            if joined.query.is_empty() {
                joined.query.clone_from(&self.query);
            }
            return joined;
        }
        if !joined.path.starts_with('/') {
            let (directory, _) = self.path.rsplit_once('/').unwrap_or_default();
            let directory = directory.split('/').filter(|segment| !segment.is_empty());
            let segments = joined.path.split('/');
            // Python drops empty segments here, except the last.
            let mut kept: Vec<&str> = segments.collect();
            let last = kept.pop().unwrap_or_default();
            kept.retain(|segment| !segment.is_empty());
            let all = directory.chain(kept).chain([last]);
            joined.path = format!("/{}", all.collect::<Vec<_>>().join("/"));
        }
        joined.path = without_dots(&joined.path);
        joined
    }
}

impl Url {
    /// Python's `urlsplit`.
    fn split(text: &str) -> Url {
        let text = text.trim_start_matches(|c: char| c <= ' ');
        let text = text.replace(['\t', '\r', '\n'], "");
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), &*text),
        };
        let (authority, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Url {
            scheme,
            authority: authority.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
            uri: None,
        }
    }
}

impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if !self.authority.is_empty() {
            write!(f, "//{}", self.authority)?;
        }
        write!(f, "{}", self.path)?;
        for (mark, part) in [('?', &self.query), ('#', &self.fragment)] {
            if !part.is_empty() {
                write!(f, "{mark}{part}")?;
            }
        }
        Ok(())
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The host, and the text after its colon.
pub(super) fn split_port(host_and_port: &str) -> (&str, Option<&str>) {
    match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    }
}

fn port_number(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|_| digits)
}

fn no_adapter(url: &str) -> Error {
    Error::InvalidSchema(url.into())
}

fn invalid(url: &dyn Display, why: &dyn Display) -> Error {
    Error::InvalidURL(format!("Invalid URL '{url}': {why}").into())
}

/// Removes the segments `.` and `..` (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let is_absolute = path.starts_with('/');
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." if kept.len() > usize::from(is_absolute) => {
                kept.pop();
            }
            ".." => {}
            segment => kept.push(segment),
        }
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    match kept.join("/") {
        path if is_absolute && path.is_empty() => "/".to_owned(),
        path => path,
    }
}

/// Percent-encodes characters that the part may not contain, and decodes the escapes of unreserved ones. If one
/// `%` does not begin an escape, every `%` is encoded.
fn encode(part: &str, allowed: &[u8]) -> String {
    let bytes = part.as_bytes();
    let mut percents = (0..bytes.len()).filter(|at| bytes[*at] == b'%');
    let has_escapes = percents.all(|at| escaped(bytes, at).is_some());
    let mut encoded = String::with_capacity(part.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match escaped(bytes, at - 1).filter(|_| byte == b'%' && has_escapes) {
            Some(byte) => {
                at += 2;
                push(&mut encoded, byte, b"");
            }
            None => push(&mut encoded, byte, allowed),
        }
    }
    encoded
}

/// Percent-encodes a whole URL: `requests.utils.requote_uri`.
fn requote(url: &str) -> String {
    const SAFE: &[u8] = b"!#%$&'()*+,/:;=?@[]";
    let bytes = url.as_bytes();
    let mut quoted = String::with_capacity(url.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3);
        let is_pair = pair.is_some_and(|pair| pair.iter().all(u8::is_ascii_alphanumeric));
        match escaped(bytes, at) {
            Some(unreserved) if byte == b'%' && is_unreserved(unreserved) => {
                quoted.push(char::from(unreserved));
                at += 3;
                continue;
            }
            None if byte == b'%' && is_pair => {
                // This percent sign begins no escape, so Python takes all percent signs of the URL
                // as literal.
                let mut quoted = String::new();
                for byte in bytes {
                    let safe = if *byte == b'%' { b"" } else { SAFE };
                    push(&mut quoted, *byte, safe);
                }
                return quoted;
            }
            _ => push(&mut quoted, byte, SAFE),
        }
        at += 1;
    }
    quoted
}

fn push(text: &mut String, byte: u8, allowed: &[u8]) {
    if is_unreserved(byte) || allowed.contains(&byte) {
        text.push(char::from(byte));
    } else {
        *text += percent_encode_byte(byte);
    }
}

/// The byte that the escape at this position encodes.
fn escaped(bytes: &[u8], at: usize) -> Option<u8> {
    let digits = bytes.get(at + 1..at + 3)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(digits, 16).ok())?
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_parsed_as_in_requests() {
        for (url, parsed) in [
            ("https://example.com", "https://example.com/"),
            ("HTTPS://Example.com?a=b c", "https://example.com/?a=b%20c"),
            (" http://h:1/\u{fc}/%41/%", "http://h:1/%C3%BC/%2541/%25"),
            ("http://h/%41?q={x}%2f%5A", "http://h/A?q=%7Bx%7D%2FZ"),
            ("http://h/a/../b/./c/..", "http://h/b/"),
            ("http://h/../../x", "http://h/x"),
            ("http://h/a//b///c", "http://h/a//b///c"),
            ("http://h:080#f%7e", "http://h:80/#f~"),
            ("http://h:/?", "http://h/"),
            ("http://h:0/#", "http://h/"),
            ("http://a@b:p%40q@h/", "http://a%40b:p%40q@h/"),
            ("http://h\\x/", "http://h/%5Cx/"),
            ("http://h/x?y?z#a#b", "http://h/x?y?z#a%23b"),
            ("http://[::1]:1/x", "http://[::1]:1/x"),
            ("http://h/[x]", "http://h/%5Bx%5D"),
        ] {
            assert_eq!(parse(url).unwrap().to_string(), parsed, "{url}");
        }
    }

    /// The expected URLs are those of Python's `Session.resolve_redirects`.
    #[test]
    fn redirects_resolve_as_in_requests() {
        let from = parse("http://user@h:1/a/b/c?q#f").unwrap();
        for (location, target) in [
            ("/x", "http://user@h:1/x#f"),
            ("x", "http://user@h:1/a/b/x#f"),
            ("../x", "http://user@h:1/a/x#f"),
            ("../../../x", "http://user@h:1/x#f"),
            ("./", "http://user@h:1/a/b/#f"),
            ("..", "http://user@h:1/a/#f"),
            ("?n", "http://user@h:1/a/b/c?n#f"),
            ("#g", "http://user@h:1/a/b/c?q#g"),
            ("", "http://user@h:1/a/b/c?q#f"),
            ("//o/x", "http://o/x#f"),
            ("//o", "http://o#f"),
            ("https://o:2/y", "https://o:2/y#f"),
            ("HTTP://O/Y", "http://O/Y#f"),
            ("http:z", "http://user@h:1/a/b/z#f"),
            ("http:/z", "http://user@h:1/z#f"),
            ("x/../y", "http://user@h:1/a/b/y#f"),
            ("x//y", "http://user@h:1/a/b/x/y#f"),
            ("/x//y", "http://user@h:1/x//y#f"),
            ("a b", "http://user@h:1/a/b/a%20b#f"),
            ("/%7e%zz", "http://user@h:1/%257e%25zz#f"),
            ("/%7e%2f", "http://user@h:1/~%2f#f"),
            ("/\u{fc}", "http://user@h:1/%C3%BC#f"),
            ("/a/./b/../c", "http://user@h:1/a/c#f"),
            ("g;p=1?y#s", "http://user@h:1/a/b/g;p=1?y#s"),
            (" /x", "http://user@h:1/x#f"),
            ("http://o?z", "http://o?z#f"),
            ("http://o#z", "http://o#z"),
            ("/[x]|{}", "http://user@h:1/[x]%7C%7B%7D#f"),
            ("x/", "http://user@h:1/a/b/x/#f"),
            ("..//x", "http://user@h:1/a/x#f"),
            ("http:///x", "http://user@h:1/x#f"),
            ("/..", "http://user@h:1/#f"),
            ("/a%", "http://user@h:1/a%#f"),
        ] {
            let url = from.redirected(location).unwrap();
            assert_eq!(url.to_string(), target, "{location}");
        }
        let error = from.redirected("https:/z").unwrap_err();
        assert!(matches!(error, Error::InvalidURL(_)), "{error:?}");
        for location in ["mailto:x", "ftp://h/", "x:y"] {
            let error = from.redirected(location).unwrap_err();
            assert!(matches!(error, Error::InvalidSchema(_)), "{error:?}");
        }
    }

    /// Python's `Session.should_strip_auth`.
    #[test]
    fn redirects_to_another_server_drop_credentials() {
        for (from, to, stripped) in [
            ("http://h/", "http://h/x", false),
            ("http://h/", "http://H:80/", false),
            ("http://h/", "https://h/", false),
            ("http://h:80/", "https://h:443/", false),
            ("http://h/", "https://h:8443/", true),
            ("http://h:8080/", "https://h/", true),
            ("https://h/", "http://h/", true),
            ("https://h:1/", "https://h:1/", false),
            ("https://h:1/", "https://h:2/", true),
            ("https://h/", "https://h:443/", false),
            ("https://h/", "https://h:80/", true),
            ("https://h/", "https://www.h/", true),
            ("https://u:p@h/", "https://h/", false),
        ] {
            let url = |text: &str| parse(text).unwrap();
            assert_eq!(
                url(from).should_strip_auth(&url(to)),
                stripped,
                "{from} {to}"
            );
        }
    }
}
