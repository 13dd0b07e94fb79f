//! Prepares requests: `requests.models.PreparedRequest`.

use cookie_store::{CookieStore, RawCookie};
use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, SET_COOKIE,
};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::body::{self, Fields};
use super::decode::ACCEPTED;
use super::redirect::Outgoing;
use super::url::{self, Url};
use super::{Error, RequestOptions};

pub(super) fn prepare(
    method: &str,
    url: &str,
    options: &RequestOptions,
) -> Result<Outgoing, Error> {
    let mut url = url::parse(url)?;
    url.add_params(&body::urlencode(&options.params));
    let method: Method = method
        .to_ascii_uppercase()
        .parse()
        .map_err(invalid_header)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
    for (name, value) in &options.headers {
        let name = HeaderName::try_from(name).map_err(invalid_header)?;
        let value = HeaderValue::try_from(value).map_err(invalid_header)?;
        headers.insert(name, value);
    }
    let encoded = body::encode(
        options.body.as_ref(),
        options.json.as_deref(),
        &options.files,
    )?;
    let mut bytes = None;
    if let Some(encoded) = encoded {
        if let Some(content_type) = encoded.content_type {
            if !headers.contains_key(CONTENT_TYPE) {
                let value = HeaderValue::try_from(content_type).map_err(invalid_header)?;
                headers.insert(CONTENT_TYPE, value);
            }
        }
        bytes = Some(encoded.bytes).filter(|bytes| !bytes.is_empty());
    }
    match bytes {
        Some(_) => drop(headers.remove(CONTENT_LENGTH)),
        // As in Python, methods other than GET and HEAD send `Content-Length: 0` if there is no
        // body.
        None if ![Method::GET, Method::HEAD].contains(&method) => bytes = Some(Vec::new()),
        None => {}
    }
    let credentials = match &options.auth {
        Some((name, password)) => Some((name.clone().into_bytes(), password.clone().into_bytes())),
        None => url.credentials(),
    };
    if let Some((name, password)) = credentials {
        headers.insert(AUTHORIZATION, basic(&name, &password)?);
    }
    Ok(Outgoing {
        url,
        method,
        headers,
        body: bytes,
    })
}

/// The `Basic` credentials for a name and a password. Like Python, decodes UTF-8 and sends Latin-1.
fn basic(name: &[u8], password: &[u8]) -> Result<HeaderValue, Error> {
    let latin_1 = |part: &[u8]| -> Result<Vec<u8>, Error> {
        let text = String::from_utf8_lossy(part);
        let bytes = text.chars().map(u8::try_from);
        bytes.collect::<Result<_, _>>().map_err(invalid_header)
    };
    let pair = [latin_1(name)?, latin_1(password)?].join(&b':');
    let value = format!("Basic {}", openssl::base64::encode_block(&pair));
    HeaderValue::try_from(value).map_err(invalid_header)
}

fn invalid_header(error: impl ToString) -> Error {
    Error::InvalidHeader(error.to_string().into())
}

/// The URL in the type of the cookie library.
fn for_cookies(url: &Url) -> Option<::url::Url> {
    ::url::Url::parse(&url.for_proxy().ok()?).ok()
}

/// Sets the `Cookie` header from the session's cookies and those of the request, unless the caller has set one.
pub(super) fn add_cookies(
    request: &mut Outgoing,
    store: &CookieStore,
    own: &Fields,
) -> Result<(), Error> {
    if request.headers.contains_key(COOKIE) {
        return Ok(());
    }
    let url = for_cookies(&request.url);
    let stored = url.iter().flat_map(|url| store.matches(url));
    // The cookie library counts `localhost` as secure. Python sends `Secure` cookies over `https`
    // only.
    let stored =
        stored.filter(|cookie| request.url.scheme() == "https" || cookie.secure() != Some(true));
    let stored = stored.map(|cookie| format!("{}={}", cookie.name(), cookie.value()));
    let own = own.iter().map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> = stored.chain(own).collect();
    if !all.is_empty() {
        let value = HeaderValue::try_from(all.join("; ")).map_err(invalid_header)?;
        request.headers.insert(COOKIE, value);
    }
    Ok(())
}

/// Keeps the cookies that a response sets. Malformed cookies, and cookies for another site, are ignored.
pub(super) fn keep_cookies(store: &mut CookieStore, url: &Url, headers: &HeaderMap) {
    let Some(url) = for_cookies(url) else { return };
    for value in headers.get_all(SET_COOKIE) {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Ok(cookie) = RawCookie::parse(text) {
            let _ = store.insert_raw(&cookie, &url);
        }
    }
}
