//! The library under test.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use pyssl as ssl;
use ssl::{
    MemoryBio, SslContext, SslObject, SslSession, SslSocket, TlsVersion, WrapBio, WrapSocket,
};

use crate::setup::{CIPHERS, Setup};
use crate::tls::{Tls, Version};

/// This library. `READ_AHEAD` turns on `read_ahead`, and `BUSY` turns on `busy_poll`. With `SHARED`, the work calls
/// `recv_into` and `sendall`, which another thread can interrupt with `close`, instead of [`Read`] and [`Write`].
pub(crate) struct With<const READ_AHEAD: bool, const SHARED: bool, const BUSY: bool>;

pub(crate) type Ours = With<false, false, false>;
pub(crate) type Ahead = With<true, false, false>;

/// A client and a server, and the buffer between them.
pub(crate) struct Pair {
    client: SslObject,
    server: SslObject,
}

fn options<const READ_AHEAD: bool, const BUSY: bool>() -> WrapSocket {
    let time = Duration::from_micros(if BUSY { 20 } else { 0 });
    WrapSocket::new().read_ahead(READ_AHEAD).busy_poll(time)
}

fn limit(context: &SslContext, version: Version) {
    let version = match version {
        Version::V12 => TlsVersion::TLSv1_2,
        Version::V13 => TlsVersion::TLSv1_3,
    };
    context.set_maximum_version(version).unwrap();
    context.set_minimum_version(version).unwrap();
    context.set_ciphers(CIPHERS).unwrap();
}

impl<const READ_AHEAD: bool, const SHARED: bool, const BUSY: bool> Tls
    for With<READ_AHEAD, SHARED, BUSY>
{
    const NAME: &'static str = if READ_AHEAD { "ahead" } else { "ours" };
    type Pair = Pair;
    type Shared = With<READ_AHEAD, true, BUSY>;
    type Busy = With<READ_AHEAD, SHARED, true>;
    type Context = SslContext;
    type Stream = SslSocket;
    type Session = SslSession;
    type InMemory = SslContext;

    fn server(setup: &Setup, version: Version) -> SslContext {
        let context = SslContext::new(ssl::PROTOCOL_TLS_SERVER).unwrap();
        context.load_cert_chain(&*setup.combined).unwrap();
        limit(&context, version);
        context
    }

    fn client(setup: &Setup, version: Version) -> SslContext {
        let context = SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        context.load_verify_locations(&*setup.ca).unwrap();
        limit(&context, version);
        context
    }

    fn client_with_cache(setup: &Setup, version: Version) -> SslContext {
        let context = Self::client(setup, version);
        context.set_client_session_cache(16).unwrap();
        context
    }

    fn accept(context: &SslContext, tcp: TcpStream) -> SslSocket {
        let options = options::<READ_AHEAD, BUSY>().server_side(true);
        context.wrap_socket(tcp, options).unwrap()
    }

    fn connect(context: &SslContext, tcp: TcpStream, session: Option<&SslSession>) -> SslSocket {
        let options = options::<READ_AHEAD, BUSY>()
            .server_hostname("localhost")
            .session(session.cloned());
        context.wrap_socket(tcp, options).unwrap()
    }

    fn session(stream: &SslSocket) -> SslSession {
        stream.session().unwrap()
    }

    fn reused(stream: &SslSocket) -> bool {
        stream.session_reused() == Some(true)
    }

    fn send(stream: &mut SslSocket, data: &[u8]) {
        match SHARED {
            true => stream.sendall(data).unwrap(),
            false => stream.write_all(data).unwrap(),
        }
    }

    fn send_file(stream: &mut SslSocket, file: &File) {
        stream.sendfile(file, 0, None).unwrap();
    }

    fn recv(stream: &mut SslSocket, buf: &mut [u8]) -> usize {
        let received = match SHARED {
            true => stream.recv_into(buf).ok(),
            false => Read::read(stream, buf).ok(),
        };
        received.unwrap_or(0)
    }

    fn handshake_in_memory(client: &SslContext, server: &SslContext) {
        Self::connected_in_memory(client, server);
    }

    fn connected_in_memory(client: &SslContext, server: &SslContext) -> Pair {
        let (to_server, to_client) = (MemoryBio::new(), MemoryBio::new());
        let client = client
            .wrap_bio(&to_client, &to_server, "localhost")
            .unwrap();
        let server = server
            .wrap_bio(&to_server, &to_client, WrapBio::new().server_side(true))
            .unwrap();
        let (mut client_done, mut server_done) = (false, false);
        while !(client_done && server_done) {
            if !client_done {
                client_done = done(client.do_handshake());
            }
            if !server_done {
                server_done = done(server.do_handshake());
            }
        }
        Pair { client, server }
    }

    fn transfer(pair: &mut Pair, data: &[u8], buf: &mut [u8]) {
        pair.client.write(data).unwrap();
        let mut left = data.len();
        while left > 0 {
            left -= pair.server.read_into(buf).unwrap();
        }
    }

    fn open(context: &SslContext, tcp: TcpStream) -> SslSocket {
        let options = WrapSocket::from("localhost").do_handshake_on_connect(false);
        context.wrap_socket(tcp, options).unwrap()
    }

    fn cafile(file: &str) -> SslContext {
        let context = SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
        context.load_verify_locations(file).unwrap();
        context
    }

    fn get_ca_certs(context: &SslContext) -> Vec<Vec<u8>> {
        let certificates = context.get_ca_certs();
        let der = certificates.iter().map(ssl::Certificate::to_der);
        der.collect::<ssl::Result<_>>().unwrap()
    }

    fn copy(context: &SslContext) -> SslContext {
        context.copy().unwrap()
    }

    fn set_ciphers_live(context: &mut SslContext, _lister: &mut SslContext, list: &str) {
        context.set_ciphers(list).unwrap();
    }

    fn default_context() {
        ssl::create_default_context(ssl::Purpose::SERVER_AUTH).unwrap();
    }

    fn bare_context() {
        SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap();
    }

    fn lister() -> SslContext {
        SslContext::new(ssl::PROTOCOL_TLS_CLIENT).unwrap()
    }

    fn get_ciphers(lister: &SslContext) -> usize {
        lister.get_ciphers().unwrap().len()
    }

    fn set_ciphers(lister: &mut SslContext, list: &str) {
        lister.set_ciphers(list).unwrap();
    }
}

fn done(outcome: ssl::Result<()>) -> bool {
    match outcome {
        Ok(()) => true,
        Err(ssl::Error::WantRead(_)) => false,
        Err(error) => panic!("{error}"),
    }
}
