/// What a client makes of OCSP responses that servers staple to the handshake (RFC 6066, section 8):
/// whether the server's certificate was revoked. Python has nothing like it.
///
/// ```
/// # use pyssl as ssl;
/// # let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT)?;
/// context.set_ocsp_mode(ssl::OcspMode::Check)?;
/// # Ok::<(), ssl::Error>(())
/// ```
///
/// Each mode asks for more than the one before.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OcspMode {
    /// The server is not asked.
    #[default]
    Off,
    /// The server is asked, and what it staples is for the caller to look at (`ocsp_response`).
    Request,
    /// A server may staple nothing, unless its certificate says that it will (RFC 7633, "must
    /// staple"). A response that it does staple must be good.
    Check,
    /// The server must staple a good response.
    Require,
}

impl OcspMode {
    /// Whether a bad response ends the handshake.
    pub(crate) fn verifies(self) -> bool {
        self >= OcspMode::Check
    }

    /// Whether a connection of this mode may come to trust a server that one of the other does not.
    pub(crate) fn verifies_less_than(self, other: OcspMode) -> bool {
        other.verifies() && self < other
    }
}
