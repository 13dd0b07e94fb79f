//! Time that runs out, and connecting before it does.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use pyssl as ssl;

use crate::args::HostPort;

/// The end of the time that something may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// Counts from now. A deadline that is too far away for the clock never comes.
    pub(crate) fn after(timeout: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(timeout))
    }

    /// The time that is left, for `settimeout`: never zero, which would mean not to wait at all.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.0?.saturating_duration_since(Instant::now());
        Some(left.max(Duration::from_millis(1)))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|end| end <= Instant::now())
    }
}

/// Connects to the first address that answers. All of them together have until the deadline.
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
    // No address at all: the library says so in its own words.
    outcome
        .unwrap_or_else(|| ssl::create_connection((&address.host, address.port), deadline.left()))
}

/// The address as `getaddrinfo` takes it: a link-local one is nothing without its scope.
fn with_scope(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        _ => address.ip().to_string(),
    }
}
