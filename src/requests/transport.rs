//! The HTTP library's connections: `https` goes through this crate, `http` is left to the next connector.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use super::{ClientCert, Error, Verify};
use crate as ssl;

/// Which connections are alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Tls {
    pub(super) verify: Verify,
    pub(super) cert: Option<ClientCert>,
}

impl Tls {
    /// The context that urllib3 makes for `requests`.
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

/// Connects to `https` servers.
#[derive(Debug)]
pub(super) struct TlsConnector {
    tls: Tls,
    /// Made when it is first needed: a program that only uses `http` needs no certificates.
    context: OnceCell<ssl::SslContext>,
}

impl TlsConnector {
    pub(super) fn new(tls: Tls) -> TlsConnector {
        TlsConnector {
            tls,
            context: OnceCell::new(),
        }
    }

    fn handshake(&self, details: &ConnectionDetails<'_>) -> Result<ssl::SslSocket, Error> {
        let context = self.context.get_or_try_init(|| self.tls.context())?;
        let left = Left::of(&details.timeout);
        let plain = connect(&details.addrs, &left)?;
        // Nobody else can wait for the descriptor.
        let options = ssl::WrapSocket::new()
            .read_ahead(true)
            .server_hostname(server_hostname(details.uri.host().unwrap_or_default()))
            .do_handshake_on_connect(false);
        let wrap = || {
            plain.set_nodelay(details.config.no_delay())?;
            let sock = context.wrap_socket(plain, options)?;
            sock.settimeout(left.now().ok_or(ssl::Error::Timeout("timed out"))?)?;
            sock.do_handshake()?;
            Ok(sock)
        };
        wrap().map_err(|e: ssl::Error| match e {
            // As in Python, where the time for connecting counts for the handshake too, but under another name.
            ssl::Error::Timeout(_) => Error::ReadTimeout,
            e if e.ssl().is_some() => Error::SSLError(e),
            e => Error::ConnectionError(Box::new(e)),
        })
    }
}

impl Connector for TlsConnector {
    type Out = TlsTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<TlsTransport>, ureq::Error> {
        if !details.needs_tls() {
            return Ok(None);
        }
        let sock = self
            .handshake(details)
            .map_err(|e| ureq::Error::Other(Box::new(e)))?;
        let config = details.config;
        Ok(Some(TlsTransport {
            sock,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        }))
    }
}

/// Without the brackets of an IPv6 address and the dot of an absolute name.
fn server_hostname(host: &str) -> &str {
    host.trim_matches(['[', ']']).trim_end_matches('.')
}

/// Tries the addresses one after the other.
fn connect(addresses: &[SocketAddr], left: &Left) -> Result<TcpStream, Error> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let connected = match left.now() {
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

/// How much of a time-out is left.
struct Left(Option<Instant>);

impl Left {
    fn of(timeout: &NextTimeout) -> Left {
        let after = &timeout.after;
        Left(match after.is_not_happening() {
            true => None,
            false => Instant::now().checked_add(**after),
        })
    }

    /// `None` if nothing is left; `Some(None)` if there is no end.
    fn now(&self) -> Option<Option<Duration>> {
        match self.0 {
            None => Some(None),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                (!left.is_zero()).then_some(Some(left))
            }
        }
    }
}

/// A connection through TLS.
#[derive(Debug)]
pub(super) struct TlsTransport {
    sock: ssl::SslSocket,
    buffers: LazyBuffers,
}

impl TlsTransport {
    /// Does something within a time, in which it must be done as a whole.
    fn within<T>(
        &mut self,
        timeout: NextTimeout,
        operation: impl FnOnce(&ssl::SslSocket, &mut LazyBuffers) -> ssl::Result<T>,
    ) -> Result<T, ureq::Error> {
        let out_of_time = || ureq::Error::Timeout(timeout.reason);
        let left = Left::of(&timeout).now().ok_or_else(out_of_time)?;
        let run = || {
            if self.sock.gettimeout() != left {
                self.sock.settimeout(left)?;
            }
            operation(&self.sock, &mut self.buffers)
        };
        run().map_err(|e| match e {
            ssl::Error::Timeout(_) => out_of_time(),
            // Not `Io`: the library takes some of those for the end of a body.
            e => ureq::Error::Other(Box::new(e)),
        })
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.within(timeout.for_write(), |sock, buffers| {
            sock.sendall(&buffers.output()[..amount])
        })
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.within(timeout.for_read(), |sock, buffers| {
            let received = sock.recv_into(buffers.input_append_buf())?;
            buffers.input_appended(received);
            Ok(received > 0)
        })
    }

    /// Nothing has come that nobody asked for, the end included.
    fn is_open(&mut self) -> bool {
        let idle = || {
            self.sock.setblocking(false)?;
            self.sock.recv(1)
        };
        matches!(idle(), Err(ssl::Error::WantRead(_)))
    }

    fn is_tls(&self) -> bool {
        true
    }
}
