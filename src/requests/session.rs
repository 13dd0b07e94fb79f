use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::{Agent, http};

use super::adapter::HttpAdapter;
use super::cookies::Jar;
use super::exchange::{HostResolver, LastHop, NoResolver, Reading, exchange, received};
use super::hooks::hooked;
use super::prepare::prepare;
use super::prepared::{Auth, is_redirect};
use super::proxies::{self, Proxies};
use super::tls::Tls;
use super::transport::WireConnector;
use super::tunnel::Proxy;
use super::url::Url;
use super::{Error, PreparedRequest, RequestOptions, Response, StreamingResponse, Verify, netrc};

/// Keeps connections open between requests, and options that the requests share: Python's
/// `requests.Session`.
///
/// ```python
/// session = requests.Session()
/// session.verify = "ca.pem"
/// session.headers.update({"X-Token": "1"})
/// first = session.get("https://localhost:8443/1")
/// second = session.get("https://localhost:8443/2")
/// ```
/// ```
/// # use pyssl_testing::{Ca, Files, HttpsServer};
/// use pyssl::requests::{RequestOptions, Session};
/// # let ca = Ca::new();
/// # let leaf = ca.issue("localhost");
/// # let files = Files::new(&ca, &leaf);
/// # let server = HttpsServer::start(&leaf, "hello");
/// # let (url, ca_pem) = (server.url("localhost", "/"), &files.ca);
/// let session = Session::new(RequestOptions::new().verify(ca_pem).headers([("X-Token", "1")]));
/// # let session = session.trust_env(false);
/// let first = session.get(&url, ())?;
/// let second = session.get(&url, ())?;
/// # drop(session);
/// # assert_eq!(server.next_connection().received.windows(4).filter(|w| w == b"GET ").count(), 2);
/// # Ok::<(), pyssl::requests::Error>(())
/// ```
///
/// Options of a request override those of the session. Concurrent requests use separate connections.
/// Requests share a connection only if they have the same `verify` and `cert`; the files of each such pair
/// are read once.
pub struct Session {
    options: RequestOptions,
    trust_env: bool,
    max_redirects: u32,
    /// Adapters by the prefix of the URL, the longest prefix first.
    adapters: Vec<(String, Arc<HttpAdapter>)>,
    cookies: Mutex<Jar>,
    agents: Mutex<HashMap<Route, Agent>>,
}

impl fmt::Debug for Session {
    /// Omits cookies and proxies, which may have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("options", &self.options)
            .field("trust_env", &self.trust_env)
            .finish_non_exhaustive()
    }
}

/// The values that two requests must have in common to share a connection: the index of the adapter, the TLS
/// options and the proxy.
type Route = (usize, Tls, Option<Proxy>);

impl Session {
    /// Creates a session whose requests have these options.
    pub fn new(options: impl Into<RequestOptions>) -> Session {
        Session {
            options: options.into(),
            trust_env: true,
            max_redirects: 30,
            adapters: ["https://", "http://"]
                .map(|prefix| (prefix.to_owned(), Arc::default()))
                .into(),
            cookies: Mutex::default(),
            agents: Mutex::default(),
        }
    }

    /// Python's `session.trust_env`: whether environment variables and `.netrc` count.
    ///
    /// `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` apply to requests whose `verify` is unset or `true`. Proxies are
    /// named by `http_proxy`, `https_proxy` and `all_proxy`, and hosts without a proxy by `no_proxy`, in lower or
    /// upper case. As in Python, all of these override the options of the session. `NETRC` names a file with
    /// credentials for requests without `auth`; the default is `.netrc` or `_netrc` in the home directory.
    #[must_use]
    pub fn trust_env(mut self, trust: bool) -> Session {
        self.trust_env = trust;
        self
    }

    /// Changes the options of the session for its next requests: Python's `session.headers.update(...)`,
    /// `session.verify = ...` and so on. The connections and cookies are kept. `params` adds parameters; to replace one,
    /// remove it first: `options.without_params(["page"]).params([("page", "2")])`.
    ///
    /// ```python
    /// session.headers.update({"X-Token": "2"})
    /// session.verify = "ca.pem"
    /// ```
    /// ```
    /// # use pyssl::requests::{RequestOptions, Session};
    /// # let mut session = Session::new(RequestOptions::new().headers([("X-Token", "1")]));
    /// session.update(|options| options.headers([("X-Token", "2")]).verify("ca.pem"));
    /// # let prepared = session.prepare_request("GET", "https://example.com", ())?;
    /// # assert_eq!(prepared.headers()["X-Token"], "2");
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    pub fn update(&mut self, change: impl FnOnce(RequestOptions) -> RequestOptions) {
        self.options = change(std::mem::take(&mut self.options));
    }

    /// Python's `session.max_redirects`. The default is 30.
    #[must_use]
    pub fn max_redirects(mut self, max: u32) -> Session {
        self.max_redirects = max;
        self
    }

    /// Sends a GET request: Python's `session.get(url)`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn get(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("GET", url, options)
    }

    /// Sends a HEAD request: Python's `session.head(url)`. Follows redirects only if the options say so.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn head(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        let mut options = options.into();
        let follow = options.allow_redirects.or(self.options.allow_redirects);
        options.allow_redirects = follow.or(Some(false));
        self.request("HEAD", url, options)
    }

    /// Sends a POST request: Python's `session.post(url, data=b"...")`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn post(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("POST", url, options)
    }

    /// Sends a PUT request: Python's `session.put(url, data=b"...")`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn put(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("PUT", url, options)
    }

    /// Sends a PATCH request: Python's `session.patch(url, data=b"...")`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn patch(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("PATCH", url, options)
    }

    /// Sends a DELETE request: Python's `session.delete(url)`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn delete(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("DELETE", url, options)
    }

    /// Sends an OPTIONS request: Python's `session.options(url)`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn options(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("OPTIONS", url, options)
    }

    /// Sends a request: Python's `session.request("PUT", url, data=b"...")`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn request(
        &self,
        method: &str,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        let (request, path, options) = self.prepare(method, url.as_ref(), options.into())?;
        Ok(self.run(request, path, &options, false)?.into_response())
    }

    /// Prepares a request, and does not send it: Python's `session.prepare_request(Request("POST", url,
    /// data=b"..."))`. It has the headers, parameters, cookies and credentials of the session. The options that
    /// concern sending (`verify`, `cert`, `proxies`, `timeout`, `allow_redirects`) are arguments of
    /// [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Those of [`requests::request`](super::request) that concern the arguments.
    pub fn prepare_request(
        &self,
        method: &str,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<PreparedRequest, Error> {
        let options = options.into().with_session_defaults(&self.options);
        self.prepare_only(method, url.as_ref(), &options)
    }

    /// Sends a prepared request: Python's `session.send(prepared, timeout=5)`. Only the options that concern
    /// sending count, and [`response_hook`](RequestOptions::response_hook), whose function is called after those of
    /// the request. As in Python, `REQUESTS_CA_BUNDLE` does not count.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn send(
        &self,
        request: PreparedRequest,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        let (request, path, options) = self.prepare_send(request, options.into());
        Ok(self.run(request, path, &options, false)?.into_response())
    }

    /// Sends a prepared request, and leaves the body of the response for the caller to read: Python's
    /// `session.send(prepared, stream=True)`. The options are those of [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn send_stream(
        &self,
        request: PreparedRequest,
        options: impl Into<RequestOptions>,
    ) -> Result<StreamingResponse, Error> {
        let (request, path, options) = self.prepare_send(request, options.into());
        Ok(self
            .run(request, path, &options, true)?
            .into_stream(&options))
    }

    fn prepare_send(
        &self,
        mut request: PreparedRequest,
        own: RequestOptions,
    ) -> (PreparedRequest, Path, RequestOptions) {
        request.hooks.extend(own.hooks.iter().cloned());
        let proxies = match own.proxies.is_empty() {
            true => proxies::after_redirect(&request.url, &self.options.proxies, self.trust_env),
            false => own.proxies.clone(),
        };
        let options = own.with_session_defaults(&self.options);
        let tls = Tls {
            verify: options.verify.clone().unwrap_or_default(),
            cert: options.cert.clone(),
        };
        (request, Path { tls, proxies }, options)
    }

    /// Sends a request, and leaves the body of the response for the caller to read: Python's `stream=True`.
    ///
    /// # Errors
    ///
    /// The same as [`requests::request`](super::request).
    pub fn stream(
        &self,
        method: &str,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<StreamingResponse, Error> {
        let (request, path, options) = self.prepare(method, url.as_ref(), options.into())?;
        Ok(self
            .run(request, path, &options, true)?
            .into_stream(&options))
    }

    fn prepare_only(
        &self,
        method: &str,
        url: &str,
        options: &RequestOptions,
    ) -> Result<PreparedRequest, Error> {
        let mut request = prepare(method, url, options, |host| self.of_netrc(host))?;
        self.lock_cookies().add_to(&mut request)?;
        Ok(request)
    }

    fn prepare(
        &self,
        method: &str,
        url: &str,
        own: RequestOptions,
    ) -> Result<(PreparedRequest, Path, RequestOptions), Error> {
        let verify = self.verify(own.verify.clone());
        let options = own.with_session_defaults(&self.options);
        let request = self.prepare_only(method, url, &options)?;
        let proxies = &self.options.proxies;
        let path = Path {
            tls: Tls {
                verify,
                cert: options.cert.clone(),
            },
            proxies: proxies::merged(&request.url, &options.proxies, proxies, self.trust_env),
        };
        Ok((request, path, options))
    }

    fn of_netrc(&self, host: &str) -> Option<(String, String)> {
        self.trust_env.then(|| netrc::credentials(host))?
    }

    /// Sends a request and follows redirects. With `stream`, leaves the body of the last response unread.
    fn run(
        &self,
        mut request: PreparedRequest,
        mut path: Path,
        options: &RequestOptions,
        stream: bool,
    ) -> Result<LastHop, Error> {
        let follow = options.allow_redirects.unwrap_or(true);
        let end = options
            .total_timeout
            .and_then(|total| Instant::now().checked_add(total));
        let mut history: Vec<Response> = Vec::new();
        loop {
            let begin = Instant::now();
            let mut answer = self.exchange(&request, &path, options, end)?;
            let mut sent = request.clone();
            let mut challenge = None;
            if let Some(digest) = &request.digest {
                if digest.is_challenge(answer.status(), answer.headers()) {
                    self.lock_cookies().keep(&request, answer.headers());
                    sent.rewind()?;
                    self.lock_cookies().add_to(&mut sent)?;
                    sent.answer_challenge(digest)?;
                    let (challenged, _) = received(
                        answer,
                        request.clone(),
                        begin.elapsed(),
                        Reading::All,
                        options,
                    )?;
                    challenge = Some(challenged);
                    answer = self.exchange(&sent, &path, options, end)?;
                }
            }
            let reading = match stream {
                _ if follow && is_redirect(answer.status(), answer.headers()) => Reading::Hop,
                true => Reading::Nothing,
                false => Reading::All,
            };
            let headers = answer.headers().clone();
            let outcome = received(answer, sent, begin.elapsed(), reading, options);
            if outcome.is_err() {
                // As in Python, the session keeps the cookies even if the body cannot be read.
                self.lock_cookies().keep(&request, &headers);
            }
            let (mut response, body) = outcome?;
            // As in Python, the history of the response that the hook gets has the digest challenge.
            response.history.extend(challenge);
            // As in Python, the hook's response determines whether a redirect follows.
            let mut response = hooked(response)?;
            self.lock_cookies().keep(&request, response.headers());
            let Some(location) = response.redirect_target()? else {
                return Ok(LastHop::new(response, body, history));
            };
            if !follow {
                let next = self.redirected(request, &response, &location)?;
                response.next = Some(Box::new(next));
                return Ok(LastHop::new(response, body, history));
            }
            if history.len() >= usize::try_from(self.max_redirects).unwrap_or(usize::MAX) {
                return Err(Error::TooManyRedirects {
                    max_redirects: self.max_redirects,
                    response: Box::new(response),
                });
            }
            request = self.redirected(request, &response, &location)?;
            // As in Python, the responses in the history of redirects have no history of their own.
            response.history.clear();
            history.push(response);
            path.proxies = proxies::after_redirect(&request.url, &path.proxies, self.trust_env);
        }
    }

    /// The request that follows a redirect, with the credentials of `.netrc` and the cookies for its URL.
    fn redirected(
        &self,
        request: PreparedRequest,
        response: &Response,
        location: &str,
    ) -> Result<PreparedRequest, Error> {
        let mut next = request.redirected(response.status_code(), response.request(), location)?;
        let host = next.url.host();
        if let Some((name, password)) = self.of_netrc(&host) {
            Auth::Basic(name.into(), password.into()).apply(&mut next)?;
        }
        self.lock_cookies().add_to(&mut next)?;
        Ok(next)
    }

    /// Sends a request, and repeats it as often as the adapter's `Retry` allows.
    fn exchange(
        &self,
        request: &PreparedRequest,
        path: &Path,
        options: &RequestOptions,
        end: Option<Instant>,
    ) -> Result<http::Response<ureq::Body>, Error> {
        request.rewind_if_sent()?;
        let proxy = proxies::select(&request.url, &path.proxies);
        let proxy = proxy.map(|proxy| Proxy::parse(&proxy)).transpose()?;
        let number = self.adapter(&request.url);
        let agent = self.agent(number, &path.tls, proxy);
        let retry = self.adapters[number].1.retries.clone();
        exchange(&agent, request, options, end, retry)
    }

    /// Uses an adapter for the URLs that start with `prefix`: Python's `session.mount(prefix, adapter)`. If a URL
    /// starts with the prefixes of several adapters, the longest prefix decides.
    ///
    /// ```python
    /// session.mount("https://internal.example/", adapter)
    /// ```
    /// ```
    /// # use pyssl::requests::{HttpAdapter, Session};
    /// let adapter = HttpAdapter::new().max_retries(3);
    /// let session = Session::new(()).mount("https://internal.example/", adapter);
    /// ```
    #[must_use]
    pub fn mount(mut self, prefix: impl Into<String>, adapter: HttpAdapter) -> Session {
        let prefix = prefix.into();
        self.adapters.retain(|(other, _)| *other != prefix);
        self.adapters.push((prefix, Arc::new(adapter)));
        self.adapters
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self.agents = Mutex::default();
        self
    }

    /// The names and values of all cookies of the session: Python's `session.cookies.items()`.
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.lock_cookies().names_and_values()
    }

    /// Sets a cookie for all requests of the session: Python's `session.cookies.set("name", "value")`, and
    /// `session.cookies["name"] = "value"`.
    ///
    /// ```
    /// # use pyssl::requests::Session;
    /// let session = Session::new(());
    /// session.set_cookie("name", "value");
    /// assert_eq!(session.cookies(), [("name".to_owned(), "value".to_owned())]);
    /// ```
    pub fn set_cookie(&self, name: impl Into<String>, value: impl Into<String>) {
        self.lock_cookies().set(name.into(), value.into());
    }

    /// Forgets all cookies with this name: Python's `del session.cookies["name"]`, which is a `KeyError` if there is
    /// none.
    ///
    /// ```
    /// # use pyssl::requests::Session;
    /// # let session = Session::new(());
    /// # session.set_cookie("name", "value");
    /// session.remove_cookie("name");
    /// assert!(session.cookies().is_empty());
    /// ```
    pub fn remove_cookie(&self, name: &str) {
        self.lock_cookies().remove(name);
    }

    /// Forgets all cookies: Python's `session.cookies.clear()`.
    pub fn clear_cookies(&self) {
        self.lock_cookies().clear();
    }

    fn lock_cookies(&self) -> MutexGuard<'_, Jar> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index in `adapters` of the adapter for a URL.
    fn adapter(&self, url: &Url) -> usize {
        let url = url.to_string();
        let fits = |(prefix, _): &(String, _)| {
            let begin = url.as_bytes().get(..prefix.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        self.adapters
            .iter()
            .position(fits)
            .unwrap_or(self.adapters.len() - 1)
    }

    fn verify(&self, of_request: Option<Verify>) -> Verify {
        let of_environment = match of_request {
            None | Some(Verify::Default) if self.trust_env => bundle_of_environment(),
            _ => None,
        };
        of_environment
            .map(Verify::Path)
            .or(of_request)
            .or_else(|| self.options.verify.clone())
            .unwrap_or_default()
    }

    fn agent(&self, adapter: usize, tls: &Tls, proxy: Option<Proxy>) -> Agent {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (adapter, tls.clone(), proxy);
        let agent = agents
            .entry(key)
            .or_insert_with_key(|(adapter, tls, proxy)| {
                let adapter = Arc::clone(&self.adapters[*adapter].1);
                let config = Agent::config_builder()
                    .max_idle_connections_per_host(adapter.pool_maxsize)
                    .max_idle_connections(
                        adapter
                            .pool_connections
                            .saturating_mul(adapter.pool_maxsize),
                    )
                    // urllib3 keeps a connection until the server closes it.
                    .max_idle_age(FOREVER)
                    .proxy(None)
                    // These headers are those of the prepared request.
                    .accept("")
                    .accept_encoding("")
                    .http_status_as_error(false)
                    .allow_non_standard_methods(true)
                    .max_redirects(0)
                    .max_redirects_will_error(false)
                    // Python's limits on the head apply instead.
                    .max_response_header_size(usize::MAX)
                    // Like Python, never wait for `100 Continue`.
                    .timeout_await_100(Some(Duration::ZERO))
                    .build();
                let connector = WireConnector::new(adapter, tls.clone(), proxy.clone());
                match proxy {
                    None => Agent::with_parts(config, connector, HostResolver::default()),
                    // The proxy looks up the server's name.
                    Some(_) => Agent::with_parts(config, connector, NoResolver),
                }
            });
        agent.clone()
    }
}

/// The HTTP library subtracts times, so the longest duration is too long.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// How the requests of a chain of redirects are sent.
struct Path {
    tls: Tls,
    proxies: Proxies,
}

fn bundle_of_environment() -> Option<PathBuf> {
    ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|path| !path.is_empty())
        .map(PathBuf::from)
}
