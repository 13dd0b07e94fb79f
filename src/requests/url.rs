//! Addresses, and what Python says of those that are none.

use std::fmt::Display;

use ureq::http::Uri;

use super::Error;

/// Reads an address as Python's `requests` does: what cannot stand in one is percent-encoded.
pub(super) fn parse(url: &str) -> Result<Uri, Error> {
    let url = url.trim_start();
    let lower = url.to_ascii_lowercase();
    if url.contains(':') && !lower.starts_with("http") {
        return Err(Error::InvalidSchema(url.into()));
    }
    let no_host = || Error::InvalidURL(format!("Invalid URL '{url}': No host supplied").into());
    let Some((scheme, rest)) = lower.split_once(':') else {
        return Err(Error::MissingSchema(url.into()));
    };
    if scheme != "http" && scheme != "https" {
        return Err(Error::InvalidSchema(url.into()));
    }
    if !rest.starts_with("//") {
        return Err(no_host());
    }
    let (authority, path) = split_path(&url[scheme.len() + "://".len()..]);
    if authority.is_empty() {
        return Err(no_host());
    }
    let invalid =
        |why: &dyn Display| Error::InvalidURL(format!("Invalid URL '{url}': {why}").into());
    let uri: Uri = format!("{scheme}://{authority}{}", quote(path))
        .parse()
        .map_err(|e| invalid(&e))?;
    let host = uri.host().unwrap_or_default();
    if host.is_empty() {
        return Err(no_host());
    }
    // Of a port that is none the parser says nothing; the default one would take its place.
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let port = host_and_port.strip_prefix(host);
    if uri.port().is_none() && !matches!(port, Some("" | ":")) {
        return Err(invalid(&"no such port"));
    }
    Ok(uri)
}

fn split_path(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

/// Percent-encodes what is neither reserved nor unreserved (RFC 3986, section 2), and undoes it for what is
/// unreserved. If one `%` begins no escape, none does.
fn quote(path: &str) -> String {
    let bytes = path.as_bytes();
    let escaped = |at: usize| {
        let digits = path.get(at + 1..at + 3)?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u8::from_str_radix(digits, 16).ok())?
    };
    let mut percents = (0..bytes.len()).filter(|at| bytes[*at] == b'%');
    let has_escapes = percents.all(|at| escaped(at).is_some());

    let mut quoted = String::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match escaped(at).filter(|_| byte == b'%' && has_escapes) {
            Some(unreserved) if is_unreserved(unreserved) => {
                quoted.push(char::from(unreserved));
                at += 3;
                continue;
            }
            Some(_) => quoted.push('%'),
            None if is_unreserved(byte) || b"!#$&'()*+,/:;=?@[]".contains(&byte) => {
                quoted.push(char::from(byte));
            }
            None => quoted += &format!("%{byte:02X}"),
        }
        at += 1;
    }
    quoted
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_quoted() {
        for (url, parsed) in [
            ("https://example.com", "https://example.com/"),
            ("HTTPS://example.com?a=b c", "https://example.com/?a=b%20c"),
            (" http://h:1/\u{fc}/%41/%", "http://h:1/%C3%BC/%2541/%25"),
            ("http://h/%41?q={x}%2f%5A", "http://h/A?q=%7Bx%7D%2fZ"),
        ] {
            assert_eq!(parse(url).unwrap().to_string(), parsed);
        }
    }
}
