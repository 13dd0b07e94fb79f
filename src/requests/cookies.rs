//! The cookies of sessions and of responses.

use cookie_store::{CookieStore, RawCookie};
use ureq::http::HeaderMap;
use ureq::http::header::{COOKIE, HOST, SET_COOKIE};

use super::body::Fields;
use super::text::{header_value, latin_1};
use super::url::split_port;
use super::{Error, PreparedRequest};

/// The cookies of a session: Python's `RequestsCookieJar`.
#[derive(Default)]
pub(super) struct Jar {
    /// Those that servers have set.
    store: CookieStore,
    /// Those that the program has set for all servers.
    own: Fields,
}

/// The URL of a request in the type of the cookie library. As in Python, the header `Host` names the server.
fn for_cookies(request: &PreparedRequest) -> Option<::url::Url> {
    let mut url = ::url::Url::parse(&request.url.for_proxy()).ok()?;
    if let Some(host) = request.headers.get(HOST) {
        let host = latin_1(host.as_bytes());
        let (host, _) = split_port(&host);
        let _ = url.set_host(Some(host));
    }
    Some(url)
}

impl Jar {
    /// Sets the `Cookie` header from these cookies and those of the request, unless the caller has set one.
    pub(super) fn add_to(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        if request.headers.contains_key(COOKIE) {
            return Ok(());
        }
        let is_empty = self.store.iter_any().next().is_none();
        let url = match is_empty {
            true => None,
            false => for_cookies(request),
        };
        let stored = url.iter().flat_map(|url| self.store.matches(url));
        // The cookie library counts `localhost` as secure. Python sends `Secure` cookies over `https` only.
        let is_https = request.url.scheme() == "https";
        let stored = stored.filter(|cookie| is_https || cookie.secure() != Some(true));
        let stored = stored.map(|cookie| format!("{}={}", cookie.name(), cookie.value()));
        let of_request = &request.cookies;
        let own = self.own.iter();
        let own = own.filter(|(name, _)| of_request.iter().all(|(other, _)| other != name));
        let own = own.chain(of_request);
        let own = own.map(|(name, value)| format!("{name}={value}"));
        let all: Vec<String> = stored.chain(own).collect();
        if !all.is_empty() {
            request
                .headers
                .insert(COOKIE, header_value(&all.join("; "))?);
        }
        Ok(())
    }

    /// Keeps the cookies that a response sets. Malformed cookies, and cookies for another site, are ignored.
    pub(super) fn keep(&mut self, request: &PreparedRequest, headers: &HeaderMap) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let Some(url) = for_cookies(request) else {
            return;
        };
        for value in headers.get_all(SET_COOKIE) {
            if let Ok(cookie) = RawCookie::parse(latin_1(value.as_bytes())) {
                let _ = self.store.insert_raw(&cookie, &url);
            }
        }
    }

    /// Sets a cookie for all servers, in the place of one with the same name.
    pub(super) fn set(&mut self, name: String, value: String) {
        self.own.retain(|(other, _)| *other != name);
        self.own.push((name, value));
    }

    /// Removes all cookies with this name: `requests.cookies.remove_cookie_by_name`.
    pub(super) fn remove(&mut self, name: &str) {
        self.own.retain(|(other, _)| other != name);
        let found = self.store.iter_any().filter(|cookie| cookie.name() == name);
        let found: Vec<(String, String)> = found
            .map(|cookie| (String::from(&cookie.domain), String::from(&cookie.path)))
            .collect();
        for (domain, path) in found {
            self.store.remove(&domain, &path, name);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Jar::default();
    }

    pub(super) fn names_and_values(&self) -> Fields {
        let cookies = self.store.iter_unexpired();
        let cookies = cookies.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()));
        cookies.chain(self.own.iter().cloned()).collect()
    }
}

/// The names and values of the cookies that a response sets.
pub(super) fn cookies_of(request: &PreparedRequest, headers: &HeaderMap) -> Fields {
    let mut jar = Jar::default();
    jar.keep(request, headers);
    jar.names_and_values()
}
