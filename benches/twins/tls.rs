//! The part of both libraries' interfaces that the benchmarks use.

use std::net::TcpStream;

use crate::setup::Setup;

/// A TLS version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V12,
    V13,
}

/// A TLS library, used in its usual way.
pub(crate) trait Tls: Sized + 'static {
    const NAME: &'static str;
    type Context: Clone + Send + 'static;
    type Stream: Send + 'static;
    type Session;
    type InMemory;
    /// The same library, through methods that another thread may interrupt. A
    /// library without such methods has its usual ones.
    type Shared: Tls;

    fn server(setup: &Setup, version: Version) -> Self::Context;
    /// Verifies the chain and the name `localhost`.
    fn client(setup: &Setup, version: Version) -> Self::Context;

    fn accept(context: &Self::Context, tcp: TcpStream) -> Self::Stream;
    fn connect(
        context: &Self::Context,
        tcp: TcpStream,
        session: Option<&Self::Session>,
    ) -> Self::Stream;
    fn session(stream: &Self::Stream) -> Self::Session;
    /// Closes the connection without sending anything, in such a way that its session can be
    /// resumed.
    fn close(stream: Self::Stream) {
        drop(stream);
    }
    fn reused(stream: &Self::Stream) -> bool;
    fn send(stream: &mut Self::Stream, data: &[u8]);
    /// Returns 0 at the end of the stream, with or without close_notify.
    fn recv(stream: &mut Self::Stream, buf: &mut [u8]) -> usize;

    /// Does a handshake between two ends in memory.
    fn handshake_in_memory(client: &Self::Context, server: &Self::Context);

    /// Creates a client's default context, with the system's trust store.
    fn default_context();
    fn bare_context();

    /// A context for listing its suites.
    fn lister() -> Self::InMemory;
    fn get_ciphers(lister: &Self::InMemory) -> usize;
    fn set_ciphers(lister: &mut Self::InMemory, list: &str);

    fn recv_exact(stream: &mut Self::Stream, buf: &mut [u8]) {
        let mut filled = 0;
        while filled < buf.len() {
            let n = Self::recv(stream, &mut buf[filled..]);
            assert!(n > 0, "the peer closed the connection");
            filled += n;
        }
    }
}
