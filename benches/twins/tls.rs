//! What the two libraries have in common, as far as the work needs it.

use std::net::TcpStream;

use crate::setup::Setup;

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V12,
    V13,
}

/// A TLS library, used as its users would.
pub(crate) trait Tls: Sized + 'static {
    const NAME: &'static str;
    type Context: Clone + Send + 'static;
    type Stream: Send + 'static;
    type Session;
    type InMemory;
    /// The same library with reading ahead, if it can.
    type Ahead: Tls;

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
    /// Ends the connection without a word to the peer, in such a way that its session can be
    /// resumed.
    fn close(stream: Self::Stream) {
        drop(stream);
    }
    fn reused(stream: &Self::Stream) -> bool;
    fn send(stream: &mut Self::Stream, data: &[u8]);
    /// 0 at the end, however it comes.
    fn recv(stream: &mut Self::Stream, buf: &mut [u8]) -> usize;

    /// A handshake between two ends that only share memory.
    fn handshake_in_memory(client: &Self::Context, server: &Self::Context);

    /// What a program makes to be a client of servers on the internet.
    fn default_context();
    fn bare_context();

    /// A context whose list of suites is read.
    fn lister() -> Self::InMemory;
    fn get_ciphers(lister: &Self::InMemory) -> usize;
    fn set_ciphers(lister: &mut Self::InMemory, list: &str);

    fn recv_exact(stream: &mut Self::Stream, buf: &mut [u8]) {
        let mut filled = 0;
        while filled < buf.len() {
            let n = Self::recv(stream, &mut buf[filled..]);
            assert!(n > 0, "the peer went away");
            filled += n;
        }
    }
}
