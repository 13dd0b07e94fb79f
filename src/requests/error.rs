use crate as ssl;
use crate::BoxError;

/// The exceptions of Python's `requests`, one variant each, under their names.
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
/// Python's classes that stand above others are questions: `except requests.ConnectionError` is
/// [`is_connection_error`](Self::is_connection_error), `except requests.Timeout` is
/// [`is_timeout`](Self::is_timeout).
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate, the handshake, or TLS later on; also files of `verify` and `cert` that cannot be used.
    #[error("{0}")]
    SSLError(#[source] ssl::Error),
    /// The network failed, or the server broke off or talks no HTTP. As in Python, also a time-out in the
    /// middle of a body.
    #[error("{0}")]
    ConnectionError(#[source] BoxError),
    /// There was no connection in time.
    #[error("timed out while connecting")]
    ConnectTimeout,
    /// The server was silent for too long; as in Python, in the handshake, too.
    #[error("Read timed out.")]
    ReadTimeout,
    /// The body ended early, or its encoding is broken.
    #[error("Connection broken: {0}")]
    ChunkedEncodingError(#[source] BoxError),
    /// More redirects than [`Session::max_redirects`](super::Session::max_redirects) allows.
    #[error("Exceeded {0} redirects.")]
    TooManyRedirects(u32),
    /// The body is not what its `Content-Encoding` says.
    #[error("Received response with content-encoding: {0}, but failed to decode it.")]
    ContentDecodingError(Box<str>),
    /// The address has no `https://` in front.
    #[error("Invalid URL '{0}': No scheme supplied. Perhaps you meant https://{0}?")]
    MissingSchema(Box<str>),
    /// Neither `https` nor `http`.
    #[error("No connection adapters were found for '{0}'")]
    InvalidSchema(Box<str>),
    /// The address cannot be understood.
    #[error("{0}")]
    InvalidURL(Box<str>),
    /// The method, the name or the value of a header cannot be sent; or the server sent two different
    /// lengths.
    #[error("{0}")]
    InvalidHeader(Box<str>),
    /// The status tells of an error; only [`Response::raise_for_status`](super::Response::raise_for_status)
    /// makes this one.
    #[error("{message}")]
    #[non_exhaustive]
    HTTPError {
        /// The status: 404.
        status_code: u16,
        /// Python's text: `404 Client Error: Not Found for url: https://example.com/`.
        message: Box<str>,
    },
    /// A file of `verify` or `cert` is not there.
    #[error("{0}")]
    OSError(Box<str>),
}

impl Error {
    /// What `except requests.ConnectionError` catches: `SSLError` and `ConnectTimeout` are among it.
    ///
    /// ```
    /// # use pyssl::requests::Error;
    /// assert!(Error::ConnectTimeout.is_connection_error());
    /// assert!(!Error::ReadTimeout.is_connection_error());
    /// ```
    pub fn is_connection_error(&self) -> bool {
        use Error::{ConnectTimeout, ConnectionError, SSLError};
        matches!(self, ConnectionError(_) | SSLError(_) | ConnectTimeout)
    }

    /// What `except requests.Timeout` catches: `ConnectTimeout` and `ReadTimeout`.
    ///
    /// ```
    /// # use pyssl::requests::Error;
    /// assert!(Error::ReadTimeout.is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::ConnectTimeout | Error::ReadTimeout)
    }

    /// What went wrong before the response's head was complete.
    pub(super) fn of_request(error: ureq::Error) -> Error {
        use ureq::Timeout::{Connect, PerWrite, Resolve};
        match error {
            ureq::Error::Timeout(Connect | Resolve) => Error::ConnectTimeout,
            ureq::Error::Timeout(PerWrite) => Error::ConnectionError(Box::new(error)),
            ureq::Error::Timeout(_) => Error::ReadTimeout,
            ureq::Error::BadUri(text) => Error::InvalidURL(text.into()),
            ureq::Error::Http(e) => Error::InvalidURL(e.to_string().into()),
            other => Error::of_connection(other).unwrap_or_else(Error::ConnectionError),
        }
    }

    /// What went wrong in the response's body.
    pub(super) fn of_body(error: ureq::Error) -> Error {
        match error {
            ureq::Error::Timeout(ureq::Timeout::PerRead) => Error::ConnectionError(Box::new(error)),
            ureq::Error::Timeout(_) => Error::ReadTimeout,
            other => Error::of_connection(other).unwrap_or_else(Error::ChunkedEncodingError),
        }
    }

    /// An error that means the same at any time, or else its cause.
    fn of_connection(error: ureq::Error) -> Result<Error, BoxError> {
        let cause = match error {
            ureq::Error::Io(e) => ssl::Error::from(e),
            ureq::Error::Other(e) => match e.downcast::<Error>() {
                Ok(own) => return Ok(*own),
                Err(e) => *e.downcast::<ssl::Error>()?,
            },
            other => return Err(Box::new(other)),
        };
        match cause.ssl() {
            Some(_) => Ok(Error::SSLError(cause)),
            None => Err(Box::new(cause)),
        }
    }
}
