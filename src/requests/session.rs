use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cookie_store::CookieStore;
use ureq::Agent;
use ureq::config::Config;
use ureq::http;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::adapter::{HttpAdapter, Retry, RetryDecision};
use super::error::Failure;
use super::prepare::{add_cookies, keep_cookies, prepare};
use super::redirect::{self, Outgoing};
use super::tls::Tls;
use super::transport::WireConnector;
use super::tunnel::Proxy;
use super::url::Url;
use super::{Error, RequestOptions, Response, StreamingResponse, Verify, proxies};

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
    cookies: Mutex<CookieStore>,
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

    /// Python's `session.trust_env`: whether environment variables count.
    ///
    /// `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` apply to requests whose `verify` is unset or `true`. Proxies are
    /// named by `http_proxy`, `https_proxy` and `all_proxy`, and hosts without a proxy by `no_proxy`, in lower or
    /// upper case. As in Python, all of these override the options of the session.
    #[must_use]
    pub fn trust_env(mut self, trust: bool) -> Session {
        self.trust_env = trust;
        self
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
        let last = self.run(method, url.as_ref(), options.into())?;
        let mut response = Response::read(last.answer, &last.url)?.with_history(last.history);
        response.elapsed = last.elapsed;
        Ok(response)
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
        let last = self.run(method, url.as_ref(), options.into())?;
        let (head, body) = last.answer.into_parts();
        StreamingResponse::new(head, body, last.url, last.history)
    }

    /// Sends a request and follows redirects. Leaves the body of the last response unread.
    fn run(&self, method: &str, url: &str, options: RequestOptions) -> Result<LastHop, Error> {
        let verify = self.verify(options.verify.clone());
        let options = options.with_session_defaults(&self.options);
        if let Some(error) = &options.error {
            return Err(Error::InvalidJSONError(error.to_string().into()));
        }
        let tls = Tls {
            verify,
            cert: options.cert.clone(),
        };
        let mut request = prepare(method, url, &options)?;
        let own = &self.options.proxies;
        let mut proxies = proxies::merged(&request.url, &options.proxies, own, self.trust_env);
        let follow = options.allow_redirects.unwrap_or(true);
        let end = options
            .total_timeout
            .and_then(|total| Instant::now().checked_add(total));
        let mut history: Vec<Response> = Vec::new();
        loop {
            add_cookies(&mut request, &self.lock_cookies(), &options.cookies)?;
            let proxy = proxies::select(&request.url, &proxies);
            let proxy = proxy.map(|proxy| Proxy::parse(&proxy)).transpose()?;
            let number = self.adapter(&request.url);
            let agent = self.agent(number, &tls, proxy);
            let begin = Instant::now();
            let retry = self.adapters[number].1.retries.clone();
            let answer = exchange(&agent, &request, &options, end, retry)?;
            let elapsed = begin.elapsed();
            keep_cookies(&mut self.lock_cookies(), &request.url, answer.headers());
            let status = answer.status();
            let location = redirect::target(status, answer.headers()).filter(|_| follow);
            let Some(location) = location else {
                return Ok(LastHop {
                    answer,
                    url: request.url,
                    history,
                    elapsed,
                });
            };
            let headers = answer.headers().clone();
            // As in Python, a redirect is followed even if its body cannot be read.
            let mut response = match Response::read(answer, &request.url) {
                Err(Error::ChunkedEncodingError(_) | Error::ContentDecodingError(_)) => {
                    Response::of(
                        status,
                        request.url.to_string(),
                        headers,
                        Vec::new(),
                        Vec::new(),
                    )
                }
                outcome => outcome?,
            };
            response.elapsed = elapsed;
            history.push(response);
            if history.len() > usize::try_from(self.max_redirects).unwrap_or(usize::MAX) {
                return Err(Error::TooManyRedirects(self.max_redirects));
            }
            request = request.redirected(status, &location)?;
            proxies = proxies::after_redirect(&request.url, &proxies, self.trust_env);
        }
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
        let store = self.lock_cookies();
        let cookies = store.iter_unexpired();
        cookies
            .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
            .collect()
    }

    /// Forgets all cookies: Python's `session.cookies.clear()`.
    pub fn clear_cookies(&self) {
        self.lock_cookies().clear();
    }

    fn lock_cookies(&self) -> MutexGuard<'_, CookieStore> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index in `adapters` of the adapter for a URL.
    fn adapter(&self, url: &Url) -> usize {
        let url = url.to_string().to_ascii_lowercase();
        let fits = |(prefix, _): &(String, _)| url.starts_with(&prefix.to_ascii_lowercase());
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
                let config = Agent::config_builder()
                    .proxy(None)
                    .user_agent(concat!("pyssl/", env!("CARGO_PKG_VERSION")))
                    .http_status_as_error(false)
                    .allow_non_standard_methods(true)
                    .max_redirects(0)
                    .max_redirects_will_error(false)
                    // Python's limits on the head apply instead.
                    .max_response_header_size(usize::MAX)
                    // Like Python, never wait for `100 Continue`.
                    .timeout_await_100(Some(Duration::ZERO))
                    .build();
                let adapter = Arc::clone(&self.adapters[*adapter].1);
                let connector = WireConnector::new(adapter, tls.clone(), proxy.clone());
                match proxy {
                    None => Agent::with_parts(config, connector, DefaultResolver::default()),
                    // The proxy looks up the server's name.
                    Some(_) => Agent::with_parts(config, connector, NoResolver),
                }
            });
        agent.clone()
    }
}

/// The response that ends a chain of redirects, and the responses before it.
struct LastHop {
    answer: http::Response<ureq::Body>,
    url: Url,
    history: Vec<Response>,
    elapsed: Duration,
}

/// Sends a request, and repeats it as often as the adapter's `Retry` allows.
fn exchange(
    agent: &Agent,
    request: &Outgoing,
    options: &RequestOptions,
    end: Option<Instant>,
    retry: Option<Retry>,
) -> Result<http::Response<ureq::Body>, Error> {
    let mut retry = retry.unwrap_or_else(Retry::none);
    loop {
        let pause = match send(agent, request, options, end) {
            Ok(answer) => {
                let status = answer.status().as_u16();
                if !retry.repeats(&request.method, status, answer.headers()) {
                    return Ok(answer);
                }
                if retry.count(Failure::Status, &request.method) != RetryDecision::Again {
                    return match retry.raises_on_status() {
                        true => Err(Error::RetryError(status)),
                        false => Ok(answer),
                    };
                }
                let headers = answer.headers().clone();
                // The connection can be used again only after the body has been read.
                let _ = Response::read(answer, &request.url);
                retry.pause(Some(&headers))?
            }
            Err(error) => match retry.count(error.failure(), &request.method) {
                RetryDecision::Again => retry.pause(None)?,
                RetryDecision::Raise => return Err(error),
                RetryDecision::Exhausted => return Err(error.exhausted()),
            },
        };
        // If the total time is over, the next attempt reports the time-out.
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        thread::sleep(left.map_or(pause, |left| pause.min(left)));
    }
}

/// A resolver that looks up nothing, for connections through a proxy. `ureq` requires an address,
/// which is not used.
#[derive(Debug)]
struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(
        &self,
        _: &http::Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        Ok(addresses)
    }
}

/// Sends one request and reads the head of its response.
fn send(
    agent: &Agent,
    request: &Outgoing,
    options: &RequestOptions,
    end: Option<Instant>,
) -> Result<http::Response<ureq::Body>, Error> {
    let mut plain = http::Request::new(());
    *plain.uri_mut() = request.url.uri()?;
    *plain.method_mut() = request.method.clone();
    *plain.headers_mut() = request.headers.clone();
    let plain = agent
        .configure_request(plain)
        .timeout_connect(options.connect_timeout)
        // As in Python, the connect time-out also limits sending.
        .timeout_per_write(options.connect_timeout)
        .timeout_per_read(options.read_timeout)
        .timeout_global(end.map(|end| end.saturating_duration_since(Instant::now())))
        .build();
    match request.body() {
        Some(body) => agent.run(plain.map(|()| body)),
        None => agent.run(plain),
    }
    .map_err(Error::of_request)
}

fn bundle_of_environment() -> Option<PathBuf> {
    ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|path| !path.is_empty())
        .map(PathBuf::from)
}
