//! The plain `openssl` crate, used in its usual way.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::rc::Rc;

use openssl::ssl::{
    HandshakeError, MidHandshakeSslStream, ShutdownState, Ssl, SslCipher, SslCipherRef,
    SslConnector, SslContext, SslContextBuilder, SslFiletype, SslMethod, SslMode, SslOptions,
    SslSession, SslStream, SslVerifyMode, SslVersion,
};
use openssl::stack::Stack;

use crate::setup::{CIPHERS, Setup};
use crate::tls::{Tls, Version};

pub(crate) struct Twin;

const PYTHONS_CIPHERS: &str =
    "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM";

const OPTIONS: SslOptions = SslOptions::ALL
    .union(SslOptions::NO_COMPRESSION)
    .union(SslOptions::CIPHER_SERVER_PREFERENCE);

fn limit(builder: &mut SslContextBuilder, version: Version) {
    let version = match version {
        Version::V12 => SslVersion::TLS1_2,
        Version::V13 => SslVersion::TLS1_3,
    };
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_cipher_list(CIPHERS).unwrap();
    builder.set_options(OPTIONS);
    // The modes that the crate's `SslConnector` and `SslAcceptor` set.
    builder.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::RELEASE_BUFFERS,
    );
}

/// An entry of Python's list, as far as the crate provides it.
struct Suite {
    _name: &'static str,
    _standard_name: Option<&'static str>,
    _protocol: &'static str,
    _description: String,
    _bits: (i32, i32),
    _symmetric: Option<&'static str>,
}

impl Suite {
    fn new(cipher: &SslCipherRef) -> Suite {
        let bits = cipher.bits();
        Suite {
            _name: cipher.name(),
            _standard_name: cipher.standard_name(),
            _protocol: cipher.version(),
            _description: cipher.description(),
            _bits: (bits.secret, bits.algorithm),
            _symmetric: cipher.cipher_nid().and_then(|nid| nid.long_name().ok()),
        }
    }
}

/// A context to configure, and its suites; the crate cannot list the suites of a context.
pub(crate) struct Lister {
    builder: SslContextBuilder,
    suites: Stack<SslCipher>,
}

impl Tls for Twin {
    const NAME: &'static str = "twin";
    type Context = SslContext;
    type Stream = SslStream<TcpStream>;
    type Session = SslSession;
    type InMemory = Lister;
    type Pair = [SslStream<Pipe>; 2];
    type Shared = Twin;
    type Busy = Twin;

    fn server(setup: &Setup, version: Version) -> SslContext {
        let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
        builder.set_certificate_chain_file(&setup.combined).unwrap();
        builder
            .set_private_key_file(&setup.combined, SslFiletype::PEM)
            .unwrap();
        builder.check_private_key().unwrap();
        builder.set_session_id_context(b"twin").unwrap();
        limit(&mut builder, version);
        builder.build()
    }

    fn client(setup: &Setup, version: Version) -> SslContext {
        let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
        builder.set_ca_file(&setup.ca).unwrap();
        builder.set_verify(SslVerifyMode::PEER);
        limit(&mut builder, version);
        builder.build()
    }

    fn accept(context: &SslContext, tcp: TcpStream) -> SslStream<TcpStream> {
        Ssl::new(context).unwrap().accept(tcp).unwrap()
    }

    fn connect(
        context: &SslContext,
        tcp: TcpStream,
        session: Option<&SslSession>,
    ) -> SslStream<TcpStream> {
        let mut ssl = client_of_localhost(context);
        if let Some(session) = session {
            // SAFETY: the session comes from a connection of the same context.
            unsafe { ssl.set_session(session).unwrap() };
        }
        ssl.connect(tcp).unwrap()
    }

    fn session(stream: &SslStream<TcpStream>) -> SslSession {
        stream.ssl().session().unwrap().to_owned()
    }

    fn close(mut stream: SslStream<TcpStream>) {
        stream.set_shutdown(ShutdownState::SENT);
    }

    fn reused(stream: &SslStream<TcpStream>) -> bool {
        stream.ssl().session_reused()
    }

    fn send(stream: &mut SslStream<TcpStream>, data: &[u8]) {
        stream.write_all(data).unwrap();
    }

    fn send_file(stream: &mut SslStream<TcpStream>, mut file: &File) {
        io::copy(&mut file, stream).unwrap();
    }

    fn recv(stream: &mut SslStream<TcpStream>, buf: &mut [u8]) -> usize {
        stream.read(buf).unwrap_or(0)
    }

    fn handshake_in_memory(client: &SslContext, server: &SslContext) {
        Self::connected_in_memory(client, server);
    }

    fn connected_in_memory(client: &SslContext, server: &SslContext) -> [SslStream<Pipe>; 2] {
        let (to_server, to_client) = (Queue::default(), Queue::default());
        let pipe = Pipe(Rc::clone(&to_client), Rc::clone(&to_server));
        let mut client = Side::new(client_of_localhost(client).connect(pipe));
        let pipe = Pipe(to_server, to_client);
        let mut server = Side::new(Ssl::new(server).unwrap().accept(pipe));
        loop {
            match (client, server) {
                (Side::Done(client), Side::Done(server)) => return [client, server],
                sides => (client, server) = (sides.0.step(), sides.1.step()),
            }
        }
    }

    fn transfer([client, server]: &mut Self::Pair, data: &[u8], buf: &mut [u8]) {
        client.write_all(data).unwrap();
        let mut left = data.len();
        while left > 0 {
            left -= server.read(buf).unwrap();
        }
    }

    fn open(context: &SslContext, tcp: TcpStream) -> SslStream<TcpStream> {
        SslStream::new(client_of_localhost(context), tcp).unwrap()
    }

    fn cafile(file: &str) -> SslContext {
        let mut builder = bare();
        builder.set_ca_file(file).unwrap();
        builder.build()
    }

    fn get_ca_certs(context: &SslContext) -> Vec<Vec<u8>> {
        let certificates = context.cert_store().all_certificates();
        let der = certificates.iter().map(|certificate| certificate.to_der());
        der.collect::<Result<_, _>>().unwrap()
    }

    fn copy(context: &SslContext) -> SslContext {
        let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
        for certificate in context.cert_store().all_certificates() {
            builder.cert_store_mut().add_cert(certificate).unwrap();
        }
        builder.set_verify(SslVerifyMode::PEER);
        limit(&mut builder, Version::V13);
        builder.build()
    }

    fn set_ciphers_live(_context: &mut SslContext, lister: &mut Lister, list: &str) {
        Twin::set_ciphers(lister, list);
    }

    fn default_context() {
        SslConnector::builder(SslMethod::tls_client())
            .unwrap()
            .build();
    }

    fn bare_context() {
        bare().build();
    }

    fn lister() -> Lister {
        let builder = SslContext::builder(SslMethod::tls_client()).unwrap();
        let mut ssl = Ssl::new(
            &SslContext::builder(SslMethod::tls_client())
                .unwrap()
                .build(),
        );
        let ids: Vec<u8> = pyssl::SslContext::new(pyssl::PROTOCOL_TLS_CLIENT)
            .and_then(|context| context.get_ciphers())
            .unwrap()
            .iter()
            .flat_map(|cipher| cipher.protocol_id().to_be_bytes())
            .collect();
        let suites = ssl
            .as_mut()
            .unwrap()
            .bytes_to_cipher_list(&ids, false)
            .unwrap()
            .suites;
        Lister { builder, suites }
    }

    fn get_ciphers(lister: &Lister) -> usize {
        lister
            .suites
            .iter()
            .map(Suite::new)
            .collect::<Vec<_>>()
            .len()
    }

    fn set_ciphers(lister: &mut Lister, list: &str) {
        lister.builder.set_cipher_list(list).unwrap();
    }
}

/// A client's context with Python's defaults.
fn bare() -> SslContextBuilder {
    let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
    builder.set_cipher_list(PYTHONS_CIPHERS).unwrap();
    builder
        .set_min_proto_version(Some(SslVersion::TLS1_2))
        .unwrap();
    builder.set_verify(SslVerifyMode::PEER);
    builder.set_session_id_context(b"twin").unwrap();
    builder.set_options(OPTIONS);
    builder
}

fn client_of_localhost(context: &SslContext) -> Ssl {
    let mut ssl = Ssl::new(context).unwrap();
    ssl.set_hostname("localhost").unwrap();
    ssl.param_mut().set_host("localhost").unwrap();
    ssl
}

type Queue = Rc<RefCell<VecDeque<u8>>>;

/// The queues that a side reads from and writes to.
#[derive(Debug)]
pub(crate) struct Pipe(Queue, Queue);

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.borrow_mut().read(buf)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.1.borrow_mut().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Side {
    Shaking(MidHandshakeSslStream<Pipe>),
    Done(SslStream<Pipe>),
}

impl Side {
    fn new(outcome: Result<SslStream<Pipe>, HandshakeError<Pipe>>) -> Side {
        match outcome {
            Ok(stream) => Side::Done(stream),
            Err(HandshakeError::WouldBlock(stream)) => Side::Shaking(stream),
            Err(error) => panic!("{error}"),
        }
    }

    fn step(self) -> Side {
        match self {
            Side::Shaking(stream) => Side::new(stream.handshake()),
            done => done,
        }
    }
}
