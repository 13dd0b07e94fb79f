//! The HTTP library's connections. `https` connections use this crate.
//!
//! `ureq` does HTTP, keeps connections and applies the time-outs. This transport reads the heads of responses
//! by the rules of Python's `http.client`, and returns an answer even if the server did not read all of the
//! request. A session has one `Agent` for each pair of `verify` and client certificate, so a connection that
//! was not verified never serves a request that requires verification.

use std::sync::Arc;
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use openssl::hash::{MessageDigest, hash};
use ureq::unversioned::transport::time;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::connection::{Remaining, Stream, connect, handshake, is_timeout, of_handshake};
use super::nested::TlsInTls;
use super::text::hex;
use super::tls::Tls;
use super::tunnel::Proxy;
use super::wire::ResponseRewriter;
use super::{AssertHostname, Error, HttpAdapter, Verify};
use crate as ssl;
use crate::sys::errno;
use crate::ureq::server_hostname;

/// Connects to servers.
#[derive(Debug)]
pub(super) struct WireConnector {
    adapter: Arc<HttpAdapter>,
    tls: Tls,
    proxy: Option<Proxy>,
    /// Created on first use: a program that only uses `http` needs no certificates.
    context: OnceCell<ssl::SslContext>,
}

impl WireConnector {
    pub(super) fn new(adapter: Arc<HttpAdapter>, tls: Tls, proxy: Option<Proxy>) -> WireConnector {
        WireConnector {
            adapter,
            tls,
            proxy,
            context: OnceCell::new(),
        }
    }

    fn stream(&self, details: &ConnectionDetails<'_>) -> Result<Stream, Error> {
        let remaining = Remaining::of(&details.timeout);
        // The context is created before anything is sent, so an unreadable file is reported first.
        let context = match details.needs_tls() {
            true => Some(
                self.context
                    .get_or_try_init(|| self.tls.context(&self.adapter))?,
            ),
            // As in Python, a missing file of `cert` is an error for `http` too.
            false => {
                self.tls.find_cert()?;
                None
            }
        };
        let host = details.uri.host().unwrap_or_default();
        let stream = match &self.proxy {
            None => {
                let plain = connect(&details.addrs, &remaining)?;
                plain
                    .set_nodelay(details.config.no_delay())
                    .map_err(|e| Error::ConnectionError(Box::new(ssl::Error::from(e))))?;
                Stream::Plain(plain.into())
            }
            Some(proxy) => {
                let own = || {
                    let tls = Tls {
                        verify: self.tls.verify.clone(),
                        cert: None,
                    };
                    tls.context(&HttpAdapter::default())
                };
                let mut stream = proxy.connect(own, &remaining)?;
                if context.is_some() {
                    let port = details.uri.port_u16().unwrap_or(443);
                    proxy.tunnel(&mut stream, host, port, &remaining)?;
                }
                stream
            }
        };
        let Some(context) = context else {
            return Ok(stream);
        };
        let stream = match stream {
            Stream::Plain(plain) => {
                let options = self.options(ssl::WrapSocket::from(server_hostname(host)));
                Stream::Tls(Box::new(handshake(
                    context,
                    plain.socket,
                    options,
                    &remaining,
                )?))
            }
            Stream::Tls(outer) => {
                let options = self.bio_options(ssl::WrapBio::from(server_hostname(host)));
                let left = remaining.get().ok_or(Error::ReadTimeout)?;
                let nested = TlsInTls::connect(context, *outer, options, left);
                Stream::Nested(Box::new(nested.map_err(of_handshake)?))
            }
            Stream::Nested(nested) => Stream::Nested(nested),
        };
        self.check_fingerprint(&stream)?;
        Ok(stream)
    }

    /// The adapter's change to the check of the host name: `None` if there is none, `Some(None)` to
    /// disable the check, `Some(name)` to require this name. With a fingerprint, no name is checked.
    fn assert_hostname(&self) -> Option<Option<&str>> {
        match &self.adapter.assert_hostname {
            _ if self.tls.verify == Verify::DangerDisabled => None,
            _ if self.adapter.assert_fingerprint.is_some() => None,
            None | Some(AssertHostname::OfUrl) => None,
            // As in Python, an empty name counts as none.
            Some(AssertHostname::Name(name)) if name.is_empty() => None,
            Some(AssertHostname::DangerNone) => Some(None),
            Some(AssertHostname::Name(name)) => Some(Some(name)),
        }
    }

    fn options(&self, options: ssl::WrapSocket) -> ssl::WrapSocket {
        match self.assert_hostname() {
            None => options,
            Some(None) => options.check_hostname(false),
            Some(Some(name)) => options.expected_names([name]),
        }
    }

    fn bio_options(&self, options: ssl::WrapBio) -> ssl::WrapBio {
        match self.assert_hostname() {
            None => options,
            Some(None) => options.check_hostname(false),
            Some(Some(name)) => options.expected_names([name]),
        }
    }

    /// urllib3's `assert_fingerprint`.
    fn check_fingerprint(&self, stream: &Stream) -> Result<(), Error> {
        let Some(expected) = &self.adapter.assert_fingerprint else {
            return Ok(());
        };
        let certificate = match stream {
            Stream::Plain(_) => None,
            Stream::Tls(sock) => sock.getpeercert_binary().map_err(Error::SSLError)?,
            Stream::Nested(nested) => nested
                .inner()
                .getpeercert_binary()
                .map_err(Error::SSLError)?,
        };
        let wrong = |text: String| Error::SSLError(ssl::Error::value(text));
        let digits = expected.replace(':', "").to_ascii_lowercase();
        let digest = match digits.len() {
            32 => MessageDigest::md5(),
            40 => MessageDigest::sha1(),
            64 => MessageDigest::sha256(),
            _ => return Err(wrong(format!("Fingerprint of invalid length: {expected}"))),
        };
        let certificate = certificate.unwrap_or_default();
        let actual = hash(digest, &certificate).map_err(|stack| Error::SSLError(stack.into()))?;
        let actual = hex(&actual);
        match actual == digits {
            true => Ok(()),
            false => Err(wrong(format!(
                "Fingerprints did not match. Expected \"{digits}\", got \"{actual}\""
            ))),
        }
    }
}

impl Connector for WireConnector {
    type Out = WireTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<WireTransport>, ureq::Error> {
        let stream = self.stream(details).map_err(wrapped)?;
        let forward = match &self.proxy {
            Some(proxy) if !details.needs_tls() => Some(Forward::new(proxy, details)),
            _ => None,
        };
        Ok(Some(WireTransport {
            stream,
            wire: ResponseRewriter::new(details.config.output_buffer_size()),
            is_cut: false,
            forward,
        }))
    }
}

/// Wraps an error for the HTTP library as `Other`. The library takes some `Io` errors for the end of a body.
fn wrapped(error: impl std::error::Error + Send + Sync + 'static) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

/// A connection.
#[derive(Debug)]
pub(super) struct WireTransport {
    stream: Stream,
    wire: ResponseRewriter,
    /// Whether sending has failed. The server may have sent a response before it closed the connection.
    is_cut: bool,
    forward: Option<Forward>,
}

/// How requests to a proxy differ from those to a server.
#[derive(Debug)]
struct Forward {
    /// The part of the URL before the path.
    origin: String,
    /// Additional headers.
    headers: String,
    /// Whether the next bytes to send begin a request.
    is_start: bool,
}

impl Forward {
    fn new(proxy: &Proxy, details: &ConnectionDetails<'_>) -> Forward {
        let authority = details
            .uri
            .authority()
            .map_or("", |authority| authority.as_str());
        let headers = proxy.authorization();
        Forward {
            origin: format!("http://{authority}"),
            headers: headers.map_or_else(String::new, |value| {
                format!("Proxy-Authorization: {value}\r\n")
            }),
            is_start: true,
        }
    }

    /// Writes the whole URL into the request line (RFC 9112, section 3.2.2).
    fn rewrite(&mut self, output: &[u8]) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.is_start) {
            return None;
        }
        let space = output.iter().position(|byte| *byte == b' ')? + 1;
        let line = output.iter().position(|byte| *byte == b'\n')? + 1;
        let origin = self.origin.as_bytes();
        Some(
            [
                &output[..space],
                origin,
                &output[space..line],
                self.headers.as_bytes(),
                &output[line..],
            ]
            .concat(),
        )
    }
}

/// Runs an operation, which must end within the time that `timeout` leaves.
fn within<T>(
    timeout: NextTimeout,
    operation: impl FnOnce(Option<Duration>) -> ssl::Result<T>,
) -> Result<T, TransportError> {
    let out_of_time = || TransportError::Http(ureq::Error::Timeout(timeout.reason));
    let left = Remaining::of(&timeout).get().ok_or_else(out_of_time)?;
    operation(left).map_err(|e| match e {
        e if is_timeout(&e) => out_of_time(),
        e => TransportError::Tls(e),
    })
}

/// Why an operation failed.
enum TransportError {
    Http(ureq::Error),
    Tls(ssl::Error),
}

impl From<TransportError> for ureq::Error {
    fn from(failed: TransportError) -> ureq::Error {
        match failed {
            TransportError::Http(error) => error,
            TransportError::Tls(error) => wrapped(error),
        }
    }
}

impl Transport for WireTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.wire
    }

    /// A server may respond and close before it has read the whole request. As in urllib3, the response
    /// then counts, not the write error.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.wire.expect_head();
        if self.is_cut {
            return Ok(());
        }
        let (stream, output) = (&mut self.stream, &self.wire.output()[..amount]);
        let rewritten = self
            .forward
            .as_mut()
            .and_then(|forward| forward.rewrite(output));
        let output = rewritten.as_deref().unwrap_or(output);
        match within(timeout.for_write(), |left| stream.send(output, left)) {
            Err(TransportError::Tls(ssl::Error::Os(e))) if errno::CUT.contains(&e.errno()) => {
                self.is_cut = true;
                Ok(())
            }
            outcome => Ok(outcome?),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let start = Instant::now();
        let before = self.wire.input().len();
        loop {
            let mut next = timeout;
            if let time::Duration::Exact(after) = timeout.after {
                next.after = time::Duration::Exact(after.saturating_sub(start.elapsed()));
            }
            let (stream, wire) = (&mut self.stream, &mut self.wire);
            let is_open = within(next.for_read(), |left| {
                wire.receive(|buffer| stream.receive(buffer, left))
            })?;
            self.wire.advance().map_err(wrapped)?;
            let has_more = self.wire.input().len() > before;
            if has_more || !is_open {
                return Ok(has_more);
            }
        }
    }

    fn is_open(&mut self) -> bool {
        if let Some(forward) = &mut self.forward {
            forward.is_start = true;
        }
        !self.is_cut && self.wire.is_idle() && self.stream.is_silent()
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_) | Stream::Nested(_))
    }
}
