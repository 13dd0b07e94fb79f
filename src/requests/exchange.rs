//! Sends the requests of a session, and reads the responses.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use ureq::http::{self, HeaderValue};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, SendBody};

use super::adapter::{Retry, RetryDecision};
use super::error::Failure;
use super::prepared::Content;
use super::response::read;
use super::{Error, PreparedRequest, RequestOptions, Response, StreamingResponse};

/// The response that ends a chain of redirects.
pub(super) struct LastHop {
    response: Response,
    /// The body, if it is unread.
    body: Option<ureq::Body>,
}

impl LastHop {
    /// Sets the history of redirects. Without redirects, the response keeps its own history, such as a digest
    /// challenge.
    pub(super) fn new(
        mut response: Response,
        body: Option<ureq::Body>,
        history: Vec<Response>,
    ) -> LastHop {
        if !history.is_empty() {
            response.history = history;
        }
        LastHop { response, body }
    }

    pub(super) fn into_response(self) -> Response {
        self.response
    }

    pub(super) fn into_stream(self, options: &RequestOptions) -> StreamingResponse {
        StreamingResponse::new(self.response, self.body, options.max_content)
    }
}

/// The part of a response's body that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// All of it. Another request follows, so as in Python, errors of the chunked encoding and of the decompression are
    /// ignored.
    Hop,
    /// All of it.
    All,
    /// Nothing: the caller reads the body.
    Nothing,
}

/// Makes the response of an answer. Returns its body if it is unread.
pub(super) fn received(
    answer: http::Response<ureq::Body>,
    request: PreparedRequest,
    elapsed: Duration,
    reading: Reading,
    options: &RequestOptions,
) -> Result<(Response, Option<ureq::Body>), Error> {
    let (head, body) = answer.into_parts();
    let mut response = Response::head(head, request, elapsed);
    if reading == Reading::Nothing {
        response.is_unread = true;
        return Ok((response, Some(body)));
    }
    match response.read_body(body, options.max_content) {
        Err(Error::ChunkedEncodingError(_) | Error::ContentDecodingError(_))
            if reading == Reading::Hop => {}
        outcome => outcome?,
    }
    Ok((response, None))
}

/// Sends a request, and repeats it as often as the adapter's `Retry` allows.
pub(super) fn exchange(
    agent: &Agent,
    request: &PreparedRequest,
    options: &RequestOptions,
    end: Option<Instant>,
    retry: Option<Retry>,
) -> Result<http::Response<ureq::Body>, Error> {
    let mut retry = retry.unwrap_or_else(Retry::none);
    let mut was_read = false;
    loop {
        let pause = match send(agent, request, options, end, &mut was_read) {
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
                let _ = read(answer.into_body(), "", options.max_content);
                retry.pause(Some(&headers))?
            }
            Err(error) => {
                let Some(failure) = error.failure() else {
                    return Err(error);
                };
                match retry.count(failure, &request.method) {
                    RetryDecision::Again => retry.pause(None)?,
                    RetryDecision::Raise => return Err(error),
                    RetryDecision::Exhausted => return Err(error.exhausted()),
                }
            }
        };
        // If the total time is over, the next attempt reports the time-out.
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        thread::sleep(left.map_or(pause, |left| pause.min(left)));
        if was_read {
            request.rewind()?;
        }
    }
}

/// The HTTP library's resolver. A failed look-up is reported as a connection that was not made, so it counts for
/// `Retry::connect`.
#[derive(Debug, Default)]
pub(super) struct HostResolver(DefaultResolver);

impl Resolver for HostResolver {
    fn resolve(
        &self,
        uri: &http::Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout);
        found.map_err(|error| match error {
            ureq::Error::Io(error) => ureq::Error::Other(Box::new(Error::not_connected(error))),
            error => error,
        })
    }
}

/// A resolver that looks up nothing, for connections through a proxy. `ureq` requires an address,
/// which is not used.
#[derive(Debug)]
pub(super) struct NoResolver;

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

/// Sends one request and reads the head of its response. `was_read` becomes true if the body was read from a file or
/// a reader.
fn send(
    agent: &Agent,
    request: &PreparedRequest,
    options: &RequestOptions,
    end: Option<Instant>,
    was_read: &mut bool,
) -> Result<http::Response<ureq::Body>, Error> {
    let mut plain = http::Request::new(());
    *plain.uri_mut() = request.url.uri()?;
    *plain.method_mut() = request.method.clone();
    *plain.headers_mut() = request.headers.clone();
    // `http.client` sends this header if the request has no other value.
    let encoding = plain.headers_mut().entry(ACCEPT_ENCODING);
    encoding.or_insert(HeaderValue::from_static("identity"));
    let content = request.content();
    if content.is_none() {
        // With this header and without a body, the HTTP library would wait for the body.
        plain.headers_mut().remove(CONTENT_LENGTH);
        plain.headers_mut().remove(TRANSFER_ENCODING);
    }
    let limits = [options.connect_timeout, options.read_timeout];
    // Without time-outs, the agent's configuration is shared instead of copied.
    if limits != [None; 2] || end.is_some() {
        plain = agent
            .configure_request(plain)
            .timeout_connect(options.connect_timeout)
            // As in Python, the connect time-out also limits sending.
            .timeout_per_write(options.connect_timeout)
            .timeout_per_read(options.read_timeout)
            .timeout_global(end.map(|end| end.saturating_duration_since(Instant::now())))
            .build();
    }
    match content {
        None => agent.run(plain),
        Some(Content::Bytes(bytes)) => agent.run(plain.map(|()| bytes.as_slice())),
        Some(Content::Upload(upload)) => {
            let mut reader = upload.reader();
            let outcome = agent.run(plain.map(|()| SendBody::from_reader(&mut reader)));
            *was_read |= reader.was_read;
            outcome
        }
    }
    .map_err(Error::of_request)
}
