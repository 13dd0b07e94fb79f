use std::fmt;
use std::sync::Arc;

use ureq::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, PROXY_AUTHORIZATION,
    TRANSFER_ENCODING,
};
use ureq::http::{HeaderMap, Method, StatusCode};

use super::auth::{HttpDigestAuth, basic, basic_of_bytes};
use super::body::Fields;
use super::upload::UploadBody;
use super::url::{self, Url};
use super::{Error, Hook};

/// A request that is ready to be sent: Python's `PreparedRequest`.
///
/// ```python
/// prepared = session.prepare_request(requests.Request("POST", url, data=b"body"))
/// prepared.headers["X-Signature"] = sign(prepared.body)
/// response = session.send(prepared, timeout=5)
/// ```
/// ```no_run
/// # use std::time::Duration;
/// # use pyssl::requests::{RequestOptions, Session};
/// # fn sign(_: Option<&[u8]>) -> pyssl::requests::HeaderValue { todo!() }
/// # let (session, url) = (Session::new(()), "https://example.com");
/// let mut prepared = session.prepare_request("POST", url, RequestOptions::new().data("body"))?;
/// let signature = sign(prepared.body());
/// prepared.headers_mut().insert("X-Signature", signature);
/// let response = session.send(prepared, RequestOptions::new().timeout(Duration::from_secs(5)))?;
/// # Ok::<(), pyssl::requests::Error>(())
/// ```
#[derive(Clone)]
pub struct PreparedRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Content>,
    /// The cookies of the request's options.
    pub(super) cookies: Fields,
    /// How many cookies the session had when the request was prepared.
    pub(super) jar_length: Option<usize>,
    pub(super) digest: Option<HttpDigestAuth>,
    pub(super) hooks: Vec<Hook>,
}

/// The body of a request.
#[derive(Clone)]
pub(super) enum Content {
    Bytes(Arc<Vec<u8>>),
    Upload(UploadBody),
}

impl PreparedRequest {
    /// Python's `prepared.method`.
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// Sets the method: Python's `prepared.method = "PUT"`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidHeader`] if the method has characters that a method may not have.
    pub fn set_method(&mut self, method: &str) -> Result<(), Error> {
        self.method = parse_method(method)?;
        Ok(())
    }

    /// Python's `prepared.url`, with the parameters of the request.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Sets the URL: Python's `prepared.url = "https://example.com/?signature=1"`.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSchema`], [`Error::InvalidSchema`] or [`Error::InvalidURL`] if the URL is invalid. The request
    /// then keeps its URL.
    pub fn set_url(&mut self, url: impl AsRef<str>) -> Result<(), Error> {
        self.url = url::parse(url.as_ref())?;
        Ok(())
    }

    /// Python's `prepared.path_url`: the path and the query, for example `"/a?b=c"`.
    pub fn path_url(&self) -> String {
        self.url.target()
    }

    /// Python's `prepared.headers`. As in Python, `Host` is added when the request is sent.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to change them: Python's `prepared.headers["X-Token"] = "1"`.
    ///
    /// ```
    /// # use pyssl::requests::{HeaderValue, Session};
    /// let mut prepared = Session::new(()).prepare_request("GET", "https://example.com", ())?;
    /// prepared.headers_mut().insert("X-Token", HeaderValue::from_static("1"));
    /// prepared.headers_mut().remove("Accept");
    /// # assert!(prepared.headers().contains_key("x-token") && !prepared.headers().contains_key("accept"));
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Python's `prepared.body`: the bytes, or `None` if there is no body or if a file or a reader is sent.
    pub fn body(&self) -> Option<&[u8]> {
        match &self.body {
            Some(Content::Bytes(bytes)) if !bytes.is_empty() => Some(bytes),
            _ => None,
        }
    }

    /// Sets the body: Python's `prepared.body = b"..."`. `Content-Length` becomes the length of the new body, as
    /// after Python's `prepared.prepare_content_length(prepared.body)`.
    ///
    /// ```
    /// # use pyssl::requests::{RequestOptions, Session};
    /// let options = RequestOptions::new().data("a");
    /// let mut prepared = Session::new(()).prepare_request("POST", "https://example.com", options)?;
    /// prepared.set_body("another body");
    /// assert_eq!(prepared.headers()["Content-Length"], "12");
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
        let body = body.into();
        self.headers.remove(TRANSFER_ENCODING);
        self.headers.insert(CONTENT_LENGTH, body.len().into());
        self.body = Some(Content::Bytes(Arc::new(body)));
    }

    /// The body to send. For a method whose requests usually have a body, a missing body is sent as an empty one.
    pub(super) fn content(&self) -> Option<Content> {
        let expects_none = [
            Method::GET,
            Method::HEAD,
            Method::DELETE,
            Method::TRACE,
            Method::OPTIONS,
            Method::CONNECT,
        ];
        match &self.body {
            None if !expects_none.contains(&self.method) => Some(Content::Bytes(Arc::default())),
            body => body.clone(),
        }
    }

    /// Adds the answer to the last challenge, if it can be answered.
    pub(super) fn answer_challenge(&mut self, digest: &HttpDigestAuth) -> Result<(), Error> {
        if let Some(answer) = digest.answer(self.method.as_str(), &self.url.target())? {
            self.headers.insert(AUTHORIZATION, answer);
        }
        Ok(())
    }

    /// Prepares to send the body again.
    pub(super) fn rewind(&self) -> Result<(), Error> {
        match &self.body {
            Some(Content::Upload(upload)) => upload.rewind(),
            _ => Ok(()),
        }
    }

    /// Rewinds the body if a request before the redirect has sent it.
    pub(super) fn rewind_if_sent(&self) -> Result<(), Error> {
        match &self.body {
            Some(Content::Upload(upload)) => upload.rewind_if_sent(),
            _ => Ok(()),
        }
    }

    /// The request that follows a redirect: `Session.resolve_redirects`, `rebuild_method` and `rebuild_auth`.
    /// `code` is the status of the response. `sent` is the request that led to the response. If a hook has returned the
    /// response, `sent` is the hook's request.
    pub(super) fn redirected(
        mut self,
        code: u16,
        sent: &PreparedRequest,
        location: &str,
    ) -> Result<PreparedRequest, Error> {
        let url = sent.url.redirected(location)?;
        let becomes_get = match code {
            302 | 303 => self.method != Method::HEAD,
            301 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
        }
        if code != 307 && code != 308 {
            for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
                self.headers.remove(name);
            }
            self.body = None;
        }
        if let Some(Content::Upload(upload)) = &mut self.body {
            upload.rewind_later();
        }
        // The proxy's credentials are not those of the next server.
        self.headers.remove(PROXY_AUTHORIZATION);
        self.headers.remove(COOKIE);
        if sent.url.should_strip_auth(&url) {
            self.headers.remove(AUTHORIZATION);
        }
        self.url = url;
        Ok(self)
    }
}

impl fmt::Debug for PreparedRequest {
    /// Python's `repr`: `<PreparedRequest [GET]>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<PreparedRequest [{}]>", self.method)
    }
}

/// Python's `auth`.
#[derive(Clone)]
pub(super) enum Auth {
    Basic(Vec<u8>, Vec<u8>),
    /// A name and a password in the server's encoding.
    Bytes(Vec<u8>, Vec<u8>),
    Digest(HttpDigestAuth),
    Custom(Arc<dyn Fn(&mut PreparedRequest) + Send + Sync>),
}

impl Auth {
    /// Changes the request: `PreparedRequest.prepare_auth`.
    pub(super) fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        match self {
            Auth::Basic(name, password) => {
                let value = basic(name, password)?;
                request.headers.insert(AUTHORIZATION, value);
            }
            Auth::Bytes(name, password) => {
                let value = basic_of_bytes(name, password)?;
                request.headers.insert(AUTHORIZATION, value);
            }
            Auth::Digest(digest) => {
                if digest.has_answered() {
                    request.answer_challenge(digest)?;
                }
                request.digest = Some(digest.clone());
            }
            Auth::Custom(change) => change(request),
        }
        Ok(())
    }
}

/// `PreparedRequest.prepare_method`.
pub(super) fn parse_method(method: &str) -> Result<Method, Error> {
    let method = method.to_ascii_uppercase().parse();
    method.map_err(Error::of_header)
}

/// Whether a response with this status and these headers redirects: `Response.is_redirect`.
pub(super) fn is_redirect(status: StatusCode, headers: &HeaderMap) -> bool {
    [301, 302, 303, 307, 308].contains(&status.as_u16()) && headers.contains_key(LOCATION)
}
