//! The request that follows a redirect.

use ureq::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION, TRANSFER_ENCODING,
};
use ureq::http::{HeaderMap, Method, StatusCode};

use super::Error;
use super::response::joined;
use super::url::Url;

/// A request to send.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl Outgoing {
    /// The body. For a method whose requests usually have a body, a missing body is sent as an
    /// empty one.
    pub(super) fn body(&self) -> Option<&[u8]> {
        let expects_none = [
            Method::GET,
            Method::HEAD,
            Method::DELETE,
            Method::TRACE,
            Method::OPTIONS,
            Method::CONNECT,
        ];
        match &self.body {
            None if !expects_none.contains(&self.method) => Some(&[]),
            body => body.as_deref(),
        }
    }

    /// The request that follows a redirect: `Session.resolve_redirects`, `rebuild_method` and
    /// `rebuild_auth`.
    pub(super) fn redirected(
        mut self,
        status: StatusCode,
        location: &str,
    ) -> Result<Outgoing, Error> {
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

/// The target of a redirect, if the response is one: `Session.get_redirect_target`.
pub(super) fn target(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let redirects = [301, 302, 303, 307, 308].contains(&status.as_u16());
    let location = joined(headers, &LOCATION);
    (redirects && !location.is_empty()).then_some(location)
}
