use std::fmt;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::auth::HttpDigestAuth;
use super::body::{self, Body, Fields, FilePart};
use super::prepared::Auth;
use super::proxies::Proxies;
use super::upload::Upload;
use super::{Error, Hook, PreparedRequest, Response};

/// Python's `verify`: which certificates are trusted to verify the server.
///
/// | Python | Rust |
/// |---|---|
/// | `verify=True` | `true` |
/// | `verify=False` | `false` |
/// | `verify="ca.pem"`, `verify="/etc/ssl/certs"` | `"ca.pem"`, `"/etc/ssl/certs"`, any path |
///
/// A directory must have hashed file names (`openssl rehash`).
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Verify {
    /// The system's trust store, or the bundle named by the environment. With an adapter's context, also its own
    /// certificates.
    #[default]
    Default,
    /// Disables verification: **an attacker on the network path can read and change everything.**
    DangerDisabled,
    /// The certificates in this file or directory; with
    /// [`HttpAdapter::ssl_context`](super::HttpAdapter::ssl_context), in addition to the context's.
    Path(PathBuf),
}

impl From<bool> for Verify {
    fn from(verify: bool) -> Verify {
        if verify {
            Verify::Default
        } else {
            Verify::DangerDisabled
        }
    }
}

/// Python's `cert`: the client certificate.
///
/// | Python | Rust |
/// |---|---|
/// | `cert="me.pem"` | `"me.pem"`, any path; the key is in the same file |
/// | `cert=("me.pem", "me.key")` | `("me.pem", "me.key")` |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientCert {
    pub(super) cert: PathBuf,
    pub(super) key: Option<PathBuf>,
}

impl<C: AsRef<Path>, K: AsRef<Path>> From<(C, K)> for ClientCert {
    fn from((cert, key): (C, K)) -> ClientCert {
        ClientCert {
            cert: cert.as_ref().to_owned(),
            key: Some(key.as_ref().to_owned()),
        }
    }
}

/// The keyword arguments of [`get`](super::get) and the other functions, with Python's names and defaults.
///
/// | argument | default |
/// |---|---|
/// | `verify` | true |
/// | `cert` | none |
/// | `headers` | `User-Agent`, `Accept: */*`, `Accept-Encoding: gzip, deflate`, `Connection: keep-alive` |
/// | `params` | none |
/// | `data`, `json`, `files` | none |
/// | `auth` | those of `.netrc`, or user and password of the URL |
/// | `hooks` | none |
/// | `cookies` | those of the session |
/// | `proxies` | those of the environment |
/// | `timeout` | none: waits for ever |
/// | `allow_redirects` | true, false in `head` |
///
/// ```python
/// requests.get(url, verify="ca.pem", cert=("me.pem", "me.key"), headers={"X-Token": "1"}, timeout=5)
/// ```
/// ```no_run
/// # use pyssl::requests::{self, RequestOptions};
/// # use std::time::Duration;
/// # let url = "https://example.com";
/// let options = RequestOptions::new()
///     .verify("ca.pem")
///     .cert(("me.pem", "me.key"))
///     .headers([("X-Token", "1")])
///     .timeout(Duration::from_secs(5));
/// let response = requests::get(url, options)?;
/// # Ok::<(), requests::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct RequestOptions {
    pub(super) verify: Option<Verify>,
    pub(super) cert: Option<ClientCert>,
    /// `None` removes a header.
    pub(super) headers: Vec<(String, Option<String>)>,
    pub(super) params: Fields,
    pub(super) removed_params: Vec<String>,
    pub(super) body: Option<Body>,
    /// The encoded value, or the error of the encoding.
    pub(super) json: Option<Result<Vec<u8>, Arc<Error>>>,
    pub(super) files: Vec<(String, FilePart)>,
    pub(super) auth: Option<Auth>,
    pub(super) cookies: Fields,
    pub(super) proxies: Proxies,
    pub(super) hooks: Vec<Hook>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) read_timeout: Option<Duration>,
    pub(super) total_timeout: Option<Duration>,
    pub(super) max_content: Option<u64>,
    pub(super) allow_redirects: Option<bool>,
}

impl RequestOptions {
    /// Python's defaults.
    pub fn new() -> RequestOptions {
        RequestOptions::default()
    }

    /// Sets how the server is verified: a `bool`, or the path of the trusted certificates.
    #[must_use]
    pub fn verify(mut self, verify: impl Into<Verify>) -> RequestOptions {
        self.verify = Some(verify.into());
        self
    }

    /// Sets the client certificate: a path, or a pair of paths, the second for the key.
    #[must_use]
    pub fn cert(mut self, cert: impl Into<ClientCert>) -> RequestOptions {
        self.cert = Some(cert.into());
        self
    }

    /// Adds headers. A header with the name of a default replaces it.
    #[must_use]
    pub fn headers<N, V>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> RequestOptions
    where
        N: Into<String>,
        V: Into<String>,
    {
        let headers = headers.into_iter();
        self.headers
            .extend(headers.map(|(name, value)| (name.into(), Some(value.into()))));
        self
    }

    /// Removes headers, those of the session and the defaults: Python's `headers={"Accept": None}`. Without
    /// `Accept-Encoding`, the header `Accept-Encoding: identity` is sent, and without `User-Agent` the HTTP library
    /// sends its own, both as in Python.
    ///
    /// ```python
    /// session.headers["X-Token"] = "1"
    /// session.get(url, headers={"X-Token": None})
    /// ```
    /// ```
    /// # use pyssl::requests::{RequestOptions, Session};
    /// let session = Session::new(RequestOptions::new().headers([("X-Token", "1")]));
    /// let options = RequestOptions::new().without_headers(["X-Token"]);
    /// let prepared = session.prepare_request("GET", "https://example.com", options)?;
    /// assert!(!prepared.headers().contains_key("X-Token"));
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    #[must_use]
    pub fn without_headers<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> RequestOptions {
        let names = names.into_iter();
        self.headers.extend(names.map(|name| (name.into(), None)));
        self
    }

    /// Removes parameters of the session: Python's `params={"page": None}`.
    ///
    /// ```
    /// # use pyssl::requests::{RequestOptions, Session};
    /// let session = Session::new(RequestOptions::new().params([("page", "1"), ("key", "2")]));
    /// let options = RequestOptions::new().without_params(["page"]);
    /// let prepared = session.prepare_request("GET", "https://example.com", options)?;
    /// assert_eq!(prepared.url(), "https://example.com/?key=2");
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    #[must_use]
    pub fn without_params<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> RequestOptions {
        for name in names {
            let name = name.into();
            self.params.retain(|(other, _)| *other != name);
            self.removed_params.push(name);
        }
        self
    }

    /// Adds parameters to the query of the URL: Python's `params={"q": "a b"}`. A name can appear several times.
    #[must_use]
    pub fn params<N, V>(mut self, params: impl IntoIterator<Item = (N, V)>) -> RequestOptions
    where
        N: Into<String>,
        V: Into<String>,
    {
        for field in fields(params) {
            self.removed_params.retain(|name| *name != field.0);
            self.params.push(field);
        }
        self
    }

    /// Sets the body: Python's `data=b"..."`. No `Content-Type` is added.
    #[must_use]
    pub fn data(mut self, data: impl Into<Vec<u8>>) -> RequestOptions {
        self.body = Some(Body::Bytes(data.into()));
        self
    }

    /// Sends the rest of a file, or of anything else with a position, as the body: Python's
    /// `data=open("a.bin", "rb")`. The file is read while it is sent. `Content-Length` is the length of the rest;
    /// an empty rest is sent with chunked encoding, as in Python. After a redirect (307 or 308), the file is sent
    /// again from the same position. Clones of the options share the file.
    ///
    /// ```no_run
    /// # use pyssl::requests::{self, RequestOptions};
    /// let file = std::fs::File::open("a.bin")?;
    /// requests::post("https://example.com", RequestOptions::new().data_file(file))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn data_file(mut self, file: impl Read + Seek + Send + 'static) -> RequestOptions {
        self.body = Some(Body::Upload(Upload::of_file(file)));
        self
    }

    /// Sends the bytes of a reader with chunked encoding: Python's `data=generator`. If the body has to be sent again,
    /// after a redirect or for a retry, the request fails with
    /// [`UnrewindableBodyError`](super::Error::UnrewindableBodyError). Python reports this error for files without a
    /// position, and sends an empty body for a generator. With `allow_redirects(false)`, the redirect is returned as
    /// the response, and sending its [`next`](super::Response::next) request fails.
    #[must_use]
    pub fn data_reader(mut self, reader: impl Read + Send + 'static) -> RequestOptions {
        self.body = Some(Body::Upload(Upload::of_reader(reader)));
        self
    }

    /// Sets the fields of a form as the body: Python's `data={"name": "value"}`. With [`files`](Self::files),
    /// they become parts of a `multipart/form-data` body.
    #[must_use]
    pub fn form<N, V>(mut self, form: impl IntoIterator<Item = (N, V)>) -> RequestOptions
    where
        N: Into<String>,
        V: Into<String>,
    {
        self.body = Some(Body::Form(fields(form).collect()));
        self
    }

    /// Sets a JSON body: Python's `json={"a": 1}`. It is ignored if `data`, `form` or `files` is given. If the value
    /// cannot be encoded, the request fails with [`InvalidJSONError`](super::Error::InvalidJSONError), unless `data`
    /// or `form` is given. A later call replaces the value.
    ///
    /// ```
    /// # use pyssl::requests::RequestOptions;
    /// # use std::collections::BTreeMap;
    /// let options = RequestOptions::new().json(&BTreeMap::from([("a", 1)]));
    /// ```
    #[must_use]
    pub fn json(mut self, value: &impl Serialize) -> RequestOptions {
        self.json = Some(body::json(value).map_err(Arc::new));
        self
    }

    /// Sends files as `multipart/form-data`: Python's `files={"field": ("name", data)}`.
    #[must_use]
    pub fn files<N: Into<String>>(
        mut self,
        files: impl IntoIterator<Item = (N, FilePart)>,
    ) -> RequestOptions {
        let files = files.into_iter().map(|(name, file)| (name.into(), file));
        self.files.extend(files);
        self
    }

    /// Sets name and password for HTTP's basic authentication: Python's `auth=("user", "secret")`.
    #[must_use]
    pub fn auth(mut self, user: impl Into<String>, password: impl Into<String>) -> RequestOptions {
        let (user, password) = (user.into().into_bytes(), password.into().into_bytes());
        self.auth = Some(Auth::Basic(user, password));
        self
    }

    /// Like [`auth`](Self::auth), with a name and a password in the server's encoding: Python's
    /// `auth=("user", "p\u{e4}ss".encode("utf-8"))`. `auth` sends Latin-1, as in Python.
    ///
    /// ```
    /// # use pyssl::requests::{RequestOptions, Session};
    /// let options = RequestOptions::new().auth_bytes("user", "\u{20ac}");
    /// let prepared = Session::new(()).prepare_request("GET", "https://example.com", options)?;
    /// assert_eq!(prepared.headers()["Authorization"], "Basic dXNlcjrigqw=");
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    #[must_use]
    pub fn auth_bytes(
        mut self,
        user: impl Into<Vec<u8>>,
        password: impl Into<Vec<u8>>,
    ) -> RequestOptions {
        self.auth = Some(Auth::Bytes(user.into(), password.into()));
        self
    }

    /// Sets name and password for digest authentication: Python's `auth=HTTPDigestAuth("user", "secret")`.
    #[must_use]
    pub fn digest_auth(mut self, auth: impl Into<HttpDigestAuth>) -> RequestOptions {
        self.auth = Some(Auth::Digest(auth.into()));
        self
    }

    /// Sets a function that adds credentials to a request: Python's `auth=f`, or an own subclass of `AuthBase`.
    ///
    /// ```python
    /// def bearer(request):
    ///     request.headers["Authorization"] = "Bearer secret"
    ///     return request
    /// session.auth = bearer
    /// ```
    /// ```
    /// # use pyssl::requests::{HeaderValue, RequestOptions, Session};
    /// let session = Session::new(RequestOptions::new().auth_with(|request| {
    ///     let value = HeaderValue::from_static("Bearer secret");
    ///     request.headers_mut().insert("Authorization", value);
    /// }));
    /// ```
    #[must_use]
    pub fn auth_with(
        mut self,
        auth: impl Fn(&mut PreparedRequest) + Send + Sync + 'static,
    ) -> RequestOptions {
        self.auth = Some(Auth::Custom(Arc::new(auth)));
        self
    }

    /// Adds a function that gets each response, also those that redirect: Python's `hooks={"response": f}`. The
    /// function may return another response, which replaces the first one. As in Python, the status, the `Location` and
    /// the cookies are then those of the new response. The hooks of a request replace those of its session.
    ///
    /// With [`Session::stream`](super::Session::stream), the hook gets the last response with an empty body. If the
    /// hook returns a response with a body, that body is read.
    ///
    /// ```python
    /// def check(response, *args, **kwargs):
    ///     response.raise_for_status()
    /// session.hooks["response"].append(check)
    /// ```
    /// ```
    /// # use pyssl::requests::{RequestOptions, Session};
    /// let session = Session::new(RequestOptions::new().response_hook(|response| {
    ///     response.raise_for_status()?;
    ///     Ok(response)
    /// }));
    /// ```
    #[must_use]
    #[doc(alias = "hooks")]
    pub fn response_hook(
        mut self,
        hook: impl Fn(Response) -> Result<Response, Error> + Send + Sync + 'static,
    ) -> RequestOptions {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds cookies: Python's `cookies={"name": "value"}`. The session does not keep those of a request.
    #[must_use]
    pub fn cookies<N, V>(mut self, cookies: impl IntoIterator<Item = (N, V)>) -> RequestOptions
    where
        N: Into<String>,
        V: Into<String>,
    {
        self.cookies.extend(fields(cookies));
        self
    }

    /// Sets proxies: Python's `proxies={"https": "http://localhost:3128"}`. A key is a scheme (`http`, `https`),
    /// `all`, or a scheme and a host (`https://example.com`). `no_proxy` lists hosts to reach without a proxy. An
    /// empty URL means no proxy. See [`Session::trust_env`](super::Session::trust_env) for those of the environment.
    #[must_use]
    pub fn proxies<N, V>(mut self, proxies: impl IntoIterator<Item = (N, V)>) -> RequestOptions
    where
        N: Into<String>,
        V: Into<String>,
    {
        self.proxies.extend(fields(proxies));
        self
    }

    /// Limits connecting (including the handshake), and each wait for the server after that: Python's
    /// `timeout=5`. The whole request may take longer; see [`total_timeout`](Self::total_timeout).
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> RequestOptions {
        self.connect_timeout(timeout).read_timeout(timeout)
    }

    /// Limits connecting, including the handshake: the first value of Python's `timeout=(3, 27)`.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> RequestOptions {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Limits each wait for the server: the second value of Python's `timeout=(3, 27)`.
    #[must_use]
    pub fn read_timeout(mut self, timeout: Duration) -> RequestOptions {
        self.read_timeout = Some(timeout);
        self
    }

    /// Limits the whole request, including redirects and the body. Python has no such option.
    #[must_use]
    pub fn total_timeout(mut self, timeout: Duration) -> RequestOptions {
        self.total_timeout = Some(timeout);
        self
    }

    /// Limits the body of each response to this number of bytes, before and after it is decompressed. A longer body
    /// is a [`ContentTooLong`](super::Error::ContentTooLong) error. Python has no such option: there, as here
    /// without it, a small compressed body can fill the memory.
    #[must_use]
    pub fn max_content(mut self, bytes: u64) -> RequestOptions {
        self.max_content = Some(bytes);
        self
    }

    /// Sets whether redirects are followed.
    #[must_use]
    pub fn allow_redirects(mut self, follow: bool) -> RequestOptions {
        self.allow_redirects = Some(follow);
        self
    }

    /// Uses the session's options for the arguments that this request does not set.
    pub(super) fn with_session_defaults(mut self, session: &RequestOptions) -> RequestOptions {
        let mut headers = session.headers.clone();
        headers.append(&mut self.headers);
        RequestOptions {
            verify: self.verify.or_else(|| session.verify.clone()),
            cert: self.cert.or_else(|| session.cert.clone()),
            headers,
            params: {
                let mut params = merged(&session.params, self.params);
                params.retain(|(name, _)| !self.removed_params.contains(name));
                params
            },
            removed_params: Vec::new(),
            body: self.body.or_else(|| session.body.clone()),
            json: self.json.or_else(|| session.json.clone()),
            files: match self.files.is_empty() {
                true => session.files.clone(),
                false => self.files,
            },
            auth: self.auth.or_else(|| session.auth.clone()),
            cookies: merged(&session.cookies, self.cookies),
            proxies: self.proxies,
            hooks: match self.hooks.is_empty() {
                true => session.hooks.clone(),
                false => self.hooks,
            },
            connect_timeout: self.connect_timeout.or(session.connect_timeout),
            read_timeout: self.read_timeout.or(session.read_timeout),
            total_timeout: self.total_timeout.or(session.total_timeout),
            max_content: self.max_content.or(session.max_content),
            allow_redirects: self.allow_redirects.or(session.allow_redirects),
        }
    }
}

/// Merges fields as Python merges dictionaries: a field of the request takes the place of the session's.
fn merged(session: &Fields, own: Fields) -> Fields {
    let in_session = |name: &str| session.iter().position(|(other, _)| other == name);
    let mut places: Vec<(usize, (String, String))> = Vec::new();
    for (place, field) in session.iter().enumerate() {
        if own.iter().all(|(other, _)| *other != field.0) {
            places.push((place, field.clone()));
        }
    }
    let own = own.into_iter();
    places.extend(own.map(|field| (in_session(&field.0).unwrap_or(session.len()), field)));
    places.sort_by_key(|(place, _)| *place);
    places.into_iter().map(|(_, field)| field).collect()
}

impl fmt::Debug for RequestOptions {
    /// Omits headers and body, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOptions")
            .field("verify", &self.verify)
            .field("cert", &self.cert)
            .finish_non_exhaustive()
    }
}

fn fields<N: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (N, V)>,
) -> impl Iterator<Item = (String, String)> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
}

impl From<()> for RequestOptions {
    fn from((): ()) -> RequestOptions {
        RequestOptions::default()
    }
}

impl From<Verify> for RequestOptions {
    fn from(verify: Verify) -> RequestOptions {
        RequestOptions::new().verify(verify)
    }
}

impl From<bool> for RequestOptions {
    fn from(verify: bool) -> RequestOptions {
        RequestOptions::new().verify(verify)
    }
}

/// Conversions from paths, for `verify`, `cert`, and options that set only `verify`.
macro_rules! from_paths {
    ($($path:ty),*) => {$(
        impl From<$path> for Verify {
            fn from(path: $path) -> Verify {
                Verify::Path(path.into())
            }
        }

        impl From<$path> for ClientCert {
            fn from(path: $path) -> ClientCert {
                ClientCert { cert: path.into(), key: None }
            }
        }

        impl From<$path> for RequestOptions {
            fn from(path: $path) -> RequestOptions {
                RequestOptions::new().verify(path)
            }
        }
    )*};
}

from_paths!(&str, &String, String, &Path, &PathBuf, PathBuf);
