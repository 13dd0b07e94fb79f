//! Deadlines, and connecting within one.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use pyssl as ssl;
use pyssl_ciphers::wire::{Dialogue, StartTlsError};

use crate::args::{Endpoint, HostPort};

/// The time at which an operation must be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// Counts from now. There is no deadline if the clock cannot express it.
    pub(crate) fn after(timeout: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(timeout))
    }

    /// The remaining time, for `settimeout`. Never zero, which would mean non-blocking.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.0?.saturating_duration_since(Instant::now());
        Some(left.max(Duration::from_millis(1)))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|end| end <= Instant::now())
    }
}

/// Tries the addresses in order, all of them within the deadline.
pub(crate) fn connect(address: &HostPort, deadline: Deadline) -> ssl::Result<TcpStream> {
    let mut outcome = None;
    let found = (address.host.as_str(), address.port).to_socket_addrs();
    for candidate in found.into_iter().flatten() {
        if outcome.is_some() && deadline.has_passed() {
            break;
        }
        let host = with_scope(&candidate);
        let connected = ssl::create_connection((&host, candidate.port()), deadline.left());
        if connected.is_ok() {
            return connected;
        }
        outcome = Some(connected);
    }
    // The name has no address. `create_connection` returns the error that Python has for this case.
    outcome
        .unwrap_or_else(|| ssl::create_connection((&address.host, address.port), deadline.left()))
}

/// Why the part before TLS failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlainError {
    #[error(transparent)]
    Dialogue(#[from] StartTlsError),
    #[error("the server closed the connection before TLS")]
    Closed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs the plain-text dialogue of the endpoint's protocol that comes before TLS.
pub(crate) fn start_tls(
    stream: &mut TcpStream,
    endpoint: &Endpoint,
    server_name: &str,
    deadline: Deadline,
) -> Result<(), PlainError> {
    let Some(protocol) = endpoint.starttls else {
        return Ok(());
    };
    let mut dialogue = Dialogue::new(protocol, server_name);
    let mut buffer = [0; 4096];
    loop {
        let outgoing = dialogue.outgoing();
        within(stream, deadline, |stream| stream.write_all(&outgoing))?;
        if dialogue.is_done() {
            stream.set_read_timeout(None)?;
            stream.set_write_timeout(None)?;
            return Ok(());
        }
        let count = within(stream, deadline, |stream| stream.read(&mut buffer))?;
        if count == 0 {
            return Err(PlainError::Closed);
        }
        dialogue.feed(buffer.get(..count).unwrap_or_default())?;
    }
}

/// Runs a step, which fails with `TimedOut` at the deadline even if the server keeps sending.
pub(crate) fn within<T>(
    stream: &mut TcpStream,
    deadline: Deadline,
    step: impl FnOnce(&mut TcpStream) -> io::Result<T>,
) -> io::Result<T> {
    if deadline.has_passed() {
        return Err(timed_out());
    }
    stream.set_read_timeout(deadline.left())?;
    stream.set_write_timeout(deadline.left())?;
    step(stream).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => timed_out(),
        _ => error,
    })
}

fn timed_out() -> io::Error {
    ssl::Error::Timeout("the server did not answer in time").into()
}

impl From<PlainError> for ssl::Error {
    fn from(error: PlainError) -> ssl::Error {
        match error {
            PlainError::Io(error) => error.into(),
            other => io::Error::other(other).into(),
        }
    }
}

/// The address as a text that `getaddrinfo` accepts. A link-local IPv6 address needs its scope.
pub(crate) fn with_scope(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        _ => address.ip().to_string(),
    }
}
