use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH};
use ureq::http::{self, HeaderMap, HeaderName, HeaderValue, Method};
use ureq::unversioned::resolver::DefaultResolver;

use super::decode::ACCEPTED;
use super::redirect::{self, Outgoing};
use super::transport::{Tls, WireConnector};
use super::{Error, RequestOptions, Response, Verify, url};

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
#[derive(Debug)]
pub struct Session {
    options: RequestOptions,
    trust_env: bool,
    max_redirects: u32,
    agents: Mutex<HashMap<Tls, Agent>>,
}

impl Session {
    /// Creates a session whose requests have these options.
    pub fn new(options: impl Into<RequestOptions>) -> Session {
        Session {
            options: options.into(),
            trust_env: true,
            max_redirects: 30,
            agents: Mutex::default(),
        }
    }

    /// Python's `session.trust_env`: whether `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` apply to requests
    /// whose `verify` is unset or `true`. As in Python, they override the `verify` of the session.
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
        let options = options.into();
        let verify = self.verify(options.verify.clone());
        let options = options.or(&self.options);

        let mut request = Outgoing {
            url: url::parse(url.as_ref())?,
            method: method
                .to_ascii_uppercase()
                .parse()
                .map_err(invalid_header)?,
            headers: HeaderMap::new(),
            body: options.data.clone().filter(|data| !data.is_empty()),
        };
        let headers = &mut request.headers;
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        for (name, value) in &options.headers {
            let name = HeaderName::try_from(name).map_err(invalid_header)?;
            let value = HeaderValue::try_from(value).map_err(invalid_header)?;
            headers.insert(name, value);
        }
        if let Some((name, password)) = request.url.credentials() {
            headers.insert(AUTHORIZATION, basic(&name, &password)?);
        }
        match request.body {
            Some(_) => drop(headers.remove(CONTENT_LENGTH)),
            // Tell the server that there is no body.
            None if ![Method::GET, Method::HEAD].contains(&request.method) => {
                request.body = Some(Vec::new());
            }
            None => {}
        }

        let agent = self.agent(Tls {
            verify,
            cert: options.cert.clone(),
        });
        self.run(&agent, request, &options)
    }

    /// Sends a request and follows redirects.
    fn run(
        &self,
        agent: &Agent,
        mut request: Outgoing,
        options: &RequestOptions,
    ) -> Result<Response, Error> {
        let follow = options.allow_redirects.unwrap_or(true);
        let end = options
            .total_timeout
            .and_then(|total| Instant::now().checked_add(total));
        let mut redirects = 0;
        loop {
            let answer = send(agent, &request, options, end)?;
            let status = answer.status();
            let location = redirect::target(status, answer.headers()).filter(|_| follow);
            let response = Response::read(answer, &request.url);
            let Some(location) = location else {
                return response;
            };
            // The body of a redirect is not used.
            match response {
                Ok(_) | Err(Error::ChunkedEncodingError(_) | Error::ContentDecodingError(_)) => {}
                Err(error) => return Err(error),
            }
            if redirects >= self.max_redirects {
                return Err(Error::TooManyRedirects(self.max_redirects));
            }
            redirects += 1;
            request = request.redirected(status, &location)?;
        }
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

    fn agent(&self, tls: Tls) -> Agent {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = agents.entry(tls).or_insert_with_key(|tls| {
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
            let connector = WireConnector::new(tls.clone());
            Agent::with_parts(config, connector, DefaultResolver::default())
        });
        agent.clone()
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

fn bundle_of_environment() -> Option<PathBuf> {
    ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|path| !path.is_empty())
        .map(PathBuf::from)
}
