//! Prepares requests: `requests.models.PreparedRequest.prepare`.

use std::sync::Arc;

use ureq::http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::body::{self, Body};
use super::decode::ACCEPTED;
use super::prepared::{Auth, Content};
use super::url;
use super::{Error, PreparedRequest, RequestOptions};

/// Prepares a request. `netrc` finds the credentials for a host, which count if the options have none.
pub(super) fn prepare(
    method: &str,
    url: &str,
    options: &RequestOptions,
    netrc: impl FnOnce(&str) -> Option<(String, String)>,
) -> Result<PreparedRequest, Error> {
    if let Some(error) = &options.error {
        return Err(Error::InvalidJSONError(error.to_string().into()));
    }
    let mut url = url::parse(url)?;
    url.add_params(&body::urlencode(&options.params));
    let method: Method = method
        .to_ascii_uppercase()
        .parse()
        .map_err(Error::of_header)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
    for (name, value) in &options.headers {
        let name = HeaderName::try_from(name).map_err(Error::of_header)?;
        let value = HeaderValue::try_from(value).map_err(Error::of_header)?;
        headers.insert(name, value);
    }
    let mut request = PreparedRequest {
        url,
        method,
        headers,
        body: None,
        cookies: options.cookies.clone(),
        digest: None,
    };
    add_body(&mut request, options)?;
    let auth = match &options.auth {
        Some(auth) => Some(auth.clone()),
        None => {
            let host = request.url.host();
            let of_netrc = netrc(host.trim_matches(['[', ']']))
                .map(|(name, password)| (name.into_bytes(), password.into_bytes()));
            let found = of_netrc.or_else(|| request.url.credentials());
            found.map(|(name, password)| Auth::Basic(name, password))
        }
    };
    if let Some(auth) = auth {
        auth.apply(&mut request)?;
    }
    Ok(request)
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
    let encoded = body::encode(
        options.body.as_ref(),
        options.json.as_deref(),
        &options.files,
    )?;
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
    match bytes {
        Some(_) => drop(headers.remove(CONTENT_LENGTH)),
        // As in Python, methods other than GET and HEAD send `Content-Length: 0` if there is no
        // body.
        None if ![Method::GET, Method::HEAD].contains(&request.method) => bytes = Some(Vec::new()),
        None => {}
    }
    request.body = bytes.map(|bytes| Content::Bytes(Arc::new(bytes)));
    Ok(())
}
