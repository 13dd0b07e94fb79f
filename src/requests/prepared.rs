use std::fmt;
use std::sync::Arc;

use ureq::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, TRANSFER_ENCODING,
};
use ureq::http::{HeaderMap, Method, StatusCode};

use super::Error;
use super::auth::{HttpDigestAuth, basic};
use super::body::Fields;
use super::head::joined;
use super::upload::UploadBody;
use super::url::Url;

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
    pub(super) digest: Option<HttpDigestAuth>,
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

    /// Python's `prepared.url`, with the parameters of the request.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Python's `prepared.headers`. The HTTP library adds `Host`, `User-Agent` and `Accept` if they are absent.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to change them.
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
        let uri = self.url.uri()?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        if let Some(answer) = digest.answer(self.method.as_str(), target)? {
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

    /// The request that follows a redirect: `Session.resolve_redirects`, `rebuild_method` and `rebuild_auth`.
    pub(super) fn redirected(
        mut self,
        status: StatusCode,
        location: &str,
    ) -> Result<PreparedRequest, Error> {
        let url = self.url.redirected(location)?;
        let code = status.as_u16();
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
        self.headers.remove(COOKIE);
        if self.url.should_strip_auth(&url) {
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

/// The target of a redirect, if the response is one: `Session.get_redirect_target`.
pub(super) fn target(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if ![301, 302, 303, 307, 308].contains(&status.as_u16()) {
        return None;
    }
    Some(joined(headers, &LOCATION)).filter(|location| !location.is_empty())
}
