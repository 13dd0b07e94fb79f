//! The result of an attempt to connect.

use std::net::SocketAddr;
use std::time::Duration;

use pyssl as ssl;
use serde::Serialize;

use crate::args::Endpoint;

/// The result of an attempt to connect.
pub(crate) struct ConnectOutcome {
    pub(crate) target: Endpoint,
    pub(crate) server_name: String,
    /// Whether the certificate was verified.
    pub(crate) checked: bool,
    /// The source of the trusted certificates.
    pub(crate) trust: String,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) connect_time: Option<Duration>,
    pub(crate) handshake: Option<Handshake>,
    /// The certificates that the server sent, even if the handshake failed later.
    pub(crate) chain: Vec<ssl::Certificate>,
    pub(crate) verified_chain: Vec<ssl::Certificate>,
    /// The stage at which `error` occurred.
    pub(crate) stage: Stage,
    pub(crate) error: Option<ssl::Error>,
}

/// The results of a completed handshake.
pub(crate) struct Handshake {
    pub(crate) time: Duration,
    pub(crate) version: &'static str,
    pub(crate) cipher: &'static str,
    pub(crate) cipher_protocol: &'static str,
    pub(crate) bits: i32,
    pub(crate) group: Option<String>,
    pub(crate) alpn: Option<String>,
    pub(crate) session_ticket: bool,
    /// Whether the server closed the connection with `close_notify` right after the handshake.
    pub(crate) closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    Setup,
    Connect,
    /// The plain-text part before TLS.
    StartTls,
    Handshake,
    Afterwards,
    Done,
}
