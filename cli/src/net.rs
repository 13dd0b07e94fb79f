//! Deadlines, and connecting within one.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use pyssl as ssl;

use crate::args::HostPort;

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
    // No address at all: return the library's error.
    outcome
        .unwrap_or_else(|| ssl::create_connection((&address.host, address.port), deadline.left()))
}

/// The address as text for `getaddrinfo`. A link-local address needs its scope.
fn with_scope(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        _ => address.ip().to_string(),
    }
}
