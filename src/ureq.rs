//! Connections of the crate [`ureq`](https://docs.rs/ureq), an HTTP client, with a context of this
//! crate. Feature `ureq`.
//!
//! ```python
//! urllib.request.urlopen("https://localhost:8443/", context=context)
//! ```
//! ```
//! use pyssl as ssl;
//! # use pyssl_testing::{Ca, HttpsServer};
//! # let ca = Ca::new();
//! # let server = HttpsServer::start(&ca.issue("localhost"), "hello");
//! # let url = server.url("localhost", "/");
//! let context = ssl::create_default_context(())?;
//! # context.load_verify_locations(ssl::VerifyLocations::new().cadata(ca.cert_pem()))?;
//! let agent = ssl::ureq::agent(&context, Default::default());
//! let body = agent.get(&url).call()?.body_mut().read_to_string()?;
//! # assert_eq!(body, "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each connection uses the context's settings at the time when it is made. An agent keeps
//! connections, so after a change of the context, a request may still use an older one.
//!
//! `ureq` may change the traits of its transport in minor releases, so this crate depends on one minor
//! release. Its version of `ureq` is re-exported as [`ureq::ureq`](self::ureq).

use std::io::{Read, Write};

use ::ureq::Agent;
use ::ureq::config::Config;
use ::ureq::unversioned::resolver::DefaultResolver;
use ::ureq::unversioned::transport::time::{Duration, Instant};
use ::ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    TcpConnector, Transport, TransportAdapter,
};

pub use ::ureq;

use crate::context::SslContext;
use crate::error::{Error, Result};
use crate::object::{MemoryBio, SslObject};

/// The size of one read of the inner transport: a full record and the header of the next.
const READ: usize = 17 * 1024;

/// Creates an agent whose `https` connections use this context.
///
/// HTTP proxies work as in every agent: they are read from the environment, unless the
/// configuration sets them. For SOCKS proxies, build a chain of connectors with [`TlsConnector`].
///
/// The `tls_config` of `ureq`'s configuration has no effect: the context decides.
#[doc(alias = "HTTPSHandler")]
pub fn agent(context: &SslContext, config: Config) -> Agent {
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(TlsConnector::new(context));
    Agent::with_parts(config, connector, DefaultResolver::default())
}

/// The last connector of a chain: starts TLS on the connection that the connectors before it have
/// made, if the request is for `https`.
///
/// ```
/// # use pyssl as ssl;
/// use ssl::ureq::TlsConnector;
/// use ssl::ureq::ureq::{
///     Agent,
///     config::Config,
///     unversioned::resolver::DefaultResolver,
///     unversioned::transport::{Connector, TcpConnector},
/// };
/// let context = ssl::create_default_context(())?;
/// let connector = ().chain(TcpConnector::default()).chain(TlsConnector::new(&context));
/// let agent = Agent::with_parts(Config::default(), connector, DefaultResolver::default());
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// Do not put a `TlsConnector` after `ureq`'s `DefaultConnector`, which starts TLS itself if `ureq` was built
/// with another TLS library. Such a connection is refused.
///
/// Errors of TLS are a [`ureq::Error::Other`](ureq::Error) that contains an [`Error`].
#[derive(Debug, Clone)]
pub struct TlsConnector(SslContext);

impl TlsConnector {
    /// A connector that uses this context.
    pub fn new(context: &SslContext) -> TlsConnector {
        TlsConnector(context.clone())
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(inner) = chained else {
            let text = "a connector before TlsConnector must make a connection";
            return Err(tls_error(Error::value(text)));
        };
        if !details.needs_tls() {
            return Ok(Some(Either::A(inner)));
        }
        if inner.is_tls() {
            let text = "another connector has started TLS";
            return Err(tls_error(Error::value(text)));
        }
        let mut adapter = TransportAdapter::new(inner, details.current_time.clone());
        adapter.set_timeout(remaining_time(details));
        let config = details.config;
        let (incoming, outgoing) = (MemoryBio::new(), MemoryBio::new());
        let host = server_hostname(details.uri.host().unwrap_or_default());
        let object = self.0.wrap_bio(&incoming, &outgoing, host);
        let mut transport = TlsTransport {
            adapter,
            incoming,
            outgoing,
            object: object.map_err(tls_error)?,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        };
        transport.drive(SslObject::do_handshake)?;
        Ok(Some(Either::B(transport)))
    }
}

/// The time-out of the connection, less the time since connecting began.
fn remaining_time(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    let now = (details.current_time)();
    if let (Duration::Exact(after), Instant::Exact(now), Instant::Exact(begun)) =
        (timeout.after, now, details.now)
    {
        let spent = now.saturating_duration_since(begun);
        timeout.after = Duration::Exact(after.saturating_sub(spent));
    }
    timeout
}

/// Removes the brackets of an IPv6 address and the trailing dot of an absolute name.
pub(crate) fn server_hostname(host: &str) -> &str {
    host.trim_matches(['[', ']']).trim_end_matches('.')
}

/// Wraps an error for `ureq` as `Other`. `ureq` takes some `Io` errors for the end of a body.
fn tls_error(error: Error) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}

/// A connection of [`TlsConnector`].
pub struct TlsTransport<In: Transport> {
    adapter: TransportAdapter<In>,
    incoming: MemoryBio,
    outgoing: MemoryBio,
    object: SslObject,
    buffers: LazyBuffers,
}

impl<In: Transport> TlsTransport<In> {
    /// The TLS connection's getters: `version`, `cipher`, `getpeercert`, ...
    pub fn object(&self) -> &SslObject {
        &self.object
    }

    /// Runs a TLS operation. Reads from and writes to the inner transport as the operation needs.
    fn drive<T>(
        &mut self,
        operation: impl FnMut(&SslObject) -> Result<T>,
    ) -> Result<T, ureq::Error> {
        drive(
            &self.object,
            (&self.incoming, &self.outgoing),
            &mut self.adapter,
            operation,
        )
    }
}

fn drive<T>(
    object: &SslObject,
    (incoming, outgoing): (&MemoryBio, &MemoryBio),
    inner: &mut (impl Read + Write),
    mut operation: impl FnMut(&SslObject) -> Result<T>,
) -> Result<T, ureq::Error> {
    loop {
        let outcome = operation(object);
        let sent = inner.write_all(&outgoing.read(None));
        match outcome {
            Ok(value) => return sent.map(|()| value).map_err(ureq::Error::from),
            Err(Error::WantRead(_)) => sent?,
            // The error of sending an alert is ignored: the operation's own error is the cause.
            Err(error) => return Err(tls_error(error)),
        }
        let mut received = [0; READ];
        match inner.read(&mut received)? {
            0 => incoming.write_eof(),
            // Writing to the `MemoryBio` fails only after `write_eof`.
            n => drop(incoming.write(&received[..n])),
        }
    }
}

impl<In: Transport> Transport for TlsTransport<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.adapter.set_timeout(timeout);
        let mut output = &self.buffers.output()[..amount];
        while !output.is_empty() {
            let bios = (&self.incoming, &self.outgoing);
            let write = |object: &SslObject| object.write(output);
            let n = drive(&self.object, bios, &mut self.adapter, write)?;
            output = &output[n..];
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.adapter.set_timeout(timeout);
        let room = self.buffers.input_append_buf();
        let bios = (&self.incoming, &self.outgoing);
        let read = drive(&self.object, bios, &mut self.adapter, |object| {
            match object.read_into(room) {
                // As for Python's sockets, the end of the connection is the end of the data.
                Err(Error::Eof(_) | Error::ZeroReturn(_)) => Ok(0),
                outcome => outcome,
            }
        })?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        let is_idle = self.object.pending() == 0 && self.incoming.pending() == 0;
        is_idle && self.adapter.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl<In: Transport> std::fmt::Debug for TlsTransport<In> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsTransport")
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}
