//! Python's `requests`, as far as TLS matters: `verify`, client certificates, and enough HTTP to use them.
//! (Feature `requests`.)
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
//! Keyword arguments are [`RequestOptions`]; where `verify` is the only one, it is enough by itself, and `()`
//! stands for none. A [`Session`] keeps connections. What Python raises is an [`Error`] with a variant for each
//! class; an `SSLError` has this crate's [`ssl::Error`](crate::Error) inside, with `reason()` and
//! `verify_code()`.
//!
//! # As in Python
//!
//! TLS is set up as urllib3 does it for `requests`, which is
//! [`create_default_context`](crate::create_default_context) (TLS 1.2 or newer, Python's ciphers, strict
//! verification) without host names in common names, with ALPN `http/1.1` and post-handshake authentication.
//! If `verify` is true or not given, the environment variables `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` may
//! name the certificates to trust.
//!
//! # Other than in Python
//!
//! - `verify=True` trusts what the system trusts; in Python it is the bundle of the package `certifi`.
//! - An empty path is an `OSError`; in Python it turns verification off.
//! - There are no cookies, no proxies (those of the environment are not used), no `params`, `auth`, `files`,
//!   `json` or streaming. Credentials in an address (`https://user:secret@host/`) are sent, those in `.netrc`
//!   are not.
//! - A header of a response that goes on in the next line has a space there, where Python keeps the line
//!   break, and so has every control character. A header whose name is not one (RFC 9110) is left out.
//! - An informational response other than 100 (103, for example) is passed over as well; Python takes it
//!   for the response.
//! - Link-local addresses with a scope (`https://[fe80::1%25eth0]/`) are an `InvalidURL`.
//! - Host names that are not ASCII are an `InvalidURL`; write them as A-labels (`xn--...`).

mod decode;
mod error;
mod head;
mod options;
mod redirect;
mod response;
mod session;
mod transport;
mod url;
mod wire;

pub use error::Error;
pub use options::{ClientCert, RequestOptions, Verify};
pub use response::Response;
pub use session::Session;
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
/// As [`request`].
pub fn get(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("GET", url, options)
}

/// Sends a HEAD request. Redirects are not followed unless the options say so.
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
/// As [`request`].
pub fn head(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    Session::new(()).head(url, options)
}

/// Sends a POST request, with the [`data`](RequestOptions::data) of the options.
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
/// As [`request`].
pub fn post(url: impl AsRef<str>, options: impl Into<RequestOptions>) -> Result<Response, Error> {
    request("POST", url, options)
}

/// Sends a request, with any method.
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
/// - [`Error::SSLError`]: the certificate or the handshake
/// - [`Error::OSError`]: a file of `verify` or `cert` that is not there
/// - [`Error::ConnectionError`], [`Error::ConnectTimeout`], [`Error::ReadTimeout`],
///   [`Error::ChunkedEncodingError`], [`Error::ContentDecodingError`]: the network and the server
/// - [`Error::MissingSchema`], [`Error::InvalidSchema`], [`Error::InvalidURL`], [`Error::InvalidHeader`]:
///   what was asked for, or where a redirect leads
/// - [`Error::TooManyRedirects`][]: redirects
///
/// A status such as 404 is none; see [`Response::raise_for_status`].
pub fn request(
    method: &str,
    url: impl AsRef<str>,
    options: impl Into<RequestOptions>,
) -> Result<Response, Error> {
    Session::new(()).request(method, url, options)
}
