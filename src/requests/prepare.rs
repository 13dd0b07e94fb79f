//! Prepares requests: `requests.models.PreparedRequest.prepare`.

use std::sync::Arc;

use ureq::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING,
    USER_AGENT,
};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::body::{self, Body};
use super::decode::ACCEPTED;
use super::prepared::{Auth, Content, parse_method};
use super::text::header_value;
use super::url;
use super::{Error, PreparedRequest, RequestOptions};

/// Prepares a request. `netrc` finds the credentials for a host, which count if the options have none.
pub(super) fn prepare(
    method: &str,
    url: &str,
    options: &RequestOptions,
    netrc: impl FnOnce(&str) -> Option<(String, String)>,
) -> Result<PreparedRequest, Error> {
    let url = url::parse_with_params(url, &body::urlencode(&options.params))?;
    let mut request = PreparedRequest {
        url,
        method: parse_method(method)?,
        headers: headers(&options.headers)?,
        body: None,
        cookies: options.cookies.clone(),
        jar_length: None,
        digest: None,
        hooks: Vec::new(),
    };
    add_body(&mut request, options)?;
    let auth = match &options.auth {
        Some(auth) => Some(auth.clone()),
        None => {
            let host = request.url.host();
            let of_netrc =
                netrc(&host).map(|(name, password)| (name.into_bytes(), password.into_bytes()));
            let found = of_netrc.or_else(|| request.url.credentials());
            found.map(|(name, password)| Auth::Basic(name, password))
        }
    };
    if let Some(auth) = auth {
        auth.apply(&mut request)?;
    }
    // As in Python, the hooks that the credentials added come first.
    request.hooks.extend(options.hooks.iter().cloned());
    Ok(request)
}

/// The default headers (`requests.utils.default_headers`), and those of the options. `None` removes a header.
fn headers(of_options: &[(String, Option<String>)]) -> Result<HeaderMap, Error> {
    const AGENT: &str = concat!("pyssl/", env!("CARGO_PKG_VERSION"));
    let defaults = [
        (USER_AGENT, AGENT),
        (ACCEPT_ENCODING, ACCEPTED),
        (ACCEPT, "*/*"),
        (CONNECTION, "keep-alive"),
    ];
    let mut headers = HeaderMap::with_capacity(8);
    for (name, value) in defaults {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in of_options {
        let name = HeaderName::try_from(name).map_err(Error::of_header)?;
        match value {
            Some(value) if value.starts_with(char::is_whitespace) => {
                let text = format!("Invalid leading whitespace in header value: {value:?}");
                return Err(Error::InvalidHeader(text.into()));
            }
            Some(value) => drop(headers.insert(name, header_value(value)?)),
            None => drop(headers.remove(name)),
        }
    }
    Ok(headers)
}

/// Adds the body and its headers: `PreparedRequest.prepare_body`.
fn add_body(request: &mut PreparedRequest, options: &RequestOptions) -> Result<(), Error> {
    let headers = &mut request.headers;
    if let (Some(Body::Upload(upload)), []) = (&options.body, &*options.files) {
        let rest = upload.rest();
        match rest.length {
            Some(length) => drop(headers.insert(CONTENT_LENGTH, length.into())),
            None => {
                headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            }
        }
        request.body = Some(Content::Upload(rest));
        return Ok(());
    }
    let encoded = body::encode(options.body.as_ref(), options.json.as_ref(), &options.files)?;
    let mut bytes = None;
    if let Some(encoded) = encoded {
        if let Some(content_type) = encoded.content_type {
            if !headers.contains_key(CONTENT_TYPE) {
                let value = HeaderValue::try_from(content_type).map_err(Error::of_header)?;
                headers.insert(CONTENT_TYPE, value);
            }
        }
        bytes = Some(encoded.bytes).filter(|bytes| !bytes.is_empty());
    }
    // As in Python, methods other than GET and HEAD send `Content-Length: 0` if there is no body.
    if bytes.is_none() && ![Method::GET, Method::HEAD].contains(&request.method) {
        bytes = Some(Vec::new());
    }
    if let Some(bytes) = &bytes {
        headers.insert(CONTENT_LENGTH, bytes.len().into());
    }
    request.body = bytes.map(|bytes| Content::Bytes(Arc::new(bytes)));
    Ok(())
}
