use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ureq::config::RedirectAuthHeaders;
use ureq::http::{self, HeaderName, HeaderValue, Method};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, AsSendBody};

use super::transport::{Tls, TlsConnector};
use super::{Error, RequestOptions, Response, Verify, url};

/// Keeps connections for further requests, and what all of them have in common: Python's `requests.Session`.
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
/// What a request says counts more than what the session says. From several threads, each request has a
/// connection of its own. Connections are shared by requests with the same
/// `verify` and `cert` only, and the files of both are read once for each such pair.
#[derive(Debug)]
pub struct Session {
    options: RequestOptions,
    trust_env: bool,
    max_redirects: u32,
    agents: Mutex<HashMap<Tls, Agent>>,
}

impl Session {
    /// A session with these options for all its requests.
    pub fn new(options: impl Into<RequestOptions>) -> Session {
        Session {
            options: options.into(),
            trust_env: true,
            max_redirects: 30,
            agents: Mutex::default(),
        }
    }

    /// Python's `session.trust_env`: whether `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` count for requests that do
    /// not say how to verify, or say `true`. As in Python they count more than the `verify` of the session.
    #[must_use]
    pub fn trust_env(mut self, trust: bool) -> Session {
        self.trust_env = trust;
        self
    }

    /// Python's `session.max_redirects`: 30, unless set.
    #[must_use]
    pub fn max_redirects(mut self, max: u32) -> Session {
        self.max_redirects = max;
        self
    }

    /// Sends a GET request: Python's `session.get(url)`.
    ///
    /// # Errors
    ///
    /// As [`requests::request`](super::request).
    pub fn get(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("GET", url, options)
    }

    /// Sends a HEAD request: Python's `session.head(url)`.
    ///
    /// # Errors
    ///
    /// As [`requests::request`](super::request).
    pub fn head(
        &self,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        self.request("HEAD", url, options)
    }

    /// Sends a POST request: Python's `session.post(url, data=b"...")`.
    ///
    /// # Errors
    ///
    /// As [`requests::request`](super::request).
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
    /// As [`requests::request`](super::request).
    pub fn request(
        &self,
        method: &str,
        url: impl AsRef<str>,
        options: impl Into<RequestOptions>,
    ) -> Result<Response, Error> {
        let options = options.into();
        let verify = self.verify(options.verify.clone());
        let options = options.or(&self.options);

        let mut request = http::Request::new(());
        *request.uri_mut() = url::parse(url.as_ref())?;
        *request.method_mut() = method
            .to_ascii_uppercase()
            .parse()
            .map_err(invalid_header)?;
        for (name, value) in &options.headers {
            let name = HeaderName::try_from(name).map_err(invalid_header)?;
            let value = HeaderValue::try_from(value).map_err(invalid_header)?;
            request.headers_mut().insert(name, value);
        }

        let tls = Tls {
            verify,
            cert: options.cert.clone(),
        };
        let agent = self.agent(tls);
        let method = request.method();
        match &options.data {
            Some(data) => self.run(&agent, request.map(|()| &**data), &options),
            // The server is told that there is no body where it expects one.
            None if [Method::POST, Method::PUT, Method::PATCH].contains(method) => {
                self.run(&agent, request.map(|()| &[][..]), &options)
            }
            None => self.run(&agent, request, &options),
        }
    }

    fn run<B: AsSendBody>(
        &self,
        agent: &Agent,
        request: http::Request<B>,
        options: &RequestOptions,
    ) -> Result<Response, Error> {
        let follow = options.allow_redirects;
        let follow = follow.unwrap_or(request.method() != Method::HEAD);
        let request = agent
            .configure_request(request)
            .max_redirects(if follow { self.max_redirects } else { 0 })
            .timeout_connect(options.connect_timeout)
            // As in Python, the time-out for connecting is the one for sending.
            .timeout_per_write(options.connect_timeout)
            .timeout_per_read(options.read_timeout)
            .timeout_global(options.total_timeout)
            .build();
        let response = agent
            .run(request)
            .map_err(|e| Error::of_request(e, self.max_redirects))?;
        Response::read(response)
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
                .redirect_auth_headers(RedirectAuthHeaders::Never)
                .build();
            let connector = TlsConnector::new(tls.clone()).chain(TcpConnector::default());
            Agent::with_parts(config, connector, DefaultResolver::default())
        });
        agent.clone()
    }
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
