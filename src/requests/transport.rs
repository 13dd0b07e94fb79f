//! The HTTP library's connections. `https` connections use this crate.
//!
//! `ureq` does HTTP, keeps connections and limits the time. This transport reads the heads of responses by
//! the rules of Python's `http.client`, and returns an answer even if the server did not read all of the
//! request. A session has one `Agent` for each pair of `verify` and client certificate, so a connection
//! without verification never serves a request with it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use ureq::unversioned::transport::time;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::wire::Wire;
use super::{ClientCert, Error, Verify};
use crate as ssl;
use crate::ureq::server_hostname;

/// The number of servers for which TLS sessions are kept.
const RESUMED_SERVERS: usize = 100;

/// The TLS options of a connection. Connections with equal options can be shared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tls {
    pub(super) verify: Verify,
    pub(super) cert: Option<ClientCert>,
}

impl Tls {
    /// Creates the context as urllib3 does for `requests`.
    fn context(&self) -> Result<ssl::SslContext, Error> {
        let context = match &self.verify {
            Verify::Default => ssl::create_default_context(()),
            Verify::DangerDisabled => ssl::create_unverified_context(ssl::UnverifiedContext::new()),
            Verify::Path(path) => {
                let what = "Could not find a suitable TLS CA certificate bundle";
                must_exist(path, what)?;
                let options = ssl::DefaultContext::default();
                ssl::create_default_context(if path.is_dir() {
                    options.capath(path)
                } else {
                    options.cafile(path)
                })
            }
        };
        let context = context.map_err(Error::SSLError)?;
        self.set_up(&context)?;
        Ok(context)
    }

    fn set_up(&self, context: &ssl::SslContext) -> Result<(), Error> {
        if let Some(ClientCert { cert, key }) = &self.cert {
            must_exist(cert, "Could not find the TLS certificate file")?;
            let mut chain = ssl::CertChain::new(cert);
            if let Some(key) = key {
                must_exist(key, "Could not find the TLS key file")?;
                chain = chain.keyfile(key);
            }
            context.load_cert_chain(chain).map_err(Error::SSLError)?;
        }
        let set = || {
            context.set_options(context.options() | ssl::OP_NO_TICKET)?;
            context.set_hostname_checks_common_name(false)?;
            context.set_post_handshake_auth(true)?;
            context.set_client_session_cache(RESUMED_SERVERS)?;
            context.set_alpn_protocols(&["http/1.1"])
        };
        set().map_err(Error::SSLError)
    }
}

fn must_exist(path: &Path, what: &str) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    let text = format!("{what}, invalid path: {}", path.display());
    Err(Error::OSError(text.into()))
}

/// Connects to servers.
#[derive(Debug)]
pub(super) struct WireConnector {
    tls: Tls,
    /// Created on first use: a program that only uses `http` needs no certificates.
    context: OnceCell<ssl::SslContext>,
}

impl WireConnector {
    pub(super) fn new(tls: Tls) -> WireConnector {
        WireConnector {
            tls,
            context: OnceCell::new(),
        }
    }

    fn stream(&self, details: &ConnectionDetails<'_>) -> Result<Stream, Error> {
        let remaining = RemainingTime::of(&details.timeout);
        // Report unreadable files before sending anything.
        let context = match details.needs_tls() {
            true => Some(self.context.get_or_try_init(|| self.tls.context())?),
            false => None,
        };
        let plain = connect(&details.addrs, &remaining)?;
        plain
            .set_nodelay(details.config.no_delay())
            .map_err(|e| Error::ConnectionError(Box::new(ssl::Error::from(e))))?;
        match context {
            Some(context) => handshake(context, plain, details, &remaining)
                .map(|sock| Stream::Tls(Box::new(sock))),
            None => Ok(Stream::Plain(plain)),
        }
    }
}

fn handshake(
    context: &ssl::SslContext,
    plain: TcpStream,
    details: &ConnectionDetails<'_>,
    remaining: &RemainingTime,
) -> Result<ssl::SslSocket, Error> {
    let options = ssl::WrapSocket::new()
        .server_hostname(server_hostname(details.uri.host().unwrap_or_default()))
        .do_handshake_on_connect(false)
        // No other thread waits for this descriptor.
        .read_ahead(true);
    let wrap = || {
        let sock = context.wrap_socket(plain, options)?;
        sock.settimeout(remaining.get().ok_or(ssl::Error::Timeout("timed out"))?)?;
        sock.do_handshake()?;
        Ok(sock)
    };
    wrap().map_err(|e: ssl::Error| match e {
        // As in Python, the connect time-out applies to the handshake too, but the error has another name.
        ssl::Error::Timeout(_) => Error::ReadTimeout,
        e if e.ssl().is_some() => Error::SSLError(e),
        e => Error::ConnectionError(Box::new(e)),
    })
}

impl Connector for WireConnector {
    type Out = WireTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<WireTransport>, ureq::Error> {
        let stream = self.stream(details).map_err(wrapped)?;
        Ok(Some(WireTransport {
            stream,
            wire: Wire::new(details.config.output_buffer_size()),
            is_cut: false,
        }))
    }
}

/// Wraps an error for the HTTP library. Not as `Io`: the library takes some of those for the end of a body.
fn wrapped(error: impl std::error::Error + Send + Sync + 'static) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

/// Tries the addresses in order.
fn connect(addresses: &[SocketAddr], remaining: &RemainingTime) -> Result<TcpStream, Error> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let connected = match remaining.get() {
            Some(Some(left)) => TcpStream::connect_timeout(address, left),
            Some(None) => TcpStream::connect(address),
            None => return Err(Error::ConnectTimeout),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(e) => last = e,
        }
    }
    match last.kind() {
        io::ErrorKind::TimedOut => Err(Error::ConnectTimeout),
        _ => Err(Error::ConnectionError(Box::new(ssl::Error::from(last)))),
    }
}

/// The remaining time of a time-out.
struct RemainingTime(Option<Instant>);

impl RemainingTime {
    fn of(timeout: &NextTimeout) -> RemainingTime {
        let after = &timeout.after;
        RemainingTime(match after.is_not_happening() {
            true => None,
            false => Instant::now().checked_add(**after),
        })
    }

    /// `None` if the time is up; `Some(None)` if there is no limit.
    fn get(&self) -> Option<Option<Duration>> {
        match self.0 {
            None => Some(None),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                (!left.is_zero()).then_some(Some(left))
            }
        }
    }
}

/// The socket of a connection.
#[derive(Debug)]
enum Stream {
    Tls(Box<ssl::SslSocket>),
    Plain(TcpStream),
}

impl Stream {
    /// Sends all data within a time limit.
    fn send(&mut self, data: &[u8], timeout: Option<Duration>) -> ssl::Result<()> {
        match self {
            Stream::Tls(sock) => {
                set_timeout(sock, timeout)?;
                sock.sendall(data)
            }
            Stream::Plain(stream) => {
                stream.set_write_timeout(timeout)?;
                Ok(stream.write_all(data)?)
            }
        }
    }

    fn receive(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> ssl::Result<usize> {
        match self {
            Stream::Tls(sock) => {
                set_timeout(sock, timeout)?;
                sock.recv_into(buffer)
            }
            Stream::Plain(stream) => {
                stream.set_read_timeout(timeout)?;
                Ok(stream.read(buffer)?)
            }
        }
    }

    /// Whether nothing was received, not even the end of the stream.
    fn is_silent(&self) -> bool {
        match self {
            Stream::Tls(sock) => {
                let idle = sock.setblocking(false).and_then(|()| sock.recv(1));
                matches!(idle, Err(ssl::Error::WantRead(_)))
            }
            Stream::Plain(stream) => {
                let peek = stream
                    .set_nonblocking(true)
                    .and_then(|()| stream.peek(&mut [0]));
                let silent = matches!(peek, Err(e) if e.kind() == io::ErrorKind::WouldBlock);
                silent && stream.set_nonblocking(false).is_ok()
            }
        }
    }
}

fn set_timeout(sock: &ssl::SslSocket, timeout: Option<Duration>) -> ssl::Result<()> {
    match sock.gettimeout() == timeout {
        true => Ok(()),
        false => sock.settimeout(timeout),
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct WireTransport {
    stream: Stream,
    wire: Wire,
    /// Sending has failed. The server may have sent a response before.
    is_cut: bool,
}

/// Runs an operation with a time limit for the whole of it.
fn within<T>(
    timeout: NextTimeout,
    operation: impl FnOnce(Option<Duration>) -> ssl::Result<T>,
) -> Result<T, TransportError> {
    let out_of_time = || TransportError::Http(ureq::Error::Timeout(timeout.reason));
    let left = RemainingTime::of(&timeout).get().ok_or_else(out_of_time)?;
    operation(left).map_err(|e| match e {
        ssl::Error::Timeout(_) => out_of_time(),
        e if e.is_would_block() => out_of_time(),
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
        match within(timeout.for_write(), |left| stream.send(output, left)) {
            Err(TransportError::Tls(ssl::Error::Os(e)))
                if [libc::EPIPE, libc::ECONNRESET].contains(&e.errno()) =>
            {
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
        !self.is_cut && self.wire.is_idle() && self.stream.is_silent()
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}
