//! The errors of requests, and their causes.

use super::{Error, PreparedRequest, Response};
use crate as ssl;
use crate::BoxError;

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

    /// Python's `e.response`: the response that an [`HTTPError`](Error::HTTPError) or a
    /// [`TooManyRedirects`](Error::TooManyRedirects) is about. As in Python, other errors have none.
    ///
    /// ```python
    /// except requests.RequestException as e:
    ///     if e.response is not None:
    ///         print(e.response.status_code)
    /// ```
    /// ```
    /// # use pyssl::requests::Error;
    /// # let e = Error::ReadTimeout;
    /// if let Some(response) = e.response() {
    ///     println!("{}", response.status_code());
    /// }
    /// ```
    pub fn response(&self) -> Option<&Response> {
        match self {
            Error::HTTPError { response, .. } | Error::TooManyRedirects { response, .. } => {
                Some(response)
            }
            _ => None,
        }
    }

    /// Python's `e.request`, for the errors that have a [`response`](Self::response). Other errors do not have the
    /// request.
    pub fn request(&self) -> Option<&PreparedRequest> {
        self.response().map(Response::request)
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

    /// The error of a connection that was not made. [`failure`](Self::failure) counts it as `Failure::Connect`.
    pub(super) fn not_connected(error: std::io::Error) -> Error {
        Error::ConnectionError(Box::new(NotConnected(error.into())))
    }

    /// The counter of a [`Retry`](super::Retry) that this error decreases. `None` means that the request is not
    /// repeated. As in Python, only errors of urllib3 cause a repetition.
    pub(super) fn failure(&self) -> Option<Failure> {
        let is_connect = |cause: &BoxError| {
            cause.is::<NotConnected>()
                || matches!(cause.downcast_ref(), Some(ureq::Error::HostNotFound))
        };
        match self {
            Error::ConnectTimeout => Some(Failure::Connect),
            Error::ConnectionError(cause) if is_connect(cause) => Some(Failure::Connect),
            Error::ConnectionError(_) | Error::ReadTimeout => Some(Failure::Read),
            Error::ProxyError(cause) => match cause.downcast_ref().map(Error::failure) {
                Some(Some(Failure::Connect)) => Some(Failure::Connect),
                _ => Some(Failure::Other),
            },
            Error::SSLError(_) => Some(Failure::Other),
            _ => None,
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
