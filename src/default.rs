//! Contexts with good defaults, and functions that connect.

use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use crate::certificate::DER_cert_to_PEM_cert;
use crate::constants::{Protocol, Purpose, VerifyFlags, VerifyMode};
use crate::context::{CaData, CertChain, SslContext, VerifyLocations};
use crate::error::{Error, Result};
use crate::hostname::ServerName;
use crate::lookup;
use crate::optional::{Optional, from_paths};
use crate::socket::WrapSocket;

/// The arguments of [`create_default_context`], with Python's names and defaults.
///
/// | argument | default |
/// |---|---|
/// | `purpose` | `Purpose::SERVER_AUTH` |
/// | `cafile`, `capath`, `cadata` | none: the system's trusted certificates |
#[derive(Debug, Clone, Default)]
pub struct DefaultContext {
    purpose: Purpose,
    locations: VerifyLocations,
}

impl DefaultContext {
    /// A context for this purpose.
    pub fn new(purpose: Purpose) -> DefaultContext {
        DefaultContext {
            purpose,
            locations: VerifyLocations::new(),
        }
    }

    /// The purpose of the context.
    #[must_use]
    pub fn purpose(mut self, purpose: Purpose) -> DefaultContext {
        self.purpose = purpose;
        self
    }

    /// A file with the certificates to trust, instead of the system's.
    #[must_use]
    pub fn cafile(mut self, cafile: impl Optional<PathBuf>) -> DefaultContext {
        self.locations = self.locations.cafile(cafile);
        self
    }

    /// A directory with the certificates to trust, instead of the system's.
    #[must_use]
    pub fn capath(mut self, capath: impl Optional<PathBuf>) -> DefaultContext {
        self.locations = self.locations.capath(capath);
        self
    }

    /// The certificates to trust, instead of the system's: PEM text or DER bytes.
    #[must_use]
    pub fn cadata(mut self, cadata: impl Optional<CaData>) -> DefaultContext {
        self.locations = self.locations.cadata(cadata);
        self
    }
}

impl From<Purpose> for DefaultContext {
    fn from(purpose: Purpose) -> DefaultContext {
        DefaultContext::new(purpose)
    }
}

impl From<()> for DefaultContext {
    fn from((): ()) -> DefaultContext {
        DefaultContext::default()
    }
}

from_paths! {
    DefaultContext,
    "A client context that trusts the certificates in this file: Python's `cafile`.",
    |cafile| DefaultContext::default().cafile(cafile)
}

/// Creates a context with good defaults. A client context verifies the server's certificate and
/// host name against the system's trusted certificates.
///
/// ```python
/// context = ssl.create_default_context()
/// context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
/// context = ssl.create_default_context(cafile="ca.pem")
/// ```
/// ```no_run
/// # use pyssl as ssl;
/// let context = ssl::create_default_context(())?;
/// let context = ssl::create_default_context(ssl::Purpose::CLIENT_AUTH)?;
/// let context = ssl::create_default_context("ca.pem")?;
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// [`DefaultContext`] has all arguments. A path alone is the `cafile`.
///
/// As in Python 3.13 and later, certificates are verified strictly (`VERIFY_X509_STRICT`), and a
/// trusted intermediate certificate ends the chain (`VERIFY_X509_PARTIAL_CHAIN`). If the
/// environment variable `SSLKEYLOGFILE` is not empty, secrets are logged to that file.
///
/// The file with the system's certificates is read once, and again when it changes.
///
/// # Errors
///
/// The errors of [`SslContext::load_verify_locations`]; `OSError` if the key log file cannot be
/// opened.
pub fn create_default_context(options: impl Into<DefaultContext>) -> Result<SslContext> {
    let DefaultContext { purpose, locations } = options.into();
    let context = SslContext::new(protocol_for(purpose))?;
    let flags = VerifyFlags::VERIFY_X509_PARTIAL_CHAIN | VerifyFlags::VERIFY_X509_STRICT;
    context.set_verify_flags(context.verify_flags() | flags)?;
    load_trust(&context, purpose, locations)?;
    log_keys_by_environment(&context)?;
    Ok(context)
}

/// Another name of [`create_default_context`]: Python's `ssl._create_default_https_context`, which
/// `http.client` calls.
///
/// ```python
/// context = ssl._create_default_https_context()
/// ```
/// ```
/// # use pyssl as ssl;
/// let context = ssl::create_default_https_context(())?;
/// assert!(context.check_hostname());
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// Python programs can replace `ssl._create_default_https_context` to change the context of every
/// `http.client` connection. In Rust, pass the context to the code that connects.
///
/// # Errors
///
/// The same as [`create_default_context`].
#[doc(alias = "_create_default_https_context")]
pub fn create_default_https_context(options: impl Into<DefaultContext>) -> Result<SslContext> {
    create_default_context(options)
}

fn protocol_for(purpose: Purpose) -> Protocol {
    match purpose {
        Purpose::SERVER_AUTH => Protocol::PROTOCOL_TLS_CLIENT,
        Purpose::CLIENT_AUTH => Protocol::PROTOCOL_TLS_SERVER,
    }
}

fn load_trust(context: &SslContext, purpose: Purpose, locations: VerifyLocations) -> Result<()> {
    if !locations.is_falsy() {
        context.load_verify_locations(locations)
    } else if context.verify_mode() != VerifyMode::CERT_NONE {
        context.load_default_certs(purpose)
    } else {
        Ok(())
    }
}

fn log_keys_by_environment(context: &SslContext) -> Result<()> {
    match std::env::var_os("SSLKEYLOGFILE") {
        Some(filename) if !filename.is_empty() => context.set_keylog_filename(Some(filename)),
        _ => Ok(()),
    }
}

/// The arguments of [`create_unverified_context`], with Python's names and defaults.
///
/// | argument | default |
/// |---|---|
/// | `protocol` | depends on the purpose |
/// | `cert_reqs` | `CERT_NONE` |
/// | `check_hostname` | `false` |
/// | `purpose` | `Purpose::SERVER_AUTH` |
/// | `certfile`, `keyfile` | none |
/// | `cafile`, `capath`, `cadata` | none |
#[derive(Debug, Clone)]
pub struct UnverifiedContext {
    protocol: Option<Protocol>,
    cert_reqs: Option<VerifyMode>,
    check_hostname: bool,
    purpose: Purpose,
    certfile: Option<PathBuf>,
    keyfile: Option<PathBuf>,
    locations: VerifyLocations,
}

impl Default for UnverifiedContext {
    fn default() -> UnverifiedContext {
        UnverifiedContext {
            protocol: None,
            cert_reqs: Some(VerifyMode::CERT_NONE),
            check_hostname: false,
            purpose: Purpose::SERVER_AUTH,
            certfile: None,
            keyfile: None,
            locations: VerifyLocations::new(),
        }
    }
}

impl UnverifiedContext {
    /// Python's defaults.
    pub fn new() -> UnverifiedContext {
        UnverifiedContext::default()
    }

    /// The protocol, instead of the one for the purpose.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<Option<Protocol>>) -> UnverifiedContext {
        self.protocol = protocol.into();
        self
    }

    /// The verify mode. `None` keeps the default of the protocol.
    #[must_use]
    pub fn cert_reqs(mut self, mode: impl Into<Option<VerifyMode>>) -> UnverifiedContext {
        self.cert_reqs = mode.into();
        self
    }

    /// Whether host names are checked. This requires a verify mode other than `CERT_NONE`.
    #[must_use]
    pub fn check_hostname(mut self, on: bool) -> UnverifiedContext {
        self.check_hostname = on;
        self
    }

    /// The purpose of the context.
    #[must_use]
    pub fn purpose(mut self, purpose: Purpose) -> UnverifiedContext {
        self.purpose = purpose;
        self
    }

    /// The file with the certificate to present.
    #[must_use]
    pub fn certfile(mut self, certfile: impl Optional<PathBuf>) -> UnverifiedContext {
        self.certfile = certfile.into_option();
        self
    }

    /// The file with the private key of the certificate.
    #[must_use]
    pub fn keyfile(mut self, keyfile: impl Optional<PathBuf>) -> UnverifiedContext {
        self.keyfile = keyfile.into_option();
        self
    }

    /// A file with the certificates to trust.
    #[must_use]
    pub fn cafile(mut self, cafile: impl Optional<PathBuf>) -> UnverifiedContext {
        self.locations = self.locations.cafile(cafile);
        self
    }

    /// A directory with the certificates to trust.
    #[must_use]
    pub fn capath(mut self, capath: impl Optional<PathBuf>) -> UnverifiedContext {
        self.locations = self.locations.capath(capath);
        self
    }

    /// The certificates to trust: PEM text or DER bytes.
    #[must_use]
    pub fn cadata(mut self, cadata: impl Optional<CaData>) -> UnverifiedContext {
        self.locations = self.locations.cadata(cadata);
        self
    }

    /// Replaces `cafile`, `capath` and `cadata`.
    #[must_use]
    pub fn locations(mut self, locations: impl Into<VerifyLocations>) -> UnverifiedContext {
        self.locations = locations.into();
        self
    }
}

impl From<()> for UnverifiedContext {
    fn from((): ()) -> UnverifiedContext {
        UnverifiedContext::default()
    }
}

/// Creates a context that verifies nothing by default: Python's `ssl._create_unverified_context`
/// and `ssl._create_stdlib_context`, which modules such as `smtplib` use.
///
/// ```python
/// context = ssl._create_unverified_context()
/// context = ssl._create_unverified_context(cert_reqs=ssl.CERT_REQUIRED)
/// ```
/// ```
/// # use pyssl as ssl;
/// let context = ssl::create_unverified_context(())?;
/// let options = ssl::UnverifiedContext::new().cert_reqs(ssl::CERT_REQUIRED);
/// let context = ssl::create_unverified_context(options)?;
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// **Without verification, an attacker on the network can read and change all data.**
///
/// # Errors
///
/// `ValueError` if `check_hostname` is set with `CERT_NONE`, or `keyfile` without `certfile`;
/// otherwise as [`create_default_context`] and [`SslContext::load_cert_chain`].
#[doc(alias = "_create_unverified_context")]
pub fn create_unverified_context(options: impl Into<UnverifiedContext>) -> Result<SslContext> {
    let options = options.into();
    let purpose = options.purpose;
    let context = SslContext::new(options.protocol.unwrap_or(protocol_for(purpose)))?;
    context.set_check_hostname(options.check_hostname)?;
    if let Some(mode) = options.cert_reqs {
        context.set_verify_mode(mode)?;
    }
    if options.check_hostname {
        context.set_check_hostname(true)?;
    }
    match (options.certfile, options.keyfile) {
        (None, Some(_)) => return Err(Error::value("certfile must be specified")),
        (None, None) => {}
        (Some(certfile), None) => context.load_cert_chain(certfile)?,
        (Some(certfile), Some(keyfile)) => {
            context.load_cert_chain(CertChain::new(certfile).keyfile(keyfile))?;
        }
    }
    load_trust(&context, purpose, options.locations)?;
    log_keys_by_environment(&context)?;
    Ok(context)
}

/// Another name of [`create_unverified_context`]: Python's `ssl._create_stdlib_context`.
///
/// ```python
/// context = ssl._create_stdlib_context()
/// ```
/// ```
/// # use pyssl as ssl;
/// let context = ssl::create_stdlib_context(())?;
/// assert_eq!(context.verify_mode(), ssl::CERT_NONE);
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// The same as [`create_unverified_context`].
#[doc(alias = "_create_stdlib_context")]
pub fn create_stdlib_context(options: impl Into<UnverifiedContext>) -> Result<SslContext> {
    create_unverified_context(options)
}

/// The optional arguments of [`get_server_certificate`], with Python's names and defaults.
///
/// | argument | default |
/// |---|---|
/// | `ssl_version` | `PROTOCOL_TLS_CLIENT` |
/// | `ca_certs` | none: the certificate is not verified |
/// | `timeout` | none: no limit |
#[derive(Debug, Clone, Default)]
pub struct ServerCertificate {
    ssl_version: Option<Protocol>,
    ca_certs: Option<PathBuf>,
    timeout: Option<Duration>,
}

impl ServerCertificate {
    /// Python's defaults.
    pub fn new() -> ServerCertificate {
        ServerCertificate::default()
    }

    /// The protocol to connect with.
    #[must_use]
    pub fn ssl_version(mut self, protocol: Protocol) -> ServerCertificate {
        self.ssl_version = Some(protocol);
        self
    }

    /// A file with the certificates to trust.
    #[must_use]
    pub fn ca_certs(mut self, ca_certs: impl Optional<PathBuf>) -> ServerCertificate {
        self.ca_certs = ca_certs.into_option();
        self
    }

    /// The time-out for connecting, and again for the handshake.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> ServerCertificate {
        self.timeout = timeout.into();
        self
    }
}

impl From<()> for ServerCertificate {
    fn from((): ()) -> ServerCertificate {
        ServerCertificate::default()
    }
}

/// Fetches a server's certificate as PEM text. The certificate is verified only if `ca_certs` is
/// given. The host name is sent but never checked.
///
/// ```python
/// pem = ssl.get_server_certificate(("localhost", port))
/// pem = ssl.get_server_certificate(("localhost", port), timeout=5)
/// ```
/// ```
/// # use pyssl as ssl;
/// # use std::time::Duration;
/// # let server = pyssl_testing::EchoServer::start(&pyssl_testing::Ca::new().issue("localhost"));
/// # let port = server.port();
/// let pem = ssl::get_server_certificate(("localhost", port), ())?;
/// let options = ssl::ServerCertificate::new().timeout(Duration::from_secs(5));
/// let pem = ssl::get_server_certificate(("localhost", port), options)?;
/// # assert!(pem.starts_with(ssl::PEM_HEADER));
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// # Errors
///
/// The errors of [`create_connection`] and
/// [`SslSocket::do_handshake`](crate::SslSocket::do_handshake); with `ca_certs`, also the errors of
/// [`SslContext::load_verify_locations`].
pub fn get_server_certificate(
    addr: (&str, u16),
    options: impl Into<ServerCertificate>,
) -> Result<String> {
    let options = options.into();
    let mode = match options.ca_certs {
        Some(_) => VerifyMode::CERT_REQUIRED,
        None => VerifyMode::CERT_NONE,
    };
    let mut settings = UnverifiedContext::new()
        .protocol(options.ssl_version.unwrap_or(Protocol::PROTOCOL_TLS_CLIENT))
        .cert_reqs(mode);
    if let Some(ca_certs) = &options.ca_certs {
        settings = settings.locations(ca_certs);
    }
    let context = create_stdlib_context(settings)?;
    let sock = create_connection(addr, options.timeout)?;
    let wrap = WrapSocket::new()
        .server_hostname(addr.0)
        .do_handshake_on_connect(false);
    let sock = context.wrap_socket(sock, wrap)?;
    sock.settimeout(options.timeout)?;
    sock.do_handshake()?;
    match sock.getpeercert_binary()? {
        Some(der) => Ok(DER_cert_to_PEM_cert(&der)),
        None => Err(Error::value("the server sent no certificate")),
    }
}

/// Connects to the first address of a host that accepts: Python's `socket.create_connection`.
///
/// ```python
/// sock = socket.create_connection(("localhost", port), timeout=5)
/// ```
/// ```
/// # use pyssl as ssl;
/// use std::time::Duration;
/// # let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
/// # let port = listener.local_addr()?.port();
/// let sock = ssl::create_connection(("localhost", port), Duration::from_secs(5))?;
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// The time-out applies to each address. The socket keeps the time-out, also when TLS is started on
/// it.
///
/// # Errors
///
/// The `OSError` or `TimeoutError` of the last address; `OSError` with `getaddrinfo`'s number
/// (Python's `gaierror`) if the host is not found; `UnicodeError` if the host name is invalid.
pub fn create_connection(
    addr: (&str, u16),
    timeout: impl Into<Option<Duration>>,
) -> Result<TcpStream> {
    let timeout = timeout.into();
    let mut last = io::Error::new(
        io::ErrorKind::AddrNotAvailable,
        "getaddrinfo returns an empty list",
    );
    let host = ServerName::new(addr.0)?;
    for address in lookup::addresses(host.as_str(), addr.1, None)? {
        let connected = match timeout {
            Some(timeout) => TcpStream::connect_timeout(&address, timeout),
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => {
                stream.set_read_timeout(timeout)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    if last.kind() == io::ErrorKind::TimedOut && last.raw_os_error().is_none() {
        return Err(Error::Timeout("timed out"));
    }
    Err(last.into())
}
