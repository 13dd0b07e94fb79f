use pyssl as ssl;
use ssl::aio::TlsStream;

/// The results of a handshake, and the certificate of the peer. A server puts it into the extensions of
/// its requests.
#[derive(Clone, Debug)]
pub struct TlsInfo {
    /// The protocol version, for example `"TLSv1.3"`.
    pub version: Option<&'static str>,
    /// The name of the cipher suite.
    pub cipher: Option<&'static str>,
    /// The ALPN protocol.
    pub protocol: Option<String>,
    /// The certificate of the peer, if it sent one. A server requests it only if `verify_mode` is
    /// `CERT_OPTIONAL` or `CERT_REQUIRED`, and then accepts it only if it verifies.
    pub certificate: Option<ssl::Certificate>,
}

impl TlsInfo {
    /// Reads the values from a connection whose handshake is done.
    pub fn of<S>(stream: &TlsStream<S>) -> TlsInfo {
        let object = stream.object();
        let der = object.getpeercert_binary().ok().flatten();
        TlsInfo {
            version: object.version(),
            cipher: object.cipher().map(|(name, _, _)| name),
            protocol: object.selected_alpn_protocol(),
            certificate: der.and_then(|der| ssl::Certificate::from_der(&der).ok()),
        }
    }
}
