//! Connections of the operating system, with and without TLS, and their time limits.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;
use ureq::unversioned::transport::NextTimeout;

use super::Error;
use super::nested::TlsInTls;
use crate as ssl;
use crate::ffi::sys::{self, Interest};

/// Converts an error of the handshake. As in Python, the connect time-out also limits the handshake, but its
/// error is then a `ReadTimeout`.
pub(super) fn of_handshake(error: ssl::Error) -> Error {
    match error {
        ssl::Error::Timeout(_) => Error::ReadTimeout,
        e if e.ssl().is_some() => Error::SSLError(e),
        e => Error::ConnectionError(Box::new(e)),
    }
}

/// Whether a time-out has ended the operation. A plain socket reports its time-outs with the system's errors:
/// `EAGAIN` on Unix, `WSAETIMEDOUT` on Windows.
pub(super) fn is_timeout(error: &ssl::Error) -> bool {
    error.is_would_block() || error.python_class() == "TimeoutError"
}

pub(super) fn handshake(
    context: &ssl::SslContext,
    plain: TcpStream,
    options: ssl::WrapSocket,
    remaining: &Remaining,
) -> Result<ssl::SslSocket, Error> {
    let options = options
        .do_handshake_on_connect(false)
        // No other thread waits for this descriptor.
        .read_ahead(true);
    let wrap = || {
        let sock = context.wrap_socket(plain, options)?;
        sock.limit(remaining.get().ok_or(ssl::Error::Timeout("timed out"))?);
        sock.do_handshake()?;
        Ok(sock)
    };
    wrap().map_err(of_handshake)
}

/// Tries the addresses in order.
pub(super) fn connect(addresses: &[SocketAddr], remaining: &Remaining) -> Result<TcpStream, Error> {
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
        _ => Err(Error::not_connected(last)),
    }
}

/// The remaining time of a time-out.
pub(super) struct Remaining(Option<Instant>);

impl Remaining {
    pub(super) fn of(timeout: &NextTimeout) -> Remaining {
        let after = &timeout.after;
        Remaining(match after.is_not_happening() {
            true => None,
            false => Instant::now().checked_add(**after),
        })
    }

    /// `None` if the time is up; `Some(None)` if there is no limit.
    pub(super) fn get(&self) -> Option<Option<Duration>> {
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
pub(super) enum Stream {
    Tls(Box<ssl::SslSocket>),
    /// TLS to the server through TLS to a proxy.
    Nested(Box<TlsInTls>),
    Plain(PlainStream),
}

/// A socket with its time-outs, which are set only if they change.
#[derive(Debug)]
pub(super) struct PlainStream {
    pub(super) socket: TcpStream,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl PlainStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if timeout != self.read_timeout {
            self.socket.set_read_timeout(timeout)?;
            self.read_timeout = timeout;
        }
        Ok(())
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if timeout != self.write_timeout {
            self.socket.set_write_timeout(timeout)?;
            self.write_timeout = timeout;
        }
        Ok(())
    }
}

impl From<TcpStream> for PlainStream {
    fn from(socket: TcpStream) -> PlainStream {
        PlainStream {
            socket,
            read_timeout: None,
            write_timeout: None,
        }
    }
}

impl Stream {
    /// Sends all data within a time limit.
    pub(super) fn send(&mut self, data: &[u8], timeout: Option<Duration>) -> ssl::Result<()> {
        match self {
            Stream::Tls(sock) => {
                sock.limit(timeout);
                sock.sendall(data)
            }
            Stream::Nested(nested) => {
                nested.outer().limit(timeout);
                let mut sent = 0;
                while sent < data.len() {
                    sent += nested.drive(|inner| inner.write(&data[sent..]))?;
                }
                Ok(())
            }
            Stream::Plain(stream) => {
                stream.set_write_timeout(timeout)?;
                Ok(stream.socket.write_all(data)?)
            }
        }
    }

    pub(super) fn receive(
        &mut self,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> ssl::Result<usize> {
        match self {
            Stream::Tls(sock) => {
                sock.limit(timeout);
                sock.recv_into(buffer)
            }
            Stream::Nested(nested) => {
                nested.outer().limit(timeout);
                match nested.drive(|inner| inner.read_into(buffer)) {
                    Err(ssl::Error::ZeroReturn(_)) => Ok(0),
                    outcome => outcome,
                }
            }
            Stream::Plain(stream) => {
                stream.set_read_timeout(timeout)?;
                Ok(stream.socket.read(buffer)?)
            }
        }
    }

    /// Whether nothing was received, not even the end of the stream.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            Stream::Tls(sock) => {
                sock.limit(Some(Duration::ZERO));
                matches!(sock.recv(1), Err(ssl::Error::WantRead(_)))
            }
            Stream::Nested(nested) => nested.is_silent(),
            Stream::Plain(stream) => {
                // The socket is in blocking mode, and Windows has no flag for a single call that does not wait.
                let socket = SockRef::from(&stream.socket);
                let now = Some(Duration::ZERO);
                let ready = sys::poll(sys::borrow(&socket), Interest::Read, None, now);
                matches!(ready, Ok([false, _]))
            }
        }
    }
}
