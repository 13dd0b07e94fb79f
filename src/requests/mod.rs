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
//! | `response.iter_lines()` | [`iter_lines`](StreamingResponse::iter_lines) |
//!
//! # Differences from Python
//!
//! - `verify=True` uses the system's trust store; Python uses the bundle of the package `certifi`.
//! - An empty path is an `OSError`; in Python it disables verification.
//! - A proxy `localhost:3128` without a scheme is used; Python takes `localhost` for the scheme.
//! - SOCKS proxies, which Python supports with the extra `requests[socks]`, are an `InvalidSchema` error.
//! - A reader ([`RequestOptions::data_reader`]) that has to be sent again is an `UnrewindableBodyError`. In Python,
//!   a generator is then sent as an empty body, and a file without a position with `HTTPDigestAuth` is an `OSError`.
//! - The encoding of a text without a charset is not guessed (`apparent_encoding`): it counts as UTF-8.
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
mod error;
mod exchange;
mod head;
mod nested;
mod netrc;
mod options;
mod prepare;
mod prepared;
mod proxies;
mod response;
mod session;
mod stream;
mod tls;
mod transport;
mod tunnel;
mod upload;
mod url;
mod wire;

pub use adapter::{AssertHostname, HttpAdapter, Retry};
pub use auth::HttpDigestAuth;
pub use body::FilePart;
pub use error::Error;
pub use options::{ClientCert, RequestOptions, Verify};
pub use prepared::PreparedRequest;
pub use response::Response;
pub use session::Session;
pub use stream::StreamingResponse;
pub use ureq::http::{HeaderMap, HeaderValue};

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
