//! Python's `requests`: HTTP requests with `verify`, client certificates, sessions, adapters, proxies and
//! retries. (Feature `requests`.)
//!
//! ```python
//! response = requests.get("https://example.com", verify=True)
//! response = requests.get("https://example.com", verify=False)
//! response = requests.get("https://example.com", verify="path/to/ca_cert.pem")
//! ```
//! ```no_run
//! use pyssl::requests;
//! let response = requests::get("https://example.com", true)?;
//! let response = requests::get("https://example.com", false)?; // anybody can pose as the server
//! let response = requests::get("https://example.com", "path/to/ca_cert.pem")?;
//! # Ok::<(), requests::Error>(())
//! ```
//!
//! [`RequestOptions`] has the keyword arguments; a value of `verify` can be passed alone, and `()` passes no
//! options. A [`Session`] keeps connections and cookies. An [`HttpAdapter`] sets the session's context, or
//! repeats requests that fail. [`Error`] has a variant for each exception class of Python; its `SSLError`
//! contains an [`ssl::Error`](crate::Error), with `reason()` and `verify_code()`.
//!
//! # As in Python
//!
//! The context is the one that urllib3 creates for `requests`:
//! [`create_default_context`](crate::create_default_context) (TLS 1.2 or newer, Python's ciphers, strict
//! verification), without matching host names against common names, with ALPN `http/1.1` and post-handshake
//! authentication. If `verify` is true or not given, the environment variables `REQUESTS_CA_BUNDLE` and
//! `CURL_CA_BUNDLE` can name the trusted certificates. Without `auth`, the file that `NETRC` names, or `.netrc` in
//! the home directory, can have the credentials for a host.
//!
//! | Python | Rust |
//! |---|---|
//! | `auth=("user", "secret")` | [`auth("user", "secret")`](RequestOptions::auth) |
//! | `auth=HTTPDigestAuth("user", "secret")` | [`digest_auth(HttpDigestAuth::new("user", "secret"))`](RequestOptions::digest_auth) |
//! | `auth=f`, a subclass of `AuthBase` | [`auth_with(f)`](RequestOptions::auth_with) |
//! | `data=open("a.bin", "rb")` | [`data_file(File::open("a.bin")?)`](RequestOptions::data_file) |
//! | `data=generator` | [`data_reader(reader)`](RequestOptions::data_reader) |
//! | `hooks={"response": f}` | [`response_hook(f)`](RequestOptions::response_hook) |
//! | `session.prepare_request(Request(method, url))`, `session.send(prepared)` | [`prepare_request`](Session::prepare_request), [`send`](Session::send) |
//! | `headers={"X-Token": None}` | [`without_headers(["X-Token"])`](RequestOptions::without_headers) |
//! | `params="a=1"` | a part of the URL: `"https://example.com/?a=1"` |
//! | `session.headers.update({"X-Token": "1"})` | [`session.update(\|options\| options.headers([("X-Token", "1")]))`](Session::update) |
//! | `session.cookies["name"] = "value"` | [`session.set_cookie("name", "value")`](Session::set_cookie) |
//! | `requests.Request(method, url).prepare()` | `Session::new(RequestOptions::new().without_headers(["User-Agent", "Accept-Encoding", "Accept", "Connection"])).trust_env(false).prepare_request(method, url, ())` |
//! | `session.get(url, stream=True)` | [`session.stream("GET", url, ())`](Session::stream) |
//! | `response.raw` | [`into_raw()`](StreamingResponse::into_raw) |
//! | `e.response`, `e.request` | [`e.response()`](Error::response), [`e.request()`](Error::request) |
//! | `requests.codes.not_found` | `404` |
//! | `response.iter_lines()` | [`iter_lines`](StreamingResponse::iter_lines) |
//!
//! # Differences from Python
//!
//! - `verify=True` uses the system's trust store; Python uses the bundle of the package `certifi`.
//! - An empty path is an `OSError`; in Python it disables verification.
//! - A proxy `localhost:3128` without a scheme is used; Python takes `localhost` for the scheme.
//! - SOCKS proxies, which Python supports with the extra `requests[socks]`, are an `InvalidSchema` error.
//! - A hook may replace the response after a digest challenge. The session then keeps the cookies of the challenge too;
//!   Python keeps only those of the new response.
//! - Blanks at the end of `Location` are cut off; Python sends them as `%20`. A host such as `[zz]` is a
//!   `ConnectionError`; in Python it is an `InvalidURL`.
//! - Cookies with a quoted or relative `Path`, or with an empty `Domain`, are sent back; Python never sends them. `Port` is
//!   ignored; Python drops a cookie whose `Port` lacks the port of the server.
//! - A response 204 or 304 has no body; Python returns a chunked one.
//! - With `allow_redirects(false)`, a redirect with faulty chunks or faulty compression is an error; Python returns it
//!   with an empty body.
//! - A time-out of zero is a `ConnectTimeout` or `ReadTimeout`; in Python it is a `ValueError`.
//! - A reader ([`RequestOptions::data_reader`]) that has to be sent again is an `UnrewindableBodyError`. In Python,
//!   a generator is then sent as an empty body, and a file without a position with `HTTPDigestAuth` is an `OSError`.
//! - The encoding of a text without a charset is not guessed (`apparent_encoding`): the text is decoded as UTF-8.
//!   Encodings have the names of Python's codecs. Some codecs are missing, and UTF-8 is used instead: see
//!   [`Response::set_encoding`].
//! - JSON with `NaN`, `Infinity` or a lone surrogate is an [`Error::InvalidJSONError`]; Python accepts it.
//! - A number in `json` that is not finite is sent as `null`; in Python, it is an `InvalidJSONError`.
//! - `pool_connections` times `pool_maxsize` limits all idle connections of a session; Python limits the servers.
//! - JSON may begin with a byte-order mark; in Python, it is an error if the response has an encoding.
//! - Only errors about a response have `e.request`: for the others, the caller has the request.
//! - Parameters and fields of a form are text. For other bytes, encode them and use `data` or the URL.
//! - The length of the body replaces a `Content-Length` of the caller. Without a body, this header is removed; Python
//!   sends it.
//! - The names of headers are sent in lower case.
//! - [`StreamingResponse::iter_content`] returns pieces as they arrive; in Python, the caller sets their length.
//! - [`Retry`] has no `connect=False`, `read=False` or `total=False`, with which Python reports the error itself and
//!   not a `MaxRetryError`.
//! - A cookie without `=` is ignored, and so is a `Max-Age` that is not a number. There is no `set_policy`. A cookie
//!   whose domain has no dot, such as `localhost`, is ignored; Python keeps it, and never sends it.
//! - A cookie that the program sets is sent to all servers. It has no domain or path, and cookies are not kept in files
//!   (`http.cookiejar.LWPCookieJar`): save [`Session::cookies`].
//! - An adapter has no methods to override (`send`, `add_headers`): call the session from a function of your own. It
//!   has no `pool_block`: limit the number of threads instead.
//! - There is no asynchronous twin: the HTTP library, `ureq`, waits in its thread. On tokio, use hyper with this
//!   crate's streams, as `integrations/` shows.
//! - Control characters in a response header are replaced by spaces, including the line break of a header
//!   that continues on the next line; Python keeps them. A header with an invalid name (RFC 9110) is
//!   dropped.
//! - Every informational response (such as 103) is skipped; Python skips only 100 and returns the others. More than
//!   100 of them, or more than 100 lines after the last chunk of a body, are an error; Python reads on for ever.
//! - A link-local address with a scope (`https://[fe80::1%25eth0]/`) is an `InvalidURL`.
//! - A host name outside ASCII is an `InvalidURL`; write it as A-labels (`xn--...`).

mod adapter;
mod auth;
mod body;
mod connection;
mod cookies;
mod decode;
mod encodings;
mod error;
mod exchange;
mod head;
mod hooks;
mod nested;
mod netrc;
mod options;
mod prepare;
mod prepared;
mod proxies;
mod response;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod transport;
mod tunnel;
mod upload;
mod url;
mod wire;

pub use adapter::{AssertHostname, HttpAdapter, Retry};
pub use auth::HttpDigestAuth;
pub use body::FilePart;
pub use options::{ClientCert, RequestOptions, Verify};
pub use prepared::PreparedRequest;
pub use response::Response;
pub use session::Session;
pub use stream::StreamingResponse;
pub use ureq::http::{HeaderMap, HeaderValue};

/// A function that gets each response: Python's `hooks={"response": f}`.
type Hook = std::sync::Arc<dyn Fn(Response) -> Result<Response, Error> + Send + Sync>;

/// The exceptions of Python's `requests`: one variant for each class, with the same name.
///
/// ```python
/// try:
///     response = requests.get(url, verify="ca.pem")
/// except requests.exceptions.SSLError as e:
///     print(e)
/// ```
/// ```no_run
/// # use pyssl::requests;
/// # let url = "https://example.com";
/// match requests::get(url, "ca.pem") {
///     Err(requests::Error::SSLError(e)) => println!("{:?} {:?}", e.reason(), e.verify_code()),
///     other => { other?; }
/// }
/// # Ok::<(), requests::Error>(())
/// ```
///
/// Python's base classes are methods: `except requests.ConnectionError` is
/// [`is_connection_error`](Self::is_connection_error), `except requests.Timeout` is
/// [`is_timeout`](Self::is_timeout).
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Verification, the handshake or the TLS connection failed, or a file of `verify` or `cert` is
    /// unusable.
    #[error("{0}")]
    SSLError(#[source] crate::Error),
    /// The network failed, the server closed the connection, or its response is not HTTP. As in Python, a
    /// time-out in the middle of a body is reported here too.
    #[error("{0}")]
    ConnectionError(#[source] crate::BoxError),
    /// The proxy cannot be reached, or refuses the connection.
    #[error("{0}")]
    ProxyError(#[source] crate::BoxError),
    /// The request was repeated as often as the [`Retry`] allows, because of the response's
    /// status.
    #[error("too many {0} error responses")]
    RetryError(u16),
    /// The connection was not established in time.
    #[error("timed out while connecting")]
    ConnectTimeout,
    /// The server sent nothing for too long. As in Python, this includes the handshake.
    #[error("Read timed out.")]
    ReadTimeout,
    /// The body ended early, or its chunked encoding is invalid.
    #[error("Connection broken: {0}")]
    ChunkedEncodingError(#[source] crate::BoxError),
    /// More redirects than [`Session::max_redirects`](Session::max_redirects) allows.
    #[error("Exceeded {max_redirects} redirects.")]
    #[non_exhaustive]
    TooManyRedirects {
        /// The limit.
        max_redirects: u32,
        /// Python's `e.response`: the response with the redirect that was not followed.
        response: Box<Response>,
    },
    /// The body of a response is longer than
    /// [`RequestOptions::max_content`](RequestOptions::max_content) allows.
    #[error("The body has more than {0} bytes.")]
    ContentTooLong(u64),
    /// The body of the request has to be sent again, and cannot be read again.
    #[error("{0}")]
    UnrewindableBodyError(Box<str>),
    /// The body cannot be decoded by its `Content-Encoding`.
    #[error("Received response with content-encoding: {0}, but failed to decode it.")]
    ContentDecodingError(Box<str>),
    /// The URL does not start with `https://` or `http://`.
    #[error("Invalid URL '{0}': No scheme supplied. Perhaps you meant https://{0}?")]
    MissingSchema(Box<str>),
    /// The URL's scheme is neither `https` nor `http`.
    #[error("No connection adapters were found for '{0}'")]
    InvalidSchema(Box<str>),
    /// The URL is invalid.
    #[error("{0}")]
    InvalidURL(Box<str>),
    /// The method or a header has an invalid name or value, or the server sent conflicting content lengths.
    #[error("{0}")]
    InvalidHeader(Box<str>),
    /// The response's status is an error. Only
    /// [`Response::raise_for_status`](Response::raise_for_status) returns this.
    #[error("{message}")]
    #[non_exhaustive]
    HTTPError {
        /// The status code, for example 404.
        status_code: u16,
        /// Python's text: `404 Client Error: Not Found for url: https://example.com/`.
        message: Box<str>,
        /// Python's `e.response`. That of a [`StreamingResponse`] has no body.
        response: Box<Response>,
    },
    /// The URL of a proxy is invalid.
    #[error("{0}")]
    InvalidProxyURL(Box<str>),
    /// The value of `json` cannot be encoded as JSON, or the response's body is not JSON.
    #[error("{0}")]
    InvalidJSONError(Box<str>),
    /// Arguments that exclude each other: Python's `ValueError`.
    #[error("{0}")]
    ValueError(Box<str>),
    /// A file of `verify` or `cert` does not exist.
    #[error("{0}")]
    OSError(Box<str>),
}

/// Sends a GET request.
///
/// ```python
/// response = requests.get("https://localhost:8443/", verify="ca.pem", timeout=10)
/// print(response.status_code, response.text)
/// ```
/// ```
/// # use std::time::Duration;
/// # use pyssl_testing::{Ca, Files, HttpsServer};
/// use pyssl::requests::{self, RequestOptions};
/// # let ca = Ca::new();
/// # let leaf = ca.issue("localhost");
/// # let files = Files::new(&ca, &leaf);
/// # let server = HttpsServer::start(&leaf, "hello");
/// # let (url, ca_pem) = (server.url("localhost", "/"), &files.ca);
/// let options = RequestOptions::new().verify(ca_pem).timeout(Duration::from_secs(10));
/// let response = requests::get(&url, options)?;
/// println!("{} {}", response.status_code(), response.text());
/// # assert_eq!((response.status_code(), response.text().as_str()), (200, "hello"));
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn get(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("GET", url, options)
}

/// Sends a HEAD request. Follows redirects only if the options say so.
///
/// ```python
/// response = requests.head("https://example.com")
/// ```
/// ```no_run
/// # use pyssl::requests;
/// let response = requests::head("https://example.com", ())?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn head(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    Session::new(()).head(url, options)
}

/// Sends a POST request with the body [`data`](RequestOptions::data).
///
/// ```python
/// response = requests.post("https://example.com", data=b"body")
/// ```
/// ```no_run
/// # use pyssl::requests::{self, RequestOptions};
/// let response = requests::post("https://example.com", RequestOptions::new().data("body"))?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn post(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("POST", url, options)
}

/// Sends a PUT request with the body [`data`](RequestOptions::data).
///
/// ```python
/// response = requests.put("https://example.com", data=b"body")
/// ```
/// ```no_run
/// # use pyssl::requests::{self, RequestOptions};
/// let response = requests::put("https://example.com", RequestOptions::new().data("body"))?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn put(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("PUT", url, options)
}

/// Sends a PATCH request with the body [`data`](RequestOptions::data).
///
/// ```python
/// response = requests.patch("https://example.com", json={"a": 1})
/// ```
/// ```no_run
/// # use pyssl::requests::{self, RequestOptions};
/// # use std::collections::BTreeMap;
/// let json = BTreeMap::from([("a", 1)]);
/// let response = requests::patch("https://example.com", RequestOptions::new().json(&json))?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn patch(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("PATCH", url, options)
}

/// Sends a DELETE request.
///
/// ```python
/// response = requests.delete("https://example.com/1")
/// ```
/// ```no_run
/// # use pyssl::requests;
/// let response = requests::delete("https://example.com/1", ())?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn delete(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("DELETE", url, options)
}

/// Sends an OPTIONS request.
///
/// ```python
/// response = requests.options("https://example.com")
/// ```
/// ```no_run
/// # use pyssl::requests;
/// let response = requests::options("https://example.com", ())?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`request`].
pub fn options(
    url: impl AsRef<str>,
    options: impl Into<RequestOptions>,
) -> Result<Response, Error> {
    request("OPTIONS", url, options)
}

/// Sends a request with any method.
///
/// ```python
/// response = requests.request("DELETE", "https://example.com/1")
/// ```
/// ```no_run
/// # use pyssl::requests;
/// let response = requests::request("DELETE", "https://example.com/1", ())?;
/// # Ok::<(), requests::Error>(())
/// ```
///
/// # Errors
///
/// - [`Error::SSLError`]: verification or the handshake failed
/// - [`Error::OSError`]: a file of `verify` or `cert` does not exist
/// - [`Error::ConnectionError`], [`Error::ConnectTimeout`], [`Error::ReadTimeout`],
///   [`Error::ChunkedEncodingError`], [`Error::ContentDecodingError`]: the network or the server failed
/// - [`Error::ProxyError`], [`Error::InvalidProxyURL`]: the proxy failed, or its URL is invalid
/// - [`Error::RetryError`]: an adapter's retries are used up
/// - [`Error::InvalidJSONError`], [`Error::ValueError`]: `json` cannot be encoded, or `data` and `files` exclude
///   each other
/// - [`Error::MissingSchema`], [`Error::InvalidSchema`], [`Error::InvalidURL`], [`Error::InvalidHeader`]:
///   the request, or the target of a redirect, is invalid
/// - [`Error::TooManyRedirects`]: there were too many redirects
/// - [`Error::UnrewindableBodyError`]: the body has to be sent again, and comes from a reader without a position
/// - [`Error::ContentTooLong`]: a body is longer than [`RequestOptions::max_content`]
///
/// A status such as 404 is not an error; see [`Response::raise_for_status`].
pub fn request(
    method: &str,
    url: impl AsRef<str>,
    options: impl Into<RequestOptions>,
) -> Result<Response, Error> {
    Session::new(()).request(method, url, options)
}
