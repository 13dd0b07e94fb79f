//! The part of both libraries' interfaces that the benchmarks use.

use std::fs::File;
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
    type Context: Clone + Send + Sync + 'static;
    type Stream: Send + 'static;
    type Session;
    type InMemory;
    /// The two ends of a connection in memory.
    type Pair: 'static;
    /// The same library, through methods that another thread may interrupt. A library without such methods uses its
    /// usual methods here.
    type Shared: Tls;
    /// The same library, with reads that poll the socket for 20 µs before they sleep. A library without such reads uses
    /// its usual reads here.
    type Busy: Tls;

    fn server(setup: &Setup, version: Version) -> Self::Context;
    /// Verifies the chain and the name `localhost`.
    fn client(setup: &Setup, version: Version) -> Self::Context;

    /// A client's context that keeps sessions and resumes them itself, if the library can do so.
    fn client_with_cache(setup: &Setup, version: Version) -> Self::Context {
        Self::client(setup, version)
    }

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
    /// Sends a file from its current position: with `sendfile`, which reads blocks of 256 KiB, or with `std::io::copy`,
    /// which reads smaller ones, if the library has no `sendfile`.
    fn send_file(stream: &mut Self::Stream, file: &File);
    /// Returns 0 at the end of the stream, with or without close_notify.
    fn recv(stream: &mut Self::Stream, buf: &mut [u8]) -> usize;

    /// Does a handshake between two ends in memory.
    fn handshake_in_memory(client: &Self::Context, server: &Self::Context);

    fn connected_in_memory(client: &Self::Context, server: &Self::Context) -> Self::Pair;
    /// Encrypts `data` at one end, and decrypts it at the other into `buf`.
    fn transfer(pair: &mut Self::Pair, data: &[u8], buf: &mut [u8]);
    /// A client's connection without its handshake.
    fn open(context: &Self::Context, tcp: TcpStream) -> Self::Stream;

    /// Creates a client's context that trusts the certificates in a file.
    fn cafile(file: &str) -> Self::Context;
    /// The certificates that a context trusts, in DER.
    fn get_ca_certs(context: &Self::Context) -> Vec<Vec<u8>>;
    /// Copies a context of [`client`](Tls::client), including its decoded certificates.
    fn copy(context: &Self::Context) -> Self::Context;
    /// Sets the suites of a context with open connections. A library that cannot change a context in use sets the
    /// suites of `lister` instead, which calls the same C function.
    fn set_ciphers_live(context: &mut Self::Context, lister: &mut Self::InMemory, list: &str);

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
