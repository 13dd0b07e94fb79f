//! The cookies of sessions and of responses.

use std::cmp::Reverse;
use std::collections::HashMap;

use cookie_store::{Cookie, CookieStore, RawCookie, StoreAction};
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
    /// The order of the cookies. The store has none.
    places: Places,
}

/// The places of domains, paths and names in Python's dictionaries: the number of cookies that had been set before. As in
/// Python, a domain and a path keep their places when their last cookie is removed.
#[derive(Default)]
struct Places {
    set: usize,
    domains: HashMap<String, usize>,
    paths: HashMap<[String; 2], usize>,
    names: HashMap<[String; 3], usize>,
}

/// The key of a cookie for all servers. As in Python, its domain is empty.
fn for_all(name: &str) -> [String; 3] {
    [String::new(), "/".to_owned(), name.to_owned()]
}

/// Whether a server may set a cookie for this domain. As in `http.cookiejar.DefaultCookiePolicy.set_ok_domain`, the
/// domain must have a dot. Otherwise a server could set a cookie for a whole top-level domain.
fn may_set(domain: &str, host: &str) -> bool {
    domain.trim_start_matches('.').contains('.') && host.contains('.')
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

/// The domain, path and name of a cookie.
fn key(cookie: &Cookie<'_>) -> [String; 3] {
    let (domain, path) = (String::from(&cookie.domain), String::from(&cookie.path));
    [domain, path, cookie.name().to_owned()]
}

impl Jar {
    /// Sets the `Cookie` header from these cookies and those of the request, unless the caller has set one.
    pub(super) fn add_to(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        let prepared = *request.jar_length.get_or_insert(self.places.set);
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
        let stored = stored.map(|cookie| (key(cookie), cookie.value()));
        let of_request = &request.cookies;
        let own = self.own.iter();
        let own = own.filter(|(name, _)| of_request.iter().all(|(other, _)| other != name));
        let own = own.chain(of_request);
        let own = own.map(|(name, value)| (for_all(name), value.as_str()));
        let mut all: Vec<([String; 3], &str)> = stored.chain(own).collect();
        all.sort_by_cached_key(|(key, _)| (Reverse(key[1].len()), self.places.of(key, prepared)));
        let all = all
            .iter()
            .map(|([_, _, name], value)| format!("{name}={value}"));
        let all: Vec<String> = all.collect();
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
            let Ok(cookie) = RawCookie::parse(latin_1(value.as_bytes())) else {
                continue;
            };
            let host = url.host_str().unwrap_or_default();
            if cookie.domain().is_some_and(|domain| !may_set(domain, host)) {
                continue;
            }
            let Ok(cookie) = Cookie::try_from_raw_cookie(&cookie, &url) else {
                continue;
            };
            let key = key(&cookie);
            match self.store.insert(cookie.into_owned(), &url) {
                Ok(StoreAction::ExpiredExisting) => drop(self.places.names.remove(&key)),
                Ok(_) => self.places.remember(key),
                Err(_) => {}
            }
        }
    }

    /// Sets a cookie for all servers, in the place of one with the same name.
    pub(super) fn set(&mut self, name: String, value: String) {
        self.places.remember(for_all(&name));
        match self.own.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.own.push((name, value)),
        }
    }

    /// Removes all cookies with this name: `requests.cookies.remove_cookie_by_name`.
    pub(super) fn remove(&mut self, name: &str) {
        self.own.retain(|(other, _)| other != name);
        self.places.names.retain(|[_, _, other], _| other != name);
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
        let stored = self.store.iter_unexpired();
        let stored = stored.map(|cookie| (key(cookie), cookie.value().to_owned()));
        let own = self.own.iter();
        let own = own.map(|(name, value)| (for_all(name), value.clone()));
        let mut all: Vec<([String; 3], String)> = stored.chain(own).collect();
        // In Python, only the cookies of a request are sorted by the length of the path.
        all.sort_by_cached_key(|(key, _)| self.places.of(key, 0));
        let all = all.into_iter();
        all.map(|([_, _, name], value)| (name, value)).collect()
    }
}

impl Places {
    /// Gives a place to a cookie that has none.
    fn remember(&mut self, key: [String; 3]) {
        if self.names.contains_key(&key) {
            return;
        }
        let place = self.set;
        self.set += 1;
        let [domain, path, _] = &key;
        self.domains.entry(domain.clone()).or_insert(place);
        let path = [domain.clone(), path.clone()];
        self.paths.entry(path).or_insert(place);
        self.names.insert(key, place);
    }

    /// The place of a cookie: that of its domain, then of its path, then of its name. The cookies of a request itself are
    /// behind the `prepared` cookies that had been set at its preparation.
    fn of(&self, key: &[String; 3], prepared: usize) -> [usize; 3] {
        let [domain, path, _] = key;
        let places = [
            self.domains.get(domain),
            self.paths.get(&[domain.clone(), path.clone()]),
            self.names.get(key),
        ];
        places.map(|place| place.map_or(2 * prepared, |place| 2 * place + 1))
    }
}

/// The names and values of the cookies that a response sets.
pub(super) fn cookies_of(request: &PreparedRequest, headers: &HeaderMap) -> Fields {
    let mut jar = Jar::default();
    jar.keep(request, headers);
    jar.names_and_values()
}
