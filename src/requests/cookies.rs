//! The cookies of sessions and of responses.

use cookie_store::{CookieStore, RawCookie};
use ureq::http::header::{COOKIE, SET_COOKIE};
use ureq::http::{HeaderMap, HeaderValue};

use super::url::Url;
use super::{Error, PreparedRequest};

/// The URL in the type of the cookie library.
fn for_cookies(url: &Url) -> Option<::url::Url> {
    ::url::Url::parse(&url.for_proxy().ok()?).ok()
}

/// Sets the `Cookie` header from the session's cookies and those of the request, unless the caller has set one.
pub(super) fn add_cookies(request: &mut PreparedRequest, store: &CookieStore) -> Result<(), Error> {
    if request.headers.contains_key(COOKIE) {
        return Ok(());
    }
    let is_empty = store.iter_any().next().is_none();
    let url = match is_empty {
        true => None,
        false => for_cookies(&request.url),
    };
    let stored = url.iter().flat_map(|url| store.matches(url));
    // The cookie library counts `localhost` as secure. Python sends `Secure` cookies over `https`
    // only.
    let stored =
        stored.filter(|cookie| request.url.scheme() == "https" || cookie.secure() != Some(true));
    let stored = stored.map(|cookie| format!("{}={}", cookie.name(), cookie.value()));
    let own = request.cookies.iter();
    let own = own.map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> = stored.chain(own).collect();
    if !all.is_empty() {
        let value = HeaderValue::try_from(all.join("; ")).map_err(Error::of_header)?;
        request.headers.insert(COOKIE, value);
    }
    Ok(())
}

/// Keeps the cookies that a response sets. Malformed cookies, and cookies for another site, are ignored.
pub(super) fn keep_cookies(store: &mut CookieStore, url: &Url, headers: &HeaderMap) {
    if !headers.contains_key(SET_COOKIE) {
        return;
    }
    let Some(url) = for_cookies(url) else { return };
    for value in headers.get_all(SET_COOKIE) {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Ok(cookie) = RawCookie::parse(text) {
            let _ = store.insert_raw(&cookie, &url);
        }
    }
}

/// The names and values of the cookies that a response sets.
pub(super) fn cookies_of(url: &Url, headers: &HeaderMap) -> Vec<(String, String)> {
    let mut store = CookieStore::default();
    keep_cookies(&mut store, url, headers);
    names_and_values(&store)
}

pub(super) fn names_and_values(store: &CookieStore) -> Vec<(String, String)> {
    let cookies = store.iter_unexpired();
    cookies
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect()
}
