use crate as ssl;
use crate::BoxError;

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
    SSLError(#[source] ssl::Error),
    /// The network failed, the server closed the connection, or its response is not HTTP. As in Python, a
    /// time-out in the middle of a body is reported here too.
    #[error("{0}")]
    ConnectionError(#[source] BoxError),
    /// The proxy cannot be reached, or refuses the connection.
    #[error("{0}")]
    ProxyError(#[source] BoxError),
    /// The request was repeated as often as the [`Retry`](super::Retry) allows, because of the response's
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
    ChunkedEncodingError(#[source] BoxError),
    /// More redirects than [`Session::max_redirects`](super::Session::max_redirects) allows.
    #[error("Exceeded {0} redirects.")]
    TooManyRedirects(u32),
    /// The body of a response is longer than
    /// [`RequestOptions::max_content`](super::RequestOptions::max_content) allows.
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
    /// [`Response::raise_for_status`](super::Response::raise_for_status) returns this.
    #[error("{message}")]
    #[non_exhaustive]
    HTTPError {
        /// The status code, for example 404.
        status_code: u16,
        /// Python's text: `404 Client Error: Not Found for url: https://example.com/`.
        message: Box<str>,
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

/// The counter of a [`Retry`](super::Retry) that a failed attempt uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Connect,
    Read,
    Status,
    Other,
}

/// The cause of a [`Error::ConnectionError`] if no connection was made.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct NotConnected(pub(super) ssl::Error);

impl Error {
    /// True for the errors that `except requests.ConnectionError` catches, which include `SSLError`,
    /// `ProxyError` and `ConnectTimeout`.
    ///
    /// ```
    /// # use pyssl::requests::Error;
    /// assert!(Error::ConnectTimeout.is_connection_error());
    /// assert!(!Error::ReadTimeout.is_connection_error());
    /// ```
    pub fn is_connection_error(&self) -> bool {
        use Error::{ConnectTimeout, ConnectionError, ProxyError, SSLError};
        matches!(
            self,
            ConnectionError(_) | ProxyError(_) | SSLError(_) | ConnectTimeout
        )
    }

    /// True for the errors that `except requests.Timeout` catches: `ConnectTimeout` and `ReadTimeout`.
    ///
    /// ```
    /// # use pyssl::requests::Error;
    /// assert!(Error::ReadTimeout.is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::ConnectTimeout | Error::ReadTimeout)
    }

    /// An error of the name or value of a header.
    pub(super) fn of_header(error: impl ToString) -> Error {
        Error::InvalidHeader(error.to_string().into())
    }

    /// An error that occurred before the response's head was complete.
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

    /// The counter of a [`Retry`](super::Retry) that this error uses up.
    pub(super) fn failure(&self) -> Failure {
        let is_connect = |cause: &BoxError| {
            cause.is::<NotConnected>()
                || matches!(cause.downcast_ref(), Some(ureq::Error::HostNotFound))
        };
        match self {
            Error::ConnectTimeout | Error::ProxyError(_) => Failure::Connect,
            Error::ConnectionError(cause) if is_connect(cause) => Failure::Connect,
            Error::ConnectionError(_) | Error::ReadTimeout => Failure::Read,
            _ => Failure::Other,
        }
    }

    /// The error after the last repetition: `HTTPAdapter.send`'s for urllib3's `MaxRetryError`.
    pub(super) fn exhausted(self) -> Error {
        match self {
            Error::ReadTimeout => Error::ConnectionError(Box::new(Error::ReadTimeout)),
            error => error,
        }
    }

    /// An error of the HTTP library's reader of a body.
    pub(super) fn of_body_read(error: std::io::Error) -> Error {
        match error.downcast::<ureq::Error>() {
            Ok(error) => Error::of_body(error),
            Err(error) => Error::ChunkedEncodingError(Box::new(error)),
        }
    }

    /// An error of [`StreamingResponse`](super::StreamingResponse)'s `read`.
    pub(super) fn of_read(error: std::io::Error) -> Error {
        match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::ChunkedEncodingError(Box::new(error)),
        }
    }

    /// An error that occurred in the response's body.
    pub(super) fn of_body(error: ureq::Error) -> Error {
        match error {
            ureq::Error::Timeout(ureq::Timeout::PerRead) => Error::ConnectionError(Box::new(error)),
            ureq::Error::Timeout(_) => Error::ReadTimeout,
            other => Error::of_connection(other).unwrap_or_else(Error::ChunkedEncodingError),
        }
    }

    /// Converts an error that means the same in the head and in the body of a response. For any
    /// other error, returns its cause.
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
