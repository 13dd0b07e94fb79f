/// How a client uses OCSP stapling (RFC 6066, section 8). A stapled response says whether the
/// server's certificate was revoked. Python has no equivalent.
///
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// context.set_ocsp_mode(ssl::OcspMode::Check)?;
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// Each mode is stricter than the previous one.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OcspMode {
    /// The client does not request a response.
    #[default]
    Off,
    /// The client requests a response but does not check it. `ocsp_response` returns it.
    Request,
    /// A stapled response must be good. The server may staple none, unless its certificate requires
    /// one (RFC 7633, "must staple").
    Check,
    /// The server must staple a good response.
    Require,
}

impl OcspMode {
    /// Whether a bad response ends the handshake.
    pub(crate) fn verifies(self) -> bool {
        self >= OcspMode::Check
    }

    /// Whether a connection with this mode may accept a server that a connection with `other`
    /// rejects.
    pub(crate) fn verifies_less_than(self, other: OcspMode) -> bool {
        other.verifies() && self < other
    }
}
