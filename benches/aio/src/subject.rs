//! The part of a library's interface that the benchmarks use.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::setup::Setup;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V12,
    V13,
}

/// How the contexts of one benchmark (a `Row`) are set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) version: Version,
    /// Whether clients resume their last session.
    pub(crate) resume: bool,
}

/// All subjects verify the server's certificate and use the same suites and groups.
pub(crate) trait Subject: 'static {
    const NAME: &'static str;
    type Client: Clone + 'static;
    type Server: Clone + 'static;
    type ClientStream: AsyncRead + AsyncWrite + Unpin + 'static;
    type ServerStream: AsyncRead + AsyncWrite + Unpin + 'static;

    fn client(setup: &Setup, settings: Settings) -> Self::Client;
    fn server(setup: &Setup, settings: Settings) -> Self::Server;
    fn connect(client: &Self::Client, tcp: TcpStream) -> impl Future<Output = Self::ClientStream>;
    fn accept(server: &Self::Server, tcp: TcpStream) -> impl Future<Output = Self::ServerStream>;
    fn resumed(stream: &Self::ClientStream) -> bool;
}
