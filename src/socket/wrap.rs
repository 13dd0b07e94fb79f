//! Wrapping a socket, before its handshake.

#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

use socket2::{Socket, Type};

use super::io::SharedSocket;
use super::options::WrapSocket;
use super::{NO_TIMEOUT, SslSocket, Tls};
use crate::context::SslContext;
use crate::engine::is_named;
use crate::error::{Error, Result, SslError};
use crate::ffi::net;
use crate::hostname::ServerName;
use crate::sys::{self, errno};

impl SslContext {
    /// Wraps a socket that the program still owns. Its descriptor is not duplicated. Python has no
    /// such function; the nearest is `context.wrap_socket(sock, server_hostname="localhost")`.
    ///
    /// This function exists on Unix only. On Windows, this crate sets sockets to non-blocking mode, and this would
    /// change the program's own calls on the socket.
    ///
    /// ```
    /// # use pyssl as ssl;
    /// # use std::sync::Arc;
    /// # let ca = pyssl_testing::Ca::new();
    /// # let server = pyssl_testing::EchoServer::start(&ca.issue("localhost"));
    /// # let context = ssl::create_default_context(ssl::DefaultContext::default().cadata(ca.cert_pem()))?;
    /// # let plain = std::net::TcpStream::connect(("localhost", server.port()))?;
    /// let plain = Arc::new(plain);
    /// let ssl_sock = context.wrap_shared_socket(plain.clone(), "localhost")?;
    /// ssl_sock.close();
    /// assert!(plain.peer_addr().is_ok());
    /// # Ok::<(), ssl::Error>(())
    /// ```
    ///
    /// [`close`](SslSocket::close) ends the use of the socket, also for threads that wait for it, and leaves the socket
    /// open. But if a thread is in `connect`, `close` shuts the socket down, because nothing else wakes that
    /// thread. The socket is closed when its last owner drops it. The owner can be of any type that has a descriptor;
    /// each system call asks the owner for the descriptor. In every other respect this method is like
    /// [`wrap_socket`](Self::wrap_socket) with a borrowed socket.
    ///
    /// # Errors
    ///
    /// The errors of [`wrap_socket`](Self::wrap_socket). The socket stays open.
    #[cfg(unix)]
    pub fn wrap_shared_socket<S: AsFd + Send + Sync + 'static>(
        &self,
        sock: Arc<S>,
        options: impl Into<WrapSocket>,
    ) -> Result<SslSocket> {
        let handle = sys::Shared::lent(sock);
        check_stream(&handle)?;
        SslSocket::wrap_and_start(handle, Vec::new(), options.into(), self)
    }
}

impl SslSocket {
    /// Wraps a socket, and does the handshake if it is connected.
    pub(super) fn wrap_and_start(
        handle: sys::Shared,
        ahead: Vec<u8>,
        options: WrapSocket,
        context: &SslContext,
    ) -> Result<SslSocket> {
        let sock = SslSocket::wrap(handle, ahead, options, context)?;
        sock.start_with_socket_timeout()?;
        Ok(sock)
    }

    pub(super) fn wrap(
        handle: sys::Shared,
        ahead: Vec<u8>,
        options: WrapSocket,
        context: &SslContext,
    ) -> Result<SslSocket> {
        let name = options.server_hostname.as_deref();
        if options.server_side {
            if is_named(name) {
                return Err(Error::value(
                    "server_hostname can only be specified in client mode",
                ));
            }
            if options.session.is_some() {
                return Err(Error::value("session can only be specified in client mode"));
            }
        }
        let checks = options.overrides.checks_hostname(context.check_hostname());
        options.overrides.require_name(checks, name)?;
        let server_hostname = options.server_hostname.map(ServerName::new).transpose()?;
        let connected = match handle.with(Socket::peer_addr) {
            Ok(_) => true,
            Err(error) if error.raw_os_error() == Some(errno::ENOTCONN) => false,
            Err(error) => return Err(error.into()),
        };
        if !connected {
            if !ahead.is_empty() {
                return Err(data_before_handshake());
            }
            handle.with(|socket| Ok(refuse_early_data(socket)))??;
        }
        let sock = SslSocket {
            io: Arc::new(SharedSocket::new(handle)),
            tls: RwLock::new(Tls::NotStarted),
            context: Mutex::new(context.clone()),
            timeout: AtomicU64::new(NO_TIMEOUT),
            connected: AtomicBool::new(connected),
            connecting: AtomicBool::new(false),
            server_side: options.server_side,
            do_handshake_on_connect: options.do_handshake_on_connect,
            suppress_ragged_eofs: options.suppress_ragged_eofs,
            read_ahead: options.read_ahead,
            busy_poll: options.busy_poll,
            server_hostname,
            session: Mutex::new(options.session),
            overrides: options.overrides,
        };
        sock.io.keep(ahead);
        Ok(sock)
    }
}

/// Returns Python's error if the socket is not a stream.
pub(super) fn check_stream(handle: &sys::Shared) -> Result<()> {
    match handle.with(Socket::r#type)? {
        Type::STREAM => Ok(()),
        _ => Err(Error::not_implemented("only stream sockets are supported")),
    }
}

/// Refuses a socket that is not connected but has received data. It was connected before, and the data was
/// sent without TLS (CVE-2023-40217).
fn refuse_early_data(socket: &Socket) -> Result<()> {
    match net::recv(socket, &mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(data_before_handshake()),
        Err(error) => match error.raw_os_error() {
            Some(number) if errno::UNCONNECTED.contains(&number) => Ok(()),
            _ if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
            _ => Err(error.into()),
        },
    }
}

fn data_before_handshake() -> Error {
    Error::Ssl(Box::new(SslError::data_before_handshake()))
}
