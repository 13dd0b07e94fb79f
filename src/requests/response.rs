use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ureq::http::{self, HeaderMap, HeaderName, StatusCode};

use super::Error;
use super::body;
use super::decode::decode;
use super::url::Url;

/// The server's response: Python's `requests.Response`.
///
/// ```python
/// response.raise_for_status()
/// print(response.headers["content-type"], len(response.content), response.text)
/// ```
/// ```
/// # use pyssl::requests;
/// # fn f(response: &requests::Response) -> Result<(), requests::Error> {
/// response.raise_for_status()?;
/// println!("{:?} {} {}", response.headers().get("content-type"), response.content().len(), response.text());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Response {
    status: StatusCode,
    url: String,
    headers: HeaderMap,
    content: Vec<u8>,
    history: Vec<Response>,
    pub(super) elapsed: Duration,
}

impl Response {
    /// Reads the whole body, of any length, as Python does. `url` is the address of the request.
    pub(super) fn read(response: http::Response<Body>, url: &Url) -> Result<Response, Error> {
        let (head, body) = response.into_parts();
        let content = body
            .into_with_config()
            .limit(u64::MAX)
            .read_to_vec()
            .map_err(Error::of_body)?;
        let encodings = joined(&head.headers, &CONTENT_ENCODING);
        let content = decode(&encodings, content)?;
        Ok(Response::of(
            head.status,
            url.to_string(),
            head.headers,
            content,
            Vec::new(),
        ))
    }

    pub(super) fn of(
        status: StatusCode,
        url: String,
        headers: HeaderMap,
        content: Vec<u8>,
        history: Vec<Response>,
    ) -> Response {
        Response {
            status,
            url,
            headers,
            content,
            history,
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn with_history(mut self, history: Vec<Response>) -> Response {
        self.history = history;
        self
    }

    /// Python's `response.history`: the redirects that led here, oldest first. Unlike in Python, these
    /// responses have no history of their own.
    pub fn history(&self) -> &[Response] {
        &self.history
    }

    /// Python's `response.elapsed`: the time from sending the request to the head of the response.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Python's `response.json()`.
    ///
    /// ```
    /// # use pyssl::requests;
    /// # fn f(response: &requests::Response) -> Result<(), requests::Error> {
    /// let numbers: Vec<u32> = response.json()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidJSONError`] if the body is not JSON (in UTF-8, UTF-16 or UTF-32), or not a value of the
    /// type `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = body::decode_json(&self.content);
        serde_json::from_str(&text)
            .map_err(|error| Error::InvalidJSONError(error.to_string().into()))
    }

    /// Python's `response.status_code`, for example 200.
    pub fn status_code(&self) -> u16 {
        self.status.as_u16()
    }

    /// Python's `response.reason`, for example `"Not Found"`. It is the standard phrase for the status, not
    /// the server's; it is empty for an unregistered status.
    pub fn reason(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or_default()
    }

    /// Python's `response.ok`: the status is below 400.
    pub fn ok(&self) -> bool {
        self.status_code() < 400
    }

    /// Python's `response.url`: the final URL after redirects, without the fragment.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Python's `response.headers`. Names are case-insensitive.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Python's `response.content`: the body.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Python's `response.text`: the body decoded by the charset of `Content-Type`. Without a charset,
    /// `text/...` is Latin-1, as in Python. Other types are UTF-8; Python guesses.
    pub fn text(&self) -> String {
        self.encoding().decode(&self.content).0.into_owned()
    }

    fn encoding(&self) -> &'static encoding_rs::Encoding {
        let content_type = self.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let (media_type, parameters) = content_type.map_or(("", ""), |value| {
            value.split_once(';').unwrap_or((value, ""))
        });
        let charset = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches(['"', '\'']))
        });
        match charset {
            Some(label) => encoding_rs::Encoding::for_label(label.as_bytes()),
            // Latin-1 is decoded as windows-1252, as the WHATWG Encoding Standard requires.
            None if media_type.contains("text") => Some(encoding_rs::WINDOWS_1252),
            None => None,
        }
        .unwrap_or(encoding_rs::UTF_8)
    }

    /// Returns an error if the status is 400 or above.
    ///
    /// ```python
    /// response.raise_for_status()
    /// ```
    /// ```
    /// # use pyssl::requests;
    /// # fn f(response: &requests::Response) -> Result<(), requests::Error> {
    /// response.raise_for_status()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::HTTPError`].
    pub fn raise_for_status(&self) -> Result<(), Error> {
        let status_code = self.status_code();
        let whose = match status_code {
            400..500 => "Client",
            500..600 => "Server",
            _ => return Ok(()),
        };
        let (reason, url) = (self.reason(), &self.url);
        Err(Error::HTTPError {
            status_code,
            message: format!("{status_code} {whose} Error: {reason} for url: {url}").into(),
        })
    }
}

impl fmt::Debug for Response {
    /// Python's `repr`: `<Response [200]>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Response [{}]>", self.status_code())
    }
}

/// All values of a header, joined as in urllib3.
pub(super) fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    values.join(", ")
}
