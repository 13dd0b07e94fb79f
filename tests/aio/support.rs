//! Contexts, and pairs of TLS streams in memory.

use pyssl as ssl;
use pyssl::aio::TlsStream;
use pyssl_testing::Ca;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};

/// A client's context that trusts `ca`.
pub(crate) fn client_context(ca: &Ca) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_CLIENT).expect("a context");
    let trusted = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    context
        .load_verify_locations(trusted)
        .expect("a certificate");
    context
}

/// A server's context with a certificate for `localhost`.
pub(crate) fn server_context(ca: &Ca) -> ssl::SslContext {
    let context = ssl::SslContext::new(ssl::PROTOCOL_TLS_SERVER).expect("a context");
    let pem = ca.issue("localhost").combined_pem();
    let chain = ssl::CertChain::from_pem(&pem, &pem);
    context.load_cert_chain(chain).expect("certificate and key");
    context
}

/// The contexts of a client and a server, with a new authority.
pub(crate) fn contexts() -> (ssl::SslContext, ssl::SslContext) {
    let ca = Ca::new();
    (client_context(&ca), server_context(&ca))
}

/// Contexts for a server that can ask for the client's certificate after the handshake.
pub(crate) fn contexts_for_post_handshake_authentication() -> (ssl::SslContext, ssl::SslContext) {
    let ca = Ca::new();
    let (client, server) = (client_context(&ca), server_context(&ca));
    client.set_post_handshake_auth(true).expect("known");
    let pem = ca.issue("someone").combined_pem();
    client
        .load_cert_chain(ssl::CertChain::from_pem(&pem, &pem))
        .expect("a pair");
    server.set_post_handshake_auth(true).expect("known");
    server.set_verify_mode(ssl::CERT_REQUIRED).expect("known");
    let trusted = ssl::VerifyLocations::new().cadata(ca.cert_pem());
    server
        .load_verify_locations(trusted)
        .expect("a certificate");
    (client, server)
}

/// The maximum versions with which tests run.
pub(crate) const VERSIONS: [ssl::TlsVersion; 2] =
    [ssl::TlsVersion::TLSv1_2, ssl::TlsVersion::TLSv1_3];

/// Does the handshake over the two ends of a connection.
pub(crate) async fn shake<A, B>(
    (client, server): (&ssl::SslContext, &ssl::SslContext),
    (near, far): (A, B),
) -> (TlsStream<A>, TlsStream<B>)
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (near, far) = tokio::join!(client.connect(near, "localhost"), server.accept(far));
    (
        near.expect("the client's handshake"),
        far.expect("the server's handshake"),
    )
}

/// A pair in memory, whose pipe holds `room` bytes for each direction.
pub(crate) async fn pair(
    client: &ssl::SslContext,
    server: &ssl::SslContext,
    room: usize,
) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    shake((client, server), tokio::io::duplex(room)).await
}

/// Sends `data` and the end of the stream, and checks that the other side receives both.
pub(crate) async fn transfer<A, B>(near: &mut TlsStream<A>, far: &mut TlsStream<B>, data: &[u8])
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let mut received = Vec::new();
    let send = async {
        near.write_all(data).await?;
        near.shutdown().await
    };
    let (sent, read) = tokio::join!(send, far.read_to_end(&mut received));
    sent.expect("sent");
    read.expect("received");
    assert!(received == data);
}

/// Pseudo-random bytes, so that lost or repeated parts are noticed.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// The TLS error inside an I/O error.
pub(crate) fn tls_error(error: std::io::Error) -> ssl::Error {
    ssl::Error::from(error)
}
